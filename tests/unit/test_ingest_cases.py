"""Case-level files: read as they are, or one error that names the row."""

from __future__ import annotations

import pytest

from continuum.errors import BadInput, NotCollected, SyntheticAsUserData
from continuum.ingest.cases import collected_assertions, collected_interviews, load_exposures, load_outcomes
from continuum.study import load_study


def study(folder, outcomes: str = "", settings: str = "continuum: {outcomes: outcomes.csv}\n"):
    (folder / "study.yaml").write_text(f"study: small\ntitle: Small\n{settings}", encoding="utf-8")
    (folder / "outcomes.csv").write_text(outcomes, encoding="utf-8")
    return load_study(folder)


def test_the_demo_has_exposures_with_ages_and_outcomes_for_everybody():
    demo = load_study("demo")
    exposures, outcomes = load_exposures(demo), load_outcomes(demo)
    assert {"person_id", "exposure", "age"} <= set(exposures)
    assert set(exposures["person_id"]) <= set(outcomes["person_id"])
    assert {"from_code", "to_code"} <= set(collected_assertions(demo))


def test_what_a_study_does_not_have_is_a_refusal(tmp_path):
    small = study(tmp_path, settings="")
    for load in (collected_interviews, collected_assertions, load_exposures, load_outcomes):
        with pytest.raises(NotCollected):
            load(small)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("person,level\nA,1\n", "no column person_id"),
        ("person_id,level\nA,1\nB,\n", "row 3"),
        ("person_id,level\nA,1\nB,2\nA,2\n", "row 4, person_id 'A'"),
        ("", "cannot be read"),
    ],
)
def test_a_wrong_file_is_one_error_that_names_the_place(tmp_path, text, message):
    with pytest.raises(BadInput, match=message):
        load_outcomes(study(tmp_path, text))


def test_synthetic_records_are_not_taken_for_a_teams_own_data(tmp_path):
    with pytest.raises(SyntheticAsUserData):
        load_outcomes(study(tmp_path, "person_id,level\nSYN-P1,2\n"))


def test_one_sector_can_be_read_alone():
    demo = load_study("demo")
    legal = collected_interviews(demo, "legal")
    assert set(legal.interviews["sector"]) == {"legal"}
    assert set(legal.codings["interview_id"]) <= set(legal.interviews["interview_id"])
    outcomes = load_outcomes(demo, "legal")
    assert 0 < len(outcomes) < len(load_outcomes(demo))
    assert set(load_exposures(demo, "legal")["person_id"]) <= set(outcomes["person_id"])
    with pytest.raises(BadInput, match="no sector 'lega'"):
        collected_interviews(demo, "lega")


def test_one_state_can_be_read_alone(tmp_path):
    small = study(
        tmp_path,
        "person_id,level,sector,state\nA,1,legal,north\nB,2,legal,south\nC,0,social,north\n",
        "continuum: {outcomes: outcomes.csv, exposures: exposures.csv}\n",
    )
    (tmp_path / "exposures.csv").write_text("person_id,exposure,age\nA,debt,12\nB,debt,13\nC,debt,14\n")
    assert list(load_outcomes(small, state="north")["person_id"]) == ["A", "C"]
    assert list(load_outcomes(small, "legal", "north")["person_id"]) == ["A"]
    assert "state" not in load_outcomes(small, state="north")
    assert list(load_exposures(small, state="north")["person_id"]) == ["A", "C"]
    with pytest.raises(BadInput, match="no state 'west'"):
        load_outcomes(small, state="west")
