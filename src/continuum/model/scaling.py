"""Do codes form a cumulative scale, in which accounts that mention a rare code mention the common ones too?

Loevinger's H for codes scored 0/1 or on ordered levels, its standard error and bootstrap, item selection and
invariant ordering. The order by mention says how readily something is mentioned; it is never an order of severity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .matrix import CodeMatrix, Seed, interval, read_matrix, resampled_weights
from .partial_order import PartialOrder, partial_order

#: Mokken's lower bound for an item of a scale.
ITEM_LIMIT = 0.30
#: Resamples handled side by side; keeps the working set inside the cache.
CHUNK = 512


@dataclass(frozen=True)
class MokkenResult:
    """Scalability of a set of codes.

    Attributes
    ----------
    H : float
        Loevinger's coefficient of the whole set.
    se : float
        Standard error by the delta method.
    low, high : float
        Bootstrap percentile interval over interviews.
    items : DataFrame
        item, mentions (interviews with a score above 0), mean, H, se, low, high, in_scale (H of at least .30).
    pairs : DataFrame
        item, other, H: coefficients of all pairs.
    before : DataFrame
        Share of bootstrap samples in which the row's code is mentioned more readily than the column's.
    dropped : list of str
        Codes without variation.
    n, replicates : int
    """

    H: float
    se: float
    low: float
    high: float
    items: pd.DataFrame
    pairs: pd.DataFrame
    before: pd.DataFrame
    dropped: list[str]
    n: int
    replicates: int

    def mention_order(self, support: float = 0.95) -> PartialOrder:
        """Which codes are mentioned more readily than which, as far as the interviews support it.

        Codes outside the scale (H below .30) are left out. Ask the response-mechanism gate first.
        """
        inside = self.items.loc[self.items["in_scale"], "item"].tolist()
        return partial_order(self.before.loc[inside, inside], support)


def mokken(
    matrix: pd.DataFrame | ArrayLike,
    *,
    replicates: int = 2000,
    seed: Seed = 0,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> MokkenResult:
    """Loevinger's H of codes, of each code and each pair.

    Parameters
    ----------
    matrix : DataFrame or array, shape (interviews, codes)
        Whole numbers from 0 without gaps.
    replicates : int
        Bootstrap samples of interviews.
    seed : int or numpy Generator
    clusters : array of length n, optional
        Organizations, if several interviews come from one.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    MokkenResult

    Raises
    ------
    BadInput
        Gaps or values that are not whole numbers from 0.
    TooFewInterviews, TooFewCases
        Fewer than 20 interviews, or fewer than 5 codes that vary.

    Source: Mokken 1971; Molenaar 1991 for ordered levels; standard errors after Kuijpers, van der Ark and Croon 2013,
    10.1177/0049124113492817.
    """
    codes = read_matrix(matrix)
    pairs = _Pairs(codes)
    numerator, denominator = pairs.sums(np.ones((1, codes.n)))
    draws = pairs.bootstrap(resampled_weights(codes.n, replicates, seed, clusters))
    H = float(numerator.sum() / denominator.sum())
    items = pd.DataFrame({"item": codes.names, "mentions": (codes.scores > 0).sum(axis=0)})
    items["mean"] = codes.scores.mean(axis=0)
    items["H"] = pairs.by_item(numerator)[0] / pairs.by_item(denominator)[0]
    items["se"] = [_standard_error(codes, pairs, item) for item in range(len(codes.names))]
    items["low"], items["high"] = interval(draws.items, level)
    items["in_scale"] = items["H"] >= ITEM_LIMIT
    low, high = interval(draws.H, level)
    return MokkenResult(
        H, _standard_error(codes, pairs), float(low), float(high), items, pairs.table(codes.names),
        _before(draws.means, codes.names), codes.constant, codes.n, replicates,
    )  # fmt: skip


def select_items(matrix: pd.DataFrame | ArrayLike, *, limit: float = ITEM_LIMIT, alpha: float = 0.05) -> pd.Series:
    """Mokken's automated item selection: which codes form scales together.

    Starts from the pair with the largest H, adds the code with the largest H of the growing scale as long as that
    is at least ``limit`` and the code's H is significantly positive, then begins the next scale.

    Returns
    -------
    Series of int, indexed by code
        Number of the scale, 0 for codes in none.

    Source: Mokken 1971, chapter 5; Sijtsma and Molenaar 2002. The level of each test is divided by the number of
    comparisons so far, as in the R package mokken.
    """
    codes = read_matrix(matrix)
    covariance, maximum = _pair_matrices(codes)
    scores = _z_scores(codes)
    free = list(range(len(codes.names)))
    scale = np.zeros(len(codes.names), dtype=int)
    number = 0
    while len(free) > 1:
        chosen = _grow_scale(free, covariance, maximum, scores, limit, alpha)
        if not chosen:
            break
        number += 1
        scale[chosen] = number
        free = [item for item in free if item not in chosen]
    return pd.Series(scale, index=codes.names, name="scale")


def invariant_ordering(matrix: pd.DataFrame | ArrayLike) -> float:
    """H^T: how far interviews agree on which codes come first; 1 if the ordering is the same in all accounts.

    The scalability coefficient of the transposed matrix, for codes scored 0/1. Interviews that mention all codes or
    none say nothing about the ordering and are left out; NaN if fewer than two remain.

    Source: Sijtsma and Meijer 1992, 10.1177/014662169201600204.
    """
    codes = read_matrix(matrix, binary=True)
    turned = read_matrix(codes.scores.T, binary=True, minimum=False)
    if len(turned.names) < 2:
        return float("nan")
    covariance, maximum = _pair_matrices(turned)
    upper = np.triu_indices(len(turned.names), 1)
    return float(covariance[upper].sum() / maximum[upper].sum())


class _Draws:
    def __init__(self, H: NDArray, items: NDArray, means: NDArray) -> None:
        self.H, self.items, self.means = H, items, means


class _Pairs:
    """Covariances of all pairs of codes and their maxima given the margins, for many weightings of interviews.

    An ordered code with levels 0..m is the sum of m steps 1[score >= s]. The largest covariance two codes can have is
    reached when both are sorted, where a pair of steps is jointly passed by min(P_s, P_t).
    """

    def __init__(self, codes: CodeMatrix) -> None:
        steps, owner = _steps(codes.scores)
        first, second = np.triu_indices(len(owner), 1)
        between = owner[first] != owner[second]
        self.first, self.second = first[between], second[between]
        self.steps, self.owner = steps, owner
        self.joint = steps[:, self.first] * steps[:, self.second]
        count = len(codes.names)
        self.code_pairs = np.triu_indices(count, 1)
        number = np.zeros((count, count), dtype=int)
        number[self.code_pairs] = np.arange(len(self.code_pairs[0]))
        pair = number[owner[self.first], owner[self.second]]
        self._collect = None if len(pair) == len(self.code_pairs[0]) else np.eye(len(self.code_pairs[0]))[pair]
        self._touches = np.zeros((len(self.code_pairs[0]), count))
        self._touches[np.arange(len(self.code_pairs[0])), self.code_pairs[0]] = 1
        self._touches[np.arange(len(self.code_pairs[0])), self.code_pairs[1]] = 1

    def sums(self, weights: NDArray) -> tuple[NDArray, NDArray]:
        """Covariance and maximal covariance of each pair of codes, shape (weightings, pairs)."""
        total = weights.sum(axis=1, keepdims=True)
        passed = weights @ self.steps / total
        one, other = passed[:, self.first], passed[:, self.second]
        product = one * other
        covariance = weights @ self.joint / total - product
        maximum = np.minimum(one, other) - product
        if self._collect is None:  # one step per code
            return covariance, maximum
        return covariance @ self._collect, maximum @ self._collect

    def by_item(self, pair_values: NDArray) -> NDArray:
        """Sums over the pairs of each code."""
        return pair_values @ self._touches

    def bootstrap(self, weights: NDArray) -> _Draws:
        """H, item H and means for every weighting."""
        H, items, means = [], [], []
        gather = np.eye(len(self._touches[0]))[self.owner]
        for start in range(0, len(weights), CHUNK):
            part = weights[start : start + CHUNK]
            covariance, maximum = self.sums(part)
            with np.errstate(invalid="ignore", divide="ignore"):
                H.append(covariance.sum(axis=1) / maximum.sum(axis=1))
                items.append(self.by_item(covariance) / self.by_item(maximum))
            means.append(part @ self.steps @ gather / part.sum(axis=1, keepdims=True))
        return _Draws(np.concatenate(H), np.concatenate(items), np.concatenate(means))

    def table(self, names: list[str]) -> pd.DataFrame:
        covariance, maximum = self.sums(np.ones((1, len(self.steps))))
        one, other = self.code_pairs
        return pd.DataFrame(
            {
                "item": [names[k] for k in one],
                "other": [names[k] for k in other],
                "H": covariance[0] / maximum[0],
            }
        )


def bootstrap_scalability(codes: CodeMatrix, weights: NDArray) -> NDArray[np.float64]:
    """H of the whole set for every weighting of interviews; see :func:`continuum.model.matrix.resampled_weights`."""
    return _Pairs(codes).bootstrap(weights).H


def scalability(codes: CodeMatrix) -> tuple[float, float]:
    """H of the whole set, and the share of pairs with a negative covariance."""
    covariance, maximum = _Pairs(codes).sums(np.ones((1, codes.n)))
    return float(covariance.sum() / maximum.sum()), float((covariance < 0).mean())


def _steps(scores: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    columns, owner = [], []
    for item in range(scores.shape[1]):
        for threshold in np.unique(scores[:, item])[1:]:
            # Levels nobody has add nothing; a gap between levels counts for its width.
            width = threshold - scores[:, item][scores[:, item] < threshold].max()
            columns += [scores[:, item] >= threshold] * int(width)
            owner += [item] * int(width)
    return np.array(columns, dtype=float).T, np.array(owner)


def _standard_error(codes: CodeMatrix, pairs: _Pairs, item: int | None = None) -> float:
    """Delta-method standard error of H, or of one code's H, from each interview's influence on it."""
    steps, first, second = pairs.steps, pairs.first, pairs.second
    if item is not None:
        mine = (pairs.owner[first] == item) | (pairs.owner[second] == item)
        first, second = first[mine], second[mine]
    passed = steps.mean(axis=0)
    centered = steps - passed
    rarer = np.where(passed[first] <= passed[second], first, second)
    product = centered[:, first] * centered[:, second]
    covariance = product.mean(axis=0)
    # d(P_s P_t) for one interview; the maximum is min(P_s, P_t) - P_s P_t.
    margin = centered[:, first] * passed[second] + centered[:, second] * passed[first]
    maximum = np.minimum(passed[first], passed[second]) - passed[first] * passed[second]
    H = covariance.sum() / maximum.sum()
    on_numerator = (product - covariance).sum(axis=1)
    on_denominator = (centered[:, rarer] - margin).sum(axis=1)
    influence = (on_numerator - H * on_denominator) / maximum.sum()
    return float(np.sqrt((influence**2).sum()) / codes.n)


def _pair_matrices(codes: CodeMatrix) -> tuple[NDArray, NDArray]:
    """Covariances and their maxima as square matrices; the maximum comes from independently sorted columns."""
    centered = codes.scores - codes.scores.mean(axis=0)
    ordered = np.sort(centered, axis=0)
    return centered.T @ centered / codes.n, ordered.T @ ordered / codes.n


def _z_scores(codes: CodeMatrix) -> tuple[NDArray, NDArray]:
    """Covariance and its standard error under independence, for Mokken's significance tests."""
    covariance = np.cov(codes.scores.T)
    variance = np.diag(covariance)
    return covariance, np.outer(variance, variance) / (codes.n - 1)


def _grow_scale(
    free: list[int], covariance: NDArray, maximum: NDArray, scores: tuple[NDArray, NDArray], limit: float, alpha: float
) -> list[int]:
    from scipy.stats import norm

    size = len(free)
    tests = size * (size - 1) // 2
    values, variances = scores
    significant = norm.isf(alpha / tests)
    candidates = [
        (covariance[i, j] / maximum[i, j], i, j)
        for a, i in enumerate(free)
        for j in free[a + 1 :]
        if values[i, j] / np.sqrt(variances[i, j]) > significant
    ]
    best = max(candidates, default=(-1.0, 0, 0))
    if best[0] < limit:
        return []
    chosen = [best[1], best[2]]
    rejected: set[int] = set()
    while True:
        tests += size - len(chosen) - len(rejected)
        significant = norm.isf(alpha / tests)
        options = []
        for item in free:
            if item in chosen or item in rejected:
                continue
            if (covariance[item, chosen] < 0).any():
                rejected.add(item)
                continue
            own = covariance[item, chosen].sum() / maximum[item, chosen].sum()
            z = values[item, chosen].sum() / np.sqrt(variances[item, chosen].sum())
            if own >= limit and z > significant:
                members = [*chosen, item]
                upper = np.triu_indices(len(members), 1)
                grid = np.ix_(members, members)
                options.append((covariance[grid][upper].sum() / maximum[grid][upper].sum(), item))
        if not options:
            return chosen
        chosen.append(max(options)[1])


def _before(means: NDArray, names: list[str]) -> pd.DataFrame:
    count = means.shape[1]
    share = np.zeros((count, count))
    for item in range(count):
        share[item] = (means[:, [item]] > means).mean(axis=0)
    return pd.DataFrame(share, index=names, columns=names)
