"""Which cells of a table to hide: its small counts, and those that would give them away through any known total."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .audit import Bools, Floats, hide_complements

#: Row or column names that mean "sum of the others".
TOTAL_NAMES = frozenset({"all", "total", "totals", "overall", "sum", "everyone"})
#: Stands in a column that a row is the sum over.
_SUM = "sum over this column"

Small = Callable[[pd.Series], pd.Series]


def is_total(value: Any) -> bool:
    """Whether a row or column of this name is the sum of the others."""
    return str(value).strip().lower() in TOTAL_NAMES


@dataclass(frozen=True)
class Layout:
    """How the counts of a tidy table hang together; its fields are parameters of :func:`.suppress.protect`."""

    ways: list[list[str]]
    by: str | None = None
    size: str | None = None
    base: str | None = None
    total: str | None = None
    union: str | None = None

    @classmethod
    def of(cls, table: pd.DataFrame, within: Sequence[str] | Sequence[Sequence[str]], **columns: str | None) -> Layout:
        """The layout of one table; a way that names a column it does not have is left out."""
        if not within:  # a total row says that the others add up to it
            return cls([[]] if any_total(table, ()).any() else [], **columns)
        if isinstance(within[0], str):
            return cls([[str(c) for c in within]], **columns)
        return cls([list(way) for way in within if set(way) <= set(table.columns)], **columns)

    def columns(self) -> list[str]:
        """Every column that it names."""
        named = (self.by, self.size, self.base, self.total, *(("kind", "id", self.union) if self.union else ()))
        return [*dict.fromkeys(c for way in self.ways for c in way), *(c for c in named if c)]

    def parts(self, table: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """Rows that totals can tie together, those that are totals themselves left out."""
        if not self.ways:
            return
        common = [c for c in self.ways[0] if all(c in way for way in self.ways)]
        yield from self._split(table, common)

    def unions(self, table: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """Rows of each union and of its parts, in every group; column ``is_part`` tells them apart."""
        if self.union is None:
            return
        alone = table["kind"].astype(str) + ":" + table["id"].astype(str)
        whole = self.union + ":" + table[self.union].astype(str)
        is_part = table[self.union].notna() & whole.isin(set(alone))
        tied = table.assign(is_part=is_part, tied=whole.where(is_part, alone))
        yield from (rows for rows in self._split(tied, ["tied"]) if rows["is_part"].any())

    def _split(self, table: pd.DataFrame, common: list[str]) -> Iterator[pd.DataFrame]:
        groups = [rows for _, rows in table.groupby(common, sort=False, dropna=False, observed=True)] if common else []
        for rows in groups if common else [table]:
            skip = {c for way in self.ways for c in way}
            inner = rows[~(rows[self.by].map(is_total) if self.by else any_total(rows, skip))]
            if self.by:  # tables that list the same groups in another order hide the same cells
                inner = inner.sort_values(self.by, key=lambda groups: groups.astype(str), kind="stable")
            if len(inner) > 1:
                yield inner


def tidy_hidden(
    table: pd.DataFrame, name: str, primary: pd.Series, small: Small, threshold: int, layout: Layout
) -> tuple[pd.Series, pd.Series]:
    """Rows of a tidy table whose count to hide, and rows whose base or total to hide.

    Parameters
    ----------
    table : DataFrame
    name : str
        Column of counts.
    primary : Series of bool
        Rows hidden for their own sake.
    small : callable
        Which counts are too small to be shown.
    threshold : int
    layout : Layout
    """
    values = pd.to_numeric(table[name], errors="coerce")
    values = values.mask(values.isna() & primary, 1).fillna(0)  # withheld already: any number, so as if it were small
    hidden, bases = primary.copy(), pd.Series(False, index=table.index)
    for rows in layout.parts(table):
        cells, outside = values.loc[rows.index].to_numpy(float), primary.loc[rows.index].to_numpy(bool, copy=True)
        if layout.total is not None:
            both = _with_totals(rows, cells, outside, small, layout)
            sets = _known_sums(*both[:2], layout, threshold)
            found = hide_complements(both[1], both[2], sets, threshold)
            hidden.loc[rows.index] = found[: len(rows)]
            bases.loc[rows.index] = found[len(rows) :][both[3]]
            continue
        if layout.base is not None:
            bases.loc[rows.index] = gone = _small_groups(rows, layout, small, threshold)
            outside |= gone
        if outside.any():
            sets, upper = _known_sums(rows, cells, layout, threshold), _upper(rows, bases, layout)
            hidden.loc[rows.index] = hide_complements(cells, outside, sets, threshold, upper)
    for rows in layout.unions(table):  # the parts are decided on: they stand in tables that know nothing of unions
        cells, outside = values.loc[rows.index].to_numpy(float), hidden.loc[rows.index].to_numpy(bool)
        sets, upper = _known_sums(rows, cells, layout, threshold), _upper(rows, bases, layout)
        hidden.loc[rows.index] = hide_complements(
            cells, outside, sets, threshold, upper, _orders(rows, str(layout.by)), ~rows["is_part"].to_numpy(bool)
        )
    return hidden, bases


def _small_groups(rows: pd.DataFrame, layout: Layout, small: Small, threshold: int) -> Bools:
    """Rows of groups that are themselves too small to be counted, or would give the size of such a group away."""
    gone = np.zeros(len(rows), dtype=bool)
    for places in _places(rows, layout.ways[0]):
        sizes = pd.to_numeric(rows[layout.base].iloc[places])
        if (few := small(sizes).to_numpy(bool)).any():
            gone[places] = hide_complements(sizes.to_numpy(float), few, [np.ones(len(sizes))], threshold)
    return gone


def _upper(rows: pd.DataFrame, bases: pd.Series, layout: Layout) -> Floats | None:
    """The largest count that a reader thinks possible: the base, or what all hidden bases add up to."""
    known = layout.size or layout.base
    if known is None:
        return None
    upper = pd.to_numeric(rows[known]).to_numpy(float, copy=True)
    gone = bases.loc[rows.index].to_numpy(bool)
    if gone.any():
        first = rows.groupby(layout.ways[0], sort=False, dropna=False, observed=True).ngroup().to_numpy() == 0
        upper[gone] = upper[gone & first].sum()
    return upper


def _orders(rows: pd.DataFrame, by: str) -> list[Floats]:
    """Who is in a union is in one of its parts, and who is in a part is in the union: sums that are not negative."""
    whole = ~rows["is_part"].to_numpy(bool)
    orders = []
    for places in _places(rows, [by]):
        parts, wholes = places[~whole[places]], places[whole[places]]
        for one in wholes if len(parts) else ():
            covered = np.zeros(len(rows))
            covered[parts], covered[one] = 1.0, -1.0
            orders.append(covered)
            for part in parts:
                larger = np.zeros(len(rows))
                larger[one], larger[part] = 1.0, -1.0
                orders.append(larger)
    return orders


def _with_totals(
    rows: pd.DataFrame, cells: Floats, outside: Bools, small: Small, layout: Layout
) -> tuple[pd.DataFrame, Floats, Bools, np.ndarray]:
    """Rows followed by one for each total of the first way; counts; hidden; place of each row's total."""
    way = layout.ways[0]
    place = rows.groupby(way, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    totals = rows.drop_duplicates(way).astype("object")
    spread = rows.groupby(way, sort=False, dropna=False, observed=True).nunique(dropna=False).max()
    over = [c for other in layout.ways[1:] for c in other if c not in way and spread.get(c, 1) > 1]
    totals[over or [rows.columns[0]]] = _SUM
    sums = pd.to_numeric(totals[layout.total])
    both = pd.concat([rows.astype("object"), totals], ignore_index=True)
    both["is_sum"] = [False] * len(rows) + [True] * len(totals)
    return both, np.append(cells, sums.to_numpy(float)), np.append(outside, small(sums).to_numpy(bool)), place


def _known_sums(rows: pd.DataFrame, cells: Floats, layout: Layout, threshold: int) -> list[Floats]:
    """The totals that a reader knows; of several ways, those that are not themselves too small to be shown."""
    sets = []
    for number, way in enumerate(layout.ways):
        places = _places(rows, way)
        for place in places:
            member = np.zeros(len(rows))
            member[place] = 1.0
            if number == 0 and "is_sum" in rows:
                member[rows["is_sum"].to_numpy(bool) & (member > 0)] = -1.0
            if (member != 0).sum() > 1 and (len(layout.ways) == 1 or not 0 < member @ cells < threshold):
                sets.append(member)
    return sets


def _places(rows: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """Positions of the rows that agree in these columns, for each of their values."""
    if not columns:
        return [np.arange(len(rows))]
    return [np.asarray(p) for p in rows.groupby(columns, sort=False, dropna=False, observed=True).indices.values()]


def any_total(rows: pd.DataFrame, skip: Collection[str]) -> pd.Series:
    """Rows that are totals, by a name in any column of text."""
    text = [c for c in rows.columns if c not in skip and not pd.api.types.is_numeric_dtype(rows[c])]
    found = pd.Series(False, index=rows.index)
    for column in text:
        found |= rows[column].map(is_total)
    return found


def wide_hidden(table: pd.DataFrame, names: list[str], small: Small, threshold: int) -> dict[str, pd.Series]:
    """Which cells of a cross-table to hide, totals among them.

    Row totals are taken as known even where this table does not show them: an overall table usually does.
    """
    total_row = any_total(table, names).to_numpy(bool) | np.array([is_total(i) for i in table.index])
    total_column = np.array([is_total(n) for n in names])
    grid = table[names].to_numpy(float)
    # A total that stands in this table is a cell of it, so it can be hidden as well.
    across = np.where(total_column, -1.0 / max(total_column.sum(), 1), 1.0)
    down = np.where(total_row, -1.0 / max(total_row.sum(), 1), 1.0)
    sets = [np.outer(row, across).ravel() for row in np.eye(len(table))]
    if total_row.any():
        sets += [np.outer(down, column).ravel() for column in np.eye(len(names))]
    outside = table[names].apply(small).to_numpy(bool)
    found = hide_complements(grid.ravel(), outside.ravel(), sets, threshold).reshape(grid.shape)
    return {n: pd.Series(found[:, c], index=table.index) for c, n in enumerate(names)}
