"""Correction of p-values within a family that was declared before the run."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..errors import BadInput

Correction = Literal["holm", "bh", "maxt", "none"]
_METHODS = {"holm": "holm", "bh": "fdr_bh"}


def adjust(p: np.ndarray, correction: str = "holm") -> np.ndarray:
    """Adjusted p-values; missing ones stay missing and do not count toward the family.

    Parameters
    ----------
    p : ndarray, shape (m,)
    correction : {"holm", "bh", "none"}
        Holm for a confirmatory family, Benjamini and Hochberg for a screen of items.

    Source: Holm 1979; Benjamini and Hochberg 1995 (10.1111/j.2517-6161.1995.tb02031.x).
    """
    p = np.asarray(p, dtype=float)
    if correction == "none":
        return p.copy()
    if correction not in _METHODS:
        raise BadInput(f"unknown correction {correction!r}", fix="use holm, bh, maxt or none")
    adjusted = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        from statsmodels.stats.multitest import multipletests

        adjusted[known] = multipletests(p[known], method=_METHODS[correction])[1]
    return adjusted


def permutation_p(exceeded: np.ndarray | int, draws: int) -> np.ndarray:
    """(1 + b) / (1 + B): never zero, and valid for any number of draws.

    Source: Phipson and Smyth 2010 (10.2202/1544-6115.1585).
    """
    return (1 + np.asarray(exceeded)) / (1 + draws)


def monte_carlo_error(p: np.ndarray | float, draws: int) -> np.ndarray:
    """Standard error of a simulated p-value."""
    p = np.asarray(p, dtype=float)
    return np.sqrt(p * (1 - p) / draws)


def step_down_maxt(observed: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Westfall and Young's step-down max-T adjusted p-values.

    Parameters
    ----------
    observed : ndarray, shape (m,)
        Statistics, larger is more extreme; NaN for tests that could not be made.
    draws : ndarray, shape (B, m)
        The same statistics with the respondents' group labels permuted.

    Source: Westfall and Young 1993, algorithm 2.8.
    """
    observed, draws = np.asarray(observed, dtype=float), np.asarray(draws, dtype=float)
    adjusted = np.full(observed.shape, np.nan)
    order = [int(i) for i in np.argsort(-observed, kind="stable") if not np.isnan(observed[i])]
    if not order:
        return adjusted
    ranked = np.nan_to_num(draws[:, order], nan=-np.inf)
    largest = np.maximum.accumulate(ranked[:, ::-1], axis=1)[:, ::-1]
    # A tie up to rounding is a tie.
    exceeded = (largest >= observed[order] - 1e-9 * np.abs(observed[order])).sum(axis=0)
    adjusted[order] = np.maximum.accumulate(permutation_p(exceeded, len(draws)))
    return adjusted
