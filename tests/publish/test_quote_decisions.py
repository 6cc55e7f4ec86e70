"""Decisions on excerpts through the commands: read at the next run, published as decided, and held to by the gate."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from support import compendium, project_without_studies

NAME = "quoted"
STUDY = """\
study: quoted
title: Invented interviews with excerpts
interviews:
  files: [coded.csv]
  cases: cases.csv
  attributes: {consent_quote: consent}
  definitions: optional
  areas: {work: [Pay, Hours], housing: [Rent, Shelter]}
"""
APPROVED = "We asked at Juniper House every single week, and every single week there was no bed for her."
NAMED = "The foreman from Halloway Farms kept the pay of the whole crew until the last day of the season."
REDACTED = "The foreman from [a farm] kept the pay of the whole crew until the last day of the season."
DROPPED = "the landlord put the rent up twice in one year and then asked for the papers of the children"
LEFT = "they were told the hours would be short and then they worked from dark to dark without a break"
QUICK = ("-p", "10-interviews.replicates=200", "-p", "10-interviews.draws=200", "-p", "10-interviews.permutations=200")


def write(file: Path, header: list[str], rows: list[list[str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with twelve invented interviews, run once, and its review list laid into the study's folder."""
    root = project_without_studies(tmp_path_factory.mktemp("decisions"))
    folder = root / "data" / NAME
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    coded([APPROVED, NAMED, DROPPED, LEFT], folder)
    write(folder / "cases.csv", ["interview", "sector", "consent"],
          [[f"i{k:02}", ("legal", "medical", "social")[k % 3], "yes"] for k in range(12)])  # fmt: skip
    assert succeeds(root, "run", NAME, "-n", "2", *QUICK)
    return root


def coded(texts: list[str], folder: Path) -> None:
    rows = [
        [f"i{k:02}", text, code]
        for k, (text, code) in enumerate(zip(texts, ["Shelter", "Pay", "Rent", "Hours"], strict=True))
    ]
    rows += [[f"i{k:02}", "it was like that for most of them", "Pay"] for k in range(4, 12)]
    write(folder / "coded.csv", ["document", "text", "code"], rows)


def succeeds(root: Path, *line: str) -> str:
    ended = compendium(*line, root=root)
    assert ended.returncode == 0, f"{line}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout


def review(root: Path) -> dict[str, dict[str, str]]:
    with (root / "results" / NAME / "team" / "quotes-review.csv").open(encoding="utf-8", newline="") as file:
        return {row["excerpt"]: row for row in csv.DictReader(file)}


def decide(root: Path, decisions: dict[str, tuple[str, str]]) -> Path:
    """The review list of the last run with these decisions, in the study's folder."""
    rows = review(root)
    for excerpt, (decision, shown) in decisions.items():
        rows[excerpt] |= {"decision": decision, "shown_as": shown}
    file = root / "data" / NAME / "quotes-review.csv"
    write(file, list(next(iter(rows.values()))), [list(row.values()) for row in rows.values()])
    return file


def published(root: Path) -> str:
    pages = "".join(page.read_text(encoding="utf-8") for page in (root / "_site").rglob("*.html"))
    return re.sub(r"\s+", " ", pages)


@pytest.mark.slow
def test_decisions_are_published_and_the_gate_holds_to_them(root: Path):
    listed = review(root)
    assert {text: listed[text]["status"] for text in (APPROVED, NAMED, DROPPED, LEFT)} == {
        APPROVED: "withheld", NAMED: "withheld", DROPPED: "quoted", LEFT: "quoted",
    }  # fmt: skip
    results = root / "results" / NAME / "results.json"
    before = results.read_bytes()

    file = decide(root, {APPROVED: ("aprove", "")})
    for command in (("check", NAME), ("run", NAME, *QUICK)):
        ended = compendium(*command, root=root)
        assert ended.returncode in (2, 3), command
        said = ended.stdout + ended.stderr
        assert "quotes-review.csv" in said
        assert "'aprove' is not a decision" in said
        assert "did you mean 'approve'?" in said
        assert "Traceback" not in ended.stderr
    assert results.read_bytes() == before

    file = decide(root, {APPROVED: ("approve", ""), NAMED: ("redact", REDACTED), DROPPED: ("drop", "")})
    assert "decisions on excerpts: 3" in succeeds(root, "check", NAME)
    succeeds(root, "run", NAME, "-n", "2", *QUICK)
    succeeds(root, "site", NAME, "--engine", "portable")
    site = published(root)
    assert all(text in site for text in (APPROVED, REDACTED, LEFT))
    assert not any(text in site for text in (NAMED, DROPPED, "Halloway"))
    assert "the team decided on: 1 approved, 1 redacted, 1 dropped" in site

    file.write_text(file.read_text(encoding="utf-8").replace("approve", "drop"), encoding="utf-8")
    ended = compendium("site", NAME, "--engine", "portable", root=root)  # what was run still shows it
    assert ended.returncode == 4
    assert "quotation without consent" in ended.stdout + ended.stderr
    assert APPROVED in published(root)  # the old site stays
    succeeds(root, "run", NAME, "-n", "2", *QUICK)
    succeeds(root, "site", NAME, "--engine", "portable")
    assert APPROVED not in published(root)

    coded([APPROVED, NAMED.replace("whole crew", "crew"), DROPPED, LEFT], root / "data" / NAME)
    succeeds(root, "run", NAME, "-n", "2", *QUICK)
    again = review(root)
    assert again[NAMED]["status"] == "text no longer coded"
    assert again[NAMED.replace("whole crew", "crew")]["status"] == "withheld"
    notebook = json.dumps(json.loads((root / "results" / NAME / "notebooks" / "10-interviews.ipynb").read_text()))
    assert "1 void, because the text is no longer coded or may not be quoted" in notebook
    assert "[a farm]" not in notebook
