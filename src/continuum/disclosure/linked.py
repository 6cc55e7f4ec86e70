"""Which cells of a table to hide: its small counts, and those that would give them away through any known total."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .audit import Bools, Floats, hide_complements

#: Row or column names that mean "sum of the others".
TOTAL_NAMES = frozenset({"all", "total", "totals", "overall", "sum", "everyone"})
#: Stands in a column that a row is the sum over.
_SUM = "sum over this column"
#: Stands in the columns that tell groups apart, for whoever is in none of them.
_REST = "in no group that is shown"

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
    everyone: pd.DataFrame | None = None

    @classmethod
    def of(cls, table: pd.DataFrame, within: Sequence[str] | Sequence[Sequence[str]], **more: Any) -> Layout:
        """The layout of one table; a way that names a column it does not have is left out."""
        if not within:  # a total row says that the others add up to it
            return cls([[]] if any_total(table, ()).any() else [], **more)
        if isinstance(within[0], str):
            return cls([[str(c) for c in within]], **more)
        return cls([list(way) for way in within if set(way) <= set(table.columns)], **more)

    def columns(self) -> list[str]:
        """Every column that it names."""
        named = (self.by, self.size, self.base, self.total, *(("kind", "id", self.union) if self.union else ()))
        return [*dict.fromkeys(c for way in self.ways for c in way), *(c for c in named if c)]

    def numbers(self, name: str) -> list[str]:
        """The column of counts ``name``, and those of the numbers that it is held against."""
        return [c for c in dict.fromkeys([name, self.size, self.base, self.total]) if c is not None]

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

    def rest(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        """Whoever is among everyone and in no group: a row for each set, with what its total has beyond its parts.

        Everyone is what the caller handed over, or the table's own total rows.
        """
        total = self._totals(table)
        totals = table[total] if self.everyone is None else self.everyone
        way = next((way for way in self.ways if set(way) <= set(totals.columns)), None)
        numbers = [c for c in self.numbers(name) if c in totals.columns]
        if way is None or totals.empty or name not in numbers:
            return table.iloc[:0]
        everyone, parts = (
            pd.concat([rows[way], rows[numbers].apply(pd.to_numeric, errors="coerce")], axis=1).groupby(
                [*way] or (lambda _: 0), sort=False, dropna=False, observed=True
            )[numbers]
            for rows in (totals, table[~total])
        )
        left = everyone.first().sub(parts.sum()).dropna()
        left = left[(left >= 0).all(axis=1) & (left > 0).any(axis=1)].reset_index()
        words = _words(table, way)
        left = left.reindex(columns=table.columns).astype({c: "object" for c in words})
        left[words] = _REST
        return left

    def _totals(self, table: pd.DataFrame) -> pd.Series:
        """Which rows are totals."""
        return table[self.by].map(is_total) if self.by else any_total(table, {c for way in self.ways for c in way})

    def _split(self, table: pd.DataFrame, common: list[str]) -> Iterator[pd.DataFrame]:
        groups = [rows for _, rows in table.groupby(common, sort=False, dropna=False, observed=True)] if common else []
        for rows in groups if common else [table]:
            inner = rows[~self._totals(rows)]
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
    withheld = values.isna() & primary
    rows_of_all, rest = _with_rest(table.assign(**{name: values}), name, withheld, layout)
    # withheld already: any number, so as if it were small; among those in no group it is counted already
    values = values.mask(withheld, 0 if rest.any() else 1).fillna(0)
    values = pd.Series(np.append(values, rows_of_all.loc[rest, name]).astype(float))
    hidden = pd.Series(np.append(primary, rest[rest])).astype(bool)
    bases = pd.Series(False, index=hidden.index)
    for rows in layout.parts(rows_of_all):
        at = rows.index
        cells, outside = values[at].to_numpy(float), hidden[at].to_numpy(bool, copy=True)
        hidden[at], bases[at] = _solved(rows, cells, outside, rest[at].to_numpy(bool), small, threshold, layout)
    for rows in layout.unions(rows_of_all):  # the parts are decided on: they stand in tables that know no unions
        cells, outside = values[rows.index].to_numpy(float), hidden[rows.index].to_numpy(bool)
        sets, upper = _known_sums(rows, cells, layout, threshold), _upper(rows, bases, layout)
        hidden[rows.index] = hide_complements(
            cells, outside, sets, threshold, upper, _orders(rows, str(layout.by)), ~rows["is_part"].to_numpy(bool)
        )
    count = len(table)
    return pd.Series(hidden[:count].to_numpy(), table.index), pd.Series(bases[:count].to_numpy(), table.index)


def _with_rest(table: pd.DataFrame, name: str, withheld: pd.Series, layout: Layout) -> tuple[pd.DataFrame, pd.Series]:
    """The table, numbered from 0, followed by a row for whoever is in none of its groups; and which rows these are."""
    numbers = {c: pd.to_numeric(table[c]).mask(withheld, 0) for c in layout.numbers(name)}
    known = table.assign(**numbers).reset_index(drop=True)
    rest = layout.rest(known, name)
    if rest.empty:
        return table.reset_index(drop=True), pd.Series(False, index=range(len(table)))
    both = pd.concat([known.astype(dict.fromkeys(_words(known), "object")), rest], ignore_index=True)
    return both, pd.Series(both.index >= len(table))


def _solved(
    rows: pd.DataFrame, cells: Floats, outside: Bools, rest: Bools, small: Small, threshold: int, layout: Layout
) -> tuple[Bools, Bools]:
    """Of rows that totals tie together: whose count to hide, and whose base or total."""
    bases = np.zeros(len(rows), dtype=bool)
    if layout.total is not None:
        return _solved_with_totals(rows, cells, outside, rest, small, threshold, layout)
    if layout.base is not None:
        sizes = pd.to_numeric(rows[layout.base]).to_numpy(float)
        bases = _small_groups(sizes, _places(rows, layout.ways[0]), rest, small, threshold)
        outside |= bases
    if outside.any():
        sets = _known_sums(rows, cells, layout, threshold)
        upper = _upper(rows, pd.Series(bases, rows.index), layout)
        if layout.size is not None and upper is not None:
            upper[rest] = np.inf  # a base that nobody sees
        outside = hide_complements(cells, outside, sets, threshold, upper)
        if layout.size is not None:  # everyone else is a count as well
            others = pd.to_numeric(rows[layout.size]).to_numpy(float) - cells
            outside = hide_complements(others, outside, sets, threshold, upper)
    return outside, bases


def _solved_with_totals(
    rows: pd.DataFrame, cells: Floats, outside: Bools, rest: Bools, small: Small, threshold: int, layout: Layout
) -> tuple[Bools, Bools]:
    """The same where the sum over each set of the first way stands in the table, and is a number to protect."""
    if rest.any():  # sums over some groups only would tell of those in none what no group could hide
        whole = set() if layout.everyone is None else set(layout.everyone.columns)
        layout = replace(layout, ways=[layout.ways[0], *(way for way in layout.ways[1:] if set(way) <= whole)])
    groups = rows.groupby(layout.ways[0], sort=False, dropna=False, observed=True).ngroup().to_numpy()
    gone = np.zeros(len(rows), dtype=bool)
    if layout.everyone is not None:  # then the totals add up to a number that a reader knows
        sizes = pd.to_numeric(rows[layout.total]).to_numpy(float)
        gone = _small_groups(sizes, [np.unique(groups, return_index=True)[1]], rest, small, threshold)
        gone = (np.bincount(groups, weights=gone) > 0)[groups]
    rows, cells, outside, place = _with_totals(rows, cells, outside | gone, gone | rest, small, layout)
    found = hide_complements(cells, outside, _known_sums(rows, cells, layout, threshold), threshold)
    return found[: len(place)], found[len(place) :][place]


def _small_groups(sizes: Floats, sets: list[np.ndarray], rest: Bools, small: Small, threshold: int) -> Bools:
    """Rows of groups that are themselves too small to be counted, or would give the size of such a group away."""
    gone = np.zeros(len(sizes), dtype=bool)
    for places in sets:
        few = small(pd.Series(sizes[places])).to_numpy(bool)
        if few.any():  # who is in no group is never seen, but hidden for being few only
            found = hide_complements(sizes[places], few | rest[places], [np.ones(len(places))], threshold)
            gone[places] = found & (few | ~rest[places])
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
    rows: pd.DataFrame, cells: Floats, outside: Bools, unseen: Bools, small: Small, layout: Layout
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
    sums_outside = small(sums).to_numpy(bool) | (np.bincount(place, weights=unseen) > 0)
    return both, np.append(cells, sums.to_numpy(float)), np.append(outside, sums_outside), place


def _known_sums(rows: pd.DataFrame, cells: Floats, layout: Layout, threshold: int) -> list[Floats]:
    """The totals that a reader knows; of several ways, those that are not themselves too small to be shown."""
    sets = []
    for number, way in enumerate(layout.ways):
        nested = set(layout.ways[0]) < set(way)  # a published part of a sum, be it of one cell
        for place in _places(rows, way):
            member = np.zeros(len(rows))
            member[place] = 1.0
            if number == 0 and "is_sum" in rows:
                member[rows["is_sum"].to_numpy(bool) & (member > 0)] = -1.0
            if ((member != 0).sum() > 1 or nested) and (len(layout.ways) == 1 or not 0 < member @ cells < threshold):
                sets.append(member)
    return sets


def _places(rows: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """Positions of the rows that agree in these columns, for each of their values."""
    if not columns:
        return [np.arange(len(rows))]
    return [np.asarray(p) for p in rows.groupby(columns, sort=False, dropna=False, observed=True).indices.values()]


def _words(rows: pd.DataFrame, skip: Collection[str] = ()) -> list[str]:
    """Columns of text."""
    return [c for c in rows.columns if c not in skip and not pd.api.types.is_numeric_dtype(rows[c])]


def any_total(rows: pd.DataFrame, skip: Collection[str]) -> pd.Series:
    """Rows that are totals, by a name in any column of text."""
    found = pd.Series(False, index=rows.index)
    for column in _words(rows, skip):
        found |= rows[column].map(is_total)
    return found


def wide_hidden(table: pd.DataFrame, names: list[str], small: Small, threshold: int) -> dict[str, pd.Series]:
    """Which cells of a cross-table to hide, totals among them.

    Row totals are taken as known even where this table does not show them: an overall table usually does. What totals
    have beyond their parts is a row or a column more, which is not shown.
    """
    total_row = any_total(table, names).to_numpy(bool) | np.array([is_total(i) for i in table.index])
    total_column = np.array([is_total(n) for n in names])
    outside = table[names].apply(small).to_numpy(bool)
    grid, outside, total_column = _with_rest_column(table[names].to_numpy(float), outside, total_column)
    turned, outside, total_row = _with_rest_column(grid.T, outside.T, total_row)
    grid, outside = turned.T, outside.T
    # A total that stands in this table is a cell of it, so it can be hidden as well.
    across = np.where(total_column, -1.0 / max(total_column.sum(), 1), 1.0)
    down = np.where(total_row, -1.0 / max(total_row.sum(), 1), 1.0)
    sets = [np.outer(row, across).ravel() for row in np.eye(len(grid))]
    if total_row.any():
        sets += [np.outer(down, column).ravel() for column in np.eye(len(across))]
    found = hide_complements(grid.ravel(), outside.ravel(), sets, threshold).reshape(grid.shape)
    return {n: pd.Series(found[: len(table), c], index=table.index) for c, n in enumerate(names)}


def _with_rest_column(grid: Floats, outside: Bools, total: Bools) -> tuple[Floats, Bools, Bools]:
    """A cross-table with what its total columns have beyond the others as one more column, hidden from the start."""
    if not total.any() or total.all():
        return grid, outside, total
    rest = grid[:, total].mean(axis=1) - grid[:, ~total].sum(axis=1)
    if not (rest > 0).any() or (rest < 0).any():
        return grid, outside, total
    unseen = np.ones((len(grid), 1), dtype=bool)
    return np.column_stack([grid, rest]), np.hstack([outside, unseen]), np.append(total, False)
