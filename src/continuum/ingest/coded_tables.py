"""Reading tables with one row per coded passage: MAXQDA, Dedoose, and plain CSV of any origin."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import BadInput, CompendiumError
from .codebooks import read_codebook_table
from .columns import blank_cells, cells, find_columns
from .dates import with_clear_dates
from .name_trees import path_codes, tidy_path
from .options import ReadOptions
from .projects import LEVEL, Case, Document, Mark, Project, Tally, raise_problems
from .safe import TableRows
from .tables import ImportReport

PLAIN = {
    "document": ("document", "interview_id", "interview", "transcript", "source", "file"),
    "code": ("code", "code_id", "tag", "code name"),
    "text": ("text", "segment", "quote", "quotation", "excerpt", "content"),
    "start": ("start", "start_offset", "begin"),
    "end": ("end", "end_offset"),
    "unit": ("unit", "segment_id", "unit_id"),
    "coder": ("coder", "coder_id", "coder name", "annotator"),
    "case": ("case", "case_id", "participant"),
    "memo": ("memo", "comment", "note"),
    "created": ("created", "created_at", "date"),
}
MAXQDA = {
    "document": ("document name", "dokumentname", "document", "dokument"),
    "group": ("document group", "dokumentgruppe"),
    "code": ("code", "codesystem"),
    "text": ("segment", "coded segment", "codiertes segment"),
    "coder": ("created by", "author", "created", "erstellt von", "autor"),
    "memo": ("comment", "kommentar"),
    "created": ("creation date", "created", "erstellt am"),
}
DEDOOSE = {
    "document": ("media title",),
    "unit": ("excerpt range",),
    "coder": ("excerpt creator",),
    "text": ("excerpt copy",),
    "created": ("excerpt date",),
}
_APPLIED = re.compile(r"code: (.+) applied", re.I)
_YES = frozenset(("true", "1", "yes", "x"))
_NO = frozenset(("false", "0", "no", ""))


def is_plain(header: list[str]) -> bool:
    """Whether a table has a document, a code and a text column under usual names."""
    known = {name.casefold() for name in header}
    return all(known & set(PLAIN[meaning]) for meaning in ("document", "code", "text"))


def is_maxqda(header: list[str]) -> bool:
    """Whether a table is MAXQDA's list of coded segments."""
    known = {name.casefold() for name in header}
    return all(known & set(MAXQDA[meaning][:2]) for meaning in ("document", "group", "code", "text"))


def is_dedoose(header: list[str]) -> bool:
    """Whether a table is Dedoose's list of excerpts."""
    return any(name.casefold() == "media title" for name in header) and any(_APPLIED.fullmatch(n) for n in header)


def read_codes_alone(path: Path, table: TableRows, _options: ReadOptions) -> Project:
    """A codebook given in place of coded passages: codes without documents."""
    project = read_codebook_table(path, table)
    project.report.warnings.append("a codebook holds no coded passages: export the project (.qdpx) as well")
    return project


def read_plain(path: Path, table: TableRows, options: ReadOptions) -> Project:
    """A table of any origin: document, code, text; and optionally start, end, unit, coder, case.

    Positions are code points of the document's LF text, end exclusive. Codes may be paths joined by `` > ``.

    Raises
    ------
    BadInput, ManyProblems
        For missing columns, empty cells, or positions that are not whole numbers or run backwards.
    """
    columns = find_columns(table, PLAIN, required=("document", "code", "text"), given=options.columns)
    reader = _Rows(path, table, options, "table of coded passages", LEVEL)
    needed = [name for name in ("document", "code", "coder") if name in columns]
    for number in range(len(table.rows)):
        cell = cells(table, number, columns)
        reader.problems += blank_cells(table, number, cell, needed)
        start, end = (reader.position(number, name, cell.get(name, "")) for name in ("start", "end"))
        if start is not None and end is not None and not 0 <= start < end:
            reader.problem(number, "start", f"positions {start} to {end} are no passage")
        if start is not None and end is not None and len(cell["text"]) != end - start:
            reader.tally.add("passages whose text is not as long as their positions say", table.place(number))
        if not cell["text"] and start is None:
            reader.problems += blank_cells(table, number, cell, ("text",))
        reader.add(cell, cell["code"], start=start, end=end, case=cell.get("case", ""))
    return reader.finish(coder_known="coder" in columns)


def read_maxqda(path: Path, table: TableRows, options: ReadOptions) -> Project:
    """MAXQDA's coded segments; codes are paths with backslashes.

    Raises
    ------
    BadInput, ManyProblems
        For missing columns or empty cells.
    """
    columns = find_columns(table, MAXQDA, required=("document", "code", "text"), given=options.columns)
    reader = _Rows(path, table, options, "MAXQDA coded segments", "\\")
    for number in range(len(table.rows)):
        cell = cells(table, number, columns)
        reader.problems += blank_cells(table, number, cell, ("document", "code"))
        cell["coder"], _, date = cell.get("coder", "").partition(",")  # "created by, date" in one cell
        cell["coder"] = cell["coder"].strip()
        if date or columns.get("created") == columns.get("coder"):
            cell["created"] = date.strip()
        reader.add(cell, cell["code"], variables={"document group": cell.get("group", "")})
    return reader.finish(coder_known="coder" in columns)


def read_dedoose(path: Path, table: TableRows, options: ReadOptions) -> Project:
    """Dedoose's excerpts, from its columns ``Code: X Applied``.

    Raises
    ------
    BadInput, ManyProblems
        For missing columns, empty cells, or a cell that is neither True nor False.
    """
    columns = find_columns(table, DEDOOSE, required=("document", "coder", "text"), given=options.columns)
    applied = {
        match[1].strip(): index
        for index, name in enumerate(table.header)
        if (match := _APPLIED.fullmatch(name.strip()))
    }
    reader = _Rows(path, table, options, "Dedoose excerpts", "\x00")
    reader.define(applied)
    for number, row in enumerate(table.rows):
        cell = cells(table, number, columns)
        reader.problems += blank_cells(table, number, cell, ("document", "coder"))
        cell["unit"] = f"{cell.get('unit', '')} of row {table.numbers[number]}"
        codes = []
        for code, index in applied.items():
            value = row[index].strip().casefold()
            if value in _YES:
                codes.append(code)
            elif value not in _NO:
                reader.problem(number, f"Code: {code} Applied", f"{row[index]!r} is neither True nor False")
        for name in codes or [""]:
            reader.add(cell, name)
    return reader.finish(coder_known=True)


class _Rows:
    """Collects the rows of a table of passages into a project."""

    def __init__(self, path: Path, table: TableRows, options: ReadOptions, kind: str, sign: str) -> None:
        self.table, self.options, self.sign = table, options, sign
        self.report = ImportReport(source=path.name, format=kind)
        self.problems: list[CompendiumError] = []
        self.tally = Tally()
        self._project = Project(self.report)
        self._paths: dict[str, str] = {}
        self._documents: dict[str, Document] = {}
        self._cases: dict[str, Case] = {}

    def define(self, codes: dict[str, int]) -> None:
        """Codes that exist whether or not a row uses them."""
        self._paths |= dict.fromkeys(codes, "")

    def position(self, number: int, name: str, text: str) -> int | None:
        """A position, or None for an empty cell; a problem where it is no whole number."""
        if not text:
            return None
        if not text.isdecimal():
            self.problem(number, name, f"{text!r} is not a whole number")
            return None
        return int(text)

    def problem(self, number: int, column: str, what: str) -> None:
        """A problem of one cell."""
        place = self.table.place(number, column)
        self.problems.append(BadInput(what, file=self.table.file, place=place, fix="correct this cell"))

    def add(
        self,
        cell: dict[str, str],
        code: str,
        *,
        start: int | None = None,
        end: int | None = None,
        case: str = "",
        variables: dict[str, str] | None = None,
    ) -> None:
        """One coding; an empty ``code`` is a passage without one."""
        name = cell["document"]
        document = self._documents.setdefault(name, Document(name, name))
        document.variables |= {key: value for key, value in (variables or {}).items() if value}
        if case:
            documents = self._cases.setdefault(case, Case(case)).documents
            if name not in documents:
                documents.append(name)
        key = tidy_path(code, self.sign) if code else None
        if key is not None:
            self._paths.setdefault(key, "")
        if start is None or end is None:
            start = end = None
        coder = cell.get("coder") or self.options.coder
        beside = (cell.get("unit", ""), cell.get("created", ""), cell.get("memo", ""))
        self._project.marks.append(Mark(name, key, cell["text"], start, end, coder, *beside))

    def finish(self, *, coder_known: bool) -> Project:
        """The project, or every problem of the table."""
        raise_problems(self.problems)
        if not coder_known and not self.options.coder:
            self.report.warnings.append("this table does not say who coded: options: {coder: NAME}")
        self._project.codes = path_codes(self._paths.items(), self.sign, self.report)
        self._project.documents = list(self._documents.values())
        self._project.cases = list(self._cases.values())
        self.report.warnings += self.tally.lines()
        return with_clear_dates(self._project)
