"""The portable edition: the same site and paper as Quarto's, made by pandoc and typst where Quarto cannot be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from ..atomic import write_bytes, write_text
from ..errors import AnalysisFailed
from ..pandoc_program import found_pandoc
from . import layout
from .notebook import Cell, Notebook, embed, outputs
from .pandoc import Press
from .sources import CITATION, REFERENCE, SHORTCODE, Source, prose
from .stage import Stage, prefix_of
from .variables import lookup

_BREAK = "\x1e"
_TEMPLATE = f"$toc$\n{_BREAK}\n$body$\n"
_WORKERS = 2
_REFERENCES = "\n## References {.unnumbered #references}\n\n::: {#refs}\n:::\n"


@dataclass(frozen=True)
class Page:
    """One page of the site before its frame is put around it.

    Attributes
    ----------
    name : str
        Path of its source: ``notebooks/20-survey.ipynb``.
    target : str
        Path on the site: ``notebooks/20-survey.html``.
    meta : dict
        Front matter.
    markdown : str
        Without shortcodes.
    formats : tuple of str
        ``html`` and, for the paper, ``typst`` and ``docx``.
    """

    name: str
    target: str
    meta: dict[str, Any]
    markdown: str
    formats: tuple[str, ...] = ("html",)


def describe() -> str:
    """Programs this publisher uses, for people."""
    return f"portable edition (pandoc {found_pandoc()[1]}, typst {version('typst')})"


def render(staged: Stage, out: Path, memory: Path, *, extra: Sequence[Page] = ()) -> None:
    """Write every page of the stage, and ``extra`` ones, to ``out``; unchanged pages come from ``memory``."""
    pages = [*_pages(staged), *extra]
    template = memory / "parts.html"
    write_text(template, _TEMPLATE)
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda page: _write(page, staged, out, memory, template), pages))
    for file in sorted((staged.folder / "figures").glob("*.svg")):
        write_bytes(out / "figures" / file.name, file.read_bytes())
    layout.write_assets(out)


def resolve(source: Source, staged: Stage) -> str:
    """Body of a page with every shortcode replaced by what it stands for.

    Raises
    ------
    BadInput
        For a variable, front matter key, notebook or label that does not exist; with file and line.
    """
    lines = source.body.splitlines()
    return "\n".join(_resolve_line(source, staged, number, line) for number, line in enumerate(lines)) + "\n"


def _resolve_line(source: Source, staged: Stage, number: int, line: str) -> str:
    def replace(match: Any) -> str:
        name, argument = match.group(1), match.group(2)
        if name == "embed":
            notebook, cell = staged.target(source, argument, number)
            figures = prefix_of(source.name) + "figures"
            return embed(cell, notebook, figures=figures, synthetic=staged.study.synthetic)
        found = lookup(staged.variables if name == "var" else source.meta, argument)
        if found is None:
            where = "results.json" if name == "var" else "the page's front matter"
            raise source.problem(f"{argument!r} is not in {where}", number, near(argument, staged))
        return found

    return SHORTCODE.sub(replace, line)


def near(key: str, staged: Stage) -> str:
    """Advice on a key that does not exist: the nearest ones that do."""
    import difflib

    close = difflib.get_close_matches(key, list(staged.results), n=3, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else "see downloads/results.json for the keys"


def notebook_markdown(notebook: Notebook, staged: Stage) -> str:
    """An executed notebook as a page: prose, folded code, outputs."""
    title = f"# {notebook.title}"
    blocks: list[str] = []
    for cell in notebook.cells:
        if cell.kind == "markdown":
            text = cell.source.replace(title, "", 1) if title in cell.source.splitlines() else cell.source
            blocks.append(text)
        else:
            blocks += _code_cell(cell, notebook, staged)
    return "\n\n".join(blocks) + "\n"


def _code_cell(cell: Cell, notebook: Notebook, staged: Stage) -> Iterator[str]:
    name = f"Code: {cell.label}" if cell.label else "Code"
    ticks = "```" if "```" not in cell.code else "````"
    output = cell.label.startswith(("fig-", "tbl-"))
    shown = "" if output else outputs(cell, notebook)
    # a cell that shows nothing can still be the home of results: links to them lead to its code
    place = f' id="{cell.label}"' if cell.label and not output and not shown else ""
    yield f'<details class="code"{place}><summary>{name}</summary>\n\n{ticks}python\n{cell.code}\n{ticks}\n\n</details>'
    if output:
        yield embed(cell, notebook, figures="../figures", synthetic=staged.study.synthetic)
    elif shown:
        yield (
            f"::: {{#{cell.label} .cell-output}}\n{shown}\n:::" if cell.label else f"::: {{.cell-output}}\n{shown}\n:::"
        )


def _pages(staged: Stage) -> Iterator[Page]:
    for source in staged.sources():
        yield Page(source.name, source.target, source.meta, resolve(source, staged), source.formats)
    for name, notebook in staged.notebooks.items():
        meta = {"title": notebook.title}
        yield Page(f"notebooks/{name}.ipynb", f"notebooks/{name}.html", meta, notebook_markdown(notebook, staged))


def _write(page: Page, staged: Stage, out: Path, memory: Path, template: Path) -> None:
    folder = (staged.folder / page.name).parent
    press = Press(staged.folder, folder, memory)
    bibliography, style = staged.project.file("bibliography"), staged.project.file("csl")
    references = [f"--bibliography={bibliography}", f"--csl={style}"]
    depends = [bibliography, style]
    text = _with_meta(page, staged)
    how = [*references, "--standalone", f"--template={template}", "--toc", "--toc-depth=3"]
    try:
        toc, body = press.html(text, how, depends=[*depends, template]).split(_BREAK, 1)
        target = out / page.target
        write_text(target, layout.page(page, staged, toc.strip(), body.strip()))
        pictures = sorted((staged.folder / "figures").glob("*.png"))
        printed = [*references, *_shift(page)]
        if "typst" in page.formats:
            write_bytes(target.with_suffix(".pdf"), press.pdf(text, printed, depends=[*depends, *pictures]))
        if "docx" in page.formats:
            from .word import reference_document

            reference = reference_document(memory)
            how = [*printed, f"--reference-doc={reference}"]
            write_bytes(target.with_suffix(".docx"), press.docx(text, how, depends=[*depends, *pictures, reference]))
    except AnalysisFailed as error:
        raise AnalysisFailed(error.what, file=page.name, fix=error.fix) from None


def _with_meta(page: Page, staged: Stage) -> str:
    """Markdown with the front matter that pandoc's templates use."""
    kept: dict[str, Any] = {
        k: page.meta[k] for k in ("title", "subtitle", "author", "keywords", "number-sections") if k in page.meta
    }
    kept |= {"lang": "en-US", "link-citations": True}
    if results_page := staged.results_page(prefix_of(page.name)):
        kept["results-page"] = results_page
    if staged.study.synthetic:
        kept["synthetic"] = True
    front = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{page.markdown}\n{_REFERENCES if _cites(page.markdown) else ''}"


def _cites(markdown: str) -> bool:
    keys = (key for line in prose(markdown) for key in CITATION.findall(line.text))
    return any(not REFERENCE.fullmatch(f"@{key}") for key in keys)


def _shift(page: Page) -> list[str]:
    """Below a printed title the page's second-level headings are the first level."""
    top = any(line.startswith("# ") for line in page.markdown.splitlines())
    return [] if top else ["--shift-heading-level-by=-1"]
