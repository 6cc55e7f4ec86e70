"""Qualtrics questionnaires: what a .qsf says, and that it makes all dialects of one survey the same."""

from __future__ import annotations

import json

import pytest
from support import shared_data

from continuum.errors import BadInput
from continuum.ingest.qsf import plain_text, read_qsf
from continuum.ingest.survey import read_survey

SURVEYS = ["single_answer_mc", "single_answer_matrix", "multiple_answer_mc", "multiple_answer_matrix"]


def described(survey: str, dialect: str = "insights", stem: str | None = None):
    folder = shared_data(f"survey/qualtrics_simple/{survey}")
    stem = stem or survey
    return read_survey(folder / f"{stem}_{dialect}.csv", codebook=folder / f"{stem}.qsf", include_tests=True)


@pytest.mark.shared
@pytest.mark.parametrize("survey", SURVEYS)
def test_the_questionnaire_makes_legacy_and_insights_equal_column_by_column(survey):
    new, old = described(survey), described(survey, "legacy")
    left = dict(zip(new.items["import_id"], new.items["item_id"], strict=True))
    right = dict(zip(old.items["import_id"], old.items["item_id"], strict=True))
    assert left.keys() == right.keys()
    assert new.answers["respondent_id"].tolist() == old.answers["respondent_id"].tolist()
    for import_id, item in left.items():
        assert new.answers[item].astype("str").tolist() == old.answers[right[import_id]].astype("str").tolist()
    compared = ["import_id", "kind", "text", "levels", "none_option"]
    by_id = [data.items.sort_values("import_id")[compared].reset_index(drop=True) for data in (new, old)]
    assert by_id[0].equals(by_id[1])


@pytest.mark.shared
def test_suffixes_of_one_option_differ_between_dialects_but_its_import_id_does_not():
    new, old = described("multiple_answer_mc"), described("multiple_answer_mc", "legacy")
    assert new.items.set_index("item_id").loc["Q5_11", "import_id"] == "QID6-4"
    assert old.items.set_index("item_id").loc["Q5_4", "import_id"] == "QID6-4"
    assert new.answers["Q5_11"].equals(old.answers["Q5_4"])


@pytest.mark.shared
def test_better_sample_has_eleven_questions_one_in_the_trash_and_a_column_it_does_not_know():
    path = shared_data("survey/qualtrics_simple/better_sample/better_sample.qsf")
    questionnaire = read_qsf(path)
    assert len({name.split("#")[0] for name in questionnaire.questions}) == 11
    assert questionnaire.deleted == ["QID7"]
    data = described("better_sample")
    assert any("3 columns are not in better_sample.qsf (Q13_1_-1" in line for line in data.report.warnings)


@pytest.mark.shared
def test_texts_scales_and_exclusive_options_come_from_the_questionnaire():
    items = described("better_sample").items.set_index("item_id")
    assert items.loc["q4_rank_1", "levels"] == ["Enjoy", "Ambivalent", "Dislike", "Never Tried It"]
    assert items.loc["q6_reservations#1_2", "dont_know"] == ["Unsure"]
    assert items.loc["q3_volunteer_4", "none_option"]
    assert items.loc["q1_recent_q1_recent_2_3", "text"] == "In the last year"
    assert items.loc["q1_recent_q1_recent_2_3", "question"].endswith("Kiwi")


@pytest.mark.shared
def test_skip_logic_tells_not_asked_from_not_answered():
    data = described("better_sample")
    skipped = data.answers["q2_favorite"] == "Canteloupe"
    assert skipped.sum() == 4
    assert (data.status["q3_volunteer_1"] == "not_asked").tolist() == skipped.tolist()
    assert data.items.set_index("item_id").loc["q3_volunteer_1", "skip_rule"].startswith("If Canteloupe Is Selected")


@pytest.mark.shared
def test_a_recode_of_zero_is_a_tick():
    data = described("better_sample")
    assert data.answers["Q12#1_1_0"].sum() == (data.status["Q12#1_1_0"] == "answered").sum() > 0


def test_a_questionnaire_that_is_not_json_names_line_and_column(tmp_path):
    path = tmp_path / "survey.qsf"
    path.write_text('{"SurveyEntry": {},\n "SurveyElements": [}', encoding="utf-8")
    with pytest.raises(BadInput, match="line 2, column 21"):
        read_qsf(path)


@pytest.mark.parametrize(
    "content", [[], {}, {"SurveyElements": []}, {"SurveyElements": [{"Element": "SQ", "Payload": []}]}]
)
def test_other_json_is_no_questionnaire(tmp_path, content):
    path = tmp_path / "survey.qsf"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BadInput, match=r"holds no (SurveyElements|questions)"):
        read_qsf(path)


def question(number: int, **payload) -> dict:
    base = {
        "QuestionID": f"QID{number}",
        "DataExportTag": f"Q{number}",
        "QuestionText": f"<b>Question</b>&nbsp;{number}?",
    }
    base |= {"QuestionType": "MC", "Selector": "SAVR", "Choices": {"1": {"Display": "Yes"}, "2": {"Display": "No"}}}
    return {"Element": "SQ", "Payload": {**base, **payload}}


def test_markup_goes_and_comparisons_stay():
    markup = "<div>Under 18 &amp; <b>x < 5</b>?<br/>Why<script>alert(1)</script> so</div>"
    assert plain_text(markup) == "Under 18 & x < 5? Why so"


def test_display_logic_becomes_a_condition(tmp_path):
    condition = {
        "LogicType": "Question", "Type": "Expression", "Operator": "Selected",
        "LeftOperand": "q://QID1/SelectableChoice/1", "Description": "<span>If</span> Yes <b>Is Selected</b>",
    }  # fmt: skip
    logic = {"0": {"0": condition, "Type": "If"}, "Type": "BooleanExpression"}
    elements = [question(1), question(2, DisplayLogic=logic)]
    (tmp_path / "s.qsf").write_text(json.dumps({"SurveyElements": elements}), encoding="utf-8")
    header = 'ResponseId,Q1,Q2\nResponse ID,a,b\n"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
    (tmp_path / "s.csv").write_text(f"{header}R_1,1,2\nR_2,2,\nR_3,1,\n", encoding="utf-8")
    data = read_survey(tmp_path / "s.csv", codebook=tmp_path / "s.qsf")
    assert data.status["Q2"].tolist() == ["answered", "not_asked", "not_answered"]
    assert data.items["text"].tolist() == ["Question 1?", "Question 2?"]
    assert data.items["skip_rule"].tolist() == ["", "If Yes Is Selected"]


@pytest.mark.parametrize("cells", [["1,3", "3", ""], ['"Legal aid, court support,Food"', "Food", ""]])
def test_several_answers_in_one_column_come_apart_by_the_questionnaire(tmp_path, cells):
    choices = {"1": "Legal aid, court support", "2": "Legal aid", "3": "Food"}
    payload = {"Selector": "MAVR", "Choices": {key: {"Display": text} for key, text in choices.items()}}
    (tmp_path / "s.qsf").write_text(json.dumps({"SurveyElements": [question(1, **payload)]}), encoding="utf-8")
    quoted = [cell if cell.startswith('"') else f'"{cell}"' for cell in cells]
    header = 'ResponseId,Q1\nResponse ID,a\n"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"\n'
    (tmp_path / "s.csv").write_text(
        header + "".join(f"R_{i},{cell}\n" for i, cell in enumerate(quoted)), encoding="utf-8"
    )
    data = read_survey(tmp_path / "s.csv", codebook=tmp_path / "s.qsf")
    assert data.items["text"].tolist() == list(choices.values())
    assert data.answers.iloc[:, 1:].sum().tolist() == [1, 0, 2]
    assert data.answers.iloc[:, 1].notna().tolist() == [True, True, False]
