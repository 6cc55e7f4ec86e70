"""A new study is scaffolded whole or not at all, and a study says what it understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuum.cli import main
from continuum.errors import BadInput, CompendiumError
from continuum.scaffold import check_study, new_study
from continuum.study import load_study

CSV = "sector,happy\n" + "Legal,Often\nMedical,Never\nLegal,Sometimes\nMedical,Often\n" * 4


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "export.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


def test_a_study_is_made_from_an_export(root: Path, capsys: pytest.CaptureFixture[str]):
    new_study("kansas", survey=root / "export.csv")
    study = load_study("kansas")
    assert study.survey is not None
    assert (root / "data" / "kansas" / "export.csv").is_file()
    assert "compendium check kansas" in capsys.readouterr().out


def test_the_proposals_are_explained_by_comments(root: Path):
    new_study("kansas", survey=root / "export.csv")
    text = (root / "data" / "kansas" / "study.yaml").read_text(encoding="utf-8")
    assert "# the survey export; columns that identify people are dropped on reading" in text


def test_check_says_what_was_understood(root: Path, capsys: pytest.CaptureFixture[str]):
    new_study("kansas", survey=root / "export.csv")
    check_study("kansas")
    said = capsys.readouterr().out
    assert "Next: compendium run kansas" in said
    assert "counts from 1 to 4 are hidden" in said


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("Kansas City", {}, "cannot name a study"),
        ("kansas", {}, "a study needs data"),
        ("kansas", {"survey": Path("missing.csv")}, "missing.csv: --survey: no such file"),
    ],
)
def test_wrong_input_leaves_nothing_behind(root: Path, name: str, given: dict, message: str):
    with pytest.raises(BadInput, match=message):
        new_study(name, **given)
    assert list((root / "data").iterdir()) == []


def test_an_unreadable_export_leaves_nothing_behind(root: Path):
    (root / "broken.sav").write_bytes(b"not an SPSS file at all")
    with pytest.raises(CompendiumError):
        new_study("kansas", survey=root / "broken.sav")
    assert list((root / "data").iterdir()) == []


def test_an_existing_study_is_not_overwritten(root: Path):
    new_study("kansas", survey=root / "export.csv")
    with pytest.raises(BadInput, match="already exists"):
        new_study("kansas", survey=root / "export.csv")


def test_self_assessments_need_their_instrument(root: Path):
    (root / "scores.csv").write_text("org_id,respondent_id,item_id,score\na,b,c,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="without their instrument"):
        new_study("kansas", self_assessment=root / "scores.csv")


def test_check_reads_contacts_cases_and_ledgers_too(capsys: pytest.CaptureFixture[str]):
    check_study("demo")
    said = capsys.readouterr().out
    assert "contacts: 1200 of 120 people, 0 at exact times" in said
    assert "ledger 'example'" in said
    assert "exposures: " in said


def test_a_self_assessment_may_begin_with_the_example_instrument(root: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new", "kansas", "--self-assessment"]) == 0
    folder = root / "results" / "kansas" / "team" / "self-assessment"
    assert sorted(file.name for file in folder.iterdir()) == ["READ-ME.txt", "form.html", "form.xlsx"]
    assert "results/kansas/team/self-assessment/form.xlsx" in capsys.readouterr().out
    assert main(["check", "kansas"]) == 0
    assert "No filled form of the self-assessment has come back yet." in capsys.readouterr().out


def test_a_self_assessment_may_begin_with_ones_own_instrument(root: Path):
    items = "item_id,domain,text,scale_min,scale_max\nq1,training,Staff are trained.,0,3\nq2,training,Often.,0,3\n"
    (root / "own.csv").write_text(items, encoding="utf-8")
    assert main(["new", "kansas", "--self-assessment", str(root / "own.csv")]) == 0
    assert "Staff are trained." in (root / "results/kansas/team/self-assessment/form.html").read_text(encoding="utf-8")


def test_a_wrong_instrument_is_named_and_leaves_nothing_behind(root: Path, capsys: pytest.CaptureFixture[str]):
    (root / "own.csv").write_text("item_id,domain,text,scale_min,scale_max\nq1,training,Text.,3,0\n", encoding="utf-8")
    assert main(["new", "kansas", "--self-assessment", str(root / "own.csv")]) == 2
    assert "own.csv: row 2: item 'q1' has a scale from 3 to 0" in capsys.readouterr().err
    assert list((root / "data").iterdir()) == []
