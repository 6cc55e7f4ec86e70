"""What comes before what, only as far as the data support it: a partial order, never a ruler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import AnalysisFailed


@dataclass(frozen=True)
class PartialOrder:
    """Pairs of codes whose order is supported.

    Attributes
    ----------
    pairs : DataFrame
        first, second, support: every pair with support above the limit.
    edges : DataFrame
        The pairs that do not follow from others: the lines of a Hasse diagram.
    layers : DataFrame
        code, layer: 0 for codes that nothing comes before; a code is one layer below the lowest of those before it.
    limit : float
        Support a pair needs.
    """

    pairs: pd.DataFrame
    edges: pd.DataFrame
    layers: pd.DataFrame
    limit: float

    @property
    def share_ordered(self) -> float:
        """Share of all pairs whose order is supported."""
        count = len(self.layers)
        return len(self.pairs) / (count * (count - 1) / 2) if count > 1 else float("nan")

    def text(self) -> str:
        """The diagram in words, for people who do not see it."""
        if self.pairs.empty:
            return f"No pair of the {len(self.layers)} codes has a supported order."
        codes = self.layers.groupby("layer", sort=True)["code"].agg(", ".join)
        rows = [f"layer {number}: {names}" for number, names in enumerate(codes, 1)]
        return (
            f"{len(self.pairs)} of {len(self.layers) * (len(self.layers) - 1) // 2} pairs have a supported order "
            f"(support above {self.limit:g}). From first to last, {'; '.join(rows)}."
        )


def partial_order(before: pd.DataFrame, limit: float = 0.95) -> PartialOrder:
    """Keep the pairs that come out in the same order in more than ``limit`` of the resamples.

    Parameters
    ----------
    before : DataFrame, square, same names on both axes
        Share of resamples in which the row comes before the column; NaN where the order is not identified.
    limit : float
        Above one half.

    Raises
    ------
    AnalysisFailed
        If the supported pairs contradict each other in a circle.
    """
    names = [str(name) for name in before.columns]
    support = before.to_numpy(dtype=float)
    related = np.nan_to_num(support, nan=0.0) > limit
    layer = _layers(related)
    # A pair follows from others if some path of two or more steps leads from one to the other.
    implied = (related @ _closure(related)) > 0
    return PartialOrder(
        _table(related, support, names),
        _table(related & ~implied, support, names),
        pd.DataFrame({"code": names, "layer": layer}).sort_values(["layer", "code"], ignore_index=True),
        limit,
    )


def _table(related: NDArray[np.bool_], support: NDArray, names: list[str]) -> pd.DataFrame:
    rows = [(names[i], names[j], support[i, j]) for i, j in np.argwhere(related)]
    return pd.DataFrame(rows, columns=["first", "second", "support"])


def _closure(related: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reach = related.copy()
    for middle in range(len(reach)):
        reach |= np.outer(reach[:, middle], reach[middle])
    return reach


def _layers(related: NDArray[np.bool_]) -> NDArray[np.int64]:
    layer = np.zeros(len(related), dtype=int)
    for _ in range(len(related)):
        below = np.array([layer[related[:, j]].max(initial=-1) + 1 for j in range(len(related))], dtype=int)
        if (below == layer).all():
            return layer
        layer = below
    if len(related) == 0:
        return layer
    raise AnalysisFailed("the supported pairs contradict each other in a circle", fix="raise the support a pair needs")
