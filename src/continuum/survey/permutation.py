"""Permutation of respondents: simulated p-values and the max-T correction of a family of tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from ..errors import BadInput
from ..ingest.tables import SurveyData
from .answers import NO_ANSWER, Item, item_codes
from .effects import chi_square
from .multiplicity import step_down_maxt
from .rank_tests import kruskal_wallis

#: Permutations tabulated at once.
_BATCH = 500
#: Permuting more answers than this, times permutations, takes minutes: the caller is told to choose Holm.
_LARGEST = 2e10


def permuted_tables(table: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Tables with the margins of ``table``, as permuting the respondents' groups gives them: (draws, rows, columns)."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    return stats.random_table(rows, columns).rvs(size=draws, random_state=rng).astype(float)


def max_t(
    survey: SurveyData,
    items: Sequence[Item],
    labels: Sequence[np.ndarray],
    rng: np.random.Generator,
    permutations: int,
) -> np.ndarray:
    """Step-down max-T p-values of a family: all answers of one respondent move together.

    Parameters
    ----------
    survey : SurveyData
    items : sequence of Item
        Scales are compared by Kruskal-Wallis' H, choices by chi-square.
    labels : sequence of ndarray (n,)
        Group of each respondent per item, -1 where the respondent's group is not part of that item's comparison.
    rng : Generator
    permutations : int

    Notes
    -----
    Statistics with different degrees of freedom are compared by their chi-square tail, so no item dominates because
    it has more levels.
    Source: Westfall and Young 1993.
    """
    n = len(survey.answers)
    if n * len(items) * permutations > _LARGEST:
        raise BadInput(
            f"max-T over {len(items)} items would permute {n:,} respondents {permutations:,} times",
            fix="use correction: holm or bh for a survey of this size, or fewer permutations",
        )
    grouped = np.flatnonzero(np.any([own >= 0 for own in labels], axis=0))
    counted = [
        _Permutable(item, item_codes(survey, item)[grouped], own[grouped])
        for item, own in zip(items, labels, strict=True)
    ]
    observed = np.array([one.extremity(one.tables([np.arange(len(grouped))]))[0] for one in counted])
    draws = np.empty((permutations, len(items)))
    for start in range(0, permutations, _BATCH):
        orders = [rng.permutation(len(grouped)) for _ in range(min(_BATCH, permutations - start))]
        for j, one in enumerate(counted):
            draws[start : start + len(orders), j] = one.extremity(one.tables(orders))
    return step_down_maxt(observed, draws)


class _Permutable:
    """One item's answers, ready to be tabulated with the respondents' groups permuted."""

    def __init__(self, item: Item, codes: np.ndarray, labels: np.ndarray) -> None:
        if item.kind not in {"scale", "single", "multiple"}:
            raise BadInput(f"max-T takes choices and scales, and {item.item_id!r} is a {item.kind} item")
        self.ordered = item.kind == "scale"
        self.levels = 2 if item.kind == "multiple" else len(item.levels)
        self.size = int(labels.max(initial=-1)) + 1
        # Group 0 of a table collects respondents outside the comparison and is cut off; so does the last level.
        self.labels = labels.astype(np.int64) + 1
        self.rows = np.where(codes == NO_ANSWER, self.levels, codes).astype(np.int64) * (self.size + 1)

    def tables(self, orders: list[np.ndarray]) -> np.ndarray:
        """Counts under each order of the groups, shape (len(orders), levels, groups)."""
        shape = (self.levels + 1, self.size + 1)
        counts = [np.bincount(self.rows + self.labels[order], minlength=shape[0] * shape[1]) for order in orders]
        return np.array(counts, dtype=float).reshape(-1, *shape)[:, : self.levels, 1:]

    def extremity(self, tables: np.ndarray) -> np.ndarray:
        """-log p of each table's statistic; NaN where it cannot be tested."""
        levels = int((tables[0].sum(axis=1) > 0).sum())
        if self.size < 2 or levels < 2:
            return np.full(len(tables), np.nan)
        if self.ordered:
            return -stats.chi2.logsf(kruskal_wallis(tables), self.size - 1)
        return -stats.chi2.logsf(chi_square(tables), (levels - 1) * (self.size - 1))
