"""Puts beside every analysis, figure and table where it comes from: run, cell, data, stored results, command.

What is added stands in the staged pages and notebooks themselves, so that both publishers show the same; the notebook
that readers download stays as it was executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_markdown_cell

from ..atomic import write_text
from .generated import html_table
from .notebook import Notebook, read_notebook
from .stage import Output, Stage, prefix_of

if TYPE_CHECKING:
    from .sources import Source

RECORD = "pages/reproduce.qmd"
#: Stored results of one cell that are named one by one.
_NAMED = 2
_EMBED_LINE = re.compile(r"^\{\{<\s*embed\s+(\S+)#(\S+)\s*>\}\}\s*$", re.M)


def annotated(staged: Stage) -> Stage:
    """The stage with a head on every notebook and an origin below each of its figures and tables."""
    outputs = staged.outputs()
    for notebook in staged.notebooks.values():
        node = nbformat.read(notebook.file, as_version=4)
        node.cells = list(_cells(node.cells, notebook, outputs, staged))
        write_text(notebook.file, nbformat.writes(node) + "\n")
    return replace(staged, notebooks={n: read_notebook(notebook.file) for n, notebook in staged.notebooks.items()})


def with_origins(text: str, source: Source, staged: Stage) -> str:
    """A page with an origin below each figure and table that it embeds."""
    outputs = staged.outputs()

    def add(match: re.Match[str]) -> str:
        output = outputs.get(match.group(2))
        links = f"\n\n{origin(output, staged, prefix_of(source.name))}" if output else ""
        return match.group(0).rstrip("\n") + links + "\n"

    return _EMBED_LINE.sub(add, text)


def origin(output: Output, staged: Stage, prefix: str, *, beside_cell: bool = False) -> str:
    """Links from a figure or table to the cell that made it, its data and stored results, and what makes it again."""
    folder = "figures" if output.kind == "fig" else "tables"
    cell = f"{prefix}notebooks/{output.notebook.name}.html#{output.label}"
    parts = [] if beside_cell else [f"[Notebook cell]({cell})"]
    for suffix, name in ((".csv", "Data, CSV"), (".docx", "Table, Word")):
        file = f"downloads/{folder}/{output.label}{suffix}"
        if (staged.folder / file).is_file():
            parts.append(f"[{name}]({prefix}{file})")
    if keys := _stored(output, staged, prefix):
        parts.append(keys)
    parts.append(f"Run again: `compendium run {staged.study.study} --only {output.notebook.name}`")
    return _block(" · ".join(parts))


def _stored(output: Output, staged: Stage, prefix: str) -> str:
    """Links to the results that the cell of an output stored."""
    page = staged.results_page(prefix)
    place = (output.notebook.name, output.label)
    keys = [key for key, entry in staged.results.items() if (entry.get("notebook"), entry.get("cell")) == place]
    if not keys or not page:
        return ""
    named = [f"[`{key}`]({page}#{key})" for key in keys[:_NAMED]]
    if len(keys) > _NAMED:
        named.append(f"[and more]({page}#numbers-{output.notebook.name})")
    return f"{'Result' if len(keys) == 1 else 'Results'}: {', '.join(named)}"


def _cells(cells: list[Any], notebook: Notebook, outputs: Mapping[str, Output], staged: Stage) -> Iterator[Any]:
    labels = iter(notebook.cells)
    headed = False
    for cell in cells:
        yield cell
        if not cell.source.strip():
            continue
        known = next(labels)
        if not headed:
            headed = True
            yield _added("page-about", _about(notebook, staged))
        if "parameters" in known.tags and notebook.parameters:
            yield _added("page-parameters", _parameters(notebook))
        if known.label in outputs:
            yield _added(
                f"page-origin-{known.label}"[:64], origin(outputs[known.label], staged, "../", beside_cell=True)
            )


def _added(name: str, text: str) -> Any:
    return new_markdown_cell(text, id=name)


def _block(text: str) -> str:
    # two blocks: Quarto drops the one that says where it is to be seen, and its classes with it
    return f':::: {{.content-visible when-format="html"}}\n::: {{.origin}}\n{text}\n:::\n::::\n'


def _about(notebook: Notebook, staged: Stage) -> str:
    """Study, run, seed and parameters of an executed notebook, and how to get it and run it again."""
    study, name = staged.study, notebook.name
    run = (staged.run.get("notebooks") or {}).get(name) or {}
    changed = ", ".join(f"`{key} = {value}`" for key, value in sorted((run.get("parameters") or {}).items()))
    facts = [f"Study: {study.study}{', synthetic data' if study.synthetic else ''}", f"Seed: {study.seed}"]
    facts.append(f"Parameters: {changed or 'all at their defaults'}")
    stored = sum(entry.get("notebook") == name for entry in staged.results.values())
    if stored and (page := staged.results_page("../")):
        facts.append(f"[{stored} stored results]({page}#numbers-{name})")
    if RECORD in staged.project.pages():
        facts.append("[Record of the run](../pages/reproduce.qmd)")
    ways = [
        f"[Download this notebook](../downloads/notebooks/{notebook.file.name})",
        f"Run it again: `compendium run {study.study} --only {name}`", "Open it: `compendium lab`",
    ]  # fmt: skip
    return _block(f"{' · '.join(facts)}\n\n{' · '.join(ways)}")


def _parameters(notebook: Notebook) -> str:
    rows = [
        (
            f'<code class="whole">{escape(p.name)}</code>',
            escape(p.type),
            f"<code>{escape(p.default)}</code>",
            escape(p.help),
        )
        for p in notebook.parameters
    ]
    return html_table(("Parameter", "Type", "Default", "Meaning"), rows, f"Parameters of {notebook.title}")
