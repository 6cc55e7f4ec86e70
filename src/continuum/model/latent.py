"""Rasch, two-parameter and graded response models: a second opinion on a cumulative order, never the first.

Marginal maximum likelihood over a standard normal propensity to mention. With few interviews slopes need a prior, and
the result is sensitivity only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import NonConvergence
from .matrix import CodeMatrix, read_matrix

Slopes = Literal["free", "common", "one"]
NODES = 61
#: Beyond these an item's curve is a step or lies outside the data, and its numbers are not shown.
LARGEST_SLOPE = 10.0
LARGEST_PLACE = 6.0


@dataclass(frozen=True)
class LatentTrait:
    """A fitted response model.

    Attributes
    ----------
    items : DataFrame
        item, slope, threshold1, ..., flagged. A threshold is the propensity at which the level or a higher one becomes
        more likely than not; NaN where flagged or where the item has fewer levels.
    loglik : float
        Marginal log-likelihood, without the prior.
    parameters : int
    prior_sd : float or None
        Standard deviation of the normal prior on log slopes.
    n : int
    """

    items: pd.DataFrame
    loglik: float
    parameters: int
    prior_sd: float | None
    n: int

    @property
    def order(self) -> list[str]:
        """Items by their first threshold, the most readily mentioned first; flagged ones are left out."""
        return self.items.dropna(subset="threshold1").sort_values("threshold1", kind="stable")["item"].tolist()


def latent_trait(
    matrix: pd.DataFrame | ArrayLike, *, slopes: Slopes = "free", prior_sd: float | None = None
) -> LatentTrait:
    """Fit a response model to items scored 0, 1 (, 2, ...).

    Parameters
    ----------
    matrix : DataFrame or array, shape (interviews, items)
        Whole numbers from 0.
    slopes : {"free", "common", "one"}
        One slope for each item (two-parameter or graded response model), one for all, or fixed at 1 (Rasch).
    prior_sd : float, optional
        Standard deviation of a normal prior on log slopes; .5 keeps slopes of 42 interviews finite.

    Raises
    ------
    NonConvergence
        If the maximum is not reached.
    TooFewInterviews
        Fewer than 20 interviews.

    Source: Samejima 1969; Bock and Aitkin 1981, 10.1007/BF02293801.
    """
    from scipy.optimize import minimize

    codes = read_matrix(matrix, minimum=False)
    if codes.n < 20:
        read_matrix(matrix)  # raises the refusal
    model = _Model(codes, slopes, prior_sd)
    found = minimize(model.objective, model.start(), jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 2000})
    value, gradient = model.objective(found.x)
    if not np.isfinite(value) or np.abs(gradient).max() > 1e-3 * codes.n:
        raise NonConvergence("the response model has no maximum in reach", fix="a prior on the slopes: prior_sd=0.5")
    slope, thresholds = model.unpack(found.x)
    return LatentTrait(_table(codes.names, slope, thresholds), model.loglik(found.x), len(found.x), prior_sd, codes.n)


class _Model:
    """Log-likelihood of response patterns, and its gradient from expected counts at the nodes."""

    def __init__(self, codes: CodeMatrix, slopes: Slopes, prior_sd: float | None) -> None:
        recoded = np.stack([np.unique(column, return_inverse=True)[1] for column in codes.scores.T], axis=1)
        self.patterns, counts = np.unique(recoded, axis=0, return_counts=True)
        self.counts = counts.astype(float)
        self.items = recoded.shape[1]
        self.levels = recoded.max(axis=0) + 1
        self.steps = self.levels - 1
        self.ends = np.concatenate([[0], np.cumsum(self.steps)])
        self.slopes, self.prior_sd = slopes, prior_sd
        nodes, mass = np.polynomial.hermite_e.hermegauss(NODES)
        keep = mass > 1e-300
        self.nodes, self.log_mass = nodes[keep], np.log(mass[keep] / mass.sum())
        self.chosen = [self.patterns[:, j, None] == np.arange(self.levels[j]) for j in range(self.items)]

    @property
    def slope_count(self) -> int:
        return {"free": self.items, "common": 1, "one": 0}[self.slopes]

    def start(self) -> NDArray[np.float64]:
        """Slopes of 1, thresholds from the shares."""
        parts: list[NDArray] = [np.full(self.slope_count, 0.0)]
        total = self.counts.sum()
        for j in range(self.items):
            above = np.array([self.counts[self.patterns[:, j] >= k].sum() for k in range(1, self.levels[j])]) / total
            place = np.log(above / (1 - above)) * 1.2
            parts.append(np.concatenate([place[:1], np.log(np.maximum(-np.diff(place), 0.05))]))
        return np.concatenate(parts)

    def unpack(self, theta: NDArray) -> tuple[NDArray, list[NDArray]]:
        """Slopes, and intercepts of each item in falling order, as thresholds -intercept / slope."""
        slope = self._slope(theta)
        return slope, [-d / slope[j] for j, d in enumerate(self._intercepts(theta))]

    def loglik(self, theta: NDArray) -> float:
        return self._pieces(theta)[0]

    def objective(self, theta: NDArray) -> tuple[float, NDArray[np.float64]]:
        """Negative penalized log-likelihood and gradient."""
        loglik, post, curves = self._pieces(theta)
        slope = self._slope(theta)
        by_slope = np.zeros(self.items)
        gradient = np.zeros(len(theta))
        for j in range(self.items):
            expected = (self.chosen[j] * self.counts[:, None]).T @ post
            above, level = curves[j]
            ratio = expected / level
            # P(level k) = above_k - above_{k+1}; d above / d eta = above (1 - above)
            pull = (ratio[1:] - ratio[:-1]) * above * (1 - above)
            by_slope[j] = (pull @ self.nodes).sum()
            d = pull.sum(axis=1)
            at = self.slope_count + self.ends[j]
            gaps = np.exp(theta[at + 1 : at + self.steps[j]])
            gradient[at] = d.sum()
            gradient[at + 1 : at + self.steps[j]] = -gaps * np.cumsum(d[::-1])[::-1][1:]
        if self.slopes == "free":
            gradient[: self.items] = by_slope * slope
        elif self.slopes == "common":
            gradient[0] = (by_slope * slope).sum()
        value = loglik
        if self.prior_sd is not None and self.slope_count:
            value -= (theta[: self.slope_count] ** 2).sum() / (2 * self.prior_sd**2)
            gradient[: self.slope_count] -= theta[: self.slope_count] / self.prior_sd**2
        return -value, -gradient

    def _slope(self, theta: NDArray) -> NDArray[np.float64]:
        if self.slopes == "one":
            return np.ones(self.items)
        # On the log scale, where the prior lives; a negative slope would mean that an item runs against the others.
        return np.exp(np.clip(theta[: self.slope_count], -6, 6)) * np.ones(self.items)

    def _intercepts(self, theta: NDArray) -> list[NDArray]:
        found = []
        for j in range(self.items):
            at = self.slope_count + self.ends[j]
            gaps = np.exp(np.clip(theta[at + 1 : at + self.steps[j]], -30, 30))
            found.append(theta[at] - np.concatenate([[0.0], np.cumsum(gaps)]))
        return found

    def _pieces(self, theta: NDArray) -> tuple[float, NDArray, list[tuple[NDArray, NDArray]]]:
        slope = self._slope(theta)
        log_given = np.tile(self.log_mass, (len(self.patterns), 1))
        curves = []
        for j, intercept in enumerate(self._intercepts(theta)):
            above = 0.5 * (1 + np.tanh((slope[j] * self.nodes + intercept[:, None]) / 2))
            edge = np.ones((1, len(self.nodes)))
            level = np.maximum(-np.diff(np.concatenate([edge, above, 0 * edge]), axis=0), 1e-300)
            curves.append((above, level))
            log_given += np.log(level)[self.patterns[:, j]]
        top = log_given.max(axis=1, keepdims=True)
        given = np.exp(log_given - top)
        total = given.sum(axis=1, keepdims=True)
        loglik = float(self.counts @ (np.log(total) + top)[:, 0])
        return loglik, given / total, curves


def _table(names: list[str], slope: NDArray, thresholds: list[NDArray]) -> pd.DataFrame:
    flagged = [
        bool(slope[j] > LARGEST_SLOPE or np.abs(place).max() > LARGEST_PLACE) for j, place in enumerate(thresholds)
    ]
    table = pd.DataFrame({"item": names, "slope": np.where(flagged, np.nan, slope)})
    for k in range(max(len(place) for place in thresholds)):
        table[f"threshold{k + 1}"] = [
            place[k] if k < len(place) and not bad else np.nan for place, bad in zip(thresholds, flagged, strict=True)
        ]
    return table.assign(flagged=flagged)
