"""What was made before is made again only if something that goes into it has changed."""

from __future__ import annotations

import os
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from continuum.charts import base, figure
from continuum.citations import bibliography
from continuum.memory import remembered, trim


def test_the_same_parts_are_made_once_and_others_anew(tmp_path: Path):
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"%d" % len(made))
        return made[-1]

    assert remembered(tmp_path, ["a", b"b"], make) == b"0"
    assert remembered(tmp_path, ["a", b"b"], make) == b"0"
    assert remembered(tmp_path, ["ab"], make) == b"1"  # where one part ends and the next begins counts
    assert remembered(None, ["a", b"b"], make) == b"2"
    for file in tmp_path.iterdir():
        file.unlink()
    assert remembered(tmp_path, ["a", b"b"], make) == b"3"


def test_nothing_is_remembered_of_what_failed(tmp_path: Path):
    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        remembered(tmp_path, ["a"], fail)
    assert remembered(tmp_path, ["a"], lambda: b"yes") == b"yes"


def test_a_full_memory_lets_go_of_what_was_not_asked_for_longest(tmp_path: Path):
    for number in range(10):
        remembered(tmp_path, [str(number)], lambda: bytes(100))
        os.utime(max(tmp_path.iterdir(), key=lambda f: f.stat().st_ctime_ns), (number, number))
    remembered(tmp_path, ["0"], lambda: b"made again")  # asked for: now the youngest
    trim(tmp_path, most=1000)
    assert len(list(tmp_path.iterdir())) == 10
    trim(tmp_path, most=999)
    assert sorted(file.stat().st_mtime < 100 for file in tmp_path.iterdir()) == [False, True, True, True]
    assert remembered(tmp_path, ["0"], lambda: b"made again") == bytes(100)
    trim(tmp_path / "missing")


def test_a_chart_is_drawn_again_only_if_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def chart(width: int) -> base.Figure:
        bars = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:Q").properties(width=width)
        return figure(bars, title="Bars", alt="Two bars.", synthetic=False, memory=tmp_path)

    first = chart(100)
    monkeypatch.setattr(base, "draw", lambda spec: pytest.fail("drawn again"))
    again = chart(100)
    assert (again.svg, again.png) == (first.svg, first.png)
    monkeypatch.undo()
    assert chart(120).svg != first.svg


def test_a_text_is_given_to_pandoc_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(bibliography.paths, "memory", lambda: tmp_path)
    first = bibliography.pandoc("A *word*.", "markdown", "json")
    monkeypatch.setattr(bibliography.subprocess, "run", lambda *_, **__: pytest.fail("asked again"))
    assert bibliography.pandoc("A *word*.", "markdown", "json") == first
