"""The scan finds what must not be published, wherever a reader could find it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from continuum.disclosure import scan
from continuum.disclosure.extract import passages
from continuum.disclosure.inspection import _scan_rows, _scan_text
from continuum.disclosure.secrets import Secrets
from continuum.errors import BadInput

PLANTED = "SYN-R0042"


def kinds(path: Path) -> set[str]:
    return {leak.kind for leak in scan(path)}


def png_with_text(text: str) -> bytes:
    body = b"Comment\x00" + text.encode()
    return b"\x89PNG\r\n\x1a\n" + len(body).to_bytes(4, "big") + b"tEXt" + body + b"\x00\x00\x00\x00"


def docx(document: str, author: str = "") -> bytes:
    buffer = io.BytesIO()
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", f'<w:d xmlns:w="{w}"><w:p><w:r><w:t>{document}</w:t></w:r></w:p></w:d>')
        archive.writestr("docProps/core.xml", f"<c><creator>{author}</creator></c>")
    return buffer.getvalue()


PLACES = {
    "text of a page": ("a.html", f"<p>See {PLANTED}</p>".encode()),
    "an attribute": ("a.html", f'<p data-id="{PLANTED}">x</p>'.encode()),
    "a comment": ("a.html", f"<!-- {PLANTED} -->".encode()),
    "a script": ("a.html", f"<script>const d = ['{PLANTED}']</script>".encode()),
    "an image description": ("a.svg", f"<svg><title>{PLANTED}</title></svg>".encode()),
    "a notebook output": ("a.ipynb", json.dumps({"cells": [{"outputs": [{"text": [f"{PLANTED}\n"]}]}]}).encode()),
    "a chart's data": ("a.json", json.dumps({"datasets": {"d": [{"who": PLANTED}]}}).encode()),
    "a key of a chart": ("a.json", json.dumps({PLANTED: 1}).encode()),
    "a table": ("a.csv", f"x\n{PLANTED}\n".encode()),
    "a Word document": ("a.docx", docx(PLANTED)),
    "the author of a Word document": ("a.docx", docx("x", PLANTED)),
    "the metadata of an image": ("a.png", png_with_text(PLANTED)),
    "a file name": (f"{PLANTED}.txt", b"x"),
    "a plain file": ("a.qmd", f"x {PLANTED}".encode()),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_identifier_is_found_in(tmp_path: Path, place: str):
    name, content = PLACES[place]
    (tmp_path / name).write_bytes(content)
    assert "identifier" in kinds(tmp_path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jo.doe@shelter-kc.org", "e-mail address"),
        ("call (816) 555-0100 now", "phone number"),
        ("from 203.0.113.7", "IP address"),
        ("saved in /home/somebody/study", "path of a personal folder"),
    ],
)
def test_personal_data_are_found_by_their_form(tmp_path: Path, text: str, kind: str):
    (tmp_path / "page.html").write_text(f"<p>{text}</p>")
    assert kind in kinds(tmp_path)


@pytest.mark.parametrize(
    "text", ["doi 10.1177/0886109918803648", "pages 116-132", "version 3.11.7", "2013-2016", "1,234.5"]
)
def test_ordinary_numbers_are_left_alone(tmp_path: Path, text: str):
    (tmp_path / "page.html").write_text(f"<p>{text}</p>")
    assert scan(tmp_path) == []


def test_small_cells_are_found_in_tables_and_charts():
    rows = [{"sector": "legal", "n": "3"}, {"sector": "medical", "n": "12"}]
    found = list(_scan_rows(rows, "t.csv", "row", 5))
    assert [leak.kind for leak in found] == ["small cell"]
    assert "row 1" in found[0].place


def test_one_row_per_person_is_found():
    assert [leak.kind for leak in _scan_rows([{"respondent_id": 1}], "t.csv", "row", 5)] == ["row-level data"]


def test_words_without_consent_are_found_even_across_markup(tmp_path: Path):
    secrets = Secrets()
    secrets.add_texts(["People lost the room first and then the job and the papers"])
    (tmp_path / "page.html").write_text("<p>they said: <em>people lost the room</em> first and <b>then</b> the job</p>")
    found = list(_scan_text(passages(tmp_path / "page.html"), "page.html", secrets))
    assert "quotation without consent" in {leak.kind for leak in found}


def test_words_that_are_public_too_are_not_a_leak():
    secrets = Secrets()
    secrets.add_texts(["How often do you see signs of unstable housing at work"])
    secrets.allow_texts(["How often do you see signs of unstable housing at work?"])
    assert secrets.shingles == set()


def test_common_words_and_bare_numbers_are_not_identifiers():
    secrets = Secrets()
    secrets.add_identifiers(["12", "R_3kx9Qm2", "anna", "I001x"])
    assert secrets.identifiers == {"r_3kx9qm2", "i001x"}


def test_an_unreadable_file_is_not_called_safe(tmp_path: Path):
    (tmp_path / "broken.docx").write_bytes(b"PK\x03\x04 not a zip")
    assert kinds(tmp_path) == {"unreadable"}


def test_nothing_to_scan_is_an_error(tmp_path: Path):
    with pytest.raises(BadInput, match="nothing to scan"):
        scan(tmp_path / "missing")


def test_a_report_masks_what_it_found(tmp_path: Path):
    (tmp_path / "a.txt").write_text(PLANTED)
    assert all(PLANTED not in str(leak) for leak in scan(tmp_path))
