"""A team that has only one kind of data gets its results, and a stated refusal for every question of another kind."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest
from citation_articles import article
from support import compendium, project_without_studies

#: Few repetitions: the numbers of these studies are not looked at.
QUICKLY = tuple(
    part
    for setting in ("20-survey.replicates=200", "20-survey.permutations=199", "20-survey.imputations=0")
    for part in ("-p", setting)
)


def commands(root: Path, *lines: tuple[str, ...]) -> None:
    for line in lines:
        ended = compendium(*line, root=root)
        assert ended.returncode == 0, f"{line}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"


def refusals(root: Path, study: str) -> dict[str, str]:
    """Key of each refused question and the kind of refusal."""
    results = json.loads((root / "results" / study / "results.json").read_text(encoding="utf-8"))["results"]
    return {key: entry["refusal"]["code"] for key, entry in results.items() if "refusal" in entry}


def survey(file: Path) -> Path:
    """Forty invented answers to three items."""
    drawn = random.Random(20190101)
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["ResponseId", "Sector", "Poverty", "Housing", "Isolation"])
        for number in range(40):
            answers = drawn.choices(["Never", "Sometimes", "Often", "Always"], k=3)
            rows.writerow([f"R{number:02}", ("legal", "health")[number % 2], *answers])
    return file


def articles(folder: Path) -> Path:
    """Two invented citing articles."""
    folder.mkdir()
    for number in (1, 2):
        text = article(f"10.5555/citing{number}", ["Our results agree with earlier work {r1}.", "See also {r2}."])
        (folder / f"a{number}.xml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_study_with_only_a_survey_is_published(tmp_path: Path):
    root = project_without_studies(tmp_path)
    commands(
        root,
        ("new", "only-survey", "--survey", str(survey(root / "answers.csv"))),
        ("check", "only-survey"),
        ("run", "only-survey", "-n", "2", *QUICKLY),
        ("site", "only-survey", "--engine", "portable"),  # refuses links that lead nowhere
    )
    refused = refusals(root, "only-survey")
    assert refused["interviews.data"] == "NotCollected"
    assert "survey.data" not in refused
    site = root / "_site"
    for page in ("notebooks/10-interviews.html", "notebooks/30-continuum.html", "paper/index.html"):
        assert "This study has no coded interviews." in (site / page).read_text(encoding="utf-8"), page
    assert not any("Traceback" in page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    assert (site / "paper" / "index.pdf").is_file()
    assert (site / "paper" / "index.docx").is_file()


@pytest.mark.slow
def test_a_study_with_only_citing_articles_runs(tmp_path: Path):
    root = project_without_studies(tmp_path)
    commands(
        root,
        ("new", "only-articles", "--articles", str(articles(root / "articles"))),
        ("check", "only-articles"),
        ("run", "only-articles", "-n", "2"),
    )
    assert {refusals(root, "only-articles")[key] for key in ("interviews.data", "survey.data")} == {"NotCollected"}


@pytest.mark.slow
def test_a_study_with_only_a_self_assessment_runs(tmp_path: Path):
    root = project_without_studies(tmp_path)
    commands(root, ("new", "only-self", "--self-assessment"), ("check", "only-self"), ("run", "only-self", "-n", "2"))
    assert {refusals(root, "only-self")[key] for key in ("interviews.data", "survey.data")} == {"NotCollected"}
