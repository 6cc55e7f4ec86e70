"""Processes whose state is seen with error, or only in part: likelihood and exact gradient by forward and backward.

A visit shows a symbol. Which symbols a state can show, and how often it shows a wrong one, is the emission. Without
errors and with one symbol a state the likelihood is that of :mod:`continuum.model.markov`.
Source: Satten and Longini 1996 (Applied Statistics 45:275-309); Jackson and Sharples 2002 (Statistics in Medicine 21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .climb import Fit, Floats, Prior, climb
from .markov import ENTERED, EXACT, Ints, Model, Spectrum, decompose, exponential_slope, powers_at

_SMALLEST = 1e-300
#: With more distinct steps than this, matrices are gathered for each person instead of people for each matrix.
_FEW = 64


@dataclass(frozen=True)
class _Round:
    """All visits of one number, such as everybody's third.

    Attributes
    ----------
    here : array of int, shape (visits,)
        Who has one.
    symbol, place : array of int, shape (visits,)
        As in :class:`Visits`.
    entered : array of bool, shape (visits,)
    told : array, shape (visits, symbols)
        1 for the symbol that a state has shown; an entered state shows none.
    steps : list of (int, rows)
        Distinct steps and the visits they lead to; empty where they are many.
    """

    here: Ints
    symbol: Ints
    place: Ints
    entered: NDArray[np.bool_]
    told: Floats
    steps: list[tuple[int, Ints | slice]]

    def through(self, matrices: Floats, rows: Floats) -> Floats:
        """Each row times the matrix of its step."""
        if not self.steps:
            return np.einsum("pi,pij->pj", rows, matrices[self.place])
        product = np.empty_like(rows)
        for k, of in self.steps:
            product[of] = rows[of] @ matrices[k]
        return product

    def add_products(self, total: Floats, before: Floats, after: Floats) -> None:
        """Add the products of the states before and after to each step's matrix."""
        if not self.steps:
            np.add.at(total, self.place, before[:, :, None] * after[:, None, :])
        for k, of in self.steps:
            total[k] += before[of].T @ after[of]


@dataclass(frozen=True)
class Visits:
    """Records of people, padded to the longest.

    Attributes
    ----------
    symbols : array of int, shape (people, visits)
        What was seen; -1 after the last visit.
    kind : array of int, shape (people, visits)
        How, as in :class:`continuum.model.markov.Observed`; an ``ENTERED`` symbol is its own state, seen without error.
    place : array of int, shape (people, visits)
        Which of the distinct steps leads to the visit; 0 where none does.
    group, exact : array, shape (steps,)
        Covariate pattern that holds during the step, and whether its end is an exact time.
    step : array of float, shape (steps,)
    """

    symbols: Ints
    kind: Ints
    place: Ints
    group: Ints
    step: Floats
    exact: NDArray[np.bool_]

    @classmethod
    def of(cls, person: Ints, time: Floats, symbol: Ints, kind: Ints, group: Ints) -> Visits:
        """From rows in order of person and time; a row's group holds until the next row."""
        starts = np.r_[True, person[1:] != person[:-1]]
        row = np.cumsum(starts) - 1
        column = np.arange(len(person)) - np.flatnonzero(starts)[row]
        shape = (int(row[-1]) + 1, int(column.max()) + 1)
        later = np.flatnonzero(~starts)
        key = np.column_stack([group[later - 1], np.round(time[later] - time[later - 1], 10), kind[later] == EXACT])
        distinct, place = np.unique(key, axis=0, return_inverse=True)
        symbols, kinds, places = np.full(shape, -1, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        symbols[row, column] = symbol
        kinds[row, column] = kind
        places[row[later], column[later]] = place.ravel()
        return cls(symbols, kinds, places, distinct[:, 0].astype(np.int64), distinct[:, 1], distinct[:, 2] > 0)

    @property
    def pairs(self) -> int:
        """Number of visits after the first."""
        return int((self.symbols[:, 1:] >= 0).sum())

    @cached_property
    def rounds(self) -> list[_Round]:
        """The visits after the first by their number; the likelihood goes through them hundreds of times."""
        return [self._round(t) for t in range(1, self.symbols.shape[1])]

    def _round(self, t: int) -> _Round:
        here = np.flatnonzero(self.symbols[:, t] >= 0)
        symbol, place, entered = self.symbols[here, t], self.place[here, t], self.kind[here, t] == ENTERED
        told = np.zeros((len(here), int(self.symbols.max()) + 1))
        told[np.arange(len(here))[~entered], symbol[~entered]] = 1.0
        found = np.unique(place)
        steps: list[tuple[int, Ints | slice]] = []
        if len(found) == 1:
            steps = [(int(found[0]), slice(None))]
        elif len(found) <= _FEW:
            steps = [(int(k), np.flatnonzero(place == k)) for k in found]
        return _Round(here, symbol, place, entered, told, steps)


@dataclass(frozen=True)
class Emission:
    """What a state shows: rows of logits, some of them parameters.

    Attributes
    ----------
    known : array, shape (states, symbols)
        Logits; minus infinity where a state never shows the symbol.
    index : array of int, shape (states, symbols)
        Parameter added to the logit; -1 for none.
    """

    known: Floats
    index: Ints

    @classmethod
    def fixed(cls, chances: Floats) -> Emission:
        """Known probabilities, shape (states, symbols)."""
        with np.errstate(divide="ignore"):
            return cls(np.log(chances), np.full(chances.shape, -1))

    def chances(self, parameters: Floats) -> Floats:
        """Probability of each symbol by state."""
        grown = np.exp(self._logits(parameters))
        return grown / grown.sum(axis=1, keepdims=True)

    def slope(self, seen: Floats, chances: Floats, size: int) -> Floats:
        """Derivative by the parameters, from the expected number of times a state showed a symbol."""
        score = seen - seen.sum(axis=1, keepdims=True) * chances
        total = np.zeros(size)
        np.add.at(total, self.index[self.index >= 0], score[self.index >= 0])
        return total

    def _logits(self, parameters: Floats) -> Floats:
        return np.where(self.index >= 0, self.known + parameters[np.maximum(self.index, 0)], self.known)


@dataclass(frozen=True)
class HiddenModel:
    """A process, what it shows, and where it begins.

    Attributes
    ----------
    process : Model
        Its designs have a column (of zeros) for every parameter, the emission's too.
    emission : Emission
    start : Emission
        One row: logits of the states at the first visit.
    told : array, shape (symbols, states), or None
        Distribution of the state at the first visit given what was seen there, where it is known: ``start`` is then
        not used, and the first symbol is no evidence.
    """

    process: Model
    emission: Emission
    start: Emission
    told: Floats | None = None


def log_likelihood(model: HiddenModel, data: Visits, parameters: Floats) -> tuple[float, Floats]:
    """Log-likelihood and its gradient.

    Returns
    -------
    (float, array of shape (parameters,))
    """
    generators, rates = model.process.generators(parameters), model.process.rates(parameters)
    chances = model.emission.chances(parameters)
    spectra = {int(g): decompose(generators[g]) for g in np.unique(data.group)}
    steps = _steps(generators, data, spectra)
    run = _Run(model, data, generators, chances, model.start.chances(parameters)[0], steps)
    alphas, scales = run.forward()
    if not (scales > _SMALLEST).all():  # somebody saw what cannot be at these parameters
        return -np.inf, np.zeros(len(parameters))
    into = np.zeros_like(generators)
    weight, seen, first = run.backward(alphas, scales, into)
    gradient = model.emission.slope(seen, chances, len(parameters))
    if model.told is None:
        gradient += model.start.slope(first[None], run.begin[None], len(parameters))
    start, end = model.process.transitions.T
    for g, spectrum in spectra.items():
        rows = np.flatnonzero(data.group == g)
        slope = into[g] + _step_slope(generators[g], spectrum, data, rows, steps, weight)
        gradient += ((slope[start, end] - slope[start, start]) * rates[g]) @ model.process.designs[g]
    return float(np.log(scales).sum()), gradient


def maximize(
    model: HiddenModel, data: Visits, start: Floats, *, prior: Prior | None = None, names: Sequence[str] = ()
) -> Fit:
    """Maximum likelihood of a process that is seen in part; see :func:`continuum.model.climb.climb`."""
    return climb(
        lambda parameters: log_likelihood(model, data, parameters), start, total=data.pairs, prior=prior, names=names
    )


@dataclass
class _Run:
    """One pass over all visits."""

    model: HiddenModel
    data: Visits
    generators: Floats
    chances: Floats
    begin: Floats
    steps: Floats
    #: By round, the probability of what was seen by state.
    shown: list[Floats] = field(init=False)

    def forward(self) -> tuple[Floats, Floats]:
        """Distribution of the state given all that was seen so far, and the probability of each next symbol."""
        people, visits = self.data.symbols.shape
        alphas = np.zeros((visits, people, len(self.chances)))
        scales = np.ones((visits, people))
        first = self.data.symbols[:, 0]
        alphas[0] = self.begin * self.chances[:, first].T if self.model.told is None else self.model.told[first]
        scales[0] = np.maximum(alphas[0].sum(axis=1), _SMALLEST)
        alphas[0] /= scales[0][:, None]
        self.shown = [self._shown(visit) for visit in self.data.rounds]
        for t, (visit, shown) in enumerate(zip(self.data.rounds, self.shown, strict=True), start=1):
            moved = visit.through(self.steps, alphas[t - 1, visit.here]) * shown
            total = np.maximum(moved.sum(axis=1), _SMALLEST)
            entered = visit.entered
            moved[entered] = np.eye(len(self.chances))[visit.symbol[entered]] * total[entered, None]
            alphas[t, visit.here], scales[t, visit.here] = moved / total[:, None], total
        return alphas, scales

    def backward(self, alphas: Floats, scales: Floats, into: Floats) -> tuple[Floats, Floats, Floats]:
        """Derivative by every step's matrix, expected symbols by state, and expected states at the first visit."""
        states = len(self.chances)
        beta = np.ones((self.data.symbols.shape[0], states))
        weight, seen = np.zeros_like(self.steps), np.zeros_like(self.chances)
        backwards = self.steps.transpose(0, 2, 1)
        for t in range(len(self.data.rounds), 0, -1):
            visit = self.data.rounds[t - 1]
            later, before = beta[visit.here], alphas[t - 1, visit.here]
            seen[:, : visit.told.shape[1]] += (alphas[t, visit.here] * later).T @ visit.told
            own = np.take_along_axis(later, visit.symbol[:, None] % states, axis=1)
            after = np.where(visit.entered[:, None], own, later)
            after /= scales[t, visit.here][:, None]
            ahead = self.shown[t - 1] * after
            visit.add_products(weight, before, ahead)
            if visit.entered.any():
                moved = visit.through(self.steps, before) * after
                for k in np.flatnonzero(visit.entered):
                    others = np.arange(states) != visit.symbol[k]
                    into[self.data.group[visit.place[k]], others, visit.symbol[k]] += moved[k, others]
            beta[visit.here] = visit.through(backwards, ahead)
        first = alphas[0] * beta
        if self.model.told is None:
            np.add.at(seen.T, self.data.symbols[:, 0], first)
        return weight, seen, first.sum(axis=0)

    def _shown(self, visit: _Round) -> Floats:
        """Probability of what was seen by state; for an exact entry, the rate of entering from each state."""
        shown = self.chances[:, visit.symbol].T.copy()
        if visit.entered.any():
            symbol = visit.symbol[visit.entered]
            rate = self.generators[self.data.group[visit.place[visit.entered]], :, symbol]
            rate[np.arange(len(rate)), symbol] = 0.0
            shown[visit.entered] = rate
        return shown


def _steps(generators: Floats, data: Visits, spectra: dict[int, Spectrum | None]) -> Floats:
    """Matrix of each distinct step: exp(Q t), or staying until an exact change."""
    matrices = np.zeros((len(data.step), *generators.shape[1:]))
    for g, spectrum in spectra.items():
        rows = np.flatnonzero((data.group == g) & ~data.exact)
        if len(rows):
            matrices[rows] = powers_at(generators[g], data.step[rows], spectrum)
        for k in np.flatnonzero((data.group == g) & data.exact):
            rate = np.where(np.eye(len(generators[g]), dtype=bool), 1.0, generators[g])
            matrices[k] = np.exp(np.diag(generators[g]) * data.step[k])[:, None] * rate
    return np.maximum(matrices, 0.0)


def _step_slope(
    generator: Floats, spectrum: Spectrum | None, data: Visits, rows: Ints, steps: Floats, weight: Floats
) -> Floats:
    """Derivative by every element of one generator of the sum over its steps of <weight, matrix>."""
    slope = np.zeros_like(generator)
    smooth = rows[~data.exact[rows]]
    if len(smooth):
        slope += exponential_slope(generator, data.step[smooth], weight[smooth], spectrum)
    for k in rows[data.exact[rows]]:
        parts = weight[k] * steps[k]
        states = np.arange(len(generator))
        slope[states, states] += parts.sum(axis=1) * data.step[k]
        np.fill_diagonal(parts, 0.0)
        slope += np.divide(parts, generator, out=np.zeros_like(parts), where=parts != 0)
    return slope
