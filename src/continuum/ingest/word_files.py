"""The text of Word (.docx) and OpenDocument (.odt) transcripts, one line per paragraph."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from ..errors import BadInput
from .safe import open_zip, parse_xml, read_text, shown

_PARTS = {".docx": "word/document.xml", ".odt": "content.xml"}
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
ENDINGS = (".txt", *_PARTS)


def transcript(path: Path) -> str:
    """Text of a ``.txt``, ``.docx`` or ``.odt`` file; comments, deleted text, headers and footnotes are left out.

    Raises
    ------
    BadInput, ManyProblems
        If the file is not what its name says, damaged or hostile.
    """
    part = _PARTS.get(path.suffix.lower())
    if part is None:
        return read_text(path).text
    with open_zip(path, expected=f"a {path.suffix.lower()} document") as archive:
        member = archive.find(part)
        if member is None:
            raise BadInput(
                f"is a zip, but not a {path.suffix.lower()} document", file=shown(path), fix="save it again as .txt"
            )
        root = parse_xml(archive.read(member), shown(path), place=member)
    paragraphs = _word(root) if part.startswith("word") else _open_document(root)
    return "\n".join(paragraphs)


def _word(root: etree._Element) -> list[str]:
    signs = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
    return [
        "".join(
            (node.text or "") if node.tag == f"{_WORD}t" else signs.get(str(node.tag), "")
            for node in paragraph.iter()
            if node.getparent() is None or node.getparent().tag != f"{_WORD}tabs"
        )
        for paragraph in root.iter(f"{_WORD}p")
    ]


def _open_document(root: etree._Element) -> list[str]:
    return [_odt_text(p) for p in root.iter(f"{_TEXT}p", f"{_TEXT}h") if not _in_note(p)]


def _in_note(element: etree._Element) -> bool:
    return any(above.tag in {f"{_TEXT}note", f"{_TEXT}tracked-changes"} for above in element.iterancestors())


def _odt_text(element: etree._Element) -> str:
    """Text of a paragraph with the blanks, tabs and line ends that OpenDocument writes as elements."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            pieces.append(" " * (int(count) if count.isdecimal() and len(count) < 4 else 1))
        elif child.tag in {f"{_TEXT}tab", f"{_TEXT}line-break"}:
            pieces.append("\t" if child.tag.endswith("tab") else "\n")
        elif child.tag not in {f"{_TEXT}note", f"{_TEXT}p", f"{_TEXT}h"}:
            pieces.append(_odt_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)
