"""Blocks about citations: agreement where there are labels, works for and against a claim, retracted works refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from citation_articles import article

from continuum import paths
from continuum.errors import ManyProblems
from continuum.publish.citation_blocks import agreement, badge, browser, claims, tallies
from continuum.publish.contract import check
from continuum.publish.stage import Stage, stage
from continuum.study import load_study

CITING = "\ncitations: {articles: citations/articles, labels: citations/labels.csv}\n"


def staged(project: Path, *, settings: str = "") -> Stage:
    if settings:
        file = project / "data" / "demo" / "study.yaml"
        file.write_text(file.read_text(encoding="utf-8") + settings, encoding="utf-8")
    return stage(load_study("demo"), paths.results("demo") / "publish" / "source")


@pytest.fixture
def with_articles(project: Path) -> Path:
    folder = project / "data" / "demo" / "citations"
    (folder / "articles").mkdir(parents=True)
    text = article("10.5555/a", ["Our results are consistent with the findings of {r1}.", "Housing matters {r2}."])
    (folder / "articles" / "a.xml").write_text(text, encoding="utf-8")
    (folder / "labels.csv").write_text("context_id,label,labeler\n", encoding="utf-8")
    return project


def test_a_study_without_citing_articles_is_not_checked(project: Path):
    here = staged(project)
    for block in (browser, tallies, agreement):
        assert block(here, "").startswith("Not checked: ")
    assert "not checked" in badge(None)


def test_agreement_is_not_checked_until_a_person_has_labeled(with_articles: Path):
    here = staged(with_articles, settings=CITING)
    assert agreement(here, "").startswith("Not checked: no person has labeled a citation yet.")
    context = here.contexts["context_id"].iloc[0]
    labels = with_articles / "data" / "demo" / "citations" / "labels.csv"
    labels.write_text(f"context_id,label,labeler\n{context},supporting,AB\n", encoding="utf-8")
    told = agreement(staged(with_articles), "")
    assert "people's decision and machine" in told
    assert "| queue | supporting | 1 | 1 | 100%" in told


def test_contexts_are_read_once_a_build(with_articles: Path):
    here = staged(with_articles, settings=CITING)
    assert here.contexts is here.contexts
    assert here.ledger is here.ledger
    assert "1 supporting" in tallies(here, "")
    assert "in 1 of 1 articles read" in tallies(here, "")


def test_a_claim_shows_the_works_that_stand_with_or_against_it(project: Path):
    paper = project / "paper" / "index.qmd"
    text = paper.read_text(encoding="utf-8").replace(
        "[This agrees with @benshlomo2002]{.contrasts} in words.",
        'It is [not what @benshlomo2002 say]{.contrasts result="survey.n"}.',
    )
    paper.write_text(text, encoding="utf-8")
    shown = claims(staged(project), "../")
    assert "contrasts with it: " in shown
    assert '<a href="../paper/index.html#ref-benshlomo2002">A life course approach' in shown
    assert "(illustration: the result is synthetic)" in shown
    assert "1 of 1 claims agree with their results" in shown


@pytest.mark.parametrize(("note", "refused"), [("", True), ("note = {Cited for its method},", False)])
def test_a_retracted_work_stops_the_build_unless_a_note_says_why(project: Path, note: str, refused: bool):
    bibliography = project / "paper" / "references.bib"
    entry = bibliography.read_text(encoding="utf-8").replace("journal =", f"{note} journal =")
    bibliography.write_text(entry, encoding="utf-8")
    notices = project / "data" / "demo" / "notices-2026-05-01.csv"
    notices.write_text(
        "Title,RetractionDate,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature\n"
        "A life course approach,1/2/2020,10.1093/ije/31.2.285,0,Retraction\n"
    )
    settings = f"\ncitations: {{retractions: {notices.name}}}\n"
    problems = [str(problem) for problem in check(staged(project, settings=settings))]
    assert any("cites @benshlomo2002, which was retracted" in problem for problem in problems) is refused


def test_a_planted_false_claim_fails_the_build(project: Path):
    from continuum.publish.site import build_site

    paper = project / "paper" / "index.qmd"
    text = paper.read_text(encoding="utf-8").replace("{{< var survey.n >}} people", "668 people")
    paper.write_text(text, encoding="utf-8")
    with pytest.raises(ManyProblems, match="the claim 'clm-n' fails: the number 668 is not a value or bound"):
        build_site("demo", engine="portable", out=project / "_site")
    assert not (project / "_site").exists()


def test_only_notebooks_of_this_run_are_linked(project: Path):
    page = project / "index.qmd"
    more = "\n[One](notebooks/20-survey.ipynb), [another](notebooks/50-citations.ipynb).\n"
    page.write_text(page.read_text(encoding="utf-8") + more, encoding="utf-8")
    shown = (staged(project).folder / "index.qmd").read_text(encoding="utf-8")
    assert "[One](notebooks/20-survey.ipynb), another." in shown
