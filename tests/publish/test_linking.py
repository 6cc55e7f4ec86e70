"""Every number of a claim traces to a result on the finished page, or there is no finished page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from continuum.claims import unlinked_numbers
from continuum.errors import UnlinkedNumber
from continuum.publish import site
from continuum.publish.linking import check_numbers, link_variables, linked
from continuum.publish.site import build_site
from continuum.publish.stage import stage
from continuum.study import load_study

from .conftest import write_notebook

RESULTS = {
    "survey.n": {"value": 667, "provenance": "SYNTHETIC"},
    "survey.size.value": {"value": 3, "provenance": "USER_DATA"},
}
NUMBER = '<span data-result-id="survey.n" data-provenance="SYNTHETIC">667</span>'


def spans(page: Path) -> str:
    """A page with one space where pandoc breaks lines, also inside tags."""
    return re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))


@pytest.fixture
def built(project: Path) -> Path:
    return build_site("demo", engine="portable")


def test_numbers_of_the_paper_and_of_notebook_sentences_name_their_results(built: Path):
    assert f"{NUMBER} people answered" in spans(built / "paper" / "index.html")
    notebook = spans(built / "notebooks" / "20-survey.html")
    assert f'<span class="claim">In all {NUMBER} answered.</span>' in notebook


def test_both_publishers_read_the_same_marked_sources(project: Path, tmp_path: Path):
    staged = linked(stage(load_study("demo"), tmp_path / "staged"))
    paper = (staged.folder / "paper" / "index.qmd").read_text(encoding="utf-8")
    assert '[{{< var survey.n >}}]{data-result-id="survey.n" data-provenance="SYNTHETIC"} people' in paper
    notebook = (staged.folder / "notebooks" / "20-survey.ipynb").read_text(encoding="utf-8")
    assert 'data-result-id=\\"survey.n\\"' in notebook
    assert "data-result-id" not in (staged.folder / "downloads" / "notebooks" / "20-survey.ipynb").read_text()


def test_a_number_typed_into_a_claim_of_the_paper_stops_the_build_and_the_old_site_stays(project: Path, built: Path):
    before = (built / "index.html").read_bytes()
    paper = project / "paper" / "index.qmd"
    paper.write_text(paper.read_text().replace("people answered]", "people answered, all 667 of them]"))
    with pytest.raises(UnlinkedNumber, match="667") as caught:
        build_site("demo", engine="portable")
    assert "paper/index.html" in str(caught.value)
    assert (built / "index.html").read_bytes() == before


def test_a_notebook_sentence_that_its_results_do_not_make_stops_the_build(project: Path):
    def plant(notebook):
        data = notebook.cells[-1].outputs[0]["data"]
        data["text/markdown"] = data["text/markdown"].replace("667", "668")

    write_notebook(project, plant)
    with pytest.raises(UnlinkedNumber, match="668"):
        build_site("demo", engine="portable")


def test_a_number_planted_in_a_finished_page_is_found_whoever_rendered_it(project: Path, built: Path, tmp_path: Path):
    staged = linked(stage(load_study("demo"), tmp_path / "staged"))
    page = built / "notebooks" / "20-survey.html"
    page.write_text(page.read_text(encoding="utf-8").replace(" answered.</span>", " answered, 99 twice.</span>"))
    with pytest.raises(UnlinkedNumber, match="99"):
        check_numbers(built, staged)


def test_the_gate_of_the_site_looks_for_unlinked_numbers(project: Path, monkeypatch: pytest.MonkeyPatch):
    def plant(out, staged, memory):
        raise UnlinkedNumber("planted")

    monkeypatch.setattr(site, "check_numbers", plant)
    with pytest.raises(UnlinkedNumber, match="planted"):
        build_site("demo", engine="portable")


def test_a_key_that_no_result_has_is_found():
    page = '<p><span class="claim">In all <span data-result-id="survey.m">667</span> answered.</span></p>'
    assert unlinked_numbers(page) == []
    assert unlinked_numbers(page, RESULTS) == ["survey.m"]


def test_nested_elements_and_numbers_of_the_method_are_told_apart():
    page = (
        '<p>5 of <span class="claim" data-result="a">H <em><span data-result-id="survey.n">.5 (<b>3</b>)</span></em>'
        ', level <span class="constant">7</span>, at least .30, <a href="x9">see</a> 8.5%<br>end</span> 6</p>'
    )
    assert unlinked_numbers(page) == ["8.5%"]


def test_forms_of_a_variable_name_the_result_behind_them():
    assert 'data-result-id="survey.n"' in link_variables("{{< var interval.survey.n >}}", RESULTS)
    assert 'data-provenance="USER_DATA"' in link_variables("{{< var survey.size.value >}}", RESULTS)
    assert 'data-provenance="PUBLISHED"' in link_variables("{{< var fact.int-001 >}}", RESULTS)


@pytest.mark.parametrize("line", ["{{< var run.commit >}}", "![{{< var survey.n >}}](a.svg)", "{{{< var survey.n >}}}"])
def test_what_is_no_result_or_no_prose_stays_as_it_is(line: str):
    assert link_variables(line, RESULTS) == line
