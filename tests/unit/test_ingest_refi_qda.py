"""REFI-QDA projects of several programs become the same tidy tables, or one clear error."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_study import STUDY
from support import shared_data

from continuum.errors import BadInput, CompendiumError
from continuum.ingest import read_interviews
from continuum.ingest.options import ReadOptions
from continuum.ingest.refi_export import write_qdc, write_qdpx
from continuum.ingest.tables import CODEBOOK_COLUMNS, CODING_COLUMNS

NS = 'xmlns="urn:QDA-XML:project:1.0"'
U1, U2 = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
C1, C2 = "{AAAAAAAA-0000-0000-0000-000000000001}", "aaaaaaaa-0000-0000-0000-000000000002"
S1 = "bbbbbbbb-0000-0000-0000-000000000001"
P1, P2 = "cccccccc-0000-0000-0000-000000000001", "cccccccc-0000-0000-0000-000000000002"
TEXT = "I was 👍 afraid of José.\r\nThe rent came late.\r\n"

#: As a program might write it: braces and upper case, the importing user on the passage, another on the coding.
QDE = f"""<?xml version="1.0" encoding="utf-8"?>
<Project {NS} name="p" origin="Test">
  <Users><User guid="{U1}" name="importer"/><User guid="{U2}" name="coder"/></Users>
  <CodeBook><Codes>
    <Code guid="{C1}" name="Fear" isCodable="true"><Description>Being afraid</Description>
      <Code guid="{C2}" name="Of people" isCodable="true"/></Code>
  </Codes></CodeBook>
  <Sources><TextSource guid="{S1}" name="Interview 1.docx" plainTextPath="internal://{S1}.txt">
    <PlainTextSelection guid="{P1}" startPosition="9" endPosition="15" creatingUser="{U1}">
      <Coding guid="dddddddd-0000-0000-0000-000000000001" creatingUser="{{{U2}}}">
        <CodeRef targetGUID="{C1.strip("{}").lower()}"/></Coding>
    </PlainTextSelection>
    <PlainTextSelection guid="{P2}" startPosition="30" endPosition="34" creatingUser="{U1}">
      <Coding guid="dddddddd-0000-0000-0000-000000000002"><CodeRef targetGUID="{C2.upper()}"/></Coding>
    </PlainTextSelection>
  </TextSource></Sources>
</Project>"""


def write_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path


def make(tmp_path: Path, qde: str = QDE, text: str | bytes = "\ufeff" + TEXT, **more: str) -> Path:
    return write_zip(tmp_path / "a.qdpx", {"project.qde": qde, f"Sources/{S1.upper()}.TXT": text, **more})


def problem(path: Path, **options: Any) -> str:
    with pytest.raises(CompendiumError) as error:
        read_interviews(path, options=ReadOptions(**options))
    assert error.value.exit_code == 2
    return str(error.value)


def test_positions_in_utf16_over_crlf_become_code_points_over_lf(tmp_path):
    data = read_interviews(make(tmp_path))
    text = TEXT.replace("\r\n", "\n")
    assert data.codings["text"].tolist() == ["afraid", "rent"]
    assert all(text[row.start : row.end] == row.text for row in data.codings.itertuples())
    assert data.report.guesses["offset unit"].startswith("utf16 (2 of 2 begin and end at word boundaries")


def test_the_coder_is_who_coded_not_who_imported(tmp_path):
    data = read_interviews(make(tmp_path))
    assert data.codings["coder_id"].tolist() == ["coder", "importer"]
    assert data.report.guesses["coder"] == "creatingUser of the coding (1), the passage (1)"


def test_identifiers_compare_without_case_and_braces_and_codes_keep_their_tree(tmp_path):
    data = read_interviews(make(tmp_path))
    assert data.codebook[["code_id", "name", "parent_id", "definition"]].fillna("").values.tolist() == [
        ["fear", "Fear", "", "Being afraid"],
        ["of-people", "Of people", "fear", ""],
    ]
    assert data.interviews["interview_id"].tolist() == ["Interview 1"]


def test_the_given_unit_overrides_what_is_found(tmp_path):
    data = read_interviews(make(tmp_path), options=ReadOptions(offset_unit="codepoints"))
    assert data.codings["text"].tolist() == ["fraid ", "ent "]


def test_reading_twice_gives_equal_tables(tmp_path):
    path = make(tmp_path)
    first, second = read_interviews(path), read_interviews(path)
    pd.testing.assert_frame_equal(first.codings, second.codings)
    assert first.report == second.report


@pytest.mark.shared
def test_nvivo_all_97_passages_begin_and_end_at_word_boundaries():
    data = read_interviews(shared_data("interviews/refi_qda/oltas.qdpx"))
    assert data.report.read == {"interviews": 1, "codes": 60, "codings": 97, "coders": 1}
    assert data.report.guesses["offset unit"].startswith(
        "utf16 (97 of 97 begin and end at word boundaries; next: 60 (codepoints))"
    )
    assert data.codings["coder_id"].unique().tolist() == ["coder-2"]
    assert data.codings["segment_id"].nunique() == 20
    assert data.codings["code_id"].nunique() == 30


@pytest.mark.shared
@pytest.mark.parametrize(("name", "codes"), [("blank-atlas-project", 0), ("target-atlas-project", 3)])
def test_atlasti_projects_without_documents_are_valid(name, codes):
    data = read_interviews(shared_data(f"interviews/refi_qda/{name}.qdpx"))
    assert data.report.read == {"interviews": 0, "codes": codes, "codings": 0, "coders": 0}
    assert "the project holds no documents" in data.report.warnings
    assert list(data.codings.columns) == [*CODING_COLUMNS, "created", "memo"]
    assert list(data.codebook.columns[:6]) == list(CODEBOOK_COLUMNS)


def test_what_we_write_we_read_as_it_was(tmp_path):
    data = read_interviews(write_qdpx(tmp_path / "a.qdpx", **STUDY))
    sources = {name: text.replace("\r\n", "\n") for name, text in STUDY["sources"].items()}
    assert len(data.codings) == len(STUDY["codings"])
    assert all(sources[row.interview_id][row.start : row.end] == row.text for row in data.codings.itertuples())
    assert data.codings["coder_id"].tolist() == ["coder-1", "coder-2", ""]
    assert data.codebook["code_id"].tolist()[0] == "housing-b"
    assert data.codebook["is_codable"].tolist() == [True, True, True, False]
    first = data.interviews.iloc[0]
    assert (first["sector"], first["year"], first["consent_quote"], first["hours"]) == ("legal", 2014, True, 1.5)


def test_export_and_import_again_gives_equal_tables(tmp_path):
    first = read_interviews(write_qdpx(tmp_path / "a.qdpx", **STUDY))
    codings = first.codings.rename(columns={"interview_id": "source", "coder_id": "coder"})
    again = read_interviews(
        write_qdpx(
            tmp_path / "b.qdpx",
            project="again",
            users=STUDY["users"],
            codes=first.codebook,
            sources=STUDY["sources"],
            codings=codings,
            cases=STUDY["cases"],
        )
    )
    for table in ("interviews", "codings", "codebook"):
        pd.testing.assert_frame_equal(getattr(first, table), getattr(again, table))


def test_a_codebook_alone_is_read_and_export_of_it_round_trips(tmp_path):
    first = read_interviews(write_qdc(tmp_path / "a.qdc", STUDY["codes"]))
    again = read_interviews(write_qdc(tmp_path / "b.qdc", first.codebook))
    pd.testing.assert_frame_equal(first.codebook, again.codebook)
    assert first.report.read["codes"] == 4


def test_codes_keep_the_identifiers_they_came_with(tmp_path):
    codebook = read_interviews(make(tmp_path)).codebook
    written = write_qdc(tmp_path / "out.qdc", codebook).read_text()
    assert f'guid="{C1}"' in written
    assert f'guid="{C2}"' in written
    assert read_interviews(tmp_path / "out.qdc").codebook["source_guid"].tolist() == [C1, C2]


def test_a_codebook_with_an_empty_list_of_sets_is_read_with_a_warning(tmp_path):
    path = tmp_path / "codebook.qdc"
    path.write_text(
        '<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Taguette"><Codes>'
        f'<Code guid="{U1}" name="A" isCodable="true"/></Codes><Sets/></CodeBook>'
    )
    data = read_interviews(path)
    assert data.codebook["name"].tolist() == ["A"]
    assert "an empty list of sets" in data.report.warnings[0]


def test_media_sources_are_kept_without_text_and_counted(tmp_path):
    media = f"""<AudioSource guid="bbbbbbbb-0000-0000-0000-000000000002" name="Call" path="internal://x.mp3">
      <AudioSelection guid="cccccccc-0000-0000-0000-000000000003" begin="10" end="20">
        <Coding guid="dddddddd-0000-0000-0000-000000000003"><CodeRef targetGUID="{C2}"/></Coding></AudioSelection>
      </AudioSource></Sources>"""
    data = read_interviews(make(tmp_path, QDE.replace("</Sources>", media)))
    assert data.codings["start"].isna().sum() == 1
    assert "AudioSelection passages, kept without text (1: Call)" in data.report.warnings


def test_what_a_project_holds_beside_codings_is_counted(tmp_path):
    more = f"""</Sources><Notes><Note guid="{U1}" name="n"/></Notes><Sets><Set guid="{U2}" name="s"/></Sets>"""
    data = read_interviews(make(tmp_path, QDE.replace("</Sources>", more)))
    assert data.report.skipped == ["1 notes, 1 sets"]


def test_the_representation_of_a_pdf_is_its_text(tmp_path):
    pdf = QDE.replace(
        f'<TextSource guid="{S1}" name="Interview 1.docx" plainTextPath="internal://{S1}.txt">',
        '<PDFSource guid="bbbbbbbb-0000-0000-0000-000000000009" name="Interview 1.pdf" path="internal://x.pdf">'
        f'<Representation guid="{S1}" plainTextPath="internal://{S1}.txt">',
    ).replace("</TextSource>", "</Representation></PDFSource>")
    assert read_interviews(make(tmp_path, pdf)).codings["text"].tolist() == ["afraid", "rent"]


def test_cases_give_their_attributes_to_their_documents(tmp_path):
    cases = f"""<Variables><Variable guid="eeeeeeee-0000-0000-0000-000000000001" name="Sector" typeOfVariable="Text"/>
      </Variables><Cases><Case guid="eeeeeeee-0000-0000-0000-000000000002" name="Case 1"><VariableValue>
      <VariableRef targetGUID="eeeeeeee-0000-0000-0000-000000000001"/><TextValue>legal</TextValue></VariableValue>
      <SourceRef targetGUID="{S1}"/></Case></Cases><Sources>"""
    data = read_interviews(make(tmp_path, QDE.replace("<Sources>", cases)))
    assert data.interviews["sector"].tolist() == ["legal"]


def test_folders_coded_and_users_unknown_are_warnings(tmp_path):
    qde = QDE.replace('name="Of people" isCodable="true"', 'name="Of people" isCodable="false"')
    qde = qde.replace(f'<User guid="{U2}" name="coder"/>', "")
    warnings = " ".join(read_interviews(make(tmp_path, qde)).report.warnings)
    assert "codings to a code that is only a folder (1" in warnings
    assert "coders that are not in the list of users (1" in warnings


def test_a_code_named_twice_under_one_parent_is_two_codes(tmp_path):
    twin = f'<Code guid="{U1}" name="Of people" isCodable="true"/></Code>\n  </Codes>'
    data = read_interviews(make(tmp_path, QDE.replace("</Code>\n  </Codes>", twin)))
    assert data.codebook["name"].tolist() == ["Fear", "Of people", "Of people (2)"]
    assert data.codebook["code_id"].is_unique


def test_hidden_characters_leave_names_and_markup_stays_text(tmp_path):
    qde = QDE.replace('name="Fear"', 'name="Fe\u202ear &lt;img src=x onerror=alert(1)&gt;"')
    data = read_interviews(make(tmp_path, qde))
    assert data.codebook["name"][0] == "Fear <img src=x onerror=alert(1)>"
    warnings = " ".join(data.report.warnings)
    assert "control or bidirectional characters removed from code names (1" in warnings
    assert "code names that hold markup are shown as plain text (1" in warnings


DAMAGE = {
    "position beyond the end": (
        ('endPosition="34"', 'endPosition="9999"'),
        f"PlainTextSelection {P2}: positions 30 to 9999 lie outside of its text (46 characters)",
    ),
    "start after end": (('startPosition="30"', 'startPosition="40"'), "positions 40 to 34 lie outside of its text"),
    "not a number": (('startPosition="30"', 'startPosition="x"'), "positions 'x' and '34' are not both whole numbers"),
    "code without target": (
        (f'targetGUID="{C2.upper()}"', f'targetGUID="{U1}"'),
        f"refers to the code {U1}, which is not in the codebook",
    ),
    "code without a name": (('name="Fear" ', ""), "the required attribute name is missing"),
    "identifier twice": ((P2, P1), f"PlainTextSelection {P1}: this identifier stands twice"),
    "code twice": ((f'guid="{C2}"', f'guid="{C1}"'), "this identifier stands twice"),
    "source not in the zip": ((f"internal://{S1}.txt", "internal://gone.txt"), "the text of source 'Interview 1.docx'"),
    "source outside": ((f"internal://{S1}.txt", "absolute:///etc/passwd"), "it lies outside of the project"),
    "source leaves the zip": ((f"internal://{S1}.txt", "internal://../../x.txt"), "cannot be read"),
    "not XML": (("</Sources>", ""), "project.qde, line 17, column"),
    "another root": (("Project", "Projekt"), "expected a REFI-QDA Project, but the root element is Projekt"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named_with_file_place_and_fix(tmp_path, damage):
    (old, new), expected = DAMAGE[damage]
    assert old in QDE
    text = problem(make(tmp_path, QDE.replace(old, new)))
    assert expected in text
    assert text.startswith("a.qdpx: ")
    assert "Fix: " in text


def test_several_problems_are_reported_together(tmp_path):
    qde = QDE.replace('endPosition="34"', 'endPosition="9999"').replace('startPosition="9"', 'startPosition="-9"')
    assert problem(make(tmp_path, qde)).count("lie outside of its text") == 2


def test_case_variable_and_source_references_must_exist(tmp_path):
    cases = f"""<Cases><Case guid="{U1}" name="Case 1"><VariableValue><VariableRef targetGUID="{U2}"/>
      <TextValue>x</TextValue></VariableValue><SourceRef targetGUID="{U2}"/></Case></Cases><Sources>"""
    text = problem(make(tmp_path, QDE.replace("<Sources>", cases)))
    assert f"refers to the variable {U2}" in text
    assert f"case 'Case 1' refers to {U2}, which is not a source" in text


def test_undecided_units_ask_instead_of_guessing(tmp_path):
    qde = QDE.replace('startPosition="9" endPosition="15"', 'startPosition="10" endPosition="12"')
    qde = qde.replace('startPosition="30" endPosition="34"', 'startPosition="11" endPosition="13"')
    assert "it is not clear in which unit positions" in problem(make(tmp_path, qde))


def test_a_project_file_that_is_missing_or_something_else_is_named(tmp_path):
    assert "project.qde: this member is missing" in problem(write_zip(tmp_path / "b.qdpx", {"x.txt": "x"}))
    (tmp_path / "c.qdpx").write_bytes(b"%PDF-1.7")
    assert "is a PDF, not an export of coded interviews" in problem(tmp_path / "c.qdpx")
    whole = make(tmp_path).read_bytes()
    (tmp_path / "d.qdpx").write_bytes(whole[: len(whole) // 2])
    assert "cut short or damaged" in problem(tmp_path / "d.qdpx")


def test_text_that_is_not_utf8_is_read_as_cp1252_with_a_warning(tmp_path):
    latin = TEXT.replace("👍", "**").encode("cp1252")
    data = read_interviews(make(tmp_path, text=latin))
    assert data.codings["text"].tolist() == ["afraid", "rent"]
    assert any("read as cp1252" in warning for warning in data.report.warnings)


def test_a_source_outside_is_read_only_from_the_folder_the_user_names(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.txt").write_text(TEXT, encoding="utf-8", newline="")
    (tmp_path / "secret.txt").write_text("secret")
    inside = QDE.replace(f"internal://{S1}.txt", "relative:///one.txt")
    assert len(read_interviews(make(tmp_path, inside), options=ReadOptions(folder=tmp_path / "texts")).codings) == 2
    outside = QDE.replace(f"internal://{S1}.txt", "relative:///../secret.txt")
    assert "its path leaves the folder of sources" in problem(make(tmp_path, outside), folder=tmp_path / "texts")


def test_an_unpacked_project_reads_like_the_zip(tmp_path):
    path = make(tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "open")
    source = next((tmp_path / "open" / "Sources").iterdir())
    source.rename(source.with_name(f"{S1}.txt"))
    data = read_interviews(tmp_path / "open" / "project.qde")
    pd.testing.assert_frame_equal(data.codings, read_interviews(path).codings)
    outside = (tmp_path / "open" / "project.qde").read_text().replace(f"{S1}.txt", "../../x.txt")
    (tmp_path / "open" / "project.qde").write_text(outside)
    assert "its path leaves the folder of sources" in problem(tmp_path / "open" / "project.qde")


def test_two_files_of_one_study_join_documents_and_codes(tmp_path):
    first = write_qdpx(tmp_path / "a.qdpx", **STUDY)
    other = {**STUDY, "users": ["coder-3"], "codings": [{**STUDY["codings"][0], "coder": "coder-3"}]}
    second = write_qdpx(tmp_path / "b.qdpx", **other)
    data = read_interviews([first, second])
    assert data.report.read == {"interviews": 2, "codes": 4, "codings": 4, "coders": 3}
    assert "offset unit of b.qdpx" in data.report.guesses


def test_two_files_with_different_texts_of_one_name_are_refused(tmp_path):
    first = write_qdpx(tmp_path / "a.qdpx", **STUDY)
    other = {**STUDY, "sources": {**STUDY["sources"], "SYN-02": "Something else."}}
    with pytest.raises(BadInput, match=r"the text of document 'SYN-02' differs from the one in a.qdpx"):
        read_interviews([first, write_qdpx(tmp_path / "b.qdpx", **other)])
