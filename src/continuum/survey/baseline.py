"""Table 1: who answered, overall and by group, with the size of the differences between groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..errors import NotCollected
from ..ingest.tables import SurveyData
from ..tables import count, number, percent
from .answers import NO_ANSWER, Groups, groups_of, item_codes, item_numbers, items_of
from .design import Design

OVERALL = "overall"


def table_one(
    survey: SurveyData,
    characteristics: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
) -> pd.DataFrame:
    """Characteristics of respondents, overall and by group.

    Parameters
    ----------
    survey : SurveyData
    characteristics : str or sequence of str
        Items (single choice, scale, option or number), or respondent columns such as ``"state"``; those in ``by``
        are left out, since the columns of the table show them.
    by : str or sequence of str, optional
        Grouping of the columns; without it only the overall column is made.
    design : Design, optional
        Adds weighted shares and means beside the unweighted counts.

    Returns
    -------
    DataFrame
        One row per characteristic, level and group (``group`` is ``"overall"`` or a group's name): ``variable``,
        ``text``, ``level`` (``"missing"`` for those who did not answer), ``group``, ``group_n``, ``n`` (answered),
        ``count``, ``share`` (of those who answered; of the group for the missing row), ``mean``, ``sd``, ``median``,
        ``q1``, ``q3`` (numbers only), ``weighted`` (share or mean) and ``smd``, the largest standardized mean
        difference between two groups. A baseline table describes: it has no p-values.

    Raises
    ------
    NotCollected
        If no characteristic is named.
    BadInput
        If an answer is not a level of the codebook, naming row, column and nearest level.

    Notes
    -----
    Standardized difference of a categorical variable: Mahalanobis distance of the level shares (Yang and Dalton 2012).
    """
    grouping = set([by] if isinstance(by, str) else by or ())
    asked = [characteristics] if isinstance(characteristics, str) else characteristics
    names = [name for name in asked if name not in grouping]
    everyone = groups_of(survey, None)
    columns = [(everyone, [OVERALL])]
    if by is not None:
        groups = groups_of(survey, by)
        columns.append((groups, groups.labels()))
    weights = None if design is None or design.empty else design.on(survey.answers).weights
    parts = []
    for name in names:
        text, levels, codes, values = _characteristic(survey, name)
        variable = [_column(codes, values, levels, g, labels, weights) for g, labels in columns]
        part = pd.concat(variable, ignore_index=True)
        part["smd"] = _smd(codes, values, len(levels), columns[-1][0]) if by is not None else np.nan
        part.insert(0, "variable", name)
        part.insert(1, "text", text)
        parts.append(part)
    if not parts:
        raise NotCollected(
            "No characteristics of respondents are declared.", "list them under survey: characteristics: in study.yaml"
        )
    return pd.concat(parts, ignore_index=True)


def table_one_wide(tidy: pd.DataFrame) -> pd.DataFrame:
    """A tidy Table 1, protected or not, as printed: one column per group with its size in the header."""
    sizes = tidy.drop_duplicates("group").set_index("group")["group_n"]
    cells = tidy.assign(cell=[_cell(row) for row in tidy.to_dict("records")])
    rows = []
    for (_, text, level), part in cells.groupby(["variable", "text", "level"], sort=False):
        row: dict[str, object] = {"characteristic": text, "level": level}
        row |= {f"{g} (n = {count(sizes[g])})": cell for g, cell in zip(part["group"], part["cell"], strict=True)}
        row["SMD"] = part["smd"].iloc[0]
        rows.append(row)
    wide = pd.DataFrame(rows)
    wide.loc[wide["level"] == "missing", "SMD"] = np.nan
    return wide.drop(columns="SMD") if wide["SMD"].isna().all() else wide


def _cell(row: Mapping[Any, Any]) -> str:
    if row["level"] == "mean (SD)":
        return f"{number(row['mean'])} ({number(row['sd'])})"
    if row["level"] == "median [IQR]":
        return f"{number(row['median'])} [{number(row['q1'])}, {number(row['q3'])}]"
    shown = count(row["count"])
    return shown if isinstance(row["count"], str) else f"{shown} ({percent(row['share'])})"


def _characteristic(survey: SurveyData, name: str) -> tuple[str, list[str], np.ndarray, np.ndarray | None]:
    """Text, levels and codes of a characteristic; values too if it is a number."""
    item = items_of(survey, name)[0]
    if item.kind == "number":
        values = item_numbers(survey, item)
        return item.text, [], np.where(np.isnan(values), NO_ANSWER, 0), values
    levels = ["chosen"] if item.kind == "multiple" else list(item.levels)
    codes = item_codes(survey, item)
    # Of an option only those who chose it have a row; those who did not still belong to the base.
    return item.text, levels, (np.where(codes >= 0, 1 - codes, codes) if item.kind == "multiple" else codes), None


def _column(
    codes: np.ndarray,
    values: np.ndarray | None,
    levels: list[str],
    groups: Groups,
    labels: list[str],
    weights: np.ndarray | None,
) -> pd.DataFrame:
    rows = []
    for position, label in enumerate(labels):
        member = groups.codes == position
        known = member & (codes != NO_ANSWER)
        base: dict[str, Any] = {"group": label, "group_n": int(member.sum()), "n": int(known.sum())}
        rows += (
            _number_rows(values, known, base, weights)
            if values is not None
            else _level_rows(codes, levels, known, base, weights)
        )
        gone = base["group_n"] - base["n"]
        share = gone / base["group_n"] if base["group_n"] else np.nan
        rows.append(base | {"level": "missing", "count": gone, "share": share})
    columns = ["level", "group", "group_n", "n", "count", "share", "mean", "sd", "median", "q1", "q3", "weighted"]
    return pd.DataFrame(rows).reindex(columns=columns).astype({"count": "Int64"})


def _level_rows(
    codes: np.ndarray, levels: list[str], known: np.ndarray, base: dict, weights: np.ndarray | None
) -> list[dict]:
    size = max(len(levels), int(codes.max(initial=0)) + 1)
    counts = np.bincount(codes[known], minlength=size)
    shares = counts / base["n"] if base["n"] else np.full(size, np.nan)
    weighted = np.full(size, np.nan)
    if weights is not None and base["n"]:
        weighted = np.bincount(codes[known], weights=weights[known], minlength=size) / weights[known].sum()
    return [
        base | {"level": level, "count": int(counts[i]), "share": shares[i], "weighted": weighted[i]}
        for i, level in enumerate(levels)
    ]


def _number_rows(values: np.ndarray, known: np.ndarray, base: dict, weights: np.ndarray | None) -> list[dict]:
    part = values[known]
    many = len(part) > 1
    q1, median, q3 = np.percentile(part, [25, 50, 75]) if len(part) else [np.nan] * 3
    weighted = np.average(part, weights=weights[known]) if weights is not None and len(part) else np.nan
    mean = part.mean() if len(part) else np.nan
    return [
        base | {"level": "mean (SD)", "count": base["n"], "mean": mean, "weighted": weighted,
                "sd": part.std(ddof=1) if many else np.nan},
        base | {"level": "median [IQR]", "count": base["n"], "median": median, "q1": q1, "q3": q3},
    ]  # fmt: skip


def _smd(codes: np.ndarray, values: np.ndarray | None, size: int, groups: Groups) -> float:
    """Largest pairwise standardized mean difference; NaN with fewer than two groups that have answers."""
    summaries = []
    for position in range(len(groups)):
        known = (groups.codes == position) & (codes != NO_ANSWER)
        if known.sum() > 1:
            summaries.append(_center_and_spread(codes[known], None if values is None else values[known], size))
    distances = [_distance(first, second) for first, second in combinations(summaries, 2)]
    return max(distances, default=np.nan)


def _center_and_spread(codes: np.ndarray, values: np.ndarray | None, size: int) -> tuple[np.ndarray, np.ndarray]:
    if values is not None:
        return np.array([values.mean()]), np.array([[values.var(ddof=1)]])
    shares = np.bincount(codes, minlength=size)[: max(size, 1)] / len(codes)
    # One level follows from the others.
    shares = shares[1:] if size > 1 else shares
    return shares, np.diag(shares) - np.outer(shares, shares)


def _distance(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> float:
    difference = first[0] - second[0]
    spread = np.linalg.pinv((first[1] + second[1]) / 2)
    return float(np.sqrt(max(difference @ spread @ difference, 0.0)))
