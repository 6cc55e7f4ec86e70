"""From coding projects to tidy tables: the same document in two files is one interview, the same code is one code."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import BadInput, CompendiumError
from .options import ReadOptions
from .personal import is_personal, screen
from .projects import (
    LEVEL,
    CodePath,
    Mark,
    Project,
    Tally,
    code_ids,
    code_paths,
    natural_order,
    raise_problems,
    without_ending,
)
from .safe import clean_name
from .speakers import attribute_speech
from .tables import (
    ASSERTION_COLUMNS,
    CODEBOOK_COLUMNS,
    CODING_COLUMNS,
    DOCUMENT_COLUMNS,
    INTERVIEW_COLUMNS,
    SEGMENT_COLUMNS,
    CodedInterviews,
    ImportReport,
    complete,
    empty,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands in an interview: an interview of several documents holds them one after the other."""

    interview: str
    shift: int = 0


Places = Mapping[str, Place]


def assemble(projects: Sequence[Project], options: ReadOptions | None = None) -> CodedInterviews:
    """Tidy tables of one or several projects.

    Parameters
    ----------
    projects : sequence of Project
    options : ReadOptions, optional
        ``unit`` says what an interview is: each document, or each case with all of its documents (positions then run
        on through them, one character apart, in the natural order of their names); ``speech``, ``interviewers`` and
        ``mask_text`` what becomes of the text of passages.

    Returns
    -------
    CodedInterviews
        Identifiers follow from content: interviews from document names, codes from their names (with the names of the
        codes above them where a name stands more than once), segments from interview, positions and text.

    Raises
    ------
    BadInput, ManyProblems
        If two files hold different texts under one document name, or a passage is not the text at its positions.
    """
    options = options or ReadOptions()
    report = _joined_report(projects)
    tally = Tally()
    for project in projects:
        check_passages(project)
    respondents_only = options.speech == "respondents"
    projects = attribute_speech(projects, report, interviewers=options.interviewers, respondents_only=respondents_only)
    names = _document_names(projects)
    places = (
        _places(projects, names, tally)
        if options.unit == "case"
        else [{key: Place(name) for key, name in known.items()} for known in names]
    )
    paths = [code_paths(project, tally) for project in projects]
    codebook, ids = _codebook(projects, paths)
    codings = _codings(projects, paths, ids, places, report)
    segments = _segments(projects, places)
    interviews = _interviews(projects, places, tally)
    report.warnings += tally.lines()
    report.read = {
        "interviews": len(interviews),
        "codes": len(codebook),
        "codings": len(codings),
        "coders": codings["coder_id"].replace("", pd.NA).nunique(),
    }
    _say_how_positions_were_counted(segments, report)
    segments["text"] = _screened(segments["text"], report, mask=options.mask_text)
    codings["text"] = codings["segment_id"].map(segments.set_index("segment_id")["text"])
    documents = _documents(projects, names, places)
    return CodedInterviews(interviews, codings, codebook, empty(ASSERTION_COLUMNS), report, segments, documents)


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


def check_passages(project: Project) -> None:
    """Stop where a passage with positions is not the text of its document at these positions."""
    texts = {document.key: document.text for document in project.documents}
    problems: list[CompendiumError] = []
    for mark in project.marks:
        text = texts[mark.document]
        if text is not None and mark.start is not None and text[mark.start : mark.end] != mark.text:
            problems.append(
                BadInput(
                    f"the passage at {mark.start} to {mark.end} is not the text of the document there",
                    file=project.report.source,
                    place=f"document {mark.document!r}",
                    fix="check the positions, or leave them out",
                )
            )
    raise_problems(problems)


def _document_names(projects: Sequence[Project]) -> list[dict[str, str]]:
    """Name of each document by key, without a transcript's file ending where that stays unique within its file.

    A name that stands twice in one file gets ``(2)``; one name in two files is one document.
    """
    clashing: set[str] = set()
    for project in projects:
        full = {clean_name(document.name)[0] for document in project.documents}
        clashing |= {name for name, number in Counter(map(without_ending, full)).items() if number > 1}
    texts: dict[str, tuple[str, str]] = {}
    result: list[dict[str, str]] = []
    for project in projects:
        names: dict[str, str] = {}
        taken: Counter[str] = Counter()
        for document in project.documents:
            name = clean_name(document.name)[0] or document.key
            name = name if without_ending(name) in clashing else without_ending(name)
            taken[name] += 1
            names[document.key] = name if taken[name] == 1 else f"{name} ({taken[name]})"
            if document.text is not None:
                _check_same_text(names[document.key], document.text, project.report.source, texts)
        result.append(names)
    return result


def _check_same_text(name: str, text: str, file: str, texts: dict[str, tuple[str, str]]) -> None:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    first, where = texts.setdefault(name, (digest, file))
    if first != digest:
        raise BadInput(
            f"the text of document {name!r} differs from the one in {where}, so positions do not compare",
            file=file,
            fix="rename one of the documents, or code the same text in both files",
        )


def _places(projects: Sequence[Project], names: Sequence[Mapping[str, str]], tally: Tally) -> list[Places]:
    """Place of each document where cases are interviews; documents of no case or of several stand for themselves."""
    lengths: dict[str, int] = {}
    cases: dict[str, set[str]] = {}
    for project, known in zip(projects, names, strict=True):
        for document in project.documents:
            lengths[known[document.key]] = len(document.text or "")
        for case in project.cases:
            for key in case.documents:
                cases.setdefault(known[key], set()).add(clean_name(case.name)[0])
    ends: Counter[str] = Counter()
    places: dict[str, Place] = {}
    for name in sorted(lengths, key=natural_order):
        owners = cases.get(name, set())
        if len(owners) != 1:
            tally.add(f"documents of {'several cases' if owners else 'no case'}, interviews of their own", name)
            places[name] = Place(name)
            continue
        owner = next(iter(owners))
        places[name] = Place(owner, ends[owner])
        ends[owner] += lengths[name] + 1
    return [{key: places[name] for key, name in known.items()} for known in names]


def _codebook(
    projects: Sequence[Project], paths: Sequence[Mapping[str, CodePath]]
) -> tuple[pd.DataFrame, dict[CodePath, str]]:
    """Codes in the order of the files; the first file that defines a code wins."""
    rows: dict[CodePath, dict[str, Any]] = {}
    for project, known in zip(projects, paths, strict=True):
        for code in project.codes:
            path = known[code.key]
            row = rows.setdefault(path, {"name": path[-1], "is_codable": code.codable})
            row["definition"] = row.get("definition") or " ".join(code.definition.split())
            row["area"] = row.get("area") or code.area or None
            row["level"] = row.get("level") or code.level or None
            row["source_guid"] = row.get("source_guid") or code.source_guid
            row["color"] = row.get("color") or code.color
    ids = code_ids(rows)
    frame = pd.DataFrame(
        [
            {"code_id": ids[path], "parent_id": ids.get(path[:-1]), "path": LEVEL.join(path), **row}
            for path, row in rows.items()
        ],
        columns=[*CODEBOOK_COLUMNS, "path", "is_codable", "source_guid", "color"],
    )
    return frame, ids


def _codings(
    projects: Sequence[Project],
    paths: Sequence[Mapping[str, CodePath]],
    ids: Mapping[CodePath, str],
    places: Sequence[Places],
    report: ImportReport,
) -> pd.DataFrame:
    """One row per passage, code and coder."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    uncoded = repeated = 0
    for project, known, place_of in zip(projects, paths, places, strict=True):
        for mark in project.marks:
            if mark.code is None:
                uncoded += 1
                continue
            place = place_of[mark.document]
            start = None if mark.start is None else mark.start + place.shift
            end = None if mark.end is None else mark.end + place.shift
            segment = _segment_id(place.interview, start, end, mark)
            code = ids[known[mark.code]]
            row = (place.interview, segment, start, end, mark.text, code, mark.coder, mark.created, mark.memo)
            key = (segment, code, mark.coder)
            repeated += key in rows
            rows.setdefault(key, row)
    if uncoded:
        report.warnings.append(f"{uncoded} passages without a code, kept as segments")
    if repeated:
        report.skipped.append(f"{repeated} repetitions of the same code on the same passage by the same coder")
    frame = pd.DataFrame(list(rows.values()), columns=[*CODING_COLUMNS, "created", "memo"])
    frame["start"] = frame["start"].astype("Int64")
    frame["end"] = frame["end"].astype("Int64")
    return frame.sort_values(
        ["interview_id", "start", "end", "text", "segment_id", "code_id", "coder_id"], ignore_index=True
    )


def _segments(projects: Sequence[Project], places: Sequence[Places]) -> pd.DataFrame:
    """One row per passage, whether or not it has a code, with the positions the coding tool wrote."""
    rows: dict[str, list[Any]] = {}
    for project, place_of in zip(projects, places, strict=True):
        for mark in project.marks:
            place = place_of[mark.document]
            start, end = (None if at is None else at + place.shift for at in (mark.start, mark.end))
            segment = _segment_id(place.interview, start, end, mark)
            counted = mark.counted or (mark.start, mark.end)
            row = rows.setdefault(segment, [segment, place.interview, start, end, mark.text, 0, *counted])
            row[SEGMENT_COLUMNS.index("codings")] += mark.code is not None
    frame = pd.DataFrame(list(rows.values()), columns=list(SEGMENT_COLUMNS))
    positions = dict.fromkeys(("start", "end", "source_start", "source_end"), "Int64")
    frame = frame.astype({**positions, "codings": "int64"})
    return frame.sort_values(["interview_id", "start", "end", "text", "segment_id"], ignore_index=True)


def _say_how_positions_were_counted(segments: pd.DataFrame, report: ImportReport) -> None:
    """State how many positions became others, and the first three, so that each can be found in the export."""
    moved = segments[(segments["source_start"] != segments["start"]) | (segments["source_end"] != segments["end"])]
    if len(moved):
        first = "; ".join(
            f"{row.interview_id} {row.source_start}-{row.source_end} is {row.start}-{row.end}"
            for row in moved.head(3).itertuples()
        )
        report.guesses["positions"] = f"{len(moved)} of {len(segments)} passages counted otherwise ({first})"


def _documents(
    projects: Sequence[Project], names: Sequence[Mapping[str, str]], places: Sequence[Places]
) -> pd.DataFrame:
    """One row per document, with its text where a file holds it."""
    rows: dict[str, tuple[Any, ...]] = {}
    for project, known, place_of in zip(projects, names, places, strict=True):
        for document in project.documents:
            name, text, place = known[document.key], document.text, place_of[document.key]
            digest = None if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            row = (name, place.interview, place.shift, text, digest, project.report.source)
            if name not in rows or rows[name][3] is None:
                rows[name] = row
    frame = pd.DataFrame(list(rows.values()), columns=list(DOCUMENT_COLUMNS))
    return frame.sort_values("document_id", key=lambda column: column.map(natural_order), ignore_index=True)


def _segment_id(interview: str, start: int | None, end: int | None, mark: Mark) -> str:
    place = f"{start}\x1f{end}" if start is not None else f"{mark.unit}\x1f{mark.text}"
    return hashlib.blake2b(f"{interview}\x1f{place}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _interviews(projects: Sequence[Project], places: Sequence[Places], tally: Tally) -> pd.DataFrame:
    """One row per interview, with the variables of its documents and of every case they belong to."""
    rows: dict[str, dict[str, Any]] = {}
    for project, place_of in zip(projects, places, strict=True):
        for document in project.documents:
            row = rows.setdefault(place_of[document.key].interview, {})
            _add_variables(row, document.variables, document.name, tally)
        for case in project.cases:
            for key in case.documents:
                _add_variables(rows[place_of[key].interview], {"case": case.name, **case.variables}, case.name, tally)
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


def _screened(texts: pd.Series, report: ImportReport, *, mask: bool) -> pd.Series:
    """Passages, masked if asked for; the report counts what identifies people."""
    distinct = pd.Series(texts.unique(), dtype="object")
    masked, counts = screen(distinct)
    report.warnings += [
        f"{number} {'piece' if number == 1 else 'pieces'} of text that may be {'a' if kind[0] == 'p' else 'an'} {kind}"
        f"{', masked' if mask else ''}"
        for kind, number in sorted(counts.items())
    ]
    return texts.map(dict(zip(distinct, masked, strict=True))) if mask else texts
