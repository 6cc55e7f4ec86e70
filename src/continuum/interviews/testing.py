"""Corrections for asking many questions of the same interviews."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Smallest false-discovery rate at which each test would pass.

    Parameters
    ----------
    p : array of float, shape (tests,)
        NaN marks what was not tested; it stays NaN and does not count.

    Source: Benjamini and Hochberg 1995, 10.1111/j.2517-6161.1995.tb02031.x.
    """
    values = np.asarray(p, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    scaled = values[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted


def max_t(statistics: ArrayLike, largest: ArrayLike) -> NDArray[np.float64]:
    """Family-wise p of each statistic from the largest absolute statistic of each draw under the null.

    Parameters
    ----------
    statistics : array of float, shape (tests,)
        Standardized; NaN stays NaN.
    largest : array of float, shape (draws,)

    Returns
    -------
    array of float
        (1 + draws with a largest statistic at or above this one) / (1 + draws).

    Source: Westfall and Young 1993, Resampling-Based Multiple Testing.
    """
    values = np.abs(np.asarray(statistics, dtype=np.float64))
    ordered = np.sort(np.asarray(largest, dtype=np.float64))
    # Statistics equal in exact arithmetic may differ in the last bits; counting them as reached is the safe side.
    reached = len(ordered) - np.searchsorted(ordered, values - 1e-9, side="left")
    return np.where(np.isnan(values), np.nan, (1 + reached) / (1 + len(ordered)))


def monte_carlo_error(p: ArrayLike, draws: int) -> NDArray[np.float64]:
    """Standard error of a simulated p-value.

    Parameters
    ----------
    p : array of float
    draws : int
    """
    values = np.asarray(p, dtype=np.float64)
    return np.asarray(np.sqrt(values * (1 - values) / draws))
