"""Citation contexts of TEI as GROBID writes it."""

from __future__ import annotations

import re
from typing import Any

from .marks import Mark
from .records import Document, Paragraph, Reference, Source, author_key, clean_doi, normalized

_BLOCKS = frozenset(
    {"p", "head", "figDesc", "note", "item", "cell", "s", "div", "figure", "table", "row", "list", "ab"}
)
_WHERE = {"figDesc": "caption", "figure": "caption", "table": "table", "note": "footnote"}
_ID = "{http://www.w3.org/XML/1998/namespace}id"


def parse(root: Any, source: Source) -> Document:
    """Paragraphs, marks and references of one TEI document.

    Marks without a target are counted as unresolved, never guessed.
    """
    source.parser, source.parse_quality = "tei", "medium"
    header = next((e for e in root.iter() if _name(e) == "teiHeader"), None)
    if header is not None:
        _describe(header, source)
    references = {
        e.get(_ID): _reference(e.get(_ID), e)
        for b in root.iter() if _name(b) == "listBibl" for e in b if _name(e) == "biblStruct" and e.get(_ID)
    }  # fmt: skip
    document = Document(source, references, [])
    for part, where in (("abstract", "abstract"), ("body", "body"), ("back", "back")):
        for element in root.iter():
            if _name(element) == part:
                _walk(element, [], where, document)
    return document


def _name(element: Any) -> str | None:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else None


def _walk(element: Any, path: list[str], where: str, document: Document) -> None:
    """Blocks of text below ``element``; a ``div`` may open with its heading."""
    for child in element:
        name = _name(child)
        if name is None or name == "listBibl":
            continue
        here = _WHERE.get(name, where)
        if name == "div":
            heading = next((" ".join("".join(h.itertext()).split()) for h in child if _name(h) == "head"), None)
            _walk(child, [*path, heading] if heading else path, here, document)
        elif name in {"p", "figDesc", "note", "item", "cell", "ab"}:
            paragraph = Paragraph("", [], list(path), "", here)
            _inline(child, paragraph, document)
            if paragraph.text.strip():
                document.paragraphs.append(paragraph)
        else:
            _walk(child, path, here, document)


def _inline(element: Any, paragraph: Paragraph, document: Document) -> None:
    _add(paragraph, element.text)
    for child in element:
        if _name(child) == "ref" and child.get("type") == "bibr":
            start = len(paragraph.text)
            _add(paragraph, "".join(child.itertext()))
            targets = [t.lstrip("#") for t in (child.get("target") or "").split()]
            known = tuple(t for t in targets if t in document.references)
            if known:
                paragraph.marks.append(Mark(start, len(paragraph.text), known))
            else:
                document.unresolved.append(f"line {child.sourceline}: {''.join(child.itertext()) or 'no text'}")
        elif _name(child) == "formula":
            _add(paragraph, " FORMULA ")
        elif _name(child) is not None:
            _inline(child, paragraph, document)
        _add(paragraph, child.tail)


def _add(paragraph: Paragraph, text: str | None) -> None:
    text = re.sub(r"\s+", " ", text or "")
    if text.startswith(" ") and paragraph.text.endswith(" "):
        text = text[1:]
    paragraph.text += text


def _first(element: Any, name: str, **attributes: str) -> str | None:
    for found in element.iter():
        if _name(found) == name and all(found.get(k) == v for k, v in attributes.items()):
            text = " ".join("".join(found.itertext()).split())
            if text:
                return text
    return None


def _describe(header: Any, source: Source) -> None:
    source.title = _first(header, "title") or ""
    source.doi = clean_doi(_first(header, "idno", type="DOI"))
    source.authors = _people(header)
    source.source_id = f"doi:{source.doi}" if source.doi else f"title:{normalized(source.title)}"


def _people(element: Any) -> list[str]:
    people = []
    for person in element.iter():
        if _name(person) == "persName":
            people.append(author_key(_first(person, "surname") or "", _first(person, "forename") or ""))
    return [p for p in people if p]


def _reference(ref_id: str, element: Any) -> Reference:
    raw = _first(element, "note", type="raw_reference")
    doi = clean_doi(_first(element, "idno", type="DOI"))
    found = "pub_id" if doi else "none"
    if doi is None and clean_doi(raw):
        doi, found = clean_doi(raw), "text"
    year = next(
        (
            int(match.group(0))
            for d in element.iter() if _name(d) == "date"
            for match in [re.search(r"(19|20)\d\d", d.get("when") or "".join(d.itertext()))] if match
        ),
        None,
    )  # fmt: skip
    return Reference(
        ref_id, doi=doi, pmid=_first(element, "idno", type="PMID"), title=_first(element, "title"), year=year,
        authors=_people(element), match=found,
    )  # fmt: skip
