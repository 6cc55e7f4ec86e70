"""The tidy tables every importer returns, whatever the tool the data came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

INTERVIEW_COLUMNS = (
    "interview_id",
    "sector",
    "site",
    "year",
    "interviewer",
    "organisation_id",
    "consent_quote",
)
CODING_COLUMNS = ("interview_id", "segment_id", "start", "end", "text", "code_id", "coder_id")
CODEBOOK_COLUMNS = ("code_id", "name", "parent_id", "area", "level", "definition")
ASSERTION_COLUMNS = ("interview_id", "coder_id", "from_code", "to_code")
ITEM_COLUMNS = (
    "item_id", "text", "kind", "levels", "dont_know", "not_applicable", "set_id", "block", "question", "scale_id",
    "reverse", "formative", "neutral", "top", "exploitation",
)  # fmt: skip


@dataclass
class ImportReport:
    """What an importer read, guessed, dropped and repaired.

    Attributes
    ----------
    read : dict
        Counts by kind of thing ("interviews": 42).
    guesses : dict
        Each guess with its evidence and the option that overrides it ("offset unit": "utf16 (97 of 97 ...)").
    skipped : list of str
        What was left out and why, with a count and the first three places.
    warnings : list of str
        What the reader should check.
    """

    source: str = ""
    format: str = ""
    read: dict[str, int] = field(default_factory=dict)
    guesses: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    personal_columns_dropped: int = 0

    def lines(self) -> list[str]:
        """The report as sentences for a terminal or a notebook."""
        read = ", ".join(f"{count} {kind}" for kind, count in self.read.items())
        lines = [f"{self.source} ({self.format}): {read or 'nothing read'}"]
        lines += [f"found {name}: {value}" for name, value in self.guesses.items()]
        if self.personal_columns_dropped:
            lines.append(f"dropped on reading: {self.personal_columns_dropped} identifying columns")
        lines += [f"skipped: {text}" for text in self.skipped] + [f"warning: {text}" for text in self.warnings]
        return lines


@dataclass
class CodedInterviews:
    """Coded interviews as four tables and a report.

    Attributes
    ----------
    interviews : DataFrame
        One row per interview: interview_id, sector, site, year, interviewer, organisation_id, consent_quote (bool).
    codings : DataFrame
        One row per (segment, code, coder): start and end are code points into the interview's text, end exclusive.
    codebook : DataFrame
        code_id, name, parent_id, area, level (micro|macro), definition.
    assertions : DataFrame
        One row per statement of the form "X led to Y"; may be empty.
    """

    interviews: pd.DataFrame
    codings: pd.DataFrame
    codebook: pd.DataFrame
    assertions: pd.DataFrame
    report: ImportReport


@dataclass
class SurveyData:
    """A survey as one row per respondent, a table of items and a report.

    Attributes
    ----------
    answers : DataFrame
        respondent_id, sector, state, [site, organisation, weight, stratum, cluster, fpc], then one typed column per
        item: scales are ordered categoricals over all levels of the codebook plus, where used, don't-know and
        not-applicable kept apart in ``items``; multiple-response options are nullable booleans, one per option.
    items : DataFrame
        One row per item with text, kind (single|multiple|scale|number|open), levels in order, dont_know levels.
    """

    answers: pd.DataFrame
    items: pd.DataFrame
    report: ImportReport


def empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table without rows."""
    return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})


def complete(table: pd.DataFrame, columns: tuple[str, ...], **defaults: Any) -> pd.DataFrame:
    """``table`` with every contract column present, contract columns first."""
    table = table.copy()
    for column in columns:
        if column not in table:
            table[column] = defaults.get(column)
    return table[[*columns, *[c for c in table.columns if c not in columns]]]
