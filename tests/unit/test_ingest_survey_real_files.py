"""Survey importers on real exports: counts published or recomputed for these files must come out exactly."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from support import shared_data

from continuum.errors import BadInput
from continuum.ingest import load_survey, propose_survey
from continuum.ingest.survey import read_survey
from continuum.study import load_study

pytestmark = pytest.mark.shared

QUALTRICS = sorted(
    (
        "better_sample/better_sample_insights", "comment_coding/coded_comments_insights",
        "multiple_answer_matrix/multiple_answer_matrix_insights", "multiple_answer_matrix/multiple_answer_matrix_legacy",
        "multiple_answer_mc/multiple_answer_mc_insights", "multiple_answer_mc/multiple_answer_mc_legacy",
        "single_answer_matrix/single_answer_matrix_insights", "single_answer_matrix/single_answer_matrix_legacy",
        "single_answer_mc/single_answer_mc_insights", "single_answer_mc/single_answer_mc_legacy",
    )
)  # fmt: skip


def qualtrics(name: str) -> str:
    return str(shared_data(f"survey/qualtrics_simple/{name}.csv"))


def everything_in(data) -> str:
    """All text a table, its items and its report would ever write."""
    return "\n".join([data.answers.to_csv(), data.items.to_csv(), json.dumps(data.report.lines())])


def test_multiple_response_base_is_those_who_ticked_something_in_better_sample():
    data = read_survey(qualtrics("better_sample/better_sample_insights"), include_tests=True)
    options = data.answers[[f"q3_volunteer_{i}" for i in range(1, 5)]]
    assert options.sum().tolist() == [1, 0, 1, 5]
    assert options.notna().sum().tolist() == [6, 6, 6, 6]
    assert len(data.answers) == 10
    assert data.items.set_index("item_id").loc["q3_volunteer_4", "none_option"]


def test_multiple_response_of_the_spss_file_counts_41_of_52():
    data = read_survey(shared_data("survey/osm_obp/obp_mock_data.sav"))
    options = data.answers[[f"ST_themes_{i}" for i in range(1, 7)]]
    assert options.sum().tolist() == [20, 7, 7, 9, 13, 10]
    assert set(options.notna().sum()) == {41}
    assert len(data.answers) == 52


def test_dont_know_is_no_scale_point_in_the_spss_file():
    data = read_survey(shared_data("survey/osm_obp/obp_mock_data.sav"))
    answers = data.answers["Prac_Att_1"]
    codes = answers.cat.codes[answers.notna()] + 1
    assert codes.mean() == pytest.approx(2.706, abs=5e-4)
    assert (data.status["Prac_Att_1"] == "dont_know").sum() == 7
    assert data.items.set_index("item_id").loc["Prac_Att_1", "dont_know"] == ["I don't know"]


def test_yes_no_questions_may_be_declared_the_options_of_one_question(tmp_path, monkeypatch):
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))
    folder = tmp_path / "data" / "real"
    folder.mkdir(parents=True)
    shutil.copy(shared_data("survey/osm_obp/obp_mock_data.sav"), folder)
    items = {"aware": {"kind": "multiple", "columns": ["Prac_Aw_1_*"]}}
    content = {"study": "real", "title": "Real", "survey": {"files": ["obp_mock_data.sav"], "items": items}}
    (folder / "study.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    data = load_survey(load_study("real"))
    plain = pd.read_csv(shared_data("survey/osm_obp/obp_mock_data.csv"), sep=";", index_col=0)
    ticks = plain.filter(like="Prac_Aw_1_").eq(1)
    assert data.answers.iloc[:, 1:].sum().tolist() == ticks.sum().tolist()
    assert (data.status.iloc[:, 0] == "answered").sum() == ticks.any(axis=1).sum()


def test_the_spss_file_has_48_variables_with_a_dont_know_or_not_applicable_label():
    data = read_survey(shared_data("survey/osm_obp/obp_mock_data.sav"))
    special = data.items["dont_know"].map(len) + data.items["not_applicable"].map(len) > 0
    option = data.items["text"].eq("I don’t know")
    assert (special | option).sum() == 48


def test_the_spss_file_and_its_csv_hold_the_same_values():
    data = read_survey(shared_data("survey/osm_obp/obp_mock_data.sav"))
    plain = pd.read_csv(shared_data("survey/osm_obp/obp_mock_data.csv"), sep=";", index_col=0)
    for column in ("ContractHours", "Age"):
        np.testing.assert_array_equal(data.answers[column].to_numpy(), plain[column].to_numpy(dtype=float))
    codes = data.answers["OppMat_3"].cat.codes + 1
    expected = plain["OppMat_3"].where(plain["OppMat_3"] < 6).fillna(0)
    np.testing.assert_array_equal(codes.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("survey", ["single_answer_mc", "single_answer_matrix"])
def test_legacy_and_insights_exports_give_the_same_responses_in_column_order(survey):
    new = read_survey(qualtrics(f"{survey}/{survey}_insights"), include_tests=True)
    old = read_survey(qualtrics(f"{survey}/{survey}_legacy"), include_tests=True)
    assert new.answers["respondent_id"].tolist() == old.answers["respondent_id"].tolist()
    assert len(new.items) == len(old.items)
    for left, right in zip(new.items["item_id"], old.items["item_id"], strict=True):
        assert new.answers[left].astype("str").tolist() == old.answers[right].astype("str").tolist()


def test_repeated_legacy_names_keep_every_column():
    data = read_survey(qualtrics("single_answer_matrix/single_answer_matrix_legacy"), include_tests=True)
    assert [f"question_one{again}" in data.answers for again in ("", " (2)", " (3)")] == [True] * 3
    assert data.answers["question_one (2)"].tolist() == ["10", "10", "13", "13", "12"]


@pytest.mark.parametrize("name", QUALTRICS)
def test_generated_responses_are_left_out_and_counted(name):
    with pytest.raises(BadInput, match=r"all of them previews or generated tests.*include_tests"):
        read_survey(qualtrics(name))
    data = read_survey(qualtrics(name), include_tests=True)
    assert len(data.answers) in (5, 10)
    assert any("generated test responses" in line for line in data.report.warnings)


@pytest.mark.parametrize("dialect", ["", "_legacy"])
def test_no_connection_data_survives_the_import(dialect):
    path = shared_data(f"survey/qualtrics_minimal/sample{dialect}.csv")
    raw = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
    names = raw.apply(lambda row: " ".join(row[:3]), axis=0).str
    private = raw.loc[:, names.contains("IPAddress|Latitude|Longitude|_recordId|R_2Y").to_numpy()].iloc[-1]
    data = read_survey(path)
    assert private.str.len().min() > 2
    for value in private:
        assert value not in everything_in(data)
    assert data.report.personal_columns_dropped >= 6
    assert data.answers.iloc[0][["Q1", "Q2"]].tolist() == ["2", "Hello World!"]


@pytest.mark.parametrize("name", QUALTRICS)
def test_no_coordinates_in_any_output(name):
    data = read_survey(qualtrics(name), include_tests=True)
    assert not {"42.4019", "-71.1193"} & set(everything_in(data).replace(",", " ").split())
    assert "42.4019" not in everything_in(data)


def test_both_dialects_of_one_response_have_the_same_pseudonym():
    new = read_survey(shared_data("survey/qualtrics_minimal/sample.csv"))
    old = read_survey(shared_data("survey/qualtrics_minimal/sample_legacy.csv"))
    assert new.answers["respondent_id"].tolist() == old.answers["respondent_id"].tolist()
    assert new.answers["respondent_id"].str.match("r[0-9a-f]{16}$").all()


@pytest.mark.parametrize(
    ("file", "checks"),
    [
        ("survey/osm_obp/obp_mock_data.sav", {"ST_themes_": ([20, 7, 7, 9, 13, 10], 41)}),
        ("survey/qualtrics_simple/better_sample/better_sample_insights.csv", {"q3_volunteer_": ([1, 0, 1, 5], 6)}),
    ],
)
def test_a_proposed_study_of_a_real_export_loads_untouched_with_the_known_counts(tmp_path, monkeypatch, file, checks):
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))
    folder = tmp_path / "data" / "real"
    folder.mkdir(parents=True)
    export = shared_data(file)
    shutil.copy(export, folder)
    section = propose_survey(folder / export.name)
    content = {"study": "real", "title": "Real", "survey": section}
    (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    data = load_survey(load_study("real"))
    for prefix, (counts, base) in checks.items():
        options = data.answers.filter(like=prefix)
        assert options.sum().tolist() == counts
        assert set(options.notna().sum()) == {base}
