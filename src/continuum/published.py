"""Published facts and effects, by identifier: the only source of a PUBLISHED number."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from . import paths
from .errors import BadInput
from .provenance import Provenance

FACTS = "published_facts.csv"
EFFECTS = "evidence_effects.csv"
STATUSES = ("abstract", "secondary", "derived")


@dataclass(frozen=True)
class Fact:
    """A published fact.

    Attributes
    ----------
    id, topic, study, statement, unit, status, source_title, note : str
        As in ``data/published/README.md``; empty where nothing is known.
    doi : str
        Empty where it is not known.
    value : float or None
        The number in the statement.
    n : int or None
        Base of the fact.
    """

    id: str
    topic: str
    study: str
    doi: str
    statement: str
    value: float | None
    unit: str
    n: int | None
    status: str
    source_title: str
    note: str

    @property
    def attribution(self) -> str:
        """How the fact is introduced, by its status."""
        words = {"abstract": f"{self.study} report", "secondary": f"as reported in {self.source_title}",
                 "derived": f"calculated from {self.source_title}"}  # fmt: skip
        return words[self.status]


def fact(identifier: str) -> Fact:
    """The published fact with this identifier, such as ``INT-001``.

    Raises
    ------
    BadInput
        If there is no such fact.
    """
    known = facts().set_index("id", drop=False)
    if identifier not in known.index:
        near = difflib.get_close_matches(identifier, list(known.index), n=3)
        raise BadInput(
            f"there is no published fact {identifier!r}",
            file=f"data/published/{FACTS}",
            fix=f"did you mean {', '.join(near)}?" if near else "see the column id",
        )
    row: dict[str, Any] = {str(k): v for k, v in known.loc[[identifier]].to_dict("records")[0].items()}
    number, base = row["value"], row["n"]
    text = {name: row[name] for name in row if name not in {"value", "n"}}
    return Fact(
        **text,
        value=None if math.isnan(number) else float(number),
        n=None if math.isnan(base) else int(base),
    )


def facts() -> pd.DataFrame:
    """All published facts, one row each; text columns are never missing."""
    return _read(paths.published() / FACTS, ("value", "n")).copy()


def effects() -> pd.DataFrame:
    """Published effects, one row each, with ``has_interval``.

    Odds ratios and risk ratios are effects; ``mean`` rows are ratings by providers, that is perceptions: the two are
    never shown in one column or pooled.
    """
    table = _read(paths.published() / EFFECTS, ("estimate", "ci_low", "ci_high", "n"))
    table = table.assign(has_interval=table["ci_low"].notna() & table["ci_high"].notna())
    table.attrs["provenance"] = Provenance.PUBLISHED
    return table


@cache
def _read(path: Path, numeric: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise BadInput("the published facts are missing", file=paths.relative(path), fix="restore data/published/")
    types: dict[str, Any] = {name: float for name in numeric}
    table = pd.read_csv(path, dtype=types)
    text = [name for name in table.columns if name not in numeric]
    table[text] = table[text].fillna("").astype(str)
    return table
