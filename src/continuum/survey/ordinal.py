"""Ordinal regression: how the answers on an ordered scale shift with sector, state and other covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse, stats

from ..errors import BadInput, NonConvergence, Separation
from ..ordinal_kernel import LINKS, QUANTILES, Problem, newton
from .predictors import Predictors, as_frame, distinct_rows, model_columns

Link = Literal["logit", "probit", "cloglog"]

#: A coefficient beyond this (per unit of a 0/1 column, per standard deviation of another) has no finite maximum.
LARGEST_COEFFICIENT = 10.0
#: Smallest eigenvalue of the information, on standardized columns, of an identified model.
SMALLEST_INFORMATION = 1e-8
#: From this many answers on, those with the same covariates are one row.
COLLAPSE_ABOVE = 20_000
#: From this many rows on, Newton starts from a fit to about :data:`WARM_START_ROWS` of them.
WARM_START_ABOVE = 100_000
WARM_START_ROWS = 20_000
#: Standard deviation of the normal penalty offered where a covariate separates the outcome.
PENALTY = 2.5


@dataclass(frozen=True)
class CumulativeLinkFit:
    """A fitted cumulative-link model, link(P(Y <= j)) = threshold_j - x'coef.

    Attributes
    ----------
    coef, thresholds : Series
        By name; a positive coefficient goes with higher answers.
    se : Series
        Standard errors of ``coef``, then of ``thresholds``.
    covariance : DataFrame
        Of both, in the order of ``se``.
    loglik : float
    converged : bool
    n : int
        Answers used; rows with a missing value are left out.
    steps : int
        Newton steps.
    levels : list of str
        Of the outcome, lowest first.
    link : str
    varying : DataFrame
        Coefficients by threshold of the covariates that are not proportional; empty without any.
    variance : str
        How the standard errors were made.
    """

    coef: pd.Series
    thresholds: pd.Series
    se: pd.Series
    covariance: pd.DataFrame
    loglik: float
    converged: bool
    n: int
    steps: int
    levels: list[str]
    link: str
    varying: pd.DataFrame
    variance: str
    _problem: Problem = field(repr=False)
    _theta: np.ndarray = field(repr=False)
    _raw_covariance: np.ndarray = field(repr=False)
    _predictors: Predictors = field(repr=False)
    _member: np.ndarray = field(repr=False)

    @property
    def parameters(self) -> int:
        """Number of estimated parameters."""
        return len(self._theta)

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * self.parameters - 2 * self.loglik

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """``term``, ``coef``, ``se``, ``z``, ``p``, ``odds_ratio`` (exp(coef)), ``low``, ``high`` (of the latter)."""
        se = self.se[self.coef.index]
        z = self.coef / se
        half = stats.norm.ppf(0.5 + level / 2) * se
        return pd.DataFrame({
            "term": self.coef.index, "coef": self.coef.to_numpy(), "se": se.to_numpy(), "z": z.to_numpy(),
            "p": 2 * stats.norm.sf(np.abs(z)), "odds_ratio": np.exp(self.coef).to_numpy(),
            "low": np.exp(self.coef - half).to_numpy(), "high": np.exp(self.coef + half).to_numpy(),
        })  # fmt: skip

    def predict(self, X: pd.DataFrame | ArrayLike) -> pd.DataFrame:
        """Probability of every level for new rows of covariates."""
        x, u = self._predictors.apply(X)
        return pd.DataFrame(self._problem.probabilities(self._theta, x, u), columns=self.levels)


def cumulative_link(
    y: pd.Series | ArrayLike,
    X: pd.DataFrame | ArrayLike,
    weights: ArrayLike | None = None,
    link: Link = "logit",
    clusters: ArrayLike | None = None,
    *,
    strata: ArrayLike | None = None,
    varying: Sequence[str] = (),
    penalty: float | None = None,
) -> CumulativeLinkFit:
    """Fit a cumulative-link (proportional odds) model by maximum likelihood.

    Parameters
    ----------
    y : Series or array, shape (n,)
        Ordered categorical, or numbers whose order is that of the levels.
    X : DataFrame or array, shape (n, k)
        Covariates without intercept; categorical columns are coded against their first level.
    weights : array, shape (n,), optional
        Frequencies or sampling weights, not negative.
    link : {"logit", "probit", "cloglog"}
    clusters : array, shape (n,), optional
        Groups of dependent respondents, such as agencies: standard errors are cluster-robust. Sampling weights need
        robust errors too: give every respondent its own cluster.
    strata : array, shape (n,), optional
        With ``clusters``: scores are centered within strata, as a survey design has it.
    varying : sequence of str
        Columns of ``X`` whose effect may differ by threshold (partial proportional odds).
    penalty : float, optional
        Standard deviation of a normal penalty on the coefficients, where a covariate separates the outcome.

    Returns
    -------
    CumulativeLinkFit

    Raises
    ------
    BadInput
        For weights that are missing or negative, an outcome with one level or an empty one, or a column that
        follows from the others.
    Separation
        If a coefficient grows without bound, naming it.
    NonConvergence
        If 50 Newton steps do not suffice.

    Notes
    -----
    Newton's method with analytic gradient and Hessian. Source: McCullagh 1980 (10.1111/j.2517-6161.1980.tb01109.x);
    agrees with ``ordinal::clm`` of R to 1e-8.
    """
    data = _prepared(y, X, weights, link, varying, penalty)
    problem, w = data.problem, data.weights
    theta, loglik, hessian, steps = _fit(problem, w, data.predictors)
    covariance, variance = np.linalg.inv(-hessian), "inverse information"
    if clusters is not None:
        groups = np.asarray(clusters)[data.used]
        within = None if strata is None else np.asarray(strata)[data.used]
        covariance, variance = _robust(data, theta, covariance, groups, within), "cluster-robust"
    return _named(data, theta, loglik, covariance, steps, variance)


@dataclass(frozen=True)
class _Data:
    """A model's answers, ready for the kernel: distinct rows sorted by level, with the weights of all that equal them.

    ``used`` are the answers that enter, in the order given; ``member`` says which row of the problem each one equals.
    """

    problem: Problem
    weights: np.ndarray
    own_weights: np.ndarray
    predictors: Predictors
    levels: list[str]
    used: np.ndarray
    member: np.ndarray


def _prepared(
    y: Any, X: Any, weights: ArrayLike | None, link: str, varying: Sequence[str], penalty: float | None = None
) -> _Data:
    if link not in LINKS:
        raise BadInput(f"unknown link {link!r}", fix=f"use one of {', '.join(LINKS)}")
    codes, levels = _outcome(y)
    w = _checked(weights, len(codes))
    frame = as_frame(X)
    used = np.flatnonzero((codes >= 0) & frame.notna().all(axis=1).to_numpy() & (w > 0))
    first, member = np.arange(len(used)), np.arange(len(used))
    if len(used) > COLLAPSE_ABOVE:
        # Answers with the same covariates are one row with their weight: a large survey has few different ones.
        first, member = distinct_rows(frame.iloc[used], codes[used])
    counts = np.bincount(codes[used], minlength=len(levels))
    _refuse_outcome(counts, levels)
    rows = used[first]
    order = np.argsort(codes[rows], kind="stable")
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    predictors = model_columns(frame.iloc[rows[order]], varying)
    x, u = predictors.matrices
    starts = np.concatenate([[0], np.cumsum(np.bincount(codes[rows], minlength=len(levels)))])
    problem = Problem(x, u, starts, link, 0.0 if penalty is None else 1 / penalty**2)
    _refuse_aliased(problem, predictors)
    together = np.bincount(place[member], weights=w[used], minlength=len(rows))
    return _Data(problem, together, w[used], predictors, levels, used, place[member])


def largest_loglik(
    y: Any, X: pd.DataFrame, weights: ArrayLike | None, link: str, varying: Sequence[str]
) -> tuple[float, int]:
    """Supremum of the log-likelihood and number of parameters, also where a coefficient grows without bound."""
    data = _prepared(y, X, weights, link, varying)
    start = _start(data.problem, data.weights)
    # On separated answers every step moves a coefficient by about 1 and closes the gap by a factor of e.
    _, loglik, _, _, _ = newton(data.problem, start[None], data.weights[None])
    return float(loglik[0]), data.problem.size


def _start(problem: Problem, w: np.ndarray) -> np.ndarray:
    """Thresholds at the marginal distribution, no effects."""
    start = np.zeros(problem.size)
    below = np.array([w[: problem.starts[j + 1]].sum() for j in range(problem.thresholds)]) / w.sum()
    q = problem.u.shape[0]
    start[: problem.thresholds * q : q] = QUANTILES[problem.link](below)
    return start


def _fit(problem: Problem, w: np.ndarray, predictors: Predictors) -> tuple[np.ndarray, float, np.ndarray, int]:
    start = _start(problem, w)
    unit = predictors.units(problem)

    def stop(theta: np.ndarray) -> None:
        large = np.abs(theta[0]) * unit
        if problem.precision == 0 and large.max(initial=0) > LARGEST_COEFFICIENT:
            raise _separation(predictors.parameter_names(problem)[int(large.argmax())])

    if len(w) > WARM_START_ABOVE:
        part, rows = problem.thinned(len(w) // WARM_START_ROWS)
        start = newton(part, start[None], w[None, rows], stop=stop)[0][0]
    theta, loglik, hessian, converged, steps = newton(problem, start[None], w[None], stop=stop)
    if not converged[0]:
        raise NonConvergence(f"the ordinal model did not converge in {steps} Newton steps")
    scale = np.where(unit > 0, 1 / np.where(unit > 0, unit, 1), 1.0)
    smallest, direction = np.linalg.eigh(-hessian[0] * np.outer(scale, scale))
    if smallest[0] < SMALLEST_INFORMATION:
        raise _separation(predictors.parameter_names(problem)[int(np.abs(direction[:, 0]).argmax())])
    return theta[0], float(loglik[0]), hessian[0], steps


def _separation(name: str) -> Separation:
    return Separation(
        f"{name!r} separates the outcome: its coefficient grows without bound",
        fix=f"leave it out, join its levels, or accept a normal penalty: cumulative_link(..., penalty={PENALTY})",
    )


def _robust(
    data: _Data, theta: np.ndarray, bread: np.ndarray, clusters: np.ndarray, strata: np.ndarray | None
) -> np.ndarray:
    """Sandwich covariance from cluster totals of the scores, with G / (G - 1) by stratum.

    Source: Binder 1983 (10.2307/1402588).
    """
    codes, names = pd.factorize(clusters)
    within = np.zeros(len(names), dtype=int)
    if strata is not None:
        codes, pairs = pd.factorize(pd.MultiIndex.from_arrays([strata, clusters]))
        within = pd.factorize(pairs.get_level_values(0))[0]
    scores = data.problem.scores(theta, np.ones(len(data.weights)))
    shape = (len(within), len(scores))
    totals = sparse.coo_array((data.own_weights, (codes, data.member)), shape=shape).tocsr() @ scores
    meat = np.zeros_like(bread)
    for stratum in np.unique(within):
        part = totals[within == stratum]
        if len(part) < 2:
            raise BadInput("cluster-robust standard errors need at least two clusters in every stratum")
        part = part - part.mean(axis=0)
        meat += len(part) / (len(part) - 1) * part.T @ part
    return bread @ meat @ bread


def _named(
    data: _Data, theta: np.ndarray, loglik: float, covariance: np.ndarray, steps: int, variance: str
) -> CumulativeLinkFit:
    problem, predictors, levels = data.problem, data.predictors, data.levels
    t, q = problem.thresholds, problem.u.shape[0]
    cuts = [f"{levels[j]}|{levels[j + 1]}" for j in range(t)]
    by_threshold = theta[: t * q].reshape(t, q)
    coef = pd.Series(theta[t * q :], index=predictors.proportional)
    thresholds = pd.Series(by_threshold[:, 0], index=cuts)
    place = np.concatenate([np.arange(t * q, len(theta)), np.arange(0, t * q, q)])
    names = [*coef.index, *cuts]
    shown = pd.DataFrame(covariance[np.ix_(place, place)], index=names, columns=names)
    se = pd.Series(np.sqrt(np.diag(shown)), index=names)
    varying = pd.DataFrame(-by_threshold[:, 1:].T, index=predictors.varying, columns=cuts)
    return CumulativeLinkFit(
        coef, thresholds, se, shown, loglik, True, len(data.used), steps, levels, problem.link, varying, variance,
        problem, theta, covariance, predictors, data.member,
    )  # fmt: skip


def _outcome(y: Any) -> tuple[np.ndarray, list[str]]:
    series = pd.Series(y).reset_index(drop=True)
    if isinstance(series.dtype, pd.CategoricalDtype):
        if not series.cat.ordered:
            raise BadInput("the outcome's categories have no order", fix="make it an ordered categorical")
        return series.cat.codes.to_numpy(dtype=np.intp), [str(name) for name in series.cat.categories]
    codes, values = pd.factorize(series, sort=True)
    return codes, [str(value) for value in values]


def _checked(weights: ArrayLike | None, n: int) -> np.ndarray:
    if weights is None:
        return np.ones(n)
    w = np.asarray(weights, dtype=float)
    if w.shape != (n,) or not np.isfinite(w).all() or (w < 0).any():
        raise BadInput("weights have to be one number of at least 0 per respondent", fix="drop or complete those rows")
    return w


def _refuse_outcome(counts: np.ndarray, levels: list[str]) -> None:
    if len(counts) < 2 or (counts > 0).sum() < 2:
        raise BadInput("the outcome has fewer than two levels with answers")
    empty = [level for level, count in zip(levels, counts, strict=True) if not count]
    if empty:
        raise BadInput(
            f"nobody chose the level {empty[0]!r} of the outcome, so its threshold has no estimate",
            fix="join it with a neighboring level",
        )


def _refuse_aliased(problem: Problem, predictors: Predictors) -> None:
    """Name the first column that is a combination of those before it."""
    columns = np.vstack([problem.u, problem.x])
    spread = columns.std(axis=1)
    scaled = (columns - columns.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)[:, None]
    scaled[0] = 1.0
    gram = scaled @ scaled.T / scaled.shape[1]
    if np.linalg.eigvalsh(gram)[0] > 1e-10:
        return
    names = ["intercept", *predictors.varying, *predictors.proportional]
    for last in range(1, len(names)):
        if spread[last] == 0 or np.linalg.eigvalsh(gram[: last + 1, : last + 1])[0] < 1e-10:
            raise BadInput(
                f"the covariate {names[last]!r} is constant or follows from the other covariates",
                fix="leave it out of the model",
            )
