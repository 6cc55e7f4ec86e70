"""Rows of ``../shared/oracles/known_answers.csv``: expected values with their tolerance and source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from support import SHARED, shared

from continuum.checks import COLUMNS


@dataclass(frozen=True)
class Known:
    """One row: what is expected, how close it has to be, and where it comes from."""

    id: str
    statistic: str
    expected: dict[str, float]
    rel_tol: float
    abs_tol: float
    source: str

    def failures(self, found: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """Terms whose value is outside the row's tolerance, with (found, expected)."""
        assert set(found) == set(self.expected), f"{self.id} has the terms {list(self.expected)}"
        return {
            term: (found[term], value)
            for term, value in self.expected.items()
            if not abs(found[term] - value) <= self.abs_tol + self.rel_tol * abs(value)
        }


def comparison(checks: Mapping[str, Callable[[], Mapping[str, float]]]) -> pd.DataFrame:
    """The rows of a room's ``oracle_checks.csv``: every value of every known answer, here and there."""
    rows = []
    for row_id in sorted(checks):
        answer, found = known(row_id), checks[row_id]()
        for term, there in answer.expected.items():
            here = float(f"{found[term]:.10g}")
            tolerance = answer.abs_tol + answer.rel_tol * abs(there)
            difference = float(f"{here - there:.3g}")
            rows.append(
                (row_id, answer.statistic, term, here, there, difference, float(f"{tolerance:.3g}"), answer.source)
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def known(row_id: str) -> Known:
    """One known answer, or a skip where the file is absent."""
    table = pd.read_csv(shared("oracles/known_answers.csv"), dtype=str).set_index("id")
    row = table.loc[row_id]
    values = dict(zip(row["terms"].split(" "), map(float, row["expected"].split(" ")), strict=True))
    return Known(row_id, row["statistic"], values, float(row["rel_tol"]), float(row["abs_tol"]), row["source"])


def reference(path: str) -> pd.DataFrame:
    """A table of ``../shared/data/reference``."""
    return pd.read_csv(shared(f"data/reference/{path}"))


def available() -> bool:
    """Whether the shared material is here at all."""
    return SHARED.exists()
