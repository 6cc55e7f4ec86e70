"""Coded interviews from any coding tool: which tool wrote a file, and its tidy tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BadInput
from .atlasti import is_quotations, read_quotations
from .attributes import map_attributes
from .codebooks import codebook_project, is_code_table
from .coded_tables import (
    is_dedoose,
    is_maxqda,
    is_plain,
    read_codes_alone,
    read_dedoose,
    read_maxqda,
    read_plain,
)
from .coder_tables import is_long, is_wide, read_long, read_wide
from .joining import assemble
from .options import ReadOptions
from .projects import Project, raise_problems
from .qualcoder import read_qualcoder
from .refi_qda import read_qdpx
from .refi_xml import read_qdc
from .safe import Database, TableRows, looks_like, open_zip, read_bytes_head, shown
from .schemas import checked_interviews
from .spreadsheets import read_table
from .tables import CodedInterviews
from .taguette import read_taguette
from .taguette_tables import HIGHLIGHT_COLUMNS, read_highlights
from .transcripts import place_passages


@dataclass(frozen=True)
class TableFormat:
    """A kind of table, recognized by its header."""

    name: str
    columns: Callable[[list[str]], bool]
    read: Callable[[Path, TableRows, ReadOptions], Project]


TABLES: tuple[TableFormat, ...] = (
    TableFormat("taguette-table", lambda header: header == list(HIGHLIGHT_COLUMNS), read_highlights),
    TableFormat("atlas.ti", is_quotations, read_quotations),
    TableFormat("dedoose", is_dedoose, read_dedoose),
    TableFormat("maxqda", is_maxqda, read_maxqda),
    TableFormat("codebook-table", is_code_table, read_codes_alone),
    TableFormat("table", is_plain, read_plain),
    TableFormat("coders-long", is_long, read_long),
    TableFormat("coders-wide", is_wide, read_wide),
)
FORMATS = ("refi-qda", "codebook", "taguette", "qualcoder", *(table.name for table in TABLES))
#: A table by which the databases of coding tools are told apart.
_DATABASES = {"taguette": "highlights", "qualcoder": "code_text"}


def read_interviews(
    path: str | Path | Sequence[str | Path],
    *,
    fmt: str | None = None,
    options: ReadOptions | None = None,
) -> CodedInterviews:
    """Read coded interviews as the coding tool wrote them.

    Parameters
    ----------
    path : path or sequence of paths
        One export, or several of one study (several coders, several tools): the same document name is the same
        interview, the same code path the same code.
    fmt : str, optional
        One of :data:`FORMATS`; found from the content by default.
    options : ReadOptions, optional

    Returns
    -------
    CodedInterviews
        Attributes as the export has them; :func:`continuum.ingest.load_interviews` maps them to the study's words.

    Raises
    ------
    BadInput, ManyProblems
        One message for each problem: file, place, what is wrong, what to do.
    """
    options = options or ReadOptions()
    given = [path] if isinstance(path, str | Path) else list(path)
    projects = read_projects([Path(entry) for entry in given], fmt=fmt, options=options)
    return checked_interviews(map_attributes(assemble(projects, options)))


def read_projects(files: Sequence[Path], *, fmt: str | None, options: ReadOptions) -> list[Project]:
    """Every file, and the codebook if there is one, in the tools' own terms; problems of all files together."""
    projects, problems = [], []
    for file in files:
        try:
            projects.append(read_project(file, fmt=fmt, options=_for_file(file, options)))
        except BadInput as error:
            problems.append(error)
    raise_problems(problems)
    if options.codebook is not None:
        projects.append(codebook_project(options.codebook))
    return projects


def read_project(path: Path, *, fmt: str | None = None, options: ReadOptions) -> Project:
    """One file in the tool's own terms; see :func:`read_interviews`."""
    if fmt is not None and fmt not in FORMATS:
        raise BadInput(f"unknown format {fmt!r}", file=shown(path), fix=f"use one of: {', '.join(FORMATS)}")
    fmt = fmt or _container(path)
    if fmt == "refi-qda":
        return read_qdpx(path, offset_unit=options.offset_unit, folder=options.folder)
    if fmt == "codebook":
        return read_qdc(path)
    if fmt == "taguette":
        return read_taguette(path, options)
    if fmt == "qualcoder":
        return read_qualcoder(path, options)
    table = read_table(path, delimiter=options.delimiter)
    project = _table_format(table, fmt or ("table" if options.columns else None)).read(path, table, options)
    return place_passages(project, options.documents) if options.documents else project


def _for_file(path: Path, options: ReadOptions) -> ReadOptions:
    return replace(options, coder=options.coders.get(path.name, options.coder))


def _container(path: Path) -> str | None:
    """The format a file's first bytes show, or None for a table."""
    if path.is_dir():
        return "qualcoder"
    head = read_bytes_head(path)
    kind = looks_like(head)
    if kind.startswith("a zip"):
        with open_zip(path) as archive:
            return None if archive.find("xl/workbook.xml") else "refi-qda"
    if kind == "an XML file":
        return "codebook" if b"CodeBook" in head and b"<Project" not in head else "refi-qda"
    if kind == "an SQLite database":
        with Database(path, "the coding tool") as database:
            found = next((fmt for fmt, table in _DATABASES.items() if table in database.tables), None)
        if found is not None:
            return found
        kind = "an SQLite database without the tables of Taguette or QualCoder"
    if kind == "a text file":
        return None
    raise BadInput(
        f"is {kind}, not an export of coded interviews", file=shown(path),
        fix="export a REFI-QDA project (.qdpx), or a table of coded passages (CSV)",
    )  # fmt: skip


def _table_format(table: TableRows, fmt: str | None) -> TableFormat:
    header = [name.strip() for name in table.header]
    for known in TABLES:
        if known.name == fmt or (fmt is None and known.columns(header)):
            return known
    raise BadInput(
        f"the columns ({', '.join(header[:12])}) are not those of a coding tool", file=table.file, place="row 1",
        fix=f"name the columns in options: {{columns: ...}}, or the format: {', '.join(FORMATS)}",
    )  # fmt: skip
