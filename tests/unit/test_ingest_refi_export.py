"""What we write opens elsewhere: valid against the published schemas, the same bytes for the same study."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from lxml import etree
from small_study import STUDY
from support import shared_data

from continuum.errors import BadInput
from continuum.ingest.refi_export import write_qdc, write_qdpx


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared_data(f"interviews/refi_qda/{name}")))


def project(path: Path) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.qde"))


@pytest.mark.shared
def test_project_is_valid_against_the_schema_of_2019(tmp_path):
    root = project(write_qdpx(tmp_path / "a.qdpx", **STUDY))
    schema("Project-mrt2019.xsd").assertValid(root)


@pytest.mark.shared
def test_codebook_is_valid_against_the_schema_of_the_specification(tmp_path):
    path = write_qdc(tmp_path / "a.qdc", STUDY["codes"])
    schema("Codebook-from-spec-1.5.xsd").assertValid(etree.parse(path))


@pytest.mark.shared
def test_an_empty_project_is_valid_too(tmp_path):
    path = write_qdpx(tmp_path / "a.qdpx", project="empty", users=[], codes=[], sources={}, codings=[])
    schema("Project-mrt2019.xsd").assertValid(project(path))


def test_the_same_study_gives_the_same_bytes(tmp_path):
    first = write_qdpx(tmp_path / "a.qdpx", **STUDY).read_bytes()
    assert write_qdpx(tmp_path / "b.qdpx", **STUDY).read_bytes() == first


def test_text_is_written_with_lf_and_without_bom_and_positions_count_code_points(tmp_path):
    path = write_qdpx(tmp_path / "a.qdpx", **STUDY)
    with zipfile.ZipFile(path) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("sources/")]
    assert texts[0] == "Line 1\nafraid 👍 José."
    selections = project(path).findall(".//{*}PlainTextSelection")
    assert [texts[0][int(s.get("startPosition")) : int(s.get("endPosition"))] for s in selections] == ["afraid", "👍"]


def test_coders_of_one_passage_are_codings_of_one_selection(tmp_path):
    first = project(write_qdpx(tmp_path / "a.qdpx", **STUDY)).find(".//{*}PlainTextSelection")
    assert first is not None
    assert len({coding.get("creatingUser") for coding in first.findall("{*}Coding")}) == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"source": "SYN-09"}, "unknown source 'SYN-09'"),
        ({"code_id": "nope"}, "unknown code 'nope'"),
        ({"coder": "nobody"}, "unknown coder 'nobody'"),
        ({"end": 999}, "positions 7 to 999 lie outside the text of 21 characters"),
    ],
)
def test_a_coding_that_points_nowhere_is_refused_and_nothing_is_written(tmp_path, change, expected):
    wrong = {**STUDY["codings"][0], **change}
    with pytest.raises(BadInput, match=expected):
        write_qdpx(tmp_path / "a.qdpx", **{**STUDY, "codings": [wrong]})
    assert list(tmp_path.iterdir()) == []


def test_a_cycle_of_codes_is_refused(tmp_path):
    codes = [{"code_id": "a", "name": "A", "parent_id": "b"}, {"code_id": "b", "name": "B", "parent_id": "a"}]
    with pytest.raises(BadInput, match="cycle"):
        write_qdc(tmp_path / "a.qdc", codes)
