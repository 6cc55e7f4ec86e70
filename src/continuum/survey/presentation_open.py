"""Codes, words and clusters of open answers in the form in which they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ..disclosure import SUPPRESSED
from ..disclosure import shown as drawable
from ..tables import interval, p_value, percent

#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.survey.all_answer_clusters`.
CLUSTER_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["n", "share", "words"]},
    "within": ["question"],
    "by": "cluster",  # so that the word "total" is taken for a word
    "also": {"shown": "suppressed"},
}
#: The same for :func:`continuum.survey.all_keyness`: each row tells of all other groups together.
WORD_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "other_count", "other_n", "other_share", "odds_ratio", "p", "p_adjusted"]},
    "within": ["question", "word"],
    "by": "group",
    "base": "n",
    "also": {"shown": "suppressed"},
}
#: The same for :func:`continuum.survey.coder_agreement`.
AGREEMENT_CELLS: dict[str, Any] = {
    "counts": ["answers"],
    "derived": {"answers": ["percent", "alpha"]},
    "also": {"shown": "suppressed"},
}
_CODE_CELLS: dict[str, Any] = {"derived": {"count": ["share", "low", "high"]}, "size": "n"}


def protected_codes(table: pd.DataFrame, protect: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Codes of open answers under the disclosure rule.

    Everyone wrote an answer or left a blank: where few did either, both counts are hidden, and the shares, which would
    tell the base. An answer got a code or none does: few without one are hidden, and so is a code that all but few got.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.survey.all_open_codes`.
    protect : callable
        :meth:`continuum.results.Results.protect`.
    """
    codes = protect(table, counts=["count", "uncodable"], **_CODE_CELLS)
    bases = protect(table, counts=["n", "blank"])
    few = bases[["n", "blank"]].isin([SUPPRESSED]).any(axis=1)
    hidden = ["n", "blank", "share", "low", "high"]
    codes[hidden] = codes[hidden].astype("object").mask(few, SUPPRESSED)
    return codes


def code_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Codes for reading: a question with its blanks stands at its first code."""
    shown = table[["question", "code", "n", "blank", "uncodable", "count", "share"]].copy()
    shown["interval"] = [interval(lo, hi, percent) for lo, hi in zip(table["low"], table["high"], strict=True)]
    return _question_once(shown)


def agreement_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Agreement of coders, question by question."""
    return table[["question", "coders", "answers", "percent", "alpha"]]


def word_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Words for reading: the smallest p-values of each question, those with hidden counts left out."""
    rows = drawable(table[table["telling"]], ["count", "n", "other_share", "odds_ratio", "p"])
    shown = rows[["question", "word", "group", "count", "n", "share", "other_share", "odds_ratio"]].copy()
    shown["p"] = [p_value(p) for p in rows["p"]]
    shown["p_adjusted"] = [p_value(p) for p in pd.to_numeric(rows["p_adjusted"], errors="coerce")]
    return _question_once(shown)


def cluster_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Clusters of answers: sizes and typical words, and that no person made them."""
    shown = table[["question", "cluster", "count", "n", "share", "words", "basis"]].copy()
    return _question_once(shown.assign(words=shown["words"].replace("", "no word that enough of them share")))


def _question_once(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(question=table["question"].mask(table["question"].duplicated(), ""))
