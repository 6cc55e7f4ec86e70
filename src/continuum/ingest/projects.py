"""A coding project as every coding tool can tell it, and the tidy tables made from one or several of them.

Readers fill a :class:`Project`; :func:`assemble` joins projects of one study: the same document coded in two files is
one interview, the same code in two files is one code.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from ..errors import BadInput, CompendiumError, ManyProblems
from .personal import is_personal, screen
from .safe import clean_name
from .tables import (
    ASSERTION_COLUMNS,
    CODEBOOK_COLUMNS,
    CODING_COLUMNS,
    INTERVIEW_COLUMNS,
    CodedInterviews,
    ImportReport,
    complete,
    empty,
)

CodePath = tuple[str, ...]

#: Between the levels of a code's path, in ``study.yaml`` and in messages.
LEVEL = " > "
_TRANSCRIPT_ENDINGS = {".txt", ".docx", ".doc", ".odt", ".rtf", ".pdf", ".md", ".html", ".htm"}


@dataclass(frozen=True, slots=True)
class Code:
    """A code of one project; ``key`` and ``parent`` are the tool's own identifiers."""

    key: str
    name: str
    parent: str | None = None
    definition: str = ""
    codable: bool = True
    area: str = ""
    level: str = ""


@dataclass(slots=True)
class Document:
    """A transcript; ``text`` has LF line ends, or is None where the file does not hold it."""

    key: str
    name: str
    text: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A code put on a passage by a coder; positions are code points of the document's text, or None."""

    document: str
    code: str | None
    text: str
    start: int | None = None
    end: int | None = None
    coder: str = ""
    unit: str = ""


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
    """Stop with all problems at once, if there are any."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ManyProblems(problems)


def assemble(projects: Sequence[Project]) -> CodedInterviews:
    """Tidy tables of one or several projects.

    Parameters
    ----------
    projects : sequence of Project

    Returns
    -------
    CodedInterviews
        Identifiers follow from content: interviews from document names, codes from their names (with the names of the
        codes above them where a name stands more than once), segments from interview, positions and text.

    Raises
    ------
    BadInput
        If two files hold different texts under one document name.
    """
    report = _joined_report(projects)
    tally = Tally()
    names = _interview_names(projects)
    paths = [code_paths(project, tally) for project in projects]
    codebook, ids = _codebook(projects, paths)
    codings = _codings(projects, paths, ids, names, report)
    interviews = _interviews(projects, names, tally)
    report.warnings += tally.lines()
    report.read = {
        "interviews": len(interviews),
        "codes": len(codebook),
        "codings": len(codings),
        "coders": codings["coder_id"].replace("", pd.NA).nunique(),
    }
    _screen_texts(codings, report)
    return CodedInterviews(interviews, codings, codebook, empty(ASSERTION_COLUMNS), report)


def code_paths(project: Project, tally: Tally) -> dict[str, CodePath]:
    """Full path of names of every code, by the tool's key; repeated paths get ``(2)``, ``(3)`` ... at the end."""
    codes = {code.key: code for code in project.codes}
    paths: dict[str, CodePath] = {}
    taken: Counter[CodePath] = Counter()
    for code in project.codes:
        trail, step = [], code
        while True:
            name, changed = clean_name(step.name)
            if changed and step is code:
                tally.add("control or bidirectional characters removed from code names", name)
            trail.append(name or "(no name)")
            if step.parent is None:
                break
            step = codes[step.parent]
        if re.search(r"</?[A-Za-z][^>]*>", trail[0]):
            tally.add("code names that hold markup are shown as plain text", trail[0])
        path = tuple(reversed(trail))
        taken[path] += 1
        paths[code.key] = path if taken[path] == 1 else (*path[:-1], f"{path[-1]} ({taken[path]})")
    return paths


def interview_name(document: str, known: Collection[str]) -> str:
    """The interview a document name means: as it stands if that is known, else without a transcript's file ending."""
    name = clean_name(document)[0]
    short = _without_ending(name)
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


def _joined_report(projects: Sequence[Project]) -> ImportReport:
    """One report of several files; what concerns one of several files names it."""
    reports = [project.report for project in projects]
    if len(reports) == 1:
        return reports[0]
    several = sum(bool(project.documents) for project in projects) > 1
    joined = ImportReport(
        source=", ".join(report.source for report in reports),
        format=", ".join(dict.fromkeys(report.format for report in reports)),
        personal_columns_dropped=sum(report.personal_columns_dropped for report in reports),
    )
    for report in reports:
        of, front = (f" of {report.source}", f"{report.source}: ") if several else ("", "")
        joined.guesses |= {f"{name}{of}": value for name, value in report.guesses.items()}
        joined.skipped += [f"{front}{line}" for line in report.skipped]
        joined.warnings += [f"{front}{line}" for line in report.warnings]
    return joined


def _interview_names(projects: Sequence[Project]) -> list[dict[str, str]]:
    """Interview of each document: its name without a transcript's file ending, where that stays unique."""
    clashing: set[str] = set()
    for project in projects:
        shorter = Counter(_without_ending(clean_name(document.name)[0]) for document in project.documents)
        clashing |= {name for name, number in shorter.items() if number > 1}
    texts: dict[str, tuple[str, str]] = {}
    result: list[dict[str, str]] = []
    for project in projects:
        names = {}
        for document in project.documents:
            name = clean_name(document.name)[0] or document.key
            short = _without_ending(name)
            names[document.key] = name if short in clashing else short
            if document.text is None:
                continue
            digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
            first, where = texts.setdefault(names[document.key], (digest, project.report.source))
            if first != digest:
                raise BadInput(
                    f"the text of document {name!r} differs from the one in {where}, so positions do not compare",
                    file=project.report.source,
                    fix="rename one of the documents, or code the same text in both files",
                )
        result.append(names)
    return result


def _without_ending(name: str) -> str:
    path = PurePosixPath(name)
    return name[: -len(path.suffix)] if path.suffix.lower() in _TRANSCRIPT_ENDINGS else name


def _codebook(
    projects: Sequence[Project], paths: Sequence[Mapping[str, CodePath]]
) -> tuple[pd.DataFrame, dict[CodePath, str]]:
    """Codes in the order of the files; the first file that defines a code wins."""
    rows: dict[CodePath, dict[str, Any]] = {}
    for project, known in zip(projects, paths, strict=True):
        for code in project.codes:
            path = known[code.key]
            row = rows.setdefault(
                path, {"name": path[-1], "definition": "", "area": None, "level": None, "is_codable": code.codable}
            )
            row["definition"] = row["definition"] or " ".join(code.definition.split())
            row["area"] = row["area"] or code.area or None
            row["level"] = row["level"] or code.level or None
    ids = code_ids(rows)
    frame = pd.DataFrame(
        [
            {"code_id": ids[path], "parent_id": ids.get(path[:-1]), "path": LEVEL.join(path), **row}
            for path, row in rows.items()
        ],
        columns=[*CODEBOOK_COLUMNS, "path", "is_codable"],
    )
    return frame, ids


def _codings(
    projects: Sequence[Project],
    paths: Sequence[Mapping[str, CodePath]],
    ids: Mapping[CodePath, str],
    names: Sequence[Mapping[str, str]],
    report: ImportReport,
) -> pd.DataFrame:
    """One row per passage, code and coder; passages without a code are counted, not listed."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    uncoded = repeated = 0
    for project, known, interview_of in zip(projects, paths, names, strict=True):
        for mark in project.marks:
            if mark.code is None:
                uncoded += 1
                continue
            interview = interview_of[mark.document]
            segment = _segment_id(interview, mark)
            code = ids[known[mark.code]]
            row = (interview, segment, mark.start, mark.end, mark.text, code, mark.coder)
            key = (segment, code, mark.coder)
            repeated += key in rows
            rows.setdefault(key, row)
    if uncoded:
        report.skipped.append(f"{uncoded} passages without a code")
    if repeated:
        report.skipped.append(f"{repeated} repetitions of the same code on the same passage by the same coder")
    frame = pd.DataFrame(list(rows.values()), columns=list(CODING_COLUMNS))
    frame["start"] = frame["start"].astype("Int64")
    frame["end"] = frame["end"].astype("Int64")
    return frame.sort_values(
        ["interview_id", "start", "end", "text", "segment_id", "code_id", "coder_id"], ignore_index=True
    )


def _segment_id(interview: str, mark: Mark) -> str:
    place = f"{mark.start}\x1f{mark.end}" if mark.start is not None else f"{mark.unit}\x1f{mark.text}"
    return hashlib.blake2b(f"{interview}\x1f{place}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _interviews(projects: Sequence[Project], names: Sequence[Mapping[str, str]], tally: Tally) -> pd.DataFrame:
    """One row per document, with the variables of the document and of every case it belongs to."""
    rows: dict[str, dict[str, Any]] = {}
    for project, interview_of in zip(projects, names, strict=True):
        for document in project.documents:
            _add_variables(rows.setdefault(interview_of[document.key], {}), document.variables, document.name, tally)
        for case in project.cases:
            for key in case.documents:
                _add_variables(rows[interview_of[key]], {"case": case.name, **case.variables}, case.name, tally)
    frame = pd.DataFrame([{**row, "interview_id": name} for name, row in rows.items()])
    if frame.empty:
        frame = empty(("interview_id",))
    frame = complete(frame, INTERVIEW_COLUMNS)
    return frame.sort_values("interview_id", key=lambda column: column.map(natural_order), ignore_index=True)


def _add_variables(row: dict[str, Any], variables: Mapping[str, Any], where: str, tally: Tally) -> None:
    for name, value in variables.items():
        if is_personal(name, question=True):
            tally.add("identifying attributes of interviews, dropped", name)
            continue
        known = row.setdefault(name, value)
        if known != value and name != "case":
            tally.add(f"two values of {name!r} for one interview, the first is used", where)


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorting key in which "Interview 9" comes before "Interview 10"."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part.casefold())
        for part in re.split(r"([0-9]+)", name)
        if part
    )


def _screen_texts(codings: pd.DataFrame, report: ImportReport) -> None:
    _, counts = screen(pd.Series(codings["text"].unique(), dtype="object"))
    report.warnings += [f"{number} pieces of text look like a {kind}" for kind, number in sorted(counts.items())]
