"""Confirmatory factor models of ordered answers, in one group or several with equal parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, optimize, stats

from ..errors import NonConvergence
from .polychoric import Moments

#: Steps of invariance for ordered items, each with the parameters that are equal across groups (Wu and Estabrook 2016).
STEPS = ("configural", "thresholds", "loadings", "intercepts")


@dataclass(frozen=True)
class FactorFit:
    """A factor model fitted by diagonally weighted least squares.

    Attributes
    ----------
    loadings : ndarray, shape (groups, k)
        Standardized: correlation of each item's tendency with its factor in that group.
    factor_means : ndarray, shape (groups, factors)
        Relative to the first group; zero in steps that do not identify them.
    factor_covariance : ndarray, shape (groups, factors, factors)
    statistic, df, p : float
        Mean- and variance-adjusted chi-square of fit.
    unscaled : float
        The same without adjustment: the weighted squared residuals times the groups' sizes less one.
    cfi, tli, rmsea, rmsea_low, rmsea_high, srmr : float
        Indices from the adjusted statistic; interval of RMSEA at 90%.
    n : int
    """

    loadings: np.ndarray
    factor_means: np.ndarray
    factor_covariance: np.ndarray
    statistic: float
    df: int
    p: float
    unscaled: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float
    n: int
    jacobian: np.ndarray


def fit_factors(groups: Sequence[Moments], factor: Sequence[int], step: str = "configural") -> FactorFit:
    """Fit a factor model in which each item belongs to one factor.

    Parameters
    ----------
    groups : sequence of Moments
        One per group, of the same items with the same levels (:func:`continuum.survey.polychoric.polychoric`).
    factor : sequence of int
        Factor of each item, from 0; a factor on its own needs three items.
    step : {"configural", "thresholds", "loadings", "intercepts"}
        What is equal across groups, each step with all before it.

    Returns
    -------
    FactorFit

    Raises
    ------
    NonConvergence
        If the model has no solution, or an improper one (a loading of one or more).

    Notes
    -----
    Diagonally weighted least squares on thresholds and polychoric correlations, test adjusted in mean and variance
    (Muthen, du Toit, Spisic 1997; Asparouhov and Muthen 2010). Groups after the first have intercepts and scales of
    their own once thresholds are equal, factor variances once loadings are, and factor means once intercepts are
    (Wu and Estabrook 2016, 10.1007/s11336-016-9506-0).
    """
    model = _Model(groups, np.asarray(factor), STEPS.index(step))
    return model.summary(_least_squares(model))


def scaled_difference(groups: Sequence[Moments], strict: FactorFit, loose: FactorFit) -> tuple[float, int, float]:
    """Test of a model against one with fewer equalities: adjusted chi-square, degrees of freedom, p.

    The difference of two adjusted statistics is no chi-square; this adjusts the difference of the unadjusted ones.
    Source: Satorra 2000 (10.1007/978-1-4615-4603-0_17), with the second-order correction of Asparouhov and Muthen 2010.
    """
    df = strict.df - loose.df
    if df == 0:
        return np.nan, 0, np.nan
    weights, gamma = _stacked(groups)
    wide = loose.jacobian
    narrow = wide @ linalg.solve(wide.T @ wide, wide.T @ strict.jacobian, assume_a="pos")
    projections = [
        weights[:, None] * d @ linalg.solve((d.T * weights) @ d, d.T * weights, assume_a="pos") for d in (wide, narrow)
    ]
    return _adjusted(strict.unscaled - loose.unscaled, df, (projections[0] - projections[1]) @ gamma)


def _least_squares(model: _Model) -> np.ndarray:
    """Free parameters with the smallest weighted squared residuals, by Levenberg and Marquardt's steps."""
    free, damping = model.start, 1e-3
    residuals = model.residuals(free)
    loss = float(residuals @ residuals)
    for _ in range(500):
        slopes = model.slopes(free)
        gradient, core = slopes.T @ residuals, slopes.T @ slopes
        while damping < 1e12:
            step = linalg.solve(core + damping * np.diag(np.diag(core) + 1e-12), -gradient, assume_a="pos")
            trial = model.residuals(free + step)
            lower = float(trial @ trial)
            if lower <= loss:
                break
            damping *= 4
        else:
            return free
        settled = np.abs(step).max() < 1e-9
        free, residuals, loss, damping = free + step, trial, lower, max(damping / 10, 1e-12)
        if settled:
            return free
    raise NonConvergence("the factor model did not converge", fix="use fewer items, or larger groups")


class _Model:
    """Implied thresholds and correlations of the groups as functions of the free parameters."""

    def __init__(self, groups: Sequence[Moments], factor: np.ndarray, step: int) -> None:
        self.groups, self.factor, self.step = groups, factor, step
        self.k, self.factors = len(factor), int(factor.max()) + 1
        self.cuts = np.array([len(cuts) for cuts in groups[0].thresholds])
        self.owner = np.repeat(np.arange(self.k), self.cuts)
        self.n = sum(group.n for group in groups)
        self.weights, self.gamma = _stacked(groups)
        self.counted = self.weights * np.concatenate([np.full(len(g.vector), (g.n - 1) / g.n) for g in groups])
        # Parameters of one group: thresholds, loadings, scales, intercepts, factor means, factor covariances.
        pairs = self.factors * (self.factors + 1) // 2
        sizes = [len(self.owner), self.k, self.k, self.k, self.factors, pairs]
        ends = np.cumsum(sizes)
        self.parts = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        self.fixed = np.zeros(ends[-1])
        self.fixed[self.parts[2]] = 1.0
        low = np.tril_indices(self.factors)
        self.fixed[self.parts[5]] = np.where(low[0] == low[1], 1.0, 0.0)
        self.low = low
        self._number_parameters()

    def _number_parameters(self) -> None:
        """Give every group parameter the position of its free parameter, or -1 where it is fixed."""
        size, step = len(self.fixed), self.step
        self.position = np.full((len(self.groups), size), -1)
        used = 0
        thresholds, loadings, scales, intercepts, means, covariances = (np.arange(size)[part] for part in self.parts)
        variances = covariances[self.low[0] == self.low[1]]
        own_everywhere = np.setdiff1d(covariances, variances)
        for g in range(len(self.groups)):
            own = [own_everywhere]
            for block, equal_from in ((thresholds, 1), (loadings, 2)):
                if g and step >= equal_from:
                    self.position[g, block] = self.position[0, block]
                else:
                    own.append(block)
            if g:
                own += [scales] if step >= 1 else []
                own += [intercepts] if step in (1, 2) else []
                own += [variances] if step >= 2 else []
                own += [means] if step == 3 else []
            for block in own:
                self.position[g, block] = np.arange(used, used + len(block))
                used += len(block)
        self.free = used

    @cached_property
    def start(self) -> np.ndarray:
        start = np.zeros(self.free)
        for g, group in enumerate(self.groups):
            strength = (group.correlation.sum(axis=0) - 1) / (self.k - 1)
            whole = self.fixed.copy()
            whole[self.parts[0]] = np.concatenate(group.thresholds)
            whole[self.parts[1]] = np.clip(np.sqrt(np.maximum(strength, 0.09)), 0.3, 0.9)
            known = (self.position[g] >= 0) & ((g == 0) | (start[self.position[g]] == 0))
            start[self.position[g, known]] = whole[known]
        return start

    def of_group(self, free: np.ndarray, g: int) -> list[np.ndarray]:
        whole = np.where(self.position[g] >= 0, free[self.position[g]], self.fixed)
        return [whole[part] for part in self.parts]

    def between(self, values: np.ndarray) -> np.ndarray:
        matrix = np.zeros((self.factors, self.factors))
        matrix[self.low] = values
        return matrix + np.tril(matrix, -1).T

    def residuals(self, free: np.ndarray) -> np.ndarray:
        return np.sqrt(self.weights) * self.gaps(free)

    def gaps(self, free: np.ndarray) -> np.ndarray:
        return np.concatenate([self._implied(free, g) - group.vector for g, group in enumerate(self.groups)])

    def slopes(self, free: np.ndarray, *, weighted: bool = True) -> np.ndarray:
        rows = []
        for g in range(len(self.groups)):
            own = self._slopes_of_group(free, g)
            part = np.zeros((len(own), self.free))
            known = self.position[g] >= 0
            np.add.at(part.T, self.position[g, known], own[:, known].T)
            rows.append(part)
        whole = np.vstack(rows)
        return np.sqrt(self.weights)[:, None] * whole if weighted else whole

    def _implied(self, free: np.ndarray, g: int) -> np.ndarray:
        thresholds, loadings, scales, intercepts, means, covariances = self.of_group(free, g)
        shift = intercepts + loadings * means[self.factor]
        strong = scales * loadings
        phi = self.between(covariances)[np.ix_(self.factor, self.factor)]
        implied = (strong[:, None] * strong * phi)[np.tril_indices(self.k, -1)]
        return np.concatenate([scales[self.owner] * (thresholds - shift[self.owner]), implied])

    def _slopes_of_group(self, free: np.ndarray, g: int) -> np.ndarray:
        thresholds, loadings, scales, intercepts, means, covariances = self.of_group(free, g)
        q, owner, factor = len(self.owner), self.owner, self.factor
        i, j = np.tril_indices(self.k, -1)
        rows, pairs = np.arange(q), q + np.arange(len(i))
        part = [p.start for p in self.parts]
        slopes = np.zeros((q + len(i), len(self.fixed)))
        slopes[rows, part[0] + rows] = scales[owner]
        slopes[rows, part[1] + owner] = -scales[owner] * means[factor[owner]]
        slopes[rows, part[2] + owner] = thresholds - (intercepts + loadings * means[factor])[owner]
        slopes[rows, part[3] + owner] = -scales[owner]
        slopes[rows, part[4] + factor[owner]] = -scales[owner] * loadings[owner]
        strong, phi = scales * loadings, self.between(covariances)[factor[i], factor[j]]
        for one, other in ((i, j), (j, i)):
            slopes[pairs, part[1] + one] = scales[one] * strong[other] * phi
            slopes[pairs, part[2] + one] = loadings[one] * strong[other] * phi
        high, small = np.maximum(factor[i], factor[j]), np.minimum(factor[i], factor[j])
        slopes[pairs, part[5] + high * (high + 1) // 2 + small] = strong[i] * strong[j]
        return slopes

    def summary(self, free: np.ndarray) -> FactorFit:
        gaps, jacobian = self.gaps(free), self.slopes(free, weighted=False)
        # One is taken off each group's size, as for other quadratic forms of moments.
        statistic = float(self.n * (self.counted * gaps**2).sum())
        df = len(gaps) - self.free
        core = (jacobian.T * self.weights) @ jacobian
        if np.linalg.cond(core) > 1e14:
            raise NonConvergence("the factor model is not identified", fix="use more items, or larger groups")
        weighted = self.weights[:, None] * jacobian
        left = np.diag(self.weights) - weighted @ np.linalg.solve(core, weighted.T)
        adjusted, _, p = _adjusted(statistic, df, left @ self.gamma)
        base, base_df = self._independence()
        loadings, means, covariance = self._standardized(free)
        rmsea, low, high = _rmsea(adjusted, df, self.n - len(self.groups), len(self.groups))
        excess, worst = max(adjusted - df, 0.0), max(base - base_df, adjusted - df, 1e-12)
        tli = 1 - (adjusted - df) / df * base_df / (base - base_df) if df and base > base_df else np.nan
        return FactorFit(
            loadings, means, covariance, adjusted, df, p, statistic, 1 - excess / worst, tli, rmsea, low, high,
            self._srmr(free), self.n, jacobian,
        )  # fmt: skip

    def _standardized(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        loadings, means, covariance = [], [], []
        for g in range(len(self.groups)):
            _, own, scales, _, mean, between = self.of_group(free, g)
            matrix = self.between(between)
            if (np.diag(matrix) <= 0).any():
                raise NonConvergence("a factor has no variance in one of the groups", fix="leave this group out")
            strong = scales * own * np.sqrt(np.diag(matrix))[self.factor]
            signs = np.array([np.sign(strong[self.factor == f].sum()) or 1.0 for f in range(self.factors)])
            loadings.append(strong * signs[self.factor])
            means.append(mean * signs)
            covariance.append(matrix * np.outer(signs, signs))
        if np.abs(loadings).max() >= 1 or any(np.linalg.eigvalsh(matrix)[0] <= 0 for matrix in covariance):
            raise NonConvergence(
                "the factor model has an improper solution: a loading or a correlation of factors of one or more",
                fix="leave out one of two items that say nearly the same, join the factors, or use larger groups",
            )
        return np.array(loadings), np.array(means), np.array(covariance)

    def _independence(self) -> tuple[float, int]:
        """Adjusted chi-square of the model without any correlation, and its degrees of freedom."""
        q, pairs = len(self.owner), self.k * (self.k - 1) // 2
        related = np.tile(np.arange(q + pairs) >= q, len(self.groups))
        gaps = np.concatenate([group.vector for group in self.groups])[related]
        weights = self.weights[related]
        df = pairs * len(self.groups)
        return _adjusted(self.n * float((self.counted[related] * gaps**2).sum()), df,
                         weights[:, None] * self.gamma[np.ix_(related, related)])[0], df  # fmt: skip

    def _srmr(self, free: np.ndarray) -> float:
        """Root mean squared residual correlation, the zeros of the diagonal included as in lavaan."""
        q, cells = len(self.owner), self.k * (self.k + 1) / 2
        parts = [
            group.n / self.n * np.sqrt(((self._implied(free, g) - group.vector)[q:] ** 2).sum() / cells)
            for g, group in enumerate(self.groups)
        ]
        return float(sum(parts))


def _stacked(groups: Sequence[Moments]) -> tuple[np.ndarray, np.ndarray]:
    """Weights (m,) and sampling covariance (m, m) of all groups' moments, in units of the whole sample."""
    n = sum(group.n for group in groups)
    weights = np.concatenate([group.n / n / (group.n * np.diag(group.covariance)) for group in groups])
    return weights, linalg.block_diag(*[n * group.covariance for group in groups])


def _adjusted(statistic: float, df: int, product: np.ndarray) -> tuple[float, int, float]:
    """A quadratic form made to have mean and variance of a chi-square: statistic, degrees of freedom, p."""
    if df == 0:
        return np.nan, 0, np.nan
    trace, square = np.trace(product), float((product * product.T).sum())
    factor = np.sqrt(df / square)
    value = float(factor * statistic + df - factor * trace)
    return value, df, float(stats.chi2.sf(value, df))


def _rmsea(statistic: float, df: int, n: int, groups: int) -> tuple[float, float, float]:
    """Root mean squared error of approximation with its 90% interval."""
    if df == 0:
        return np.nan, np.nan, np.nan
    scale = np.sqrt(groups / (n * df))
    ends = []
    for tail in (0.95, 0.05):
        if stats.chi2.cdf(statistic, df) < tail:
            ends.append(0.0)
            continue
        top = max(statistic, 1.0) * 4 + 50

        def gap(excess: float, tail: float = tail) -> float:
            return float(stats.ncx2.cdf(statistic, df, excess) - tail)

        ends.append(optimize.brentq(gap, 1e-10, top) if gap(1e-10) > 0 else 0.0)
    value, low, high = np.sqrt([max(statistic - df, 0), *ends]) * scale
    return float(value), float(low), float(high)
