"""Codebooks that stand in a file of their own: REFI-QDA (.qdc) or a table of codes, one per row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import BadInput, CompendiumError
from .name_trees import dotted_codes, indented_paths, path_codes, themed_codes
from .projects import Code, Project, raise_problems
from .refi_xml import read_qdc
from .safe import TableRows
from .spreadsheets import read_table
from .tables import ImportReport

_NAME = ("code", "name", "tag", "code name")
_TEXT = ("definition", "description", "comment", "memo")
#: Columns that only tables of passages have.
_PASSAGES = frozenset(("document", "document name", "media title", "codes", "content", "text", "segment"))
_PARENT = ("parent", "parent code", "parent_id")


def codebook_project(path: Path) -> Project:
    """A codebook as a project without documents, to be joined with the project that uses it.

    Parameters
    ----------
    path : path
        A ``.qdc``, or a table with one row per code: code (or name, tag), definition (or description, comment), parent,
        area and level. The tree is read as the tool writes it: Taguette's dots, ATLAS.ti's ``theme: code``,
        NVivo's indentation or backslashes, or a column ``parent``.

    Raises
    ------
    BadInput, ManyProblems
        If there is no column of names, or a name is missing, stands twice or has an unknown parent.
    """
    if path.suffix.lower() == ".qdc":
        return read_qdc(path)
    return read_codebook_table(path, read_table(path))


def is_codebook(path: Path) -> bool:
    """Whether a file is a codebook: a ``.qdc``, or a table with a column of code names and none of documents."""
    if path.suffix.lower() == ".qdc":
        return True
    if path.suffix.lower() not in {".csv", ".xlsx", ".txt", ".tsv"}:
        return False
    return is_code_table(read_table(path).header)


def is_code_table(columns: Sequence[str]) -> bool:
    """Whether a table has a column of code names and one of definitions, and no passages."""
    header = {name.strip().casefold() for name in columns}
    return bool(header & set(_NAME)) and bool(header & set(_TEXT)) and not header & _PASSAGES


def is_nvivo_codebook(header: list[str]) -> bool:
    """Whether a table is a codebook as NVivo exports it."""
    names = {name.strip().casefold() for name in header}
    return {"name", "description", "references"} <= names and bool({"files", "sources"} & names)


def read_codebook_table(path: Path, table: TableRows) -> Project:
    """A table of codes; see :func:`codebook_project`."""
    header = [name.strip().casefold() for name in table.header]
    report = ImportReport(source=path.name, format="codebook table")
    rows = _rows(table, header, nvivo=is_nvivo_codebook(table.header))
    names = [(row.name, row.definition) for row in rows]
    if "tag" in header:
        codes = dotted_codes(names, report)
    elif any(name.startswith("code group") for name in header):
        codes = themed_codes(names)
    elif is_nvivo_codebook(table.header):
        indented = any(name != name.lstrip() for name, _ in names)
        codes = path_codes(indented_paths(names, "\\") if indented else names, "\\", report)
    else:
        codes = _with_parents(rows, table)
    return Project(report, codes=codes)


def _rows(table: TableRows, header: list[str], *, nvivo: bool) -> list[Code]:
    """One code per row; only NVivo may name two codes alike, at different places of its tree."""
    column = {
        field: next((header.index(name) for name in names if name in header), None)
        for field, names in {
            "name": _NAME, "definition": _TEXT, "parent": _PARENT, "area": ("area",), "level": ("level",),
        }.items()
    }  # fmt: skip
    if column["name"] is None:
        raise BadInput(
            f"no column of code names among {', '.join(table.header)}", file=table.file, place="row 1",
            fix="call the column 'code' or 'name'",
        )  # fmt: skip
    codes: list[Code] = []
    seen: set[str] = set()
    problems: list[CompendiumError] = []
    for number, row in enumerate(table.rows):
        cell = {field: row[index].strip() if index is not None else "" for field, index in column.items()}
        name = row[column["name"]].rstrip() if nvivo else cell["name"]
        if not cell["name"] or (name in seen and not nvivo):
            what = f"the code {name!r} stands twice" if cell["name"] else "the code has no name"
            problems.append(BadInput(what, file=table.file, place=table.place(number), fix="correct this row"))
        seen.add(name)
        codes.append(Code(name, name, cell["parent"] or None, cell["definition"], True, cell["area"], cell["level"]))
    raise_problems(problems)
    return codes


def _with_parents(codes: list[Code], table: TableRows) -> list[Code]:
    """The same codes, their column ``parent`` checked."""
    parents = {code.name: code.parent for code in codes}
    for number, code in enumerate(codes):
        trail = [code.name]
        while (parent := parents[trail[-1]]) is not None:
            if parent not in parents or parent in trail:
                wrong = "is part of a cycle" if parent in trail else "is not in the table"
                raise BadInput(
                    f"the parent {parent!r} of code {code.name!r} {wrong}", file=table.file, place=table.place(number),
                    fix="correct the column parent",
                )  # fmt: skip
            trail.append(parent)
    return codes
