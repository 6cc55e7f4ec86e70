"""Where immediate needs outrun what organizations can meet, by site, state or sector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pandas as pd

from ..errors import NotCollected

#: Respondents a cell needs; smaller ones are shown without estimates.
MIN_BASE = 10

_ESTIMATES = ("need_share", "in_house", "covered", "gap", "low", "high", "gap_in_house")


def need_pairs(items: pd.DataFrame) -> pd.DataFrame:
    """Which capacity item belongs to which need item: those with the same text.

    Parameters
    ----------
    items : DataFrame
        Survey items with item_id, text, block (``need`` and ``capacity``), levels and top.

    Returns
    -------
    DataFrame
        need (text), need_item, capacity_item.

    Raises
    ------
    NotCollected
        If no need has a capacity item.
    """
    needs = items[items["block"] == "need"][["text", "item_id"]].rename(columns={"item_id": "need_item"})
    capacity = items[items["block"] == "capacity"][["text", "item_id"]].rename(columns={"item_id": "capacity_item"})
    pairs = needs.merge(capacity, on="text").rename(columns={"text": "need"})
    if pairs.empty:
        raise NotCollected(
            "The survey does not ask both how often a need is met with and whether it can be met.",
            "item sets with block: need and block: capacity whose labels are the same",
        )
    return pairs


class Surveyed(Protocol):
    """What the importer returns: answers, one row per respondent, and the items."""

    answers: pd.DataFrame
    items: pd.DataFrame


def need_capacity(
    survey: Surveyed,
    rng: np.random.Generator,
    *,
    by: str | None = None,
    cluster: str | None = None,
    replicates: int = 2000,
    minimum: int = MIN_BASE,
) -> pd.DataFrame:
    """Need, coverage and the gap between them, for each need and group.

    Parameters
    ----------
    survey : Surveyed
        ``answers``: need and capacity items are ordered categoricals; ``items`` as in :func:`need_pairs`.
    rng : Generator
    by : str, optional
        Column of groups, such as state or sector; all respondents together if not given.
    cluster : str, optional
        Column of the unit that is resampled, such as the agency; respondents if not given.
    replicates : int
        Bootstrap samples.
    minimum : int
        Respondents needed for an estimate.

    Returns
    -------
    DataFrame
        group, need, n (respondents who answered both items), need_share (met with often: the need item's top levels),
        in_house (top level of capacity), covered (in house, partly or by referral: any level above the lowest), gap =
        need_share - covered with low and high (95 % percentile interval), gap_in_house = need_share - in_house,
        smallest (count above zero of respondents behind one of the shares or beside it; n without estimates; for the
        smallest group also of those who state no group, whom its base would give away).
        A gap above zero: the need is frequent and not covered. Estimates are missing under ``minimum``.

    Notes
    -----
    Shares are of the same respondents, so the difference is paired; whole clusters are resampled.
    """
    answers, items = survey.answers, survey.items
    pairs = need_pairs(items)
    tops = items.set_index("item_id")["top"]
    rows = []
    for group, members in _groups(answers, by):
        units = _units(members.get(cluster) if cluster else None, len(members))
        for text, need_item, capacity_item in pairs.to_numpy().tolist():
            need, capacity = members[need_item], members[capacity_item]
            both = (need.notna() & capacity.notna()).to_numpy()
            n = int(both.sum())
            row: dict[str, object] = {
                "group": group,
                "need": text,
                "n": n,
                "smallest": n,
                **dict.fromkeys(_ESTIMATES, np.nan),
            }
            if n >= minimum:
                frequent = _codes(need) >= len(need.cat.categories) - int(tops[need_item])
                in_house = _codes(capacity) == len(capacity.cat.categories) - 1
                covered = _codes(capacity) >= 1
                difference = (frequent.astype(float) - covered)[both]
                behind = [frequent[both], ~frequent[both], in_house[both], (covered & ~in_house)[both], ~covered[both]]
                row["smallest"] = min(int(who.sum()) for who in behind if who.any())
                values = np.where(both, frequent.astype(int) - covered, 0)
                draws = _resampled_means(values, both, units, replicates, rng)
                row |= {
                    "need_share": frequent[both].mean(), "in_house": in_house[both].mean(),
                    "covered": covered[both].mean(), "gap": difference.mean(),
                    "low": float(np.percentile(draws, 2.5)), "high": float(np.percentile(draws, 97.5)),
                    "gap_in_house": frequent[both].mean() - in_house[both].mean(),
                }  # fmt: skip
            rows.append(row)
    table = pd.DataFrame(rows)
    for text, need_item, capacity_item in pairs.to_numpy().tolist():
        sizes = table.loc[table["need"] == text, "n"]
        rest = int((answers[need_item].notna() & answers[capacity_item].notna()).sum() - sizes.sum())
        if rest and len(sizes):
            table.loc[sizes.idxmin(), "smallest"] = min(rest, table.loc[sizes.idxmin(), "smallest"])
    return table


def _groups(answers: pd.DataFrame, by: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    if by is None:
        yield "all", answers
        return
    if by not in answers:
        raise NotCollected(f"The survey does not say the {by} of respondents.", f"{by} under survey: columns:")
    for name, members in answers.groupby(by, sort=True, observed=True):
        yield str(name), members


def _codes(column: pd.Series) -> np.ndarray:
    """Positions on the scale; -1 where there is no answer."""
    return column.cat.codes.to_numpy()


def _units(cluster: pd.Series | None, n: int) -> np.ndarray:
    """Number of the unit that each respondent is resampled with: their cluster, else themselves."""
    return np.arange(n) if cluster is None else pd.factorize(cluster, use_na_sentinel=False)[0]


def _resampled_means(
    values: np.ndarray, counted: np.ndarray, units: np.ndarray, replicates: int, rng: np.random.Generator
) -> np.ndarray:
    """Means of whole numbers over samples of whole units, shape (replicates,).

    Units with the same sum and number of values are alike, so it is enough to draw how many of each kind there are.
    """
    sums, sizes = (np.bincount(units, weights=part).astype(int) for part in (values, counted))
    kinds = pd.DataFrame({"sum": sums, "size": sizes}).value_counts().sort_index()
    drawn = rng.multinomial(len(sums), kinds.to_numpy() / len(sums), size=replicates)
    total, size = (drawn @ kinds.index.get_level_values(name).to_numpy() for name in ("sum", "size"))
    return total / np.maximum(size, 1)
