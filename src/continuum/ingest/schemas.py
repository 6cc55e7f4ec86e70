"""What tidy tables must satisfy before an analysis sees them: the contract, checked at the border."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import BadInput, ManyProblems
from .tables import ASSERTION_COLUMNS, CodedInterviews, empty

if TYPE_CHECKING:
    import pandera.pandas as pa


def checked_interviews(data: CodedInterviews) -> CodedInterviews:
    """``data`` with the types of the contract, its keys and references checked.

    Raises
    ------
    BadInput, ManyProblems
        Naming table, column, rule and the first rows that break it.
    """
    tables: dict[str, Any] = {
        "interviews": data.interviews,
        "codebook": data.codebook,
        "codings": data.codings,
        "assertions": data.assertions if len(data.assertions) else empty(ASSERTION_COLUMNS),
    }
    schemas = _interview_schemas(set(data.interviews["interview_id"]), set(data.codebook["code_id"]))
    problems: list[BadInput] = []
    for name, frame in tables.items():
        tables[name], broken = checked(frame, schemas[name], name, data.report.source)
        problems += broken
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return replace(data, **tables)


def checked(
    frame: pd.DataFrame, schema: pa.DataFrameSchema, name: str, file: str
) -> tuple[pd.DataFrame, list[BadInput]]:
    """``frame`` in the schema's types, and one error for each column and rule that it breaks."""
    import pandera.errors

    try:
        return schema.validate(frame, lazy=True), []
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        return frame, [
            BadInput(
                f"{len(group)} values break the rule {rule!r}",
                file=file,
                place=f"table {name}, column {column}, rows {', '.join(map(str, group['index'].head(3)))}",
                fix="correct these rows in the export",
            )
            for (column, rule), group in cases.groupby(["column", "check"], dropna=False, sort=False)
        ]


def _interview_schemas(interviews: set[str], codes: set[str]) -> dict[str, pa.DataFrameSchema]:
    import pandera.pandas as pa  # 1 s: only when something is imported

    def text(*rules: Any, nullable: bool = False, unique: bool = False) -> pa.Column:
        return pa.Column(str, list(rules), nullable=nullable, unique=unique, coerce=True)

    listed = pa.Check.isin(interviews, error="is a listed interview")
    known = pa.Check.isin(codes, error="is a known code")
    filled = pa.Check.str_length(min_value=1, error="is not empty")
    either = pa.Check.isin(["micro", "macro"], error="is micro or macro")
    optional = text(nullable=True)
    position = pa.Column("Int64", [pa.Check.ge(0, error="is not negative")], nullable=True, coerce=True)
    columns = {
        "interviews": {
            "interview_id": text(filled, unique=True),
            **dict.fromkeys(("sector", "site", "interviewer", "organisation_id"), optional),
            "year": pa.Column("Int64", nullable=True, coerce=True),
            "consent_quote": pa.Column(bool, coerce=True),
        },
        "codebook": {
            "code_id": text(filled, unique=True),
            "name": text(filled),
            "parent_id": text(known, nullable=True),
            "area": optional,
            "level": text(either, nullable=True),
            "definition": text(),
        },
        "codings": {
            "interview_id": text(listed),
            "segment_id": text(filled),
            "start": position,
            "end": position,
            "text": text(),
            "code_id": text(known),
            "coder_id": text(),
        },
        "assertions": {
            "interview_id": text(listed),
            "coder_id": text(nullable=True),
            "from_code": text(known),
            "to_code": text(known),
        },
    }
    return {name: pa.DataFrameSchema(schema) for name, schema in columns.items()}
