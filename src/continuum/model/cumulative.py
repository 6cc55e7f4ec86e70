"""Cumulative link models for many weightings of the same rows at once.

The continuum model fits the same few designs thousands of times: to bootstrap samples, simulated outcomes and
specifications. All of these differ only in the weights of (row, level) cells, so one matrix product serves them all.
For a single fit with standard errors and tests of proportional odds see the survey part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import NonConvergence, Separation

Link = Literal["logit", "probit", "cloglog"]
STEPS = 60
#: A coefficient of this size on a 0/1 exposure means that the exposure settles the outcome.
DIVERGED = 10.0
TINY = 1e-300


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
        raise NonConvergence(f"no maximum within {STEPS} steps", fix="join rare levels of the outcome")


def fit_cumulative(
    design: NDArray, weights: NDArray, *, link: Link = "logit", steps: int = STEPS, tolerance: float = 1e-9
) -> CumulativeFits:
    """Fit P(Y <= j | x) = F(threshold_j - x'beta) by Newton's method with step halving.

    Parameters
    ----------
    design : array, shape (rows, columns)
        Without a constant.
    weights : array, shape (weightings, rows, levels)
        How many observations each row has at each level; every level needs some in every weighting.
    link : str
        F is logistic, normal, or 1 - exp(-exp(.)).
    steps : int
    tolerance : float
        Largest score, per observation, at which a fit has converged.

    Source: McCullagh 1980.
    """
    rows, levels, columns = len(design), weights.shape[2], design.shape[1]
    size = levels - 1 + columns
    upper, lower = _cells(design, levels)
    flat = weights.reshape(len(weights), rows * levels)
    used = flat.any(axis=0)
    upper, lower, flat = upper[used], lower[used], flat[:, used]
    top, bottom = _ends(upper, lower, levels)
    share = weights.sum(axis=1).cumsum(axis=1) / weights.sum(axis=(1, 2))[:, None]
    total = flat.sum(axis=1)
    theta = np.zeros((len(weights), size))
    theta[:, : levels - 1] = link_quantile(np.clip(share[:, :-1], 1e-6, 1 - 1e-6), link)
    products = _products(upper, lower) if len(weights) > 4 else None
    state = _evaluate(theta, upper, lower, top, bottom, flat, link)
    active = np.ones(len(weights), dtype=bool)
    converged = np.zeros(len(weights), dtype=bool)
    for _ in range(steps):
        which = np.flatnonzero(active)
        gradient, information = _derivatives(state, which, upper, lower, flat[which], products)
        done = np.abs(gradient).max(axis=1) <= tolerance * np.maximum(total[which], 1)
        converged[which[done]] = True
        active[which[done]] = False
        if not active.any():
            break
        which, gradient, information = which[~done], gradient[~done], information[~done]
        step = np.linalg.solve(information + 1e-10 * np.eye(size), gradient[:, :, None])[:, :, 0]
        theta[which], state = _line_search(theta, which, step, state, upper, lower, top, bottom, flat, link)
        active[which[np.abs(theta[which, levels - 1 :]).max(axis=1, initial=0) > 2 * DIVERGED]] = False
    _, information = _derivatives(state, np.arange(len(theta)), upper, lower, flat, products)
    finite = np.abs(theta[:, levels - 1 :]).max(axis=1, initial=0) <= DIVERGED
    covariance = np.linalg.pinv(information, hermitian=True)
    return CumulativeFits(theta[:, levels - 1 :], theta[:, : levels - 1], state.loglik, covariance, converged & finite)


def null_loglik(weights: NDArray) -> NDArray[np.float64]:
    """Log-likelihood of the model without effects: the outcome's own shares, shape (weightings,)."""
    counts = weights.sum(axis=1)
    total = counts.sum(axis=1, keepdims=True)
    return (counts * np.log(np.where(counts > 0, counts, 1) / total)).sum(axis=1)


def predict(fits: CumulativeFits, design: NDArray, link: Link = "logit") -> NDArray[np.float64]:
    """Probabilities of the levels, shape (fits, rows, levels)."""
    effect = fits.coef @ design.T
    below = link_cdf(fits.thresholds[:, None, :] - effect[:, :, None], link)
    edge = np.zeros((*effect.shape, 1))
    return np.diff(np.concatenate([edge, below, edge + 1], axis=2), axis=2)


def scores(fits: CumulativeFits, design: NDArray, levels: int, link: Link = "logit") -> NDArray[np.float64]:
    """Gradient of the first fit's log-likelihood for one person in each cell, shape (rows, levels, parameters)."""
    upper, lower = _cells(design, levels)
    top, bottom = _ends(upper, lower, levels)
    theta = np.concatenate([fits.thresholds[:1], fits.coef[:1]], axis=1)
    state = _evaluate(theta, upper, lower, top, bottom, np.zeros((1, len(upper))), link)
    slope = (state.upper[0][0][:, None] * upper - state.lower[0][0][:, None] * lower) / state.probability[0][:, None]
    return slope.reshape(len(design), levels, -1)


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


def link_cdf(eta: NDArray, link: Link) -> NDArray[np.float64]:
    """F at ``eta``."""
    if link == "logit":
        return 0.5 * (1 + np.tanh(eta / 2))
    if link == "probit":
        from scipy.special import ndtr

        return ndtr(eta)
    return -np.expm1(-np.exp(np.minimum(eta, 700)))


@dataclass
class _State:
    loglik: NDArray
    probability: NDArray
    upper: tuple[NDArray, NDArray]
    lower: tuple[NDArray, NDArray]

    def replaced(self, which: NDArray, other: _State) -> _State:
        for mine, theirs in (
            (self.loglik, other.loglik), (self.probability, other.probability),
            *zip(self.upper, other.upper, strict=True), *zip(self.lower, other.lower, strict=True),
        ):  # fmt: skip
            mine[which] = theirs
        return self


def _cells(design: NDArray, levels: int) -> tuple[NDArray, NDArray]:
    """Gradients of the two linear predictors that bound each (row, level) cell; zero rows where there is no bound."""
    rows, columns = design.shape
    upper = np.zeros((rows, levels, levels - 1 + columns))
    lower = np.zeros_like(upper)
    for level in range(levels - 1):
        upper[:, level, level] = 1
        upper[:, level, levels - 1 :] = -design
        lower[:, level + 1, level] = 1
        lower[:, level + 1, levels - 1 :] = -design
    return upper.reshape(rows * levels, -1), lower.reshape(rows * levels, -1)


def _ends(upper: NDArray, lower: NDArray, levels: int) -> tuple[NDArray, NDArray]:
    """Which cells belong to the highest and to the lowest level."""
    bounded_above, bounded_below = upper[:, : levels - 1].any(axis=1), lower[:, : levels - 1].any(axis=1)
    return np.logical_not(bounded_above), np.logical_not(bounded_below)


def _evaluate(
    theta: NDArray, upper: NDArray, lower: NDArray, top: NDArray, bottom: NDArray, flat: NDArray, link: Link
) -> _State:
    high, low = theta @ upper.T, theta @ lower.T
    F_high, F_low = link_cdf(high, link), link_cdf(low, link)
    if link == "logit":
        # From the nearer tail, so that small probabilities keep their digits.
        difference = np.where(low > 0, link_cdf(-low, link) - link_cdf(-high, link), F_high - F_low)
        probability = np.where(top, link_cdf(-low, link), np.where(bottom, F_high, difference))
    else:
        probability = np.where(top, 1 - F_low, np.where(bottom, F_high, F_high - F_low))
    with np.errstate(divide="ignore", invalid="ignore"):
        loglik = np.where(flat > 0, flat * np.log(np.maximum(probability, TINY)), 0).sum(axis=1)
    d_high, c_high = DENSITIES[link](high, F_high)
    d_low, c_low = DENSITIES[link](low, F_low)
    return _State(
        loglik, np.maximum(probability, TINY),
        (np.where(top, 0, d_high), np.where(top, 0, c_high)),
        (np.where(bottom, 0, d_low), np.where(bottom, 0, c_low)),
    )  # fmt: skip


def _logistic_density(eta: NDArray, F: NDArray) -> tuple[NDArray, NDArray]:
    density = F * (1 - F)
    return density, density * (1 - 2 * F)


def _normal_density(eta: NDArray, F: NDArray) -> tuple[NDArray, NDArray]:
    density = np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
    return density, -eta * density


def _extreme_density(eta: NDArray, F: NDArray) -> tuple[NDArray, NDArray]:
    rate = np.exp(np.minimum(eta, 700))
    density = rate * np.exp(-rate)
    return density, density * (1 - rate)


#: First and second derivative of F at eta, given F.
DENSITIES = {"logit": _logistic_density, "probit": _normal_density, "cloglog": _extreme_density}


def _products(upper: NDArray, lower: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    def outer(a: NDArray, b: NDArray) -> NDArray:
        return np.einsum("rp,rq->rpq", a, b).reshape(len(a), -1)

    return outer(upper, upper), outer(lower, lower), outer(upper, lower) + outer(lower, upper)


def _derivatives(
    state: _State, which: NDArray, upper: NDArray, lower: NDArray, flat: NDArray,
    products: tuple[NDArray, NDArray, NDArray] | None,
) -> tuple[NDArray, NDArray]:  # fmt: skip
    """Gradient and negative Hessian of the log-likelihood."""
    weight = flat / state.probability[which]
    d_high, c_high = (part[which] for part in state.upper)
    d_low, c_low = (part[which] for part in state.lower)
    gradient = (weight * d_high) @ upper - (weight * d_low) @ lower
    per = weight / state.probability[which]
    hh = per * d_high**2 - weight * c_high
    ll = per * d_low**2 + weight * c_low
    hl = -per * d_high * d_low
    size = upper.shape[1]
    if products is not None:
        information = hh @ products[0] + ll @ products[1] + hl @ products[2]
        return gradient, information.reshape(-1, size, size)
    information = np.empty((len(which), size, size))
    for k in range(len(which)):
        cross = upper.T @ (hl[k][:, None] * lower)
        information[k] = upper.T @ (hh[k][:, None] * upper) + lower.T @ (ll[k][:, None] * lower) + cross + cross.T
    return gradient, information


def _line_search(
    theta: NDArray, which: NDArray, step: NDArray, state: _State,
    upper: NDArray, lower: NDArray, top: NDArray, bottom: NDArray, flat: NDArray, link: Link,
) -> tuple[NDArray, _State]:  # fmt: skip
    """Newton steps, halved where they would lower the likelihood or cross thresholds."""
    scale = np.minimum(1.0, 5 / np.maximum(np.abs(step).max(axis=1), TINY))
    trial = _evaluate(theta[which] + scale[:, None] * step, upper, lower, top, bottom, flat[which], link)
    for _ in range(30):
        worse = ~(trial.loglik >= state.loglik[which] - 1e-9 * np.abs(state.loglik[which]))
        if not worse.any():
            break
        scale[worse] /= 2
        again = np.flatnonzero(worse)
        tried = theta[which[again]] + scale[again, None] * step[again]
        trial = trial.replaced(again, _evaluate(tried, upper, lower, top, bottom, flat[which[again]], link))
    return theta[which] + scale[:, None] * step, state.replaced(which, trial)


def link_quantile(share: NDArray, link: Link) -> NDArray[np.float64]:
    """Inverse of F."""
    if link == "logit":
        return np.log(share / (1 - share))
    if link == "probit":
        from scipy.special import ndtri

        return ndtri(share)
    return np.log(-np.log1p(-share))
