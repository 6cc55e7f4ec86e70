"""Can a reader compute a hidden cell back? Bounds on every hidden cell from all published ones and their totals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: Ranges that were found: by a cell, and the hidden cells that its value can depend on.
Found = dict[tuple[int, bytes], tuple[float, float]]


def feasible_range(
    counts: Floats,
    hidden: Bools,
    sets: Sequence[Floats] | Floats,
    cell: int,
    upper: Floats | None = None,
    orders: Sequence[Floats] | Floats = (),
    found: Found | None = None,
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
    orders : sequence of ndarray (cells,)
        Sums that a reader knows not to be negative: who mentions an area mentions one of its codes.
    found : dict, optional
        Ranges of cells among the same counts with other cells hidden; this one is added.

    Returns
    -------
    (low, high)
        ``high`` is infinite where no published total bounds it.

    Notes
    -----
    Bounds of whole numbers, as counts are. Source of the attack model: Hundepool et al. 2012, Statistical Disclosure
    Control. Only the hidden cells that are tied to this one matter; an integer solver is asked where several totals
    tie them.
    """
    found = {} if found is None else found
    is_possible = _possible(counts, hidden, upper, orders)
    if is_possible:  # else what seems to follow contradicts itself: the solver has to look at all of it
        hidden = _tied(hidden, _matrix(sets, counts), _matrix(orders, counts), cell)
    if (key := (cell, hidden.tobytes())) not in found:
        direct = _direct_range(counts, hidden, sets, cell, upper, orders) if is_possible else None
        low, high = direct or (_extreme(counts, hidden, sets, cell, upper, orders, sign) for sign in (1.0, -1.0))
        found[key] = low, high
    return found[key]


def _matrix(sums: Sequence[Floats] | Floats, counts: Floats) -> Floats:
    """A row for each sum, also where there is none."""
    return np.asarray(sums, dtype=float).reshape(-1, len(counts))


def _possible(counts: Floats, hidden: Bools, upper: Floats | None, orders: Sequence[Floats] | Floats) -> bool:
    """Whether the true counts are whole numbers within all that a reader holds for known."""
    unseen = counts[hidden]
    most = np.full(len(unseen), np.inf) if upper is None else upper[hidden]
    within = (unseen >= 0) & (unseen <= most) & (unseen == np.floor(unseen)) & (most == np.floor(most))
    return bool(within.all() and (_matrix(orders, counts) @ counts >= 0).all())


def _tied(hidden: Bools, totals: Floats, orders: Floats, cell: int) -> Bools:
    """Hidden cells on which the value of a cell can depend; without the cell itself if a total tells it outright.

    The only cell of a total that is not known is what the others leave of it; then it is known as well, and so on.
    """
    counted = (totals != 0).astype(float)
    open_cells = hidden
    while (told := counted[counted @ open_cells == 1].any(axis=0) & open_cells).any():
        open_cells = open_cells & ~told
    linked = np.vstack([counted, orders != 0])
    reached = (np.arange(len(hidden)) == cell) & open_cells
    while (further := linked[linked @ reached > 0].any(axis=0) & open_cells & ~reached).any():
        reached |= further
    return reached


def _direct_range(
    counts: Floats,
    hidden: Bools,
    sets: Sequence[Floats] | Floats,
    cell: int,
    upper: Floats | None,
    orders: Sequence[Floats] | Floats,
) -> tuple[float, float] | None:
    """Range of a cell that a total tells, or of which a reader knows one total at most; None for any other."""
    if not hidden[cell]:
        return float(counts[cell]), float(counts[cell])
    totals = _matrix(sets, counts)[:, hidden]
    known = totals[totals.any(axis=1)]
    if _matrix(orders, counts)[:, hidden].any() or not (known == 1).all():
        return None
    most = np.full(len(counts), np.inf) if upper is None else upper
    if not len(known):
        return 0.0, float(most[cell])
    total, others = float(counts[hidden].sum()), hidden & (np.arange(len(counts)) != cell)
    return max(0.0, total - float(most[others].sum())), min(total, float(most[cell]))


def _extreme(
    counts: Floats,
    hidden: Bools,
    sets: Sequence[Floats] | Floats,
    cell: int,
    upper: Floats | None,
    orders: Sequence[Floats] | Floats,
    sign: float,
) -> float:
    """The smallest value of a hidden cell, or with a negative sign the largest."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    where = np.flatnonzero(hidden)
    rows = [(s[where], float(s[where] @ counts[where]), False) for s in sets if s[where].any()]
    rows += [(o[where], -float(o[~hidden] @ counts[~hidden]), True) for o in orders if o[where].any()]
    least = np.array([end for _, end, _ in rows])
    most = np.array([np.inf if is_open else end for _, end, is_open in rows])
    known = LinearConstraint(np.array([row for row, _, _ in rows]), least, most) if rows else ()
    objective = np.zeros(len(where))
    objective[int(np.searchsorted(where, cell))] = sign
    bounds = Bounds(0.0, np.inf if upper is None else upper[where])
    solved = milp(objective, integrality=np.ones(len(where)), bounds=bounds, constraints=known)
    return sign * float(solved.fun) if solved.status == 0 else sign * -np.inf


def exposed(
    counts: Floats,
    hidden: Bools,
    sets: Sequence[Floats] | Floats,
    threshold: int,
    upper: Floats | None = None,
    orders: Sequence[Floats] | Floats = (),
    *,
    first: bool = False,
    found: Found | None = None,
) -> list[int]:
    """Hidden small cells that a reader can still tell to be small.

    A cell is safe if the published numbers also allow it to be ``threshold`` or more, or zero and at the same time a
    value that differs from it by at least two: then neither its value nor its smallness follows. With ``first`` the
    search ends at the first exposed cell. ``found`` as for :func:`feasible_range`.

    Returns
    -------
    list of int
        Positions of exposed cells, in order.
    """
    risky: list[int] = []
    small = np.flatnonzero(hidden & (counts > 0) & (counts < threshold))
    if not len(small):
        return risky
    # cells that count toward the same sums, up to the same bound, can have the same values: asked about once
    sums = np.vstack([_matrix(part, counts) for part in (sets, orders, () if upper is None else upper)])
    ranges: dict[bytes, tuple[float, float]] = {}
    for cell in small:
        alike = sums[:, cell].tobytes()
        if alike not in ranges:
            ranges[alike] = feasible_range(counts, hidden, sets, int(cell), upper, orders, found)
        low, high = ranges[alike]
        if high < threshold - 1e-9 or high - low < 2 - 1e-9:
            risky.append(int(cell))
            if first:
                break
    return risky


def hide_complements(
    counts: Floats,
    hidden: Bools,
    sets: Sequence[Floats] | Floats,
    threshold: int,
    upper: Floats | None = None,
    orders: Sequence[Floats] | Floats = (),
    allowed: Bools | None = None,
) -> Bools:
    """Hide further cells until no hidden small cell is exposed.

    At each step the smallest shown non-zero cell that shares a known total with an exposed cell is hidden; zeros are
    hidden only when nothing else is left. Where all cells of these totals are hidden already, what gives the exposed
    cell away are other totals of its partners: then cells of these are candidates, and so on. At the end, what proves
    needless is shown again, the largest first. Only ``allowed`` cells are hidden, if given.

    Returns
    -------
    ndarray of bool (cells,)
        All hidden cells, primary and complementary.
    """
    before = hidden
    hidden = hidden.copy()
    sets, orders = _matrix(sets, counts), _matrix(orders, counts)
    found: Found = {}
    linked = np.vstack([sets, orders]) != 0
    while risky := exposed(counts, hidden, sets, threshold, upper, orders, found=found):
        reached = np.zeros_like(hidden)
        reached[risky] = True
        candidates = _shown_near(reached, hidden, linked, allowed)
        if not len(candidates):
            break  # every cell that is tied to them is hidden: the reader knows totals alone
        nonzero = candidates[counts[candidates] > 0]
        pool = nonzero if len(nonzero) else candidates
        hidden[pool[np.argmin(counts[pool])]] = True
    added = np.flatnonzero(hidden & ~before)
    for cell in sorted(added, key=lambda c: (-counts[c], c)) if len(added) > 1 and not risky else ():
        hidden[cell] = False  # cells taken early may be needless once later ones are hidden
        hidden[cell] = bool(exposed(counts, hidden, sets, threshold, upper, orders, first=True, found=found))
    return hidden


def _shown_near(reached: Bools, hidden: Bools, linked: Bools, allowed: Bools | None = None) -> NDArray[np.intp]:
    """Shown cells that share a total with a reached cell, else with hidden cells that do, and so on."""
    while True:
        partners = reached | linked[linked[:, reached].any(axis=1)].any(axis=0)
        shown = np.flatnonzero(partners & ~hidden if allowed is None else partners & ~hidden & allowed)
        if len(shown) or (partners == reached).all():
            return shown
        reached = partners
