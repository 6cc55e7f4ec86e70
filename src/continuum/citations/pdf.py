"""Citation contexts of PDF text: the last resort, numbered brackets only, marked as low quality and never counted."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import BadInput
from .marks import DASHES, Mark
from .records import Document, Paragraph, Reference, Source, clean_doi, normalized

_GROUP = re.compile(rf"\[(\d{{1,3}}(?:\s*[,;{DASHES}]\s*\d{{1,3}})*)\]")
_HEADING = re.compile(r"^\s*(references|bibliography|literature cited|works cited)\s*$", re.IGNORECASE | re.MULTILINE)
_ENTRY = re.compile(r"^\s*(?:\[(\d{1,3})\]|(\d{1,3})\.)\s+", re.MULTILINE)
_AUTHOR_YEAR = re.compile(r"\([A-Z][\w’'-]+(?: et al\.?| (?:and|&) [A-Z][\w’'-]+)?,? (?:19|20)\d\d[a-z]?\)")
#: Fewer bracketed numbers than this in a whole article mean another citation style.
FEWEST = 3
_FIX = "convert the article with GROBID to TEI, or find it as JATS"


def parse(path: Path, source: Source) -> Document:
    """Paragraphs, marks and references of one PDF with numbered brackets.

    Raises
    ------
    BadInput
        If it holds no text, no reference list, or cites by author and year or by superscripts.
    """
    text = _text(path)
    heading = list(_HEADING.finditer(text))
    if not heading:
        raise BadInput("no reference list was found in its text", file=path.name, fix=_FIX)
    body, listed = text[: heading[-1].start()], text[heading[-1].end() :]
    groups = list(_GROUP.finditer(body))
    if len(groups) < FEWEST:
        style = "cites by author and year" if _AUTHOR_YEAR.search(body) else "does not cite by numbers in brackets"
        raise BadInput(style, file=path.name, fix=_FIX)
    source.parser, source.parse_quality = "pdf", "low"
    source.title = next((line.strip() for line in body.splitlines() if len(line.strip()) > 20), path.stem)
    source.doi = clean_doi(body[:3000])
    source.source_id = f"doi:{source.doi}" if source.doi else f"title:{normalized(source.title)}"
    references = _references(listed)
    document = Document(source, references, [])
    document.warnings.append("read from PDF text: contexts are of low quality and enter no tally")
    for block in re.split(r"\n\s*\n", body):
        flat = re.sub(r"\s+", " ", block).strip()
        marks = [mark for found in _GROUP.finditer(flat) for mark in _marks(found, references, document)]
        if flat:
            document.paragraphs.append(Paragraph(flat, marks))
    return document


def _text(path: Path) -> str:
    """Text of all pages, with words joined that a line end cut."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise BadInput(f"not a readable PDF ({error})", file=path.name, fix=_FIX) from None
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    text = "\n".join(pages).replace("\r\n", "\n")
    text = re.sub(r"(?<=[a-z])[-\u00ad\ufffe]\n(?=[a-z])", "", text)
    if len(text.strip()) < 200:
        raise BadInput("holds no text: a scan?", file=path.name, fix=_FIX)
    return text


def _references(listed: str) -> dict[str, Reference]:
    starts = list(_ENTRY.finditer(listed))
    references: dict[str, Reference] = {}
    for entry, following in zip(starts, [*starts[1:], None], strict=True):
        number = entry.group(1) or entry.group(2)
        raw = " ".join(listed[entry.end() : following.start() if following else len(listed)].split())
        year = re.search(r"\b(?:19|20)\d\d\b", raw)
        doi = clean_doi(raw)
        references.setdefault(
            number,
            Reference(number, doi=doi, year=int(year.group(0)) if year else None, match="text" if doi else "none"),
        )
    return references


def _marks(found: re.Match[str], references: dict[str, Reference], document: Document) -> list[Mark]:
    """One mark per number of a bracket; a dash inside is left to the expansion of ranges."""
    marks = []
    for number in re.finditer(r"\d+", found.group(1)):
        start = found.start(1) + number.start()
        if number.group(0) in references:
            marks.append(Mark(start, start + len(number.group(0)), (number.group(0),)))
        else:
            document.unresolved.append(f"[{number.group(0)}]")
    return marks
