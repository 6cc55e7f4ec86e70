"""XLSForm, Kobo and ODK exports, Excel, plain CSV with a codebook, SPSS ranges, Stata and SAS."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from support import shared_data

from continuum.errors import BadInput, CompendiumError
from continuum.ingest.plain_survey import value_labels
from continuum.ingest.survey import read_survey
from continuum.ingest.xlsform import asked_if, read_xlsform

SURVEY = [
    ["type", "name", "label::English (en)", "relevant"],
    ["begin_group", "about", "", ""],
    ["select_one sector", "sector", "Your sector", ""],
    ["integer", "years", "Years in this work", ""],
    ["end_group", "", "", ""],
    ["select_one often", "seen", "Have you seen signs?", ""],
    ["select_multiple sign", "signs", "Which signs?", "${seen} != 'never'"],
    ["text", "note_text", "Anything else?", "${sector} = 'legal' or ${sector} = 'med'"],
    ["geopoint", "spot", "Where?", ""],
    ["note", "thanks", "Thank you", ""],
]
CHOICES = [
    ["list_name", "name", "label::English (en)"],
    ["sector", "legal", "Legal"],
    ["sector", "med", "Medical"],
    ["sector", "social", "Social service"],
    ["often", "never", "Never"],
    ["often", "some", "Sometimes"],
    ["often", "always", "Always"],
    ["often", "dk", "Don't know"],
    ["sign", "debt ", "Debt\xa0bondage"],
    ["sign", "docs", "No documents"],
]
KOBO = """start,about/sector,about/years,seen,signs,signs/debt,signs/docs,note_text,_spot_latitude,_uuid
2024-01-01T09:00,legal,3,always,debt docs,1,1,yes,39.1,u1
2024-01-01T09:10,med,12,never,,,,,39.2,u2
2024-01-01T09:20,social,7,dk,docs,0,1,,39.3,u3
"""


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def failure(function, *arguments, **options) -> str:
    with pytest.raises(CompendiumError) as caught:
        function(*arguments, **options)
    assert "Fix: " in str(caught.value)
    return str(caught.value)


@pytest.fixture
def kobo(tmp_path):
    """A Kobo export read with its form."""
    (tmp_path / "data.csv").write_text(KOBO, encoding="utf-8")
    form = workbook(tmp_path / "form.xlsx", survey=SURVEY, choices=CHOICES)
    return read_survey(tmp_path / "data.csv", codebook=form)


@pytest.mark.shared
def test_the_htcds_form_has_34_questions_and_331_choices_in_11_lists():
    form = read_xlsform(shared_data("survey/htcds/htcds_xlsform.xlsx"))
    assert Counter(field.type for field in form.fields.values()) == {
        "text": 18, "select_one": 6, "select_multiple": 5, "date": 2, "start": 1, "end": 1, "calculate": 1,
    }  # fmt: skip
    lists = {id(field): field.choices for field in form.fields.values() if field.choices}
    assert len(lists) == 11
    assert sum(map(len, lists.values())) == 331
    assert any("'DebtBondage'" in line for line in form.warnings)


@pytest.mark.shared
def test_answers_to_the_htcds_form_lose_every_personal_field(tmp_path):
    form = read_xlsform(shared_data("survey/htcds/htcds_xlsform.xlsx"))
    values = {"select_one": lambda f: next(iter(f.choices)), "select_multiple": lambda f: " ".join(list(f.choices)[:2])}
    row = {name: values.get(f.type, lambda f: f"made-up {f.name}")(f) for name, f in form.fields.items()}
    (tmp_path / "d.csv").write_text(f"{','.join(row)},_uuid\n{','.join(row.values())},u1\n", encoding="utf-8")
    data = read_survey(tmp_path / "d.csv", codebook=shared_data("survey/htcds/htcds_xlsform.xlsx"))
    text = data.answers.to_csv()
    for name in ("First_Name", "Second_Name", "Birthdate", "Email", "HomePhone", "MobilePhone", "MailingStreet"):
        assert f"made-up prs_{name}" not in text
    options = data.items[data.items["set_id"] == "vic_Methods_of_Control"]
    assert len(options) == 16
    assert data.answers[options["item_id"]].sum(axis=1).tolist() == [2]


def test_kobo_answers_are_typed_by_their_form(kobo):
    assert dict(zip(kobo.items["item_id"], kobo.items["kind"], strict=True)) == {
        "about/sector": "single", "about/years": "number", "seen": "scale",
        "signs/debt": "multiple", "signs/docs": "multiple", "note_text": "open",
    }  # fmt: skip
    assert kobo.answers["about/sector"].tolist() == ["Legal", "Medical", "Social service"]
    assert kobo.items["text"].tolist()[3] == "Debt bondage"
    assert kobo.status["seen"].tolist() == ["answered", "answered", "dont_know"]


def test_relevant_gives_the_base(kobo):
    assert kobo.status["signs/docs"].tolist() == ["answered", "not_asked", "answered"]
    assert kobo.status["note_text"].tolist() == ["answered", "not_answered", "not_asked"]


def test_coordinates_and_submission_ids_do_not_survive(kobo):
    assert not any(value in kobo.answers.to_csv() for value in ("39.1", "u1", "u2"))
    assert kobo.answers["respondent_id"].is_unique


def test_joined_answers_are_split_into_options_without_the_option_columns(tmp_path):
    lines = [line.split(",") for line in KOBO.splitlines()]
    (tmp_path / "d.csv").write_text("\n".join(",".join(c[:5] + c[7:]) for c in lines), encoding="utf-8")
    form = workbook(tmp_path / "form.xlsx", survey=SURVEY, choices=CHOICES)
    data = read_survey(tmp_path / "d.csv", codebook=form)
    options = data.items[data.items["kind"] == "multiple"]
    assert options["text"].tolist() == ["Debt bondage", "No documents"]
    assert data.answers[options["item_id"]].sum().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["select_one nolist", "x", "X", ""], "row 11: there is no choice list 'nolist'"),
        (["text", "years", "Again", ""], "row 11: the name 'years' is used twice"),
        (["begin_repeat", "loop", "", ""], "row 11: the repeat 'loop' is not closed"),
        (["end_group", "", "", ""], "row 11: ends a group that is not open"),
        (["text", "", "No name", ""], "row 11: a question has no name"),
    ],
)
def test_a_broken_form_is_refused_with_sheet_and_row(tmp_path, row, expected):
    form = workbook(tmp_path / "form.xlsx", survey=[*SURVEY, row], choices=CHOICES)
    assert f"sheet survey, {expected}" in failure(read_xlsform, form)


def test_a_form_without_its_sheets_or_columns_is_refused(tmp_path):
    assert "no sheet 'choices'" in failure(read_xlsform, workbook(tmp_path / "a.xlsx", survey=SURVEY))
    bad = workbook(tmp_path / "b.xlsx", survey=[["kind", "name"]], choices=CHOICES)
    assert "no column type" in failure(read_xlsform, bad)


def test_a_form_in_place_of_answers_is_refused(tmp_path):
    form = workbook(tmp_path / "form.xlsx", survey=SURVEY, choices=CHOICES)
    assert "not the answers" in failure(read_survey, form)


@pytest.mark.parametrize("mark", ["___", "/"])
def test_columns_of_zero_and_one_named_by_option_are_one_question(tmp_path, mark):
    header = f"id,help{mark}food,help{mark}legal,help{mark}none_of_these"
    (tmp_path / "d.csv").write_text(f"{header}\na,1,0,0\nb,1,1,0\nc,0,0,1\nd,0,0,0\n", encoding="utf-8")
    data = read_survey(tmp_path / "d.csv")
    assert data.items["kind"].tolist() == ["multiple"] * 3
    assert data.items["set_id"].unique().tolist() == ["help"]
    assert data.answers.iloc[:, 1:].sum().tolist() == [2, 1, 1]
    assert data.answers.iloc[:, 1].notna().sum() == 3


def test_conditions_that_cannot_be_read_are_left_alone(tmp_path):
    form = read_xlsform(workbook(tmp_path / "form.xlsx", survey=SURVEY, choices=CHOICES))
    columns = {"sector": "about/sector", "seen": "seen"}
    assert asked_if("${years} > 3", form, columns) == {}
    assert asked_if("selected(${sector}, 'med') and ${seen} = 'some'", form, columns) == {
        "about/sector": ["Medical"], "seen": ["Sometimes"],
    }  # fmt: skip


def test_a_workbook_gives_the_same_as_the_csv_of_its_sheet(tmp_path):
    rows = [["id", "sector", "years", "day"], ["a", "legal", 3, dt.date(2024, 5, 1)], ["b", "legal", 4.5, None]]
    book = workbook(tmp_path / "s.xlsx", readme=[["about"], ["notes"]], answers=rows)
    (tmp_path / "s.csv").write_text(
        "id,sector,years,day\na,legal,3,2024-05-01 00:00:00\nb,legal,4.5,\n", encoding="utf-8"
    )
    left, right = read_survey(book, sheet="answers"), read_survey(tmp_path / "s.csv")
    pd.testing.assert_frame_equal(left.answers, right.answers)
    assert "its sheets are: readme, answers" in failure(read_survey, book, sheet="answer")


@pytest.mark.parametrize(("content", "expected"), [(b"PK\x03\x04 cut", "cut short"), (b"a,b\n", "expected an Excel")])
def test_a_damaged_workbook_is_refused(tmp_path, content, expected):
    (tmp_path / "s.xlsx").write_bytes(content)
    assert expected in failure(read_survey, tmp_path / "s.xlsx")


@pytest.mark.shared
def test_the_codebook_of_the_obp_survey_is_split_at_its_numbers_not_at_commas():
    table = pd.read_csv(shared_data("survey/osm_obp/obp_codebook.csv"))
    labels = table["value_labels"].dropna().map(value_labels)
    counts = table["value_labels"].dropna().str.count(r"(?:^|,)\s*\d+\. ")
    assert labels.map(len).tolist() == counts.tolist()
    naive = table["value_labels"].dropna().str.split(",").map(len)
    assert (labels.map(len) < naive).sum() == 9
    assert labels.iloc[0]["3"] == "Faculty of Law, Economics and Governance"
    assert len(labels.iloc[0]) == 13


@pytest.mark.shared
def test_the_csv_with_its_codebook_reads_like_the_spss_file():
    folder = shared_data("survey/osm_obp")
    plain = read_survey(folder / "obp_mock_data.csv", codebook=folder / "obp_codebook.csv", na_values=["NA"])
    labelled = read_survey(folder / "obp_mock_data.sav")
    items = plain.items.set_index("item_id")
    assert items.loc["Prac_Att_1", "dont_know"] == ["I don't know"]
    assert len(items.loc["Prac_Att_1", "levels"]) == 5
    both = [i for i in labelled.items["item_id"] if i.startswith(("Prac_Att", "OppMat", "BarMat", "Prac_Beh"))]
    for item in both:
        assert plain.answers[item].cat.codes.tolist() == labelled.answers[item].cat.codes.tolist()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1. A,2. B, or C", {"1": "A", "2": "B, or C"}),
        ("1 = Never; 2 = Often", {"1": "Never", "2": "Often"}),
        ("-9: missing|0: no|1: yes", {"-9": "missing", "0": "no", "1": "yes"}),
        ("Never|Often", {"Never": "Never", "Often": "Often"}),
        ("free text", {}),
    ],
)
def test_value_labels_of_a_codebook_cell(cell, expected):
    assert value_labels(cell) == expected


def test_a_codebook_of_another_survey_is_refused(tmp_path):
    (tmp_path / "d.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("name,label\nx,X\n", encoding="utf-8")
    assert "none of the survey's columns" in failure(read_survey, tmp_path / "d.csv", codebook=tmp_path / "c.csv")
    (tmp_path / "c.csv").write_text("first,second\nx,X\n", encoding="utf-8")
    assert "no column names the variables" in failure(read_survey, tmp_path / "d.csv", codebook=tmp_path / "c.csv")


def test_declared_missing_ranges_of_spss_are_neither_levels_nor_blank_cells(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 2.0, 3.0, 98.0, 99.0, np.nan], "n": [5.0, 7.5, -1.0, 3.0, 4.0, 6.0]})
    labels = {"q": {1: "Never", 2: "Sometimes", 3: "Always", 98: "Don't know", 99: "No\r\nanswer"}}
    pyreadstat.write_sav(
        frame, str(tmp_path / "s.sav"), variable_value_labels=labels,
        missing_ranges={"q": [{"lo": 98, "hi": 99}], "n": [-1]},
        column_labels={"q": "How often\r\ndo you " + "x" * 300, "n": "Number"},
    )  # fmt: skip
    data = read_survey(tmp_path / "s.sav")
    assert data.answers["q"].tolist()[:3] == ["Never", "Sometimes", "Always"]
    assert data.items.set_index("item_id").loc["q", "levels"] == ["Never", "Sometimes", "Always"]
    assert data.status["q"].tolist()[3:] == ["dont_know", "not_answered", "not_answered"]
    assert data.answers["n"].isna().tolist() == [False, False, True, False, False, False]


def test_stata_and_sas_files_are_read_with_their_labels(tmp_path):
    frame = pd.DataFrame({"often": [1, 2, 3, 2], "city": ["A", "B", "B", "A"]})
    labels = {"often": {1: "Never", 2: "Sometimes", 3: "Always"}}
    pyreadstat.write_dta(
        frame, str(tmp_path / "s.dta"), variable_value_labels=labels, column_labels=["How often?", "City"]
    )
    pyreadstat.write_xport(frame, str(tmp_path / "s.xpt"), file_format_version=8, column_labels=["How often?", "City"])
    stata, sas = read_survey(tmp_path / "s.dta"), read_survey(tmp_path / "s.xpt")
    assert stata.answers["often"].tolist() == ["Never", "Sometimes", "Always", "Sometimes"]
    assert stata.items["text"].tolist() == sas.items["text"].tolist() == ["How often?", "City"]
    assert sas.answers["often"].tolist() == ["1", "2", "3", "2"]


def test_a_multiple_response_set_declared_by_spss_is_one_question(tmp_path, monkeypatch):
    frame = pd.DataFrame({"shelter": [1.0, 0, 0], "legal": [1.0, 1, 0], "age": [40.0, 50, 60]})
    pyreadstat.write_sav(frame, str(tmp_path / "s.sav"), variable_value_labels={"shelter": {1: "Yes", 0: "No"}})
    read = pyreadstat.read_sav

    def with_set(path, **options):
        table, meta = read(path, **options)
        meta.mr_sets = {
            "$help": {
                "type": "D", "is_dichotomy": True, "counted_value": 1, "label": "Which help?",
                "variable_list": ["shelter", "legal"],
            }
        }  # fmt: skip
        return table, meta

    monkeypatch.setattr(pyreadstat, "read_sav", with_set)
    data = read_survey(tmp_path / "s.sav")
    assert data.items["kind"].tolist()[:2] == ["multiple", "multiple"]
    assert data.items["set_id"].tolist()[:2] == ["help", "help"]
    assert data.answers["shelter"].tolist() == [True, False, pd.NA]


def test_a_labelled_file_is_known_by_its_first_bytes(tmp_path):
    pyreadstat.write_sav(pd.DataFrame({"a": [1.0, 2.0]}), str(tmp_path / "s.sav"))
    (tmp_path / "export.dat").write_bytes((tmp_path / "s.sav").read_bytes())
    assert len(read_survey(tmp_path / "export.dat").answers) == 2
    (tmp_path / "d.csv").write_text("a\n1\n", encoding="utf-8")
    assert "expected a file of SPSS, Stata or SAS" in failure(read_survey, tmp_path / "d.csv", fmt="spss")


def test_missing_codes_of_stata_keep_their_meaning(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 2.0, "a", "b", None]})
    labels = {"q": {1: "Never", 2: "Always", "a": "Don't know", "b": "Lost"}}
    pyreadstat.write_dta(
        frame, str(tmp_path / "s.dta"), variable_value_labels=labels, missing_user_values={"q": ["a", "b"]}
    )
    data = read_survey(tmp_path / "s.dta")
    assert data.items["levels"].tolist() == [["Never", "Always"]]
    assert data.status["q"].tolist() == ["answered", "answered", "dont_know", "not_answered", "not_answered"]


def test_the_turns_of_a_repeat_are_counted_by_turn(tmp_path):
    rows = "kind,need,_parent_index,_submission__uuid\nshelter,met,1,u1\nlegal,not met,1,u1\nshelter,not met,2,u2\n"
    (tmp_path / "turns.csv").write_text(rows, encoding="utf-8")
    data = read_survey(tmp_path / "turns.csv")
    assert len(data.answers) == 2
    assert data.loops is not None
    assert data.loops.answers["kind"].tolist() == ["shelter", "legal", "shelter"]


def test_two_codes_with_one_label_are_one_level(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 2.0, 3.0]})
    pyreadstat.write_sav(
        frame, str(tmp_path / "s.sav"), variable_value_labels={"q": {1: "Yes", 2: "Other", 3: "Other"}}
    )
    data = read_survey(tmp_path / "s.sav")
    assert data.answers["q"].tolist() == ["Yes", "Other", "Other"]
    assert data.items["levels"].tolist() == [["Yes", "Other"]]


def test_dates_of_spss_are_dates(tmp_path):
    pyreadstat.write_sav(pd.DataFrame({"day": [dt.date(2024, 3, 31), None]}), str(tmp_path / "s.sav"))
    data = read_survey(tmp_path / "s.sav")
    assert "2024-03-31" in data.answers.to_csv()


def test_a_file_without_cases_is_refused(tmp_path):
    pyreadstat.write_sav(pd.DataFrame({"a": pd.Series([], dtype=float)}), str(tmp_path / "s.sav"))
    with pytest.raises(BadInput, match="no cases"):
        read_survey(tmp_path / "s.sav")
