"""Reference lists in BibTeX, BibLaTeX and CSL-JSON."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from .. import paths
from ..errors import BadInput
from ..memory import remembered
from ..pandoc_program import found_pandoc
from .records import Reference, author_key, clean_doi

_ENTRY = re.compile(r"^\s*@(\w+)\s*[{(]\s*([^,\s]+)\s*,", re.MULTILINE)


class PandocFailed(Exception):
    """Pandoc could not read a text; the message is what it said."""


def pandoc(text: str, source: str, target: str) -> str:
    """``text`` converted from one of pandoc's formats to another; what was converted before is remembered.

    Raises
    ------
    PandocFailed
        If the text is not of its format.
    BadInput
        If there is no usable pandoc.
    """
    program, version = found_pandoc()

    def convert() -> bytes:
        done = subprocess.run([program, "-f", source, "-t", target], input=text.encode(), capture_output=True)
        if done.returncode:
            raise PandocFailed(done.stderr.decode("utf-8", errors="replace").strip())
        return done.stdout

    return remembered(paths.memory(), ["pandoc", version, source, target, text], convert).decode("utf-8")


def read_bibliography(path: Path) -> dict[str, Reference]:
    """References by key.

    Parameters
    ----------
    path : path
        ``.bib`` (BibTeX or BibLaTeX) or ``.json`` (CSL-JSON, an array or ``{"items": [...]}``).

    Raises
    ------
    BadInput
        If the file is missing or broken, or a key stands twice; with the line.
    """
    if not path.is_file():
        raise BadInput("the bibliography does not exist", file=path.name, fix="check the name in the front matter")
    text = path.read_text(encoding="utf-8-sig")
    items = _csl_json(path, text) if path.suffix == ".json" else _biblatex(path, text)
    references: dict[str, Reference] = {}
    for item in items:
        key = str(item.get("id"))
        if key in references:
            raise BadInput(f"the key {key!r} stands twice", file=path.name, fix="rename one of the entries")
        references[key] = _reference(key, item)
    return references


def _biblatex(path: Path, text: str) -> list[dict[str, Any]]:
    _check_entries(path, text)
    try:
        return json.loads(pandoc(text, "biblatex", "csljson"))
    except PandocFailed as error:
        said = " ".join(str(error).split())[:200]
        raise BadInput(f"not BibTeX ({said})", file=path.name, fix="mend the entry") from None


def _check_entries(path: Path, text: str) -> None:
    """Duplicate keys and unclosed entries, which pandoc passes over or reports elsewhere."""
    lines: dict[str, int] = {}
    for match in _ENTRY.finditer(text):
        if match.group(1).lower() in {"comment", "string", "preamble"}:
            continue
        line = text.count("\n", 0, match.start(1)) + 1
        key = match.group(2)
        if key in lines:
            raise BadInput(
                f"the key {key!r} stands twice (first on line {lines[key]})", file=path.name, place=f"line {line}",
                fix="rename one of the entries",
            )  # fmt: skip
        lines[key] = line
        if not _closes(text, match.start(1)):
            raise BadInput(
                f"the entry {key!r} is not closed", file=path.name, place=f"line {line}", fix="add the missing brace"
            )


def _closes(text: str, start: int) -> bool:
    depth = 0
    for match in re.finditer(r"\\.|[{}]|\n\s*@(?=\w+\s*\{)", text[start:]):
        if match.group(0) == "{":
            depth += 1
        elif match.group(0) == "}":
            depth -= 1
            if depth == 0:
                return True
        elif "@" in match.group(0):
            return False
    return False


def _csl_json(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadInput(f"not JSON ({error})", file=path.name, fix="export the library as CSL-JSON again") from None
    items = value.get("items", []) if isinstance(value, dict) else value
    if not isinstance(items, list) or not all(isinstance(i, dict) and "id" in i for i in items):
        raise BadInput("not CSL-JSON: entries need an id", file=path.name, fix="export the library as CSL-JSON")
    return items


def _reference(key: str, item: dict[str, Any]) -> Reference:
    doi = clean_doi(item.get("DOI")) or clean_doi(item.get("URL"))
    people = [
        author_key(str(a.get("family") or a.get("literal") or ""), str(a.get("given", "")))
        for a in item.get("author", [])
    ]
    return Reference(
        key, doi=doi, pmid=str(item["PMID"]) if item.get("PMID") else None, title=item.get("title"),
        year=_year(item.get("issued")), authors=[p for p in people if p], match="pub_id" if doi else "none",
        note=str(item.get("note") or ""),
    )  # fmt: skip


def _year(issued: Any) -> int | None:
    if not isinstance(issued, dict):
        return None
    parts = issued.get("date-parts") or []
    text = str(parts[0][0]) if parts and parts[0] else str(issued.get("raw") or issued.get("literal") or "")
    found = re.search(r"(1[5-9]|20)\d\d", text)
    return int(found.group(0)) if found else None
