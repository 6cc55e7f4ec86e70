"""Rank tests from a table of counts, levels by groups: exact in the ties, and as fast for a million respondents."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from .multiplicity import adjust

#: Two samples without ties and both smaller than this get the exact distribution, as in R's wilcox.test.
EXACT_BELOW = 50


def midranks(table: np.ndarray) -> np.ndarray:
    """Mean rank of each level over all groups; ``table`` is (..., levels, groups), the result (..., levels)."""
    size = np.asarray(table).sum(axis=-1)
    return np.cumsum(size, axis=-1) - (size - 1) / 2


def tie_factor(table: np.ndarray) -> np.ndarray:
    """1 - sum(t^3 - t) / (n^3 - n), 0 if all answers are tied."""
    size = np.asarray(table, dtype=float).sum(axis=-1)
    n = size.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - (size**3 - size).sum(axis=-1) / (n**3 - n)


def kruskal_wallis(table: np.ndarray) -> np.ndarray:
    """Kruskal and Wallis' H with correction for ties; NaN where all answers are tied.

    Parameters
    ----------
    table : ndarray, shape (..., levels, groups)
        Counts; leading axes are independent tables. Groups without answers count for nothing.

    Source: Kruskal and Wallis 1952 (10.1080/01621459.1952.10483441).
    """
    table = np.asarray(table, dtype=float)
    n_group = table.sum(axis=-2)
    n = n_group.sum(axis=-1)
    sums = np.einsum("...l,...lg->...g", midranks(table), table)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = np.where(n_group > 0, sums**2 / n_group, 0).sum(axis=-1)
        h = 12 / (n * (n + 1)) * between - 3 * (n + 1)
        factor = tie_factor(table)
        return np.where(factor > 1e-12, h / factor, np.nan)


def superiority(table: np.ndarray) -> np.ndarray:
    """Vargha and Delaney's A = P(first > second) + P(tie)/2 of the two groups of ``table`` (..., levels, 2).

    Source: Vargha and Delaney 2000 (10.3102/10769986025002101).
    """
    table = np.asarray(table, dtype=float)
    first, second = table[..., 0], table[..., 1]
    below = np.cumsum(second, axis=-1) - second / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return (first * below).sum(axis=-1) / (first.sum(axis=-1) * second.sum(axis=-1))


def mann_whitney(table: np.ndarray, alternative: str = "two-sided") -> tuple[float, float]:
    """Mann and Whitney's U of the first group and its p-value.

    Parameters
    ----------
    table : ndarray, shape (levels, 2)
    alternative : {"two-sided", "greater", "less"}

    Returns
    -------
    (float, float)
        U, and p: exact for small samples without ties, otherwise normal with tie and continuity corrections; NaN
        where all answers are tied.
    Source: Mann and Whitney 1947; conventions of R's ``wilcox.test``.
    """
    table = np.asarray(table)
    sizes = table.sum(axis=0)
    if tie_factor(table) <= 1e-12 or not sizes.all():
        return float(superiority(table) * sizes.prod()), np.nan
    levels = np.arange(len(table))
    exact = table.sum(axis=1).max() <= 1 and sizes.max() < EXACT_BELOW
    if exact:
        samples = [np.repeat(levels, table[:, group]) for group in (0, 1)]
        result = stats.mannwhitneyu(*samples, alternative=alternative, method="exact")
        return float(result.statistic), float(result.pvalue)
    n = float(sizes.sum())
    u = float(superiority(table) * sizes.prod())
    sd = np.sqrt(sizes.prod() * (n + 1) / 12 * tie_factor(table))
    shift = u - sizes.prod() / 2
    if alternative == "two-sided":
        return u, float(min(1.0, 2 * stats.norm.sf((abs(shift) - 0.5) / sd)))
    sign = 1 if alternative == "greater" else -1
    return u, float(stats.norm.sf((sign * shift - 0.5) / sd))


def brunner_munzel(table: np.ndarray) -> tuple[float, float, float]:
    """Brunner and Munzel's test that neither group tends to higher answers, spreads free to differ.

    Returns
    -------
    (float, float, float)
        Statistic (positive if the second group tends to be higher, as in R's lawstat), degrees of freedom, p.
    Source: Brunner and Munzel 2000 (10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U).
    """
    table = np.asarray(table, dtype=float)
    n = table.sum(axis=0)
    if not (n > 1).all():
        return np.nan, np.nan, np.nan
    overall = midranks(table)
    means = overall @ table / n
    spread = np.empty(2)
    for group in (0, 1):
        own = midranks(table[:, [group]])
        deviation = overall - own - means[group] + (n[group] + 1) / 2
        spread[group] = (table[:, group] * deviation**2).sum() / (n[group] - 1)
    pooled = (n * spread).sum()
    if pooled <= 0:
        return np.nan, np.nan, np.nan
    statistic = n.prod() * (means[1] - means[0]) / (n.sum() * np.sqrt(pooled))
    df = pooled**2 / ((n * spread) ** 2 / (n - 1)).sum()
    return float(statistic), float(df), float(2 * stats.t.sf(abs(statistic), df))


def dunn(table: np.ndarray, names: list[str], correction: str = "holm") -> pd.DataFrame:
    """Dunn's comparisons of mean ranks after Kruskal-Wallis, with the chance of superiority of each pair.

    Parameters
    ----------
    table : ndarray, shape (levels, groups)
    names : list of str
    correction : {"holm", "bh", "none"}

    Returns
    -------
    DataFrame
        One row per pair: ``first``, ``second``, ``z`` (positive if the first tends to be higher), ``p``,
        ``p_adjusted``, ``superiority`` (A), ``cliff_delta``.
    Source: Dunn 1964 (10.1080/00401706.1964.10490181).
    """
    table = np.asarray(table, dtype=float)
    n_group = table.sum(axis=0)
    n = n_group.sum()
    mean_rank = midranks(table) @ table / n_group
    variance = n * (n + 1) / 12 * tie_factor(table)
    rows = []
    for i, j in combinations(range(len(names)), 2):
        z = (mean_rank[i] - mean_rank[j]) / np.sqrt(variance * (1 / n_group[i] + 1 / n_group[j]))
        a = float(superiority(table[:, [i, j]]))
        rows.append((names[i], names[j], float(z), float(2 * stats.norm.sf(abs(z))), a, 2 * a - 1))
    pairs = pd.DataFrame(rows, columns=["first", "second", "z", "p", "superiority", "cliff_delta"])
    pairs.insert(4, "p_adjusted", adjust(pairs["p"].to_numpy(), correction))
    return pairs


def count_table(values: np.ndarray, groups: np.ndarray, size: int | None = None) -> np.ndarray:
    """Counts of the distinct values (rows, ascending) by group (columns) of paired arrays."""
    distinct, codes = np.unique(values, return_inverse=True)
    size = int(groups.max()) + 1 if size is None else size
    return np.bincount(codes * size + groups, minlength=len(distinct) * size).reshape(len(distinct), size)
