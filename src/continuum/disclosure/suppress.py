"""Hide small counts, what is derived from them, and the cells from which they could be computed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import BadInput
from ..study import DisclosureSpec
from .linked import Layout, tidy_hidden, wide_hidden

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
        Share of a cell from which its largest contributors dominate it, the k of the (n, k) rule.
    dominant : int
        How many contributors are taken together, the n of the (n, k) rule.
    p_ratio : float or None
        What all but the two largest contributors must add up to, as a share of the largest: below it, the second could
        estimate the first too closely (the p-percent rule).
    """

    threshold: int = 5
    rounding: int = 1
    dominance: float | None = None
    dominant: int = 1
    p_ratio: float | None = None

    def __post_init__(self) -> None:
        shares = [share for share in (self.dominance, self.p_ratio) if share is not None]
        if min(self.threshold, self.rounding, self.dominant) < 1 or not all(0 < share <= 1 for share in shares):
            raise BadInput(
                f"not a disclosure rule: {self}",
                fix="threshold, rounding and dominant are whole numbers from 1, dominance and p_ratio shares up to 1",
            )

    @classmethod
    def of(cls, spec: DisclosureSpec) -> Rule:
        """The rule that ``study.yaml`` sets."""
        return cls(spec.threshold, spec.rounding, spec.dominance, spec.dominant, spec.p_ratio)

    def small(self, counts: pd.Series) -> pd.Series:
        """Which counts must not be shown."""
        numbers = pd.to_numeric(counts, errors="coerce")
        return (numbers > 0) & (numbers < self.threshold)

    def dominated(self, largest: pd.Series, counts: pd.Series) -> pd.Series:
        """Which cells one contributor dominates; none if the rule has no dominance limit."""
        if self.dominance is None:
            return pd.Series(False, index=counts.index)
        return (counts > 0) & (largest / counts.where(counts > 0) >= self.dominance)

    def dominates(self, contributions: pd.Series) -> bool:
        """Whether the largest contributors make most of a cell: the (n, k) rule."""
        if self.dominance is None or not contributions.sum() > 0:
            return False
        return bool(contributions.nlargest(self.dominant).sum() / contributions.sum() >= self.dominance)

    def estimable(self, contributions: pd.Series) -> bool:
        """Whether the second largest contributor can estimate the largest closely: the p-percent rule."""
        if self.p_ratio is None or not contributions.max() > 0:
            return False
        rest = contributions.sum() - contributions.nlargest(2).sum()
        return bool(rest / contributions.max() < self.p_ratio)

    def rounded(self, counts: pd.Series) -> pd.Series:
        """Counts to the rule's multiple."""
        return counts if self.rounding == 1 else (counts / self.rounding).round() * self.rounding


def protect(
    table: pd.DataFrame,
    rule: Rule,
    *,
    counts: Sequence[str] | None = None,
    derived: Mapping[str, Sequence[str]] | None = None,
    within: Sequence[str] | Sequence[Sequence[str]] = (),
    by: str | None = None,
    size: str | None = None,
    base: str | None = None,
    total: str | None = None,
    also: Mapping[str, Any] | None = None,
    union: str | None = None,
    behind: str | None = None,
    largest: Mapping[str, str] | None = None,
    everyone: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hide small counts, what is derived from them, and further cells until no total reveals a hidden one.

    Parameters
    ----------
    table : DataFrame
        Tidy (one row per cell, one column of counts) or wide (a cross-table, one integer column per group). Rows or
        columns named "total", "overall", "all" ... are totals of the others.
    rule : Rule
    counts : sequence of str, optional
        Columns that count people, interviews or organizations; all integer columns if not given.
    derived : mapping of count column to columns, optional
        Columns hidden together with a count, such as its percentage and interval.
    within : sequence of str, or several of them
        Tidy tables: columns that define the sets of rows whose sum a reader knows (it stands in this table as a
        total row, or elsewhere: in another table, on another page). Several sequences are several ways of adding up,
        solved together; those that name a column the table does not have are left out. Without it the table is taken
        as wide.
    by : str, optional
        Tidy tables: the column whose value is a total name in total rows; found if not given.
    size : str, optional
        Tidy tables: column with the base of each count (interviews in the sector). Where a share of a published base
        is shown, the difference is a count too: it is held to the same threshold, and adds up as the counts do.
    base : str, optional
        Tidy tables: column with the base of each count where the difference may be shown, such as interviews that do
        not mention a code. A reader knows that no count is larger; a base that is itself small is hidden with all
        counts of its group, and so is the group that would give it away.
    total : str, optional
        Tidy tables: column with the sum over each set of the first of ``within``. It stands beside the counts, so it
        is hidden where it is small or gives something away.
    also : mapping of column to value, optional
        Rows with this value are hidden whatever they count, and taken into account as the others are.
    union : str, optional
        Tidy tables with columns ``kind`` and ``id``: column that names what each row is a part of, such as the area
        of a code. The row of that kind and id counts everyone who is in any of its parts.
    behind : str, optional
        Column with the smallest count above zero among those that can be worked out from a row, such as the four fields
        behind an odds ratio: where it is small, the row is hidden. The column itself is left out.
    largest : mapping of count column to column, optional
        Column with the largest single contribution, for the dominance rule.
    everyone : DataFrame, optional
        Tidy tables by group: the same counts (and bases) without the groups, unprotected, where they are published
        elsewhere. Whoever is in none of the groups, because they state none, is then a part that a reader can work
        out: it is held to the rule like the others, but has no row. Total rows of the table itself do the same.

    Returns
    -------
    DataFrame
        A copy in which hidden cells hold :data:`SUPPRESSED`; ``attrs["suppressed"]`` is their number.

    Raises
    ------
    BadInput
        If a named column is missing or a count is negative.
    """
    names = list(counts) if counts is not None else _count_columns(table)
    layout = Layout.of(table, within, by=by, size=size, base=base, total=total, union=union, everyone=everyone)
    _check(table, [*names, *layout.columns(), *(also or {}), *([behind] if behind else [])])
    if behind is not None:
        table, also = table.drop(columns=behind).assign(_few=rule.small(table[behind])), {**(also or {}), "_few": True}
    if not within and len(names) > 1 and counts is None:
        hidden = wide_hidden(table, names, rule.small, rule.threshold)
        bases = pd.Series(False, index=table.index)
    else:
        found = {
            n: tidy_hidden(table, n, _primary(table, n, rule, size, (largest or {}).get(n), also), rule.small,
                           rule.threshold, layout)
            for n in names
        }  # fmt: skip
        hidden = {n: rows for n, (rows, _) in found.items()}
        bases = found[names[0]][1] if names else pd.Series(False, index=table.index)
    protected = table.copy()
    for name in names:
        protected[name] = _marked(rule.rounded(table[name]), hidden[name])
        for other in (derived or {}).get(name, ()):
            protected[other] = _marked(protected[other], hidden[name])
    for column in (c for c in (base, total) if c):
        protected[column] = _marked(protected[column], bases)
    if behind is not None:
        protected = protected.drop(columns="_few")
    protected.attrs["suppressed"] = sum(int(rows.sum()) for rows in hidden.values())
    return protected


def _marked(column: pd.Series, hidden: pd.Series) -> pd.Series:
    """A column of any values with the mark in place of the hidden ones."""
    values = column.astype("object")
    return values.mask(hidden, SUPPRESSED) if hidden.any() else values


def shown(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of a protected table whose ``columns`` are not hidden, as numbers: what a chart may draw."""
    numbers = table.copy()
    for column in columns:
        numbers[column] = pd.to_numeric(numbers[column], errors="coerce")
    return numbers.dropna(subset=list(columns)).reset_index(drop=True)


def _count_columns(table: pd.DataFrame) -> list[str]:
    return [c for c in table.columns if pd.api.types.is_integer_dtype(table[c])]


def _check(table: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [n for n in names if n not in table.columns]
    if missing:
        raise BadInput(f"no column {missing[0]!r} to protect", fix=f"columns are: {', '.join(map(str, table.columns))}")
    for name in names:
        if pd.api.types.is_numeric_dtype(table[name]) and (table[name] < 0).any():
            raise BadInput(f"negative counts in {name!r}", fix="protect tables of counts, not of differences")


def _primary(
    table: pd.DataFrame,
    name: str,
    rule: Rule,
    size: str | None,
    largest: str | None,
    also: Mapping[str, Any] | None,
) -> pd.Series:
    """Rows hidden for their own sake: few people, few others, one who dominates, or a reason of the table's own."""
    values = pd.to_numeric(table[name], errors="coerce").fillna(0)
    hidden = rule.small(values)
    if size is not None:
        hidden |= rule.small(pd.to_numeric(table[size]) - values)
    if largest is not None:
        hidden |= rule.dominated(table[largest], values)
    for column, value in (also or {}).items():
        hidden |= table[column] == value
    return hidden
