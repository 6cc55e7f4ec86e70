"""The paper contract: what must hold of the sources before either publisher is started.

Every embed, variable, reference and citation leads somewhere; every figure has caption, text alternative and picture;
synthetic numbers stand in sentences that say so; ``_quarto.yml`` uses keys that Quarto has and files that exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import paths
from ..errors import BadInput, CompendiumError
from .citation_blocks import claim_problems, notice_problems
from .notebook import Notebook, embed
from .portable import near
from .sources import CITATION, REFERENCE, SHORTCODE, Source, check_constructs, prose, read_source
from .stage import DEMO, Stage, listed_files
from .variables import lookup

#: Keys of Quarto's website projects that are in use here (Quarto reference, 1.8 to 1.10).
KEYS = {
    "": {"project", "website", "execute", "lang", "bibliography", "csl", "link-citations", "format", "crossref",
         "filters", "results-page", "synthetic-note", "reference-doc"},
    "project": {"type", "output-dir", "render", "resources", "pre-render", "post-render"},
    "website": {"title", "description", "site-url", "repo-url", "favicon", "navbar", "search", "page-footer",
                "page-navigation", "announcement", "open-graph", "image", "bread-crumbs", "back-to-top-navigation"},
    "navbar": {"left", "right", "title", "search", "background", "logo", "collapse-below"},
    "execute": {"enabled", "freeze", "cache"},
    "html": {"theme", "toc", "toc-depth", "toc-title", "code-fold", "code-summary", "html-math-method", "css",
             "notebook-links", "anchor-sections", "smooth-scroll", "lightbox", "code-copy", "embed-resources",
             "respect-user-color-scheme", "reference-section-title", "citations-hover", "footnotes-hover", "grid",
             "highlight-style"},
}  # fmt: skip
_BIB_ENTRY = re.compile(r"^@(\w+)\{([^,\s]+),", re.M)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z*\[{])")


def check(staged: Stage) -> list[CompendiumError]:
    """Everything that keeps the staged sources from being published; empty if all is well."""
    problems: list[CompendiumError] = list(_configuration(staged))
    for source in originals(staged):
        problems += check_constructs(source)
    cited: set[str] = set()
    known = bibliography(staged.project.file("bibliography"))
    for source in staged.sources():
        problems += shortcode_problems(source, staged)
        problems += reference_problems(source)
        problems += citation_problems(source, known)
        problems += wording_problems(source, staged)
        cited |= citations(source)
    problems += claim_problems(staged)
    problems += notice_problems(staged)
    for notebook in staged.notebooks.values():
        problems += notebook_problems(notebook, staged)
        cited |= {key for cell in notebook.cells if cell.kind == "markdown" for key in CITATION.findall(cell.source)}
    if staged.study.study == DEMO:
        problems += [
            BadInput(
                f"nothing cites {key}", file=str(staged.project.config["bibliography"]), fix="cite it or take it out"
            )
            for key in sorted(set(known) - cited)
        ]
    return problems


def originals(staged: Stage) -> Iterator[Source]:
    """The pages as people wrote them, before staging filled them in."""
    root = paths.root()
    for name in staged.project.pages():
        file = root / name
        if name == "paper/index.qmd" and staged.study.study != DEMO:
            file = staged.study.folder / name
        if name.endswith(".qmd") and file.is_file():
            yield read_source(file, root)


def shortcode_problems(source: Source, staged: Stage) -> Iterator[CompendiumError]:
    """Embeds, variables and front matter keys that do not exist, and figures that cannot be shown."""
    for line in prose(source.body):
        for match in SHORTCODE.finditer(line.text):
            name, argument = match.group(1), match.group(2)
            try:
                if name == "embed":
                    notebook, cell = staged.target(source, argument, line.number)
                    embed(cell, notebook, figures="figures", synthetic=staged.study.synthetic)
                elif lookup(staged.variables if name == "var" else source.meta, argument) is None:
                    where = "results.json" if name == "var" else "the front matter"
                    yield source.problem(f"{argument!r} is not in {where}", line.number, near(argument, staged))
            except CompendiumError as error:
                yield error


def reference_problems(source: Source) -> Iterator[CompendiumError]:
    """Cross-references that lead nowhere or to two places of the page."""
    defined = [argument.split("#")[-1] for _, name, argument in _shortcodes(source) if name == "embed"]
    for line in prose(source.body):
        defined += re.findall(r"\{[^{}]*#((?:sec|fig|tbl|eq)-[\w-]+)", SHORTCODE.sub("", line.text))
    for label in sorted({label for label in defined if defined.count(label) > 1}):
        yield BadInput(f"the label {label!r} stands twice", file=source.name, fix="embed each cell once a page")
    for line in prose(source.body):
        for label in REFERENCE.findall(line.text):
            if label not in defined:
                yield source.problem(
                    f"refers to {label!r}, which is not on this page", line.number, "embed it, or mend the name"
                )
            if label.startswith("sec-") and source.meta.get("number-sections") is not True:
                yield source.problem(
                    f"refers to {label!r}", line.number, "set number-sections: true in the front matter"
                )


def citations(source: Source) -> set[str]:
    """Keys that a page cites."""
    found = {key for line in prose(source.body) for key in CITATION.findall(line.text)}
    return {key for key in found if not REFERENCE.fullmatch(f"@{key}")}


def citation_problems(source: Source, known: dict[str, int]) -> Iterator[CompendiumError]:
    """Citations of works that the bibliography does not have."""
    import difflib

    for line in prose(source.body):
        for key in CITATION.findall(line.text):
            if key not in known and not REFERENCE.fullmatch(f"@{key}"):
                close = difflib.get_close_matches(key, known, n=1)
                yield source.problem(
                    f"cites {key!r}, which is not in the bibliography", line.number,
                    f"did you mean {close[0]!r}?" if close else "add it to references.bib",
                )  # fmt: skip


def wording_problems(source: Source, staged: Stage) -> Iterator[CompendiumError]:
    """Sentences that show a synthetic number without the word, and claims about results that do not exist."""
    for line in prose(source.body):
        for keys in re.findall(r'\.claim\b[^}]*?\bresult="([^"]*)"', line.text):
            for key in keys.split():
                if key not in staged.results:
                    yield source.problem(
                        f"claims something about {key!r}, which is not a result", line.number, near(key, staged)
                    )
    if not staged.study.synthetic:
        return
    for number, paragraph in _paragraphs(source):
        if paragraph.lstrip().startswith(("|", "#")):
            continue
        for sentence in _SENTENCE_END.split(paragraph):
            keys = [m.group(2) for m in SHORTCODE.finditer(sentence) if m.group(1) == "var"]
            if any(_is_synthetic(key, staged) for key in keys) and "synthetic" not in sentence.lower():
                shown = re.sub(r"\s+", " ", sentence.strip())[:70]
                yield source.problem(
                    f"a synthetic number stands in a sentence that does not say so: {shown!r}", number,
                    "put the word synthetic into the sentence",
                )  # fmt: skip


def notebook_problems(notebook: Notebook, staged: Stage) -> Iterator[CompendiumError]:
    """What keeps an executed notebook from being a page."""
    for cell in notebook.cells:
        try:
            if not cell.executed:
                raise BadInput(
                    "a cell was never executed", file=paths.relative(notebook.file), place=cell.label or cell.code[:40],
                    fix="run: compendium run --force",
                )  # fmt: skip
            if cell.kind == "code":
                embed(cell, notebook, figures="figures", synthetic=staged.study.synthetic)
        except CompendiumError as error:
            yield error


def bibliography(file: Path) -> dict[str, int]:
    """Line of each entry of a BibTeX file.

    Raises
    ------
    BadInput
        If the file is missing or a key stands twice.
    """
    if not file.is_file():
        raise BadInput("does not exist", file=paths.relative(file), fix="add the bibliography that _quarto.yml names")
    text = file.read_text(encoding="utf-8")
    entries: dict[str, int] = {}
    for match in _BIB_ENTRY.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match.group(2) in entries:
            raise BadInput(
                f"the key {match.group(2)!r} stands twice", file=file.name, place=f"line {line}", fix="rename one"
            )
        entries[match.group(2)] = line
    return entries


def _configuration(staged: Stage) -> Iterator[CompendiumError]:
    config = staged.project.config
    yield from _unknown_keys(config, "")
    for section in ("project", "website", "execute"):
        yield from _unknown_keys(config.get(section) or {}, section)
    yield from _unknown_keys(config["website"].get("navbar") or {}, "navbar")
    settings = (config.get("format") or {}).get("html")
    yield from _unknown_keys(settings if isinstance(settings, dict) else {}, "html")
    for pattern in config["project"]["render"]:
        if re.search(r"[*?[{]", pattern) and not pattern.startswith("/"):
            yield BadInput(
                f"the pattern {pattern} also fits pages in results and copies", file="_quarto.yml", place="render",
                fix=f"begin it with a slash: /{pattern}",
            )  # fmt: skip
    for name in sorted(set(config.get("format") or {}) - {"html"}):
        yield BadInput(
            f"prints every page as {name}", file="_quarto.yml", place="format", fix="move it to the page it is for"
        )
    for name in listed_files(config):
        if not (staged.folder / name).is_file():
            yield BadInput(f"names {name}, which does not exist", file="_quarto.yml", fix="add it or take it out")
    pages = staged.project.pages()
    for item in staged.project.navigation:
        for part in (item, *item.menu):
            if part.href and part.href not in pages:
                yield BadInput(
                    f"links to {part.href}, which is no page", file="_quarto.yml", fix="list it under render:"
                )


def _unknown_keys(section: Any, name: str) -> Iterator[CompendiumError]:
    for key in section:
        if key not in KEYS[name]:
            known = ", ".join(sorted(KEYS[name]))
            yield BadInput(f"unknown key {key!r}", file="_quarto.yml", place=name or "top level", fix=f"known: {known}")


def _shortcodes(source: Source) -> Iterator[tuple[int, str, str]]:
    for line in prose(source.body):
        for match in SHORTCODE.finditer(line.text):
            yield line.number, match.group(1), match.group(2)


def _paragraphs(source: Source) -> Iterator[tuple[int, str]]:
    start = 0
    lines: list[str] = []
    for line in [*prose(source.body)]:
        if line.text.strip():
            if not lines:
                start = line.number
            lines.append(line.text)
        elif lines:
            yield start, "\n".join(lines)
            lines = []
    if lines:
        yield start, "\n".join(lines)


def _is_synthetic(key: str, staged: Stage) -> bool:
    if key.split(".")[0] in {"study", "run", "fact"}:
        return False
    stem = key
    for form in ("interval.", "percent.", "whole.", "count.", "number.", "p.", "base."):
        if key.startswith(form):
            stem = key.removeprefix(form)
    stem = stem.removesuffix(".value")
    entry = staged.results.get(key) or staged.results.get(stem)
    return entry is not None and entry.get("provenance") == "SYNTHETIC"
