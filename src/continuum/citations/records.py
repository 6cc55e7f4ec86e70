"""From paragraphs with marks to one record per mark and cited reference."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .marks import Mark, expand_ranges, masked
from .sentences import split

SECTIONS = ("abstract", "introduction", "methods", "results", "discussion", "conclusion", "other")
_SECTION_WORDS = (
    ("abstract", r"\babstract|summary of"),
    ("introduction", r"\bintro|background|rationale"),
    ("methods", r"\bmethod|material|procedure|participants|study design|data (collection|sources|analysis)|measures"),
    ("results", r"\bresult|finding"),
    ("discussion", r"\bdiscuss|limitation|implication|comment\b"),
    ("conclusion", r"\bconclu|perspectives|outlook"),
)
DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")


@dataclass
class Reference:
    """An entry of a reference list, with the facts found about the cited work."""

    ref_id: str
    doi: str | None = None
    pmid: str | None = None
    title: str | None = None
    year: int | None = None
    authors: list[str] = field(default_factory=list)
    match: str = "none"
    note: str = ""

    @property
    def cited_id(self) -> str:
        """The cited work's id across sources: DOI, PMID, title, or the local key."""
        if self.doi:
            return f"doi:{self.doi}"
        if self.pmid:
            return f"pmid:{self.pmid}"
        if self.title:
            return f"title:{normalized(self.title)}"
        return f"key:{self.ref_id}"


@dataclass
class Source:
    """A citing document."""

    source_id: str
    title: str = ""
    doi: str | None = None
    year: int | None = None
    file: str = ""
    sha256: str = ""
    authors: list[str] = field(default_factory=list)
    parser: str = "jats"
    parse_quality: str = "high"
    synthetic: bool = False


@dataclass
class Paragraph:
    """A block of text with the citation marks in it and where it stands."""

    text: str
    marks: list[Mark]
    section_path: list[str] = field(default_factory=list)
    section_type: str = ""
    where: str = "body"


@dataclass
class Document:
    """What a parser returns: the citing document, its references, its paragraphs, and what went wrong."""

    source: Source
    references: dict[str, Reference]
    paragraphs: list[Paragraph]
    unresolved: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


COLUMNS = (
    "context_id", "statement_id", "source_id", "source_doi", "source_title", "source_year", "source_file",
    "source_sha256", "ref_id", "cited_id", "doi", "pmid", "title", "year", "match", "sentence", "before", "after",
    "target_start", "target_end", "masked", "section", "section_path", "where", "position", "doc_pos", "paragraph",
    "sentence_no", "ordinal", "n_refs", "from_range", "mode", "prefix", "locator", "parser", "parse_quality",
    "self_citation", "synthetic", "label_author", "stance_result",
)  # fmt: skip


def records(document: Document) -> list[dict[str, Any]]:
    """One row per mark and cited reference, in the order of the document.

    Parameters
    ----------
    document : Document

    Returns
    -------
    list of dict
        With the keys of :data:`COLUMNS`.
    """
    rows: list[dict[str, Any]] = []
    order = list(document.references)
    length = sum(len(p.text) for p in document.paragraphs) or 1
    seen: Counter[str] = Counter()
    before_chars = 0
    sentence_no = 0
    for number, paragraph in enumerate(document.paragraphs):
        marks, warnings = expand_ranges(paragraph.text, paragraph.marks, order)
        document.warnings += warnings
        spans = split(paragraph.text, [(m.start, m.end) for m in marks]) if marks else []
        sentences = [paragraph.text[a:b].strip() for a, b in spans]
        for index, (start, end) in enumerate(spans):
            inside = [m for m in marks if start <= m.start < end]
            for row in _sentence_rows(document, paragraph, sentences, index, start, inside, seen):
                row |= {
                    "position": len(rows),
                    "doc_pos": round((before_chars + start) / length, 6),
                    "paragraph": number,
                    "sentence_no": sentence_no + index,
                }
                rows.append(row)
        sentence_no += len(spans)
        before_chars += len(paragraph.text)
    return rows


def _sentence_rows(
    document: Document,
    paragraph: Paragraph,
    sentences: Sequence[str],
    index: int,
    start: int,
    marks: Sequence[Mark],
    seen: Counter[str],
) -> Iterable[dict[str, Any]]:
    source = document.source
    sentence = sentences[index]
    shift = start + len(paragraph.text[start:]) - len(paragraph.text[start:].lstrip())
    local = [_moved(m, -shift, len(sentence)) for m in marks]
    n_refs = len({ref for m in marks for ref in m.refs})
    for mark in local:
        for ref in mark.refs:
            reference = document.references.get(ref)
            if reference is None:
                continue
            statement = _hash(source.source_id, reference.cited_id, normalized(sentence))
            ordinal = seen[statement]
            seen[statement] += 1
            first = min((m.start for m in local if ref in m.refs), default=mark.start)
            yield {
                "context_id": _hash(statement, str(ordinal)), "statement_id": statement,
                "source_id": source.source_id, "source_doi": source.doi, "source_title": source.title,
                "source_year": source.year, "source_file": source.file, "source_sha256": source.sha256,
                "ref_id": ref, "cited_id": reference.cited_id, "doi": reference.doi, "pmid": reference.pmid,
                "title": reference.title, "year": reference.year, "match": reference.match,
                "sentence": sentence, "before": sentences[index - 1] if index else "",
                "after": sentences[index + 1] if index + 1 < len(sentences) else "",
                "target_start": min(mark.start, first), "target_end": mark.end,
                "masked": masked(sentence, local, ref)[0],
                "section": section_class(paragraph), "section_path": list(paragraph.section_path),
                "where": paragraph.where, "ordinal": ordinal, "n_refs": n_refs, "from_range": ref in mark.ranged,
                "mode": mark.mode, "prefix": mark.prefix, "locator": mark.locator, "parser": source.parser,
                "parse_quality": source.parse_quality, "self_citation": self_citation(source, reference),
                "synthetic": source.synthetic, "label_author": mark.stance, "stance_result": mark.stance_result,
            }  # fmt: skip


def _moved(mark: Mark, by: int, length: int) -> Mark:
    return replace(mark, start=max(0, mark.start + by), end=min(length, mark.end + by))


def section_class(paragraph: Paragraph) -> str:
    """Class of the section a paragraph stands in: its declared type first, then titles from the inside out."""
    if paragraph.where == "abstract":
        return "abstract"
    for text in (paragraph.section_type, *reversed(paragraph.section_path)):
        for name, pattern in _SECTION_WORDS:
            if text and re.search(pattern, text.replace("|", " "), re.IGNORECASE):
                return name
    return "other"


def normalized(text: str) -> str:
    """NFKC, lower case, letters and digits with single blanks: equal however a text was set."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).lower()).strip()


def clean_doi(text: str | None) -> str | None:
    """A DOI in lower case without resolver or trailing punctuation; None if there is none."""
    match = DOI.search(text or "")
    if not match:
        return None
    doi = match.group(0).rstrip(".,;:)]}'\"")
    if "(" in doi and ")" not in doi and text and f"{doi})" in text:
        doi += ")"
    return doi.lower()


def self_citation(source: Source, reference: Reference) -> str:
    """Whether citing and cited work share an author, by family name and initial."""
    if not source.authors or not reference.authors:
        return "unknown"
    return "yes" if set(source.authors) & set(reference.authors) else "no"


def author_key(family: str, given: str = "") -> str:
    """Family name and first initial, comparable between sources."""
    return f"{normalized(family)} {normalized(given)[:1]}".strip()


def resolve_by_title(references: Mapping[str, Reference], library: Iterable[Reference]) -> int:
    """Give references without identifier the DOI of the library work with the same title and year (+-1).

    Titles of 25 characters or fewer, and titles that several works of the library share, are not matched.

    Returns
    -------
    int
        How many were resolved.
    """
    titles: dict[str, list[Reference]] = {}
    for work in library:
        if work.doi and work.title and len(work.title) > 25:
            titles.setdefault(normalized(work.title), []).append(work)
    resolved = 0
    for reference in references.values():
        found = titles.get(normalized(reference.title or ""), [])
        if reference.doi or len(found) != 1 or reference.year is None or found[0].year is None:
            continue
        if abs(reference.year - found[0].year) <= 1:
            reference.doi, reference.match = found[0].doi, "title_year"
            resolved += 1
    return resolved


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
