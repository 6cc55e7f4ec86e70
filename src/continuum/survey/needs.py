"""Immediate needs against the ability to meet them: by need, sector and state, and where the gaps are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import NotCollected
from ..ingest.tables import SurveyData
from .answers import NO_ANSWER, Item, groups_of, item_codes, items_of
from .design import Design
from .items import PERCENT_BASE, SHOWN_BASE, level_counts
from .paired import fewest_together, paired_difference, pairs_by_text
from .ranks import top_matrix

#: Names for the three states of the ability to meet a need, least first.
ABILITY = ("not met", "partly", "met")


def ability_table(
    survey: SurveyData, by: str | Sequence[str] | None = None, design: Design | None = None
) -> pd.DataFrame:
    """Share of respondents whose organization meets each need, meets it partly, or does not.

    Parameters
    ----------
    survey : SurveyData
        With scale items of the block ``capacity``: the lowest level is "not met", the highest "met", all between
        "partly".
    by : str or sequence of str, optional
        Such as ``["sector", "state"]``.
    design : Design, optional

    Returns
    -------
    DataFrame
        One row per need, group and ability: ``item_id``, ``item``, grouping columns, ``group``, ``ability``, ``n``,
        ``count``, ``share``, ``shown``. Shares on fewer than 30 answers are missing; groups under 10 respondents say
        ``suppressed``: their counts are there for :func:`continuum.disclosure.protect`, which hides them.
    """
    groups = groups_of(survey, by)
    weights = None if design is None or design.empty else design.on(survey.answers).weights
    parts = []
    for item in _block(survey, "capacity"):
        counts = _three(level_counts(survey, item, groups))
        base = counts.sum(axis=0)
        weighted = (
            counts if weights is None else _three(_weighted_counts(survey, item, groups.codes, len(groups), weights))
        )
        for position, ability in enumerate(ABILITY):
            part = groups.names.copy()
            part.insert(0, "item_id", item.item_id)
            part.insert(1, "item", item.text)
            part["group"] = groups.labels()
            part["ability"], part["n"] = ability, base
            part["count"] = pd.array(counts[position], dtype="Int64")
            with np.errstate(invalid="ignore", divide="ignore"):
                part["share"] = weighted[position] / weighted.sum(axis=0)
            part["shown"] = np.select([base < SHOWN_BASE, base < PERCENT_BASE], ["suppressed", "counts"], "percent")
            part.loc[base < PERCENT_BASE, "share"] = np.nan
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def need_gaps(survey: SurveyData, by: str | Sequence[str] | None = None, *, level: float = 0.95) -> pd.DataFrame:
    """How much more often a need is met with than it can be met, by need and group, largest gap first.

    Parameters
    ----------
    survey : SurveyData
        With items of the blocks ``need`` (how often people come with it) and ``capacity``, matched by their text.
    by : str or sequence of str, optional
    level : float

    Returns
    -------
    DataFrame
        ``item``, grouping columns, ``n_need``, ``n_capacity``, ``need`` (share in the top levels), ``in_house`` (share
        in the highest level of capacity), ``with_referral`` (share above the lowest), ``gap`` = need - in_house with
        ``low`` and ``high``, ``gap_with_referral`` with ``referral_low`` and ``referral_high``, and ``rank`` of the
        gap within its group. Groups under 10 respondents are suppressed, under 30 have no shares. Whether an interval
        may be shown follows from ``fewest_house`` and ``fewest_referral``, see
        :func:`continuum.survey.paired.fewest_together`.

    Raises
    ------
    NotCollected
        If the survey does not ask both about the same needs.
    """
    pairs = pairs_by_text(_block(survey, "need"), _block(survey, "capacity"))
    if not pairs:
        raise NotCollected(
            "No need is asked about both as met with and as one the organization can meet.",
            "give the items of the blocks need and capacity the same labels in study.yaml",
        )
    groups = groups_of(survey, by)
    rows = []
    for need, capacity in pairs:
        (met_with, asked), ability = top_matrix(survey, [need]), item_codes(survey, capacity)
        for position in range(len(groups)):
            member = groups.codes == position
            row: dict[str, object] = {"item": need.text, "_group": position} | {
                c: str(groups.names[c].iloc[position]) for c in groups.names.columns
            }
            known, able = asked[member, 0], ability[member]
            rows.append(row | _gap(met_with[member, 0], known, able, len(capacity.levels), level))
    table = pd.DataFrame(rows)
    table["rank"] = table.groupby("_group")["gap"].rank(ascending=False, method="min").astype("Int64")
    ordered = table.sort_values(["_group", "rank"], kind="stable").reset_index(drop=True)
    return ordered.drop(columns="_group")


def _gap(need: np.ndarray, known: np.ndarray, able: np.ndarray, levels: int, level: float) -> dict[str, object]:
    answered = able != NO_ANSWER
    house = paired_difference(need, known, able == levels - 1, answered, level)
    referral = paired_difference(need, known, able > 0, answered, level)
    row: dict[str, object] = {
        "n_need": house["n_first"], "n_capacity": house["n_second"],
        "fewest_house": fewest_together(need, known, able == levels - 1, answered),
        "fewest_referral": fewest_together(need, known, able > 0, answered),
    }  # fmt: skip
    found = {
        "need": house["first"], "in_house": house["second"], "with_referral": referral["second"],
        "gap": house["difference"], "low": house["low"], "high": house["high"],
        "gap_with_referral": referral["difference"], "referral_low": referral["low"], "referral_high": referral["high"],
    }  # fmt: skip
    enough = min(house["n_first"], house["n_second"]) >= PERCENT_BASE
    return row | (found if enough else dict.fromkeys(found, np.nan))


def _three(counts: np.ndarray) -> np.ndarray:
    """Lowest, in between and highest level, (3, groups)."""
    return np.array([counts[0], counts[1:-1].sum(axis=0), counts[-1]])


def _weighted_counts(survey: SurveyData, item: Item, groups: np.ndarray, size: int, weights: np.ndarray) -> np.ndarray:
    codes = item_codes(survey, item)
    inside = (codes != NO_ANSWER) & (groups >= 0)
    cells = codes[inside].astype(np.intp) * size + groups[inside]
    return np.bincount(cells, weights=weights[inside], minlength=len(item.levels) * size).reshape(-1, size)


def _block(survey: SurveyData, block: str) -> list[Item]:
    table = survey.items
    names = list(table.loc[(table["block"] == block) & (table["kind"] == "scale"), "item_id"])
    if not names:
        raise NotCollected(
            f"This survey has no scale items of the block {block}.", f"set block: {block} on an item set in study.yaml"
        )
    return items_of(survey, names)
