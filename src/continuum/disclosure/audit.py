"""Can a reader compute a hidden cell back? Bounds on every hidden cell from all published ones and their totals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def additive_sets(shape: tuple[int, int], *, rows_add: bool, columns_add: bool) -> list[Floats]:
    """Which cells of a two-way table add up to a total that a reader knows.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the inner table, without totals.
    rows_add, columns_add : bool
        Whether the sum of each row, and of each column, is known.

    Returns
    -------
    list of ndarray, each of length rows x columns
        One 0/1 vector per known total.
    """
    rows, columns = shape
    sets = []
    if rows_add:
        for r in range(rows):
            member = np.zeros(shape)
            member[r] = 1
            sets.append(member.ravel())
    if columns_add:
        for c in range(columns):
            member = np.zeros(shape)
            member[:, c] = 1
            sets.append(member.ravel())
    return sets


def feasible_range(
    counts: Floats, hidden: Bools, sets: Sequence[Floats], cell: int, upper: Floats | None = None
) -> tuple[float, float]:
    """Smallest and largest value that a hidden cell can have, given everything published.

    Parameters
    ----------
    counts : ndarray (cells,)
        True counts; only those not hidden and the totals of ``sets`` are used.
    hidden : ndarray of bool (cells,)
    sets : sequence of ndarray (cells,)
        Known totals, as 0/1 membership.
    cell : int
        The hidden cell asked about.
    upper : ndarray (cells,), optional
        Largest value a reader knows each cell can have, such as the size of its group.

    Returns
    -------
    (low, high)
        ``high`` is infinite where no published total bounds it.

    Notes
    -----
    Linear relaxation; for one- and two-way tables the constraint matrix is totally unimodular, so the bounds are
    the exact integer ones. Source of the attack model: Hundepool et al. 2012, Statistical Disclosure Control.
    """
    from scipy.optimize import linprog

    where = np.flatnonzero(hidden)
    position = int(np.searchsorted(where, cell))
    known = [s for s in sets if s[where].any()]
    matrix = np.array([s[where] for s in known]) if known else None
    totals = np.array([float(s[where] @ counts[where]) for s in known]) if known else None
    objective = np.zeros(len(where))
    objective[position] = 1.0
    bounds = [(0.0, None if upper is None else float(upper[i])) for i in where]
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(sign * objective, A_eq=matrix, b_eq=totals, bounds=bounds, method="highs")
        ends.append(sign * float(solved.fun) if solved.status == 0 else sign * -np.inf)
    return ends[0], ends[1]


def exposed(
    counts: Floats, hidden: Bools, sets: Sequence[Floats], threshold: int, upper: Floats | None = None
) -> list[int]:
    """Hidden small cells that a reader can still tell to be small.

    A cell is safe if the published numbers also allow it to be ``threshold`` or more, or zero and at the same time a
    value that differs from it by at least two: then neither its value nor its smallness follows.

    Returns
    -------
    list of int
        Positions of exposed cells, in order.
    """
    risky = []
    for cell in np.flatnonzero(hidden & (counts > 0) & (counts < threshold)):
        low, high = feasible_range(counts, hidden, sets, int(cell), upper)
        if high < threshold - 1e-9 or high - low < 2 - 1e-9:
            risky.append(int(cell))
    return risky


def hide_complements(
    counts: Floats, hidden: Bools, sets: Sequence[Floats], threshold: int, upper: Floats | None = None
) -> Bools:
    """Hide further cells until no hidden small cell is exposed.

    At each step the smallest shown non-zero cell that shares a known total with an exposed cell is hidden; zeros are
    hidden only when nothing else is left.

    Returns
    -------
    ndarray of bool (cells,)
        All hidden cells, primary and complementary.
    """
    hidden = hidden.copy()
    while risky := exposed(counts, hidden, sets, threshold, upper):
        partners = np.zeros_like(hidden)
        for total in sets:
            if total[risky].any():
                partners |= total.astype(bool)
        candidates = np.flatnonzero(partners & ~hidden)
        if not len(candidates):
            break  # every cell of the total is hidden: the reader knows the total alone
        nonzero = candidates[counts[candidates] > 0]
        pool = nonzero if len(nonzero) else candidates
        hidden[pool[np.argmin(counts[pool])]] = True
    return hidden
