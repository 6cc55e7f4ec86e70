"""Continuous-time Markov chains seen at visits: likelihood, exact gradient, and maximum likelihood.

The engine behind :mod:`continuum.model.pathways`; it knows states and transitions, not their meaning.
Source: Kalbfleisch and Lawless 1985 (JASA 80:863-871); Jackson 2011 (Journal of Statistical Software 38(8)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput, MonotoneLikelihood
from .climb import Fit, Floats, Prior, climb

Ints = NDArray[np.int64]
#: Eigenvalues, vectors and their inverse.
Spectrum = tuple[NDArray, NDArray, NDArray]

#: How the second of two consecutive rows of a person was observed.
PANEL, EXACT, ENTERED = 0, 1, 2
#: A log hazard ratio beyond this has no maximum in the data.
LARGEST_EFFECT = 5.0
_SMALLEST = 1e-100


@dataclass(frozen=True)
class Observed:
    """Pairs of consecutive observations, collapsed to distinct ones with counts.

    Attributes
    ----------
    origin, target : array of int, shape (m,)
        States.
    step : array of float, shape (m,)
        Time between the two.
    kind : array of int, shape (m,)
        ``PANEL``: the state at the second time. ``EXACT``: it was entered at that time, and nothing happened between.
        ``ENTERED``: it was entered at that time from a state that was not seen (an exact time of death).
    group : array of int, shape (m,)
        Row of ``designs``: which covariate pattern holds between the two.
    count : array of float, shape (m,)
    """

    origin: Ints
    target: Ints
    step: Floats
    kind: Ints
    group: Ints
    count: Floats

    @property
    def total(self) -> float:
        """Number of pairs."""
        return float(self.count.sum())


@dataclass(frozen=True)
class Model:
    """Log-linear intensities: log q of transition t in covariate pattern g is ``designs[g, t] @ parameters``.

    Attributes
    ----------
    states : int
    transitions : array of int, shape (transitions, 2)
        From and to.
    designs : array, shape (groups, transitions, parameters)
    """

    states: int
    transitions: Ints
    designs: Floats

    def rates(self, parameters: Floats) -> Floats:
        """Intensity of each transition, shape (groups, transitions)."""
        return np.exp(np.clip(self.designs @ parameters, -60, 60))

    def generators(self, parameters: Floats) -> Floats:
        """Generator matrices, shape (groups, states, states); rows sum to zero."""
        rates = self.rates(parameters)
        matrices = np.zeros((len(rates), self.states, self.states))
        matrices[:, self.transitions[:, 0], self.transitions[:, 1]] = rates
        diagonal = np.arange(self.states)
        matrices[:, diagonal, diagonal] = -matrices.sum(axis=2)
        return matrices


def collapse(origin: Ints, target: Ints, step: Floats, kind: Ints, group: Ints) -> Observed:
    """Count equal pairs once; visits at equal distances make this small."""
    keys = np.column_stack([origin, target, np.round(step, 10), kind, group])
    distinct, counts = np.unique(keys, axis=0, return_counts=True)
    whole = distinct[:, [0, 1, 3, 4]].astype(np.int64)
    return Observed(whole[:, 0], whole[:, 1], distinct[:, 2], whole[:, 2], whole[:, 3], counts.astype(float))


def log_likelihood(model: Model, data: Observed, parameters: Floats) -> tuple[float, Floats]:
    """Log-likelihood and its gradient.

    Returns
    -------
    (float, array of shape (parameters,))
    """
    rates = model.rates(parameters)
    generators = model.generators(parameters)
    value = 0.0
    gradient = np.zeros(len(parameters))
    start, end = model.transitions.T
    for g in np.unique(data.group):
        rows = np.flatnonzero(data.group == g)
        part, slope = _group_likelihood(generators[g], data, rows)
        value += part
        per_rate = slope[start, end] - slope[start, start]
        gradient += (per_rate * rates[g]) @ model.designs[g]
    return value, gradient


def maximize(
    model: Model,
    data: Observed,
    start: Floats,
    *,
    prior: Prior | None = None,
    names: Sequence[str] = (),
    steps: int = 60,
) -> Fit:
    """Maximum likelihood of a process that is seen; see :func:`continuum.model.climb.climb`.

    Parameters
    ----------
    model : Model
    data : Observed
    start : array
        Starting values.
    prior : Prior, optional
    names : sequence of str
        Parameters, for messages.
    steps : int
        Most Newton steps.

    Raises
    ------
    MonotoneLikelihood, NonConvergence
    """
    return climb(
        lambda parameters: log_likelihood(model, data, parameters), start,
        total=data.total, prior=prior, names=names, steps=steps,
    )  # fmt: skip


def transition_probabilities(generator: Floats, step: float) -> Floats:
    """Probability of each state after ``step``, by origin: the matrix exponential."""
    from scipy.linalg import expm

    return expm(generator * step)


def check_effects(parameters: Floats, watched: NDArray[np.bool_], names: list[str]) -> None:
    """Stop if an effect is so large that only its sign is known.

    Raises
    ------
    MonotoneLikelihood
        Naming the effects.
    """
    wild = [names[k] for k in np.flatnonzero(watched & (np.abs(parameters) > LARGEST_EFFECT))]
    if wild:
        raise MonotoneLikelihood(
            f"the likelihood keeps rising as {', '.join(wild)} grows without bound",
            fix="leave out this effect, or allow the normal(0, 1) penalty on effects",
        )


def _group_likelihood(generator: Floats, data: Observed, rows: Ints) -> tuple[float, Floats]:
    """Log-likelihood of one covariate pattern, and its derivative by every element of the generator."""
    origin, target, kind = data.origin[rows], data.target[rows], data.kind[rows]
    count, step = data.count[rows], data.step[rows]
    states = len(generator)
    slope = np.zeros((states, states))
    value = 0.0
    exact = kind == EXACT
    if exact.any():
        value += _exact_part(generator, origin[exact], target[exact], step[exact], count[exact], slope)
    rest = ~exact
    if rest.any():
        origin, target, kind, count, step = origin[rest], target[rest], kind[rest], count[rest], step[rest]
        times, place = np.unique(step, return_inverse=True)
        spectrum = decompose(generator)
        powers = powers_at(generator, times, spectrum)
        weight = np.zeros_like(powers)
        seen = kind == PANEL
        chance = np.maximum(powers[place[seen], origin[seen], target[seen]], _SMALLEST)
        value += float(count[seen] @ np.log(chance))
        np.add.at(weight, (place[seen], origin[seen], target[seen]), count[seen] / chance)
        entered = np.flatnonzero(kind == ENTERED)
        if len(entered):
            into = generator[:, target[entered]].T.copy()
            into[np.arange(len(entered)), target[entered]] = 0.0
            before = powers[place[entered], origin[entered]]
            density = np.maximum((before * into).sum(axis=1), _SMALLEST)
            value += float(count[entered] @ np.log(density))
            scale = (count[entered] / density)[:, None]
            for row, to in zip(before * scale, target[entered], strict=True):
                slope[:, to] += row
            np.add.at(weight, (place[entered], origin[entered]), into * scale)
            slope[target[entered], target[entered]] -= (before * scale)[np.arange(len(entered)), target[entered]]
        slope += exponential_slope(generator, times, weight, spectrum)
    return value, slope


def _exact_part(generator: Floats, origin: Ints, target: Ints, step: Floats, count: Floats, slope: Floats) -> float:
    """Times at which a state was left are known: exp(q_rr t) q_rs, or exp(q_rr t) while it lasts."""
    stay = np.diag(generator)[origin]
    value = float(count @ (stay * step))
    np.add.at(slope, (origin, origin), count * step)
    moved = origin != target
    rate = np.maximum(generator[origin[moved], target[moved]], _SMALLEST)
    value += float(count[moved] @ np.log(rate))
    np.add.at(slope, (origin[moved], target[moved]), count[moved] / rate)
    return value


def decompose(generator: Floats) -> Spectrum | None:
    """The spectrum of a generator; None where it is too ill-conditioned to use."""
    values, vectors = np.linalg.eig(generator)
    if np.linalg.cond(vectors) > 1e7:
        return None
    return values, vectors, np.linalg.inv(vectors)


def powers_at(generator: Floats, times: Floats, spectrum: Spectrum | None) -> Floats:
    """exp(Q t) for every time, shape (times, states, states)."""
    if spectrum is None:
        return np.stack([transition_probabilities(generator, float(t)) for t in times])
    values, vectors, inverse = spectrum
    return np.real((vectors * np.exp(values * times[:, None])[:, None, :]) @ inverse)


def exponential_slope(generator: Floats, times: Floats, weight: Floats, spectrum: Spectrum | None) -> Floats:
    """Derivative by every element of Q of the sum over times of <weight, exp(Q t)>."""
    if spectrum is None:
        from scipy.linalg import expm_frechet

        slopes = [t * expm_frechet(generator.T * t, w, compute_expm=False) for t, w in zip(times, weight, strict=True)]
        return np.sum(slopes, axis=0)
    values, vectors, inverse = spectrum
    turned = vectors.T @ weight @ inverse.T
    apart = (values[:, None] - values[None, :]) * times[:, None, None]
    grown = np.exp(values * times[:, None])
    close = np.abs(apart) < 1e-4
    divided = (grown[:, :, None] - grown[:, None, :]) / np.where(close, 1.0, apart)
    series = grown[:, None, :] * (1 + apart / 2 + apart**2 / 6)
    kernel = times[:, None, None] * np.where(close, series, divided)
    total = (turned * kernel).sum(axis=0)
    return np.real(inverse.T @ total @ vectors.T)


def refuse_impossible(origin: Ints, target: Ints, kind: Ints, transitions: Ints) -> None:
    """Stop if an exact time claims a transition that the model does not have.

    Raises
    ------
    BadInput
        Naming the two states.
    """
    allowed = {(int(a), int(b)) for a, b in transitions}
    for a, b in zip(origin[kind == EXACT], target[kind == EXACT], strict=True):
        if a != b and (int(a), int(b)) not in allowed:
            raise BadInput(
                f"a change from state {a} to {b} at an exact time is not possible in this model",
                fix="mark the row as panel, or add the visit between",
            )
