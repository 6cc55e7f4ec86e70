"""Rankings of items with the uncertainty of every rank: places are printed as intervals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..errors import TooFewCases
from ..ingest.tables import SurveyData
from .answers import NO_ANSWER, Groups, Item, groups_of, item_codes, items_of
from .items import PERCENT_BASE

#: Above this many respondents bootstrap shares are drawn from their normal limit.
NORMAL_ABOVE = 5_000


def rank_intervals(
    survey: SurveyData,
    items: str | Iterable[str],
    by: str | None = None,
    *,
    rng: np.random.Generator,
    replicates: int = 2000,
    level: float = 0.95,
    smallest: int = 5,
) -> pd.DataFrame:
    """Places of items by the share of their top levels (or of those who chose an option), with bootstrap intervals.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        Scale items or options of one block.
    by : str, optional
        Rank within groups; groups with fewer than 30 answers to an item are left out.
    rng : Generator
    replicates : int
        Bootstrap samples of respondents.
    level : float
    smallest : int
        Items that fewer respondents chose, or all but fewer, have no place and take none from the others: it would
        say where between two published counts a hidden one lies.

    Returns
    -------
    DataFrame
        ``item_id``, ``item``, the grouping column, ``n``, ``count``, ``share``, ``rank`` (1 is the largest share;
        ties share the mean place), ``rank_low``, ``rank_high``, and ``overlaps``: how many other items have an
        interval of places that overlaps, so are not distinguishable in rank.
    """
    chosen = items_of(survey, items)
    if len(chosen) < 2:
        raise TooFewCases("A ranking needs at least two items.", "name a set of several items as bars")
    groups = groups_of(survey, by)
    top, known = top_matrix(survey, chosen)
    parts = []
    for position in range(len(groups)):
        member = groups.codes == position
        base = known[member].sum(axis=0)
        if base.min() < PERCENT_BASE:
            continue
        ranked = ~few_chose(top[member], known[member], smallest)
        if ranked.sum() < 2:
            continue
        shares, draws = bootstrap_shares(top[member], known[member], rng, replicates)
        part = pd.DataFrame({"item_id": [i.item_id for i in chosen], "item": [i.text for i in chosen]})
        part["n"], part["count"], part["share"] = base, top[member].sum(axis=0), shares
        low, high = _bounds(places(draws[:, ranked]), level)
        part[["rank", "rank_low", "rank_high", "overlaps"]] = np.nan
        part.loc[ranked, "rank"] = places(shares[ranked])
        part.loc[ranked, ["rank_low", "rank_high", "overlaps"]] = np.column_stack([low, high, _overlaps(low, high)])
        part = part.astype(dict.fromkeys(["rank_low", "rank_high", "overlaps"], "Int64"))
        _insert_group(part, groups, position)
        parts.append(part)
    if not parts:
        raise TooFewCases(
            f"No group has {PERCENT_BASE} answers to every item and two items that enough chose, so nothing is ranked.",
            "more answers",
        )
    return pd.concat(parts, ignore_index=True)


def few_chose(top: np.ndarray, known: np.ndarray, smallest: int) -> np.ndarray:
    """Items (items,) that few chose, but somebody, or all but few: their counts are hidden where they stand alone."""
    chose = top.sum(axis=0)
    other = known.sum(axis=0) - chose
    return ((chose > 0) & (chose < smallest)) | ((other > 0) & (other < smallest))


def top_matrix(survey: SurveyData, items: list[Item]) -> tuple[np.ndarray, np.ndarray]:
    """Who answered in the top levels, and who answered at all: two boolean arrays (n, items)."""
    top, known = [], []
    for item in items:
        codes = item_codes(survey, item)
        first = 1 if item.kind == "multiple" else len(item.levels) - len(item.top_levels)
        top.append(codes >= first)
        known.append(codes != NO_ANSWER)
    return np.column_stack(top), np.column_stack(known)


def bootstrap_shares(
    top: np.ndarray, known: np.ndarray, rng: np.random.Generator, replicates: int
) -> tuple[np.ndarray, np.ndarray]:
    """Shares (items,) and their bootstrap draws (replicates, items), all items of one respondent drawn together."""
    n = len(top)
    shares = top.sum(axis=0) / known.sum(axis=0)
    if n > NORMAL_ABOVE:
        influence = np.where(known, top - shares, 0.0) / known.sum(axis=0)
        values, vectors = np.linalg.eigh(influence.T @ influence)
        noise = rng.standard_normal((replicates, len(shares)))
        return shares, shares + noise @ (vectors * np.sqrt(np.maximum(values, 0))).T
    weights = rng.multinomial(n, np.full(n, 1 / n), size=replicates).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return shares, (weights @ top) / (weights @ known)


def places(shares: np.ndarray) -> np.ndarray:
    """Rank of each item in the last axis, 1 for the largest share, ties at their mean place."""
    larger = (shares[..., None, :] > shares[..., :, None]).sum(axis=-1)
    equal = (shares[..., None, :] == shares[..., :, None]).sum(axis=-1)
    return larger + (equal + 1) / 2


def _bounds(draws: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.floor(low).astype(int), np.ceil(high).astype(int)


def _overlaps(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return ((low[:, None] <= high) & (low <= high[:, None])).sum(axis=1) - 1


def _insert_group(part: pd.DataFrame, groups: Groups, position: int) -> None:
    for column in groups.names.columns:
        part.insert(2, column, str(groups.names[column].iloc[position]))
