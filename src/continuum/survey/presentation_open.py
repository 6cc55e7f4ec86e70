"""Codes, words and clusters of open answers in the form in which they are read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..disclosure import shown as drawable
from ..tables import interval, p_value, percent

#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.survey.all_answer_clusters`.
CLUSTER_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "words"]},
    "within": ["question"],
}


def code_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Codes for reading: a question with its blanks stands at its first code."""
    shown = table[["question", "code", "n", "blank", "uncodable", "count", "share"]].copy()
    ends = zip(table["low"], table["high"], strict=True)
    shown["interval"] = [lo if isinstance(lo, str) else interval(lo, hi, percent) for lo, hi in ends]
    return _question_once(shown)


def word_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Words for reading, those with hidden counts left out."""
    rows = drawable(table, ["count", "other_count", "odds_ratio", "p"])
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
