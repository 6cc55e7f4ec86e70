"""The families of tests that ``study.yaml`` declares, tested one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from ..errors import NotCollected, Refusal
from ..ingest.tables import SurveyData
from .design import Design
from .group_testing import PERMUTATIONS, group_tests
from .pairwise import pairwise_tests


class NoPairToCompare(Refusal):
    """Pairs of groups are asked for where no test over all groups found a difference."""


class Family(Protocol):
    """What a declared family says: items, grouping column, correction."""

    @property
    def items(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def by(self) -> str: ...  # noqa: D102
    @property
    def correction(self) -> Literal["holm", "bh", "maxt", "none"]: ...  # noqa: D102


def family_tests(
    survey: SurveyData,
    families: Mapping[str, Family],
    design: Design | None = None,
    *,
    rng: Callable[[str], np.random.Generator],
    replicates: int = 2000,
    permutations: int = PERMUTATIONS,
) -> pd.DataFrame:
    """All declared families, corrected each within itself; see :func:`continuum.survey.group_tests`.

    Parameters
    ----------
    survey : SurveyData
    families : mapping of name to family
        From ``study.yaml``, declared before the run.
    design : Design, optional
    rng : callable
        Random numbers for a task name, such as ``study.rng``; each family has its own.
    replicates, permutations : int

    Raises
    ------
    NotCollected
        If no family is declared: tests chosen after seeing the answers are not offered.
    """
    if not families:
        raise NotCollected(
            "No family of tests is declared, and tests are not chosen after seeing the answers.",
            "declare one under survey: families: in study.yaml: its items, by, and correction",
        )
    tables = []
    for name, family in families.items():
        weighted = design if family.correction != "maxt" else None
        tables.append(
            group_tests(
                survey,
                family.items,
                family.by,
                weighted,
                family.correction,
                family=name.replace("_", " "),
                rng=rng(f"survey.family.{name}"),
                replicates=replicates,
                permutations=permutations,
            )
        )
    return pd.concat(tables, ignore_index=True)


def characteristic_tests(
    survey: SurveyData,
    characteristics: Sequence[str],
    by: str,
    design: Design | None = None,
    *,
    rng: np.random.Generator,
    replicates: int = 2000,
    permutations: int = PERMUTATIONS,
) -> pd.DataFrame:
    """How groups differ in who answered: the characteristics of Table 1 as one family, with Holm's correction.

    Raises
    ------
    NotCollected
        If there is no characteristic beside the grouping.
    """
    items = [name for name in characteristics if name != by]
    if not items:
        raise NotCollected(
            "No characteristics of respondents are declared.", "list them under survey: characteristics: in study.yaml"
        )
    return group_tests(
        survey, items, by, design, "holm", family=f"characteristics by {by}", rng=rng, replicates=replicates,
        permutations=permutations,
    )  # fmt: skip


def family_pairs(
    survey: SurveyData,
    tests: pd.DataFrame,
    design: Design | None = None,
    *,
    rng: np.random.Generator,
    replicates: int = 2000,
) -> pd.DataFrame:
    """Which two groups differ, for every item whose test over three groups or more found a difference.

    Parameters
    ----------
    survey : SurveyData
    tests : DataFrame
        From :func:`family_tests`; an item enters if its adjusted p is below .05.
    design : Design, optional
    rng : Generator
    replicates : int

    Returns
    -------
    DataFrame
        As :func:`continuum.survey.pairwise_tests`, with ``family`` and ``item`` in front.

    Raises
    ------
    NoPairToCompare
        If no such test found a difference, or the survey is weighted: tests of pairs would leave the weights out.
    """
    if design is not None and not design.empty:
        raise NoPairToCompare(
            "The tests over all groups use the design; tests of pairs would leave it out.",
            "compare the groups' weighted shares and their intervals",
        )
    found = tests[(tests["p_adjusted"] < 0.05) & (tests["groups"] > 2)]
    parts = []
    for row in found.to_dict("records"):
        pairs = pairwise_tests(survey, row["item_id"], row["by"], rng=rng, replicates=replicates)
        pairs.insert(0, "family", row["family"])
        pairs.insert(1, "item", row["item"])
        parts.append(pairs)
    if not parts:
        raise NoPairToCompare(
            "No test over three groups or more has an adjusted p below .05, so no pairs of groups are compared.",
            "nothing: pairs are compared only where the groups differ at all",
        )
    return pd.concat(parts, ignore_index=True)


def family_summary(tests: pd.DataFrame) -> pd.DataFrame:
    """One row per family: size, correction, adjusted p below .05, largest effect, what could be detected.

    Returns
    -------
    DataFrame
        ``family``, ``by``, ``correction``, ``family_size``, ``below_05``, ``largest_effect``, ``detectable`` (h).
    """
    grouped = tests.groupby("family", sort=False)
    return pd.DataFrame({
        "by": grouped["by"].first(),
        "correction": grouped["correction"].first(),
        "family_size": grouped["family_size"].first(),
        "below_05": grouped["p_adjusted"].apply(lambda p: int((p < 0.05).sum())),
        "largest_effect": grouped["effect"].apply(lambda e: e.abs().max()),
        "detectable": grouped["detectable"].max(),
    }).reset_index()  # fmt: skip
