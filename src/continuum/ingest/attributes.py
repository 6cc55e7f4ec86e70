"""What is known about each interview: sector, site, year, consent, from the export or from a CSV beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ..errors import BadInput, CompendiumError, some
from .personal import is_personal
from .projects import interview_name, natural_order, raise_problems
from .spreadsheets import read_table
from .tables import INTERVIEW_COLUMNS, CodedInterviews

CONSENT_VALUES = ("yes", "true", "1")
_ID_COLUMNS = ("interview_id", "interview", "document", "case", "name", "id")


def add_cases(data: CodedInterviews, path: Path) -> CodedInterviews:
    """Add the attributes of a CSV with one row per interview; rows that are new are interviews without codings.

    Parameters
    ----------
    data : CodedInterviews
    path : path
        The first of the columns interview_id, interview, document, case, name or id names the interview, as the export
        does; with or without the ending of a transcript's file name.

    Raises
    ------
    BadInput, ManyProblems
        If there is no such column, a name is empty or stands twice.
    """
    table = read_table(path)
    header = [name.strip() for name in table.header]
    keys = [index for name in _ID_COLUMNS for index, column in enumerate(header) if column.casefold() == name]
    if not keys:
        raise BadInput(
            f"no column names the interview among {', '.join(header)}", file=table.file, place="row 1",
            fix="call it interview_id",
        )  # fmt: skip
    kept = [i for i, name in enumerate(header) if i != keys[0] and name and not is_personal(name, question=True)]
    dropped = len([name for i, name in enumerate(header) if i != keys[0] and name]) - len(kept)
    rows: dict[str, dict[str, object]] = {}
    problems: list[CompendiumError] = []
    for number, row in enumerate(table.rows):
        name = interview_name(row[keys[0]], set(data.interviews["interview_id"]))
        if not name or name in rows:
            problems.append(
                BadInput(
                    f"the interview {name!r} stands twice" if name else "the interview has no name",
                    file=table.file,
                    place=table.place(number, header[keys[0]]),
                    fix="keep one row per interview",
                )
            )
        rows[name] = {header[i]: row[i].strip() or None for i in kept}
    raise_problems(problems)
    report = data.report
    report.personal_columns_dropped += dropped
    new = [name for name in rows if name not in set(data.interviews["interview_id"])]
    missing = [name for name in data.interviews["interview_id"] if name not in rows]
    if new:
        report.warnings.append(f"{path.name}: {len(new)} interviews that the export does not hold, added without codes")
    if missing:
        report.warnings.append(f"{path.name}: no row for {len(missing)} interviews: {some(missing)}")
    both = pd.DataFrame([{**values, "interview_id": name} for name, values in rows.items()]).set_index("interview_id")
    frame = data.interviews.set_index("interview_id")
    frame = both.combine_first(frame) if len(frame) else both
    frame = frame.reset_index().sort_values("interview_id", key=lambda c: c.map(natural_order), ignore_index=True)
    return replace(data, interviews=frame)


def map_attributes(
    data: CodedInterviews,
    attributes: Mapping[str, str] | None = None,
    *,
    consent_values: Sequence[str] = CONSENT_VALUES,
    sectors: Mapping[str, str] | None = None,
) -> CodedInterviews:
    """Attributes of interviews in the study's words.

    Parameters
    ----------
    data : CodedInterviews
    attributes : mapping, optional
        sector, site, year, interviewer, organisation_id, consent_quote -> name of the variable in the export; a
        variable of the same name is taken otherwise.
    consent_values : sequence of str
        Values that mean consent to be quoted; everything else, and a missing value, means no.
    sectors : mapping, optional
        Value in the export -> sector.

    Raises
    ------
    BadInput, ManyProblems
        For a variable the export does not have (with those it has), or a year that is none.
    """
    frame = data.interviews.copy()
    report = data.report
    wanted = dict(attributes or {})
    by_name = {str(column).strip().casefold(): column for column in frame}
    problems: list[CompendiumError] = []
    source = frame.copy()
    for target in INTERVIEW_COLUMNS[1:]:
        name = wanted.pop(target, target)
        if name.strip().casefold() not in by_name:
            if target != name:
                problems.append(_unknown_variable(target, name, frame, report.source))
            frame[target] = None
            continue
        frame[target] = source[by_name[name.strip().casefold()]]
    problems += [
        BadInput(
            f"{target!r} is not an attribute of interviews",
            file="study.yaml",
            place="interviews.attributes",
            fix=f"use {', '.join(INTERVIEW_COLUMNS[1:])}",
        )
        for target in wanted
    ]
    raise_problems(problems)
    agreed = {value.strip().casefold() for value in consent_values}
    frame["consent_quote"] = [_plain(value).casefold() in agreed for value in frame["consent_quote"]]
    frame["year"] = _years(frame, report.source)
    frame["sector"] = _sectors(frame["sector"], sectors or {}, report.warnings)
    for name in ("site", "interviewer", "organisation_id"):
        frame[name] = [_plain(value) or None for value in frame[name]]
    mapped = {by_name[name.strip().casefold()] for name in (attributes or {}).values()}
    others = [column for column in frame if column not in INTERVIEW_COLUMNS and column not in mapped]
    return replace(data, interviews=frame[[*INTERVIEW_COLUMNS, *others]])


def _sectors(values: pd.Series, mapping: Mapping[str, str], warnings: list[str]) -> list[str | None]:
    known = {name.strip().casefold(): sector for name, sector in mapping.items()}
    known |= {sector.casefold(): sector for sector in mapping.values()}
    plain = [_plain(value) for value in values]
    unmapped = sorted({value for value in plain if value and value.casefold() not in known}) if mapping else []
    if unmapped:
        warnings.append(f"values of sector that study.yaml does not map: {some(unmapped)}")
    without = sum(not value for value in plain)
    if without and without < len(plain):
        warnings.append(f"{without} interviews without a sector")
    return [known.get(value.casefold(), value) or None for value in plain]


def _years(frame: pd.DataFrame, file: str) -> pd.Series:
    years: list[int | None] = []
    problems: list[CompendiumError] = []
    for interview, value in zip(frame["interview_id"], frame["year"], strict=True):
        text = _plain(value)
        match = re.fullmatch(r"((?:19|20)\d\d)(?:\.0|-\d\d-\d\d.*)?", text)
        if text and not match:
            problems.append(
                BadInput(f"{text!r} is not a year", file=file, place=f"interview {interview}", fix="give four digits")
            )
        years.append(int(match[1]) if match else None)
    raise_problems(problems)
    return pd.Series(years, index=frame.index, dtype="Int64")


def _unknown_variable(target: str, name: str, frame: pd.DataFrame, file: str) -> BadInput:
    known = [str(c) for c in frame if c not in INTERVIEW_COLUMNS]
    return BadInput(
        f"interviews have no variable {name!r}, which study.yaml names for {target}", file=file,
        fix=f"use one of: {', '.join(known) or 'none; give attributes in a CSV, cases: interviews.csv'}",
    )  # fmt: skip


def _plain(value: object) -> str:
    """A cell as text; nothing for a missing one."""
    return "" if value is None or value is pd.NA or value != value else str(value).strip()
