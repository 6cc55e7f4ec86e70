"""Citation contexts of the compendium's own sources (.qmd, .md, .ipynb), through pandoc's document tree."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..errors import BadInput
from .bibliography import PandocFailed, pandoc, read_bibliography
from .marks import Mark
from .records import Document, Paragraph, Reference, Source, clean_doi, normalized

#: Cross-references look like citations to pandoc.
CROSS_REFERENCES = frozenset(
    """fig tbl lst sec eq thm lem cor prp cnj def exm exr sol rem alg tip nte wrn imp cau""".split()
)
_MODES = {"AuthorInText": "narrative", "NormalCitation": "parenthetical", "SuppressAuthor": "suppress_author"}
_STANCES = {"supports": "supporting", "contrasts": "contrasting", "mentions": "mentioning"}
_SHORTCODE = re.compile(r"\{\{<\s*(var|meta|include|embed)\s+([^\s>]+)[^>]*>\}\}")
_PLACES = {"BlockQuote": "quote", "Table": "table", "Figure": "caption"}


def parse(path: Path, source: Source, variables: Mapping[str, Any] | None = None) -> Document:
    """Paragraphs, marks and references of one manuscript source.

    Parameters
    ----------
    path : path
        ``.qmd``, ``.md`` or ``.ipynb``.
    source : Source
        Filled with title and DOI from the front matter.
    variables : mapping, optional
        Contents of ``_variables.yml``, for ``{{< var key >}}``.

    Raises
    ------
    BadInput
        If pandoc cannot read the file, a bibliography is missing or broken, or a cited key is not defined.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        text = resolve_shortcodes(text, path, variables or {}, set())
    tree = document_tree(text, path)
    meta = {key: _meta(value) for key, value in tree["meta"].items()}
    source.title = str(meta.get("title") or path.stem)
    source.doi = clean_doi(str(meta.get("doi") or ""))
    source.source_id = f"doi:{source.doi}" if source.doi else f"title:{normalized(source.title)}"
    source.parser = "pandoc"
    references = _bibliography(path, meta)
    walker = _Walker(set(references))
    walker.blocks(tree["blocks"], [], "body")
    document = Document(source, references, walker.paragraphs, warnings=walker.warnings)
    for key in walker.cited - set(references):
        line = next((n for n, row in enumerate(text.splitlines(), 1) if f"@{key}" in row), None)
        raise BadInput(
            f"the citation @{key} is not defined", file=path.name, place=f"line {line}" if line else None,
            fix=f"add it to the bibliography{_near(key, references)}",
        )  # fmt: skip
    document.warnings += [
        f"nocite: @{key} is listed without being discussed" for key in _keys(tree["meta"].get("nocite"))
    ]
    return document


def resolve_shortcodes(text: str, path: Path, variables: Mapping[str, Any], including: set[Path]) -> str:
    """Replace ``var``, ``meta`` and ``include`` shortcodes by what they stand for; an unknown number becomes "…"."""
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    meta = yaml.safe_load(front.group(1)) if front else {}

    def value(match: re.Match[str]) -> str:
        kind, name = match.group(1), match.group(2)
        if kind == "embed":
            return ""
        if kind == "include":
            target = (path.parent / name).resolve()
            if target in including or not target.is_file():
                raise BadInput(
                    f"cannot include {name}", file=path.name, fix="check the name; a file cannot include itself"
                )
            return resolve_shortcodes(target.read_text(encoding="utf-8"), target, variables, including | {target})
        found: Any = variables if kind == "var" else meta
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return str(found) if found is not None else "…"

    return _SHORTCODE.sub(value, text)


class _Walker:
    """Turns pandoc's blocks into paragraphs with marks."""

    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.paragraphs: list[Paragraph] = []
        self.cited: set[str] = set()
        self.warnings: list[str] = []
        self._headings: list[tuple[int, str]] = []

    def blocks(self, blocks: list[Any], path: list[str], where: str) -> None:
        for block in blocks:
            self.block(block["t"], block.get("c"), where)

    def block(self, kind: str, content: Any, where: str) -> None:
        where = _PLACES.get(kind, where)
        if kind in {"Para", "Plain"}:
            self._paragraph(content, where)
        elif kind == "Header":
            level, _, inlines = content
            while self._headings and self._headings[-1][0] >= level:
                self._headings.pop()
            self._headings.append((level, self._paragraph(inlines, "heading", keep=False)))
        elif kind == "LineBlock":
            self._paragraph([i for line in content for i in [*line, {"t": "Space"}]], where)
        elif kind == "BlockQuote":
            self.blocks(content, [], where)
        elif kind == "Div":
            (_, classes, _), inner = content
            if "cell" not in classes or not any(b["t"] == "CodeBlock" for b in inner):
                self.blocks(inner, [], "abstract" if "abstract" in classes else where)
        elif kind in {"BulletList", "OrderedList"}:
            for item in content if kind == "BulletList" else content[1]:
                self.blocks(item, [], where)
        elif kind == "DefinitionList":
            for term, definitions in content:
                self._paragraph(term, where)
                for definition in definitions:
                    self.blocks(definition, [], where)
        elif kind in {"Table", "Figure"}:
            for inner in block_lists(content):
                self.blocks(inner, [], where)

    def _paragraph(self, inlines: list[Any], where: str, *, keep: bool = True) -> str:
        builder = _Inlines(self, where)
        builder.add(inlines)
        text = "".join(builder.text)
        if keep and text.strip():
            headings = [title for _, title in self._headings]
            where = "abstract" if headings and normalized(headings[-1]) == "abstract" else where
            self.paragraphs.append(Paragraph(text, builder.marks, headings, "", where))
        return text


class _Inlines:
    """Text and marks of one paragraph; footnotes become paragraphs of their own."""

    def __init__(self, walker: _Walker, where: str) -> None:
        self.walker = walker
        self.where = where
        self.text: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0

    def add(self, inlines: list[Any], stance: tuple[str, str | None] | None = None) -> None:
        for inline in inlines:
            kind, content = inline["t"], inline.get("c")
            if kind in {"Str", "Code"}:
                self._write(content if kind == "Str" else content[1])
            elif kind in {"Space", "SoftBreak", "LineBreak"}:
                self._write(" ")
            elif kind == "Math":
                self._write("FORMULA")
            elif kind == "Quoted":
                self._write("“" if content[0]["t"] == "DoubleQuote" else "‘")
                self.add(content[1], stance)
                self._write("”" if content[0]["t"] == "DoubleQuote" else "’")
            elif kind == "Note":
                self.walker.blocks(content, [], "footnote")
            elif kind == "Cite":
                self._cite(content[0], content[1], stance)
            elif kind == "Span":
                self.add(content[1], self._stance(content) or stance)
            elif kind in {"Link", "Image"}:
                self.add(content[1], stance)
            elif isinstance(content, list) and kind not in {"RawInline"}:
                self.add(content, stance)

    def _stance(self, content: Any) -> tuple[str, str | None] | None:
        (_, classes, pairs), inner = content
        declared = next((_STANCES[c] for c in classes if c in _STANCES), None)
        if declared is None:
            return None
        if len(inner) == 1 and inner[0]["t"] == "Cite" and inner[0]["c"][0][0]["citationMode"]["t"] == "AuthorInText":
            key = inner[0]["c"][0][0]["citationId"]
            self.walker.warnings.append(f"[@{key}]{{...}} prints the author's name; write [[@{key}]]{{...}}")
        return declared, dict(pairs).get("result")

    def _cite(self, citations: list[Any], printed: list[Any], stance: tuple[str, str | None] | None) -> None:
        start = self.length
        self.add(printed)
        shown = "".join(self.text)[start:]
        for citation in citations:
            key = citation["citationId"]
            if key.split("-")[0] in CROSS_REFERENCES and key not in self.walker.known:
                continue
            self.walker.cited.add(key)
            at = max(shown.find(f"@{key}"), 0)
            stop = shown.find(";", at)
            end = stop if stop >= 0 else len(shown.rstrip("]")) if shown.startswith("[") else at + len(key) + 1
            self.marks.append(
                Mark(
                    start + at, start + end, (key,),
                    mode=_MODES[citation["citationMode"]["t"]],
                    prefix=_plain(citation["citationPrefix"]) or None,
                    locator=_plain(citation["citationSuffix"]).lstrip(", ") or None,
                    stance=stance[0] if stance else None,
                    stance_result=stance[1] if stance else None,
                )
            )  # fmt: skip

    def _write(self, text: str) -> None:
        self.text.append(text)
        self.length += len(text)


def block_lists(value: Any) -> list[list[Any]]:
    """Every list of blocks inside a table or figure, in order: captions and cells."""
    if isinstance(value, list):
        if value and all(isinstance(v, dict) and v.get("t") in _BLOCK_KINDS for v in value):
            return [value]
        return [found for inner in value for found in block_lists(inner)]
    return []


_BLOCK_KINDS = frozenset(
    """Para Plain Header LineBlock BlockQuote Div BulletList OrderedList DefinitionList Table Figure""".split()
)


def _plain(inlines: list[Any]) -> str:
    words = {"Space": " ", "SoftBreak": " "}
    text = "".join(i["c"] if i["t"] == "Str" else words.get(i["t"], "") for i in inlines)
    return text.replace("\N{NO-BREAK SPACE}", " ")


def _meta(value: Any) -> Any:
    kind, content = value["t"], value.get("c")
    if kind == "MetaInlines":
        return _plain(content)
    if kind == "MetaList":
        return [_meta(v) for v in content]
    if kind == "MetaMap":
        return {k: _meta(v) for k, v in content.items()}
    return content


def _keys(value: Any) -> list[str]:
    """Citation keys anywhere in a metadata value."""
    if isinstance(value, dict):
        if value.get("t") == "Cite":
            return [c["citationId"] for c in value["c"][0]]
        return [key for inner in value.values() for key in _keys(inner)]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


def _bibliography(path: Path, meta: Mapping[str, Any]) -> dict[str, Reference]:
    named = meta.get("bibliography") or []
    files = [named] if isinstance(named, str) else list(named)
    if not files:
        files = [p.name for p in sorted(path.parent.glob("*.bib"))]
    references: dict[str, Reference] = {}
    for file in files:
        references |= read_bibliography((path.parent / file).resolve())
    return references


def _near(key: str, references: Mapping[str, Reference]) -> str:
    import difflib

    near = difflib.get_close_matches(key, references, n=1)
    return f", or did you mean @{near[0]}?" if near else ""


def document_tree(text: str, path: Path) -> Any:
    """Pandoc's document tree of a source.

    Raises
    ------
    BadInput
        If pandoc cannot read it.
    """
    try:
        return json.loads(pandoc(text, "ipynb" if path.suffix == ".ipynb" else "markdown", "json"))
    except PandocFailed as error:
        said = str(error).splitlines()[0]
        raise BadInput(f"pandoc cannot read it ({said})", file=path.name, fix="check its syntax") from None
