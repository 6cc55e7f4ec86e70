"""The tidy tables every importer returns, whatever the tool the data came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
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
#: Transcripts, and where each begins in its interview; as private as the raw files.
DOCUMENT_COLUMNS = ("document_id", "interview_id", "begins", "text", "sha256", "source")
#: Passages with and without codes; ``source_start`` and ``source_end`` as the coding tool counted.
SEGMENT_COLUMNS = ("segment_id", "interview_id", "start", "end", "text", "codings", "source_start", "source_end")
ITEM_COLUMNS = (
    "item_id", "text", "kind", "levels", "dont_know", "not_applicable", "set_id", "block", "question", "scale_id",
    "reverse", "formative", "neutral", "top", "exploitation", "none_option", "skip_rule",
)  # fmt: skip
#: Columns of ``SurveyData.answers`` that are not items, in this order; only the first is always there.
RESPONDENT_COLUMNS = (
    "respondent_id", "sector", "state", "site", "organisation", "weight", "stratum", "cluster", "fpc",
)  # fmt: skip
#: What became of one item for one respondent; codes of the categorical columns of ``SurveyData.status``.
ANSWER_STATUS = ("answered", "dont_know", "not_applicable", "not_answered", "not_asked")
STATUS_TYPE = pd.CategoricalDtype(list(ANSWER_STATUS))


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
        Importers add created (ISO 8601 where the export is clear) and memo, empty where the export has none.
    codebook : DataFrame
        code_id, name, parent_id, area, level (micro|macro), definition. Importers add path, is_codable, source_guid and
        color.
    assertions : DataFrame
        One row per statement of the form "X led to Y"; may be empty.
    segments : DataFrame
        One row per passage, also those without a code (codings is 0): ``SEGMENT_COLUMNS``.
    documents : DataFrame
        One row per document: ``DOCUMENT_COLUMNS``; text has LF line ends and is missing where the export lacks it.
    """

    interviews: pd.DataFrame
    codings: pd.DataFrame
    codebook: pd.DataFrame
    assertions: pd.DataFrame
    report: ImportReport
    segments: pd.DataFrame = field(default_factory=lambda: empty(SEGMENT_COLUMNS))
    documents: pd.DataFrame = field(default_factory=lambda: empty(DOCUMENT_COLUMNS))


@dataclass
class SurveyData:
    """A survey as one row per respondent, a status for every answer, a table of items and a report.

    Attributes
    ----------
    answers : DataFrame, one row per respondent, RangeIndex
        The columns of ``RESPONDENT_COLUMNS`` the study has (``respondent_id`` always; ``sector``, ``state``, ``site``,
        ``organisation``, ``stratum`` and ``cluster`` categorical, ``weight`` and ``fpc`` float), then one column per
        row of ``items``, named by ``item_id``:

        ========  =========================================================================================
        kind      column
        ========  =========================================================================================
        scale     ordered Categorical over ALL levels of the codebook, lowest first, also those nobody chose
        single    unordered Categorical over all levels of the codebook
        multiple  nullable boolean, one column per option; missing where the question was not answered
        number    float64
        open      string
        ========  =========================================================================================

        "Don't know" and "not applicable" are never levels: such answers are missing here and told apart in ``status``.
    status : DataFrame, same index, one column per item
        Categorical over ``ANSWER_STATUS`` (one byte a cell): ``answered`` exactly where ``answers`` has a value;
        ``dont_know`` and ``not_applicable`` where that was chosen; ``not_answered`` for a blank of an item that was
        shown, ``not_asked`` for one that was not (skip logic, display logic). All options of one multiple-response
        question share one status, and the base of its percentages is ``answered``: respondents who ticked at least
        one option, "none of these" included. Left out, it is ``answered`` or ``not_answered`` by missing values.
    items : DataFrame, one row per item (``ITEM_COLUMNS``)
        text, kind, levels (list, in order; empty list without levels), dont_know and not_applicable (lists of answer
        texts), set_id (the item set of ``study.yaml``; options of a multiple-response question share it), block,
        question (the stem the items share), scale_id, reverse, formative, neutral (level or None), top (int),
        exploitation, none_option (True for "none of these" of a multiple response), skip_rule (text or ""). Importers
        add ``column`` and ``import_id``: where in the export the item was read, and the export's own identifier of it.
    loops : SurveyData, optional
        Items asked several times of one respondent (loops, repeated blocks): the same respondent columns, one row per
        turn. Its items are not in ``items``; standard errors need ``respondent_id`` as cluster.
    """

    answers: pd.DataFrame
    items: pd.DataFrame
    report: ImportReport
    status: pd.DataFrame = field(default_factory=pd.DataFrame)
    loops: SurveyData | None = None

    def __post_init__(self) -> None:
        columns = [item for item in self.items["item_id"] if item in self.answers] if len(self.items) else []
        if self.status.empty and columns:
            answered = self.answers[columns].notna()
            self.status = pd.DataFrame({item: answer_status(answered[item]) for item in columns})


def answer_status(
    answered: pd.Series,
    *,
    dont_know: pd.Series | None = None,
    not_applicable: pd.Series | None = None,
    not_asked: pd.Series | None = None,
) -> pd.Series:
    """Status of one item from boolean columns; what was chosen wins over "answered", and that over "not asked".

    Returns
    -------
    Series
        Categorical over ``ANSWER_STATUS``, on the index of ``answered``.
    """
    codes = np.full(len(answered), ANSWER_STATUS.index("not_answered"), dtype="int8")
    marks = {"not_asked": not_asked, "answered": answered, "dont_know": dont_know, "not_applicable": not_applicable}
    for name, mark in marks.items():
        if mark is not None:
            codes[mark.to_numpy(dtype=bool)] = ANSWER_STATUS.index(name)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=STATUS_TYPE), index=answered.index)


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
