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
    """Log-likelihood of response patterns, and its gradient from expected counts at the nodes.

    All levels of all items are stacked: an item with m levels has m cells and m - 1 steps between them, and one matrix
    product serves all items.
    """

    def __init__(self, codes: CodeMatrix, slopes: Slopes, prior_sd: float | None) -> None:
        recoded = np.stack([np.unique(column, return_inverse=True)[1] for column in codes.scores.T], axis=1)
        self.patterns, counts = np.unique(recoded, axis=0, return_counts=True)
        self.counts = counts.astype(float)
        self.items = recoded.shape[1]
        self.levels = recoded.max(axis=0) + 1
        self.slopes, self.prior_sd = slopes, prior_sd
        nodes, mass = np.polynomial.hermite_e.hermegauss(NODES)
        keep = mass > 1e-300
        self.nodes, self.log_mass = nodes[keep], np.log(mass[keep] / mass.sum())
        first_cell = np.concatenate([[0], np.cumsum(self.levels)[:-1]])
        self.item = np.repeat(np.arange(self.items), self.levels - 1)
        self.first_step = np.concatenate([[0], np.cumsum(self.levels - 1)[:-1]])
        self.is_first = np.isin(np.arange(len(self.item)), self.first_step)
        rank = np.arange(len(self.item)) - self.first_step[self.item]
        self.below = first_cell[self.item] + rank  # cell under each step
        chosen = first_cell + self.patterns
        self.chosen = np.zeros((len(self.patterns), int(self.levels.sum())))
        np.put_along_axis(self.chosen, chosen, 1.0, axis=1)
        # The intercept of a step is the item's first one less all gaps up to the step.
        self.onto = (self.item[:, None] == self.item) & (rank[:, None] >= rank)

    @property
    def slope_count(self) -> int:
        return {"free": self.items, "common": 1, "one": 0}[self.slopes]

    def start(self) -> NDArray[np.float64]:
        """Slopes of 1, thresholds from the shares."""
        share = self.counts @ self.chosen / self.counts.sum()
        steps = np.empty(len(self.item))
        for j in range(self.items):
            own = np.flatnonzero(self.item == j)
            above = 1 - np.cumsum(share[self.below[own]])
            place = np.log(above / (1 - above)) * 1.2
            steps[own] = np.concatenate([place[:1], np.log(np.maximum(-np.diff(place), 0.05))])
        return np.concatenate([np.zeros(self.slope_count), steps])

    def unpack(self, theta: NDArray) -> tuple[NDArray, list[NDArray]]:
        """Slopes, and the thresholds of each item in rising order."""
        slope = self._slope(theta)
        place = -self._intercepts(theta)[0] / slope[self.item]
        return slope, [place[self.item == j] for j in range(self.items)]

    def loglik(self, theta: NDArray) -> float:
        return self._pieces(theta)[0]

    def objective(self, theta: NDArray) -> tuple[float, NDArray[np.float64]]:
        """Negative penalized log-likelihood and gradient."""
        value, post, above, level = self._pieces(theta)
        slope, free = self._slope(theta), self.slope_count
        ratio = ((self.chosen * self.counts[:, None]).T @ post) / level
        # P(level k) = above_k - above_{k+1}; d above / d eta = above (1 - above)
        pull = (ratio[self.below + 1] - ratio[self.below]) * above * (1 - above)
        inner = self._intercepts(theta)[1]
        steps = (pull.sum(axis=1) @ self.onto) * inner
        by_slope = np.bincount(self.item, pull @ self.nodes, self.items) * slope
        by_slope = {"free": by_slope, "common": by_slope.sum(keepdims=True), "one": np.empty(0)}[self.slopes]
        gradient = np.concatenate([by_slope, steps])
        if self.prior_sd is not None and free:
            value -= (theta[:free] ** 2).sum() / (2 * self.prior_sd**2)
            gradient[:free] -= theta[:free] / self.prior_sd**2
        return -value, -gradient

    def _slope(self, theta: NDArray) -> NDArray[np.float64]:
        # On the log scale, where the prior lives; a negative slope would mean that an item runs against the others.
        if self.slopes == "one":
            return np.ones(self.items)
        return np.exp(np.clip(theta[: self.slope_count], -6, 6)) * np.ones(self.items)

    def _intercepts(self, theta: NDArray) -> tuple[NDArray, NDArray]:
        """Intercept of each step, and the derivative of its parameter's part in it."""
        steps = theta[self.slope_count :]
        gap = np.exp(np.clip(steps, -30, 30))
        part = np.where(self.is_first, steps, -gap)
        return self.onto @ part, np.where(self.is_first, 1.0, -gap)

    def _pieces(self, theta: NDArray) -> tuple[float, NDArray, NDArray, NDArray]:
        """Log-likelihood, posterior of the nodes, and probabilities of passing steps and of levels."""
        eta = self._slope(theta)[self.item][:, None] * self.nodes + self._intercepts(theta)[0][:, None]
        above = 0.5 * (1 + np.tanh(eta / 2))
        level = np.zeros((self.chosen.shape[1], len(self.nodes)))
        level[self.below[self.is_first]] = 1
        level[self.below] -= above
        level[self.below + 1] += above
        level = np.maximum(level, 1e-300)
        log_given = self.chosen @ np.log(level) + self.log_mass
        top = log_given.max(axis=1, keepdims=True)
        given = np.exp(log_given - top)
        total = given.sum(axis=1, keepdims=True)
        return float(self.counts @ (np.log(total) + top)[:, 0]), given / total, above, level


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
