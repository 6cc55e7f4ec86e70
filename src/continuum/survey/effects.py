"""Effect sizes with intervals: how large a difference is, apart from whether it could be chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from .rank_tests import kruskal_wallis, superiority

#: Bootstrap replicates of an effect size; Monte Carlo error of an interval's end is about 0.02 of its width.
REPLICATES = 2000
#: Above this many respondents a resampled table is drawn from its normal limit.
NORMAL_ABOVE = 20_000


def chi_square(table: np.ndarray) -> np.ndarray:
    """Pearson's chi-square without continuity correction; ``table`` is (..., rows, columns)."""
    table = np.asarray(table, dtype=float)
    n = table.sum(axis=(-2, -1), keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = table.sum(axis=-1, keepdims=True) * table.sum(axis=-2, keepdims=True) / n
        return np.where(expected > 0, (table - expected) ** 2 / expected, 0).sum(axis=(-2, -1))


def standardized_residuals(table: np.ndarray) -> np.ndarray:
    """(Observed - expected) / standard error under independence, as R's ``chisq.test()$stdres``."""
    table = np.asarray(table, dtype=float)
    n = table.sum()
    rows, columns = table.sum(axis=1, keepdims=True) / n, table.sum(axis=0, keepdims=True) / n
    expected = rows * columns * n
    return (table - expected) / np.sqrt(expected * (1 - rows) * (1 - columns))


def cramers_v(table: np.ndarray, *, corrected: bool = True) -> np.ndarray:
    """Cramer's V of (..., rows, columns) tables, by default with Bergsma's correction for bias.

    Source: Bergsma 2013 (10.1016/j.jkss.2012.10.002).
    """
    table = np.asarray(table, dtype=float)
    n = table.sum(axis=(-2, -1))
    rows = (table.sum(axis=-1) > 0).sum(axis=-1)
    columns = (table.sum(axis=-2) > 0).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi2 = chi_square(table) / n
        if not corrected:
            return np.sqrt(phi2 / (np.minimum(rows, columns) - 1))
        phi2 = np.maximum(0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
        smaller = np.minimum(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
        return np.where(smaller > 0, np.sqrt(phi2 / smaller), np.nan)


def epsilon_squared(table: np.ndarray) -> np.ndarray:
    """Kruskal-Wallis' H / (n - 1) of (..., levels, groups) tables.

    Source: Tomczak and Tomczak 2014; Kelley 1935.
    """
    table = np.asarray(table, dtype=float)
    return kruskal_wallis(table) / (table.sum(axis=(-2, -1)) - 1)


def cliff_delta(table: np.ndarray) -> np.ndarray:
    """2A - 1, the rank-biserial correlation, of (..., levels, 2) tables.

    Source: Cliff 1993 (10.1037/0033-2909.114.3.494).
    """
    return 2 * superiority(table) - 1


def omega_squared(n: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Share of variance between groups, corrected for bias, from group sizes, means and variances (..., groups)."""
    total = n.sum(axis=-1)
    grand = (n * mean).sum(axis=-1) / total
    between = (n * (mean - grand[..., None]) ** 2).sum(axis=-1)
    within = ((n - 1) * variance).sum(axis=-1)
    k = n.shape[-1]
    error = within / (total - k)
    return (between - (k - 1) * error) / (between + within + error)


def hedges_g(n: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Difference of two means in pooled standard deviations, corrected for bias; arguments (..., 2).

    Source: Hedges 1981 (10.3102/10769986006002107).
    """
    df = n.sum(axis=-1) - 2
    pooled = np.sqrt(((n - 1) * variance).sum(axis=-1) / df)
    return (1 - 3 / (4 * df - 1)) * (mean[..., 0] - mean[..., 1]) / pooled


def table_interval(
    table: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
    *,
    replicates: int = REPLICATES,
    level: float = 0.95,
) -> tuple[float, float]:
    """Bias-corrected bootstrap interval of a statistic of a table of counts, resampling respondents.

    Parameters
    ----------
    table : ndarray of int, shape (rows, columns)
    statistic : callable
        Maps (B, rows, columns) tables to (B,) values.
    rng : Generator

    Notes
    -----
    A respondent is one draw from the cells, so a replicate is one multinomial table: the cost does not depend on the
    number of respondents; above 20,000 it is drawn from the normal limit of the multinomial. The correction of the
    median's bias matters for V and epsilon squared, which cannot be negative.
    Source: Efron 1987 (10.1080/01621459.1987.10478410).
    """
    table = np.asarray(table)
    n = int(table.sum())
    observed = float(statistic(table[None])[0])
    if n == 0 or np.isnan(observed):
        return np.nan, np.nan
    share = (table / n).ravel()
    if n > NORMAL_ABOVE:
        noise = rng.standard_normal((replicates, len(share))) * np.sqrt(share)
        drawn = n * share + np.sqrt(n) * (noise - noise.sum(axis=1, keepdims=True) * share)
        draws = np.maximum(drawn, 0).reshape(replicates, *table.shape)
    else:
        draws = rng.multinomial(n, share, size=replicates).reshape(replicates, *table.shape)
    return bias_corrected(statistic(draws), observed, level)


def bias_corrected(draws: np.ndarray, observed: float, level: float = 0.95) -> tuple[float, float]:
    """Bias-corrected percentile interval from bootstrap draws of a statistic."""
    draws = draws[np.isfinite(draws)]
    if len(draws) < 100:
        return np.nan, np.nan
    below = (np.sum(draws < observed) + np.sum(draws == observed) / 2) / len(draws)
    z0 = special.ndtri(np.clip(below, 1 / (len(draws) + 1), len(draws) / (len(draws) + 1)))
    tail = special.ndtri(0.5 - level / 2)
    low, high = np.quantile(draws, special.ndtr([2 * z0 + tail, 2 * z0 - tail]))
    return float(low), float(high)
