"""The page of benchmarks shows what the files say and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from continuum import paths
from continuum.publish.benchmark_tables import benchmarks

PART = {
    "title": "Two ways", "date": "2026-01-31", "machine": "2 processors", "versions": {"pandas": "3.0.0"},
    "rows": [
        {"what": "plain", "wall": [4.0, 2.0, 3.0], "cpu": [2.5], "ratio_wall": 1.0, "ratio_cpu": 1.0, "note": ""},
        {"what": "ours", "wall": [0.0123], "cpu": [], "ratio_wall": 0.004, "ratio_cpu": None, "note": ""},
        {"what": "absent", "wall": [], "cpu": [], "ratio_wall": None, "ratio_cpu": None, "note": "left out"},
    ],
    "bars": [{"what": "Share", "asked": 0.3, "measured": 0.004, "unit": "", "least": False, "met": True},
             {"what": "Times as fast", "asked": 1.7, "measured": 1.2, "unit": "", "least": True, "met": False}],
}  # fmt: skip


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    assert "No benchmark has been run" in benchmarks(None, "")  # type: ignore[arg-type]
    folder = tmp_path / "benchmarks" / "results"
    folder.mkdir(parents=True)
    (folder / "some.json").write_text(json.dumps({"benchmark": "some", "parts": {"two": PART}}), encoding="utf-8")
    return benchmarks(None, "")  # type: ignore[arg-type]


def test_medians_spread_and_ratios_are_those_of_the_file(page: str):
    assert "<td>plain</td><td>3.00 (2.00 to 4.00)</td><td>2.50</td><td>1.00</td><td>1.00</td>" in page
    assert "<td>ours</td><td>0.012</td><td>–</td><td>0.00</td><td>–</td>" in page
    assert "<td>absent</td><td>left out</td>" in page


def test_a_missed_bar_is_shown_as_missed(page: str):
    assert "<td>Share</td><td>at most 0.3</td><td>0.004</td><td>yes</td>" in page
    assert "<td>Times as fast</td><td>at least 1.7</td><td>1.2</td><td>no</td>" in page
    assert "Measured 2026-01-31 on 2 processors; pandas 3.0.0." in page


def test_a_column_that_no_row_fills_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    row = {"what": "a page", "wall": [1.0], "cpu": [], "ratio_wall": None, "ratio_cpu": None, "note": ""}
    part = PART | {"rows": [row], "bars": []}
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    file = tmp_path / "benchmarks" / "results" / "some.json"
    file.write_text(json.dumps({"benchmark": "some", "parts": {"one": part}}), encoding="utf-8")
    found = benchmarks(None, "")  # type: ignore[arg-type]
    assert '<th scope="col">What</th><th scope="col">Wall, s</th></tr>' in found
    assert "<td>a page</td><td>1.00</td></tr>" in found
