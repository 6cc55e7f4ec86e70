"""What an ordinal model says in probabilities, whether its odds are proportional, and its bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse, stats

from ..errors import BadInput
from ..ordinal_kernel import newton, newton_nearby
from .ordinal import CumulativeLinkFit, Link, cumulative_link, largest_loglik
from .predictors import distinct_rows

#: Weightings fitted together; larger batches gain nothing and need more memory.
_BATCH = 100


def proportional_odds_tests(
    y: Any,
    X: pd.DataFrame,
    weights: ArrayLike | None = None,
    link: Link = "logit",
    *,
    fit: CumulativeLinkFit | None = None,
) -> pd.DataFrame:
    """Likelihood-ratio test, covariate by covariate, that its effect is the same at every threshold.

    Parameters
    ----------
    y, X, weights, link
        As in :func:`continuum.survey.cumulative_link`; weights are taken as frequencies.
    fit : CumulativeLinkFit, optional
        The proportional model, if it is already there.

    Returns
    -------
    DataFrame
        ``term``, ``statistic``, ``df``, ``p``; with two levels of the outcome there is nothing to test.
    Source: Peterson and Harrell 1990 (10.2307/2347760); ``nominal_test`` of R's ordinal package.
    """
    base = fit or cumulative_link(y, X, weights, link)
    rows = []
    for term in X.columns:
        loglik, parameters = largest_loglik(y, X, weights, link, [term])
        df = parameters - base.parameters
        # A fit with more parameters is never worse; what is below zero is rounding.
        statistic = max(2 * (loglik - base.loglik), 0.0)
        rows.append((term, statistic, df, float(stats.chi2.sf(statistic, df)) if df else np.nan))
    return pd.DataFrame(rows, columns=["term", "statistic", "df", "p"])


def partial_proportional_odds(
    y: Any,
    X: pd.DataFrame,
    weights: ArrayLike | None = None,
    link: Link = "logit",
    clusters: ArrayLike | None = None,
    *,
    alpha: float = 0.05,
) -> tuple[CumulativeLinkFit, pd.DataFrame]:
    """The proportional model, with the covariates that fail its test (Holm over covariates) freed.

    Returns
    -------
    (CumulativeLinkFit, DataFrame)
        The model, and the tests with ``p_adjusted`` and ``freed``.
    """
    from .multiplicity import adjust

    tests = proportional_odds_tests(y, X, weights, link)
    tests["p_adjusted"] = adjust(tests["p"].to_numpy(), "holm")
    tests["freed"] = tests["p_adjusted"] < alpha
    varying = list(tests.loc[tests["freed"], "term"])
    return cumulative_link(y, X, weights, link, clusters, varying=varying), tests


def average_probabilities(
    fit: CumulativeLinkFit,
    X: pd.DataFrame,
    term: str,
    values: Sequence[Any] | None = None,
    *,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Average predicted probability of every level if all respondents had one value of a covariate.

    Parameters
    ----------
    fit : CumulativeLinkFit
    X : DataFrame
        The covariates over which to average; incomplete rows are left out.
    term : str
        The covariate to set.
    values : sequence, optional
        Values to set it to; all levels of a categorical covariate, or the quartiles of a number.
    weights : array, optional
        Of the rows of ``X``.
    level : float
        Confidence level of the delta-method intervals, cut at 0 and 1.

    Returns
    -------
    DataFrame
        ``term``, ``value``, ``level``, ``position``, ``probability``, ``se``, ``low``, ``high``.
    """
    if term not in fit._predictors.terms:
        raise BadInput(
            f"{term!r} is not a covariate of the model", fix=f"covariates: {', '.join(fit._predictors.terms)}"
        )
    own = fit._predictors.levels[term]
    if values is None:
        values = own or list(np.unique(np.nanquantile(X[term].to_numpy(dtype=float), [0.25, 0.5, 0.75])))
    complete = X.notna().all(axis=1).to_numpy()
    rows = X[complete]
    share = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=float)[complete]
    first, member = distinct_rows(rows.drop(columns=term))
    rows, share = rows.iloc[first], np.bincount(member, weights=share / share.sum(), minlength=len(first))
    z = stats.norm.ppf(0.5 + level / 2)
    parts = []
    for value in values:
        mean, gradient = _average(fit, rows.assign(**{term: value}), share)
        se = np.sqrt(np.maximum(np.einsum("jk,kl,jl->j", gradient, fit._raw_covariance, gradient), 0))
        parts.append(pd.DataFrame({
            "term": term, "value": value, "level": fit.levels, "position": np.arange(1, len(fit.levels) + 1),
            "probability": mean, "se": se, "low": np.clip(mean - z * se, 0, 1), "high": np.clip(mean + z * se, 0, 1),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _average(fit: CumulativeLinkFit, X: pd.DataFrame, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean probabilities (J,) and their gradient in the parameters (J, K)."""
    problem, theta = fit._problem, fit._theta
    x, u = fit._predictors.apply(X)
    cumulative, density = problem.cumulative(theta, x, u)
    t, q = problem.thresholds, problem.u.shape[0]
    weighted = density * share[:, None]
    slope = np.zeros((t, len(theta)))
    for j in range(t):
        slope[j, j * q : (j + 1) * q] = u @ weighted[:, j]
        slope[j, t * q :] = -(x @ weighted[:, j])
    edge = np.zeros((1, len(theta)))
    mean = np.concatenate([[0], share @ cumulative, [1]])
    return np.diff(mean), np.diff(np.vstack([edge, slope, edge]), axis=0)


def bootstrap_fits(fit: CumulativeLinkFit, weights: np.ndarray) -> pd.DataFrame:
    """The model fitted again under many weightings of its answers.

    Parameters
    ----------
    fit : CumulativeLinkFit
        Gives model and starting values.
    weights : ndarray, shape (B, n)
        One row per replicate, such as multinomial counts; columns in the order of the answers the fit used.

    Returns
    -------
    DataFrame
        B rows, a column per name of ``fit.se``; missing where a replicate has no finite estimate.

    Notes
    -----
    All replicates of a batch take their Newton steps together.
    """
    weights = np.asarray(weights, dtype=float)
    if weights.ndim != 2 or weights.shape[1] != fit.n or len(fit.varying):
        raise BadInput(
            f"bootstrap weights need one column for each of the {fit.n} answers of a proportional model",
            fix="draw them as (replicates, fit.n)",
        )
    problem = fit._problem
    rows = problem.x.shape[1]
    ordered = weights @ sparse.coo_array((np.ones(fit.n), (np.arange(fit.n), fit._member)), shape=(fit.n, rows)).tocsr()
    found = np.full((len(weights), len(fit._theta)), np.nan)
    for start in range(0, len(weights), _BATCH):
        part = ordered[start : start + _BATCH]
        levels = np.add.reduceat(part, problem.starts[:-1], axis=1)
        usable = (levels > 0).all(axis=1)
        if not usable.any():
            continue
        theta, settled = newton_nearby(problem, fit._theta, part[usable])
        rest = np.flatnonzero(~settled)
        if len(rest):
            again, _, _, converged, _ = newton(problem, np.tile(fit._theta, (len(rest), 1)), part[usable][rest])
            again[~converged] = np.nan
            theta[rest] = again
        found[start + np.flatnonzero(usable)] = theta
    t = problem.thresholds
    return pd.DataFrame(np.hstack([found[:, t:], found[:, :t]]), columns=fit.se.index)
