"""SQLite databases of coding tools: opened read-only, read by column name, never changed nor accompanied by a file."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ...errors import BadInput, CompendiumError, ManyProblems
from .files import MAX_UNPACKED, looks_like, read_bytes_head, shown

_MAGIC = b"SQLite format 3\x00"
_WAL = 2
_COMPANIONS = ("-wal", "-journal")


class Database:
    """A database of a coding tool; use it in a ``with`` block.

    Parameters
    ----------
    path : path
    tool : str
        Which tool should have written it, for messages.

    Raises
    ------
    BadInput
        If it is not an SQLite database (encrypted ones are not), is locked, damaged or above 2 GiB.
    """

    def __init__(self, path: Path, tool: str) -> None:
        self.path, self.tool = path, tool
        head = read_bytes_head(path)
        if not head.startswith(_MAGIC):
            raise BadInput(
                f"expected a database of {tool}, but this is {looks_like(head)}, or it is encrypted", file=shown(path),
                fix="copy the database again, without a password",
            )  # fmt: skip
        if path.stat().st_size > MAX_UNPACKED:
            raise BadInput("is larger than the 2 GiB allowed", file=shown(path), fix="export only this project")
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._connection = self._guard(lambda: self._connect(head), "the database cannot be opened")
        self.tables = self._guard(self._read_tables, "the list of tables cannot be read")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if self._folder is not None:
            self._folder.cleanup()

    def require(self, tables: Mapping[str, Sequence[str]], *, supported: str, fix: str) -> None:
        """Check that tables and columns are there.

        Raises
        ------
        BadInput, ManyProblems
            Naming each missing table or column and the versions that are supported.
        """
        problems: list[CompendiumError] = []
        for table, columns in tables.items():
            if table not in self.tables:
                what = "this table is missing"
            elif missing := [name for name in columns if name not in self.tables[table]]:
                what = f"the columns {', '.join(missing)} are missing"
            else:
                continue
            problems.append(
                BadInput(f"{what} (supported: {supported})", file=shown(self.path), place=f"table {table}", fix=fix)
            )
        if problems:
            raise ManyProblems(problems) if len(problems) > 1 else problems[0]

    def rows(self, table: str, *columns: str) -> Iterator[dict[str, Any]]:
        """The named columns of a table in the order of its rows; columns that this version lacks are None.

        Columns that are not named are never read.
        """
        known = self.tables.get(table, [])
        present = [name for name in columns if name in known]
        if not present:
            return
        names = ", ".join(f'"{name}"' for name in present)
        found = self._guard(
            lambda: self._connection.execute(f'SELECT {names} FROM "{table}" ORDER BY rowid').fetchall(),  # noqa: S608
            f"table {table} cannot be read",
        )
        empty = dict.fromkeys(columns)
        for row in found:
            yield {**empty, **dict(zip(present, row, strict=True))}

    def _connect(self, head: bytes) -> sqlite3.Connection:
        """Read-only; from a copy where SQLite would otherwise write files beside the database."""
        path = self.path.resolve()
        companions = [side for end in _COMPANIONS if (side := path.with_name(path.name + end)).exists()]
        if companions or head[18] == _WAL:
            self._folder = tempfile.TemporaryDirectory(prefix="continuum-")
            for file in (path, *companions):
                shutil.copyfile(file, Path(self._folder.name) / file.name)
            path = Path(self._folder.name) / path.name
            mode = "rw"
        else:
            mode = "ro"
        connection = sqlite3.connect(f"file:{quote(path.as_posix())}?mode={mode}", uri=True, timeout=2)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _read_tables(self) -> dict[str, list[str]]:
        """Columns of each table; views are no tables, whatever their name."""
        names = [row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [row[0] for row in self._connection.execute("SELECT name FROM pragma_table_info(?)", (name,))]
            for name in names
        }

    def _guard(self, call: Any, what: str) -> Any:
        try:
            return call()
        except (sqlite3.Error, UnicodeError) as error:
            if self._folder is not None:
                self._folder.cleanup()
            locked = "locked" in str(error) or "busy" in str(error)
            raise BadInput(
                f"{what} ({error})", file=shown(self.path),
                fix=f"close {self.tool} and try again" if locked else "copy the database again",
            ) from None  # fmt: skip


def whole(value: Any, place: str, path: Path) -> int:
    """A cell that must be a whole number.

    Raises
    ------
    BadInput
        Naming table and column.
    """
    if isinstance(value, int):
        return value
    raise BadInput(f"{value!r} is not a whole number", file=shown(path), place=place, fix="copy the database again")
