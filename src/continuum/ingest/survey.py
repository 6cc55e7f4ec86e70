"""Read a provider survey from any export: the format is found from the content, never from the file's name alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import BadInput
from .assemble import respondent_ids, type_items
from .cells import open_cells
from .items import guess_items
from .plain_survey import apply_codebook, read_excel, read_plain_csv
from .qsf_columns import apply_qsf
from .qualtrics import dialect, read_qualtrics
from .raw_survey import RawSurvey
from .respondents import one_row_each
from .safe import looks_like, read_bytes_head, shown
from .schemas_survey import check_survey
from .spreadsheets import sheet_names
from .spss import SUFFIXES, read_labelled
from .tables import SurveyData
from .xlsform import apply_xlsform, is_kobo, read_kobo

FORMATS = (
    "qualtrics", "qualtrics-1", "qualtrics-2", "qualtrics-3", "qualtrics-4", "qualtrics-5", "spss", "stata", "sas",
    "kobo", "excel", "csv",
)  # fmt: skip


def read_survey(
    path: str | Path,
    *,
    fmt: str | None = None,
    codebook: str | Path | None = None,
    include_tests: bool = False,
    mask_text: bool = False,
    sheet: str | None = None,
    na_values: Sequence[str] = (),
) -> SurveyData:
    """Read a survey export and type its items from what the export itself says.

    Parameters
    ----------
    path : path
        Qualtrics CSV (five dialects), SPSS .sav, Stata .dta, SAS, Kobo/ODK CSV, Excel, plain CSV.
    fmt : str, optional
        One of ``FORMATS``; found from the content when not given.
    codebook : path, optional
        The questionnaire: .qsf, XLSForm, or a table of variables and labels.
    include_tests : bool
        Keep Qualtrics previews and generated test responses.
    mask_text : bool
        Replace e-mail addresses, phone numbers and IP addresses in free text.
    sheet : str, optional
        Sheet of an Excel workbook; the first if not given.
    na_values : sequence of str
        Cells that mean "missing"; without it only empty cells do ("NA" and "None" can be answers).

    Returns
    -------
    SurveyData
        Columns that identify a person are already dropped and counted in the report.

    Raises
    ------
    BadInput, ManyProblems
        With file, row, column and what to do.
    """
    survey = read_raw(
        Path(path), fmt=fmt, codebook=Path(codebook) if codebook else None, include_tests=include_tests, sheet=sheet
    )
    survey.drop_personal()
    survey.blank(na_values)
    survey.screen_free_text(masked=mask_text)
    items = guess_items(survey)
    flat, typed = type_items(survey, items)
    identifier = next((key for key, column in survey.columns.items() if column.role == "id"), None)
    ids = respondent_ids(survey, identifier, "")
    return check_survey(one_row_each(survey, ids, {}, flat, typed), file=survey.file)


def read_raw(
    path: Path,
    *,
    fmt: str | None = None,
    codebook: Path | None = None,
    include_tests: bool = False,
    sheet: str | None = None,
) -> RawSurvey:
    """Read an export without typing it: cells as text, with what the export says about its columns."""
    fmt = fmt or sniff(path)
    if fmt.startswith("qualtrics") and fmt in FORMATS:
        number = int(fmt[-1]) if fmt[-1].isdigit() else None
        survey = read_qualtrics(path, fmt=number, include_tests=include_tests)
    elif fmt in ("spss", "stata", "sas"):
        survey = read_labelled(path)
    elif fmt == "excel":
        survey = read_excel(path, sheet=sheet)
    elif fmt == "kobo":
        survey = read_kobo(path)
    elif fmt == "csv":
        survey = read_plain_csv(path)
    else:
        raise BadInput(f"unknown survey format {fmt!r}", file=shown(path), fix=f"use one of: {', '.join(FORMATS)}")
    if codebook is not None:
        _describe(survey, codebook)
    return survey


def sniff(path: Path) -> str:
    """The format of a survey export, from its first bytes and header rows.

    Raises
    ------
    BadInput
        If it is no survey export this package reads.
    """
    suffix = path.suffix.lower()
    head = read_bytes_head(path)
    kind = looks_like(head)
    if suffix in SUFFIXES or kind.startswith("an SPSS"):
        return "spss"
    if suffix in {".xlsx", ".xlsm", ".xls"} or kind.startswith(("a zip", "an old Excel")):
        return "excel"
    if suffix == ".qsf" or (kind == "a JSON file" and b"SurveyElements" in head):
        raise BadInput(
            "is a Qualtrics questionnaire: it holds the questions, not the answers",
            file=shown(path),
            fix="export the responses as CSV and name this file as codebook: under survey: in study.yaml",
        )
    table = open_cells(path)
    if dialect(table.head) is not None:
        return "qualtrics"
    return "kobo" if is_kobo(table.head[0]) else "csv"


def _describe(survey: RawSurvey, codebook: Path) -> None:
    """Add a questionnaire or codebook, whichever it is, to the columns of a survey."""
    if codebook.suffix.lower() == ".qsf":
        apply_qsf(survey, codebook)
    elif codebook.suffix.lower() == ".xlsx" and {"survey", "choices"} <= set(sheet_names(codebook)):
        apply_xlsform(survey, codebook)
    else:
        apply_codebook(survey, codebook)
