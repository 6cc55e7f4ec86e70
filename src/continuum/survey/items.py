"""Item tables: who was asked, who answered, and which share chose what, with intervals and honest base sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ..ingest.tables import SurveyData
from .answers import (
    ANSWERED,
    DONT_KNOW,
    NO_ANSWER,
    NOT_ANSWERED,
    NOT_APPLICABLE,
    NOT_ASKED,
    Groups,
    Item,
    groups_of,
    item_codes,
    item_numbers,
    item_status,
    items_of,
)
from .design import Design, Sampled, t_interval_of_share
from .shares import wilson

#: Below this base a percentage claims more than it knows: the counts stand alone.
PERCENT_BASE = 30
#: Below this base nothing is shown.
SHOWN_BASE = 10
#: Above this share of missing answers, best and worst case are given beside the estimate.
BOUNDS_ABOVE = 0.10


def item_table(
    survey: SurveyData,
    items: str | Iterable[str],
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Answers to each item, overall or by group, with the base of every figure.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        Items, item sets or scales.
    by : str or sequence of str, optional
        Column or columns that group respondents.
    design : Design, optional
        Shares are weighted and their intervals design-based; ``n`` and ``count`` stay unweighted.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        One row per item, group and shown level (the top levels of a scale together, each level of a single choice,
        "chosen" for an option, the mean of a number, "wrote an answer" for an open question): ``item_id``, ``item``,
        ``block``, ``question`` (the stem), the grouping columns, ``level``, ``asked``, ``n`` (answered),
        ``dont_know``, ``not_applicable``,
        ``missing`` (asked, not answered), ``count``, ``share``, ``low``, ``high``, ``worst`` and ``best`` (share if
        nobody or everybody who did not answer belonged to it; only above 10% missing), ``median`` (level or
        number), ``mean`` (codes treated as equally spaced), ``fewest`` (the smallest count above zero of a level of a
        scale, which a mean may tell), ``deff`` and ``shown``.

    Notes
    -----
    ``shown`` says which rule held: ``percent`` from a base of 30 on; ``counts`` from 10 to 29, where share and
    interval are missing; ``suppressed`` below 10, where counts are missing too; ``no answers``.
    Unweighted shares have Wilson intervals, weighted ones logit t intervals, means t intervals.
    """
    groups = groups_of(survey, by)
    sampled = None if design is None or design.empty else design.on(survey.answers)
    parts = [_item_rows(survey, item, groups, sampled, level) for item in items_of(survey, items)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return _apply_base_rules(table)


def _item_rows(survey: SurveyData, item: Item, groups: Groups, sampled: Sampled | None, level: float) -> pd.DataFrame:
    status = counts_by_status(survey, item, groups)
    if item.kind == "number":
        rows = _number_rows(survey, item, groups, status, sampled, level)
    else:
        rows = _share_rows(survey, item, groups, status, sampled, level)
    rows.insert(0, "item_id", item.item_id)
    rows.insert(1, "item", item.text)
    rows.insert(2, "block", item.block)
    rows.insert(3, "question", item.question)
    return rows


def counts_by_status(survey: SurveyData, item: Item, groups: Groups) -> pd.DataFrame:
    """Asked, answered and the rest, one row per group of ``groups`` with the grouping columns first."""
    size = len(groups)
    inside = groups.codes >= 0
    cells = groups.codes[inside] * 5 + item_status(survey, item)[inside]
    counts = np.bincount(cells, minlength=size * 5).reshape(size, 5)
    table = groups.names.copy()
    table["asked"] = counts.sum(axis=1) - counts[:, NOT_ASKED]
    table["n"] = counts[:, ANSWERED]
    table["dont_know"] = counts[:, DONT_KNOW]
    table["not_applicable"] = counts[:, NOT_APPLICABLE]
    table["missing"] = counts[:, NOT_ANSWERED]
    return table


def level_counts(survey: SurveyData, item: Item, groups: Groups) -> np.ndarray:
    """Counts of levels by group, shape (levels, groups), of a single-choice, scale or multiple-response item."""
    codes = item_codes(survey, item)
    size = 2 if item.kind == "multiple" else len(item.levels)
    inside = (groups.codes >= 0) & (codes != NO_ANSWER)
    cells = codes[inside].astype(np.intp) * len(groups) + groups.codes[inside]
    return np.bincount(cells, minlength=size * len(groups)).reshape(size, len(groups))


def _shown_levels(item: Item) -> dict[str, list[int]]:
    """What a row of the item table stands for: its name and the level codes it counts."""
    if item.kind == "multiple":
        return {"chosen": [1]}
    if item.kind == "scale":
        first = len(item.levels) - len(item.top_levels)
        return {" or ".join(item.top_levels): list(range(first, len(item.levels)))}
    return {name: [code] for code, name in enumerate(item.levels)}


def _share_rows(
    survey: SurveyData, item: Item, groups: Groups, status: pd.DataFrame, sampled: Sampled | None, level: float
) -> pd.DataFrame:
    if item.kind == "open":
        counts = np.array([status["missing"], status["n"]])
        codes = np.where(item_status(survey, item) == ANSWERED, 1, 0)
        codes[~np.isin(item_status(survey, item), (ANSWERED, NOT_ANSWERED))] = NO_ANSWER
        wanted, base = {"wrote an answer": [1]}, counts.sum(axis=0)
    else:
        counts, codes = level_counts(survey, item, groups), item_codes(survey, item)
        wanted, base = _shown_levels(item), counts.sum(axis=0)
    rows = []
    for name, members in wanted.items():
        part = status.copy()
        part["level"] = name
        part["count"] = counts[members].sum(axis=0)
        part["share"] = np.divide(part["count"], base, out=np.full(len(base), np.nan), where=base > 0)
        part["low"], part["high"] = wilson(part["count"], base, level)
        part["deff"] = np.nan
        if sampled is not None:
            _weigh(part, np.isin(codes, members), codes != NO_ANSWER, groups, sampled, level)
        rows.append(part)
    table = pd.concat(rows, ignore_index=True)
    _add_bounds(table)
    middle, mean = _median_and_mean(item, counts)
    table["median"] = pd.Series(middle * len(wanted), dtype="object")
    table["mean"] = np.tile(mean, len(wanted))
    fewest = np.where(counts > 0, counts, counts.max(initial=0) + 1).min(axis=0) if item.kind == "scale" else np.nan
    table["fewest"] = np.tile(np.broadcast_to(fewest, len(base)), len(wanted))
    return table


def _weigh(
    part: pd.DataFrame, chosen: np.ndarray, base: np.ndarray, groups: Groups, sampled: Sampled, level: float
) -> None:
    """Replace share, interval and design effect of ``part`` (one row per group) by the design-based ones."""
    estimates = sampled.means(pd.DataFrame({"y": chosen}), base=base, groups=groups.codes, level=level)
    estimates = estimates.set_index("group").reindex(range(len(part)))
    part["share"] = estimates["estimate"].to_numpy()
    part["low"], part["high"] = t_interval_of_share(estimates["estimate"], estimates["se"], estimates["df"], level)
    part["deff"] = estimates["deff"].to_numpy()


def _add_bounds(table: pd.DataFrame) -> None:
    """Best and worst case of the unweighted share where more than a tenth of those asked did not answer."""
    could_answer = table["n"] + table["missing"]
    many = table["missing"] > BOUNDS_ABOVE * could_answer
    table["worst"] = (table["count"] / could_answer).where(many)
    table["best"] = ((table["count"] + table["missing"]) / could_answer).where(many)


def _median_and_mean(item: Item, counts: np.ndarray) -> tuple[list[str | None], np.ndarray]:
    """Median level and mean code per group; only a scale has them."""
    size = counts.shape[1]
    if item.kind != "scale":
        return [None] * size, np.full(size, np.nan)
    n = counts.sum(axis=0)
    points = np.arange(1, len(counts) + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = points @ counts / n
    reached = np.cumsum(counts, axis=0) >= n / 2
    return [item.levels[int(np.argmax(reached[:, g]))] if n[g] else None for g in range(size)], mean


def _number_rows(
    survey: SurveyData, item: Item, groups: Groups, status: pd.DataFrame, sampled: Sampled | None, level: float
) -> pd.DataFrame:
    from scipy import stats

    values = item_numbers(survey, item)
    known = ~np.isnan(values) & (groups.codes >= 0)
    grouped = pd.Series(values[known]).groupby(groups.codes[known]).agg(["mean", "std", "median", "size"])
    grouped = grouped.reindex(range(len(groups)))
    rows = status.copy()
    rows["level"] = "mean"
    rows["count"] = rows["n"]
    rows["share"] = np.nan
    half = stats.t.ppf(0.5 + level / 2, grouped["size"] - 1) * grouped["std"] / np.sqrt(grouped["size"])
    rows["low"], rows["high"] = (grouped["mean"] - half).to_numpy(), (grouped["mean"] + half).to_numpy()
    rows["deff"], rows["worst"], rows["best"] = np.nan, np.nan, np.nan
    rows["median"] = grouped["median"].astype("object").to_numpy()
    rows["mean"], rows["fewest"] = grouped["mean"].to_numpy(), np.nan
    if sampled is not None:
        estimates = sampled.means(pd.DataFrame({"y": values}), base=~np.isnan(values), groups=groups.codes, level=level)
        estimates = estimates.set_index("group").reindex(range(len(rows)))
        for column, source in {"mean": "estimate", "low": "low", "high": "high", "deff": "deff"}.items():
            rows[column] = estimates[source].to_numpy()
    return rows


def _apply_base_rules(table: pd.DataFrame) -> pd.DataFrame:
    """Take away what a small base does not support; see the notes of :func:`item_table`."""
    if table.empty:
        return table
    counted = ["asked", "n", "dont_know", "not_applicable", "missing", "count"]
    table = table.astype(dict.fromkeys(counted, "Int64"))
    base = (table["n"] + table["missing"]).where(table["level"] == "wrote an answer", table["n"])
    shown = pd.Series("percent", index=table.index)
    shown[base < PERCENT_BASE] = "counts"
    shown[base < SHOWN_BASE] = "suppressed"
    shown[base == 0] = "no answers"
    estimates = ["share", "low", "high", "worst", "best", "mean", "deff"]
    table.loc[shown != "percent", estimates] = np.nan
    hidden = shown == "suppressed"
    table.loc[hidden, ["dont_know", "not_applicable", "missing", "count"]] = pd.NA
    table.loc[hidden, "median"] = None
    table["shown"] = shown
    return table
