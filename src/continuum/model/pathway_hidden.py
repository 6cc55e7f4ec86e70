"""Pathways that visits show only in part: levels that are misread, and whether services were left before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from . import hidden, markov
from .climb import HALF, Fit, Floats, Prior
from .pathway_layout import Layout, Rows, Term, model_of

#: How levels may be misread: not at all, to be estimated, or a known matrix (true by seen level).
Misread = Literal["estimate"] | NDArray[np.float64] | Sequence[Sequence[float]] | None
#: A first guess of the share of visits at which a level is taken for a neighbor.
_GUESS = 0.05
#: Places in the history of services: not yet in, in for the first time, out again, back in.
NEVER, FIRST, LEFT, BACK = range(4)
RETURN = "return.opt_in"


@dataclass(frozen=True)
class Problem:
    """A likelihood to climb: what the parameters are called and where to begin.

    Attributes
    ----------
    names : list of str
        Of the process; further parameters describe the misreading and the first visit.
    shares : list of str
        ``misread 1 as 0`` ...
    model, data
        Of :mod:`continuum.model.hidden`.
    start : array
    effects : array of bool
        Which of all parameters are log hazard ratios.
    first : int
        Number of parameters for the state at the first visit, the last ones.
    """

    names: list[str]
    shares: list[str]
    model: hidden.HiddenModel
    data: hidden.Visits
    start: Floats
    effects: NDArray[np.bool_]
    first: int = 0

    def maximize(self, weak: bool) -> Fit:
        """Climb, with the weak prior on rates, effects and misreading or without it."""
        size = len(self.names)
        prior = Prior.weak(self.effects, self.start[:size]) if weak else Prior.none(size)
        # Where people begin is never of interest, and half a person in every state keeps it inside.
        odds = np.r_[np.full(len(self.shares), HALF if weak else 0.0), np.full(self.first, HALF)]
        return hidden.maximize(
            self.model, self.data, self.start, prior=prior.extended(odds),
            names=[*self.names, *self.shares, *["the first visit"] * self.first],
        )  # fmt: skip


def misread_levels(layout: Layout, misread: Misread) -> Problem:
    """Levels are seen with error, engagement without: the state is hidden.

    Parameters
    ----------
    layout : Layout
    misread : "estimate" or array, shape (levels, levels)
        ``estimate``: each level may be taken for a neighbor, with its own probabilities. An array: known
        probabilities of the level that is seen, by true level.

    Raises
    ------
    BadInput
        If the array does not fit, or the panel has exact times, which say that levels were seen without error.
    """
    rows, levels = layout.rows, layout.levels
    if (rows.kind == markov.EXACT).any():
        raise BadInput("exact times say that levels were seen without error", fix="mark the rows as panel")
    size, states = len(layout.names), 2 * levels
    shares: list[str] = []
    if isinstance(misread, str):
        known, index = np.full((states, states), -np.inf), np.full((states, states), -1)
        np.fill_diagonal(known, 0.0)
        for level in range(levels):
            for seen in (level - 1, level + 1):
                if 0 <= seen < levels:
                    for engaged in (0, 1):
                        known[2 * level + engaged, 2 * seen + engaged] = 0.0
                        index[2 * level + engaged, 2 * seen + engaged] = size + len(shares)
                    shares.append(f"misread {level} as {seen}")
        emission = hidden.Emission(known, index)
    else:
        emission = hidden.Emission.fixed(np.asarray(np.kron(_checked(misread, levels), np.eye(2)), dtype=np.float64))
    begin, logits = _first_states(rows, states, size + len(shares))
    names = [*layout.names, *shares, *[""] * len(logits)]
    model = model_of(states, layout.terms, names, rows.patterns)
    data = hidden.Visits.of(rows.person, rows.time, rows.state, rows.kind, rows.member)
    start = np.r_[layout.start(), np.full(len(shares), np.log(_GUESS)), logits]
    return Problem(
        layout.names, shares, hidden.HiddenModel(model, emission, begin), data, start, layout.effects, len(logits)
    )


def with_history(layout: Layout, *, come_back: bool = True) -> Problem:
    """Whoever has left services enters at another rate than at first: its ratio is ``return.opt_in``.

    The history begins at the first visit: somebody seen out of services there has not been in them yet.

    Parameters
    ----------
    layout : Layout
    come_back : bool
        Whether anybody enters again at all.
    """
    rows, levels = layout.rows, layout.levels
    terms: list[Term] = []
    for a, b, parts in layout.terms:
        (from_level, was), (to_level, now) = divmod(a, 2), divmod(b, 2)
        if was == now:
            moves = [(phase, phase, parts) for phase in ((FIRST, BACK) if was else (NEVER, LEFT))]
        elif now:
            moves = [(NEVER, FIRST, parts), (LEFT, BACK, parts | {RETURN: ""})][: 2 if come_back else 1]
        else:
            moves = [(FIRST, LEFT, parts), (BACK, LEFT, parts)]
        terms += [(4 * from_level + i, 4 * to_level + j, names) for i, j, names in moves]
    names = [*layout.names, RETURN] if come_back else layout.names
    shown = np.kron(np.eye(levels), np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]]))
    told = np.kron(np.eye(levels), np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]]))
    nowhere = hidden.Emission.fixed(np.full((1, 4 * levels), 1 / (4 * levels)))
    model = hidden.HiddenModel(
        model_of(4 * levels, terms, names, rows.patterns), hidden.Emission.fixed(shown), nowhere, told
    )
    data = hidden.Visits.of(rows.person, rows.time, rows.state, rows.kind, rows.member)
    extra = [0.0] if come_back else []
    effects = np.r_[layout.effects, np.ones(len(extra), dtype=bool)].astype(bool)
    return Problem(names, [], model, data, np.r_[layout.start(), extra], effects)


def share_and_error(shares: Sequence[str], logits: Floats, covariance: Floats) -> list[tuple[float, float, float]]:
    """Probability of each misreading, its log odds, and their standard error (delta method).

    Parameters
    ----------
    shares : sequence of str
        ``misread 1 as 0`` ...; those of one true level compete.
    logits : array
    covariance : array
    """
    found = []
    for k, name in enumerate(shares):
        rivals = [j for j, other in enumerate(shares) if j != k and other.split()[1] == name.split()[1]]
        others = np.exp(logits[rivals])
        slope = np.zeros(len(shares))
        slope[k] = 1.0
        slope[rivals] = -others / (1 + others.sum())
        odds = float(logits[k] - np.log1p(others.sum()))
        found.append((float(1 / (1 + np.exp(-odds))), odds, float(np.sqrt(slope @ covariance @ slope))))
    return found


def _checked(misread: Misread, levels: int) -> Floats:
    matrix = np.asarray(misread, dtype=float)
    if matrix.shape != (levels, levels) or (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1.0):
        raise BadInput(
            f"misread levels need a {levels} x {levels} matrix of probabilities whose rows sum to one",
            fix="give the share of visits at which each true level is seen as each level",
        )
    return matrix


def _first_states(rows: Rows, states: int, offset: int) -> tuple[hidden.Emission, Floats]:
    """Distribution of the state at the first visit: logits against the most frequent one, and first guesses."""
    person, state = rows.person, rows.state
    first = np.bincount(state[np.r_[True, person[1:] != person[:-1]]], minlength=states)
    base = int(first.argmax())
    free = [k for k in range(states) if k != base and k in set(state.tolist())]
    known, index = np.full((1, states), -np.inf), np.full((1, states), -1)
    known[0, [base, *free]] = 0.0
    index[0, free] = offset + np.arange(len(free))
    return hidden.Emission(known, index), np.log((first[free] + HALF) / (first[base] + HALF))
