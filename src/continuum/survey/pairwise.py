"""Which two groups differ, after a test over all groups: Dunn for scales, Games-Howell for numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..ingest.tables import SurveyData
from . import effects
from .answers import groups_of, item_numbers, item_of
from .group_testing import GROUP_MINIMUM
from .rank_tests import count_table, dunn, mann_whitney


def pairwise_tests(
    survey: SurveyData,
    item_id: str,
    by: str,
    *,
    correction: str = "holm",
    rng: np.random.Generator | None = None,
    replicates: int = effects.REPLICATES,
) -> pd.DataFrame:
    """Compare every two groups on one scale or number.

    Parameters
    ----------
    survey : SurveyData
    item_id, by : str
    correction : {"holm", "bh", "none"}
        Of Dunn's p-values over pairs; Games-Howell adjusts by itself.
    rng : Generator, optional
    replicates : int

    Returns
    -------
    DataFrame
        One row per pair: ``first``, ``second``, ``n_first``, ``n_second``, ``test``, ``statistic``, ``p``,
        ``p_adjusted``, ``effect_name``, ``effect`` with bootstrap ``effect_low`` and ``effect_high``; for scales also
        ``superiority`` (A) and ``p_mann_whitney``, for numbers ``difference``. Groups with fewer than 5 answers are
        left out.
    """
    item = item_of(survey, item_id)
    if item.kind not in {"scale", "number"}:
        raise BadInput(f"{item_id!r} is a {item.kind} item; pairs are compared on scales and numbers")
    rng = rng or np.random.default_rng(0)
    values = item_numbers(survey, item)
    groups, labels = groups_of(survey, by), groups_of(survey, by).labels()
    known = ~np.isnan(values) & (groups.codes >= 0)
    sizes = np.bincount(groups.codes[known], minlength=len(labels))
    kept = np.flatnonzero(sizes >= GROUP_MINIMUM)
    if len(kept) < 2:
        raise BadInput(f"fewer than two values of {by} have {GROUP_MINIMUM} answers to {item_id!r}")
    inside = known & np.isin(groups.codes, kept)
    codes = np.searchsorted(kept, groups.codes[inside])
    names = [labels[g] for g in kept]
    if item.kind == "scale":
        return _scale_pairs(count_table(values[inside], codes), names, correction, rng, replicates)
    return _number_pairs(values[inside], codes, names, rng, replicates)


def _scale_pairs(
    table: np.ndarray, names: list[str], correction: str, rng: np.random.Generator, replicates: int
) -> pd.DataFrame:
    pairs = dunn(table, names, correction)
    position = {name: i for i, name in enumerate(names)}
    rows = []
    for pair in pairs.to_dict("records"):
        first, second = position[pair["first"]], position[pair["second"]]
        part = table[:, [first, second]]
        low, high = effects.table_interval(part, effects.cliff_delta, rng, replicates=replicates)
        rows.append({
            "first": pair["first"], "second": pair["second"], "n_first": int(part[:, 0].sum()),
            "n_second": int(part[:, 1].sum()), "test": "Dunn", "statistic": pair["z"], "p": pair["p"],
            "p_adjusted": pair["p_adjusted"], "effect_name": "Cliff's delta", "effect": pair["cliff_delta"],
            "effect_low": low, "effect_high": high, "superiority": pair["superiority"],
            "p_mann_whitney": mann_whitney(part)[1],
        })  # fmt: skip
    return pd.DataFrame(rows)


def _number_pairs(
    values: np.ndarray, codes: np.ndarray, names: list[str], rng: np.random.Generator, replicates: int
) -> pd.DataFrame:
    import pingouin

    frame = pd.DataFrame({"value": values, "group": codes})
    found = pingouin.pairwise_gameshowell(frame, dv="value", between="group")
    rows = []
    for pair in found.to_dict("records"):
        parts = [values[codes == pair[side]] for side in ("A", "B")]
        low, high = _hedges_interval(parts, rng, replicates)
        rows.append({
            "first": names[pair["A"]], "second": names[pair["B"]], "n_first": len(parts[0]), "n_second": len(parts[1]),
            "test": "Games-Howell", "statistic": pair["T"], "p": np.nan, "p_adjusted": pair["pval"],
            "effect_name": "Hedges' g", "effect": _hedges(parts), "effect_low": low, "effect_high": high,
            "difference": pair["diff"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def _hedges(parts: list[np.ndarray]) -> float:
    n, mean, variance = (np.array([f(p) for p in parts]) for f in (len, np.mean, lambda p: p.var(ddof=1)))
    return float(effects.hedges_g(n, mean, variance))


def _hedges_interval(parts: list[np.ndarray], rng: np.random.Generator, replicates: int) -> tuple[float, float]:
    drawn = [part[rng.integers(0, len(part), (replicates, len(part)))] for part in parts]
    n = np.tile([len(part) for part in parts], (replicates, 1))
    mean = np.column_stack([d.mean(axis=1) for d in drawn])
    variance = np.column_stack([d.var(axis=1, ddof=1) for d in drawn])
    return effects.bias_corrected(effects.hedges_g(n, mean, variance), _hedges(parts))
