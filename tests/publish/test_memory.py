"""Pages are rendered again exactly where what they show has changed, and memory never shows in the bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from continuum.disclosure import inspection
from continuum.disclosure.inspection import Leak
from continuum.errors import DisclosureRefused
from continuum.publish.pandoc import Press
from continuum.publish.site import build_site


def files(site: Path) -> dict[str, bytes]:
    return {f.relative_to(site).as_posix(): f.read_bytes() for f in site.rglob("*") if f.is_file()}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts that pandoc is given from now on."""
    texts: list[str] = []
    run = Press._run

    def watched(press: Press, command: list[str], text: str) -> bytes:
        texts.append(text)
        return run(press, command, text)

    monkeypatch.setattr(Press, "_run", watched)
    return texts


def test_a_changed_result_renders_the_pages_that_show_it_and_no_other(
    project: Path, run_record: dict, rendered: list[str]
):
    build_site("demo", engine="portable")
    rendered.clear()
    results = project / "results" / "demo"
    for name, before, after in (
        ("results.json", "667", "88123"),
        ("notebooks/20-survey.ipynb", "In all 667 answered", "In all 88,123 answered"),
    ):
        text = (results / name).read_text(encoding="utf-8")
        assert before in text
        (results / name).write_text(text.replace(before, after), encoding="utf-8")
    built = build_site("demo", engine="portable")
    assert len(rendered) == 5  # the list of results, the notebook's page, and the paper as HTML, PDF and Word
    assert all("88,123" in text for text in rendered)
    assert "88,123" in (built / "paper" / "index.html").read_text(encoding="utf-8")


def test_the_gate_reads_what_is_new_and_everything_after_a_change_of_raw_data(
    project: Path, run_record: dict, monkeypatch: pytest.MonkeyPatch
):
    read: list[str] = []
    scan_file = inspection._scan_file

    def watched(file: Path, name: str, *how: Any) -> Iterator[Leak]:
        read.append(name)
        return scan_file(file, name, *how)

    monkeypatch.setattr(inspection, "_scan_file", watched)
    (project / "results" / "demo" / "publish" / "memory" / "clean.json").unlink(missing_ok=True)  # of other tests
    built = build_site("demo", engine="portable")
    assert set(read) == set(files(built))
    read.clear()
    page = project / "404.qmd"
    page.write_text(page.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    build_site("demo", engine="portable")
    assert "404.html" in read
    assert "paper/index.html" not in read
    read.clear()
    (project / "data" / "demo" / "survey.csv").write_text("id\nR-00001\n", encoding="utf-8")
    build_site("demo", engine="portable")
    assert set(read) == set(files(built))


def test_a_leak_is_found_every_time(project: Path, run_record: dict):
    page = project / "404.qmd"
    page.write_text(page.read_text(encoding="utf-8") + "\nWrite to someone@somewhere.org.\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(DisclosureRefused, match="e-mail address"):
            build_site("demo", engine="portable")


def test_a_build_from_memory_has_the_bytes_of_a_clean_one(project: Path, run_record: dict, rendered: list[str]):
    page = project / "404.qmd"
    build_site("demo", engine="portable")
    page.write_text(page.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    remembered = files(build_site("demo", engine="portable"))
    rendered.clear()
    work = project / "results" / "demo" / "publish"
    (work / "built.json").unlink()
    (work / "memory").unlink()
    (work / "memory").mkdir()
    assert files(build_site("demo", engine="portable")) == remembered
    assert len(rendered) > 3
    assert json.loads((work / "built.json").read_text(encoding="utf-8"))["site"]
