"""Finding the columns of a table by the names different programs give them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from ..errors import BadInput, CompendiumError
from .safe import TableRows


def find_columns(
    table: TableRows,
    names: Mapping[str, Sequence[str]],
    *,
    required: Sequence[str],
    given: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Positions of columns by what they mean.

    Parameters
    ----------
    table : TableRows
    names : mapping
        Meaning -> names it goes by, in lower case, the preferred first.
    required : sequence of str
        Meanings that must be there.
    given : mapping, optional
        Meaning -> the table's own name; wins over ``names``.

    Raises
    ------
    BadInput
        One error that lists the columns found, those missing and the nearest names.
    """
    header = [name.strip().casefold() for name in table.header]
    wanted = {**names, **{meaning: (name.strip().casefold(),) for meaning, name in (given or {}).items()}}
    found = {}
    for meaning, options in wanted.items():
        place = next((header.index(name) for name in options if name in header), None)
        if place is not None:
            found[meaning] = place
    missing = [name for name in [*required, *(given or {})] if name not in found]
    if missing:
        near = {name: difflib.get_close_matches(wanted[name][0], header, n=1, cutoff=0.5) for name in missing}
        hints = "; ".join(f"{name}: {near[name][0]!r}?" for name in missing if near[name])
        raise BadInput(
            f"columns missing: {', '.join(dict.fromkeys(missing))}; there are: {', '.join(table.header)}",
            file=table.file,
            place=f"row {table.numbers[0] - 1}" if table.numbers else "row 1",
            fix=f"name them in options: {{columns: ...}}{f' ({hints})' if hints else ''}",
        )
    return found


def cells(table: TableRows, number: int, columns: Mapping[str, int]) -> dict[str, str]:
    """The named cells of one row, without blanks around them; nothing for columns that are not there."""
    row = table.rows[number]
    return {meaning: row[index].strip() for meaning, index in columns.items()}


def blank_cells(table: TableRows, number: int, cell: Mapping[str, str], needed: Sequence[str]) -> list[CompendiumError]:
    """One problem for each needed cell of a row that is empty."""
    return [
        BadInput(
            "the cell is empty", file=table.file, place=table.place(number, name), fix="fill it in, or delete the row"
        )
        for name in needed
        if not cell.get(name)
    ]
