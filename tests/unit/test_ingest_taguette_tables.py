"""Taguette's exported tables: one row per tag, tags with dots as levels, no coder."""

from __future__ import annotations

import openpyxl
import pytest

from continuum.errors import CompendiumError
from continuum.ingest import read_interviews
from continuum.ingest.options import ReadOptions

ROWS = [
    ["id", "document", "tag", "content"],
    ["1", "Interview 1", "Barriers.Cost, time", 'They said "too late"'],
    ["1", "Interview 1", "Trust", 'They said "too late"'],
    ["2", "Interview 2", "Trust", "=1+1"],
    ["3", "Interview 2", "Odd..name", "Yes"],
]


def write(path, rows=ROWS):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for cell in book.active[4]:
            cell.data_type = "s"  # a text that begins with "=" is no formula
        book.save(path)
    else:
        quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
        path.write_text("\r\n".join(quoted) + "\r\n", newline="")
    return path


@pytest.mark.parametrize("name", ["highlights.csv", "highlights.xlsx"])
def test_highlights_become_codings_and_dots_levels(tmp_path, name):
    data = read_interviews(write(tmp_path / name))
    assert data.report.format == "Taguette highlights"
    assert data.report.read == {"interviews": 2, "codes": 4, "codings": 4, "coders": 0}
    assert data.codings["text"].tolist().count("=1+1") == 1
    assert data.codings["segment_id"].nunique() == 3
    assert data.codings["start"].isna().all()
    tree = data.codebook.set_index("name")
    assert tree.loc["Cost, time", "parent_id"] == "barriers"
    assert not tree.loc["Barriers", "is_codable"]
    assert "Odd..name" in tree.index


def test_what_the_table_cannot_say_is_in_the_report(tmp_path):
    report = read_interviews(write(tmp_path / "h.csv")).report
    assert report.guesses["highlights"] == "3 in 4 rows (one row per tag)"
    warnings = " ".join(report.warnings)
    assert "highlights without a tag" in warnings
    assert "do not say who coded" in warnings
    assert "levels without a tag of their own, added as folders (1: Barriers)" in warnings
    assert "tags whose dots make no levels, kept as plain names (1: Odd..name)" in warnings


def test_the_coder_can_be_given(tmp_path):
    data = read_interviews(write(tmp_path / "h.csv"), options=ReadOptions(coders={"h.csv": "A"}))
    assert data.codings["coder_id"].unique().tolist() == ["A"]


def test_a_codebook_adds_definitions_and_must_hold_every_tag(tmp_path):
    path, codebook = write(tmp_path / "h.csv"), tmp_path / "codebook.csv"
    codebook.write_text("tag,description,number of highlights\nTrust,Being believed,2\nBarriers,What stops people,0\n")
    with pytest.raises(CompendiumError) as error:
        read_interviews(path, options=ReadOptions(codebook=codebook))
    assert "h.csv: row 2, column tag: the tag 'Barriers.Cost, time' is not in the codebook" in str(error.value)
    codebook.write_text(codebook.read_text() + '"Barriers.Cost, time",,1\nOdd..name,,1\n')
    data = read_interviews(path, options=ReadOptions(codebook=codebook))
    assert data.codebook.set_index("name")["definition"].to_dict() == {
        "Trust": "Being believed", "Barriers": "What stops people", "Cost, time": "", "Odd..name": "",
    }  # fmt: skip
    assert data.codebook["is_codable"].all()


def test_empty_cells_name_row_and_column(tmp_path):
    rows = [*ROWS, ["4", "", "Trust", "x"], ["5", "Interview 1", " ", "x"]]
    with pytest.raises(CompendiumError) as error:
        read_interviews(write(tmp_path / "h.csv", rows))
    assert "row 6, column document: the cell is empty" in str(error.value)
    assert "row 7, column tag: the cell is empty" in str(error.value)
