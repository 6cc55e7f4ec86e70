"""Wrong survey files through the command itself: each has its message or its stated behavior, none a traceback."""

from __future__ import annotations

import io

import pytest
import yaml
from support import shared_data

from continuum.cli import main

HEADER = "person,field,where,w,often_1,often_2,svc_1,svc_2,age,note"
ROWS = [
    f"p{i:02d},{('Police', 'Clinic', 'Shelter')[i % 3]},{'KS' if i % 2 else 'MO'},{1 + i % 3},"
    f"{('Never', 'Sometimes', 'Often')[i % 3]},{('Often', 'Never')[i % 2]},{i % 2 or ''},1,{30 + i},fine"
    for i in range(30)
]
SURVEY = {
    "files": ["survey.csv"],
    "columns": {"respondent_id": "person", "sector": "field", "state": "where", "weight": "w"},
    "sectors": {"Police": "legal", "Clinic": "medical", "Shelter": "non-profit"},
    "scales": {"freq": {"levels": ["Never", "Rarely", "Sometimes", "Often"], "dont_know": ["Don't know"]}},
    "items": {
        "often": {"kind": "scale", "columns": ["often_*"], "scale": "freq"},
        "services": {"kind": "multiple", "columns": ["svc_*"]},
        "age": {"kind": "number", "columns": ["age"]},
        "notes": {"kind": "open", "columns": ["note"]},
    },
}


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """A function that writes a study, runs ``compendium check`` on it, and gives exit code and everything printed."""
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))

    def run(*changes: tuple[str, str], raw: bytes | None = None, name: str = "survey.csv", **settings):
        table = "\n".join([HEADER, *ROWS]) + "\n"
        for old, new in changes:
            assert old in table
            table = table.replace(old, new)
        folder = tmp_path / "data" / "trial"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(table.encode() if raw is None else raw)
        section = {**SURVEY, "files": [name], **settings}
        content = {"study": "trial", "title": "A trial", "synthetic": False, "survey": section}
        (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        code = main(["check", "trial"])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert "should not happen" not in printed.err
        return code, " ".join((printed.out + printed.err).split())

    return run


def test_a_sound_file_passes_without_a_warning(check):
    code, said = check()
    assert code == 0
    assert "warning" not in said
    assert "30 responses, 30 respondents" in said


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("often_1,often_2", "often_1,often_1")], "row 1, columns 5, 6: the column name 'often_1' stands 2 times"),
        ([("p04,Clinic,MO,2,Sometimes", "p04,Clinic,MO,2,Sometime")],
         "row 6, column often_1: 'Sometime' is not a level of scale freq (did you mean 'Sometimes'?)"),
        ([("p04,Clinic,MO,2,", "p04,Clinic,MO,-2,")], "row 6, column w: 1 values of weight are zero or negative"),
        ([("p04,Clinic,MO,2,", "p04,Clinic,MO,0,")], "row 6, column w: 1 values of weight are zero or negative"),
        ([("p04,Clinic,MO,2,", "p04,Clinic,MO,,")], "row 6, column w: 1 values of weight are missing"),
        ([("p04,Clinic", "p04,Klinic")], "row 6, column field"),
        ([(",34,fine", ",thirty-four,fine")], "row 6, column age: 'thirty-four' is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_with_file_row_column_and_fix(check, changes, expected):
    code, said = check(*changes)
    assert code == 2
    assert "data/trial/survey.csv: " in said
    assert expected in said
    assert "Fix: " in said


def test_mixed_encodings_are_refused_with_the_line_where_they_meet(check):
    table = "\n".join([HEADER, *ROWS]) + "\n"
    raw = table.replace("fine", "café", 1).encode() + "p99,Clinic,KS,1,Never,Never,1,1,40,caf\xe9\n".encode("latin-1")
    code, said = check(raw=raw)
    assert code == 2
    assert "line 32: mixes encodings" in said


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("p04,Clinic,MO,2,Sometimes", "p04,Clinic,MO,2, sometimes ")], "read as that level"),
        ([("Clinic,MO,2,Sometimes,Often", "Clinic,MO,2,SOMETIMES,Often")], "read as that level"),
        ([("Often", ""), ("Never", ""), ("Sometimes", "")],
         "nobody answered often_1, often_2: shown without estimates"),
        ([("p00,Police", "p00,Court")],
         "sector: fewer than 5 respondents in court: left out of tests, and hidden where the disclosure rule says so"),
        ([(",34,fine", ",340,fine")], "column age: 1 numbers are no likely age (15 to 99 years) (row 6); kept"),
    ],
)  # fmt: skip
def test_what_is_odd_is_read_as_it_stands_and_said(check, changes, expected):
    code, said = check(*changes, sectors={**SURVEY["sectors"], "Court": "court"})
    assert code == 0
    assert "warning: " in said
    assert expected in said


def test_numbers_outside_a_declared_range_are_kept_and_said(check):
    items = {**SURVEY["items"], "age": {"kind": "number", "columns": ["age"], "range": [35, 50]}}
    code, said = check(items=items)
    assert code == 0
    assert "column age: 14 numbers are outside the declared range 35 to 50 (rows 2, 3, 4" in said


def test_numbers_far_from_all_others_are_kept_and_said(check):
    items = {**SURVEY["items"], "years": {"kind": "number", "columns": ["years"]}}
    del items["age"]
    code, said = check((",age,", ",years,"), (",34,fine", ",3400,fine"), items=items)
    assert code == 0
    assert "column years: 1 numbers are far from all others (row 6); kept" in said


def test_an_old_excel_file_is_refused_with_what_to_do(check):
    code, said = check(raw=bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), name="survey.xls")
    assert code == 2
    assert "an old Excel" in said
    assert "Fix: save it as .xlsx" in said


def test_a_table_called_xls_that_is_a_workbook_is_read(check):
    from openpyxl import Workbook

    book = Workbook()
    for line in [HEADER, *ROWS]:
        book.active.append([int(c) if c.isdigit() else c for c in line.split(",")])
    content = io.BytesIO()
    book.save(content)
    code, said = check(raw=content.getvalue(), name="survey.xls")
    assert code == 0
    assert "30 responses" in said


@pytest.mark.shared
def test_the_mock_ages_of_the_spss_file_are_kept_and_said(tmp_path, monkeypatch, capsys):
    export = shared_data("survey/osm_obp/obp_mock_data.sav")
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))
    (tmp_path / "data").mkdir()
    assert main(["new", "obp", "--survey", str(export)]) == 0
    capsys.readouterr()
    assert main(["check", "obp"]) == 0
    assert "no likely age" in capsys.readouterr().out


def test_the_template_names_the_settings_only_the_team_can_decide_on(tmp_path, monkeypatch, capsys):
    export = tmp_path / "export.csv"
    export.write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))
    (tmp_path / "data").mkdir()
    assert main(["new", "mine", "--survey", str(export)]) == 0
    written = (tmp_path / "data" / "mine" / "study.yaml").read_text(encoding="utf-8")
    for setting in ("families:", "similarity:", "predictors:", "raking:", "open_codes:", "answer_vectors:"):
        assert f"  # {setting}" in written
    assert main(["check", "mine"]) == 0
