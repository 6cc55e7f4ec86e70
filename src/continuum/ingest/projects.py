"""A coding project as every coding tool can tell it: codes, documents, coded passages, cases.

Readers fill a :class:`Project`; :func:`continuum.ingest.joining.assemble` makes tidy tables of one or several.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..errors import CompendiumError, ManyProblems
from .safe import clean_name
from .tables import (
    ImportReport,
)

CodePath = tuple[str, ...]

#: Between the levels of a code's path, in ``study.yaml`` and in messages.
LEVEL = " > "
_TRANSCRIPT_ENDINGS = {".txt", ".docx", ".doc", ".odt", ".rtf", ".pdf", ".md", ".html", ".htm"}


@dataclass(frozen=True, slots=True)
class Code:
    """A code of one project; ``key`` and ``parent`` are the tool's own, ``source_guid`` is as it was written."""

    key: str
    name: str
    parent: str | None = None
    definition: str = ""
    codable: bool = True
    area: str = ""
    level: str = ""
    source_guid: str = ""
    color: str = ""


@dataclass(slots=True)
class Document:
    """A transcript; ``text`` has LF line ends, or is None where the file does not hold it."""

    key: str
    name: str
    text: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A code put on a passage by a coder; positions are code points of the document's text, or None.

    ``counted`` holds the positions as the coding tool wrote them, where they are counted in another way.
    """

    document: str
    code: str | None
    text: str
    start: int | None = None
    end: int | None = None
    coder: str = ""
    unit: str = ""
    created: str = ""
    memo: str = ""
    counted: tuple[int, int] | None = None


@dataclass(slots=True)
class Case:
    """A person or place with attributes, and the documents that belong to it."""

    name: str
    documents: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Project:
    """What one file holds."""

    report: ImportReport
    codes: list[Code] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


class Tally:
    """Counts warnings of one kind and keeps the first three places of each."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, place: str = "") -> None:
        """One more case of ``kind``."""
        self._places[kind].append(place)

    def lines(self) -> list[str]:
        """``kind (12: first, second, third, ...)`` for each kind, in order of appearance."""
        lines = []
        for kind, places in self._places.items():
            named = [place for place in places[:3] if place]
            more = ", ..." if len(places) > 3 and named else ""
            lines.append(f"{kind} ({len(places)}{': ' if named else ''}{', '.join(named)}{more})")
        return lines


def raise_problems(problems: Sequence[CompendiumError]) -> None:
    """Stop with all problems at once, if there are any; several of one file count one by one."""
    each = [
        one for problem in problems for one in (problem.problems if isinstance(problem, ManyProblems) else [problem])
    ]
    if len(each) == 1:
        raise each[0]
    if each:
        raise ManyProblems(each)


def code_paths(project: Project, tally: Tally) -> dict[str, CodePath]:
    """Full path of names of every code, by the tool's key; repeated names get ``(2)``, ``(3)`` ... at the end."""
    codes = {code.key: code for code in project.codes}
    paths: dict[str, CodePath] = {}
    taken: Counter[CodePath] = Counter()

    def resolve(code: Code) -> CodePath:
        if code.key in paths:
            return paths[code.key]
        name, changed = clean_name(code.name)
        if changed:
            tally.add("control or bidirectional characters removed from code names", name)
        if re.search(r"</?[A-Za-z][^>]*>", name):
            tally.add("code names that hold markup are shown as plain text", name)
        above = () if code.parent is None else resolve(codes[code.parent])
        path = (*above, name or "(no name)")
        taken[path] += 1
        paths[code.key] = path if taken[path] == 1 else (*above, f"{path[-1]} ({taken[path]})")
        return paths[code.key]

    for code in project.codes:
        resolve(code)
    return paths


def interview_name(document: str, known: Collection[str]) -> str:
    """The interview a document name means: as it stands if that is known, else without a transcript's file ending."""
    name = clean_name(document)[0]
    short = without_ending(name)
    return name if name in known or short not in known else short


def slug(name: str) -> str:
    """A name as an identifier: lower case, without accents, hyphens for everything else."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-") or "code"


def code_ids(paths: Iterable[CodePath]) -> dict[CodePath, str]:
    """Identifier of each code path: the name, and as many names above it as needed to tell codes apart."""
    unique = sorted(set(paths))
    ids = {path: slug(path[-1]) for path in unique}
    depth = 1
    while len(set(ids.values())) < len(ids):
        depth += 1
        counts = Counter(ids.values())
        ids = {
            path: "_".join(map(slug, path[-depth:])) if counts[name] > 1 and len(path) >= depth else name
            for path, name in ids.items()
        }
        if depth > max(map(len, unique)):  # names that differ only in signs a slug drops
            seen: Counter[str] = Counter()
            for path in unique:
                seen[ids[path]] += 1
                if seen[ids[path]] > 1:
                    ids[path] = f"{ids[path]}-{hashlib.sha256(LEVEL.join(path).encode()).hexdigest()[:6]}"
    return ids


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorting key in which "Interview 9" comes before "Interview 10"."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part.casefold())
        for part in re.split(r"([0-9]+)", name)
        if part
    )


def without_ending(name: str) -> str:
    """A document's name without the ending of a transcript's file."""
    path = PurePosixPath(name)
    return name[: -len(path.suffix)] if path.suffix.lower() in _TRANSCRIPT_ENDINGS else name
