"""A damaged or wrong survey export gives one message with file, place and fix, and no table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from continuum.errors import BadInput, CompendiumError
from continuum.ingest.survey import read_survey

HEADER = ["StartDate", "Status", "Finished", "ResponseId", "Q1", "Q2_1", "Q2_2"]
LABELS = ["Start Date", "Response Type", "Finished", "Response ID", "How often?", "Which? - A", "Which? - B"]
IDS = ["startDate", "status", "finished", "_recordId", "QID1", "QID2_1", "QID2_2"]
ROWS = [
    ["2024-01-01 09:00:00", "0", "1", "R_1", "Never", "A", ""],
    ["2024-01-02 09:00:00", "0", "1", "R_2", "Often", "", "B"],
    ["2024-01-03 09:00:00", "0", "1", "R_3", "Often", "", ""],
]


def modern(rows=ROWS, *, ids=True) -> str:
    lines = [HEADER, LABELS, *([['{""ImportId"":""' + name + '""}' for name in IDS]] if ids else []), *rows]
    return "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines)


def write(folder: Path, content: str | bytes, name: str = "survey.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def message(path: Path, **options) -> str:
    with pytest.raises(CompendiumError) as caught:
        read_survey(path, **options)
    text = str(caught.value)
    assert path.name in text
    assert "Fix: " in text
    return text


def test_the_undamaged_file_reads(tmp_path):
    data = read_survey(write(tmp_path, modern()))
    assert data.items["kind"].tolist() == ["scale", "multiple", "multiple"]
    assert data.answers["Q2_1"].tolist() == [True, False, pd.NA]


def test_empty_file(tmp_path):
    assert "empty" in message(write(tmp_path, b""))


@pytest.mark.parametrize("name", ["survey.sav", "survey.zsav"])
def test_a_text_file_called_sav(tmp_path, name):
    assert "expected an SPSS file, but this is a text file" in message(write(tmp_path, modern(), name))


@pytest.mark.parametrize("name", ["survey.dta", "survey.sas7bdat", "survey.xpt", "survey.por"])
def test_a_text_file_called_like_a_statistics_format(tmp_path, name):
    assert "not a readable" in message(write(tmp_path, modern(), name))


def test_a_truncated_sav(tmp_path):
    import pyreadstat

    whole = tmp_path / "whole.sav"
    pyreadstat.write_sav(pd.DataFrame({"a": range(2000), "b": ["text"] * 2000}), str(whole))
    content = whole.read_bytes()
    assert "cut short" in message(write(tmp_path, content[: len(content) // 2], "half.sav"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK\x03\x04rubbish", "damaged"),
        (b"%PDF-1.4 rubbish", "this is a PDF"),
        (b"<html></html>", "this is a web page"),
    ],
)
def test_another_type_with_the_right_ending(tmp_path, content, expected):
    assert expected in message(write(tmp_path, content))


def test_a_file_cut_inside_a_quoted_cell_names_the_row_where_the_quote_began(tmp_path):
    assert "row 6" in message(write(tmp_path, modern()[:-10] + '"open'))


@pytest.mark.parametrize(("row", "cells"), [(["R", "0"], 2), ([*ROWS[0], "extra", "extra"], 9)])
def test_too_few_or_too_many_cells_are_named_with_their_row(tmp_path, row, cells):
    text = message(write(tmp_path, modern([*ROWS, row])))
    assert f"row 7: has {cells} cells, the header has 7" in text


@pytest.mark.parametrize("record", [HEADER, LABELS])
def test_a_header_row_among_the_data(tmp_path, record):
    text = message(write(tmp_path, modern([ROWS[0], record, ROWS[1]])))
    assert "row 5" in text
    assert "repeats" in text


@pytest.mark.parametrize(("ids", "wrong"), [(True, 3), (False, 1)])
def test_the_wrong_dialect_is_refused(tmp_path, ids, wrong):
    text = message(write(tmp_path, modern(ids=ids)), fmt=f"qualtrics-{wrong}")
    assert f"dialect {wrong}" in text


def test_a_plain_table_is_not_read_as_qualtrics(tmp_path):
    assert "not those of" in message(write(tmp_path, "a,b\n1,2\n"), fmt="qualtrics-1")


def test_an_unknown_format_lists_the_known_ones(tmp_path):
    assert "qualtrics-1" in message(write(tmp_path, modern()), fmt="qualtrix")


def test_a_header_without_responses(tmp_path):
    assert "no response" in message(write(tmp_path, modern([])))


def test_latin_1_is_read_with_a_warning(tmp_path):
    rows = [[*ROWS[0][:4], "Très souvent", "A", ""], *ROWS[1:]]
    data = read_survey(write(tmp_path, modern(rows).encode("latin-1")))
    assert any("cp1252" in line for line in data.report.warnings)
    assert "Très souvent" in data.answers["Q1"].tolist()


def test_mixed_encodings_are_refused_with_a_line_of_each(tmp_path):
    good = modern([[*ROWS[0][:4], "Très souvent", "A", ""]]).encode()
    bad = ",".join([*ROWS[1][:4], "Déjà", "", "B"]).encode("latin-1")
    text = message(write(tmp_path, good + bad + b"\n"))
    assert "mixes encodings" in text
    assert "line 5" in text


def test_utf_16_with_bom_and_any_line_end(tmp_path):
    for newline in ("\n", "\r\n", "\r"):
        data = read_survey(write(tmp_path, modern().replace("\n", newline).encode("utf-16")))
        assert len(data.answers) == 3


def test_a_questionnaire_instead_of_answers(tmp_path):
    text = message(write(tmp_path, '{"SurveyEntry": {}, "SurveyElements": []}', "survey.qsf"))
    assert "codebook:" in text


def test_repeated_columns_of_a_plain_table(tmp_path):
    text = message(write(tmp_path, "age,sector,age\n1,x,2\n"))
    assert "'age' stands 2 times" in text
    assert "columns 1, 3" in text


def test_an_unnamed_column_with_answers(tmp_path):
    assert "no name" in message(write(tmp_path, "age,,state\n1,x,2\n"))


def test_errors_quote_no_cell_of_a_column_that_is_dropped(tmp_path):
    with pytest.raises(BadInput) as caught:
        read_survey(write(tmp_path, "email,age\nme@example.org,1\nyou@example.org,2,3\n"))
    assert "example.org" not in str(caught.value)


def test_spreadsheet_formulas_stay_text(tmp_path):
    data = read_survey(write(tmp_path, "a,note\n1,=1+1\n2,=cmd|' /C calc'!A0\n"))
    assert data.answers["note"].tolist() == ["=1+1", "=cmd|' /C calc'!A0"]


def test_answers_that_look_missing_are_kept(tmp_path):
    data = read_survey(write(tmp_path, "q\n" + "None\nNA\nnull\n-\nNone\nNA\nnull\n-\n"))
    assert sorted(data.answers["q"].dropna().unique()) == ["-", "NA", "None", "null"]
