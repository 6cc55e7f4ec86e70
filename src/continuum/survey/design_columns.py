"""A design's columns, taken from the answers and checked: weights, strata, clusters, population sizes, margins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import BadInput, NonConvergence

if TYPE_CHECKING:
    from .design import Design


def design_columns(design: Design, answers: pd.DataFrame) -> dict[str, pd.Series]:
    """The design's columns by short name, checked: w, h, c, c2, f, f2, and m0, m1 ... for raking margins."""
    n = len(answers)
    columns: dict[str, pd.Series] = {"w": pd.Series(np.ones(n))}
    if design.weights:
        columns["w"] = _checked_weights(_column(answers, design.weights), design.weights)
    if design.strata:
        columns["h"] = _whole(answers, design.strata).astype(str)
    for short, name in zip(("c", "c2"), _pair(design.clusters), strict=False):
        columns[short] = _whole(answers, name).astype(str)
    for short, name in zip(("f", "f2"), _pair(design.fpc), strict=False):
        columns[short] = _whole(answers, name).astype(float)
    for i, (name, targets) in enumerate((design.raking or {}).items()):
        columns[f"m{i}"] = _margin(_whole(answers, name).astype(str), name, targets)
    if design.lonely == "error":
        _refuse_lonely(columns)
    return columns


def _pair(given: str | Sequence[str] | None) -> list[str]:
    return [] if given is None else [given] if isinstance(given, str) else list(given)


def _column(answers: pd.DataFrame, name: str) -> pd.Series:
    if name not in answers:
        raise BadInput(
            f"the design names a column {name!r} that the answers do not have",
            fix=f"columns: {', '.join(str(c) for c in answers.columns[:12])}",
        )
    return answers[name]


def _whole(answers: pd.DataFrame, name: str) -> pd.Series:
    column = _column(answers, name)
    missing = np.flatnonzero(column.isna().to_numpy())
    if len(missing):
        raise BadInput(
            f"{len(missing)} respondents have no value of the design column {name!r}",
            place=f"row {missing[0] + 1}, column {name}",
            fix="complete the column or leave it out of the design",
        )
    return column.reset_index(drop=True)


def _checked_weights(column: pd.Series, name: str) -> pd.Series:
    weights = pd.to_numeric(column, errors="coerce").reset_index(drop=True)
    wrong = np.flatnonzero(~(weights > 0).to_numpy() | ~np.isfinite(weights.to_numpy(dtype=float, na_value=np.nan)))
    if len(wrong):
        kind = "missing" if pd.isna(weights.iloc[wrong[0]]) else f"{weights.iloc[wrong[0]]:g}"
        raise BadInput(
            f"{len(wrong)} weights are missing, negative or zero (the first is {kind})",
            place=f"row {wrong[0] + 1}, column {name}",
            fix="every respondent needs a positive weight; drop those outside the sample before the analysis",
        )
    return weights.astype(float)


def _margin(column: pd.Series, name: str, targets: Mapping[str, float]) -> pd.Series:
    there, wanted = set(column), {str(level) for level in targets}
    for level in sorted(wanted - there):
        if targets[level] > 0:
            raise NonConvergence(f"raking: no respondent has {name} = {level!r}, whose target is {targets[level]:g}")
    if there - wanted:
        raise BadInput(
            f"raking margin {name!r} gives no total for {', '.join(repr(v) for v in sorted(there - wanted))}",
            fix="give a total for every level that occurs",
        )
    return column


def _refuse_lonely(columns: Mapping[str, pd.Series]) -> None:
    if "h" not in columns:
        return
    units = columns["c"] if "c" in columns else pd.Series(np.arange(len(columns["h"])))
    per_stratum = units.groupby(columns["h"]).nunique()
    lonely = list(per_stratum.index[per_stratum == 1])
    if lonely:
        raise BadInput(
            f"stratum {lonely[0]!r} holds a single sampling unit, so it has no variance ({len(lonely)} such strata)",
            fix='join it with another stratum, or ask for Design(..., lonely="centre")',
        )


def degrees_of_freedom(columns: Mapping[str, pd.Series]) -> int:
    """Primary units minus strata."""
    strata = columns.get("h", pd.Series(np.zeros(len(columns["w"]))))
    units = len(columns["w"]) if "c" not in columns else len(pd.MultiIndex.from_arrays([strata, columns["c"]]).unique())
    return units - strata.nunique()
