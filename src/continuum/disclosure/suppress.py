"""Hide small counts, what is derived from them, and the cells from which they could be computed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import BadInput
from ..study import DisclosureSpec
from .audit import additive_sets, hide_complements

#: Stands in place of a hidden cell, the mark official statistics use for confidential values.
SUPPRESSED = "[c]"

#: Row or column names that mean "sum of the others".
TOTAL_NAMES = frozenset({"all", "total", "totals", "overall", "sum", "everyone"})


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

    def __post_init__(self) -> None:
        if self.threshold < 1 or self.rounding < 1 or (self.dominance is not None and not 0 < self.dominance <= 1):
            raise BadInput(
                f"not a disclosure rule: {self}",
                fix="threshold and rounding are whole numbers from 1, dominance a share from 0 to 1",
            )

    @classmethod
    def of(cls, spec: DisclosureSpec) -> Rule:
        """The rule that ``study.yaml`` sets."""
        return cls(spec.threshold, spec.rounding, spec.dominance)

    def small(self, counts: pd.Series) -> pd.Series:
        """Which counts must not be shown."""
        numbers = pd.to_numeric(counts, errors="coerce")
        return (numbers > 0) & (numbers < self.threshold)

    def dominated(self, largest: pd.Series, counts: pd.Series) -> pd.Series:
        """Which cells one contributor dominates; none if the rule has no dominance limit."""
        if self.dominance is None:
            return pd.Series(False, index=counts.index)
        return (counts > 0) & (largest / counts.where(counts > 0) > self.dominance)

    def rounded(self, counts: pd.Series) -> pd.Series:
        """Counts to the rule's multiple."""
        return counts if self.rounding == 1 else (counts / self.rounding).round() * self.rounding


def protect(
    table: pd.DataFrame,
    rule: Rule,
    *,
    counts: Sequence[str] | None = None,
    derived: Mapping[str, Sequence[str]] | None = None,
    within: Sequence[str] = (),
    by: str | None = None,
    size: str | None = None,
    largest: Mapping[str, str] | None = None,
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
    within : sequence of str
        Tidy tables: columns that define the sets of rows whose sum a reader knows (it stands in this table as a
        total row, or elsewhere). Without it the table is taken as wide.
    by : str, optional
        Tidy tables: the column whose value is a total name in total rows; found if not given.
    size : str, optional
        Tidy tables: column with the base of each count (interviews in the sector). Where a share of a published base
        is shown, the difference is a count too: it is held to the same threshold.
    largest : mapping of count column to column, optional
        Column with the largest single contribution, for the dominance rule.

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
    _check(table, [*names, *within, *([size] if size else [])])
    wide = not within and len(names) > 1 and counts is None
    if wide:
        hidden = _wide_hidden(table, names, rule)
    else:
        hidden = {n: _tidy_hidden(table, n, rule, list(within), by, size, (largest or {}).get(n)) for n in names}
    protected = table.copy()
    cells = 0
    for name in names:
        cells += int(hidden[name].sum())
        protected[name] = rule.rounded(table[name]).astype("object").mask(hidden[name], SUPPRESSED)
        for other in (derived or {}).get(name, ()):
            protected[other] = protected[other].astype("object").mask(hidden[name], SUPPRESSED)
    protected.attrs["suppressed"] = cells
    return protected


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


def _is_total(value: Any) -> bool:
    return str(value).strip().lower() in TOTAL_NAMES


def _tidy_hidden(
    table: pd.DataFrame,
    name: str,
    rule: Rule,
    within: list[str],
    by: str | None,
    size: str | None,
    largest: str | None,
) -> pd.Series:
    """Which rows of one count column to hide."""
    values = pd.to_numeric(table[name], errors="coerce").fillna(0)
    primary = rule.small(values)
    if size is not None:
        primary |= rule.small(pd.to_numeric(table[size]) - values)
    if largest is not None:
        primary |= rule.dominated(table[largest], values)
    if not within:
        return primary
    hidden = primary.copy()
    for _, rows in table.groupby(within, sort=False, dropna=False, observed=True):
        inner = rows.index[~(rows[by].map(_is_total) if by else _any_total(rows, [name, *within]))]
        if len(inner) < 2 or not primary.loc[inner].any():
            continue
        cells = values.loc[inner].to_numpy(float)
        upper = None if size is None else pd.to_numeric(table.loc[inner, size]).to_numpy(float)
        sets = additive_sets((1, len(inner)), rows_add=True, columns_add=False)
        hidden.loc[inner] = hide_complements(cells, primary.loc[inner].to_numpy(bool), sets, rule.threshold, upper)
    return hidden


def _any_total(rows: pd.DataFrame, skip: Sequence[str]) -> pd.Series:
    text = [c for c in rows.columns if c not in skip and not pd.api.types.is_numeric_dtype(rows[c])]
    found = pd.Series(False, index=rows.index)
    for column in text:
        found |= rows[column].map(_is_total)
    return found


def _wide_hidden(table: pd.DataFrame, names: list[str], rule: Rule) -> dict[str, pd.Series]:
    """Which cells of a cross-table to hide; a total that is itself small is hidden with its row or column."""
    total_row = _any_total(table, names) | pd.Series([_is_total(i) for i in table.index], index=table.index)
    inner_columns = [n for n in names if not _is_total(n)]
    grid = table.loc[~total_row, inner_columns].to_numpy(float)
    small = (grid > 0) & (grid < rule.threshold)
    # Row totals are taken as known even where this table does not show them: an overall table usually does.
    sets = additive_sets((grid.shape[0], grid.shape[1]), rows_add=True, columns_add=bool(total_row.any()))
    hidden_grid = hide_complements(grid.ravel(), small.ravel(), sets, rule.threshold).reshape(grid.shape)
    hidden = {n: rule.small(table[n]) for n in names}
    for position, column in enumerate(inner_columns):
        hidden[column].loc[~total_row] = hidden_grid[:, position]
    return hidden
