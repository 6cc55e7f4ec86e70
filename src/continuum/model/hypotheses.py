"""Life-course hypotheses as designs: how time-ordered 0/1 exposures may add up to a position on the continuum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cumulative import CumulativeFits, Link, fit_cumulative, null_loglik

#: Families that compete for the verdict; the others stand in the table beside them.
CONTENDERS = ("none", "accumulation", "critical", "trigger", "additive", "threshold")
#: Standard errors below zero beyond which chance puts an effect of zero in one sample of twenty.
ONE_SIDED = 1.6449


@dataclass(frozen=True)
class Hypothesis:
    """One mean model over exposure patterns.

    Attributes
    ----------
    name : str
        In words, such as ``critical: loss of housing``.
    family : str
        none, accumulation, critical, trigger, additive, threshold, weighted, mobility or saturated.
    design : array, shape (patterns, parameters)
    """

    name: str
    family: str
    design: NDArray[np.float64]

    @property
    def contends(self) -> bool:
        """Whether the verdict may name it."""
        return self.family in CONTENDERS


def hypotheses(cells: NDArray, names: Sequence[str]) -> list[Hypothesis]:
    """All hypotheses for the given exposure patterns, nested in the saturated one.

    Parameters
    ----------
    cells : array of 0 and 1, shape (patterns, exposures)
        Exposures in the order in which they happen.
    names : sequence of str
        Of the exposures.
    """
    x = np.asarray(cells, dtype=float)
    count = x.shape[1]
    score = x.sum(axis=1)
    found = [
        Hypothesis("no effect", "none", np.zeros((len(x), 0))),
        Hypothesis("accumulation: each exposure adds the same", "accumulation", score[:, None]),
    ]
    found += [Hypothesis(f"critical: only {names[k]}", "critical", x[:, [k]]) for k in range(count - 1)]
    found.append(Hypothesis(f"trigger: only the last, {names[-1]}", "trigger", x[:, [-1]]))
    found.append(Hypothesis("additive: each exposure adds its own", "additive", x))
    found += [
        Hypothesis(f"threshold: {t} or more exposures", "threshold", (score >= t)[:, None].astype(float))
        for t in range(2, count)  # one exposure or more, and all of them, are seldom meant by a threshold
    ]
    moves = [f(x[:, k], x[:, k + 1]) for k in range(count - 1) for f in (_gain, _loss)]
    found.append(Hypothesis("mobility: changes between neighbors", "mobility", np.column_stack(moves)))
    codes = x @ (1 << np.arange(count)[::-1])
    found.append(Hypothesis("saturated: each pattern its own", "saturated", _dummies(codes)))
    return found


def select(
    found: Sequence[Hypothesis], weights: NDArray, link: Link = "logit"
) -> tuple[list[str], NDArray[np.float64]]:
    """BIC of every hypothesis that may be named, for many tables of patterns by level.

    Parameters
    ----------
    found : sequence of Hypothesis
    weights : array, shape (tables, patterns, levels)

    Returns
    -------
    families : list of str
    bic : array, shape (tables, hypotheses)
        Infinite where an effect that should raise the level does not; see :func:`raises_level`.
    """
    people = weights.sum(axis=(1, 2))
    families, bic = [], []
    for hypothesis in found:
        if not hypothesis.contends:
            continue
        families.append(hypothesis.family)
        if hypothesis.family == "none":
            bic.append(-2 * null_loglik(weights))
            continue
        fits = fit_cumulative(hypothesis.design, weights, link=link)
        value = -2 * fits.loglik + hypothesis.design.shape[1] * np.log(people)
        bic.append(np.where(raises_level(fits, hypothesis.design.shape[1]), value, np.inf))
    return families, np.stack(bic, axis=1)


def raises_level(fits: CumulativeFits, effects: int) -> NDArray[np.bool_]:
    """Whether each fit may be said to raise the level of the outcome, shape (fits,).

    A single effect has to be above zero. Of several, each with less information, none may be below zero by more than
    chance: the data then do not speak against an effect of its own for each.

    Parameters
    ----------
    fits : CumulativeFits
    effects : int
        Number of columns that are the hypothesis; covariates stand behind them.
    """
    coef, first = fits.coef[:, :effects], fits.thresholds.shape[1]
    if effects < 2:
        return np.asarray((coef > 0).all(axis=1))
    variance = np.diagonal(fits.covariance, axis1=1, axis2=2)[:, first : first + effects]
    return np.asarray((coef > -ONE_SIDED * np.sqrt(np.maximum(variance, 0))).all(axis=1))


def fit_nonnegative(
    design: NDArray, weights: NDArray, extra: NDArray | None = None, link: Link = "logit"
) -> tuple[CumulativeFits, NDArray[np.float64]]:
    """Effects limited to zero or more: the weighted accumulation d * sum of w_k x_k with weights that sum to one.

    An active-set search over which effects are above zero.

    Returns
    -------
    fits : CumulativeFits
        Of the columns above zero (and ``extra``).
    effects : array, shape (columns,)
    """
    columns = design.shape[1]
    kept = list(range(columns))
    while True:
        fits = fit_cumulative(with_covariates(design[:, kept], extra), weights, link=link)
        coef = fits.coef[0, : len(kept)]
        if not kept or coef.min() >= 0:
            break
        kept.pop(int(coef.argmin()))
    effects = np.zeros(columns)
    effects[kept] = fits.coef[0, : len(kept)]
    return fits, effects


def with_covariates(design: NDArray, extra: NDArray | None) -> NDArray[np.float64]:
    """``design`` with the covariate columns behind it."""
    return design if extra is None else np.column_stack([design, extra])


def stacking_weights(predictive: NDArray, counts: NDArray | None = None, rounds: int = 2000) -> NDArray[np.float64]:
    """Weights of a mixture of models that predicts held-out people best.

    Parameters
    ----------
    predictive : array, shape (cells, models)
        Held-out log predictive densities.
    counts : array, shape (cells,), optional
        People in each cell; one each if not given.

    Source: Yao et al. 2018, 10.1214/17-BA1091; solved by expectation-maximization.
    """
    density = np.exp(predictive - predictive.max(axis=1, keepdims=True))
    people = np.ones(len(density)) if counts is None else np.asarray(counts, dtype=float)
    weights = np.full(density.shape[1], 1 / density.shape[1])
    for _ in range(rounds):
        share = density * weights
        share *= (people / share.sum(axis=1))[:, None]
        updated = share.sum(axis=0) / people.sum()
        if np.abs(updated - weights).max() < 1e-8:
            return updated
        weights = updated
    return weights


def _gain(before: NDArray, after: NDArray) -> NDArray:
    return (1 - before) * after


def _loss(before: NDArray, after: NDArray) -> NDArray:
    return before * (1 - after)


def _dummies(codes: NDArray) -> NDArray[np.float64]:
    values = np.unique(codes)
    return (codes[:, None] == values[None, 1:]).astype(float)
