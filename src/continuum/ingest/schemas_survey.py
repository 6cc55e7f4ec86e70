"""What every survey must look like before an analysis sees it, checked with pandera."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems
from .tables import ANSWER_STATUS, ITEM_COLUMNS, SurveyData

_KINDS = ("single", "multiple", "scale", "number", "open")


def check_survey(survey: SurveyData, *, file: str) -> SurveyData:
    """The survey itself, after checking that it keeps the contract of :class:`SurveyData`.

    Raises
    ------
    BadInput, ManyProblems
        Each broken rule with its column, and the first rows that break it.
    """
    import pandera.pandas as pa

    problems: list[BadInput] = []
    for table, schema in (
        (survey.items, _items_schema(pa)),
        (survey.answers, _answers_schema(pa, survey.items)),
        (survey.status, _status_schema(pa, survey.items)),
    ):
        try:
            schema.validate(table, lazy=True)
        except pa.errors.SchemaErrors as errors:
            problems += _explain(errors.failure_cases, file)
    problems += _status_agrees(survey, file)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    if survey.loops is not None:
        check_survey(survey.loops, file=file)
    return survey


def _items_schema(pa: Any) -> Any:
    columns = {name: pa.Column(required=True, nullable=True) for name in ITEM_COLUMNS}
    columns["item_id"] = pa.Column(unique=True)
    columns["kind"] = pa.Column(checks=pa.Check.isin(_KINDS))
    columns["top"] = pa.Column(checks=pa.Check.ge(1))
    has_levels = pa.Check(
        lambda items: (items["kind"] != "scale") | (items["levels"].map(len) > 1),
        name="a scale needs its levels in order",
    )
    return pa.DataFrameSchema(columns, checks=has_levels)


def _answers_schema(pa: Any, items: pd.DataFrame) -> Any:
    columns: dict[str, Any] = {"respondent_id": pa.Column(nullable=False)}
    for name in ("weight", "fpc"):
        columns[name] = pa.Column(float, checks=pa.Check.gt(0), nullable=False, required=False)
    for item, kind, levels in zip(items["item_id"], items["kind"], items["levels"], strict=True):
        columns[item] = pa.Column(_dtype(kind, levels), nullable=True)
    return pa.DataFrameSchema(columns)


def _dtype(kind: str, levels: list[str]) -> Any:
    if kind in ("scale", "single"):
        return pd.CategoricalDtype(pd.Index(levels, dtype="str"), ordered=kind == "scale")
    return {"multiple": "boolean", "number": float, "open": "str"}[kind]


def _status_schema(pa: Any, items: pd.DataFrame) -> Any:
    dtype = pd.CategoricalDtype(list(ANSWER_STATUS))
    return pa.DataFrameSchema({item: pa.Column(dtype, nullable=False) for item in items["item_id"]}, strict=True)


def _status_agrees(survey: SurveyData, file: str) -> list[BadInput]:
    """``answered`` exactly where there is a value."""
    problems = []
    for item in survey.items["item_id"]:
        given = survey.answers[item].notna().to_numpy()
        if np.not_equal(given, (survey.status[item] == "answered").to_numpy()).any():
            problems.append(
                BadInput(
                    "its status says 'answered' where there is no answer, or the other way round",
                    file=file,
                    place=f"column {item}",
                    fix="report this file's format as a fault of the importer",
                )
            )
    return problems


def _explain(cases: pd.DataFrame, file: str) -> list[BadInput]:
    problems = []
    for (column, check), group in cases.groupby(["column", "check"], dropna=False, sort=False):
        first = ", ".join(str(case) for case in group["failure_case"].head(3))
        problems.append(
            BadInput(
                f"breaks the rule {check!s} (for example: {first})",
                file=file,
                place=f"column {column}",
                fix="correct the column or its entry under survey: in study.yaml",
            )
        )
    return problems
