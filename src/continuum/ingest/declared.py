"""Tables with declared columns: every cell is checked, and all problems are reported at once with row and column."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ..errors import BadInput, ManyProblems
from .guard import refuse_synthetic
from .safe import TableRows
from .spreadsheets import read_table

Kind = Literal["text", "integer", "number", "flag"]
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Column:
    """What a column must hold.

    Attributes
    ----------
    name : str
        Name in the table that is returned.
    kind : str
        ``text``, ``integer``, ``number`` or ``flag`` (true/false, yes/no, 1/0).
    required : bool
        Whether the file must have the column; one that may be absent becomes missing.
    blank : bool
        Whether a cell may be empty.
    low, high : float, optional
        Bounds of a number, both allowed.
    allowed : sequence of str, optional
        The only texts.
    """

    name: str
    kind: Kind = "text"
    required: bool = True
    blank: bool = False
    low: float | None = None
    high: float | None = None
    allowed: Sequence[str] | None = None


def read_declared(
    path: Path, columns: Sequence[Column], *, names: Mapping[str, str] | None = None, synthetic: bool = True
) -> pd.DataFrame:
    """A CSV file, or the first sheet of an XLSX file, as a typed table.

    Parameters
    ----------
    path : path
    columns : sequence of Column
    names : mapping of column to name in the file, optional
        Where the file calls a column otherwise.
    synthetic : bool
        Whether the study is declared synthetic; if not, synthetic records are refused.

    Returns
    -------
    DataFrame
        The declared columns in their order, other columns of the file left out, and ``row``: the row number in the
        file (header = row 1). Text cells are trimmed; an empty one is missing where it may be blank.

    Raises
    ------
    BadInput, ManyProblems
        For a missing column, or cells that are empty or not what was declared.
    SyntheticAsUserData
        If the study is not synthetic and the file is.
    """
    table = read_table(path)
    header = [name.strip().lower() for name in table.header]
    raw = pd.DataFrame(table.rows, columns=pd.Index(header), dtype="object")
    refuse_synthetic(raw, file=table.file, synthetic=synthetic)
    problems: list[BadInput] = []
    result: dict[str, Any] = {}
    for column in columns:
        name = (names or {}).get(column.name, column.name)
        places = [k for k, found in enumerate(header) if found == name.strip().lower()]
        if len(places) == 1:
            cells = [row[places[0]].strip() for row in table.rows]
            result[column.name] = _typed(cells, column, name, table, problems)
        elif places or column.required:
            problems.append(_missing(name, len(places), table))
        else:
            result[column.name] = [None] * len(table.rows)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    frame = pd.DataFrame(result)
    for column in columns:
        frame[column.name] = frame[column.name].astype(_dtype(column))
    return frame.assign(row=pd.Series(table.numbers, dtype="int64"))


def refuse_repeats(frame: pd.DataFrame, keys: Sequence[str], path: Path) -> None:
    """Stop if two rows of a table from :func:`read_declared` have the same ``keys``.

    Raises
    ------
    BadInput
        Naming both rows.
    """
    repeated = frame.duplicated(list(keys), keep=False)
    if repeated.any():
        first = frame[repeated].iloc[0]
        same = frame[repeated & (frame[list(keys)] == first[list(keys)]).all(axis=1)]
        what = ", ".join(f"{key} {first[key]!r}" for key in keys)
        raise BadInput(
            f"{what} stands in several rows",
            file=path.name,
            place=f"rows {', '.join(str(row) for row in same['row'].head(3))}",
            fix="keep one of them",
        )


def refuse_unknown(frame: pd.DataFrame, column: str, known: Sequence[Any], path: Path, what: str) -> None:
    """Stop if a value of ``column`` is not among ``known``; names the first rows and the nearest known value.

    Raises
    ------
    ManyProblems, BadInput
    """
    unknown = frame[~frame[column].isin(list(known)) & frame[column].notna()]
    problems = []
    for value, rows in unknown.groupby(column, sort=False)["row"]:
        near = difflib.get_close_matches(str(value), [str(k) for k in known], n=1)
        problems.append(
            BadInput(
                f"{value!r} is not {what}",
                file=path.name,
                place=f"row {rows.iloc[0]}, column {column}",
                fix=f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(map(str, list(known)[:12]))}",
            )
        )
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]


def _dtype(column: Column) -> Any:
    return {"text": "str", "integer": "int64" if _never_missing(column) else "Int64", "number": "float64",
            "flag": "bool" if _never_missing(column) else "boolean"}[column.kind]  # fmt: skip


def _never_missing(column: Column) -> bool:
    return column.required and not column.blank


def _typed(cells: list[str], column: Column, name: str, table: TableRows, problems: list[BadInput]) -> list[Any]:
    values: list[Any] = []
    for k, cell in enumerate(cells):
        value, wrong = _cell(cell, column)
        if wrong:
            problems.append(BadInput(wrong[0], file=table.file, place=table.place(k, name), fix=wrong[1]))
        values.append(value)
    return values


def _cell(cell: str, column: Column) -> tuple[Any, tuple[str, str] | None]:
    """Value of a cell, or what is wrong with it and what to do."""
    if not cell:
        return None, None if column.blank or not column.required else ("is empty", "fill it in")
    if column.kind == "text":
        if column.allowed is not None and cell not in column.allowed:
            near = difflib.get_close_matches(cell, column.allowed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(column.allowed)}"
            return None, (f"{cell!r} is not allowed here", hint)
        return cell, None
    if column.kind == "flag":
        value = _FLAGS.get(cell.lower())
        return value, None if value is not None else (f"{cell!r} is neither true nor false", "write true or false")
    try:
        number = float(cell)
    except ValueError:
        return None, (f"{cell!r} is not a number", "write digits with a decimal point")
    if number != number or number in (float("inf"), float("-inf")):
        return None, (f"{cell!r} is not a number", "leave the cell empty if nothing is known")
    if column.kind == "integer" and number != int(number):
        return None, (f"{cell!r} is not a whole number", "write a whole number")
    if (column.low is not None and number < column.low) or (column.high is not None and number > column.high):
        bounds = " to ".join("..." if b is None else f"{b:g}" for b in (column.low, column.high))
        return None, (f"{cell} lies outside {bounds}", "correct the value")
    return int(number) if column.kind == "integer" else number, None


def _missing(name: str, times: int, table: TableRows) -> BadInput:
    if times > 1:
        return BadInput(f"has {times} columns named {name!r}", file=table.file, fix="keep one of them")
    near = difflib.get_close_matches(name, table.header, n=1)
    found = ", ".join(header for header in table.header[:15])
    hint = f"did you mean {near[0]!r}? " if near else ""
    return BadInput(
        f"has no column {name!r}; found: {found}",
        file=table.file,
        fix=f"{hint}Name the column under columns: in study.yaml, or rename it",
    )
