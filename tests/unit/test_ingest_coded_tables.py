"""Tables that qualitative programs export: each row becomes codings, or an error with its row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import shared_data

from continuum.errors import BadInput, CompendiumError
from continuum.ingest import read_interviews
from continuum.ingest.atlasti import SIGN, CodeList
from continuum.ingest.options import ReadOptions

ATLAS = "interviews/atlasti"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def problem(path: Path, **options: Any) -> str:
    with pytest.raises(CompendiumError) as error:
        read_interviews(path, options=ReadOptions(**options))
    assert error.value.exit_code == 2
    return str(error.value)


def atlas(**options: Any) -> tuple[Path, ReadOptions]:
    return (
        shared_data(f"{ATLAS}/quotation_export.csv"),
        ReadOptions(codebook=shared_data(f"{ATLAS}/codebook_full.csv"), **options),
    )


@pytest.mark.shared
def test_atlasti_393_of_394_rows_resolve_against_the_codebook_and_the_last_is_named():
    path, options = atlas()
    with pytest.raises(BadInput) as error:
        read_interviews(path, options=options)
    assert str(error.value) == (
        "quotation_export.csv: row 2, column Codes (1:1): "
        "'\"Check the publishing and receiving messages via MQTTBox.\"' is not in the codebook. "
        "Fix: add the code to the codebook, or take it as it stands: options: {allow_new_codes: true} in study.yaml "
        "(compendium new: --option allow_new_codes=true)"
    )


@pytest.mark.shared
def test_atlasti_394_of_394_rows_and_1465_code_applications_with_new_codes():
    path, options = atlas(allow_new_codes=True)
    data = read_interviews(path, options=options)
    assert data.report.guesses["codes"] == "1465 in 394 rows, longest name of the codebook first"
    assert len(data.codings) == 1465
    assert data.codings["segment_id"].nunique() == 394
    assert len(data.codebook) == 466
    assert data.codebook["parent_id"].isna().sum() == 18 + 1
    assert data.codings["start"].isna().all()


@pytest.mark.shared
def test_atlasti_quotations_need_the_codebook():
    path, _ = atlas()
    assert "codes are joined by commas and can hold commas" in problem(path)


def test_a_cell_with_two_readings_shows_both():
    with pytest.raises(BadInput, match=r"several ways: A, B \| C; or A \| B, C"):
        CodeList(["A", "A, B", "C", "B, C"]).read("A, B, C", 2)
    assert CodeList(["A", "A, B", "C", "B, C", "B"]).read("A, B, C", 3) == ["A", "B", "C"]


def test_the_stated_number_of_codes_must_hold():
    with pytest.raises(BadInput, match="the row says 4 codes, but its cell reads otherwise"):
        CodeList(["A", "B"]).read("A, B", 4)


names = st.lists(
    st.text(alphabet=st.sampled_from("ab,: "), min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda n: n and not n.startswith(SIGN.strip()) and not n.endswith(",")),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@given(names, st.data())
def test_joined_codes_are_told_apart_or_said_to_be_ambiguous(codebook, data):
    """Known truth: join codes as ATLAS.ti does, read them back."""
    chosen = data.draw(st.lists(st.sampled_from(codebook), min_size=1, max_size=4))
    cell = SIGN.join(chosen)
    try:
        read = CodeList(codebook).read(cell, len(chosen))
    except BadInput:
        with pytest.raises(BadInput, match="in several ways"):
            CodeList(codebook).read(cell, len(chosen))
    else:
        assert SIGN.join(read) == cell
        assert len(read) == len(chosen)


@pytest.mark.shared
def test_a_transcript_gives_places_to_passages_that_stand_in_it_once(tmp_path):
    rows = (
        "Number;Reference;Name;Text Content;Document;Codes;Number of Codes\r\n"
        '1:1;;;"""so afraid""";I 1;Fear;1\r\n1:2;;;yes;I 1;Fear;1\r\n1:3;;;never said;I 1;Fear;1\r\n'
    )
    folder = tmp_path / "texts"
    folder.mkdir()
    write(folder / "I 1.txt", "yes\r\nI was so afraid, yes.")
    options = ReadOptions(codebook=write(tmp_path / "c.csv", "Code,Comment\nFear,Being afraid\n"), documents=folder)
    data = read_interviews(write(tmp_path / "q.csv", rows), options=options)
    placed = data.codings[data.codings["start"].notna()]
    assert placed[["text", "start", "end"]].values.tolist() == [["so afraid", 10, 19]]
    assert data.report.guesses["positions"] == "1 of 3 found in the transcripts"
    assert any("stand several times" in line for line in data.report.warnings)
    assert any("stand nowhere" in line for line in data.report.warnings)


MAXQDA = (
    "Document group\tDocument name\tCode\tSegment\tCreated by\tWeight\n"
    "Legal\tI 1\tRisk\\Home\\Evicted\tlost the flat\tana, 1/2/2020\t0\n"
    "Legal\tI 1\tRisk\\Fear\tafraid\tben\t0\nHealth\tI 2\tHope\tbetter\tana\t0\n"
)


@pytest.mark.parametrize("ending", ["txt", "xlsx"])
def test_maxqda_paths_become_a_tree_and_groups_an_attribute(tmp_path, ending):
    path = tmp_path / f"segments.{ending}"
    if ending == "xlsx":
        book = openpyxl.Workbook()
        for line in MAXQDA.splitlines():
            book.active.append(line.split("\t"))
        book.save(path)
    else:
        write(path, MAXQDA)
    data = read_interviews(path)
    assert data.report.format == "MAXQDA coded segments"
    assert data.codebook["path"].tolist() == ["Risk", "Risk > Home", "Risk > Home > Evicted", "Risk > Fear", "Hope"]
    assert data.codebook["is_codable"].tolist() == [False, False, True, True, True]
    assert data.codings["coder_id"].tolist() == ["ben", "ana", "ana"]
    assert data.interviews["document group"].tolist() == ["Legal", "Health"]


def test_dedoose_reads_the_columns_per_code_and_not_the_combined_text(tmp_path):
    data = read_interviews(
        write(
            tmp_path / "excerpts.csv",
            "Media Title,Excerpt Range,Excerpt Creator,Excerpt Date,Excerpt Copy,Codes Applied Combined,"
            '"Code: Cost, time Applied","Code: Cost, time Range",Code: Fear Applied,Code: Fear Weight\n'
            'I 1,10-20,ana,1/2/2020,too late,"Cost, time",True,,False,\n'
            'I 1,30-40,ben,1/2/2020,both,"Cost, time, Fear",True,,True,3\nI 2,1-2,ana,1/2/2020,none,,False,,,\n',
        )
    )
    assert data.report.format == "Dedoose excerpts"
    assert data.codings[["text", "code_id", "coder_id"]].values.tolist() == [
        ["both", "cost-time", "ben"], ["both", "fear", "ben"], ["too late", "cost-time", "ana"],
    ]  # fmt: skip
    assert data.report.read == {"interviews": 2, "codes": 2, "codings": 3, "coders": 2}
    assert "1 passages without a code, kept as segments" in data.report.warnings
    assert (data.segments["codings"] == 0).sum() == 1


def test_dedoose_cells_are_true_or_false(tmp_path):
    path = write(
        tmp_path / "e.csv",
        "Media Title,Excerpt Creator,Excerpt Copy,Code: Fear Applied\nI 1,ana,x,perhaps\n,ana,x,True\n",
    )
    text = problem(path)
    assert "row 2, column Code: Fear Applied: 'perhaps' is neither True nor False" in text
    assert "row 3, column document: the cell is empty" in text


@pytest.mark.parametrize(
    "rows",
    [
        ["Risk,What endangers,0,0", "  Home,Where people stay,3,7", "    Evicted,,1,1", "  Fear,,1,2"],
        ["Risk,What endangers,0,0", "Risk\\Home,Where people stay,3,7", "Risk\\Home\\Evicted,,1,1", "Risk\\Fear,,1,2"],
    ],
)
def test_nvivo_codebooks_are_trees_by_indentation_or_backslash(tmp_path, rows):
    path = write(tmp_path / "codebook.csv", "\n".join(["Name,Description,Files,References", *rows]) + "\n")
    data = read_interviews(path)
    assert data.codebook[["path", "definition"]].values.tolist() == [
        ["Risk", "What endangers"], ["Risk > Home", "Where people stay"], ["Risk > Home > Evicted", ""],
        ["Risk > Fear", ""],
    ]  # fmt: skip
    assert any("export the project (.qdpx)" in line for line in data.report.warnings)


def test_a_plain_table_has_one_row_per_coding_and_may_have_positions(tmp_path):
    data = read_interviews(
        write(
            tmp_path / "coded.csv",
            "Document,Code,Text,Start,End,Coder,Case\nI 1,Risk > Fear,afraid,4,10,ana,Case A\n"
            "I 1,Risk > Fear,afraid,4,10,ana,Case A\nI 1,Hope,better,,,ben,Case A\n",
        )
    )
    assert data.codings[["text", "code_id", "coder_id"]].values.tolist() == [
        ["afraid", "fear", "ana"], ["better", "hope", "ben"],
    ]  # fmt: skip
    assert data.codings["start"].fillna(-1).tolist() == [4, -1]
    assert data.interviews["case"].tolist() == ["Case A"]
    assert "1 repetitions of the same code on the same passage by the same coder" in data.report.skipped


def test_columns_of_a_plain_table_can_be_named(tmp_path):
    path = write(tmp_path / "coded.csv", "Gespräch;Thema;Stelle\nI 1;Angst;afraid\n")
    text = problem(path)
    assert "the columns (Gespräch, Thema, Stelle) are not those of a coding tool" in text
    columns = {"document": "gespräch", "code": "Thema", "text": "Stelle"}
    assert read_interviews(path, options=ReadOptions(columns=columns)).codings["code_id"].tolist() == ["angst"]
    text = problem(path, columns={"document": "Gespräch", "code": "Tema", "text": "Stelle"})
    assert "columns missing: code; there are: Gespräch, Thema, Stelle" in text
    assert "code: 'thema'?" in text


def test_problems_of_a_plain_table_name_row_and_column(tmp_path):
    text = problem(
        write(
            tmp_path / "coded.csv",
            "document,code,text,start,end,coder\nI 1,,x,,,a\nI 1,A,x,,,\nI 1,A,x,one,2,a\nI 1,A,x,5,4,a\nI 1,A,,,,a\n",
        )
    )
    assert "row 2, column code: the cell is empty" in text
    assert "row 3, column coder: the cell is empty" in text
    assert "row 4, column start: 'one' is not a whole number" in text
    assert "row 5, column start: positions 5 to 4 are no passage" in text
    assert "row 6, column text: the cell is empty" in text


def test_a_sign_in_a_name_is_no_level(tmp_path):
    data = read_interviews(write(tmp_path / "c.csv", "document,code,text\nI 1,Income >50k,x\nI 1,a\\b,y\n"))
    assert data.codebook["name"].tolist() == ["Income >50k", "a\\b"]


@pytest.mark.shared
def test_a_table_of_six_coders_keeps_every_rating():
    """tidycomm's Facebook posts: 45 posts, 6 coders, 5 variables, a row number in front."""
    data = read_interviews(shared_data("interviews/intercoder/fbposts.csv"))
    assert data.report.guesses["ratings"] == "45 units, 6 coders, 5 variables"
    assert len(data.interviews) == 45
    kinds = data.codings.merge(data.codebook, on="code_id")
    assert len(kinds[kinds["path"].str.startswith("type > ")]) == 270
    assert kinds["coder_id"].nunique() == 6
    assert data.report.skipped == ["1 columns without a name"]


def test_one_column_per_coder_is_the_same_as_one_row_per_rating(tmp_path):
    wide = read_interviews(write(tmp_path / "w.csv", "unit,coder_1,coder_2\nu1,yes,no\nu2,no,no\n"))
    assert wide.codings[["interview_id", "code_id", "coder_id"]].values.tolist() == [["u1", "value", "coder_1"]]
    wide = read_interviews(write(tmp_path / "w.csv", "unit,coder_1,coder_2\nu1,a,b\nu2,b,\n"))
    long = read_interviews(write(tmp_path / "l.csv", "unit,coder,value\nu1,coder_1,a\nu1,coder_2,b\nu2,coder_1,b\n"))
    assert wide.codings.equals(long.codings)
    assert "1 empty ratings: not rated" in wide.report.warnings


def test_a_unit_rated_twice_by_one_coder_and_empty_cells_are_errors(tmp_path):
    text = problem(write(tmp_path / "l.csv", "unit,coder,A\nu1,a,1\nu1,a,0\n,b,1\n"))
    assert "row 3: unit 'u1' is rated a second time by 'a', first in row 2" in text
    assert "row 4, column unit: the cell is empty" in text


def test_files_of_different_tools_join_in_one_study(tmp_path):
    first = write(tmp_path / "a.txt", MAXQDA)
    second = write(tmp_path / "b.csv", "document,code,text,coder\nI 1.docx,Risk > Fear,afraid,cem\n")
    data = read_interviews([first, second])
    assert data.report.read == {"interviews": 2, "codes": 5, "codings": 4, "coders": 3}
    assert data.codings.groupby("segment_id").size().max() == 2


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "name\nx\n"])
def test_a_table_of_something_else_is_refused_with_what_it_has(tmp_path, text):
    assert "are not those of a coding tool" in problem(write(tmp_path / "x.csv", text))


def test_problems_of_several_files_are_reported_together(tmp_path):
    first = write(tmp_path / "a.csv", "document,code,text\nI 1,,x\n,A,y\n")
    second = write(tmp_path / "b.csv", "document,code,text\nI 1,,x\n")
    with pytest.raises(CompendiumError) as error:
        read_interviews([first, second])
    assert str(error.value).count("the cell is empty") == 3
