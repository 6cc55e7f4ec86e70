"""A reader who sets out to compute hidden counts back from everything that is published.

The reader knows which groups add up to everyone, collects each published number in every form (CSV, chart data,
results.json), turns shares of published bases back into counts, and asks an integer solver for the smallest and the
largest value that each hidden count can have. Nothing here uses the project's own disclosure code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

HIDDEN = "[c]"
EVERY = "*"

Cell = tuple[str, ...]

#: More people than any study has.
_MANY = 10_000_000


@dataclass
class Published:
    """What is known about the cells of one cross-classified table.

    A cell names one value of each dimension, several joined by ``|`` for their sum, or ``*`` for the sum of all.

    Attributes
    ----------
    levels : sequence of sequences of str
        Values of each dimension; everyone has exactly one of each.
    """

    levels: Sequence[Sequence[str]]
    known: dict[Cell, float] = field(default_factory=dict)
    hidden: set[Cell] = field(default_factory=set)
    most: dict[Cell, float] = field(default_factory=dict)
    #: Pairs of cells of which the first cannot be larger than the second.
    ordered: list[tuple[list[Cell], list[Cell]]] = field(default_factory=list)
    #: Cells with a weight each, and what they add up to.
    weighted: list[tuple[dict[Cell, float], float]] = field(default_factory=list)

    def tell(self, cell: Cell, value: Any) -> None:
        """Take note of one published cell, shown or hidden."""
        text = str(value).strip()
        if text.startswith(HIDDEN):
            self.hidden.add(cell)
        elif (number := re.match(r"-?\d+(\.\d+)?", text)) is not None:
            value = float(number.group(0))
            assert self.known.setdefault(cell, value) == value, f"{cell} is published as {self.known[cell]} and {value}"

    def never_shown(self, group: str) -> None:
        """Count every cell of a group that no table shows as hidden, and its sum."""
        for place, names in enumerate(self.levels):
            if group in names:
                rest = [EVERY] * len(self.levels)
                rest[place] = group
                self.hidden |= {tuple(rest), *((way, *rest[1:]) for way in self.levels[0] if place)}

    def recovered(self, threshold: int) -> list[str]:
        """Hidden cells that follow from what is published: as a number, as one of two, or as certainly small."""
        unknown = [cell for cell in sorted(self.hidden) if cell not in self.known]
        found = [f"{cell} is hidden here and {self.known[cell]:g} there" for cell in self.hidden if cell in self.known
                 if 0 < self.known[cell] < threshold]  # fmt: skip
        for cell in unknown:
            low, high = self.range(cell)
            if 0 < high < threshold or (low < threshold and 0 < high < low + 2):
                found.append(f"{cell} is from {low:g} to {high:g}")
        return found

    def range(self, cell: Cell) -> tuple[float, float]:
        """Smallest and largest whole number that agrees with everything published."""
        if not hasattr(self, "_rows"):
            self._build()
        ends = []
        for sign in (1, -1):
            solved = milp(
                sign * self._members(cell), integrality=np.ones(len(self._cells)), bounds=self._bounds,
                constraints=self._rows,
            )  # fmt: skip
            assert solved.status == 0, f"the published numbers contradict each other: {solved.message}"
            ends.append(round(sign * solved.fun))
        return ends[0], ends[1] if ends[1] < _MANY else np.inf

    def _members(self, cell: Cell) -> np.ndarray:
        wanted = [(want == EVERY, want.split("|")) for want in cell]
        return np.array([all(every or have in names for (every, names), have in zip(wanted, one, strict=True))
                         for one in self._cells], float)  # fmt: skip

    def _build(self) -> None:
        self._cells = list(product(*self.levels))
        rows, low, high = [], [], []
        for cell, value in self.known.items():
            rows.append(self._members(cell))
            low.append(value)
            high.append(value)
        for cell, value in self.most.items():
            rows.append(self._members(cell))
            low.append(0)
            high.append(value)
        for cells, value in self.weighted:
            rows.append(sum(weight * self._members(cell) for cell, weight in cells.items()))
            low.append(value)
            high.append(value)
        for smaller, larger in self.ordered:
            rows.append(sum(map(self._members, larger)) - sum(map(self._members, smaller)))
            low.append(0)
            high.append(np.inf)
        self._rows = [LinearConstraint(np.array(rows), low, high)] if rows else []
        self._bounds = Bounds(0, _MANY)


def media(folder: Path, label: str) -> Iterator[pd.DataFrame]:
    """A published table or figure in each form that has its columns: CSV, and the data inside the chart."""
    kind = "figures" if label.startswith("fig-") else "tables"
    csv = folder / kind / f"{label}.csv"
    if not csv.is_file():
        return
    table = pd.read_csv(csv, dtype=str, keep_default_na=False)
    yield table
    chart = csv.with_suffix(".json")
    if chart.is_file():
        for rows in json.loads(chart.read_text(encoding="utf-8")).get("datasets", {}).values():
            inside = pd.DataFrame(rows)
            shared = [column for column in table.columns if column in inside]
            if len(shared) > 1:
                yield inside[shared].astype(str)


def hidden_in_one_form_only(folder: Path) -> list[str]:
    """Tables and figures whose HTML shows a cell that their CSV hides, or whose chart holds a number for it."""
    found = []
    for csv in sorted([*folder.glob("tables/*.csv"), *folder.glob("figures/*.csv")]):
        table = pd.read_csv(csv, dtype=str, keep_default_na=False)
        hidden = table.apply(lambda column: column.str.startswith(HIDDEN)).to_numpy().sum()
        html = csv.with_suffix(".html").read_text(encoding="utf-8")
        if len(re.findall(r"<td[^>]*>\[c\]", html)) < hidden:
            found.append(f"{csv.stem}: fewer hidden cells in HTML than in CSV")
        for inside in list(media(folder, csv.stem))[1:]:
            shared = list(inside.columns)
            masked = table[shared].apply(lambda column: column.str.startswith(HIDDEN))
            names = [column for column in shared if not masked[column].any() and not _numeric(table[column])]
            for row, mask in zip(table.to_dict("records"), masked.to_dict("records"), strict=True):
                same = (
                    inside[(inside[names] == pd.Series({n: row[n] for n in names})).all(axis=1)]
                    if names
                    else inside[:0]
                )
                for column in shared:
                    if mask[column] and len(same) == 1 and _is_number(same[column].iloc[0]):
                        found.append(f"{csv.stem}: {[row[n] for n in names]} has {column} in the chart")
    return found


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", str(text)) is not None


def _numeric(column: pd.Series) -> bool:
    return bool(column.map(_is_number).any())


def header_groups(table: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Columns such as ``legal (n = 9)``: the group and its base."""
    found = {}
    for column in table.columns:
        if match := re.fullmatch(r"(.+) \(n = ([\d,]+|\[c\])\)", str(column)):
            base = match.group(2).replace(",", "")
            found[column] = (match.group(1), np.inf if base == HIDDEN else float(base))
    return found


def from_share(share: Any, base: Any) -> Any:
    """The count behind a published share of a published base; None where there is none."""
    try:
        return str(round(float(share) * float(base)))
    except (TypeError, ValueError):
        return HIDDEN if HIDDEN in f"{share}" else None
