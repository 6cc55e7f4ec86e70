"""Claims of similarity, tested as such: "no significant difference" is never read as "the same"."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import TooFewCases
from ..ingest.tables import SurveyData
from .answers import groups_of, items_of
from .items import PERCENT_BASE
from .paired import fewest
from .ranks import bootstrap_shares, few_chose, places, top_matrix
from .shares import newcombe

#: Both one-sided tests at 5% correspond to an interval of this level.
LEVEL = 0.90


def equivalence_tests(survey: SurveyData, items: str | Iterable[str], by: str, margin: float) -> pd.DataFrame:
    """Two one-sided tests that the shares of every pair of groups differ by less than a margin.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        Scale items (top levels) or options.
    by : str
        Grouping column; groups with fewer than 30 answers to an item are left out of its pairs.
    margin : float
        What the team calls similar, as a difference of shares; set before the run.

    Returns
    -------
    DataFrame
        One row per item and pair: ``item_id``, ``item``, ``first``, ``second``, ``n_first``, ``n_second``,
        ``difference``, ``low``, ``high`` (90% Newcombe interval), ``p`` (the larger of the one-sided p-values),
        ``inside`` (interval inside the margin), ``apart`` (95% interval excludes 0), ``power`` (to show similarity
        if the true difference is 0).
    Source: Schuirmann 1987 (10.1007/BF01068419).
    """
    groups, labels = groups_of(survey, by), groups_of(survey, by).labels()
    rows = []
    for item in items_of(survey, items):
        top, known = top_matrix(survey, [item])
        n = np.array([(known[:, 0] & (groups.codes == g)).sum() for g in range(len(labels))])
        x = np.array([(top[:, 0] & (groups.codes == g)).sum() for g in range(len(labels))])
        for a, b in combinations([g for g in range(len(labels)) if n[g] >= PERCENT_BASE], 2):
            low, high = newcombe(x[a], n[a], x[b], n[b], LEVEL)
            wide = newcombe(x[a], n[a], x[b], n[b], 0.95)
            p1, p2 = x[a] / n[a], x[b] / n[b]
            pooled = (x[a] + x[b]) / (n[a] + n[b])
            rows.append({
                "item_id": item.item_id, "item": item.text, "first": labels[a], "second": labels[b],
                "n_first": int(n[a]), "n_second": int(n[b]), "difference": p1 - p2, "low": float(low),
                "high": float(high), "p": _tost(p1, n[a], p2, n[b], margin),
                "inside": bool(-margin < low and high < margin), "apart": bool(wide[0] > 0 or wide[1] < 0),
                "power": equivalence_power(n[a], n[b], pooled, margin),
            })  # fmt: skip
    if not rows:
        raise TooFewCases(
            f"Fewer than two groups have {PERCENT_BASE} answers to any of the items.", "more answers, or larger groups"
        )
    return pd.DataFrame(rows)


def _tost(p1: float, n1: int, p2: float, n2: int, margin: float) -> float:
    se = np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    if se == 0:
        return 0.0 if abs(p1 - p2) < margin else 1.0
    return float(max(stats.norm.sf((p1 - p2 + margin) / se), stats.norm.cdf((p1 - p2 - margin) / se)))


def equivalence_power(n1: float, n2: float, share: float, margin: float) -> float:
    """Chance to show similarity within ``margin`` if both groups have the same ``share`` (normal approximation)."""
    se = np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))
    if se == 0:
        return 1.0
    return float(max(0.0, 2 * stats.norm.cdf(margin / se - stats.norm.ppf(0.5 + LEVEL / 2)) - 1))


def kendall_w(ranks: np.ndarray) -> np.ndarray:
    """Kendall's coefficient of concordance of rankings (..., judges, items), corrected for ties.

    Source: Kendall and Babington Smith 1939 (10.1214/aoms/1177732186).
    """
    ranks = np.asarray(ranks, dtype=float)
    judges, items = ranks.shape[-2:]
    total = ranks.sum(axis=-2)
    spread = ((total - total.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    # The sum of squares within a ranking is (k^3 - k)/12, less what its ties take away.
    within = ((ranks - ranks.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(within > 0, spread / (judges * within), np.nan) if items > 1 else np.full(spread.shape, np.nan)


def similarity_claims(
    survey: SurveyData,
    items: str | Iterable[str],
    by: str,
    *,
    margin: float,
    concordance: float,
    rng: np.random.Generator,
    replicates: int = 2000,
    smallest: int = 5,
) -> pd.DataFrame:
    """Two separate claims, each with its own sentence: similar shares, and similar ranking.

    Parameters
    ----------
    survey, items, by, margin
        As in :func:`equivalence_tests`.
    concordance : float
        Kendall's W that the lower limit has to exceed for "similar ranking"; set before the run.
    rng : Generator
    replicates : int
    smallest : int
        Items that fewer respondents of a group chose, or all but fewer, are not ranked.

    Returns
    -------
    DataFrame
        Two rows: ``claim`` (shares, ranking), ``value`` (largest absolute difference, W), ``low``, ``high``
        (simultaneous 95% interval, bootstrap interval), ``threshold``, ``shown`` (bool), ``sentence``, ``fewest`` (the
        smallest count behind the value: where it is hidden, so is the value). W is missing if fewer than two items
        can be ranked.
    """
    chosen = items_of(survey, items)
    groups = groups_of(survey, by)
    top, known = top_matrix(survey, chosen)
    members = [groups.codes == g for g in range(len(groups))]
    members = [m for m in members if known[m].sum(axis=0).min() >= PERCENT_BASE]
    if len(members) < 2 or len(chosen) < 2:
        raise TooFewCases(
            f"Fewer than two groups with {PERCENT_BASE} answers to every item, or fewer than two items.",
            "more answers, larger groups, or items that more respondents were asked",
        )
    found = [bootstrap_shares(top[m], known[m], rng, replicates) for m in members]
    shares, draws = np.array([f[0] for f in found]), np.stack([f[1] for f in found], axis=1)
    pairs = equivalence_tests(survey, items, by, margin)
    counts = np.array([top[m].sum(axis=0) for m in members])
    others = np.array([known[m].sum(axis=0) for m in members]) - counts
    ranked = ~np.any([few_chose(top[m], known[m], smallest) for m in members], axis=0)
    return pd.DataFrame([
        _share_claim(pairs, shares, draws, margin, by, np.stack([counts, others])),
        _rank_claim(shares[:, ranked], draws[:, :, ranked], concordance, by, left_out=int((~ranked).sum())),
    ])  # fmt: skip


def _share_claim(
    pairs: pd.DataFrame, shares: np.ndarray, draws: np.ndarray, margin: float, by: str, counts: np.ndarray
) -> dict[str, object]:
    """All pairs inside the margin, and the largest difference with an interval that holds for all of them.

    ``counts`` (2, groups, items) are those who chose an item and those who did not.
    """
    first, second = np.array(list(combinations(range(len(shares)), 2))).T
    differences = shares[first] - shares[second]
    moved = draws[:, first] - draws[:, second]
    se = moved.std(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.nan_to_num(np.abs(moved - differences) / se)
    critical = np.quantile(scaled.reshape(len(scaled), -1).max(axis=1), 0.95)
    place = np.unravel_index(np.abs(differences).argmax(), differences.shape)
    largest, half = abs(differences[place]), critical * se[place]
    shown = bool(pairs["inside"].all())
    inside, all_pairs = int(pairs["inside"].sum()), len(pairs)
    points = f"{100 * margin:g} points"
    if shown:
        sentence = f"Similar shares: for every item, every two values of {by} differ by less than {points}."
    else:
        sentence = f"Not shown to be similar in shares: {inside} of {all_pairs} comparisons lie inside {points}."
        if not pairs["apart"].any():
            sentence += " Not shown to differ either."
    return {"claim": "shares", "value": float(largest), "low": float(max(largest - half, 0.0)),
            "high": float(largest + half), "threshold": margin, "shown": shown, "sentence": sentence,
            "fewest": fewest(*counts[:, :, place[1]].ravel().tolist())}  # fmt: skip


def _rank_claim(shares: np.ndarray, draws: np.ndarray, concordance: float, by: str, left_out: int) -> dict[str, object]:
    value = float(kendall_w(places(shares)))
    # Resampling adds noise to the ranks, so the replicates lie lower: the lower limit is on the safe side, and the
    # upper one is at least the estimate.
    low, high = np.quantile(kendall_w(places(draws)), [0.025, 0.975])
    low, high = min(low, value), max(high, value)
    shown = bool(low > concordance)
    if shown:
        sentence = f"Similar ranking: the values of {by} put the items in much the same order."
    else:
        sentence = f"Not shown to be similar in ranking across {by}."
    if left_out:
        sentence += f" Items that few chose, or all but few, are left out: {left_out}."
    return {"claim": "ranking", "value": value, "low": float(low), "high": float(high), "threshold": concordance,
            "shown": shown, "sentence": sentence, "fewest": 0}  # fmt: skip


def claims_by(
    survey: SurveyData,
    items: str | Iterable[str],
    columns: Iterable[str],
    *,
    margin: float,
    concordance: float,
    rng: np.random.Generator,
    replicates: int = 2000,
    smallest: int = 5,
) -> pd.DataFrame:
    """:func:`similarity_claims` across those of the grouping columns the survey has; ``across`` names each."""
    tables = []
    for column in columns:
        if column not in survey.answers:
            continue
        table = similarity_claims(
            survey, items, column, margin=margin, concordance=concordance, rng=rng, replicates=replicates,
            smallest=smallest,
        )  # fmt: skip
        table.insert(0, "across", column)
        tables.append(table)
    if not tables:
        raise TooFewCases("The survey has no groups to compare.", "name sector or state under survey: columns:")
    return pd.concat(tables, ignore_index=True)
