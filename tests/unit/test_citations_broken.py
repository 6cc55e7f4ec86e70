"""Every kind of broken input of the specification: one clear error, or a record of what there is, never silence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from citation_articles import WORKS, article, mark

from continuum import pandoc_program, paths
from continuum.citations import classify, documents, extract, extract_all
from continuum.citations.bibliography import read_bibliography
from continuum.citations.claims import check_claims, read_claims
from continuum.citations.records import Reference
from continuum.citations.references import STILL_CITED, check_references, read_notices
from continuum.errors import BadInput

KINDS = "give a JATS or NLM article, a TEI document from GROBID, or a .qmd, .md or .ipynb source"


def written(folder: Path, content: str | bytes, name: str = "a.xml") -> Path:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("just words", "not XML"),
        ("<article><body>\n<p>cut", r"line 2, column \d+: is not well-formed"),
        ("<!DOCTYPE html>\n<html><body><br></body></html>", r"line 2, column \d+"),
        ("<html><body/></html>", "the root element is <html>"),
        ("<book/>", "the root element is <book>"),
    ],
)
def test_what_is_no_article_is_placed_and_the_accepted_kinds_are_named(tmp_path: Path, content: str, message: str):
    with pytest.raises(BadInput, match=message) as error:
        extract(written(tmp_path, content))
    assert KINDS in str(error.value)


def test_an_article_above_fifty_megabytes_is_refused_unread(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(documents, "read_bytes", lambda path: pytest.fail("was read"))
    file = tmp_path / "a.xml"
    with file.open("wb") as stream:
        stream.truncate(50 * 1024**2 + 1)
    with pytest.raises(BadInput, match="larger than 50 MB"):
        extract(file)


def test_an_article_of_too_many_elements_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(documents, "MAX_ELEMENTS", 10)
    with pytest.raises(BadInput, match="more than"):
        extract(written(tmp_path, article("10.5555/a", ["one {r1}."])))
    assert documents.MAX_ELEMENTS == 10


def test_an_article_without_body_or_references_gives_what_there_is(tmp_path: Path):
    written(tmp_path, "<article><front/></article>", "empty.xml")
    loose = f"<article><body><p>Seen {mark('r7', '[7]')}.</p></body></article>"
    written(tmp_path, loose, "loose.xml")
    found = extract_all(sorted(tmp_path.iterdir()))
    assert found.contexts.empty
    assert [entry["warnings"] for entry in found.report] == [["no reference list"], ["no reference list"]]
    assert found.report[1]["unresolved"] == ["line 1: r7"]


def test_the_same_work_by_doi_or_by_content_is_read_once(tmp_path: Path):
    text = article("10.5555/a", ["one {r1}."])
    written(tmp_path, text, "1.xml")
    written(tmp_path, text, "2.xml")
    written(tmp_path, article("10.5555/A", ["another wording {r1}."]), "3.xml")
    found = extract_all(sorted(tmp_path.iterdir()))
    assert len(found.contexts) == 1
    assert [e.get("warnings") for e in found.report[1:]] == [["the same work as 1.xml: read once"]] * 2


@pytest.mark.parametrize(
    ("front", "bib", "message"),
    [
        ("", None, r"paper\.qmd: line 5: the citation @lee is not defined"),
        ("bibliography: gone.bib", None, r"gone\.bib: the bibliography does not exist"),
        ("bibliography: r.bib", "@article{lee, title={T}", r"r\.bib: line 1: the entry 'lee' is not closed"),
        ("bibliography: r.bib", "@article{leo, title={T}}", "line 6: .*did you mean @leo"),
        ("bibliography: r.bib", "@book{lee, title={T}}\n@book{lee, title={U}}", "line 2: the key 'lee' stands twice"),
    ],
)
def test_a_source_with_a_broken_bibliography_is_placed(tmp_path: Path, front: str, bib: str | None, message: str):
    if bib is not None:
        written(tmp_path, bib, "r.bib")
    text = f"---\ntitle: T\n{front}\n---\n\nAs @lee says.\n".replace("\n\n---", "\n---")
    with pytest.raises(BadInput, match=message):
        extract(written(tmp_path, text, "paper.qmd"))


@pytest.fixture
def no_pandoc_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(paths, "memory", lambda: tmp_path / "memory")
    monkeypatch.setenv(pandoc_program.PROGRAM_VARIABLE, str(tmp_path / "pandoc"))
    pandoc_program.found_pandoc.cache_clear()
    yield tmp_path / "pandoc"
    pandoc_program.found_pandoc.cache_clear()


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("pandoc 2.9.2.1", r"the pandoc found is 2\.9\.2\.1, which is too old. Fix: install 2\.17"),
        ("Segmentation fault", r"this pandoc does not say its version. Fix: install 2\.17"),
    ],
)
def test_a_pandoc_that_will_not_do_is_refused(tmp_path: Path, no_pandoc_known: Path, says: str, message: str):
    no_pandoc_known.write_text(f"#!/bin/sh\necho {says}\n")
    no_pandoc_known.chmod(0o755)
    with pytest.raises(BadInput, match=message):
        read_bibliography(written(tmp_path, "@book{lee, title={T}}", "r.bib"))


def test_a_missing_pandoc_is_said_with_what_brings_it(tmp_path: Path, monkeypatch, no_pandoc_known: Path):
    with pytest.raises(BadInput, match=f"{pandoc_program.PROGRAM_VARIABLE} names a pandoc that is not there"):
        extract(written(tmp_path, "# A\n", "paper.qmd"))
    monkeypatch.delenv(pandoc_program.PROGRAM_VARIABLE)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match=r"there is no pandoc.*pypandoc-binary.*2\.17"):
        extract(written(tmp_path, "# A\n", "paper.qmd"))


def test_the_version_of_a_program_is_asked_for_once(tmp_path: Path, monkeypatch, no_pandoc_known: Path):
    asked = tmp_path / "asked"
    no_pandoc_known.write_text(f"#!/bin/sh\necho x >> {asked}\necho pandoc 3.9\n")
    no_pandoc_known.chmod(0o755)
    for _ in range(2):  # two processes, one after the other
        assert pandoc_program.found_pandoc() == (str(no_pandoc_known), "3.9")
        pandoc_program.found_pandoc.cache_clear()
    assert asked.read_text().split() == ["x"]
    no_pandoc_known.write_text("#!/bin/sh\necho pandoc 3.10\n")  # another one in the same place
    assert pandoc_program.found_pandoc()[1] == "3.10"


def test_a_pandoc_may_be_named_as_it_is_called(tmp_path: Path, monkeypatch, no_pandoc_known: Path):
    no_pandoc_known.write_text("#!/bin/sh\necho pandoc 3.9\n")
    no_pandoc_known.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv(pandoc_program.PROGRAM_VARIABLE, "pandoc")
    assert pandoc_program.found_pandoc() == (str(no_pandoc_known), "3.9")


def test_a_file_in_the_folder_one_is_in_is_not_taken_for_pandoc(tmp_path: Path, monkeypatch, no_pandoc_known: Path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "pandoc").write_text("#!/bin/sh\necho pandoc 3.9\n")
    (tmp_path / "files" / "pandoc").chmod(0o755)
    monkeypatch.delenv(pandoc_program.PROGRAM_VARIABLE)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="there is no pandoc"):
        pandoc_program.found_pandoc()


def test_rules_work_without_a_model_and_the_model_mode_never_falls_back(monkeypatch):
    from continuum.citations import classes

    def no_model():
        raise BadInput("no usable stance model", fix="restore the file, or classify with mode='rules'")

    monkeypatch.setattr(classes, "load", no_model)
    table = pd.DataFrame({"sentence": ["x"], "masked": ["Our results are consistent with TREF."]})
    assert classify(table, "rules")["label"].tolist() == ["supporting"]
    with pytest.raises(BadInput, match="mode='rules'"):
        classify(table, "model")


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("", "empty"),
        ("12 [3]", "empty"),
        ("word " * 500 + "TREF", "long"),
        ("Nos résultats sont tout à fait conformes aux travaux antérieurs publiés par TREF.", "not_english"),
    ],
)
@pytest.mark.parametrize("mode", ["model", "rules"])
def test_what_cannot_be_classed_is_unlabeled_flagged_and_counted(text: str, flag: str, mode: str):
    table = pd.DataFrame({"sentence": [text], "masked": [text], "ref_id": ["r"], "source_id": ["s"]})
    row = classify(table, mode).iloc[0]  # type: ignore[arg-type]
    assert pd.isna(row["label"])
    assert flag in row["flags"]
    assert (row["status"], row["label_source"]) == ("unlabeled", "none")


def test_flags_say_what_makes_a_label_doubtful():
    texts = [
        "OREF is inconsistent with the report of TREF.",
        "This is not consistent with the report of TREF.",
        "As TREF.",
    ]
    flags = classify(pd.DataFrame({"sentence": texts, "masked": texts, "n_refs": [2, 1, 1]}))["flags"]
    assert flags.tolist() == [["third_party", "multi_target"], ["negated"], ["short"]]


def claim_table(tmp_path: Path, span: str) -> pd.DataFrame:
    entry = {"value": 1.5, "provenance": "USER_DATA", "notebook": "20-survey", "cell": "x", "n": 5}
    claims, _ = read_claims(written(tmp_path, f"{span}\n", "p.qmd"))
    return check_claims(claims, {"survey.ratio": entry})


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ('[It is 1.5]{.claim result="survey.ration"}', "no result 'survey.ration'; the nearest are survey.ratio"),
        ('[It is 1.5]{.claim result="survey.ratio" assert="rises"}', "use one of ci_excludes_null, ci_includes_null"),
        ('[A]{.claim #c result="survey.ratio"} and [B]{.claim #c result="survey.ratio"}', "stands twice"),
    ],
)
def test_a_claim_that_cannot_be_checked_names_what_is_near(tmp_path: Path, span: str, reason: str):
    reasons = [text for row in claim_table(tmp_path, span)["reasons"] for text in row]
    assert any(reason in text for text in reasons), reasons


@pytest.mark.parametrize(("note", "problems"), [("", [STILL_CITED]), ("Cited for its method", [])])
def test_a_retracted_work_still_cited_needs_a_reason(tmp_path: Path, note: str, problems: list[str]):
    rows = "Title,RetractionDate,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature\nX,1/2/2020,10.5555/one,0,Retraction\n"
    notices = read_notices(written(tmp_path, rows, "notices-2026-05-01.csv"))
    works = {"one": Reference("one", doi=WORKS["r1"], title="A work of some length", year=2001, note=note)}
    table = check_references(works, pd.DataFrame({"ref_id": ["one"]}), notices)
    assert table.loc[0, "status"] == "retracted"
    assert table.loc[0, "problems"] == problems
    uncited = check_references(works, pd.DataFrame({"ref_id": []}), notices)
    assert STILL_CITED not in uncited.loc[0, "problems"]
