"""CSV tables as text, with the row of whatever is wrong; nothing is interpreted."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import BadInput, ManyProblems
from .files import looks_like, read_text, shown

#: Longest single CSV cell: an interview of a million characters fits, a swallowed file does not.
MAX_CELL = 32 * 1024**2
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class TableRows:
    """Cells of a table as text, with the row number each record has in a spreadsheet (header = row 1)."""

    file: str
    header: list[str]
    rows: list[list[str]]
    numbers: list[int]
    delimiter: str
    encoding: str
    warnings: list[str] = field(default_factory=list)

    def place(self, row: int, column: str | None = None) -> str:
        """``row 14, column Q3`` for record ``row`` (counted from 0)."""
        return f"row {self.numbers[row]}" + (f", column {column}" if column else "")


def sniff_csv(text: str) -> str:
    """The delimiter of a CSV text: the one that splits the header into most cells, quotes respected.

    Ties go to the order comma, semicolon, tab, bar.
    """
    counts = {}
    for delimiter in DELIMITERS:
        try:
            first = next(csv.reader(io.StringIO(text[:65536], newline=""), delimiter=delimiter), [])
        except csv.Error:
            first = []
        counts[delimiter] = len(first)
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])


def read_csv_rows(path: Path, *, delimiter: str | None = None, repeated_header: bool = False) -> TableRows:
    """Every cell of a CSV file as text, nothing interpreted.

    Parameters
    ----------
    path : path
    delimiter : str, optional
        Found from the header when not given.
    repeated_header : bool
        Accept a data row equal to the header (exports glued together have one; it is an error otherwise).

    Returns
    -------
    TableRows
        Blank lines are dropped; a header that ends in an empty cell may have rows one cell shorter.

    Raises
    ------
    BadInput, ManyProblems
        For text in an unknown encoding, an unclosed quote (the row where it began), rows with too few or too many
        cells (up to 20 of them), a header row among the data, or no header at all.
    """
    text, encoding, warnings = read_text(path)
    name = shown(path)
    head = text[:4096].encode("utf-8", "replace")
    if (kind := looks_like(head)) in {"a web page", "an XML file"} or kind.startswith("a zip"):
        raise BadInput(f"expected a CSV table, but this is {kind}", file=name, fix="export as CSV")
    delimiter = delimiter or sniff_csv(text)
    records, numbers = _parse(text, delimiter, name)
    if not records:
        raise BadInput("holds no rows", file=name, fix="export it again")
    header = records[0]
    return TableRows(
        name,
        header,
        _rectangular(records[1:], header, numbers[1:], name, repeated_header),
        numbers[1:],
        delimiter,
        encoding,
        warnings,
    )


def _parse(text: str, delimiter: str, name: str) -> tuple[list[list[str]], list[int]]:
    """Records that are not blank, each with its row number."""
    before = csv.field_size_limit(MAX_CELL)
    records: list[list[str]] = []
    numbers: list[int] = []
    row = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    began = 1
    try:
        for record in reader:
            row += 1
            began = reader.line_num + 1
            if any(cell.strip() for cell in record):
                records.append(record)
                numbers.append(row)
    except csv.Error as error:
        raise BadInput(
            f"a quoted cell that begins in this row is not closed properly ({error})",
            file=name,
            place=f"row {row + 1} (line {began})",
            fix='close the quote, or write quotes inside a cell twice ("")',
        ) from None
    finally:
        csv.field_size_limit(before)
    return records, numbers


def _rectangular(
    rows: list[list[str]], header: list[str], numbers: list[int], name: str, repeated_header: bool
) -> list[list[str]]:
    width = len(header)
    problems: list[BadInput] = []
    kept = []
    for number, row in zip(numbers, rows, strict=True):
        if len(row) == width - 1 and not header[-1].strip():
            row = [*row, ""]
        if len(row) != width:
            problems.append(
                BadInput(
                    f"has {len(row)} cells, the header has {width}",
                    file=name,
                    place=f"row {number}",
                    fix="check quotes and separators in this row",
                )
            )
        elif row == header and not repeated_header:
            problems.append(BadInput("repeats the header", file=name, place=f"row {number}", fix="delete this row"))
        kept.append(row)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return kept
