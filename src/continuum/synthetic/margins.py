"""Exact margins: whatever the structure between variables, each has the counts it was asked to have.

Counts come from largest remainders; who gets which category comes from the rank of a latent score.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def largest_remainder(shares: Sequence[float] | Floats, total: int) -> Ints:
    """Whole numbers in proportion to ``shares`` that sum to ``total`` exactly.

    Parameters
    ----------
    shares : sequence of float, shape (k,)
        Not negative, not all zero; need not sum to one.
    total : int
        Units to hand out.

    Returns
    -------
    array of int, shape (k,)
        Ties go to the earlier category.

    Raises
    ------
    ValueError
        If a share is negative or all are zero.
    """
    weights = np.asarray(shares, dtype=float)
    if (weights < 0).any() or weights.sum() <= 0:
        raise ValueError("shares must not be negative and must not all be zero")
    quota = weights / weights.sum() * total
    counts = np.floor(quota + 1e-9).astype(np.int64)
    short = total - int(counts.sum())
    order = np.argsort(-(quota - counts), kind="stable")
    counts[order[:short]] += 1
    return counts


def hand_out(latent: Floats, counts: Sequence[int] | Ints) -> Ints:
    """Categories in rank order of a latent score: the lowest scores get category 0, and so on.

    Parameters
    ----------
    latent : array, shape (n,)
    counts : sequence of int, shape (k,)
        Sum to n.

    Returns
    -------
    array of int, shape (n,)
        Category of each unit; category j occurs exactly ``counts[j]`` times.
    """
    if int(np.sum(counts)) != len(latent):
        raise ValueError(f"counts sum to {int(np.sum(counts))}, but there are {len(latent)} units")
    categories = np.empty(len(latent), dtype=np.int64)
    categories[np.argsort(latent, kind="stable")] = np.repeat(np.arange(len(counts)), counts)
    return categories


def latent_normal(rng: np.random.Generator, n: int, correlation: Floats) -> Floats:
    """Rows of a multivariate normal with unit variances.

    Parameters
    ----------
    rng : Generator
    n : int
        Rows.
    correlation : array, shape (k, k)
        Positive definite.

    Returns
    -------
    array, shape (n, k)
    """
    return rng.standard_normal((n, len(correlation))) @ np.linalg.cholesky(correlation).T


def one_factor(loadings: Sequence[float] | Floats) -> Floats:
    """Correlation matrix of items that share one factor.

    Parameters
    ----------
    loadings : sequence of float, shape (k,)
        Between -1 and 1.
    """
    weights = np.asarray(loadings, dtype=float)
    matrix = np.outer(weights, weights)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def joint_counts(rows: Sequence[int] | Ints, columns: Sequence[int] | Ints, seed: Floats | None = None) -> Ints:
    """A two-way table of whole numbers with exactly these margins.

    Parameters
    ----------
    rows, columns : sequence of int, shapes (r,) and (c,)
        Margins with the same total.
    seed : array, shape (r, c), optional
        Association that is kept as far as the margins allow; independence if not given.

    Returns
    -------
    array of int, shape (r, c)
        Iterative proportional fitting (Deming and Stephan 1940), then controlled rounding: every cell is the floor or
        the ceiling of the fitted one.
    """
    from scipy.optimize import linprog

    row, column = np.asarray(rows, dtype=float), np.asarray(columns, dtype=float)
    if row.sum() != column.sum():
        raise ValueError(f"margins have different totals: {row.sum():.0f} and {column.sum():.0f}")
    fitted = np.ones((len(row), len(column))) if seed is None else np.asarray(seed, dtype=float).copy()
    for _ in range(500):
        fitted *= (row / fitted.sum(axis=1))[:, None]
        fitted *= column / fitted.sum(axis=0)
        if np.abs(fitted.sum(axis=1) - row).max() < 1e-12 * row.sum():
            break
    base = np.floor(fitted + 1e-9)
    extra_rows, extra_columns = row - base.sum(axis=1), column - base.sum(axis=0)
    r, c = fitted.shape
    # The constraint matrix is totally unimodular, so the linear program has a whole-number solution.
    equations = np.vstack([np.kron(np.eye(r), np.ones(c)), np.kron(np.ones(r), np.eye(c))])
    solution = linprog(
        -(fitted - base).ravel(), A_eq=equations, b_eq=np.concatenate([extra_rows, extra_columns]), bounds=(0, 1)
    )
    if not solution.success:
        raise ValueError(f"no table of whole numbers has these margins: {solution.message}")
    return (base + solution.x.reshape(r, c).round()).astype(np.int64)
