"""Plain tables: CSV and Excel with one header row, and the codebook that says what their columns mean."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems
from .cells import as_categorical, open_cells
from .levels import spelling
from .raw_survey import Column, RawSurvey, one_line
from .safe import looks_like, read_bytes_head, shown
from .spreadsheets import read_table, sheet_names
from .tables import ImportReport

#: Headers of codebook tables, by what they hold.
_CODEBOOK = {
    "name": ("name", "variable", "variable name", "column", "item", "item_id", "question id", "field"),
    "text": ("label", "text", "question", "question text", "variable label", "description"),
    "kind": ("kind", "type", "item type"),
    "choices": ("value_labels", "value labels", "values", "levels", "choices", "codes", "labels", "answers"),
    "missing": ("missing", "missing values", "na", "missing_values"),
}
_KINDS = {
    "single": "single", "single choice": "single", "categorical": "single", "nominal": "single",
    "multiple": "multiple", "multiple choice": "multiple", "multiple response": "multiple",
    "scale": "scale", "ordinal": "scale", "likert": "scale", "ordered": "scale",
    "number": "number", "integer": "number", "decimal": "number", "continuous": "number",
    "open": "open", "text": "open", "string": "open", "free text": "open",
}  # fmt: skip


def read_plain_csv(path: Path) -> RawSurvey:
    """Read a CSV table with one header row.

    Raises
    ------
    BadInput, ManyProblems
        For damaged rows, an unnamed or repeated column, or a table without rows.
    """
    table = open_cells(path)
    cells, rows = table.cells(1)
    report = ImportReport(source=table.file, format="CSV with one header row")
    report.guesses["encoding"] = table.encoding.removesuffix("-sig")
    report.guesses["separator"] = {",": "comma", ";": "semicolon", "\t": "tab"}.get(table.delimiter, table.delimiter)
    report.warnings += table.warnings
    return _survey(table.file, [one_line(cell) for cell in table.head[0]], cells, rows, report)


def read_excel(path: Path, *, sheet: str | None = None) -> RawSurvey:
    """Read the first sheet, or the named one, of an .xlsx workbook; formulas as the values stored with them.

    Raises
    ------
    BadInput, ManyProblems
        If it is no workbook, the sheet is missing, or the header has gaps or repeats.
    """
    head = read_bytes_head(path)
    if not head.startswith(b"PK"):
        old = head.startswith(b"\xd0\xcf\x11\xe0")
        raise BadInput(
            f"expected an Excel workbook (.xlsx), but this is {looks_like(head)}",
            file=shown(path),
            fix="save it as .xlsx" if old else "export as .xlsx or CSV",
        )
    names = sheet_names(path)
    if sheet is None and {"survey", "choices"} <= set(names):
        raise BadInput(
            "is an XLSForm: it holds the questions, not the answers",
            file=shown(path),
            fix="export the submissions as CSV and name this file as codebook: under survey: in study.yaml",
        )
    table = read_table(path, sheet=sheet)
    report = ImportReport(source=shown(path), format="Excel")
    report.guesses["sheet"] = f"{sheet or names[0]} (of {len(names)}; override: options: sheet:)"
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    cells = pd.DataFrame({i: as_categorical(column) for i, column in enumerate(columns)})
    header = [one_line(cell) for cell in table.header]
    return _survey(shown(path), header, cells, np.array(table.numbers, dtype=int), report)


def _survey(file: str, header: list[str], cells: pd.DataFrame, rows: np.ndarray, report: ImportReport) -> RawSurvey:
    if not len(cells):
        raise BadInput("holds a header but no rows", file=file, place="row 2", fix="export it again with its data")
    if not header[0] or header[0] == "":
        report.skipped.append("the first column has no name: a row number")
    named = [i for i, name in enumerate(header) if name or (i > 0 and cells[i].notna().any())]
    _check_header(file, [header[i] for i in named], named)
    keys = [header[i] for i in named]
    report.read["responses"] = len(cells)
    columns = {key: Column(key, text=key, role="id" if spelling(key) in _IDS else "answer") for key in keys}
    return RawSurvey(file, cells[named].set_axis(keys, axis=1), columns, rows, report)


_IDS = frozenset(("respondent_id", "respondent", "responseid", "response_id", "participant_id", "_uuid", "id"))


def _check_header(file: str, keys: list[str], positions: list[int]) -> None:
    problems: list[BadInput] = []
    for key in dict.fromkeys(keys):
        where = [positions[i] + 1 for i, other in enumerate(keys) if other == key]
        if not key:
            problems.append(
                BadInput(
                    "a column with answers has no name", file=file, place=f"row 1, column {where[0]}", fix="name it"
                )
            )
        elif len(where) > 1:
            problems.append(
                BadInput(
                    f"the column name {key!r} stands {len(where)} times",
                    file=file,
                    place=f"row 1, columns {', '.join(map(str, where))}",
                    fix="rename or remove the copies; nothing says which one is meant",
                )
            )
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]


def apply_codebook(survey: RawSurvey, path: Path) -> None:
    """Add question texts, kinds, value labels and missing values from a codebook table to a survey's columns.

    The table (CSV or .xlsx) has one row per variable: its name, and any of label, type, value labels, missing.
    Value labels are written ``1. Never,2. Rarely`` or ``1 = Never; 2 = Rarely`` or, without codes, ``Never|Rarely``.
    """
    table = read_table(path)
    header, rows = [one_line(cell) for cell in table.header], table.rows
    places = {}
    for part, names in _CODEBOOK.items():
        found = next((i for name in names for i, cell in enumerate(header) if spelling(cell) == name), None)
        if found is not None:
            places[part] = found
    if "name" not in places:
        raise BadInput(
            f"no column names the variables; it has {', '.join(map(repr, header[:8]))}",
            file=shown(path),
            place="row 1",
            fix="call that column 'name' or 'variable'",
        )
    unknown = []
    for row in rows:
        key = row[places["name"]].strip()
        column = survey.columns.get(key)
        if column is None:
            unknown.append(key)
            continue
        _describe(column, {part: row[i] for part, i in places.items()})
    matched = len(rows) - len(unknown)
    survey.report.guesses["codebook"] = f"{shown(path)}: {matched} of {len(rows)} variables are in the data"
    if not matched:
        raise BadInput(
            "describes none of the survey's columns", file=shown(path), fix=f"is it the codebook of {survey.file}?"
        )
    if unknown:
        survey.report.warnings.append(f"codebook: not in the data: {', '.join(unknown[:3])} ({len(unknown)} in all)")


def _describe(column: Column, cells: dict[str, str]) -> None:
    column.text = one_line(cells.get("text", "")) or column.text
    kind = _KINDS.get(spelling(cells.get("kind", "")), "")
    column.choices = value_labels(cells.get("choices", "")) or column.choices
    column.missing = [part.strip() for part in re.split(r"[;,|]", cells.get("missing", "")) if part.strip()]
    if kind and not (kind in ("number", "open") and column.choices):
        column.kind = kind


def value_labels(text: str) -> dict[str, str]:
    """Stored value -> label, from a codebook cell; labels may hold commas.

    Each label begins at ``N.``, ``N =`` or ``N:``; without numbers the cell is split at ``|`` or ``;`` or line ends.
    """
    starts = list(re.finditer(r"(?:^|[,;|\n])\s*(-?\d+)\s*[.=:)]\s*(?!\d)", text))
    if starts:
        ends = [match.start() for match in starts[1:]] + [len(text)]
        return {m[1]: one_line(text[m.end() : end]).strip(" ,;|") for m, end in zip(starts, ends, strict=True)}
    parts = [one_line(part) for part in re.split(r"[|;\n]", text)]
    return {part: part for part in parts if part} if len(parts) > 1 else {}
