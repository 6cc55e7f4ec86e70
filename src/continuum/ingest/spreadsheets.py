"""Tables in CSV or XLSX as the same rows of text; formulas are never evaluated."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .safe import TableRows, open_zip, parse_xml, read_bytes, read_csv_rows, shown


def read_table(path: Path, *, delimiter: str = "", sheet: str | None = None) -> TableRows:
    """Every cell of a CSV file, or of one sheet of an XLSX file (the first if not named), as text.

    Raises
    ------
    BadInput, ManyProblems
        As :func:`~continuum.ingest.safe.read_csv_rows`; or if the XLSX is damaged, hostile or has no rows.
    """
    if read_bytes(path)[:4] == b"PK\x03\x04":
        return _read_xlsx(path, sheet)
    return read_csv_rows(path, delimiter=delimiter or None)


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets of an XLSX file."""
    book = _open(path)
    try:
        return list(book.sheetnames)
    finally:
        book.close()


def _open(path: Path) -> Any:
    from openpyxl import load_workbook  # 0.3 s, and most studies have none

    with open_zip(path, expected="an Excel file (.xlsx)") as archive:
        if archive.find("xl/workbook.xml") is None:
            raise BadInput("is a zip, but not an Excel file (.xlsx)", file=shown(path), fix="export as CSV or XLSX")
        for name in archive.names:
            if name.endswith((".xml", ".rels")):
                parse_xml(archive.read(name), shown(path), place=name)
    try:
        return load_workbook(io.BytesIO(read_bytes(path)), read_only=True, data_only=True)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> BadInput:
    return BadInput(f"the Excel file cannot be read ({error})", file=shown(path), fix="save it again, or export as CSV")


def _read_xlsx(path: Path, name: str | None) -> TableRows:
    book = _open(path)
    try:
        if name is not None and name not in book.sheetnames:
            known = ", ".join(book.sheetnames)
            raise BadInput(f"has no sheet {name!r}", file=shown(path), fix=f"its sheets are: {known}")
        sheet = book[name] if name is not None else book.worksheets[0]
        sheet.reset_dimensions()  # programs write wrong ones
        records = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise _unreadable(path, error) from None
    numbered = [(number, row) for number, row in enumerate(records, start=1) if any(cell.strip() for cell in row)]
    if not numbered:
        raise BadInput("holds no rows", file=shown(path), place=sheet.title, fix="export it again")
    header = _trimmed(numbered[0][1])
    width = len(header)
    rows = [(row + [""] * width)[:width] for _, row in numbered[1:]]
    for number, row in numbered[1:]:
        if any(cell.strip() for cell in row[width:]):
            raise BadInput(
                f"has more cells than the {width} of the header", file=shown(path), place=f"row {number}",
                fix="check this row",
            )  # fmt: skip
    return TableRows(shown(path), header, rows, [number for number, _ in numbered[1:]], "", "xlsx")


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row = row[:-1]
    return row


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)
