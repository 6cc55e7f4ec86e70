"""Citation contexts of JATS and NLM articles: every mark, also in captions, lists, quotations and tables."""

from __future__ import annotations

import re
from typing import Any

from ..errors import BadInput
from .marks import Mark
from .records import Document, Paragraph, Reference, Source, author_key, clean_doi, normalized

#: Elements that begin a text of their own; text before and after them is not joined.
_BLOCKS = frozenset(
    """p title subtitle list list-item disp-quote fig fig-group table-wrap table-wrap-group caption boxed-text td
    th tr thead tbody tfoot table fn fn-group def-list def-item def term sec abstract trans-abstract body back
    ack app app-group verse-group verse-line statement supplementary-material media speech notes glossary bio
    array disp-formula-group table-wrap-foot attrib floats-group floats-wrap""".split()
)
_FORMULAS = frozenset({"inline-formula", "disp-formula", "math", "tex-math", "chem-struct", "chem-struct-wrap"})
_SKIPPED = frozenset(
    """ref-list sub-article response label object-id graphic inline-graphic journal-meta permissions alternatives
    xref-group related-article self-uri email contrib-group aff""".split()
)
_WHERE = {
    "fig": "caption", "table-wrap": "table", "fn": "footnote", "boxed-text": "box", "disp-quote": "quote",
    "back": "back", "abstract": "abstract", "supplementary-material": "caption", "media": "caption",
}  # fmt: skip
_CITATIONS = ("element-citation", "mixed-citation", "nlm-citation", "citation")


def parse(root: Any, source: Source) -> Document:
    """Paragraphs, marks and references of one article.

    Parameters
    ----------
    root : lxml element
        The article, parsed safely, with or without a namespace.
    source : Source
        Filled with DOI, title, year and authors of the article.
    """
    article = root if _name(root) == "article" else next(e for e in root.iter() if _name(e) == "article")
    _describe(article, source)
    references, aliases = _references(article)
    walker = _Walker(aliases)
    for part in ("abstract", "body", "back", "floats-group", "floats-wrap"):
        for element in _front_and_children(article, part):
            walker.walk(element, [], "", "body" if part in {"body", "floats-group", "floats-wrap"} else part)
            walker.flush([], "", "body")
    document = Document(source, references, walker.paragraphs, walker.unresolved)
    skipped = sum(1 for e in article.iter() if _name(e) in {"sub-article", "response"})
    if skipped:
        document.warnings.append(f"{skipped} letters, responses or translations inside the article were left out")
    return document


class _Walker:
    """Collects paragraphs in document order; a block inside a paragraph becomes one of its own."""

    def __init__(self, aliases: dict[str, str]) -> None:
        self.aliases = aliases
        self.paragraphs: list[Paragraph] = []
        self.unresolved: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._marks: list[Mark] = []

    def walk(self, element: Any, path: list[str], kind: str, where: str) -> None:
        name = _name(element)
        if name == "sec":
            title = next((c for c in element if _name(c) == "title"), None)
            path = [*path, " ".join("".join(title.itertext()).split())] if title is not None else path
            kind = element.get("sec-type") or kind
        where = _WHERE.get(name or "", where)
        block = name in _BLOCKS
        if block:
            self.flush(path, kind, where)
        self._add(element.text)
        for child in element:
            self._child(child, path, kind, where)
            self._add(child.tail)
        if block:
            self.flush(path, kind, where)

    def _child(self, child: Any, path: list[str], kind: str, where: str) -> None:
        name = _name(child)
        if name in _SKIPPED or name is None:
            return
        if name in _FORMULAS:
            self._add(" FORMULA ")
        elif name == "xref" and child.get("ref-type") == "bibr":
            self._mark(child)
        else:
            self.walk(child, path, kind, where)

    def _mark(self, child: Any) -> None:
        start = self._length
        self._add(" ".join("".join(child.itertext()).split()))
        known: list[str] = []
        for rid in (child.get("rid") or "").split():
            if rid in self.aliases:
                known.append(self.aliases[rid])
            else:
                self.unresolved.append(f"line {child.sourceline}: {rid}")
        if known:
            self._marks.append(Mark(start, self._length, tuple(known)))

    def _add(self, text: str | None) -> None:
        if not text:
            return
        text = re.sub(r"\s+", " ", text)
        if text.startswith(" ") and self._text and self._text[-1].endswith(" "):
            text = text[1:]
        self._text.append(text)
        self._length += len(text)

    def flush(self, path: list[str], kind: str, where: str) -> None:
        """End the current paragraph."""
        text = "".join(self._text)
        if text.strip():
            self.paragraphs.append(Paragraph(text, self._marks, list(path), kind, where))
        self._text, self._length, self._marks = [], 0, []


def _name(element: Any) -> str | None:
    """Local name; None for comments and processing instructions."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else None


def _front_and_children(article: Any, part: str) -> list[Any]:
    """Abstracts stand in the front matter, the rest beside it."""
    if part == "abstract":
        meta = [
            e for f in article if _name(f) == "front" for e in f.iter() if _name(e) in {"abstract", "trans-abstract"}
        ]
        return meta
    return [e for e in article if _name(e) == part]


def _texts(element: Any, name: str) -> list[str]:
    return [" ".join("".join(e.itertext()).split()) for e in element.iter() if _name(e) == name]


def _describe(article: Any, source: Source) -> None:
    meta = next((e for e in article.iter() if _name(e) == "article-meta"), None)
    if meta is None:
        return
    for element in meta:
        if _name(element) == "article-id" and element.get("pub-id-type") == "doi":
            source.doi = clean_doi(element.text)
    titles = _texts(meta, "article-title")
    source.title = titles[0] if titles else ""
    years = [int(y) for y in _texts(meta, "year") if re.fullmatch(r"(19|20)\d\d", y)]
    source.year = min(years) if years else None
    groups = [e for e in meta if _name(e) == "contrib-group"]
    source.authors = _people(groups[0]) if groups else []
    source.source_id = f"doi:{source.doi}" if source.doi else f"title:{normalized(source.title)}"


def _people(element: Any) -> list[str]:
    people = []
    for name in element.iter():
        if _name(name) in {"name", "string-name"}:
            family = next(iter(_texts(name, "surname")), "")
            people.append(author_key(family, next(iter(_texts(name, "given-names")), "")))
    return [p for p in people if p]


def _references(article: Any) -> tuple[dict[str, Reference], dict[str, str]]:
    """References by id in list order, and every id (also of citations inside one entry) -> reference id."""
    references: dict[str, Reference] = {}
    aliases: dict[str, str] = {}
    lists = [e for e in article.iter() if _name(e) == "ref-list" and not _inside(e, {"sub-article", "response"})]
    for number, ref in enumerate((r for e in lists for r in e if _name(r) == "ref"), start=1):
        citations = [c for c in ref.iter() if _name(c) in _CITATIONS]
        ref_id = ref.get("id") or next((c.get("id") for c in citations if c.get("id")), f"entry-{number}")
        if ref_id in references:
            raise BadInput(f"the reference id {ref_id!r} stands twice", place=f"line {ref.sourceline}", fix="keep one")
        references[ref_id] = _reference(ref_id, citations[0] if citations else ref)
        aliases[ref_id] = ref_id
        for inner in citations:
            if inner.get("id"):
                aliases[inner.get("id")] = ref_id
    return references, aliases


def _inside(element: Any, names: set[str]) -> bool:
    return any(_name(a) in names for a in element.iterancestors())


def _reference(ref_id: str, citation: Any) -> Reference:
    reference = Reference(ref_id)
    for element in citation.iter():
        if _name(element) == "pub-id" and element.get("pub-id-type") == "doi":
            reference.doi, reference.match = clean_doi(element.text), "pub_id"
        elif _name(element) == "pub-id" and element.get("pub-id-type") == "pmid":
            reference.pmid = (element.text or "").strip() or None
    for link in citation.iter():
        if reference.doi is None and _name(link) in {"ext-link", "uri"}:
            target = next((v for k, v in link.attrib.items() if k.endswith("href")), "")
            reference.doi = clean_doi(target) or clean_doi("".join(link.itertext()))
            reference.match = "link" if reference.doi else "none"
    if reference.doi is None:
        reference.doi = clean_doi("".join(citation.itertext()))
        reference.match = "text" if reference.doi else "none"
    titles = _texts(citation, "article-title") or _texts(citation, "chapter-title") or _texts(citation, "source")
    reference.title = titles[0] if titles else None
    years = [y for y in _texts(citation, "year") if re.match(r"(19|20)\d\d", y)]
    reference.year = int(years[0][:4]) if years else None
    reference.authors = _people(citation)
    return reference
