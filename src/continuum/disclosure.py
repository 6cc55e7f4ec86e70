"""What may be shown to whom: small cells and their complements are hidden before anything is shown or stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from .study import DisclosureSpec

#: Stands in place of a hidden cell, the mark official statistics use for confidential values.
SUPPRESSED = "[c]"


@dataclass(frozen=True)
class Rule:
    """A study's disclosure rule.

    Attributes
    ----------
    threshold : int
        Counts from 1 to ``threshold - 1`` are hidden; zero is shown.
    rounding : int
        Published counts are rounded to a multiple of this.
    dominance : float or None
        Largest share of a cell that one contributor may have.
    """

    threshold: int = 5
    rounding: int = 1
    dominance: float | None = None

    @classmethod
    def of(cls, spec: DisclosureSpec) -> Rule:
        """The rule that ``study.yaml`` sets."""
        return cls(spec.threshold, spec.rounding, spec.dominance)

    def small(self, counts: pd.Series) -> pd.Series:
        """Which counts must not be shown."""
        numbers = pd.to_numeric(counts, errors="coerce")
        return (numbers > 0) & (numbers < self.threshold)


def protect(
    table: pd.DataFrame,
    rule: Rule,
    *,
    counts: Sequence[str] | None = None,
    derived: Mapping[str, Sequence[str]] | None = None,
    within: Sequence[str] = (),
) -> pd.DataFrame:
    """Hide small counts, what is derived from them, and a second cell where a published margin would reveal the first.

    Parameters
    ----------
    table : DataFrame
        One row per cell (tidy), or one column per group (wide).
    rule : Rule
    counts : sequence of str, optional
        Columns that count people, interviews or organizations; all integer columns if not given.
    derived : mapping of count column to columns, optional
        Columns hidden together with a count, such as its percentage and interval.
    within : sequence of str
        Columns whose values define the sets of rows that add up to a published total; in a set with exactly one
        hidden row the smallest other row is hidden too.

    Returns
    -------
    DataFrame
        A copy in which hidden cells hold :data:`SUPPRESSED`.
    """
    if counts is None:
        counts = [c for c in table.columns if pd.api.types.is_integer_dtype(table[c])]
    protected = table.copy()
    for column in counts:
        hidden = rule.small(table[column])
        if within:
            hidden = _with_complements(table, column, hidden, list(within))
        affected = [column, *(derived or {}).get(column, ())]
        if rule.rounding > 1:
            protected[column] = (table[column] / rule.rounding).round() * rule.rounding
        for name in affected:
            protected[name] = protected[name].astype("object").mask(hidden, SUPPRESSED)
    return protected


def shown(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of a protected table whose ``columns`` are not hidden, as numbers: what a chart may draw."""
    numbers = table.copy()
    for column in columns:
        numbers[column] = pd.to_numeric(numbers[column], errors="coerce")
    return numbers.dropna(subset=list(columns)).reset_index(drop=True)


def _with_complements(table: pd.DataFrame, column: str, hidden: pd.Series, within: list[str]) -> pd.Series:
    hidden = hidden.copy()
    for _, rows in table.groupby(within, sort=False, dropna=False).groups.items():
        if hidden.loc[rows].sum() == 1:
            others = table.loc[rows, column][~hidden.loc[rows]]
            others = others[others > 0]
            if len(others):
                hidden.loc[others.idxmin()] = True
    return hidden
