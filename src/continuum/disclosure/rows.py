"""Rows of a tidy table in numbers: which of them totals tie together, and what their counts are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .audit import Bools, Floats

Ints = NDArray[np.intp]
Small = Callable[[pd.Series], pd.Series]


@dataclass(frozen=True)
class Rows:
    """Rows of a tidy table as arrays, of which many small sets are looked at.

    Attributes
    ----------
    counts : ndarray (rows,)
    rest : ndarray of bool (rows,)
        Rows of whoever is in none of the groups.
    keys : dict of column to ndarray (rows,)
        The column's values, numbered; blanks are one value.
    numbers : dict of column to ndarray (rows,)
        Bases, sizes and totals.
    few : ndarray of bool (rows,)
        Where the base or the total is itself too small to be shown.
    """

    counts: Floats
    rest: Bools
    keys: Mapping[str, Ints]
    numbers: Mapping[str, Floats]
    few: Bools

    @classmethod
    def of(
        cls, table: pd.DataFrame, counts: Floats, rest: Bools, keys: Iterable[str], numbers: Iterable[str],
        held: str | None, small: Small,
    ) -> Rows:  # fmt: skip
        """Rows with these columns of ``table``; ``held`` is the base or total that is held to the rule as well."""
        values = {c: pd.to_numeric(table[c]).to_numpy(float) for c in numbers}
        few = np.zeros(len(table), dtype=bool) if held is None else small(pd.Series(values[held])).to_numpy(bool)
        return cls(counts, rest, {c: numbered(table[c]) for c in keys}, values, few)

    def at(self, places: Ints) -> Rows:
        """Some of the rows, in this order."""
        keys = {c: values[places] for c, values in self.keys.items()}
        numbers = {c: values[places] for c, values in self.numbers.items()}
        return Rows(self.counts[places], self.rest[places], keys, numbers, self.few[places])

    def groups(self, columns: Iterable[str]) -> Ints:
        """The group of each row: rows that agree in all these columns, in the order in which groups first appear."""
        group = np.zeros(len(self.counts), dtype=np.intp)
        for column in columns:
            key = self.keys[column]
            group = numbered(group * (key.max(initial=0) + 1) + key)
        return group

    def places(self, columns: Iterable[str]) -> list[Ints]:
        """Places of the rows of each group."""
        return places_of(self.groups(columns))


def numbered(values: pd.Series | Ints) -> Ints:
    """Values as numbers from 0, in the order in which they first appear."""
    return pd.factorize(values, use_na_sentinel=False)[0]


def places_of(groups: Ints) -> list[Ints]:
    """Places of the rows of each group, given the number of every row's group."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.cumsum(np.bincount(groups))[:-1]) if len(groups) else []
