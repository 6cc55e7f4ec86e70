"""The reader of large files gives what the careful reader gives, or leaves the file to it."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.errors import CompendiumError
from continuum.ingest import cells as cells_module
from continuum.ingest.cells import open_cells
from continuum.ingest.large_csv import large_columns, quotes_are_regular
from continuum.ingest.survey import read_survey

CELL = st.text(alphabet=st.sampled_from('ab ,"\n\r;é\U0001f44d='), max_size=6)


def read(path, monkeypatch, *, large: bool):
    monkeypatch.setattr(cells_module, "_LARGE", 0 if large else 10**12)
    return open_cells(path).cells(1)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_both_readers_give_the_same_cells_and_row_numbers(tmp_path, monkeypatch, newline, bom):
    rows = [
        ["id", "text, long", "n"],
        ["1", 'a "quoted", word', ""],
        ["2", "two\nlines", "5"],
        ["3", "", "5"],
        ["4", "  ", "é"],
    ]
    stream = io.StringIO()
    csv.writer(stream, lineterminator=newline).writerows(rows)
    path = tmp_path / "s.csv"
    path.write_bytes(bom + stream.getvalue().encode())
    slow, fast = read(path, monkeypatch, large=False), read(path, monkeypatch, large=True)
    assert large_columns(path.read_bytes(), ",", 3, skip=1) is not None
    pd.testing.assert_frame_equal(slow[0], fast[0])
    assert slow[1].tolist() == fast[1].tolist() == [2, 3, 4, 5]


@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_what_csv_writes_has_regular_quotes_and_reads_back(rows):
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data = stream.getvalue().encode()
    assert quotes_are_regular(data, ",")
    columns = large_columns(data, ",", 2, skip=0)
    assert columns is not None
    for place, (codes, texts) in enumerate(columns):
        assert [texts[code] if code >= 0 else "" for code in codes] == [row[place] for row in rows]


@pytest.mark.parametrize(
    "damage",
    ['1,"open\n2,b\n', "1,a\n2\n", "1,a\n2,b,c\n", '1,"x\n2,y\n3,"z\n', '1,"a"b\n', "1,a\n\n2\n"],
)
def test_damage_is_left_to_the_careful_reader_which_names_the_row(tmp_path, monkeypatch, damage):
    path = tmp_path / "s.csv"
    path.write_text(f"n,t\n{damage}", encoding="utf-8")
    messages = []
    for large in (False, True):
        with pytest.raises(CompendiumError) as caught:
            read(path, monkeypatch, large=large)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "row" in messages[0]


def test_a_column_in_which_nearly_every_answer_is_another_one_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr("continuum.ingest.items.MOST_LOOKED_AT", 20)
    path = tmp_path / "survey.csv"
    rows = [f"Often,word {i}" for i in range(60)]
    path.write_text("\n".join(["how_often,note", *rows]) + "\n", encoding="utf-8")
    items = read_survey(path).items.set_index("item_id")
    assert items.loc["note", "kind"] == "open"
