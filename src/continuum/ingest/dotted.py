"""Taguette's tags: names with dots that make a tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .projects import Code, Tally
from .tables import ImportReport


def dotted_codes(tags: Iterable[tuple[str, str]], report: ImportReport) -> list[Code]:
    """Taguette's tags as a tree: ``Barriers.Cost`` stands under ``Barriers``, which is made where it is missing.

    A name that begins or ends with a dot or holds two in a row is one name.
    """
    definitions = dict(tags)
    codes: dict[str, Code] = {}
    tally = Tally()
    for tag, definition in definitions.items():
        parts = tag.split(".")
        if not all(part.strip() for part in parts):
            tally.add("tags whose dots make no levels, kept as plain names", tag)
            codes[tag] = Code(tag, tag, None, definition)
            continue
        for depth in range(1, len(parts)):
            above = ".".join(parts[:depth])
            if above not in definitions and above not in codes:
                tally.add("levels without a tag of their own, added as folders", above)
                codes[above] = Code(above, parts[depth - 1], ".".join(parts[: depth - 1]) or None, codable=False)
        codes[tag] = Code(tag, parts[-1], ".".join(parts[:-1]) or None, definition)
    report.warnings += tally.lines()
    return list(codes.values())


def dotted_names(codes: Sequence[Code]) -> list[tuple[str, str]]:
    """Codes of a tree as tags with dots, and their definitions."""
    by_key = {code.key: code for code in codes}
    found = []
    for code in codes:
        names, step = [code.name], code
        while step.parent is not None:
            step = by_key[step.parent]
            names.append(step.name)
        found.append((".".join(reversed(names)), code.definition))
    return found
