"""Climbing to the maximum of a likelihood with an exact gradient, and a weak prior where it has none.

Shared by the processes that are seen (:mod:`continuum.model.markov`) and those that are not
(:mod:`continuum.model.hidden`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import MonotoneLikelihood, NonConvergence

Floats = NDArray[np.float64]
#: Value and gradient at a point.
Objective = Callable[[Floats], tuple[float, Floats]]

#: Parameters are sought within this distance of their starting values; one that lies on it has no maximum.
BOUND = 9.0
#: Moves that the weak prior adds to every intensity, and cases to every share: Jeffreys' half an event.
HALF = 0.5


@dataclass(frozen=True)
class Fit:
    """A maximum likelihood fit.

    Attributes
    ----------
    parameters, errors : array
        Estimates and standard errors; NaN where the data say nothing.
    covariance : array
    loglik : float
        Without the prior, if there was one.
    pairs : int
    gradient : float
        Largest absolute score at the maximum.
    """

    parameters: Floats
    errors: Floats
    covariance: Floats
    loglik: float
    pairs: int
    gradient: float


@dataclass(frozen=True)
class Prior:
    """A weak prior: gamma on rates, normal(0, 1) on effects, and Jeffreys' on shares.

    Attributes
    ----------
    moves : array
        Shape of the gamma prior of each log intensity: moves seen before the data; 0 for none.
    time : array
        Its rate: time at risk in which they were seen.
    ridge : array
        1 for effects with a normal(0, 1) prior, else 0.
    odds : array
        Cases added to both sides of each log odds.
    """

    moves: Floats
    time: Floats
    ridge: Floats
    odds: Floats

    @classmethod
    def none(cls, size: int) -> Prior:
        """No prior on ``size`` parameters."""
        return cls(*np.zeros((4, size)))

    @classmethod
    def on_effects(cls, effects: NDArray[np.bool_]) -> Prior:
        """Normal(0, 1) on the marked parameters only."""
        nothing = np.zeros(len(effects))
        return cls(nothing, nothing, effects.astype(float), nothing)

    @classmethod
    def weak(cls, effects: NDArray[np.bool_], start: Floats) -> Prior:
        """Half a move at the crude rate ``exp(start)`` for every intensity, and normal(0, 1) on effects."""
        moves = np.where(effects, 0.0, HALF)
        return cls(moves, moves / np.exp(start), effects.astype(float), np.zeros(len(start)))

    def extended(self, odds: Floats) -> Prior:
        """The same for further parameters at the end, log odds with ``odds`` cases on both sides."""
        nothing = np.zeros(len(odds))
        parts = (self.moves, nothing), (self.time, nothing), (self.ridge, nothing), (self.odds, odds)
        return Prior(*(np.r_[part] for part in parts))

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Negative log density up to a constant, and its gradient."""
        seen = self.time * np.exp(np.clip(parameters, -60, 60))
        value = float((seen - self.moves * parameters).sum() + 0.5 * (self.ridge @ parameters**2))
        share = 1 / (1 + np.exp(-parameters))
        value -= float(self.odds @ (parameters - 2 * np.logaddexp(0, parameters)))
        return value, seen - self.moves + self.ridge * parameters - self.odds * (1 - 2 * share)


def climb(
    likelihood: Objective,
    start: Floats,
    *,
    total: float,
    prior: Prior | None = None,
    names: Sequence[str] = (),
    steps: int = 60,
) -> Fit:
    """Maximum likelihood by quasi-Newton, finished with Newton steps.

    Parameters
    ----------
    likelihood : callable
        Parameters -> log-likelihood and its exact gradient.
    start : array
        Starting values.
    total : float
        Number of observations, by which the score is judged.
    prior : Prior, optional
    names : sequence of str
        Parameters, for messages.
    steps : int
        Most Newton steps.

    Raises
    ------
    MonotoneLikelihood
        If a parameter runs away, or the information at the maximum is singular.
    NonConvergence
        If the score does not vanish.
    """
    from scipy.optimize import minimize

    prior = prior or Prior.none(len(start))

    def objective(parameters: Floats) -> tuple[float, Floats]:
        with np.errstate(over="ignore", invalid="ignore"):
            value, gradient = likelihood(parameters)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):  # far off: the line search turns back
            return 1e15, np.zeros_like(parameters)
        before, slope = prior(parameters)
        return before - value, slope - gradient

    bounds = [(at - BOUND, at + BOUND) for at in start]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
    parameters = found.x
    density, score = objective(parameters)
    for _ in range(steps):
        information = _hessian(objective, parameters)
        values, vectors = np.linalg.eigh(information)
        _refuse_running_away(parameters - start, values, vectors, total, names)
        change = vectors @ ((vectors.T @ score) / np.abs(values))  # away from a saddle, where one is near
        parameters, density, score = _damped(objective, parameters, density, score, change)
        if np.abs(change).max() < 1e-8:  # so is the difference to the information there
            break
    else:
        information = _hessian(objective, parameters)
    value, _ = likelihood(parameters)
    if np.abs(score).max() > 1e-4 * max(1.0, total**0.5):
        raise NonConvergence(
            f"the score is still {np.abs(score).max():.2g} after {steps} steps",
            fix="merge rare states or leave out covariates",
        )
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    errors = np.sqrt(np.diag(covariance))
    return Fit(parameters, errors, covariance, value, int(total), float(np.abs(score).max()))


def _refuse_running_away(moved: Floats, values: Floats, vectors: Floats, total: float, names: Sequence[str]) -> None:
    """Stop if parameters lie on their bounds, or the information says that they may go anywhere."""
    away = np.abs(moved) >= BOUND
    flattest = int(np.abs(values).argmin())
    if not away.any() and abs(values[flattest]) < 1e-8 * max(1.0, total**0.5):
        away = np.abs(vectors[:, flattest]) > 0.3
    if away.any():
        which = ", ".join(np.asarray(names)[away]) if len(names) else "a parameter"
        raise MonotoneLikelihood(
            f"the likelihood keeps rising as {which} moves away without bound",
            fix="leave out the effect, merge rare states, or allow a weak prior",
        )


def _hessian(objective: Objective, parameters: Floats) -> Floats:
    """Second derivatives by central differences of the exact gradient."""
    size = len(parameters)
    matrix = np.empty((size, size))
    for k in range(size):
        width = np.zeros(size)
        width[k] = 1e-5 * max(1.0, abs(parameters[k]))
        up, down = objective(parameters + width)[1], objective(parameters - width)[1]
        matrix[k] = (up - down) / (2 * width[k])
    return (matrix + matrix.T) / 2


def _damped(
    objective: Objective, parameters: Floats, density: float, score: Floats, change: Floats
) -> tuple[Floats, float, Floats]:
    """Where the Newton step leads, halved until it does not make things worse, with density and score there."""
    for _ in range(30):
        there = parameters - change
        new_density, new_score = objective(there)
        if new_density <= density + 1e-12 * abs(density):
            return there, new_density, new_score
        change = change / 2
    return parameters, density, score
