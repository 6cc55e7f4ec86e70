"""Exports open where researchers use them, run nothing, and keep what is confidential in the team's folder."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pandas as pd
import pytest
from interview_data import world

from continuum.charts.curves import growth
from continuum.charts.heatmap import case_grid, heatmap
from continuum.interviews import code_matrix, cooccurrence, saturation, write_apa_table, write_team_files
from continuum.interviews.exports import csv_text


@pytest.fixture(scope="module")
def study():
    return world()


def test_the_team_folder_holds_matrix_pairs_disagreements_and_picture(study, tmp_path):
    matrix = code_matrix(study)
    found = cooccurrence(matrix, draws=50)
    written = write_team_files(tmp_path, study, matrix, found, synthetic=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == written
    back = pd.read_csv(tmp_path / "case-by-code.csv", index_col=0)
    assert (back.to_numpy() == matrix.to_numpy()).all()
    counts = pd.read_csv(tmp_path / "co-occurrence.csv", index_col=0)
    assert (counts.to_numpy() == found.counts.to_numpy()).all()
    assert "Nothing in this folder is published" in (tmp_path / "READ-ME.txt").read_text()
    assert "Synthetic data" in (tmp_path / "case-by-code.svg").read_text()


def test_no_list_of_disagreements_without_a_second_coder(study, tmp_path):
    first = study.codings["coder_id"].iloc[0]
    alone = replace(study, codings=study.codings[study.codings["coder_id"] == first].reset_index(drop=True))
    matrix = code_matrix(alone)
    written = write_team_files(tmp_path, alone, matrix, cooccurrence(matrix, draws=50), synthetic=True)
    assert "disagreements.csv" not in written


def test_formulas_are_text_in_cells_and_headings():
    text = csv_text(pd.DataFrame({"=1+1": ["@sum(a)", "plain"]}))
    assert text == "'=1+1\n'@sum(a)\nplain\n"


def test_the_word_table_holds_the_cells_as_text(tmp_path):
    table = pd.DataFrame({"Code": ["Debt"], "Interviews": [17]})
    path = write_apa_table(tmp_path / "table.docx", table, number=2, title="Codes", note="n = 42.")
    text = zipfile.ZipFile(path).read("word/document.xml").decode()
    assert all(f">{part}<" in text for part in ("Table 2", "Codes", "Debt", "17", "n = 42."))


@pytest.mark.parametrize(("sort", "first"), [("group", "b"), ("total", "c"), ("given", "a")])
def test_cases_can_be_sorted_by_group_by_total_or_stay(sort, first):
    matrix = pd.DataFrame({"x": [1, 1, 1], "y": [0, 0, 1]}, index=["a", "b", "c"])
    groups = pd.Series({"a": "legal", "b": "education", "c": "legal"})
    spec = case_grid(matrix, groups, sort=sort).to_dict()
    assert spec["encoding"]["y"]["sort"][0] == first
    assert spec["encoding"]["x"]["sort"][0] == "x"


def test_hidden_cells_of_a_heat_map_are_gray_and_carry_their_mark():
    frame = pd.DataFrame({"r": ["a", "b"], "c": ["x", "x"], "v": [0.4, "[c]"], "t": ["40%", "[c]"]})
    spec = heatmap(frame, row="r", column="c", value="v", text="t", legend="Share", percent=True).to_dict()
    hidden, drawn, _ = spec["layer"]
    assert hidden["mark"]["fill"] == "#EDEDED"
    assert drawn["encoding"]["color"]["scale"]["domain"] == [0.0, 1.0]
    rows = next(iter(spec["datasets"].values()))
    assert [row["_value"] for row in rows] == [0.4, None]


def test_a_growth_curve_shows_the_real_order_only_where_it_is_known(study):
    matrix = code_matrix(study)
    unknown = growth(saturation(matrix), limit=24.0).to_dict()
    known = growth(saturation(matrix, order=list(matrix.index)), stop=6.0).to_dict()
    assert len(unknown["layer"][1]["encoding"]["color"]["scale"]["domain"]) == 1
    assert len(known["layer"][1]["encoding"]["color"]["scale"]["domain"]) == 2
