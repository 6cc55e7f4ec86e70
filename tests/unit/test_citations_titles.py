"""References without a DOI are found by title and year, and never by title alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from citation_articles import article

from continuum import paths
from continuum.citations import citing
from continuum.citations.records import Reference, resolve_by_title
from continuum.cli import main
from continuum.study import load_study

TITLE = "Trafficking risk as front-line providers see it"
WORK = Reference("own", doi="10.5555/known", title=TITLE, year=2019)


def found(title: str | None, year: int | None, library: list[Reference], doi: str | None = None) -> str | None:
    reference = Reference("r1", doi=doi, title=title, year=year)
    assert resolve_by_title({"r1": reference}, library) == (reference.match == "title_year")
    return reference.doi


@pytest.mark.parametrize("year", [2018, 2019, 2020])
@pytest.mark.parametrize(
    "title", [TITLE, TITLE.upper(), f"{TITLE}.", TITLE.replace("-", "\N{EN DASH}").replace(" ", "  ")]
)
def test_a_title_is_found_however_it_is_set_and_within_a_year(title: str, year: int):
    assert found(title, year, [WORK]) == "10.5555/known"


@pytest.mark.parametrize(
    ("title", "year"), [(TITLE, None), (TITLE, 2017), (f"{TITLE}: a reply", 2019), (None, 2019), ("", 2019)]
)
def test_a_title_without_its_year_or_another_title_is_not_found(title: str | None, year: int | None):
    assert found(title, year, [WORK]) is None


def test_short_and_shared_titles_and_works_without_a_doi_or_year_match_nothing():
    assert (
        found("Human trafficking", 2019, [Reference("w", doi="10.5555/w", title="Human trafficking", year=2019)])
        is None
    )
    assert found(TITLE, 2019, [WORK, Reference("twin", doi="10.5555/twin", title=TITLE, year=2003)]) is None
    assert found(TITLE, 2019, [Reference("w", title=TITLE, year=2019)]) is None
    assert found(TITLE, 2019, [Reference("w", doi="10.5555/w", title=TITLE)]) is None


def test_a_doi_that_is_there_stays():
    assert found(TITLE, 2019, [WORK], doi="10.5555/other") == "10.5555/other"


def without_doi(doi: str) -> str:
    """An article whose first reference has a title and a year, and no DOI."""
    text = article(doi, ["Our results are consistent with the findings of {r1}."])
    return re.sub(
        r"<article-title>The work called r1.*?</pub-id>",
        f"<article-title>{TITLE}</article-title><year>2019</year>",
        text,
    )


def test_the_command_takes_a_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.xml").write_text(without_doi("10.5555/citing"), encoding="utf-8")
    bib = tmp_path / "library.bib"
    bib.write_text(
        f"@article{{own, title = {{{TITLE}}}, year = {{2019}}, doi = {{10.5555/known}}}}\n", encoding="utf-8"
    )
    assert main(["cite", str(tmp_path / "a.xml"), "--out", str(tmp_path / "out"), "--library", str(bib)]) == 0
    assert "a.xml: 1 references found by title and year" in capsys.readouterr().out
    assert "10.5555/known,,Trafficking risk" in (tmp_path / "out" / "contexts.csv").read_text(encoding="utf-8")
    assert main(["cite", str(tmp_path / "a.xml"), "--library", str(tmp_path / "none.bib")]) == 2
    assert "none.bib" in capsys.readouterr().err


@pytest.mark.parametrize(("year", "doi"), [(2019, "10.5555/known"), (None, None)])
def test_the_study_itself_is_found_where_articles_cite_it_without_its_doi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int | None, doi: str | None
):
    folder = tmp_path / "data" / "own-study"
    (folder / "articles").mkdir(parents=True)
    (folder / "articles" / "a.xml").write_text(without_doi("10.5555/citing"), encoding="utf-8")
    (folder / "study.yaml").write_text(
        f"study: own-study\ntitle: A study\ncitations:\n  articles: articles\n  own: {{doi: 10.5555/KNOWN, title: {TITLE}"
        + (f", year: {year}" if year else "") + "}\n", encoding="utf-8",
    )  # fmt: skip
    monkeypatch.setattr(paths, "paper", lambda: tmp_path / "no-paper")
    assert citing(load_study(folder)).contexts["doi"].tolist() == [doi]
