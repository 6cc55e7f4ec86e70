"""Times of coding in tables: "3/25/25" is read only where other dates of the file prove which number is the month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .projects import Project

_SLASHED = re.compile(r"(?P<first>\d{1,2})[/.](?P<second>\d{1,2})[/.](?:20)?(?P<year>\d{2})(?P<rest>\b.*)", re.S)


def clear_dates(texts: Sequence[str]) -> tuple[list[str], str]:
    """Dates as ``YYYY-MM-DD``, if a value above 12 proves their order; else as they stand, and why.

    Parameters
    ----------
    texts : sequence of str
        Dates of one file, such as ``3/25/25`` or ``3/25/2025``; other texts stay as they are.

    Returns
    -------
    (list of str, str)
        The dates, and a warning or "".
    """
    found = [_SLASHED.fullmatch(text.strip()) for text in texts]
    dates = [match for match in found if match]
    day_first = any(int(match["first"]) > 12 for match in dates)
    month_first = any(int(match["second"]) > 12 for match in dates)
    if not dates:
        return list(texts), ""
    if day_first == month_first:
        why = "both orders occur" if day_first else "no value above 12 tells day from month"
        return list(texts), f"{len(dates)} dates of coding are kept as text: {why}"
    day, month = ("first", "second") if day_first else ("second", "first")
    return [
        f"20{match['year']}-{int(match[month]):02}-{int(match[day]):02}{match['rest']}" if match else text.strip()
        for match, text in zip(found, texts, strict=True)
    ], ""


def with_clear_dates(project: Project) -> Project:
    """The project with its dates of coding as :func:`clear_dates` reads them; what stays unclear is a warning."""
    dates, warning = clear_dates([mark.created for mark in project.marks])
    project.marks = [
        mark if mark.created == date else replace(mark, created=date)
        for mark, date in zip(project.marks, dates, strict=True)
    ]
    project.report.warnings += [warning] if warning else []
    return project
