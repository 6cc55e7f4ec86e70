"""One outcome, one covariate set, many exposures: cumulative link fits that share everything but one column.

Used by the specification curve, where ten thousand fits have to take seconds. The likelihood is that of
:mod:`continuum.ordinal_kernel`; here rows are people and the batch runs over exposures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ordinal_kernel import LINKS, QUANTILES
from .cumulative import Link

STEPS = 40
TINY = 1e-300


@dataclass(frozen=True)
class GroupFit:
    """Effects of exposures, each in a model of its own.

    Attributes
    ----------
    effect, se : array, shape (exposures,)
        Maximum likelihood estimate and its standard error, per unit on the latent scale.
    z : array, shape (exposures,)
        Score statistic of the model without the exposure.
    converged : array of bool, shape (exposures,)
    score, weight : array, shape (people,)
        Score residual of the model without exposures, and its information.
    nuisance : array, shape (people, columns)
        Cross-information of each person with the model's other parameters.
    inverse : array
        Inverse of their information.
    """

    effect: NDArray[np.float64]
    se: NDArray[np.float64]
    z: NDArray[np.float64]
    converged: NDArray[np.bool_]
    score: NDArray[np.float64]
    weight: NDArray[np.float64]
    nuisance: NDArray[np.float64]
    inverse: NDArray[np.float64]


def fit_group(level: NDArray, exposures: NDArray, adjusted: NDArray, link: Link) -> GroupFit:
    """Fit ``exposures`` one at a time, each with the covariates ``adjusted``.

    Parameters
    ----------
    level : array of int, shape (people,)
        0 to the highest level; every level occurs.
    exposures : array, shape (exposures, people)
    adjusted : array, shape (people, columns)
    link : str
    """
    model = _Model(level, adjusted, link)
    null = model.maximize(np.zeros((1, len(level))))
    score, weight, nuisance, inverse = model.at_null(null.theta[0])
    z, information = _score_z(exposures, score, weight, nuisance, inverse)
    start = np.repeat(null.theta, len(exposures), axis=0)
    start[:, -1] = np.clip(z / np.sqrt(information), -3, 3)
    found = model.maximize(exposures, start)
    variance = np.linalg.inv(found.information)[:, -1, -1]
    return GroupFit(
        found.theta[:, -1], np.sqrt(np.maximum(variance, 0)), z, found.converged, score, weight, nuisance, inverse
    )


def permuted_z(fit: GroupFit, exposures: NDArray, orders: NDArray) -> NDArray[np.float64]:
    """Score statistics with exposures given to people in other orders, shape (orders, exposures).

    The model without exposures does not change, so one matrix product serves all permutations.
    """
    count = len(exposures)
    result = np.empty((len(orders), count))
    for k, order in enumerate(orders):
        result[k] = _score_z(exposures[:, order], fit.score, fit.weight, fit.nuisance, fit.inverse)[0]
    return result


@dataclass
class _Maximum:
    theta: NDArray
    information: NDArray
    converged: NDArray


class _Model:
    """Log-likelihood of an ordinal outcome given covariates and one exposure column."""

    def __init__(self, level: NDArray, adjusted: NDArray, link: Link) -> None:
        self.levels = int(level.max()) + 1
        self.adjusted, self.link = adjusted, link
        self.is_level = (level[:, None] == np.arange(self.levels)).astype(float)
        self.top, self.bottom = level == self.levels - 1, level == 0
        self.upper_at = np.minimum(level, self.levels - 2)
        self.lower_at = np.maximum(level - 1, 0)
        columns = adjusted.shape[1]
        self.products = (adjusted[:, :, None] * adjusted[:, None, :]).reshape(len(level), columns * columns)

    def maximize(self, exposures: NDArray, start: NDArray | None = None) -> _Maximum:
        """Newton's method from ``start``; parameters are thresholds, covariates, exposure."""
        count, first, last = len(exposures), self.levels - 1, self.adjusted.shape[1] + self.levels - 1
        absent = not exposures.any()
        if start is None:
            share = np.clip(self.is_level.mean(axis=0).cumsum()[:-1], 1e-6, 1 - 1e-6)
            start = np.zeros((count, last + 1))
            start[:, :first] = QUANTILES[self.link](share)
        theta = start.copy()
        loglik = np.full(count, -np.inf)
        step = np.zeros_like(theta)
        converged = np.zeros(count, dtype=bool)
        for _ in range(STEPS):
            terms = self.terms(theta, exposures)
            worse = ~(terms.loglik >= loglik - 1e-9 * np.abs(loglik)) & np.isfinite(loglik)
            if worse.any():
                step[worse] /= 2
                theta[worse] -= step[worse]
                continue
            loglik = terms.loglik
            gradient, information = self.derivatives(terms, exposures)
            if absent:
                information[:, -1, -1] = 1.0
            converged = np.abs(gradient).max(axis=1) <= 1e-7 * len(self.top)
            if converged.all():
                break
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
            step *= np.minimum(1, 4 / np.maximum(np.abs(step).max(axis=1, keepdims=True), TINY))
            theta += step
        return _Maximum(theta, information, converged & (np.abs(theta[:, -1]) < 10))

    def terms(self, theta: NDArray, exposures: NDArray) -> _Terms:
        """Per-person pieces of the log-likelihood and its derivatives, each of shape (exposures, people)."""
        first = self.levels - 1
        eta = theta[:, first:-1] @ self.adjusted.T + theta[:, -1:] * exposures
        high, low = theta[:, self.upper_at] - eta, theta[:, self.lower_at] - eta
        (F_high, f_high, c_high), (F_low, f_low, c_low) = LINKS[self.link](high), LINKS[self.link](low)
        F_high, F_low = np.where(self.top, 1.0, F_high), np.where(self.bottom, 0.0, F_low)
        f_high, c_high = np.where(self.top, 0.0, f_high), np.where(self.top, 0.0, c_high)
        f_low, c_low = np.where(self.bottom, 0.0, f_low), np.where(self.bottom, 0.0, c_low)
        chance = F_high - F_low
        loglik = np.where(chance.min(axis=1) > 0, np.log(np.maximum(chance, TINY)).sum(axis=1), -np.inf)
        chance = np.maximum(chance, TINY)
        up, down = f_high / chance, f_low / chance
        score = down - up
        return _Terms(
            loglik, up, down, score,
            weight=score**2 - (c_high - c_low) / chance,
            up_eta=up * (up - down) - c_high / chance,
            down_eta=c_low / chance - down * (up - down),
            up_up=up**2 - c_high / chance,
            down_down=down**2 + c_low / chance,
        )  # fmt: skip

    def derivatives(self, t: _Terms, exposures: NDArray) -> tuple[NDArray, NDArray]:
        """Gradient and information, shape (exposures, parameters[, parameters])."""
        count, first, columns = len(exposures), self.levels - 1, self.adjusted.shape[1]
        last = first + columns
        upper, lower = self.is_level[:, :first], self.is_level[:, 1:]
        gradient = np.empty((count, last + 1))
        gradient[:, :first] = t.up @ upper - t.down @ lower
        gradient[:, first:last] = t.score @ self.adjusted
        gradient[:, -1] = (t.score * exposures).sum(axis=1)
        information = np.zeros((count, last + 1, last + 1))
        index = np.arange(first)
        information[:, index, index] = t.up_up @ upper + t.down_down @ lower
        if first > 1:
            between = -(t.up * t.down) @ self.is_level[:, 1:first]
            information[:, index[1:], index[:-1]] = information[:, index[:-1], index[1:]] = between
        for j in range(first):
            with_eta = -(t.up_eta * upper[:, j] + t.down_eta * lower[:, j])
            information[:, j, first:last] = information[:, first:last, j] = with_eta @ self.adjusted
            information[:, j, -1] = information[:, -1, j] = (with_eta * exposures).sum(axis=1)
        information[:, first:last, first:last] = (t.weight @ self.products).reshape(count, columns, columns)
        weighted = t.weight * exposures
        information[:, -1, first:last] = information[:, first:last, -1] = weighted @ self.adjusted
        information[:, -1, -1] = (weighted * exposures).sum(axis=1)
        return gradient, information

    def at_null(self, theta: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Score residuals, their weights, cross-information and inverse information of the model without exposures."""
        nothing = np.zeros((1, len(self.top)))
        t = self.terms(theta[None], nothing)
        information = self.derivatives(t, nothing)[1][0, :-1, :-1]
        first = self.levels - 1
        upper, lower = self.is_level[:, :first], self.is_level[:, 1:]
        with_thresholds = -(t.up_eta[0][:, None] * upper + t.down_eta[0][:, None] * lower)
        nuisance = np.column_stack([with_thresholds, t.weight[0][:, None] * self.adjusted])
        return t.score[0], t.weight[0], nuisance, np.linalg.pinv(information, hermitian=True)


@dataclass
class _Terms:
    loglik: NDArray
    up: NDArray
    down: NDArray
    score: NDArray
    weight: NDArray
    up_eta: NDArray
    down_eta: NDArray
    up_up: NDArray
    down_down: NDArray


def _score_z(
    exposures: NDArray, score: NDArray, weight: NDArray, nuisance: NDArray, inverse: NDArray
) -> tuple[NDArray, NDArray]:
    """Score statistic and efficient information of each exposure."""
    cross = exposures @ nuisance
    information = (exposures**2) @ weight - np.einsum("ep,pq,eq->e", cross, inverse, cross)
    information = np.maximum(information, TINY)
    return exposures @ score / np.sqrt(information), information
