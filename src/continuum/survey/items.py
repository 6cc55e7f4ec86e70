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
    return _apply_base_rules(_one_table(parts, groups) if parts else pd.DataFrame())


def _item_rows(
    survey: SurveyData, item: Item, groups: Groups, sampled: Sampled | None, level: float
) -> dict[str, np.ndarray]:
    """Columns of one item, groups within levels; arrays, because a table for each item takes several times as long."""
    status = _status_counts(survey, item, groups)
    rows = (_number_rows if item.kind == "number" else _share_rows)(survey, item, groups, status, sampled, level)
    size = len(rows["level"])
    about = {"item_id": item.item_id, "item": item.text, "block": item.block, "question": item.question}
    repeats = size // max(len(groups), 1)
    return (
        {name: np.full(size, value, dtype=object) for name, value in about.items()}
        | {name: np.tile(counts, repeats) for name, counts in status.items()}
        | rows
    )


def _one_table(parts: list[dict[str, np.ndarray]], groups: Groups) -> pd.DataFrame:
    """Rows of all items, with the grouping columns after those that say what the item is."""
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table = pd.DataFrame(columns).astype(dict.fromkeys(["item_id", "item", "block", "question", "level"], "str"))
    table["median"] = pd.Series(columns["median"], dtype="object")
    member = np.tile(np.arange(len(groups)), len(table) // max(len(groups), 1))
    for position, name in enumerate(groups.names, start=list(columns).index("asked")):
        table.insert(position, name, groups.names[name].take(member).array)
    return table


def _status_counts(survey: SurveyData, item: Item, groups: Groups) -> dict[str, np.ndarray]:
    size = len(groups)
    inside = groups.codes >= 0
    cells = groups.codes[inside] * 5 + item_status(survey, item)[inside]
    counts = np.bincount(cells, minlength=size * 5).reshape(size, 5)
    return {
        "asked": counts.sum(axis=1) - counts[:, NOT_ASKED], "n": counts[:, ANSWERED],
        "dont_know": counts[:, DONT_KNOW], "not_applicable": counts[:, NOT_APPLICABLE],
        "missing": counts[:, NOT_ANSWERED],
    }  # fmt: skip


def counts_by_status(survey: SurveyData, item: Item, groups: Groups) -> pd.DataFrame:
    """Asked, answered and the rest, one row per group of ``groups`` with the grouping columns first."""
    return groups.names.assign(**_status_counts(survey, item, groups))


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
    survey: SurveyData,
    item: Item,
    groups: Groups,
    status: dict[str, np.ndarray],
    sampled: Sampled | None,
    level: float,
) -> dict[str, np.ndarray]:
    if item.kind == "open":
        counts = np.array([status["missing"], status["n"]])
        codes = np.where(item_status(survey, item) == ANSWERED, 1, 0)
        codes[~np.isin(item_status(survey, item), (ANSWERED, NOT_ANSWERED))] = NO_ANSWER
        wanted = {"wrote an answer": [1]}
    else:
        counts, codes = level_counts(survey, item, groups), item_codes(survey, item)
        wanted = _shown_levels(item)
    base = counts.sum(axis=0)
    count = np.array([counts[members].sum(axis=0) for members in wanted.values()])
    share = np.divide(count, base, out=np.full(count.shape, np.nan), where=base > 0)
    low, high = wilson(count, base, level)
    deff = np.full(count.shape, np.nan)
    if sampled is not None:
        for row, members in enumerate(wanted.values()):
            share[row], low[row], high[row], deff[row] = _weighted(
                np.isin(codes, members), codes != NO_ANSWER, groups, sampled, level
            )
    worst, best = _bounds(count, status)
    middle, mean = _median_and_mean(item, counts)
    fewest = np.where(counts > 0, counts, counts.max(initial=0) + 1).min(axis=0) if item.kind == "scale" else np.nan
    by_level = {"count": count, "share": share, "low": low, "high": high, "deff": deff, "worst": worst, "best": best}
    by_group = {"median": np.array(middle, dtype=object), "mean": mean, "fewest": np.broadcast_to(fewest, len(base))}
    return (
        {"level": np.repeat(np.array(list(wanted), dtype=object), len(base))}
        | {name: values.ravel() for name, values in by_level.items()}
        | {name: np.tile(values, len(wanted)) for name, values in by_group.items()}
    )


def _weighted(
    chosen: np.ndarray, base: np.ndarray, groups: Groups, sampled: Sampled, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Share, interval and design effect per group under the design."""
    estimates = sampled.means(pd.DataFrame({"y": chosen}), base=base, groups=groups.codes, level=level)
    estimates = estimates.set_index("group").reindex(range(len(groups)))
    low, high = t_interval_of_share(estimates["estimate"], estimates["se"], estimates["df"], level)
    return estimates["estimate"].to_numpy(), low, high, estimates["deff"].to_numpy()


def _bounds(count: np.ndarray, status: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Worst and best case of the unweighted share where more than a tenth of those asked did not answer."""
    missing = status["missing"]
    could_answer = status["n"] + missing
    many = missing > BOUNDS_ABOVE * could_answer
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            np.where(many, count / could_answer, np.nan),
            np.where(many, (count + missing) / could_answer, np.nan),
        )


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
    survey: SurveyData,
    item: Item,
    groups: Groups,
    status: dict[str, np.ndarray],
    sampled: Sampled | None,
    level: float,
) -> dict[str, np.ndarray]:
    from scipy import stats

    values = item_numbers(survey, item)
    known = ~np.isnan(values) & (groups.codes >= 0)
    grouped = pd.Series(values[known]).groupby(groups.codes[known]).agg(["mean", "std", "median", "size"])
    grouped = grouped.reindex(range(len(groups)))
    half = stats.t.ppf(0.5 + level / 2, grouped["size"] - 1) * grouped["std"] / np.sqrt(grouped["size"])
    nothing = np.full(len(groups), np.nan)
    rows = {
        "level": np.full(len(groups), "mean", dtype=object), "count": status["n"], "share": nothing,
        "low": (grouped["mean"] - half).to_numpy(), "high": (grouped["mean"] + half).to_numpy(),
        "deff": nothing, "worst": nothing, "best": nothing, "median": grouped["median"].astype("object").to_numpy(),
        "mean": grouped["mean"].to_numpy(), "fewest": nothing,
    }  # fmt: skip
    if sampled is not None:
        estimates = sampled.means(pd.DataFrame({"y": values}), base=~np.isnan(values), groups=groups.codes, level=level)
        estimates = estimates.set_index("group").reindex(range(len(groups)))
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
