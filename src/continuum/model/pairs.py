"""Which of two codes is mentioned more readily, pair by pair: for all interviews and for each sector that can say.

The response-mechanism gate is asked in every sector anew. Where it finds no cumulative mechanism, the sector has a
reason in place of its pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import Refusal
from .gate import SCALE_LIMIT, response_mechanism
from .matrix import Seed, interval, read_matrix, resampled_weights
from .scaling import ITEM_LIMIT, mokken

ALL = "all sectors"
COLUMNS = ["sector", "interviews", "first", "second", "difference", "low", "high", "support", "supported", "reason"]


@dataclass(frozen=True)
class GateSettings:
    """How the gate is asked in each sector; see :func:`continuum.model.response_mechanism`."""

    order_limit: float = SCALE_LIMIT
    replicates: int = 2000
    draws: int = 499


def mention_pairs(
    matrix: pd.DataFrame,
    sectors: pd.Series | None = None,
    *,
    gate: GateSettings = GateSettings(),
    support: float = 0.95,
    least: int = 1,
    seed: Seed = 0,
    clusters: ArrayLike | None = None,
) -> pd.DataFrame:
    """Pairs of codes of a cumulative scale with the support of their order by mention.

    Parameters
    ----------
    matrix : DataFrame of 0 and 1, shape (interviews, codes)
    sectors : Series indexed by interview, optional
        Each sector is asked for itself as well.
    gate : GateSettings
    support : float
        Share of bootstrap samples a pair has to be ordered in.
    least : int
        Codes in fewer interviews than this are left out; from the sectors also if any sector has so few, since the
        difference from all interviews would give them away.
    seed : int or numpy Generator
    clusters : array of length n, optional
        Organizations, if several interviews come from one.

    Returns
    -------
    DataFrame
        sector, interviews, first (mentioned at least as often), second, difference (share of interviews that mention
        the first less the second), low, high (95% interval over interviews), support (share of bootstrap samples in
        which the first is mentioned more often), supported, reason (why a sector has no pairs; else empty).
    """
    rng = np.random.default_rng(seed)
    unit = None if clusters is None else pd.Series(np.asarray(clusters), index=matrix.index)
    often = matrix.columns[(matrix.sum() >= least).to_numpy()]
    tables = [_one(ALL, matrix, often, gate, support, rng, unit)]
    if sectors is not None:
        of = sectors.reindex(matrix.index)
        counts = matrix.groupby(of).sum()
        everywhere = often.intersection(counts.columns[((counts == 0) | (counts >= least)).all().to_numpy()])
        for name in sorted(of.dropna().unique()):
            own = matrix[(of == name).to_numpy()]
            if len(own) < least:
                tables.append(_refused(str(name), np.nan, "There are too few interviews to say how many."))
            else:
                tables.append(_one(str(name), own, everywhere, gate, support, rng, unit))
    return pd.concat(tables, ignore_index=True)


def _one(
    name: str, matrix: pd.DataFrame, codes: pd.Index, gate: GateSettings, support: float,
    rng: np.random.Generator, unit: pd.Series | None,
) -> pd.DataFrame:  # fmt: skip
    clusters = None if unit is None else unit.loc[matrix.index].to_numpy()
    try:
        found = response_mechanism(
            matrix, order_limit=gate.order_limit, replicates=gate.replicates, draws=gate.draws, seed=rng,
            clusters=clusters,
        )  # fmt: skip
        found.require("cumulative")
        scale = mokken(matrix, replicates=2, seed=rng)
    except Refusal as refusal:
        return _refused(name, len(matrix), refusal.reason)
    inside = scale.items.loc[scale.items["H"] >= ITEM_LIMIT, "item"]
    kept = read_matrix(matrix[[code for code in inside if code in codes]], binary=True, minimum=False)
    draws = resampled_weights(kept.n, gate.replicates, rng, clusters) @ kept.scores / kept.n
    table = _pairs(kept.names, kept.scores.mean(axis=0), draws)
    return table.assign(
        sector=name, interviews=len(matrix), supported=table["support"] > support, reason=""
    )[COLUMNS]  # fmt: skip


def _refused(name: str, interviews: float, reason: str) -> pd.DataFrame:
    return pd.DataFrame([{"sector": name, "interviews": interviews, "reason": reason}], columns=COLUMNS)


def _pairs(names: list[str], share: NDArray[np.float64], draws: NDArray[np.float64]) -> pd.DataFrame:
    order = np.argsort(-share, kind="stable")
    place, other = np.triu_indices(len(names), 1)
    first, second = order[place], order[other]
    differences = draws[:, first] - draws[:, second]
    low, high = interval(differences)
    return pd.DataFrame(
        {
            "first": [names[k] for k in first], "second": [names[k] for k in second],
            "difference": share[first] - share[second], "low": low, "high": high,
            "support": (differences > 0).mean(axis=0),
        }
    )  # fmt: skip
