"""Which single life-course hypothesis explains most, with a p-value that knows it was picked: ordinal SLCMA.

Picking the best of many correlated hypotheses and testing it as if it had been the only one rejects a true null far
too often. The reference here is the largest of all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from .cumulative import Link, fit_cumulative, scores
from .exposures import order_exposures
from .matrix import Seed
from .outcomes import Cells, compress, read_outcome

#: Below this the simulated p-value is too coarse, and the Bonferroni bound is printed.
SIMULATED_FROM = 1e-3
DRAWS = 10_000
#: Up to this many people residuals are permuted; beyond, the normal limit is as good and faster.
MOST_PERMUTED = 3000
#: Residuals permuted side by side.
PERMUTED_CELLS = 500_000


@dataclass(frozen=True)
class SelectedHypothesis:
    """The hypothesis most associated with the outcome, judged as the best of all.

    Attributes
    ----------
    hypotheses : DataFrame
        hypothesis, statistic (z or t), p_naive (as if it were the only one), enters (order on the lasso path), r2
        (share of the explainable variation at the knot after it entered).
    selected : str
        First on the path.
    statistic : float
        Largest absolute statistic.
    p : float
        Selective p-value of the largest statistic; an upper bound if ``bound``.
    bound : bool
        Whether ``p`` is the Bonferroni bound, to be printed as "p <=".
    elbow : int
        Hypotheses before the path flattens: the number after which r2 lies farthest above the line from start to end.
    kind : str
        ordinal or continuous.
    sigma : float
        Residual standard deviation of the model with all hypotheses (continuous), else NaN.
    n, df : int
        People, and residual degrees of freedom (continuous), else 0.
    """

    hypotheses: pd.DataFrame
    selected: str
    statistic: float
    p: float
    bound: bool
    elbow: int
    kind: Literal["ordinal", "continuous"]
    sigma: float
    n: int
    df: int


def select_ordinal(
    outcome: pd.DataFrame | pd.Series,
    exposures: pd.DataFrame,
    covariates: pd.DataFrame | None = None,
    *,
    link: Link = "logit",
    draws: int = DRAWS,
    seed: Seed = 0,
) -> SelectedHypothesis:
    """Structured life-course selection for an ordinal outcome, by score statistics of the model without exposures.

    Parameters
    ----------
    outcome, exposures, covariates
        As for :func:`continuum.model.life_course`.
    link : str
    draws : int
        Permutations of residuals, or draws of the largest of correlated normal variables with over 3,000 people.
    seed : int or numpy Generator

    Raises
    ------
    OrderNotIdentified, TooFewCases, BadInput
        As for :func:`continuum.model.life_course`.

    Source: Smith et al. 2015, 10.1097/EDE.0000000000000309, with score residuals in place of residuals.
    """
    y = read_outcome(outcome)
    met = order_exposures(exposures, y.people, y.time)
    return select_cells(compress(met.met, y, covariates), met.names, link=link, draws=draws, seed=seed)


def select_cells(
    cells: Cells, names: Sequence[str], *, link: Link = "logit", draws: int = DRAWS, seed: Seed = 0
) -> SelectedHypothesis:
    """:func:`select_ordinal` for people already grouped."""
    labels, columns = life_course_columns(cells.patterns, names)
    extra = np.zeros((len(cells.rows), 0)) if cells.extra is None else cells.extra
    null = fit_cumulative(extra, cells.weights[None], link=link).require()
    levels = cells.weights.shape[1]
    # Moving everybody up by a little is moving all thresholds down by as much.
    score = -scores(null, extra, levels, link)[:, :, : levels - 1].sum(axis=2)
    people, n = cells.weights.sum(axis=1), int(cells.weights.sum())
    around = np.column_stack([np.ones(len(extra)), extra])
    root = np.sqrt(people)[:, None]
    design = columns[cells.rows]
    design = design - around @ np.linalg.lstsq(around * root, design * root, rcond=None)[0]
    gradient = design.T @ (cells.weights * score).sum(axis=1)
    # Variance over permutations of the residuals, which holds its level in small samples.
    spread = float((cells.weights * score**2).sum()) / (n - 1)
    variance = (design * people[:, None]).T @ design * spread
    residuals = None
    if n <= MOST_PERMUTED:
        row, level = np.nonzero(cells.weights)
        repeats = cells.weights[row, level].astype(int)
        residuals = (np.repeat(score[row, level], repeats), design[np.repeat(row, repeats)])
    return _judge(labels, gradient, variance, 0, draws, seed, n, np.nan, residuals=residuals)


def select_continuous(
    outcome: ArrayLike, met: ArrayLike, names: Sequence[str], *, draws: int = DRAWS, seed: Seed = 0
) -> SelectedHypothesis:
    """Structured life-course selection for a continuous outcome, by the largest t against the multivariate t.

    Parameters
    ----------
    outcome : array, shape (people,)
    met : array of 0 and 1, shape (people, exposures)
        In the order in which they happen.
    names : sequence of str
    draws : int
    seed : int or numpy Generator

    Source: Smith et al. 2015, 10.1097/EDE.0000000000000309.
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(met)
    if len(y) != len(x) or np.isnan(y).any():
        raise BadInput(f"{len(y)} outcomes for {len(x)} people, {int(np.isnan(y).sum())} of them missing")
    labels, columns = life_course_columns(x, names)
    centered, target = columns - columns.mean(axis=0), y - y.mean()
    coef, _, rank, _ = np.linalg.lstsq(centered, target, rcond=None)
    df = len(y) - int(rank) - 1
    sigma = float(np.sqrt(((target - centered @ coef) ** 2).sum() / df))
    gram = centered.T @ centered
    total = float(target @ target) / sigma**2
    return _judge(labels, centered.T @ target / sigma**2, gram / sigma**2, df, draws, seed, len(y), sigma, total=total)


def life_course_columns(patterns: NDArray, names: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Single exposures, their number, and changes between neighbors: 3 k - 1 hypotheses for k exposures."""
    x = np.asarray(patterns, dtype=float)
    labels = [f"only {name}" for name in names] + ["number of exposures"]
    columns = [*x.T, x.sum(axis=1)]
    for k in range(x.shape[1] - 1):
        labels += [f"{names[k + 1]} without {names[k]}", f"{names[k]} without {names[k + 1]}"]
        columns += [(1 - x[:, k]) * x[:, k + 1], x[:, k] * (1 - x[:, k + 1])]
    return labels, np.column_stack(columns)


def _judge(
    labels: list[str], gradient: NDArray, variance: NDArray, df: int, draws: int, seed: Seed, n: int, sigma: float,
    total: float | None = None, residuals: tuple[NDArray, NDArray] | None = None,
) -> SelectedHypothesis:  # fmt: skip
    from scipy.stats import norm, t

    scale = np.sqrt(np.diag(variance))
    usable = scale > 1e-8 * scale.max()
    statistic = np.divide(gradient, scale, where=usable, out=np.zeros_like(gradient))
    correlation = variance[np.ix_(usable, usable)] / np.outer(scale[usable], scale[usable])
    tail = t(df) if df else norm
    naive = 2 * tail.sf(np.abs(statistic))
    largest = float(np.abs(statistic).max())
    bound = float(min(1.0, 2 * tail.sf(largest) * usable.sum()))
    if residuals is None:
        p = _largest_p(correlation, largest, df, draws, seed)
    else:
        p = _permuted_p(residuals[0], residuals[1][:, usable] / scale[usable], largest, draws, seed)
    use_bound = min(p, bound) < SIMULATED_FROM
    enters, r2 = _path(correlation, statistic[usable], total)
    table = pd.DataFrame({"hypothesis": labels, "statistic": statistic, "p_naive": np.where(usable, naive, np.nan)})
    table["enters"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    table["r2"] = np.nan
    places = np.flatnonzero(usable)
    for order, (k, value) in enumerate(zip(enters, r2, strict=True), 1):
        table.loc[places[k], "enters"] = order
        table.loc[places[k], "r2"] = value
    return SelectedHypothesis(
        table, labels[places[enters[0]]], largest, bound if use_bound else p, use_bound, _elbow(r2),
        "continuous" if df else "ordinal", sigma, n, df,
    )  # fmt: skip


def _largest_p(correlation: NDArray, largest: float, df: int, draws: int, seed: Seed) -> float:
    """P(largest of the correlated |Z| or |t| reaches ``largest``) by simulation."""
    rng = np.random.default_rng(seed)
    value, vector = np.linalg.eigh(correlation)
    root = vector * np.sqrt(np.maximum(value, 0))
    reached = 0
    for start in range(0, draws, 20_000):
        size = min(20_000, draws - start)
        drawn = np.abs(rng.standard_normal((size, len(root))) @ root.T).max(axis=1)
        if df:
            drawn /= np.sqrt(rng.chisquare(df, size) / df)
        reached += int((drawn >= largest).sum())
    return (1 + reached) / (1 + draws)


def _permuted_p(score: NDArray, columns: NDArray, largest: float, draws: int, seed: Seed) -> float:
    """P(largest |Z| reaches ``largest``) with residuals in random order between people; exact without covariates."""
    rng = np.random.default_rng(seed)
    size = max(1, PERMUTED_CELLS // len(score))
    reached = 0
    for start in range(0, draws, size):
        orders = np.tile(score, (min(size, draws - start), 1))
        drawn = np.abs(rng.permuted(orders, axis=1) @ columns).max(axis=1)
        reached += int((drawn >= largest - 1e-9).sum())
    return (1 + reached) / (1 + draws)


def _path(correlation: NDArray, statistic: NDArray, total: float | None) -> tuple[list[int], list[float]]:
    """Hypotheses in the order in which the lasso takes them in, and the share explained when the next one enters."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import lars_path_gram

    with warnings.catch_warnings():
        # The hypotheses depend on each other linearly by design; the path drops what is redundant and says so.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, _, coefs = lars_path_gram(
            statistic, correlation, n_samples=1, method="lasso", max_iter=3 * len(statistic), copy_X=True,
            copy_Gram=True,
        )  # fmt: skip
    # Without an outcome variance, the share of what all hypotheses together explain.
    base = total if total is not None else float(statistic @ np.linalg.pinv(correlation, hermitian=True) @ statistic)
    entered: list[int] = []
    r2: list[float] = []
    for step in range(1, coefs.shape[1]):
        new = [k for k in np.flatnonzero(coefs[:, step]).tolist() if k not in entered]
        b = coefs[:, step]
        explained = float(2 * b @ statistic - b @ correlation @ b) / base
        entered += new
        r2 += [explained] * len(new)
    return entered, r2


def _elbow(r2: list[float]) -> int:
    if len(r2) < 3:
        return 1
    steps = np.arange(len(r2) + 1)
    values = np.array([0.0, *r2])
    return int((values - values[-1] * steps / steps[-1]).argmax())
