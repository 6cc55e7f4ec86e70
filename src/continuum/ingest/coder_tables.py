"""Reading tables of ratings: which coder gave which unit which value, one row per rating or one column per coder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import BadInput, CompendiumError
from .columns import blank_cells, cells, find_columns
from .options import ReadOptions
from .projects import Code, Document, Mark, Project, raise_problems
from .safe import TableRows
from .tables import ImportReport

LONG = {
    "unit": ("unit", "unit_id", "interview_id", "document", "case", "post_id", "item", "id"),
    "coder": ("coder", "coder_id", "rater", "rater_id", "annotator"),
}
_CODER = re.compile(r"(coder|rater|annotator)[ _.-]?\w*", re.I)
#: Values of a variable that only says whether a code is present.
_YES = frozenset(("1", "true", "yes"))
_NO = frozenset(("0", "false", "no"))


def is_long(header: list[str]) -> bool:
    """Whether a table has a unit, a coder and variables."""
    known = {name.casefold() for name in header}
    return len(header) > 2 and all(known & set(names) for names in LONG.values())


def is_wide(header: list[str]) -> bool:
    """Whether a table has a unit and one column per coder."""
    named = [name for name in header if name]
    coders = [name for name in named if _CODER.fullmatch(name)]
    return len(coders) >= 2 and len(coders) == len(named) - 1


def read_long(path: Path, table: TableRows, options: ReadOptions) -> Project:
    """Unit, coder and one column per variable.

    A variable of 0 and 1 (or true and false, yes and no) is one code; any other is a folder with one code per value.
    Unnamed columns (row numbers) are left out. A unit is an interview.

    Raises
    ------
    BadInput, ManyProblems
        For missing columns, empty units or coders, or a unit rated twice by one coder.
    """
    columns = find_columns(table, LONG, required=("unit", "coder"), given=options.columns)
    used = set(columns.values())
    variables = [i for i, name in enumerate(table.header) if name.strip() and i not in used]
    ratings = []
    problems: list[CompendiumError] = []
    for number, row in enumerate(table.rows):
        cell = cells(table, number, columns)
        problems += blank_cells(table, number, cell, ("unit", "coder"))
        ratings.append((number, cell["unit"], cell["coder"], [row[i].strip() for i in variables]))
    problems += _repeated(table, ratings)
    raise_problems(problems)
    return _project(path, table, [table.header[i].strip() for i in variables], ratings)


def read_wide(path: Path, table: TableRows, _options: ReadOptions) -> Project:
    """Unit and one column per coder; every value is a code.

    Raises
    ------
    BadInput, ManyProblems
        For empty or repeated units.
    """
    header = [name.strip() for name in table.header]
    coders = [i for i, name in enumerate(header) if _CODER.fullmatch(name)]
    unit = next(i for i, name in enumerate(header) if name and i not in coders)
    ratings = []
    problems: list[CompendiumError] = []
    for number, row in enumerate(table.rows):
        problems += blank_cells(table, number, {header[unit]: row[unit].strip()}, (header[unit],))
        ratings += [(number, row[unit].strip(), header[i], [row[i].strip()]) for i in coders]
    problems += _repeated(table, ratings)
    raise_problems(problems)
    return _project(path, table, ["value"], ratings)


Rating = tuple[int, str, str, list[str]]


def _repeated(table: TableRows, ratings: Sequence[Rating]) -> list[CompendiumError]:
    first: dict[tuple[str, str], int] = {}
    return [
        BadInput(
            f"unit {unit!r} is rated a second time by {coder!r}, first in {table.place(first[unit, coder])}",
            file=table.file, place=table.place(number), fix="keep one of the rows",
        )
        for number, unit, coder, _ in ratings
        if first.setdefault((unit, coder), number) != number
    ]  # fmt: skip


def _project(path: Path, table: TableRows, variables: Sequence[str], ratings: Sequence[Rating]) -> Project:
    report = ImportReport(source=path.name, format="table of coders")
    project = Project(report)
    units = dict.fromkeys(unit for _, unit, _, _ in ratings)
    project.documents = [Document(unit, unit) for unit in units]
    missing = 0
    for index, variable in enumerate(variables):
        values = {rating[3][index] for rating in ratings} - {""}
        binary = {value.casefold() for value in values} <= _YES | _NO
        project.codes.append(Code(variable, variable, codable=binary))
        if not binary:
            project.codes += [Code(f"{variable}\x1f{value}", value, variable) for value in sorted(values)]
        for _, unit, coder, row in ratings:
            value = row[index]
            missing += not value
            if binary and value.casefold() in _YES:
                project.marks.append(Mark(unit, variable, "", coder=coder, unit=unit))
            elif value and not binary:
                project.marks.append(Mark(unit, f"{variable}\x1f{value}", "", coder=coder, unit=unit))
    coders = len({coder for _, _, coder, _ in ratings})
    report.guesses["ratings"] = f"{len(units)} units, {coders} coders, {len(variables)} variables"
    unnamed = sum(not name.strip() for name in table.header)
    if unnamed:
        report.skipped.append(f"{unnamed} columns without a name")
    if missing:
        report.warnings.append(f"{missing} empty ratings: not rated")
    return project
