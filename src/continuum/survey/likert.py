"""Answers on ordered scales as the numbers behind diverging stacked bars: computed once, drawn and printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..ingest.tables import SurveyData
from .answers import NO_ANSWER, Groups, Item, groups_of, item_codes, items_of
from .design import Design, Sampled
from .items import PERCENT_BASE, counts_by_status, level_counts

NeutralRule = Literal["split", "aside"]


def likert_table(
    survey: SurveyData,
    items: str | Iterable[str],
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    *,
    neutral: NeutralRule = "split",
) -> pd.DataFrame:
    """Percentages of every level, with the positions of a diverging stacked bar.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        Scale items, sets or scales; all must have the same levels to stand in one display.
    by : str or sequence of str, optional
    design : Design, optional
        Percentages are then weighted; bases stay unweighted.
    neutral : {"split", "aside"}
        Whether the neutral level straddles the middle of the bar or stands apart, to the right of it. Without a
        neutral level the bar turns between the lower and the upper half of the scale.

    Returns
    -------
    DataFrame
        One row per item, group and level, also levels that nobody chose: ``item_id``, ``item``, ``group``, the grouping
        columns, ``level``, ``position`` (1 is lowest), ``side`` (negative, neutral, positive), ``in_top``, ``count``,
        ``percent`` (of those who answered on the scale; sums to 100), ``label`` (whole percents that sum to 100, by
        largest remainders), ``start`` and ``end`` of the bar in percent, ``n``, ``dont_know``, ``not_applicable``,
        ``missing``, ``negative``, ``positive`` (totals of each side), ``top`` (percent in the top levels) and
        ``rank`` (1 for the item with the largest top share overall).

    Raises
    ------
    BadInput
        If an item is no scale, has no levels in the codebook, or its levels differ from those of the first item.

    Notes
    -----
    "Don't know" stays outside the bar. Bars on fewer than 30 answers have counts and no percentages.
    """
    chosen = items_of(survey, items)
    _refuse_mixed(chosen)
    groups = groups_of(survey, by)
    sampled = None if design is None or design.empty else design.on(survey.answers)
    parts = [_bar_rows(survey, item, groups, sampled) for item in chosen]
    table = pd.concat(parts, ignore_index=True)
    table["rank"] = table["item_id"].map(_ranks(survey, chosen))
    return lay_out(table, neutral=neutral)


def lay_out(table: pd.DataFrame, *, neutral: NeutralRule = "split") -> pd.DataFrame:
    """``table`` with ``start`` and ``end`` of every segment, computed from the percentages it shows.

    After a table has been protected, call this again: a hidden level then takes no room in its bar, and the segments
    beside it do not give its length away.

    Parameters
    ----------
    table : DataFrame
        From :func:`likert_table`, protected or not; bars are runs of rows from ``position`` 1 upward.
    neutral : {"split", "aside"}
    """
    laid = table.copy()
    width = pd.to_numeric(table["percent"], errors="coerce")
    bar = (table["position"] == 1).cumsum()
    sides = table["side"]
    below = width.where(sides == "negative", 0.0).groupby(bar).transform("sum")
    middle = sides == "neutral"
    in_bar = width.fillna(0.0)
    if neutral == "split":
        zero = below + width.where(middle, 0.0).groupby(bar).transform("sum") / 2
    else:
        zero, in_bar = below, in_bar.mask(middle, 0.0)
    laid["end"] = (in_bar.groupby(bar).cumsum() - zero).mask(width.isna())
    laid["start"] = laid["end"] - in_bar
    if neutral == "aside" and middle.any():
        # In one line, past the end of the longest bar.
        line = np.ceil((np.nan_to_num(laid.loc[~middle, "end"].max()) + 5) / 10) * 10
        laid.loc[middle, "start"] = width[middle] * 0 + line
        laid.loc[middle, "end"] = width[middle] + line
    return laid


def largest_remainder(shares: np.ndarray, total: int = 100) -> np.ndarray:
    """Whole numbers in proportion to ``shares`` that add up to ``total`` exactly; zeros stay zero if all are."""
    shares = np.asarray(shares, dtype=float)
    if not np.isfinite(shares).all() or shares.sum() <= 0:
        return np.zeros(len(shares), dtype=int)
    exact = shares / shares.sum() * total
    whole = np.floor(exact + 1e-9).astype(int)
    left = total - whole.sum()
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:left]] += 1
    return whole


def _refuse_mixed(items: list[Item]) -> None:
    for item in items:
        if item.kind != "scale":
            raise BadInput(f"{item.item_id!r} is a {item.kind} item, not a scale", place=f"column {item.item_id}")
        if not item.levels:
            raise BadInput(
                f"the codebook holds no levels for {item.item_id!r}, and their order is not guessed",
                place=f"column {item.item_id}",
                fix="list the levels in order under survey: scales: in study.yaml",
            )
        if item.levels != items[0].levels:
            raise BadInput(
                f"{item.item_id!r} and {items[0].item_id!r} have different levels and cannot share a display",
                fix="show items with the same scale together",
            )


def _bar_rows(survey: SurveyData, item: Item, groups: Groups, sampled: Sampled | None) -> pd.DataFrame:
    counts = level_counts(survey, item, groups)
    percents = _percents(survey, item, groups, counts, sampled)
    sides = _sides(item)
    status = counts_by_status(survey, item, groups)
    top = len(item.levels) - len(item.top_levels)
    rows = []
    for group in range(len(groups)):
        share = percents[:, group]
        part = pd.DataFrame({"level": item.levels, "position": np.arange(1, len(item.levels) + 1), "side": sides})
        part["in_top"] = part["position"] > top
        part["count"] = counts[:, group]
        part["percent"] = share
        part["label"] = largest_remainder(share)
        for column in ("n", "dont_know", "not_applicable", "missing"):
            part[column] = int(status[column].iloc[group])
        part["negative"] = share[sides == "negative"].sum()
        part["positive"] = share[sides == "positive"].sum()
        part["top"] = share[top:].sum()
        for i, column in enumerate(groups.names.columns):
            part.insert(i, column, str(groups.names[column].iloc[group]))
        part.insert(0, "group", groups.labels()[group])
        part.insert(0, "item", item.text)
        part.insert(0, "item_id", item.item_id)
        rows.append(part)
    return pd.concat(rows, ignore_index=True)


def _percents(
    survey: SurveyData, item: Item, groups: Groups, counts: np.ndarray, sampled: Sampled | None
) -> np.ndarray:
    """Percent of each level by group (levels, groups); NaN on a base under 30."""
    base = counts.sum(axis=0)
    weighted = counts.astype(float)
    if sampled is not None:
        codes = item_codes(survey, item)
        inside = (codes != NO_ANSWER) & (groups.codes >= 0)
        cells = codes[inside].astype(np.intp) * len(groups) + groups.codes[inside]
        weighted = np.bincount(cells, weights=sampled.weights[inside], minlength=counts.size).reshape(counts.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(base >= PERCENT_BASE, 100 * weighted / weighted.sum(axis=0), np.nan)


def _sides(item: Item) -> np.ndarray:
    """Which side of the bar each level stands on."""
    size = len(item.levels)
    if item.neutral is not None:
        middle = item.levels.index(item.neutral)
        return np.array(["negative"] * middle + ["neutral"] + ["positive"] * (size - middle - 1))
    return np.array(["negative"] * (size - size // 2) + ["positive"] * (size // 2))


def _ranks(survey: SurveyData, items: list[Item]) -> dict[str, int]:
    """Place of each item by its unweighted top share over all respondents; ties keep the order of the codebook."""
    everyone = groups_of(survey, None)
    top = {}
    for item in items:
        counts = level_counts(survey, item, everyone)[:, 0]
        first = len(item.levels) - len(item.top_levels)
        top[item.item_id] = counts[first:].sum() / counts.sum() if counts.sum() else -1.0
    ordered = sorted(top, key=lambda name: -top[name])
    return {name: place for place, name in enumerate(ordered, start=1)}
