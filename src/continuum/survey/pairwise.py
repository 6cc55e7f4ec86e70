"""Which two groups differ, after a test over all groups: Dunn for scales, Games-Howell for numbers, else chi-square."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..ingest.tables import SurveyData
from . import effects
from .answers import groups_of, item_numbers, item_of
from .group_testing import GROUP_MINIMUM, nominal_test, number_effect
from .items import level_counts
from .multiplicity import adjust
from .rank_tests import dunn, mann_whitney


def pairwise_tests(
    survey: SurveyData,
    item_id: str,
    by: str,
    *,
    correction: str = "holm",
    rng: np.random.Generator | None = None,
    replicates: int = effects.REPLICATES,
) -> pd.DataFrame:
    """Compare every two groups on one scale, number or choice.

    Parameters
    ----------
    survey : SurveyData
    item_id, by : str
    correction : {"holm", "bh", "none"}
        Of the p-values over pairs; Games-Howell adjusts by itself.
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
    if item.kind == "open":
        raise BadInput(f"{item_id!r} is an open question; pairs of groups are compared on its codes")
    rng = rng or np.random.default_rng(0)
    groups = groups_of(survey, by)
    labels = groups.labels()
    if item.kind != "number":
        table = level_counts(survey, item, groups)
        kept = np.flatnonzero(table.sum(axis=0) >= GROUP_MINIMUM)
        _refuse_single(kept, by, item_id)
        pairs = _scale_pairs if item.kind == "scale" else _choice_pairs
        return pairs(table[:, kept], [labels[g] for g in kept], correction, rng, replicates)
    values = item_numbers(survey, item)
    known = ~np.isnan(values) & (groups.codes >= 0)
    sizes = np.bincount(groups.codes[known], minlength=len(labels))
    kept = np.flatnonzero(sizes >= GROUP_MINIMUM)
    _refuse_single(kept, by, item_id)
    inside = known & np.isin(groups.codes, kept)
    codes = np.searchsorted(kept, groups.codes[inside])
    return _number_pairs(values[inside], codes, [labels[g] for g in kept], rng, replicates)


def _refuse_single(kept: np.ndarray, by: str, item_id: str) -> None:
    if len(kept) < 2:
        raise BadInput(f"fewer than two values of {by} have {GROUP_MINIMUM} answers to {item_id!r}")


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


def _choice_pairs(
    table: np.ndarray, names: list[str], correction: str, rng: np.random.Generator, replicates: int
) -> pd.DataFrame:
    rows = []
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            part = table[:, [first, second]]
            row = {
                "first": names[first], "second": names[second], "n_first": int(part[:, 0].sum()),
                "n_second": int(part[:, 1].sum()),
            }  # fmt: skip
            if (part.sum(axis=1) > 0).sum() < 2:
                rows.append(row | {"test": "none", "effect_name": "Cramer's V"})
                continue
            found = nominal_test(part, rng, replicates)
            rows.append(row | {
                "test": found.test, "statistic": found.statistic, "p": found.p, "effect_name": found.effect_name,
                "effect": found.effect, "effect_low": found.effect_low, "effect_high": found.effect_high,
            })  # fmt: skip
    pairs = pd.DataFrame(rows).reindex(columns=["first", "second", "n_first", "n_second", "test", "statistic", "p",
                                                "effect_name", "effect", "effect_low", "effect_high"])  # fmt: skip
    pairs.insert(7, "p_adjusted", adjust(pairs["p"].to_numpy(dtype=float), correction))
    return pairs


def _number_pairs(
    values: np.ndarray, codes: np.ndarray, names: list[str], rng: np.random.Generator, replicates: int
) -> pd.DataFrame:
    import pingouin

    frame = pd.DataFrame({"value": values, "group": codes})
    found = pingouin.pairwise_gameshowell(frame, dv="value", between="group")
    rows = []
    for pair in found.to_dict("records"):
        inside = (codes == pair["A"]) | (codes == pair["B"])
        second = (codes[inside] == pair["B"]).astype(np.intp)
        name, effect, low, high = number_effect(values[inside], second, 2, rng, replicates)
        rows.append({
            "first": names[pair["A"]], "second": names[pair["B"]], "n_first": int((second == 0).sum()),
            "n_second": int(second.sum()), "test": "Games-Howell", "statistic": pair["T"], "p": np.nan,
            "p_adjusted": pair["pval"], "effect_name": name, "effect": effect, "effect_low": low,
            "effect_high": high, "difference": pair["diff"],
        })  # fmt: skip
    return pd.DataFrame(rows)
