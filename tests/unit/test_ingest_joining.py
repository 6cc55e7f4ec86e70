"""Interviews of several documents, names that stand twice, texts that disagree: what one or several files become."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from small_study import STUDY
from support import shared_data

from continuum import atomic, paths
from continuum.errors import AnalysisFailed, BadInput, CompendiumError
from continuum.ingest import load_interviews, propose_interviews, read_interviews
from continuum.ingest.options import ReadOptions, given_options
from continuum.ingest.refi_export import write_qdpx
from continuum.scaffold import check_study, new_study
from continuum.study import load_study

TEXT = "Call 816-555-0100 or write to a.b@example.org."


def project(path: Path, sources: dict[str, str], cases: list[dict[str, Any]], word: str = "Call") -> Path:
    return write_qdpx(
        path, project="p", users=["A"], codes=[{"code_id": 1, "name": "Code"}], sources=sources, cases=cases,
        codings=[
            {"source": name, "start": text.index(word), "end": text.index(word) + len(word), "code_id": 1, "coder": "A"}
            for name, text in sources.items()
        ],
    )  # fmt: skip


def test_a_case_with_two_documents_can_be_one_interview(tmp_path):
    cases = [{"name": "Case A", "sources": ["second", "first"], "variables": {"sector": "legal"}}]
    path = project(tmp_path / "a.qdpx", dict.fromkeys(("first", "second", "alone"), TEXT), cases)
    assert len(read_interviews(path).interviews) == 3
    data = read_interviews(path, options=ReadOptions(unit="case"))
    assert data.interviews["interview_id"].tolist() == ["alone", "Case A"]
    assert data.interviews["sector"].fillna("").tolist() == ["", "legal"]
    assert data.codings[["interview_id", "start"]].values.tolist() == [
        ["Case A", 0], ["Case A", len(TEXT) + 1], ["alone", 0],
    ]  # fmt: skip
    assert any("documents of no case, interviews of their own (1: alone)" in line for line in data.report.warnings)


def test_a_document_of_two_cases_stays_an_interview(tmp_path):
    cases = [{"name": name, "sources": ["first"], "variables": {}} for name in ("Case A", "Case B")]
    data = read_interviews(project(tmp_path / "a.qdpx", {"first": TEXT}, cases), options=ReadOptions(unit="case"))
    assert data.interviews["interview_id"].tolist() == ["first"]


def test_personal_data_in_passages_are_counted_and_masked_on_request(tmp_path):
    path = project(tmp_path / "a.qdpx", {"first": TEXT}, [], word=TEXT)
    data = read_interviews(path)
    assert data.codings["text"].tolist() == [TEXT]
    assert "1 piece of text that may be a phone number" in data.report.warnings
    masked = read_interviews(path, options=ReadOptions(mask_text=True))
    assert masked.codings["text"].tolist() == ["Call [phone number] or write to [e-mail address]."]


def test_two_documents_of_one_name_in_one_file_are_two_interviews(tmp_path):
    path = project(tmp_path / "a.qdpx", {"one": TEXT, "two": TEXT + " More."}, [])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["project.qde"] = members["project.qde"].replace(b'name="two"', b'name="one"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert read_interviews(path).interviews["interview_id"].tolist() == ["one", "one (2)"]


def test_endings_of_file_names_are_dropped_only_where_names_stay_apart(tmp_path):
    path = project(tmp_path / "a.qdpx", {"one.txt": TEXT, "one.docx": TEXT, "two.docx": TEXT}, [])
    assert read_interviews(path).interviews["interview_id"].tolist() == ["one.docx", "one.txt", "two"]


def test_codes_below_two_codes_of_one_name_stay_below_their_own(tmp_path):
    codes = [
        {"code_id": 1, "name": "Same"}, {"code_id": 2, "name": "Below", "parent_id": 1},
        {"code_id": 3, "name": "Same"}, {"code_id": 4, "name": "Below", "parent_id": 3},
    ]  # fmt: skip
    path = write_qdpx(tmp_path / "a.qdpx", project="p", users=[], codes=codes, sources={}, codings=[])
    assert read_interviews(path).codebook["path"].tolist() == ["Same", "Same > Below", "Same (2)", "Same (2) > Below"]


def test_a_passage_must_be_the_text_at_its_positions(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "I 1.txt").write_text("I was  afraid.")
    options = ReadOptions(documents=tmp_path / "texts")
    table = tmp_path / "c.csv"
    table.write_text("document,code,text,start,end\nI 1,A,was afraid,2,13\n")
    assert read_interviews(table, options=options).codings["text"].tolist() == ["was  afraid"]
    table.write_text("document,code,text,start,end\nI 1,A,something,2,13\n")
    with pytest.raises(BadInput, match="the passage at 2 to 13 is not the text of the document there"):
        read_interviews(table, options=options)


@pytest.mark.shared
def test_a_codebook_among_the_exports_is_recognized():
    folder = shared_data("interviews/atlasti")
    quotations, codebook = folder / "quotation_export.csv", folder / "codebook_full.csv"
    with pytest.raises(CompendiumError, match=r"is not in the codebook.*--option allow_new_codes=true"):
        propose_interviews([codebook, quotations])
    section = propose_interviews([codebook, quotations], {"allow_new_codes": True})
    assert section["codebook"] == codebook.name
    assert section["options"] == {"allow_new_codes": True}


@pytest.mark.shared
def test_atlasti_tables_with_an_in_vivo_code_become_a_study_that_is_checked(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    (tmp_path / "data").mkdir()
    folder = shared_data("interviews/atlasti")
    exports = [folder / "quotation_export.csv", folder / "codebook_full.csv"]
    with pytest.raises(CompendiumError, match="not in the codebook"):
        new_study("coded", interviews=exports)
    assert list((tmp_path / "data").iterdir()) == []
    new_study("coded", interviews=exports, options=["allow_new_codes=true"])
    data = load_interviews(load_study("coded"))
    assert len(data.codings) > 1400
    report = (paths.results("coded") / "tidy" / "interviews-report.txt").read_text(encoding="utf-8")
    assert "found codes: " in report
    assert report.splitlines() == data.report.lines()
    assert check_study("coded") == 0
    assert "codes that are not in the codebook, taken as they stand" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("allow_new_codes", "has no value"),
        ("allow_new_code=true", "did you mean 'allow_new_codes'"),
        ("allow_new_codes=perhaps", "is 'perhaps'"),
        ("documents=texts", "names files"),
    ],
)
def test_a_wrong_option_says_what_is_wrong(text, message):
    with pytest.raises(BadInput, match=message):
        given_options([text])


def test_options_are_read_as_what_they_are():
    given = given_options(["project=2019", "speech=respondents", "interviewers=[Int, Q]"])
    assert given == {"project": "2019", "speech": "respondents", "interviewers": ["Int", "Q"]}


def hostile(path: Path, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(CompendiumError) as error:
        read_interviews(path)
    assert error.value.exit_code == 2
    return str(error.value)


@pytest.mark.parametrize("member", ["project.qde", "xl/workbook.xml"])
def test_hostile_exports_are_refused_each_with_its_message(tmp_path, member):
    path = tmp_path / "x.qdpx"
    assert "more than the 200 allowed" in hostile(path, {member: b"<a/>", "big.xml": bytes(30_000_000)})
    assert "its path leaves the zip" in hostile(path, {member: b"<a/>", "../../evil": b"x"})
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Project>&b;</Project>'
    assert "document type declaration" in hostile(path, {member: bomb})
    assert not list(tmp_path.parent.glob("evil"))


def test_an_interrupted_import_leaves_the_last_tidy_tables_usable(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    folder = tmp_path / "data" / "small"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text("study: small\ntitle: Small\nsynthetic: true\ninterviews:\n  files: [a.qdpx]\n")
    write_qdpx(folder / "a.qdpx", **STUDY)
    first = load_interviews(load_study("small"))
    tidy = tmp_path / "results" / "small" / "tidy"
    (folder / "a.qdpx").unlink()
    write_qdpx(folder / "a.qdpx", **{**STUDY, "codings": STUDY["codings"][:1]})

    def full(path: Path, content: bytes) -> None:
        if "codebook" in path.name:
            raise OSError(28, "No space left on device")
        atomic.write_bytes(path, content)

    with monkeypatch.context() as patch:
        patch.setattr("continuum.ingest.tidy.write_bytes", full)
        with pytest.raises(AnalysisFailed, match="tables cannot be written"):
            load_interviews(load_study("small"))
    assert not list(tidy.glob(".*"))
    assert len(load_interviews(load_study("small")).codings) == 1
    write_qdpx(folder / "a.qdpx", **STUDY)
    assert load_interviews(load_study("small")).codings.equals(first.codings)


@pytest.mark.parametrize("ending", ["docx", "odt"])
def test_transcripts_of_word_processors_give_places_to_passages(tmp_path, ending):
    import pypandoc

    folder = tmp_path / "texts"
    folder.mkdir()
    source = "# Interview 1\n\nInt: Hello, José.\n\nR: I was *so* afraid 👍 of it.^[A note that is no part of it.]\n"
    pypandoc.convert_text(source, ending, format="markdown", outputfile=str(folder / f"I 1.{ending}"))
    table = tmp_path / "c.csv"
    table.write_text("document,code,text\nI 1,A,so afraid 👍\nI 1,B,A note that\n")
    data = read_interviews(table, options=ReadOptions(documents=folder))
    text = "Interview 1\nInt: Hello, José.\nR: I was so afraid 👍 of it."
    start = text.index("so afraid")
    assert data.codings[["text", "start", "end"]].values.tolist()[0] == ["so afraid 👍", start, start + 11]
    assert data.report.guesses["positions"] == "1 of 2 found in the transcripts"


def test_a_transcript_that_is_something_else_is_named(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "I 1.docx").write_text("plain text")
    table = tmp_path / "c.csv"
    table.write_text("document,code,text\nI 1,A,x\n")
    with pytest.raises(BadInput, match=r"I 1.docx: expected a .docx document, but this is a text file"):
        read_interviews(table, options=ReadOptions(documents=folder))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["blank-atlas-project.qdpx", "target-atlas-project.qdpx"])
def test_a_project_in_which_nothing_is_coded_makes_no_study(tmp_path, monkeypatch, name):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    (tmp_path / "data").mkdir()
    with pytest.raises(CompendiumError, match=rf"{name}: no passage is coded. Fix: code the interviews"):
        new_study("empty", interviews=shared_data("interviews/refi_qda") / name)
    assert list((tmp_path / "data").iterdir()) == []
