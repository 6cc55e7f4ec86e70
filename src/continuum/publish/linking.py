"""Puts the key of its result on every number that a page prints, and stops the build where a claim has one without.

Both publishers render the same marked sources; readers see the numbers alone, machines see where each comes from.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from .. import claims
from ..atomic import write_text
from ..claims import claimed, mark, marked
from ..entries import FIELD, say_value
from ..errors import UnlinkedNumber
from ..memory import remembered
from ..provenance import SYNTHETIC_NOTE, Provenance
from .finish import pages
from .notebook import read_notebook
from .sources import prose
from .stage import Stage

_READER = Path(claims.__file__).read_bytes()
_VARIABLE = re.compile(r"(?<!\{)\{\{<\s*var\s+(\S+)\s*>\}\}")
#: Attributes of a span or an image's text alternative: words there are read by machines, and cannot be marked.
_NOT_WORDS = re.compile(r"\{[^{}<>]*\}|!\[[^\]]*\]|\]\([^)]*\)")
#: Forms in which a variable may be asked for; see :mod:`continuum.publish.variables`.
_FORMS = re.compile(r"^(interval|percent|whole|count|number|p|base)\.")


def linked(staged: Stage) -> Stage:
    """The stage with keys on the numbers of its pages and of its notebooks' sentences.

    Raises
    ------
    UnlinkedNumber
        If a notebook's sentence is not what its results say.
    """
    for source in staged.sources():
        written = source.file.read_text(encoding="utf-8")
        lines = written.splitlines()
        for line in prose(source.body):
            at = source.first_line - 1 + line.number
            lines[at] = link_variables(lines[at], staged.results)
        write_text(source.file, "\n".join(lines) + "\n")
    notebooks = {name: notebook.file for name, notebook in staged.notebooks.items()}
    for file in notebooks.values():
        link_sentences(file, staged.results)
    return replace(staged, notebooks={name: read_notebook(file) for name, file in notebooks.items()})


def link_variables(line: str, results: Mapping[str, Any]) -> str:
    """A line of prose in which every variable that prints a result or a published fact names it."""
    closed = [match.span() for match in _NOT_WORDS.finditer(line)]

    def number(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in closed):
            return match.group()
        key = _FORMS.sub("", match.group(1)).removesuffix(".value")
        for name in (match.group(1), _FORMS.sub("", match.group(1)), key):
            if name in results:
                return mark(match.group(), name, results[name]["provenance"])
        is_fact = match.group(1).startswith("fact.")
        return mark(match.group(), match.group(1), Provenance.PUBLISHED.name) if is_fact else match.group()

    return _VARIABLE.sub(number, line)


def link_sentences(file: Path, results: Mapping[str, Any]) -> None:
    """Mark the sentences of an executed notebook, whose templates stand in its code.

    Raises
    ------
    UnlinkedNumber
        If a stored sentence is not the one that the results make.
    """
    own = {key: entry for key, entry in results.items() if entry.get("notebook") == file.stem}
    if not own:  # committed, but not run here: nothing to hold it against
        return
    node = nbformat.read(file, as_version=4)
    for cell in node.cells:
        found = list(templates(cell.source)) if cell.cell_type == "code" else []
        for data in (output.get("data", {}) for output in cell.get("outputs", [])) if found else ():
            text = data.get("text/markdown", "")
            if text and not text.startswith(">"):  # a refusal in place of a sentence quotes its reason
                data["text/markdown"] = _linked_sentence(text, found, own, file.stem)
    write_text(file, nbformat.writes(node) + "\n")


def check_numbers(out: Path, staged: Stage, memory: Path | None = None) -> None:
    """Stop if a claim on a finished page holds a number that names no result.

    Parameters
    ----------
    out : Path
    staged : Stage
    memory : Path, optional
        What numbers a page has is kept there.

    Raises
    ------
    UnlinkedNumber
        Naming the first page and its numbers.
    """
    from .variables import published_facts

    known = {**staged.results, **{f"fact.{name}": text for name, text in published_facts().items()}}
    for page in pages(out):
        numbers, keys = _claimed(page.read_bytes(), memory)
        if found := numbers + [key for key in keys if key not in known]:
            raise UnlinkedNumber(
                f"claims hold what no result says: {', '.join(found[:10])}", file=page.relative_to(out).as_posix(),
                fix="take the number from a result, or mark a number of the method: [5]{.constant}",
            )  # fmt: skip


def _claimed(page: bytes, memory: Path | None) -> tuple[list[str], list[str]]:
    def read() -> bytes:
        return json.dumps(claimed(page.decode("utf-8"))).encode()

    numbers, keys = json.loads(remembered(memory, [_READER, page], read))
    return numbers, keys


def templates(code: str) -> Iterator[str]:
    """Literal first arguments of the calls of ``say`` in a cell."""
    try:
        calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    except SyntaxError:  # a cell with magics makes no sentence
        return
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "say" and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _linked_sentence(text: str, found: list[str], results: Mapping[str, Any], notebook: str) -> str:
    note = f" ({SYNTHETIC_NOTE.rstrip('.')}.)"
    stored = text.removesuffix(note)
    for template in found:
        quoted = [match.group(1) for match in FIELD.finditer(template)]
        if all(key in results for key in quoted):
            said = FIELD.sub(lambda m: say_value(results[m.group(1)], m.group(2)), template)
            if said == stored:
                return marked(results, template) + text[len(stored) :]
    raise UnlinkedNumber(
        f"a sentence is not what its results say: {stored[:160]!r}", file=f"notebooks/{notebook}.ipynb",
        fix=f"run: compendium run --only {notebook}",
    )  # fmt: skip
