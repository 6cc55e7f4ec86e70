"""The synthetic study is complete, labeled, deterministic and honest about itself."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from continuum.errors import SyntheticAsUserData
from continuum.ingest.guard import refuse_synthetic
from continuum.pipeline.state import check_files
from continuum.study import load_study
from continuum.synthetic import SIDECAR, interviews, make_study, survey, verify
from continuum.synthetic.margins import largest_remainder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_study(folder=tmp_path_factory.mktemp("data") / "demo")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file's content; a project's members one by one, since compression may differ between machines."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".qdpx":
            with zipfile.ZipFile(path) as archive:
                found |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
        elif path.is_file() and path.name != SIDECAR:
            found[path.name] = path.read_bytes()
    return found


def test_the_committed_demo_is_what_the_generator_makes(folder):
    demo = ROOT / "data" / "demo"
    assert contents(demo) == contents(folder)
    verify(demo)


def test_the_study_file_is_valid_and_names_files_that_exist(folder):
    study = load_study(folder)
    assert study.synthetic
    assert all((study.interviews, study.survey, study.self_assessment, study.pathways))
    for name in (*study.interviews.files, *study.survey.files, *study.self_assessment.files):
        assert study.path(name).is_file()
    columns = set(survey_rows(folder)[0])
    for name, items in study.survey.items.items():
        assert set(items.columns) <= columns, name
        assert items.scale is None or items.scale in study.survey.scales
    for family in study.survey.families.values():
        assert set(family.items) <= columns


def test_the_demo_is_small_enough_to_clone():
    files = (path for path in (ROOT / "data" / "demo").iterdir() if path.is_file())
    assert sum(path.stat().st_size for path in files) < 1_500_000


def survey_rows(folder: Path) -> list[list[str]]:
    with (folder / "survey.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_the_survey_has_three_header_rows_and_only_documentation_addresses(folder):
    names, labels, imports, *records = survey_rows(folder)
    assert len(names) == len(labels) == len(imports) == len(records[0])
    assert all("ImportId" in json.loads(cell) for cell in imports)
    assert len({json.dumps(json.loads(cell), sort_keys=True) for cell in imports}) == len(imports)
    assert len(records) == 667
    assert all(re.fullmatch(r"192\.0\.2\.\d+", record[names.index("IPAddress")]) for record in records)
    assert {record[names.index("LocationLatitude")] for record in records} == {"0.0"}
    assert {record[names.index("synthetic")] for record in records} == {"true"}


def test_every_scale_item_has_exact_margins_among_those_who_used_the_scale(folder):
    names, _, _, *records = survey_rows(folder)
    answers = pd.DataFrame(records, columns=names)
    for block in survey.BLOCKS:
        for j, column in enumerate(block.columns):
            counts = answers[column].value_counts().reindex(list(block.levels), fill_value=0)
            shares = survey.level_shares(block.name, j, len(block.columns))
            assert counts.tolist() == largest_remainder(shares, int(counts.sum())).tolist()


def test_sectors_and_states_have_exact_joint_margins(folder):
    names, _, _, *records = survey_rows(folder)
    answers = pd.DataFrame(records, columns=names)
    sectors = answers["sector"].value_counts().reindex(list(survey.q.SECTORS)).tolist()
    assert sectors == largest_remainder(survey.SECTOR_SHARES, 667).tolist()
    assert answers["state"].value_counts().loc[list(survey.q.STATES)].tolist() == [367, 300]


def test_missing_answers_depend_on_experience_as_declared(folder):
    names, _, _, *records = survey_rows(folder)
    answers = pd.DataFrame(records, columns=names)
    blank = answers["meet_8"].eq("")
    newer = answers["years"].astype(int) < 5
    assert blank[newer].mean() > blank[~newer].mean()


def test_training_protocol_and_sector_shift_the_ability_to_meet_needs(folder):
    names, _, _, *records = survey_rows(folder)
    answers = pd.DataFrame(records, columns=names)
    met = answers[[f"meet_{k}" for k in range(1, 9)]].eq("Able to meet").mean(axis=1)
    assert met[answers["protocol"] == "Yes"].mean() > met[answers["protocol"] == "No"].mean()


def test_interviews_hold_labeled_texts_whose_spans_are_the_coded_words():
    talks = interviews.make_interviews(42, "cumulative", np.random.default_rng(5))
    texts = talks.cases.set_index("interview_id")["text"]
    assert texts.str.startswith("SYNTHETIC").all()
    assert any(ord(char) > 0xFFFF for text in texts for char in text), "offset units must be distinguishable"
    for row in talks.codings.itertuples():
        assert texts[row.interview_id][row.start : row.end] == row.text
    per_coder = talks.codings.groupby("coder_id")["interview_id"].nunique()
    assert per_coder["Coder A"] == 42
    assert per_coder["Coder B"] >= 15


def test_code_counts_of_the_first_coder_are_exact():
    talks = interviews.make_interviews(42, "unfolding", np.random.default_rng(5))
    first = talks.codings[talks.codings["coder_id"] == "Coder A"]
    counts = first.groupby("code_id")["interview_id"].nunique()
    assert [counts[code.name] for code in interviews.CODES] == [round(p * 42) for p in interviews.PREVALENCE]


def test_most_assertions_follow_the_latent_order():
    talks = interviews.make_interviews(200, "cumulative", np.random.default_rng(6))
    place = {code: k for k, code in enumerate(talks.latent_order)}
    forward = talks.assertions["from_code"].map(place) < talks.assertions["to_code"].map(place)
    assert forward.mean() == pytest.approx(1 - interviews.ASSERTION_ERROR, abs=0.03)


def test_the_same_seed_gives_the_same_files_and_another_seed_others(folder, tmp_path):
    again = make_study(folder=tmp_path / "demo")
    assert contents(again) == contents(folder)
    other = make_study(folder=tmp_path / "other", seed=1)
    assert contents(other)["survey.csv"] != contents(folder)["survey.csv"]


def test_a_world_changes_the_cases_and_nothing_else(folder, tmp_path):
    other = contents(make_study("chain_trigger", folder=tmp_path / "demo"))
    here = contents(folder)
    assert {name for name in here if here[name] != other[name]} == {"exposures.csv", "outcomes.csv", "study.yaml"}


def test_the_sidecar_names_every_assumption_and_only_six_published_margins(folder):
    sidecar = verify(folder)
    assert set(sidecar["published"]) == {
        "n_interviews", "n_respondents", "states", "interview_sectors", "survey_sectors", "areas_of_risk",
    }  # fmt: skip
    assert sidecar["assumptions"]["survey"]["SECTOR_SHARES"] == list(survey.SECTOR_SHARES)
    assert sidecar["truth"]["cases.structure"] == "independence"


def test_removing_the_sidecar_is_noticed(tmp_path):
    folder = make_study(folder=tmp_path / "demo", n_respondents=40, n_interviews=8)
    (folder / SIDECAR).unlink()
    with pytest.raises(SyntheticAsUserData, match="missing"):
        verify(folder)


def test_renaming_identifiers_is_noticed(tmp_path):
    folder = make_study(folder=tmp_path / "demo", n_respondents=40, n_interviews=8)
    file = folder / "survey.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("SYN-R", "R"), encoding="utf-8")
    with pytest.raises(SyntheticAsUserData, match=r"survey.csv \(changed\)"):
        verify(folder)


def test_a_generated_study_without_its_sidecar_does_not_run(tmp_path):
    folder = make_study(folder=tmp_path / "demo", n_respondents=40, n_interviews=8)
    study = load_study(folder)
    check_files(study)
    settings = folder / "study.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("threshold: 5", "threshold: 6"), encoding="utf-8")
    check_files(load_study(folder))  # settings may change
    (folder / SIDECAR).unlink()
    with pytest.raises(SyntheticAsUserData, match="sidecar of this synthetic study is missing"):
        check_files(study)


def test_folders_the_generator_does_not_make_are_kept(tmp_path):
    folder = make_study(folder=tmp_path / "demo", n_respondents=40, n_interviews=8)
    (folder / "notes").mkdir()
    (folder / "notes" / "note.txt").write_text("kept", encoding="utf-8")
    make_study(folder=folder, n_respondents=40, n_interviews=8)
    assert (folder / "notes" / "note.txt").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"respondent_id": ["R1", "SYN-R0001"]}),
        pd.DataFrame({"respondent_id": pd.Categorical(["SYN-R0001"])}),
        pd.DataFrame({"id": ["1"], "synthetic": ["true"]}),
        pd.DataFrame({"id": ["1"], "synthetic": [True]}),
    ],
)
def test_synthetic_records_never_pass_as_a_teams_own(table):
    with pytest.raises(SyntheticAsUserData, match="not declared synthetic"):
        refuse_synthetic(table, file="survey.csv", synthetic=False)
    refuse_synthetic(table, file="survey.csv", synthetic=True)


def test_own_records_pass():
    refuse_synthetic(pd.DataFrame({"id": ["R1"], "n": [3]}), file="survey.csv", synthetic=False)


def test_wrong_arguments_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="unknown world"):
        make_study("paradise", folder=tmp_path / "demo")
    with pytest.raises(ValueError, match="n_interviews"):
        make_study(n_interviews=3, folder=tmp_path / "demo")
    assert not (tmp_path / "demo").exists()
