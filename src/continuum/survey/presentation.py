"""Tables of the survey in the form in which they are read, and how the disclosure rule treats them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ..tables import interval, number, p_value, percent

#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.survey.item_table`.
ITEM_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "low", "high", "worst", "best", "mean", "median"]},
    "within": ["item_id", "level"],
    "size": "n",
}
#: The same for its counts of those who did not answer.
STATUS_CELLS: dict[str, Any] = {
    "counts": ["dont_know", "not_applicable", "missing"],
    "within": ["item_id", "level"],
}
#: The same for :func:`continuum.survey.likert_table`; call :func:`continuum.survey.lay_out` afterward.
LIKERT_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["percent", "label", "start", "end"]},
    "within": ["item_id"],
}
#: The same for :func:`continuum.survey.table_one`.
TABLE_ONE_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "mean", "sd", "median", "q1", "q3", "weighted"]},
    "within": ["variable", "level"],
    "by": "group",
}


def item_rows(table: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """An item table for reading: under each question the items from the largest share down.

    Parameters
    ----------
    table : DataFrame
        Protected, from :func:`continuum.survey.item_table`.
    by : str, optional
        Grouping column to keep.
    """
    rows = table.assign(order=pd.to_numeric(table["share"], errors="coerce"))
    if by is None:
        place = rows["question"].map({q: i for i, q in enumerate(dict.fromkeys(rows["question"]))})
        rows = rows.assign(place=place).sort_values(["place", "order"], ascending=[True, False], kind="stable")
    shown = pd.DataFrame({"question": rows["question"].where(rows["question"] != "", rows["block"])})
    # A question stands at its first item only.
    shown["question"] = shown["question"].mask(shown["question"].duplicated(), "")
    shown["item"] = rows["item"]
    if by is not None:
        shown[by] = rows[by]
    shown["answer"] = rows["level"]
    for column in ("asked", "n", "dont_know", "not_applicable", "missing", "count"):
        shown[column] = rows[column]
    shown["share"] = rows["share"]
    shown["interval"] = [_between(lo, hi, percent) for lo, hi in zip(rows["low"], rows["high"], strict=True)]
    if rows["worst"].notna().any():
        shown["bounds"] = [_between(lo, hi, percent) for lo, hi in zip(rows["worst"], rows["best"], strict=True)]
    if rows["deff"].notna().any():
        shown["design_effect"] = rows["deff"]
    shown["median"] = rows["median"]
    return shown.reset_index(drop=True)


def test_rows(tests: pd.DataFrame) -> pd.DataFrame:
    """Group tests for reading: statistic with degrees of freedom, p, adjusted p, effect with interval."""
    statistic = [_statistic(row) for row in tests.to_dict("records")]
    effect = [number(value) for value in tests["effect"]]
    between = [_between(lo, hi, number) for lo, hi in zip(tests["effect_low"], tests["effect_high"], strict=True)]
    shown = pd.DataFrame({
        "family": tests["family"], "item": tests["item"], "n": tests["n"], "test": tests["test"],
        "statistic": statistic, "p": [p_value(p) for p in tests["p"]],
        "p_adjusted": [p_value(p) for p in tests["p_adjusted"]],
        "effect": effect, "interval": between, "measure": tests["effect_name"],
    })  # fmt: skip
    if tests["note"].ne("").any():
        shown["note"] = tests["note"]
    return shown


#: Formats of the columns above.
FORMATS = {"share": "percent", "asked": "count", "n": "count", "count": "count", "missing": "count",
           "dont_know": "count", "not_applicable": "count", "p": "text"}  # fmt: skip
HEADERS = {"dont_know": "Don't know", "not_applicable": "Not applicable", "missing": "Not answered", "p": "p",
           "p_adjusted": "Adjusted p", "n": "Answered", "interval": "95% interval",
           "bounds": "If none / all of the missing"}  # fmt: skip


def _statistic(row: dict[Any, Any]) -> str:
    if pd.isna(row["statistic"]):
        return number(None)
    freedom = [f"{row[name]:.4g}" for name in ("df", "df2") if pd.notna(row[name])]
    return f"{number(row['statistic'])} ({', '.join(freedom)})" if freedom else number(row["statistic"])


def _between(low: Any, high: Any, form: Callable[[Any], str]) -> str:
    return low if isinstance(low, str) else interval(low, high, form)


def likert_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The data behind Likert bars, one row per level: no totals of a side, which would reveal a hidden level."""
    groups = [c for c in table.columns[2 : table.columns.get_loc("level")]]
    return table[["item", *groups, "level", "count", "percent", "n", "dont_know", "not_applicable", "missing"]]
