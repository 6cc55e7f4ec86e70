"""Self-assessment files are read whole or refused with file, row and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuum.errors import BadInput, CompendiumError, ManyProblems, NotCollected, SyntheticAsUserData
from continuum.ingest.assessments import load_assessments, read_assessments
from continuum.study import Study, load_study

INSTRUMENT = "item_id,domain,text,scale_min,scale_max,reverse,anchor_0,anchor_3\na1,A,One,0,3,false,no,yes\na2,A,Two,0,3,true,no,yes\n"
SCORES = "org_id,respondent_id,item_id,score\nO1,r1,a1,3\nO1,r1,a2,dk\nO1,r2,a1,na\nO1,r2,a2,\n"


@pytest.fixture
def files(tmp_path: Path):
    def write(scores: str = SCORES, instrument: str = INSTRUMENT, **more: str):
        (tmp_path / "scores.csv").write_text(scores, encoding="utf-8")
        (tmp_path / "instrument.csv").write_text(instrument, encoding="utf-8")
        for name, text in more.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        optional = {name: tmp_path / f"{name}.csv" for name in more}
        return read_assessments([tmp_path / "scores.csv"], tmp_path / "instrument.csv", synthetic=False, **optional)

    return write


def test_marks_that_are_no_scores_are_told_apart(files):
    scores = files().scores
    assert scores["status"].tolist() == ["answered", "dont_know", "not_applicable", "not_answered"]
    assert scores["score"].isna().tolist() == [False, True, True, True]
    assert scores["wave"].tolist() == [1, 1, 1, 1]
    assert set(scores["source"]) == {"individual"}


def test_anchors_that_exist_are_kept(files):
    assert [name for name in files().items if name.startswith("anchor")] == ["anchor_0", "anchor_3"]


def test_the_demo_study_reads_without_a_warning():
    assessments = load_assessments(load_study("demo"))
    assert assessments.report.read["organizations"] == 12
    assert assessments.report.warnings == []
    assert {"identification protocol", "training", "choice and return"} <= set(assessments.items["domain"])
    assert assessments.scores["wave"].unique().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("O1,r1,a1,3", "O1,r1,a1,4"), "scores.csv: row 2, item a1: score '4' is outside the scale 0 to 3"),
        (("O1,r1,a1,3", "O1,r1,a1,often"), "score 'often' is outside the scale"),
        (("O1,r1,a1,3", "O1,r1,a9,3"), "'a9' is not an item of the instrument. Fix: use one of: a1, a2"),
        (("O1,r1,a2,dk", "O1,r1,a1,2"), "stands in several rows"),
        (("O1,r1,a1,3", ",r1,a1,3"), "row 2, column org_id: is empty"),
        (("respondent_id,", "rater,"), "has no column 'respondent_id'; found: org_id, rater"),
        (("O1,r1,a1,3", "O1,r1,a1"), "has 3 cells, the header has 4"),
    ],
)
def test_wrong_scores_are_one_clear_error(files, change, message):
    with pytest.raises(BadInput) as caught:
        files(SCORES.replace(*change))
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_several_problems_are_reported_together(files):
    with pytest.raises(ManyProblems) as caught:
        files(SCORES.replace("a1,3", "a1,7").replace("a2,dk", "a2,-1"))
    assert len(caught.value.problems) == 2


def test_an_instrument_with_an_empty_scale_is_refused(files):
    with pytest.raises(BadInput, match="scale_min must be below scale_max"):
        files(instrument=INSTRUMENT.replace("0,3,false", "3,3,false"))


def test_targets_of_unknown_domains_and_organizations_are_refused(files):
    with pytest.raises(BadInput, match="'Z' is not a domain of the instrument"):
        files(targets="org_id,domain,target\nO1,Z,50\n")
    with pytest.raises(BadInput, match="lies outside 0 to 100"):
        files(targets="org_id,domain,target\nO1,A,500\n")


def test_an_organization_that_is_not_listed_is_refused(files):
    with pytest.raises(BadInput, match=r"'O1' is not an organization of organisations\.csv"):
        files(organisations="org_id,sector\nO2,legal\n")


def test_synthetic_assessments_never_pass_as_a_teams_own(files):
    with pytest.raises(SyntheticAsUserData):
        files(SCORES.replace("O1", "SYN-O01"))


def test_a_study_without_assessments_refuses_the_question():
    with pytest.raises(NotCollected) as caught:
        load_assessments(Study(study="x", title="X"))
    assert isinstance(caught.value, CompendiumError)
