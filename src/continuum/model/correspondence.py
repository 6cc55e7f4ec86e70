"""Correspondence analysis of a case-by-code matrix: the order of codes when accounts center on a part of a continuum.

Under an unfolding mechanism an account mentions what lies near its own place, not everything below it. The first axis
then recovers the order of the codes, up to reversal: which end comes first is not in the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import NoOrderSupported
from ..nullmodels import curveball_batches
from .matrix import CodeMatrix, Seed, interval, read_matrix, resampled_weights
from .partial_order import PartialOrder, partial_order

if TYPE_CHECKING:
    from .gate import Mechanism

#: From this share of axis 2 explained by the square of axis 1, the plane shows an arch.
ARCH = 0.5
CHUNK = 256


@dataclass(frozen=True)
class CorrespondenceOrder:
    """Order of codes on the first axis of a correspondence analysis.

    Attributes
    ----------
    items : DataFrame
        item, coordinate (standard coordinate on axis 1), rank (1 at one end), rank_low, rank_high.
    before : DataFrame
        Share of bootstrap samples in which the row's code has a lower coordinate than the column's, after aligning
        the direction of each sample with the data.
    inertia : DataFrame
        axis, singular_value, share of the total inertia.
    arch : float
        Share of the variance of axis 2 that a quadratic of axis 1 explains.
    dropped : list of str
        Codes without variation.
    n, replicates : int
    """

    items: pd.DataFrame
    before: pd.DataFrame
    inertia: pd.DataFrame
    arch: float
    dropped: list[str]
    n: int
    replicates: int

    #: The direction of the axis is a convention: the codes at either end could come first.
    reversible = True

    @property
    def warning(self) -> str:
        """A sentence if the second axis only bends the first; empty otherwise."""
        if self.arch < ARCH:
            return ""
        return "Axis 2 is an arch of axis 1: it is the same order seen again, not a second dimension."

    def order(self, support: float = 0.95) -> PartialOrder:
        """Pairs of codes whose order on the axis the interviews support."""
        return partial_order(self.before, support)


def correspondence_order(
    matrix: pd.DataFrame | ArrayLike,
    *,
    gate: Mechanism | None = None,
    replicates: int = 2000,
    seed: Seed = 0,
    clusters: ArrayLike | None = None,
) -> CorrespondenceOrder:
    """Order of codes on axis 1, with rank intervals over bootstrap samples of interviews.

    Parameters
    ----------
    matrix : DataFrame or array, shape (interviews, codes)
        Whole numbers from 0.
    gate : Mechanism, optional
        Verdict of :func:`continuum.model.response_mechanism` on the same matrix. If it is given and does not support
        unfolding, the order is refused.
    replicates : int
    seed : int or numpy Generator
    clusters : array of length n, optional
        Organizations, if several interviews come from one.

    Raises
    ------
    NoOrderSupported
        If the gate found another mechanism or none.
    TooFewInterviews, TooFewCases
        Fewer than 20 interviews, or fewer than 5 codes that vary.

    Source: Greenacre 2007; ter Braak 1985, 10.2307/2530959, for unfolding.
    """
    if gate is not None and gate.verdict != "unfolding":
        raise gate.refusal or NoOrderSupported(
            "These accounts follow a cumulative mechanism, under which the first axis is not the order of the codes.",
            "The order by mention answers this for cumulative accounts.",
        )
    codes = read_matrix(matrix)
    analysis = decompose(codes.scores)
    coordinates = analysis.columns[:, 0]
    draws = _bootstrap_axis(codes, resampled_weights(codes.n, replicates, seed, clusters), coordinates)
    ranks = draws.argsort(axis=1).argsort(axis=1) + 1.0
    low, high = interval(ranks)
    items = pd.DataFrame({"item": codes.names, "coordinate": coordinates})
    items["rank"] = items["coordinate"].rank().astype(int)
    items["rank_low"], items["rank_high"] = low, high
    before = np.stack([(draws[:, [k]] < draws).mean(axis=0) for k in range(len(codes.names))])
    shares = analysis.singular**2 / (analysis.singular**2).sum()
    return CorrespondenceOrder(
        items.sort_values("coordinate", ignore_index=True),
        pd.DataFrame(before, index=codes.names, columns=codes.names),
        pd.DataFrame(
            {"axis": np.arange(1, len(shares) + 1), "singular_value": analysis.singular, "share": shares}
        ),
        arch_share(analysis, codes.scores.sum(axis=0)),
        codes.constant,
        codes.n,
        replicates,
    )  # fmt: skip


@dataclass(frozen=True)
class Decomposition:
    """Singular values and standard coordinates of a correspondence analysis.

    Attributes
    ----------
    singular : array, shape (axes,)
    rows, columns : arrays, shape (rows or columns, axes)
        Standard coordinates; each axis points so that its largest column coordinate in size is positive.
    """

    singular: NDArray[np.float64]
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]


def decompose(table: ArrayLike) -> Decomposition:
    """Correspondence analysis of a table of counts; rows without any count get coordinates of 0."""
    counts = np.asarray(table, dtype=float)
    share = counts / counts.sum()
    r, c = share.sum(axis=1), share.sum(axis=0)
    scale = np.divide(1, np.sqrt(r), where=r > 0, out=np.zeros_like(r))
    residual = (share - np.outer(r, c)) * scale[:, None] / np.sqrt(c)
    left, singular, right = np.linalg.svd(residual, full_matrices=False)
    axes = min((r > 0).sum(), (c > 0).sum()) - 1
    rows, columns = left[:, :axes] * scale[:, None], right[:axes].T / np.sqrt(c)[:, None]
    sign = np.sign(columns[np.abs(columns).argmax(axis=0), np.arange(axes)])
    return Decomposition(singular[:axes], rows * sign, columns * sign)


def arch_share(analysis: Decomposition, mentions: NDArray) -> float:
    """Share of the variance of axis 2 that a quadratic of axis 1 explains; 0 with fewer than two axes."""
    columns = analysis.columns
    if columns.shape[1] < 2:
        return 0.0
    weights = np.sqrt(mentions / mentions.sum())
    design = np.column_stack([np.ones(len(columns)), columns[:, 0], columns[:, 0] ** 2]) * weights[:, None]
    target = columns[:, 1] * weights
    residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    return float(1 - (residual @ residual) / (target @ target))


def null_singular_values(codes: CodeMatrix, draws: int, seed: Seed) -> NDArray[np.float64]:
    """Largest singular values of random matrices with the same margins, shape (draws,)."""
    rng = np.random.default_rng(seed)
    total = codes.scores.sum()
    r, c = codes.scores.sum(axis=1) / total, codes.scores.sum(axis=0) / total
    row_scale = np.divide(1, np.sqrt(r), where=r > 0, out=np.zeros_like(r)) / total
    trivial = np.outer(np.sqrt(c), np.sqrt(c))
    values = []
    for batch in curveball_batches(codes.scores, draws, rng):
        scaled = batch * (row_scale[:, None] / np.sqrt(c))
        # The margins are fixed, so the trivial axis is the same for all draws and can be subtracted.
        values.append(np.linalg.eigvalsh(scaled.transpose(0, 2, 1) @ scaled - trivial)[:, -1])
    return np.sqrt(np.maximum(np.concatenate(values), 0))


def _bootstrap_axis(codes: CodeMatrix, weights: NDArray, reference: NDArray) -> NDArray[np.float64]:
    """Axis-1 standard coordinates for every weighting of interviews, pointing the way of ``reference``.

    Works on the weighted codes x codes cross-product, which is small however many interviews there are.
    """
    scores = codes.scores.astype(float)
    count = scores.shape[1]
    sums = scores.sum(axis=1)
    profile = np.divide(1, sums, where=sums > 0, out=np.zeros_like(sums))
    one, other = np.triu_indices(count)
    products = scores[:, one] * scores[:, other] * profile[:, None]
    coordinates = []
    for start in range(0, len(weights), CHUNK):
        part = weights[start : start + CHUNK]
        margin = part @ scores
        total = margin.sum(axis=1, keepdims=True)
        c = margin / total
        root = np.sqrt(np.maximum(c, 1e-300))
        cross = np.zeros((len(part), count, count))
        cross[:, one, other] = cross[:, other, one] = (part @ products) / total
        cross /= root[:, :, None] * root[:, None, :]
        cross -= root[:, :, None] * root[:, None, :]
        axis = np.linalg.eigh(cross)[1][:, :, -1] / root
        axis[c == 0] = np.nan  # a code that is absent from a sample has no place in it
        overlap = np.nansum(axis * reference * c, axis=1)
        coordinates.append(axis * np.where(overlap < 0, -1, 1)[:, None])
    return np.concatenate(coordinates)
