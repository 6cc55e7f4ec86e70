"""Cumulative link models for many weightings of the same rows at once.

The continuum model fits the same few designs thousands of times: to bootstrap samples, simulated outcomes and
specifications. All of these differ only in the weights of (row, level) cells, which the kernel fits side by side. For a
single fit with standard errors and tests of proportional odds see the survey part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import NonConvergence, Separation
from ..ordinal_kernel import LINKS, MAX_STEPS, QUANTILES, Problem, newton

Link = Literal["logit", "probit", "cloglog"]
#: A coefficient of this size on a 0/1 exposure means that the exposure settles the outcome.
DIVERGED = 10.0


@dataclass(frozen=True)
class CumulativeFits:
    """Maximum likelihood fits of one design to many weightings.

    Attributes
    ----------
    coef : array, shape (weightings, columns)
        Effects on the latent scale; larger means further along the outcome's levels.
    thresholds : array, shape (weightings, levels - 1)
    loglik : array, shape (weightings,)
    covariance : array, shape (weightings, levels - 1 + columns, levels - 1 + columns)
        Inverse of the information, thresholds first.
    converged : array of bool, shape (weightings,)
        False also where the maximum is not finite.
    """

    coef: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    loglik: NDArray[np.float64]
    covariance: NDArray[np.float64]
    converged: NDArray[np.bool_]

    def require(self) -> CumulativeFits:
        """Raise unless every fit has a finite maximum.

        Raises
        ------
        Separation, NonConvergence
        """
        if self.converged.all():
            return self
        if np.abs(self.coef[~self.converged]).max(initial=0) > DIVERGED:
            raise Separation(
                "an exposure or covariate settles the outcome, so its effect has no finite estimate",
                fix="leave it out, or join it with a related one",
            )
        raise NonConvergence(f"no maximum within {MAX_STEPS} steps", fix="join rare levels of the outcome")


def fit_cumulative(design: NDArray, weights: NDArray, *, link: Link = "logit") -> CumulativeFits:
    """Fit P(Y <= j | x) = F(threshold_j - x'beta) by Newton's method with step halving.

    Parameters
    ----------
    design : array, shape (rows, columns)
        Without a constant.
    weights : array, shape (weightings, rows, levels)
        How many observations each row has at each level.
    link : str
        F is logistic, normal, or 1 - exp(-exp(.)).

    Source: McCullagh 1980.
    """
    levels = weights.shape[2]
    taken = np.asarray(weights.any(axis=1))
    if not taken.all():
        return _without_empty_levels(design, weights, taken, link)
    flat = weights.transpose(0, 2, 1).reshape(len(weights), -1)
    used = np.asarray(flat.any(axis=0))
    problem, flat = _problem(design, levels, link, used), flat[:, used]
    counts = weights.sum(axis=1)
    start = np.zeros((len(weights), problem.size))
    start[:, : levels - 1] = QUANTILES[link](counts.cumsum(axis=1)[:, :-1] / counts.sum(axis=1, keepdims=True))
    theta, loglik, hessian, converged, _ = newton(problem, start, flat, largest=2 * DIVERGED)
    coef = theta[:, levels - 1 :]
    finite = np.abs(coef).max(axis=1, initial=0) <= DIVERGED
    covariance = np.linalg.pinv(-hessian, hermitian=True)
    return CumulativeFits(coef, theta[:, : levels - 1], loglik, covariance, converged & finite)


def null_loglik(weights: NDArray) -> NDArray[np.float64]:
    """Log-likelihood of the model without effects: the outcome's own shares, shape (weightings,)."""
    counts = weights.sum(axis=1)
    total = counts.sum(axis=1, keepdims=True)
    return (counts * np.log(np.where(counts > 0, counts, 1) / total)).sum(axis=1)


def predict(fits: CumulativeFits, design: NDArray, link: Link = "logit") -> NDArray[np.float64]:
    """Probabilities of the levels, shape (fits, rows, levels)."""
    effect = fits.coef @ design.T
    below = LINKS[link](fits.thresholds[:, None, :] - effect[:, :, None])[0]
    edge = np.zeros((*effect.shape, 1))
    return np.diff(np.concatenate([edge, below, edge + 1], axis=2), axis=2)


def scores(fits: CumulativeFits, design: NDArray, levels: int, link: Link = "logit") -> NDArray[np.float64]:
    """Gradient of the first fit's log-likelihood for one person in each cell, shape (rows, levels, parameters)."""
    problem = _problem(design, levels, link)
    each = problem.scores(np.concatenate([fits.thresholds[0], fits.coef[0]]), np.ones(problem.x.shape[1]))
    return each.reshape(levels, len(design), -1).transpose(1, 0, 2)


def robust_covariance(
    fits: CumulativeFits, design: NDArray, levels: int, cell: NDArray, clusters: NDArray, link: Link = "logit"
) -> NDArray[np.float64]:
    """Covariance of the first fit's parameters that allows for dependence within clusters, thresholds first.

    Parameters
    ----------
    cell : array of int, shape (people,)
        Row times levels plus level of each person.
    clusters : array of int, shape (people,)
        Numbered from 0; with g clusters the estimate is multiplied by g / (g - 1).
    """
    each = scores(fits, design, levels, link).reshape(-1, fits.covariance.shape[1])
    count = int(clusters.max()) + 1
    sums = np.zeros((count, each.shape[1]))
    np.add.at(sums, clusters, each[cell])
    bread = fits.covariance[0]
    return bread @ (sums.T @ sums) @ bread * (count / (count - 1))


def _problem(design: NDArray, levels: int, link: Link, used: NDArray | None = None) -> Problem:
    """All rows at the lowest level, then all at the next one, ...; only the cells in ``used``."""
    x = np.tile(design.T, levels)
    used = np.ones(x.shape[1], dtype=bool) if used is None else used
    in_level = used.reshape(levels, len(design)).sum(axis=1)
    return Problem(x[:, used], np.ones((1, int(used.sum()))), np.concatenate([[0], np.cumsum(in_level)]), link)


def _without_empty_levels(design: NDArray, weights: NDArray, taken: NDArray, link: Link) -> CumulativeFits:
    """Fits in which a level that nobody has does not count; thresholds around it meet, or are infinite at an end."""
    levels, columns = weights.shape[2], design.shape[1]
    size = levels - 1 + columns
    fits = CumulativeFits(
        np.zeros((len(weights), columns)), np.full((len(weights), levels - 1), np.nan), np.zeros(len(weights)),
        np.full((len(weights), size, size), np.nan), np.zeros(len(weights), dtype=bool),
    )  # fmt: skip
    for present in np.unique(taken, axis=0):
        which = np.flatnonzero((taken == present).all(axis=1))
        if present.sum() < 2:
            continue
        part = fit_cumulative(design, weights[np.ix_(which, np.arange(len(design)), present)], link=link)
        below = present.cumsum()[:-1]  # levels that somebody has up to each threshold
        ends = np.concatenate([np.full((len(which), 1), -np.inf), part.thresholds, np.full((len(which), 1), np.inf)], 1)
        fits.thresholds[which] = ends[:, below]
        fits.coef[which], fits.loglik[which], fits.converged[which] = part.coef, part.loglik, part.converged
        inner = np.flatnonzero((below > 0) & (below < present.sum()))
        to = np.concatenate([inner, np.arange(levels - 1, size)])
        come = np.concatenate([below[inner] - 1, np.arange(present.sum() - 1, present.sum() - 1 + columns)])
        fits.covariance[np.ix_(which, to, to)] = part.covariance[:, come[:, None], come]
    return fits
