"""Codebooks that stand in a file of their own: REFI-QDA (.qdc) or a table of codes, one per row."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput
from .dotted import dotted_codes
from .projects import Code, Project
from .refi_xml import read_qdc
from .safe import shown
from .spreadsheets import read_table
from .tables import ImportReport

_NAME = ("code", "name", "tag", "code name")
_TEXT = ("definition", "description", "comment", "memo")
_PARENT = ("parent", "parent code", "parent_id")


def codebook_project(path: Path) -> Project:
    """A codebook as a project without documents, to be joined with the project that uses it.

    A table may have the columns code (or name, tag), definition (or description, comment), parent, area and level.
    """
    if path.suffix.lower() == ".qdc":
        return read_qdc(path)
    report = ImportReport(source=path.name, format="codebook table")
    codes, tags = _table_codes(path)
    if tags:
        codes = dotted_codes([(code.name, code.definition) for code in codes], report)
    return Project(report, codes=codes)


def _table_codes(path: Path) -> tuple[list[Code], bool]:
    """Codes of a table, and whether they are Taguette's tags."""
    table = read_table(path)
    header = [name.strip().casefold() for name in table.header]
    column = {
        field: next((header.index(name) for name in names if name in header), None)
        for field, names in {
            "name": _NAME, "definition": _TEXT, "parent": _PARENT, "area": ("area",), "level": ("level",),
        }.items()
    }  # fmt: skip
    if column["name"] is None:
        raise BadInput(
            f"no column of code names among {', '.join(table.header)}", file=shown(path), place="row 1",
            fix="call the column 'code' or 'name'",
        )  # fmt: skip
    codes: dict[str, Code] = {}
    for number, row in enumerate(table.rows):
        cell = {field: row[index].strip() if index is not None else "" for field, index in column.items()}
        if not cell["name"]:
            raise BadInput("the code has no name", file=table.file, place=table.place(number), fix="fill it in")
        if cell["name"] in codes:
            raise BadInput(
                f"the code {cell['name']!r} stands twice", file=table.file, place=table.place(number),
                fix="keep one of the rows",
            )  # fmt: skip
        codes[cell["name"]] = Code(
            cell["name"], cell["name"], cell["parent"] or None, cell["definition"], True, cell["area"], cell["level"]
        )
    for code in codes.values():
        if code.parent is not None and code.parent not in codes:
            raise BadInput(
                f"code {code.name!r} has the parent {code.parent!r}, which is not in the table", file=table.file,
                fix="add a row for the parent",
            )  # fmt: skip
    return list(codes.values()), "tag" in header
