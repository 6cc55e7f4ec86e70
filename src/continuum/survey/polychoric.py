"""Correlations of the tendencies behind ordered answers: polychorics in two steps, with their sampling variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from ..errors import NonConvergence

#: Correlations are kept inside this bound while iterating.
_BOUND = 0.999


@dataclass(frozen=True)
class Moments:
    """What ordered answers say about the normal tendencies behind them.

    Attributes
    ----------
    thresholds : tuple of ndarray
        Per item, where its levels part the tendency, in standard deviations.
    correlation : ndarray, shape (k, k)
        Polychoric correlations.
    covariance : ndarray, shape (m, m)
        Sampling covariance of all thresholds, then the correlations below the diagonal, row by row.
    n : int
        Respondents with at least two answers.
    n_pairwise : int
        Smallest number of respondents who answered any two items.
    """

    thresholds: tuple[np.ndarray, ...]
    correlation: np.ndarray
    covariance: np.ndarray
    n: int
    n_pairwise: int

    @property
    def vector(self) -> np.ndarray:
        """Thresholds and correlations in the order of ``covariance``, shape (m,)."""
        return np.concatenate([*self.thresholds, self.correlation[np.tril_indices(len(self.correlation), -1)]])


def polychoric(codes: np.ndarray, levels: Sequence[int] | None = None) -> Moments:
    """Thresholds and polychoric correlations of ordered answers, pair by pair.

    Parameters
    ----------
    codes : ndarray of int, shape (n, k)
        0 .. levels - 1, negative where there is no answer.
    levels : sequence of int, optional
        Levels of each item; otherwise its largest code plus one. Every level must occur.

    Returns
    -------
    Moments

    Raises
    ------
    NonConvergence
        If a level of an item does not occur, or a correlation has no maximum inside (-1, 1).

    Notes
    -----
    First the thresholds from each item's own shares, then each correlation by maximum likelihood with the thresholds
    held (Olsson 1979, 10.1007/BF02296207). The covariance is that of the estimating equations (Muthen 1984,
    10.1007/BF02294210); a respondent counts in every pair of items they answered, which is right where what is missing
    is missing completely at random.
    """
    kept = codes[(codes >= 0).sum(axis=1) >= 2]
    sizes = list(levels) if levels is not None else [int(column.max()) + 1 for column in codes.T]
    firsts = np.concatenate([[0], np.cumsum([size - 1 for size in sizes])])
    influence = np.zeros((len(kept), firsts[-1] + len(sizes) * (len(sizes) - 1) // 2))
    thresholds = []
    for j, size in enumerate(sizes):
        cuts, own = _thresholds(kept[:, j], size)
        thresholds.append(cuts)
        influence[:, firsts[j] : firsts[j + 1]] = own
    correlation = np.eye(len(sizes))
    smallest = len(kept)
    pairs = [(row, column) for row in range(len(sizes)) for column in range(row)]
    for position, (i, j) in enumerate(pairs):
        rows = np.flatnonzero((kept[:, i] >= 0) & (kept[:, j] >= 0))
        smallest = min(smallest, len(rows))
        a, b = kept[rows, i], kept[rows, j]
        table = np.bincount(a * sizes[j] + b, minlength=sizes[i] * sizes[j]).reshape(sizes[i], sizes[j])
        corners = _Corners(_edges(thresholds[i])[:, None], _edges(thresholds[j])[None])
        rho = _correlation(table, corners)
        correlation[i, j] = correlation[j, i] = rho
        score, by_first, by_second = _scores(rho, corners, thresholds[i], thresholds[j])
        # Who answered one of the two items moves its thresholds, and so the correlation.
        own = -influence[:, firsts[i] : firsts[i + 1]] @ np.einsum("ab,abk,ab->k", table, by_first, score)
        own -= influence[:, firsts[j] : firsts[j + 1]] @ np.einsum("ab,abk,ab->k", table, by_second, score)
        own[rows] += score[a, b]
        influence[:, firsts[-1] + position] = own / (table * score**2).sum()
    return Moments(tuple(thresholds), correlation, influence.T @ influence, len(kept), smallest)


def normal_rectangle(h: np.ndarray, k: np.ndarray, rho: float) -> np.ndarray:
    """Probability that two standard normals with correlation ``rho`` are below ``h`` and ``k``, elementwise.

    Source: Owen 1956 (10.1214/aoms/1177728074).
    """
    # At zero the formula divides by it; a distance this small changes nothing that a double can hold.
    return _Corners(np.asarray(h, dtype=float), np.asarray(k, dtype=float)).below(rho)


class _Corners:
    """Pairs of values of two standard normals: all of what follows from them that does not depend on a correlation."""

    def __init__(self, h: np.ndarray, k: np.ndarray) -> None:
        self.infinite = np.isinf(h) | np.isinf(k)
        h, k = np.broadcast_arrays(np.where(h == 0, 1e-300, h), np.where(k == 0, 1e-300, k))
        self.never = np.isneginf(h) | np.isneginf(k)
        self.h, self.k = np.clip(h, -40, 40), np.clip(k, -40, 40)
        with np.errstate(over="ignore"):
            self.k_by_h, self.h_by_k = self.k / self.h, self.h / self.k
        self.apart = np.where((self.h > 0) != (self.k > 0), 0.5, 0.0)
        self.half = (special.ndtr(self.h) + special.ndtr(self.k)) / 2
        self.squares, self.product = self.h**2 + self.k**2, 2 * self.h * self.k

    def below(self, rho: float) -> np.ndarray:
        """Probability that both normals are below."""
        root = np.sqrt(1 - rho**2)
        with np.errstate(over="ignore"):
            first = special.owens_t(self.h, (self.k_by_h - rho) / root)
            second = special.owens_t(self.k, (self.h_by_k - rho) / root)
        return np.where(self.never, 0.0, self.half - first - second - self.apart)

    def density(self, rho: float) -> np.ndarray:
        """Density of both normals, which is how fast that probability grows with the correlation."""
        rest = 1 - rho**2
        density = np.exp(-(self.squares - rho * self.product) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
        return np.where(self.infinite, 0.0, density)


def _thresholds(answers: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds of one item, and each respondent's influence on them (n, levels - 1)."""
    known = answers >= 0
    counts = np.bincount(answers[known], minlength=levels)
    if (counts == 0).any():
        raise NonConvergence(
            f"nobody chose level {int(np.argmin(counts)) + 1} of an item", fix="join levels or leave the item out"
        )
    share = counts.cumsum()[:-1] / counts.sum()
    cuts = special.ndtri(share)
    own = (answers[:, None] <= np.arange(levels - 1)) - share
    own /= stats.norm.pdf(cuts) * counts.sum()
    return cuts, np.where(known[:, None], own, 0.0)


def _edges(cuts: np.ndarray) -> np.ndarray:
    return np.concatenate([[-np.inf], cuts, [np.inf]])


def _cells(rho: float, corners: _Corners) -> tuple[np.ndarray, np.ndarray]:
    """Probability of every cell, and its derivative in the correlation."""
    return np.maximum(_between(corners.below(rho)), 1e-300), _between(corners.density(rho))


def _between(below: np.ndarray) -> np.ndarray:
    """Of a function of two thresholds, what lies between neighbors."""
    rows = below[1:] - below[:-1]
    return rows[:, 1:] - rows[:, :-1]


def _correlation(table: np.ndarray, corners: _Corners) -> float:
    """Maximum-likelihood correlation by Fisher scoring on its Fisher z, the thresholds held."""
    z, total = 0.0, table.sum()
    best = -np.inf
    step = 0.0
    for _ in range(100):
        rho = float(np.tanh(z + step))
        cells, slope = _cells(rho, corners)
        loglik = float(special.xlogy(table, cells).sum())
        if loglik < best - 1e-9 * abs(best) and abs(step) > 1e-9:
            step /= 2
            continue
        z, best = z + step, loglik
        turn = 1 - rho**2
        information = total * np.divide(slope**2, cells, where=cells > 1e-14, out=np.zeros_like(cells)).sum() * turn**2
        step = float(np.clip((table * slope / cells).sum() * turn / max(information, 1e-12), -1, 1))
        if abs(np.tanh(z + step)) > _BOUND:
            break
        if abs(step) < 1e-11:
            return rho
    raise NonConvergence("two items have a correlation of one", fix="leave out one of two items that say the same")


def _scores(
    rho: float, corners: _Corners, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of every cell: in the correlation (a, b), in the thresholds of each item (a, b, cuts)."""
    cells, slope = _cells(rho, corners)
    return (
        slope / cells,
        _threshold_scores(rho, first, second) / cells[..., None],
        _threshold_scores(rho, second, first).transpose(1, 0, 2) / cells[..., None],
    )


def _threshold_scores(rho: float, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Derivative of every cell's probability in the thresholds of its first item, shape (a, b, cuts)."""
    between = special.ndtr((_edges(other)[None] - rho * own[:, None]) / np.sqrt(1 - rho**2))
    mass = stats.norm.pdf(own)[:, None] * np.diff(between, axis=1)
    slopes = np.zeros((len(own) + 1, len(other) + 1, len(own)))
    for k in range(len(own)):
        slopes[k, :, k], slopes[k + 1, :, k] = mass[k], -mass[k]
    return slopes
