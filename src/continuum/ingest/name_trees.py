"""Trees of codes that tools write into the names: dots, themes, paths, indentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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


def themed_codes(names: Iterable[tuple[str, str]]) -> list[Code]:
    """ATLAS.ti's codes: ``theme: code`` stands under ``theme`` where that is a code of its own."""
    definitions = dict(names)
    codes = []
    for name, definition in definitions.items():
        theme = next((name[:at] for at in _places(name, ": ") if name[:at] in definitions), None)
        codes.append(Code(name, name if theme is None else name[len(theme) + 2 :], theme, definition))
    return codes


def path_codes(paths: Iterable[tuple[str, str]], sign: str, report: ImportReport) -> list[Code]:
    """Codes named by their path (``Risk\\Home\\Evicted``); levels that are not listed themselves are folders.

    Parameters
    ----------
    paths : iterable of (path, definition)
    sign : str
        Between the levels.
    report : ImportReport
        Gets a warning for each level that was added.
    """
    definitions = {tidy_path(path, sign): definition for path, definition in paths}
    codes: dict[str, Code] = {}
    tally = Tally()
    for path, definition in definitions.items():
        steps = path.split(sign)
        for depth in range(1, len(steps)):
            above = sign.join(steps[:depth])
            if above not in definitions and above not in codes:
                tally.add("levels without a code of their own, added as folders", above)
                codes[above] = Code(above, steps[depth - 1], sign.join(steps[: depth - 1]) or None, codable=False)
        codes[path] = Code(path, steps[-1], sign.join(steps[:-1]) or None, definition)
    report.warnings += tally.lines()
    return list(codes.values())


def indented_paths(names: Iterable[tuple[str, str]], sign: str) -> list[tuple[str, str]]:
    """Paths of names whose level is the number of blanks before them."""
    trail: list[tuple[int, str]] = []
    found = []
    for name, definition in names:
        indent = len(name) - len(name.lstrip())
        while trail and trail[-1][0] >= indent:
            trail.pop()
        trail.append((indent, name.strip()))
        found.append((sign.join(step for _, step in trail), definition))
    return found


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


def tidy_path(path: str, sign: str) -> str:
    """A path without blanks around its levels and without empty levels: the key :func:`path_codes` gives it."""
    return sign.join(step.strip() for step in path.split(sign) if step.strip()) or path.strip()


def _places(text: str, sign: str) -> Iterator[int]:
    """Where ``sign`` stands in a text, from the right: the longest theme first."""
    at = text.rfind(sign)
    while at > 0:
        yield at
        at = text.rfind(sign, 0, at)
