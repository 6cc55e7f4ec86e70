"""The text and the hidden metadata of any publishable file, read without trusting it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import lxml.etree as etree

#: Larger members of an archive are refused rather than unpacked.
MEMBER_LIMIT = 200 * 1024**2
_SAFE_XML = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


@dataclass(frozen=True)
class Passage:
    """A piece of text and where it stands.

    Attributes
    ----------
    place : str
        Line, cell, page, member or metadata field.
    text : str
    """

    place: str
    text: str


def passages(path: Path) -> Iterator[Passage]:
    """Everything readable in a file, hidden parts included.

    HTML comments, attributes and scripts, notebook outputs, chart data, document properties, image metadata and
    archive members all count: what a reader can extract is published.
    """
    reader = _READERS.get(path.suffix.lower())
    content = path.read_bytes()
    if reader is not None:
        yield from reader(content)
    elif b"\x00" not in content[:1024]:
        yield from _lines(content)


def _decode(content: bytes) -> str:
    return content.decode("utf-8-sig", errors="replace")


def _lines(content: bytes) -> Iterator[Passage]:
    for number, line in enumerate(_decode(content).splitlines(), start=1):
        yield Passage(f"line {number}", line)


class _Everything(HTMLParser):
    """Collects text, attribute values and comments with their lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Passage] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and not name.startswith("xmlns") and name not in {"d", "points", "transform", "viewbox", "style"}:
                self._keep(f"attribute {name}", value)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._keep("text", data)

    def handle_comment(self, data: str) -> None:
        self._keep("comment", data)

    def _keep(self, kind: str, text: str) -> None:
        self.found.append(Passage(f"line {self.getpos()[0]} ({kind})", text))


def _html(content: bytes) -> Iterator[Passage]:
    parser = _Everything()
    parser.feed(_decode(content))
    yield from parser.found
    # Text that markup cuts into pieces is still one sentence to a reader.
    visible = " ".join(p.text for p in parser.found if p.place.endswith("(text)"))
    yield Passage("whole page", re.sub(r"\s+", " ", visible))


def _json(content: bytes) -> Iterator[Passage]:
    try:
        value = json.loads(_decode(content))
    except ValueError:
        yield from _lines(content)
        return
    yield from _json_values(value, "")


def _json_values(value: Any, place: str) -> Iterator[Passage]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield Passage(f"{place} key", str(key))
            yield from _json_values(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        if value and all(isinstance(line, str) for line in value):
            yield Passage(place, "".join(value))  # notebook sources and outputs are lists of lines
        for index, inner in enumerate(value):
            yield from _json_values(inner, f"{place}[{index}]")
    elif value is not None and not isinstance(value, bool):
        yield Passage(place, str(value))


def _zip(content: bytes) -> Iterator[Passage]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            yield Passage("member name", member.filename)
            if member.file_size > MEMBER_LIMIT:
                yield Passage(member.filename, "[member too large to read]")
                continue
            inner = archive.read(member)
            suffix = Path(member.filename).suffix.lower()
            if suffix in {".xml", ".rels"}:
                yield from _xml(inner, member.filename)
            elif suffix in _READERS and suffix not in {".docx", ".xlsx", ".odt", ".ods", ".zip", ".qdpx"}:
                for passage in _READERS[suffix](inner):
                    yield Passage(f"{member.filename}: {passage.place}", passage.text)
            elif b"\x00" not in inner[:1024]:
                yield Passage(member.filename, _decode(inner))


def _xml(content: bytes, name: str = "XML") -> Iterator[Passage]:
    try:
        tree = etree.fromstring(content, etree.XMLParser(**_SAFE_XML))
    except etree.XMLSyntaxError:
        yield Passage(name, _decode(content))
        return
    paragraphs = [e for e in tree.iter("{*}p") if isinstance(e.tag, str)]
    for element in paragraphs:
        yield Passage(name, "".join(element.itertext()))
    for element in tree.iter():
        if not isinstance(element.tag, str):
            yield Passage(f"{name} (comment)", element.text or "")
            continue
        if element.text and element.text.strip():
            yield Passage(f"{name} <{etree.QName(element).localname}>", element.text)
        for key, value in element.attrib.items():
            if str(etree.QName(key).localname) in {"descr", "title", "author", "name", "alt"}:
                yield Passage(f"{name} @{etree.QName(key).localname}", str(value))


def _pdf(content: bytes) -> Iterator[Passage]:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        for key, value in document.get_metadata_dict(skip_empty=True).items():
            yield Passage(f"metadata {key}", str(value))
        for index in range(len(document)):
            text = document[index].get_textpage().get_text_bounded()
            # A word broken at a line end is still that word.
            yield Passage(f"page {index + 1}", re.sub(r"[\ufffe\u00ad-]?\r?\n", " ", text))
    finally:
        document.close()


def _png(content: bytes) -> Iterator[Passage]:
    position = 8
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        if kind in {b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME"}:
            body = content[position + 8 : position + 8 + length]
            yield Passage(f"image metadata {kind.decode()}", body.decode("latin-1").replace("\x00", " "))
        position += 12 + length


def _jpeg(content: bytes) -> Iterator[Passage]:
    for marker in re.finditer(rb"\xff([\xe1-\xef\xfe])(..)", content[: 256 * 1024], re.DOTALL):
        length = int.from_bytes(marker.group(2), "big")
        body = content[marker.end() : marker.end() + length - 2]
        if body[:4] == b"Exif" or marker.group(1) == b"\xfe" or b"xmp" in body[:64].lower():
            yield Passage("image metadata", body.decode("latin-1").replace("\x00", " "))


_READERS: dict[str, Callable[[bytes], Iterator[Passage]]] = {
    ".html": _html, ".htm": _html, ".svg": _html, ".xml": _xml, ".json": _json, ".ipynb": _json, ".jsonld": _json,
    ".geojson": _json, ".docx": _zip, ".xlsx": _zip, ".odt": _zip, ".ods": _zip, ".zip": _zip, ".qdpx": _zip,
    ".pdf": _pdf, ".png": _png, ".jpg": _jpeg, ".jpeg": _jpeg,
}  # fmt: skip
