"""Reading ATLAS.ti's table of quotations, whose cells join codes by commas although names of codes hold commas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput, CompendiumError
from .codebooks import codebook_project
from .columns import blank_cells, cells, find_columns
from .dates import with_clear_dates
from .options import ReadOptions, advice
from .projects import Code, Document, Mark, Project, raise_problems
from .safe import TableRows
from .tables import ImportReport

#: Headers follow the language of the interface.
COLUMNS = {
    "number": ("number", "id", "nummer", "número", "numero"),
    "text": ("text content", "quotation content", "textinhalt", "conteúdo do texto", "contenido de texto", "content"),
    "document": ("document", "dokument", "documento"),
    "codes": ("codes", "kodes", "códigos", "codigos"),
    "count": ("number of codes", "anzahl kodes", "número de códigos", "numero de codigos"),
    "coder": ("created by", "author", "erstellt von", "criado por", "creado por"),
    "memo": ("comment", "kommentar", "comentário", "comentario"),
    "created": ("creation date", "erstellungsdatum", "data de criação", "fecha de creación"),
}
#: Where these columns stand in every language.
_PLACES = {"number": 0, "text": 3, "document": 4, "codes": 5, "count": 6, "memo": 7, "created": 11}
_WIDTH = 13
SIGN = ", "
#: More readings of one cell than this are not listed.
_READINGS = 3


def is_quotations(header: list[str]) -> bool:
    """Whether a table is ATLAS.ti's table of quotations, by names of columns or by their number."""
    known = {name.strip().casefold() for name in header}
    named = all(known & set(COLUMNS[meaning]) for meaning in ("text", "document", "codes"))
    return named or (len(header) == _WIDTH and known & set(COLUMNS["codes"]) != set())


def read_quotations(path: Path, table: TableRows, options: ReadOptions) -> Project:
    """Quotations with their codes, told apart by the codebook.

    Parameters
    ----------
    path : path
    table : TableRows
        Its cells.
    options : ReadOptions
        ``codebook`` is needed; ``allow_new_codes`` takes what is left of a cell as a code of its own.

    Raises
    ------
    BadInput, ManyProblems
        Without a codebook; for a code that is not in it, for a cell with two readings, or one whose codes are not as
        many as the row says.
    """
    report = ImportReport(source=path.name, format="ATLAS.ti quotations")
    if options.codebook is None:
        raise BadInput(
            "codes are joined by commas and can hold commas, so their names are needed", file=table.file,
            fix="export the code manager as a table and name it: codebook: FILE",
        )  # fmt: skip
    columns = _columns(table, options)
    codebook = codebook_project(options.codebook).codes
    qdc = options.codebook.suffix.lower() == ".qdc"
    known = {(code.name if qdc else code.key): code.key for code in codebook}  # as written: "theme: code"
    matcher = CodeList(list(known))
    project = Project(report)
    documents: dict[str, Document] = {}
    problems: list[CompendiumError] = []
    new: dict[str, Code] = {}
    for number in range(len(table.rows)):
        cell = cells(table, number, columns)
        problems += blank_cells(table, number, cell, ("document",))
        documents.setdefault(cell["document"], Document(cell["document"], cell["document"]))
        try:
            stated = int(cell["count"]) if cell.get("count", "").isdigit() else None
            codes = matcher.read(table.rows[number][columns["codes"]], stated, allow_new=options.allow_new_codes)
        except BadInput as error:
            place = f"{table.place(number, 'Codes')} ({cell.get('number', '')})"
            problems.append(BadInput(error.what, file=table.file, place=place, fix=error.fix))
            continue
        new |= {code: Code(code, code) for code in codes if code not in known}
        coder = cell.get("coder") or options.coder
        for code in codes or (None,):
            key = None if code is None else known.get(code, code)
            unit, beside = cell.get("number") or f"row {number}", (cell.get("created", ""), cell.get("memo", ""))
            project.marks.append(Mark(cell["document"], key, cell["text"], None, None, coder, unit, *beside))
    raise_problems(problems)
    with_clear_dates(project)
    project.codes = [*codebook, *new.values()]
    project.documents = list(documents.values())
    _finish_report(report, project, len(table.rows), len(new), given=bool(options.coder or "coder" in columns))
    return project


def _columns(table: TableRows, options: ReadOptions) -> dict[str, int]:
    """Columns by name, or by place where the language of the interface is not known."""
    names = {name.strip().casefold() for name in table.header}
    if len(table.header) == _WIDTH and not names & set(COLUMNS["text"]) and not options.columns:
        return dict(_PLACES)
    return find_columns(table, COLUMNS, required=("text", "document", "codes"), given=options.columns)


@dataclass(frozen=True)
class CodeList:
    """Reads a cell of codes joined by ", " against the names of a codebook."""

    names: Sequence[str]

    def read(self, cell: str, stated: int | None, *, allow_new: bool = False) -> list[str]:
        """Codes of one cell, longest names first, with backtracking.

        Parameters
        ----------
        cell : str
        stated : int or None
            How many codes the row says it has; decides between readings.
        allow_new : bool
            Take one stretch that is in no codebook as a code.

        Raises
        ------
        BadInput
            Without a reading, or with several that fit equally well.
        """
        text = cell.strip()
        if not text:
            return []
        readings = self._fitting(self._readings(text, 0), stated)
        if not readings and allow_new:
            readings = self._fitting(self._with_one_new(text), stated)
        if len(readings) > 1:
            shown = "; or ".join(" | ".join(reading) for reading in readings)
            raise BadInput(f"the codes can be read in several ways: {shown}", fix="rename one of these codes")
        if readings:
            return readings[0]
        unknown = self._unmatched(text)
        if unknown:
            fix = f"add the code to the codebook, or take it as it stands: {advice('allow_new_codes', 'true')}"
            raise BadInput(f"{unknown!r} is not in the codebook", fix=fix)
        raise BadInput(f"the row says {stated} codes, but its cell reads otherwise", fix="export both tables again")

    def _fitting(self, readings: Iterator[list[str]], stated: int | None) -> list[list[str]]:
        """Readings with the stated number of codes; without a stated number only the first counts."""
        found: list[list[str]] = []
        for tried, reading in enumerate(readings):
            if stated is None:
                return [reading]
            if len(reading) == stated:
                found.append(reading)
            if len(found) == _READINGS or tried > 10_000:
                break
        return found

    def _readings(self, text: str, start: int) -> Iterator[list[str]]:
        for end, name in self._names_at(text, start):
            if end == len(text):
                yield [name]
            elif text.startswith(SIGN, end):
                for rest in self._readings(text, end + len(SIGN)):
                    yield [name, *rest]

    def _names_at(self, text: str, start: int) -> list[tuple[int, str]]:
        """Names that stand at a place and end where a name can end, the longest first."""
        found = [
            (start + len(name), name)
            for name in self.names
            if text.startswith(name, start)
            and (start + len(name) == len(text) or text.startswith(SIGN, start + len(name)))
        ]
        return sorted(found, reverse=True)

    def _with_one_new(self, text: str) -> Iterator[list[str]]:
        """Readings in which one stretch between commas is no known name; the shortest such stretch first."""
        starts = [0, *(at + len(SIGN) for at in _places(text))]
        ends = [*_places(text), len(text)]
        stretches = sorted(
            ((start, end) for start in starts for end in ends if end > start), key=lambda s: (s[1] - s[0], s[0])
        )
        for start, end in stretches:
            before = [[]] if start == 0 else list(self._readings(text[: start - len(SIGN)], 0))
            after = [[]] if end == len(text) else list(self._readings(text[end + len(SIGN) :], 0))
            if before and after:
                yield [*before[0], text[start:end], *after[0]]
                return

    def _unmatched(self, text: str) -> str:
        """The stretch that keeps a cell from being read."""
        for reading in self._with_one_new(text):
            return next((part for part in reading if part not in self.names), "")
        return text


def _places(text: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(SIGN, at)]


def _finish_report(report: ImportReport, project: Project, rows: int, new: int, *, given: bool) -> None:
    coded = sum(mark.code is not None for mark in project.marks)
    report.guesses["codes"] = f"{coded} in {rows} rows, longest name of the codebook first"
    if new:
        report.warnings.append(f"{new} codes that are not in the codebook, taken as they stand")
    report.warnings.append(
        "ATLAS.ti gives paragraph numbers, no positions: passages have none unless documents are given"
    )
    if not given:
        report.warnings.append("this table does not say who coded: options: {coder: NAME}")
