"""Which cells of a table to hide: its small counts, and those that would give them away through any known total."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .audit import Bools, Floats, hide_complements
from .rows import Ints, Rows, Small, numbered, places_of

#: Row or column names that mean "sum of the others".
TOTAL_NAMES = frozenset({"all", "total", "totals", "overall", "sum", "everyone"})
#: Stands in the columns that tell groups apart, for whoever is in none of them.
_REST = "in no group that is shown"


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

    def parts(self, rows: Rows, inner: Ints) -> list[Ints]:
        """Places of rows that totals can tie together, those that are totals themselves left out."""
        if not self.ways:
            return []
        common = [c for c in self.ways[0] if all(c in way for way in self.ways)]
        return [inner[at] for at in rows.at(inner).places(common) if len(at) > 1]

    def unions(self, table: pd.DataFrame, inner: Ints) -> Iterator[tuple[Ints, Bools]]:
        """Places of each union and of its parts, in every group, and which of these are parts."""
        if self.union is None:
            return
        alone = table["kind"].astype(str) + ":" + table["id"].astype(str)
        whole = self.union + ":" + table[self.union].astype(str)
        is_part = (table[self.union].notna() & whole.isin(set(alone))).to_numpy(bool)
        tied = numbered(whole.where(is_part, alone))
        for at in places_of(numbered(tied[inner])):
            if len(at) > 1 and is_part[inner[at]].any():
                yield inner[at], is_part[inner[at]]

    def inner(self, table: pd.DataFrame, total: Bools) -> Ints:
        """Places of the rows that are no totals."""
        places = np.flatnonzero(~total)
        if self.by is None:
            return places
        # tables that list the same groups in another order hide the same cells
        names = table[self.by].astype(str).set_axis(range(len(table)))
        return names.iloc[places].sort_values(kind="stable").index.to_numpy(dtype=np.intp)

    def rest(self, table: pd.DataFrame, name: str, total: Bools) -> pd.DataFrame:
        """Whoever is among everyone and in no group: a row for each set, with what its total has beyond its parts.

        Everyone is what the caller handed over, or the table's own total rows.
        """
        if self.everyone is None and not total.any():
            return table.iloc[:0]
        totals = table[total] if self.everyone is None else self.everyone
        way = next((way for way in self.ways if set(way) <= set(totals.columns)), None)
        numbers = [c for c in self.numbers(name) if c in totals.columns]
        if way is None or totals.empty or name not in numbers:
            return table.iloc[:0]
        everyone, parts = (
            rows[way]
            .assign(**{c: pd.to_numeric(rows[c], errors="coerce") for c in numbers})
            .groupby([*way] or (lambda _: 0), sort=False, dropna=False, observed=True)[numbers]
            for rows in (totals, table[~total])
        )
        left = everyone.first().sub(parts.sum()).dropna()
        left = left[(left >= 0).all(axis=1) & (left > 0).any(axis=1)].reset_index()
        words = _words(table, way)
        left = left.reindex(columns=table.columns).astype({c: "object" for c in words})
        left[words] = _REST
        return left

    def totals(self, table: pd.DataFrame) -> Bools:
        """Which rows are totals."""
        if self.by:
            return np.array([is_total(value) for value in table[self.by]], dtype=bool)
        return any_total(table, {c for way in self.ways for c in way})


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
    hidden = primary.to_numpy(bool)
    bases = np.zeros(len(table), dtype=bool)
    if layout.ways or layout.union or layout.base or layout.total:  # else nothing ties its rows together
        hidden, bases = _tied_hidden(table, name, hidden, small, threshold, layout)
    return pd.Series(hidden, table.index), pd.Series(bases, table.index)


def _tied_hidden(
    table: pd.DataFrame, name: str, primary: Bools, small: Small, threshold: int, layout: Layout
) -> tuple[Bools, Bools]:
    """The same for a table that totals tie together."""
    values = pd.to_numeric(table[name], errors="coerce")
    withheld = values.isna() & primary
    total = layout.totals(table)
    tied, count = _with_rest(table.assign(**{name: values}), name, withheld, total, layout), len(table)
    rest = np.arange(len(tied)) >= count
    # withheld already: any number, so as if it were small; among those in no group it is counted already
    values = values.mask(withheld, 0 if rest.any() else 1).fillna(0)
    counts = np.append(values, tied[name][rest]).astype(float)
    hidden = np.append(primary, rest[rest])
    bases = np.zeros(len(tied), dtype=bool)
    rows = _rows_of(tied, counts, rest, layout, small)
    inner = layout.inner(tied, np.append(total, ~rest[rest]))
    for at in layout.parts(rows, inner):
        hidden[at], bases[at] = _solved(rows.at(at), hidden[at], threshold, layout)
    for at, is_part in layout.unions(tied, inner):  # decided on already: parts stand in tables that know no unions
        part = rows.at(at)
        orders = _orders(part, is_part, str(layout.by))
        sets, upper = _known_sums(part, layout, threshold), _upper(part, bases[at], layout)
        hidden[at] = hide_complements(part.counts, hidden[at], sets, threshold, upper, orders, ~is_part)
    return hidden[:count], bases[:count]


def _with_rest(table: pd.DataFrame, name: str, withheld: pd.Series, total: Bools, layout: Layout) -> pd.DataFrame:
    """The columns that matter, numbered from 0, followed by a row for whoever is in none of the table's groups."""
    used = {table.columns[0], name, *layout.columns()}
    table = table[[c for c in table.columns if c in used]]
    numbers = {c: pd.to_numeric(table[c]).mask(withheld, 0) for c in layout.numbers(name)}
    known = table.assign(**numbers).reset_index(drop=True)
    rest = layout.rest(known, name, total)
    if rest.empty:
        return table.reset_index(drop=True)
    return pd.concat([known.astype(dict.fromkeys(_words(known), "object")), rest], ignore_index=True)


def _rows_of(table: pd.DataFrame, counts: Floats, rest: Bools, layout: Layout, small: Small) -> Rows:
    """The rows of a table with the columns by which its counts add up, and with its bases and totals."""
    keys = [table.columns[0]] if layout.total else []  # the first one tells sums apart where no other does
    keys += [*(c for way in layout.ways for c in way), *([str(layout.by)] if layout.union else [])]
    numbers = [c for c in (layout.size, layout.base, layout.total) if c is not None]
    return Rows.of(table, counts, rest, dict.fromkeys(keys), numbers, layout.total or layout.base, small)


def _solved(rows: Rows, outside: Bools, threshold: int, layout: Layout) -> tuple[Bools, Bools]:
    """Of rows that totals tie together: whose count to hide, and whose base or total."""
    if layout.total is not None:
        return _solved_with_totals(rows, outside, threshold, layout, layout.total)
    bases = np.zeros(len(outside), dtype=bool)
    if layout.base is not None:
        bases = _small_groups(rows, rows.numbers[layout.base], rows.places(layout.ways[0]), threshold)
        outside = outside | bases
    if outside.any():
        sets, upper = _known_sums(rows, layout, threshold), _upper(rows, bases, layout)
        if layout.size is not None and upper is not None:
            upper[rows.rest] = np.inf  # a base that nobody sees
        outside = hide_complements(rows.counts, outside, sets, threshold, upper)
        if layout.size is not None:  # everyone else is a count as well
            others = rows.numbers[layout.size] - rows.counts
            outside = hide_complements(others, outside, sets, threshold, upper)
    return outside, bases


def _solved_with_totals(rows: Rows, outside: Bools, threshold: int, layout: Layout, total: str) -> tuple[Bools, Bools]:
    """The same where the sum over each set of the first way stands in the table, and is a number to protect."""
    if rows.rest.any():  # sums over some groups only would tell of those in none what no group could hide
        whole = set() if layout.everyone is None else set(layout.everyone.columns)
        layout = replace(layout, ways=[layout.ways[0], *(way for way in layout.ways[1:] if set(way) <= whole)])
    place = rows.groups(layout.ways[0])
    first = np.unique(place, return_index=True)[1]
    gone = np.zeros(len(outside), dtype=bool)
    if layout.everyone is not None:  # then the totals add up to a number that a reader knows
        gone = _small_groups(rows, rows.numbers[total], [first], threshold)
        gone = gone[first][place]
    unseen = np.bincount(place, weights=gone | rows.rest) > 0
    both = np.concatenate([outside | gone, rows.few[first] | unseen])
    if both.any():
        cells = _with_totals(rows, place, first, layout, total)
        both = hide_complements(cells.counts, both, _known_sums(cells, layout, threshold, len(place)), threshold)
    return both[: len(place)], both[len(place) :][place]


def _with_totals(rows: Rows, place: Ints, first: Ints, layout: Layout, total: str) -> Rows:
    """Rows followed by one for each total of the first way, which counts toward no set of a column it sums over."""
    sums, way = rows.at(first), layout.ways[0]
    others = dict.fromkeys(c for other in layout.ways[1:] for c in other if c not in way)
    over = [c for c in others if len(set(zip(place, rows.keys[c], strict=True))) > len(first)]
    apart = {c: np.full(len(first), rows.keys[c].max() + 1) for c in over or [next(iter(rows.keys))]}
    return replace(
        rows,
        counts=np.append(rows.counts, sums.numbers[total]),
        keys={c: np.append(values, apart.get(c, sums.keys[c])) for c, values in rows.keys.items()},
    )


def _small_groups(rows: Rows, sizes: Floats, sets: list[Ints], threshold: int) -> Bools:
    """Rows of groups that are themselves too small to be counted, or would give the size of such a group away."""
    gone = np.zeros(len(sizes), dtype=bool)
    for places in sets:
        few, rest = rows.few[places], rows.rest[places]
        if few.any():  # who is in no group is never seen, but hidden for being few only
            found = hide_complements(sizes[places], few | rest, [np.ones(len(places))], threshold)
            gone[places] = found & (few | ~rest)
    return gone


def _upper(rows: Rows, bases: Bools, layout: Layout) -> Floats | None:
    """The largest count that a reader thinks possible: the base, or what all hidden bases add up to."""
    known = layout.size or layout.base
    if known is None:
        return None
    upper = rows.numbers[known].copy()
    if bases.any():
        first = rows.groups(layout.ways[0]) == 0
        upper[bases] = upper[bases & first].sum()
    return upper


def _orders(rows: Rows, is_part: Bools, by: str) -> list[Floats]:
    """Who is in a union is in one of its parts, and who is in a part is in the union: sums that are not negative."""
    orders = []
    for places in rows.places([by]):
        parts, wholes = places[is_part[places]], places[~is_part[places]]
        for one in wholes if len(parts) else ():
            covered = np.zeros(len(is_part))
            covered[parts], covered[one] = 1.0, -1.0
            orders.append(covered)
            for part in parts:
                larger = np.zeros(len(is_part))
                larger[one], larger[part] = 1.0, -1.0
                orders.append(larger)
    return orders


def _known_sums(rows: Rows, layout: Layout, threshold: int, sums_from: int | None = None) -> Floats:
    """The totals that a reader knows; of several ways, those that are not themselves too small to be shown.

    Rows from ``sums_from`` on are the sums of those before them in the first way.
    """
    found = []
    for number, way in enumerate(layout.ways):
        group = rows.groups(way)
        members = (group == np.arange(group.max(initial=-1) + 1)[:, None]).astype(float)
        known = (members != 0).sum(axis=1) > 1
        if set(layout.ways[0]) < set(way):  # a published part of a sum, be it of one cell
            known[:] = True
        if number == 0 and sums_from is not None:
            members[:, sums_from:] = np.where(members[:, sums_from:] > 0, -1.0, 0.0)
        if len(layout.ways) > 1:
            sums = members @ rows.counts
            known &= ~((sums > 0) & (sums < threshold))
        found.append(members[known])
    return np.vstack([np.empty((0, len(rows.counts))), *found])


def _words(rows: pd.DataFrame, skip: Collection[str] = ()) -> list[str]:
    """Columns of text."""
    return [c for c in rows.columns if c not in skip and not pd.api.types.is_numeric_dtype(rows[c])]


def any_total(rows: pd.DataFrame, skip: Collection[str]) -> Bools:
    """Rows that are totals, by a name in any column of text."""
    found = np.zeros(len(rows), dtype=bool)
    for column in _words(rows, skip):
        found |= np.array([is_total(value) for value in rows[column]], dtype=bool)
    return found


def wide_hidden(table: pd.DataFrame, names: list[str], small: Small, threshold: int) -> dict[str, pd.Series]:
    """Which cells of a cross-table to hide, totals among them.

    Row totals are taken as known even where this table does not show them: an overall table usually does. What totals
    have beyond their parts is a row or a column more, which is not shown.
    """
    total_row = any_total(table, names) | np.array([is_total(i) for i in table.index])
    total_column = np.array([is_total(n) for n in names])
    outside = np.column_stack([small(table[name]).to_numpy(bool) for name in names])
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
