"""Reading what Taguette exports as tables: highlights (CSV, XLSX) and the codebook."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput, CompendiumError
from .codebooks import codebook_project
from .name_trees import dotted_codes, dotted_names
from .options import ReadOptions
from .projects import Document, Mark, Project, raise_problems
from .safe import TableRows
from .tables import ImportReport

HIGHLIGHT_COLUMNS = ("id", "document", "tag", "content")


def read_highlights(path: Path, table: TableRows, options: ReadOptions) -> Project:
    """Highlights as Taguette exports them: one row per highlight and tag.

    Parameters
    ----------
    path : path
    table : TableRows
        Its cells.
    options : ReadOptions
        ``codebook`` adds descriptions and tags nobody used; ``coder`` names who coded, which this export does not say.

    Raises
    ------
    BadInput, ManyProblems
        A row without document, tag or text; a tag that is not in the codebook.
    """
    report = ImportReport(source=path.name, format="Taguette highlights")
    project = Project(report)
    column = {name: table.header.index(name) for name in HIGHLIGHT_COLUMNS}
    defined = dotted_names(codebook_project(options.codebook).codes) if options.codebook else []
    known = {name for name, _ in defined}
    problems: list[CompendiumError] = []
    tags: dict[str, str] = {}
    documents: dict[str, Document] = {}
    for number, row in enumerate(table.rows):
        highlight, document, tag, content = (row[column[name]] for name in HIGHLIGHT_COLUMNS)
        for name, value in (("document", document), ("tag", tag)):
            if not value.strip():
                problems.append(
                    BadInput("the cell is empty", file=table.file, place=table.place(number, name), fix="fill it in")
                )
        if known and tag not in known:
            problems.append(
                BadInput(
                    f"the tag {tag!r} is not in the codebook",
                    file=table.file,
                    place=table.place(number, "tag"),
                    fix=f"export {options.codebook.name if options.codebook else 'the codebook'} again",
                )
            )
        tags.setdefault(tag, "")
        documents.setdefault(document, Document(document, document))
        project.marks.append(Mark(document, tag, content, coder=options.coder, unit=f"highlight {highlight.strip()}"))
    raise_problems(problems)
    project.codes = dotted_codes([*defined, *((tag, text) for tag, text in tags.items() if tag not in known)], report)
    project.documents = list(documents.values())
    highlights = len({mark.unit for mark in project.marks})
    report.guesses["highlights"] = f"{highlights} in {len(table.rows)} rows (one row per tag)"
    report.warnings.append("Taguette leaves highlights without a tag out of this export")
    if not options.coder:
        report.warnings.append(
            "Taguette's tables do not say who coded: give the .sqlite3 database, or options: {coder: NAME}"
        )
    return project
