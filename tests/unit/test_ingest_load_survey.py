"""``load_survey`` applies what ``study.yaml`` says about a survey, and names the line or the row where it cannot."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from continuum.errors import BadInput, CompendiumError, NotCollected, SyntheticAsUserData
from continuum.ingest import load_survey, propose_survey
from continuum.study import load_study

TABLE = """person,field,where,w,often_1,often_2,svc_1,svc_2,svc_3,age,note
p1,Police,KS,1.0,Never,Sometimes,1,,,44,
p2,Clinic,KS,2.0,Often,Don't know,,1,,51,call 816-555-0148
p3,Clinic,MO,0.5,sometimes ,,,,,38,
p4,Shelter,MO,1.5,Often,Never,,,1,,fine
"""
SPEC: dict = {
    "files": ["survey.csv"],
    "columns": {"respondent_id": "person", "sector": "field", "state": "where", "weight": "w"},
    "sectors": {"Police": "legal", "Clinic": "medical", "Shelter": "non-profit"},
    "characteristics": ["sector", "age"],
    "scales": {"freq": {"levels": ["Never", "Rarely", "Sometimes", "Often"], "dont_know": ["Don't know"]}},
    "items": {
        "often": {"kind": "scale", "columns": ["often_*"], "scale": "freq", "labels": {"often_1": "First"}},
        "services": {"kind": "multiple", "columns": ["svc_*"], "none_option": "svc_3"},
        "notes": {"kind": "open", "columns": ["note"]},
    },
}


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A function that writes a study with a table and changed settings, and returns it."""
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))

    def write(table: str = TABLE, *, synthetic: bool = False, others: dict[str, str] | None = None, **changes):
        folder = tmp_path / "data" / "trial"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in {"survey.csv": table, **(others or {})}.items():
            (folder / name).write_text(content, encoding="utf-8")
        section = {key: value for key, value in {**SPEC, **changes}.items() if value is not None}
        content = {"study": "trial", "title": "A trial", "synthetic": synthetic, "survey": section}
        (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return load_study("trial")

    return write


def failure(study) -> str:
    with pytest.raises(CompendiumError) as caught:
        load_survey(study)
    assert "Fix: " in str(caught.value)
    return str(caught.value)


def test_respondents_are_mapped_to_the_study_s_words(make):
    data = load_survey(make())
    assert data.answers["sector"].tolist() == ["legal", "medical", "medical", "non-profit"]
    assert list(data.answers["sector"].cat.categories) == ["legal", "medical", "non-profit"]
    assert data.answers["weight"].tolist() == [1.0, 2.0, 0.5, 1.5]
    assert data.answers["respondent_id"].is_unique
    assert not data.answers["respondent_id"].isin(["p1", "p2"]).any()


def test_scales_keep_levels_nobody_chose_and_set_dont_know_apart(make):
    data = load_survey(make())
    assert list(data.answers["often_1"].cat.categories) == ["Never", "Rarely", "Sometimes", "Often"]
    assert data.answers["often_1"].cat.ordered
    assert data.status["often_2"].tolist() == ["answered", "dont_know", "not_answered", "answered"]
    assert data.items.set_index("item_id").loc["often_1", "text"] == "First"


def test_levels_that_differ_by_blanks_or_case_are_read_and_reported(make):
    data = load_survey(make())
    assert data.answers["often_1"].tolist() == ["Never", "Often", "Sometimes", "Often"]
    assert any("'sometimes '" in line and "row 4" in line for line in data.report.warnings)


def test_the_base_of_a_multiple_response_is_who_ticked_something(make):
    data = load_survey(make())
    assert data.answers[["svc_1", "svc_2", "svc_3"]].notna().sum().tolist() == [3, 3, 3]
    assert data.status["svc_1"].tolist() == ["answered", "answered", "not_answered", "answered"]


def test_only_named_columns_are_kept_and_the_rest_is_counted(make):
    data = load_survey(make(items={"notes": SPEC["items"]["notes"]}, scales=None))
    assert "often_1" not in data.answers
    assert any("5 columns that study.yaml does not name" in line for line in data.report.skipped)


def test_phone_numbers_in_free_text_are_counted_and_masked_on_request(make):
    counted = load_survey(make())
    assert any("1 phone number" in line and "mask_text" in line for line in counted.report.warnings)
    masked = load_survey(make(options={"mask_text": True}))
    assert masked.answers["note"].tolist()[1] == "call [phone number]"


def test_an_unknown_level_is_an_error_with_row_column_and_nearest_level(make):
    text = failure(make(TABLE.replace("p4,Shelter,MO,1.5,Often", "p4,Shelter,MO,1.5,Oftn")))
    assert "row 5, column often_1" in text
    assert "did you mean 'Often'?" in text


def test_every_unknown_level_is_reported_at_once(make):
    text = failure(make(TABLE.replace("Often,Never", "Oftn,Nver")))
    assert "often_1" in text
    assert "often_2" in text


@pytest.mark.parametrize(
    ("value", "what"), [("-1", "zero or negative"), ("0", "zero or negative"), ("", "missing"), ("x", "not a number")]
)
def test_weights_must_be_positive_numbers(make, value, what):
    text = failure(make(TABLE.replace("KS,2.0", f"KS,{value}")))
    assert f"values of weight are {what}" in text
    assert "row 3, column w" in text


def test_an_unnamed_sector_is_an_error_with_row_and_nearest_name(make):
    text = failure(make(TABLE.replace("Shelter", "Clinics")))
    assert "row 5, column field" in text
    assert "did you mean 'Clinic'?" in text


def test_values_declared_missing_become_blanks_and_nothing_else_does(make):
    data = load_survey(make(TABLE.replace("MO,0.5,sometimes ", "MO,0.5,NA"), na_values=["NA"]))
    assert data.status["often_1"].tolist()[2] == "not_answered"
    assert "'NA' is not a level" in failure(make(TABLE.replace("MO,0.5,sometimes ", "MO,0.5,NA")))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"columns": {"sektor": "field"}}, "did you mean 'sector'?"),
        ({"columns": {"sector": "feild"}}, "did you mean 'field'?"),
        ({"characteristics": ["agee"]}, "did you mean 'age'?"),
        ({"items": {"x": {"kind": "scale", "columns": ["often_1"], "scale": "frek"}}}, "did you mean 'freq'?"),
        ({"items": {"x": {"kind": "scale", "columns": ["often_1"]}}}, "nothing says which levels it has"),
        ({"items": {"x": {"kind": "open", "columns": ["zzz_*"]}}}, "no column is named like 'zzz_*'"),
        ({"families": {"f": {"items": ["oftn"], "by": "sector"}}}, "did you mean 'often'?"),
        ({"families": {"f": {"items": ["often"], "by": "region"}}}, "unknown 'region'"),
    ],
)
def test_a_wrong_reference_in_study_yaml_is_placed_at_its_line(make, changes, expected):
    text = failure(make(**changes))
    assert expected in text
    assert "study.yaml: line" in text


def test_two_files_of_one_survey_are_joined_and_must_have_the_same_questions(make):
    head, rows = TABLE.split("\n", 1)
    more = f"{head}\n{rows.replace('p', 'q')}"
    both = {"others": {"more.csv": more}, "files": ["survey.csv", "more.csv"]}
    assert len(load_survey(make(**both)).answers) == 8
    both["others"] = {"more.csv": more.replace("note", "remark")}
    assert "has other questions than survey.csv: note, remark" in failure(make(**both)).replace("data/trial/", "")


def test_numbers_of_a_codebook_stand_for_levels(make):
    table = TABLE.replace("Never", "1").replace("Sometimes", "3").replace("sometimes ", "3").replace("Often", "4")
    codes = {"1": "Never", "2": "Rarely", "3": "Sometimes", "4": "Often"}
    data = load_survey(make(table, scales={"freq": {**SPEC["scales"]["freq"], "codes": codes}}))
    assert data.answers["often_1"].tolist() == ["Never", "Often", "Sometimes", "Often"]


def test_synthetic_respondents_are_refused_unless_the_study_says_so(make):
    table = TABLE.replace("\np", "\nSYN-p")
    with pytest.raises(SyntheticAsUserData, match="synthetic: true"):
        load_survey(make(table))
    assert load_survey(make(table, synthetic=True)).answers["respondent_id"].tolist()[0] == "SYN-p1"


def test_repeated_respondents_are_counted_once_and_what_varies_is_a_loop(make):
    table = TABLE + "p1,Police,KS,1.0,Often,Sometimes,1,,,44,\n"
    data = load_survey(make(table))
    assert len(data.answers) == 4
    assert "often_1" not in data.answers
    assert data.loops is not None
    assert data.loops.answers["often_1"].tolist()[-1] == "Often"
    assert len(data.loops.answers) == 5
    assert data.report.read["rows"] == 5
    assert data.report.read["respondents"] == 4


def test_an_item_declared_once_that_varies_is_an_error_with_its_rows(make):
    items = {**SPEC["items"], "often": {**SPEC["items"]["often"], "looped": False}}
    text = failure(make(TABLE + "p1,Police,KS,1.0,Often,Sometimes,1,,,44,\n", items=items))
    assert "row 6, column often_1" in text


def test_a_sector_that_varies_within_a_respondent_is_an_error(make):
    assert "column sector" in failure(make(TABLE + "p1,Clinic,KS,1.0,Never,Sometimes,1,,,44,\n"))


def test_a_condition_tells_not_asked_from_not_answered(make):
    items = {**SPEC["items"], "often": {**SPEC["items"]["often"], "asked_if": {"where": ["KS"]}}}
    data = load_survey(make(items=items))
    assert data.status["often_2"].tolist()[2] == "not_asked"
    assert any("although the question was not to be asked" in line for line in data.report.warnings)


def test_a_number_that_is_none_names_the_row(make):
    text = failure(
        make(TABLE.replace(",51,", ",about 50,"), items={"n": {"kind": "number", "columns": ["age"]}}, scales=None)
    )
    assert "row 3, column age" in text


def test_a_delimited_cell_is_matched_longest_label_first(make):
    table = 'person,help\np1,"Legal aid, court support, Shelter"\np2,Legal aid\np3,\np4,Shelter\n'
    levels = ["Legal aid", "Legal aid, court support", "Shelter"]
    data = load_survey(
        make(
            table,
            columns={"respondent_id": "person"},
            sectors=None,
            characteristics=None,
            scales={"help": {"levels": levels}},
            items={"help": {"kind": "multiple", "columns": ["help"], "separator": ",", "scale": "help"}},
        )
    )
    assert data.answers.iloc[:, 1:].sum().tolist() == [1, 1, 2]
    assert data.items["text"].tolist() == levels


def test_the_second_read_comes_from_the_cache_and_is_the_same(make):
    study = make()
    first, second = load_survey(study), load_survey(study)
    pd.testing.assert_frame_equal(first.answers, second.answers)
    pd.testing.assert_frame_equal(first.status, second.status)
    pd.testing.assert_frame_equal(first.items, second.items)
    assert first.report == second.report


def test_a_proposed_section_loads_without_a_change(make, tmp_path):
    make()
    path: Path = tmp_path / "data" / "trial" / "survey.csv"
    section = propose_survey(path)
    assert section["scales"]["frequency3"]["levels"] == ["Never", "Sometimes", "Often"]
    assert section["items"]["svc"] == {"kind": "multiple", "columns": ["svc_*"]}
    study = make(**{**dict.fromkeys(SPEC), **section})
    assert len(load_survey(study).answers) == 4


def test_groups_that_differ_by_blanks_or_case_are_one_group_and_reported(make):
    table = TABLE.replace("Clinic,KS", "clinic ,KS").replace("Shelter,MO", "Shelter,mo")
    data = load_survey(make(table, states={"KS": "Kansas", "MO": "Missouri"}))
    assert data.answers["sector"].tolist()[1] == "medical"
    assert data.answers["state"].tolist() == ["Kansas", "Kansas", "Missouri", "Missouri"]
    assert any("'clinic '" in line and "row 3" in line for line in data.report.warnings)
    assert load_survey(make(table)).answers["state"].tolist()[3] == "MO"


@pytest.mark.parametrize("kind", ["single", "scale", "number", "open", "multiple"])
def test_an_item_that_nobody_answered_stays_with_its_levels(make, kind):
    table = "id,q_1,other\na,,x\nb,,y\n"
    entry = {"kind": kind, "columns": ["q_1"]} | ({"scale": "freq"} if kind == "scale" else {})
    data = load_survey(make(table, columns={}, sectors=None, characteristics=None, items={"q": entry}))
    assert data.answers["q_1"].isna().all()
    assert set(data.status["q_1"]) == {"not_answered"}
    if kind == "scale":
        assert len(data.answers["q_1"].cat.categories) == 4


def test_a_column_that_identifies_a_person_is_never_an_item(make):
    table = TABLE.replace("age,note", "IPAddress,note")
    changes = {"characteristics": None, "items": {"x": {"kind": "open", "columns": ["IPAddress"]}}, "scales": None}
    assert "identifies a person" in failure(make(table, **changes))


def test_a_column_that_only_sounds_personal_is_kept_when_the_study_names_it(make):
    table = TABLE.replace("age,note", "addressing_age,note")
    items = {"x": {"kind": "number", "columns": ["addressing_age"]}}
    data = load_survey(make(table, characteristics=None, items=items, scales=None))
    assert data.answers["addressing_age"].tolist()[:3] == [44, 51, 38]


def test_respondents_without_an_id_column_get_ids_from_their_answers(make):
    first = load_survey(make(columns={"sector": "field"})).answers
    shuffled = "\n".join([TABLE.splitlines()[0], *reversed(TABLE.splitlines()[1:])]) + "\n"
    second = load_survey(make(shuffled, columns={"sector": "field"})).answers
    assert first["respondent_id"].is_unique
    assert sorted(first["respondent_id"]) == sorted(second["respondent_id"])


def test_an_unknown_option_is_refused(make):
    assert "use mask_text" in failure(make(options={"mask": True}))


def test_a_folder_with_one_export_and_its_codebook_is_proposed_together(make, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "answers.csv").write_text("id,q\na,1\nb,2\nc,2\n", encoding="utf-8")
    (folder / "codebook.csv").write_text("name,label,values\nq,How?,1 = Never; 2 = Often\n", encoding="utf-8")
    section = propose_survey(folder)
    assert section["files"] == ["export/answers.csv"]
    assert section["codebook"] == "export/codebook.csv"
    assert section["scales"]["frequency2"]["levels"] == ["Never", "Often"]
    (folder / "more.csv").write_text("id,q\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"answers\.csv, more\.csv"):
        propose_survey(folder)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"levels": ["Never", "Often", "Never"]}, "'Never' stands there twice"),
        ({"levels": ["Never", "Often"], "dont_know": ["Often"]}, "'Often' stands there twice"),
        ({"levels": ["Never", "Often"], "neutral": "Oftn"}, "did you mean 'Often'?"),
        ({"levels": ["Never", "Often"], "codes": {"1": "Nevr"}}, "did you mean 'Never'?"),
    ],
)
def test_a_scale_that_contradicts_itself_is_refused(make, change, expected):
    assert expected in failure(make(scales={"freq": change}))


def test_an_item_may_not_take_the_name_of_a_mapped_column(make):
    table = TABLE.replace("often_1", "sector")
    items = {"x": {"kind": "single", "columns": ["sector"]}}
    assert "name of a mapped column" in failure(make(table, items=items, scales=None))


def test_decimal_commas_are_read_and_thousands_are_not_guessed(make):
    table = 'id;hours\na;37,5\nb;40\nc;"1,250"\n'
    changes = {"columns": {}, "sectors": None, "characteristics": None, "scales": None}
    changes["items"] = {"x": {"kind": "number", "columns": ["hours"]}}
    data = load_survey(make(table, **changes))
    assert data.answers["hours"].tolist() == [37.5, 40, 1.25]
    assert "'1,250' is not a number" in failure(make(table.replace("37,5", "37"), **changes))


def test_options_with_the_same_slug_stay_two_options(make):
    table = "person,help\np1,A+\np2,A-\np3,A+;A-\n"
    changes = {"columns": {}, "sectors": None, "characteristics": None, "scales": {"h": {"levels": ["A+", "A-"]}}}
    changes["items"] = {"help": {"kind": "multiple", "columns": ["help"], "separator": ";", "scale": "h"}}
    data = load_survey(make(table, **changes))
    assert data.items["item_id"].tolist() == ["help__a", "help__a_2"]
    assert data.answers.iloc[:, 1:].sum().tolist() == [2, 2]


def test_levels_that_differ_only_in_case_stay_two_levels(make):
    table = TABLE.replace("Never", "a").replace("Often", "A").replace("Sometimes", "a").replace("sometimes ", "A")
    data = load_survey(make(table, scales={"freq": {"levels": ["a", "A"], "dont_know": ["Don't know"]}}))
    assert data.answers["often_1"].tolist() == ["a", "A", "A", "A"]


def test_a_study_without_a_survey_says_so(make):
    study = make()
    object.__setattr__(study, "survey", None)
    with pytest.raises(NotCollected, match="no provider survey"):
        load_survey(study)
