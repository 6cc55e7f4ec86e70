"""Qualtrics CSV exports in five dialects, told apart by the content of their header rows.

1 modern (row 3 is JSON), 2 Insights 2016 (row 3 is a Python-style dict), 3 legacy (columns ``V1`` to ``V10``),
4 edited by the user (second header row kept, import ids gone), 5 renamed for analysis (one header row).
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from ..errors import BadInput
from .cells import CellTable, open_cells, rows_where
from .raw_survey import Column, RawSurvey, Role, one_line, question_of, unique_keys
from .tables import ImportReport

DIALECTS = {
    1: "Qualtrics CSV, modern: three header rows",
    2: "Qualtrics CSV, Insights 2016: three header rows",
    3: "Qualtrics CSV, legacy: two header rows",
    4: "Qualtrics CSV, edited: two header rows, no import ids",
    5: "Qualtrics CSV, renamed: one header row",
}
#: Columns that Qualtrics adds itself, by header, second header row (legacy) or import id, lower-cased.
_SYSTEM = frozenset(
    (
        "startdate", "enddate", "status", "progress", "duration (in seconds)", "duration", "finished", "recordeddate",
        "distributionchannel", "userlanguage", "responseset", "responsesetid", "ipaddress", "recipientlastname",
        "recipientfirstname", "recipientemail", "externalreference", "externaldatareference", "locationlatitude",
        "locationlongitude", "locationaccuracy", "name", "emailaddress", "q_recaptchascore", "q_duplicaterespondent",
        "q_relevantidduplicate", "q_relevantidduplicatescore", "q_relevantidfraudscore", "q_relevantidlaststartdate",
    )
)  # fmt: skip
_RESPONSE_ID = frozenset(("responseid", "_recordid"))
_STATUS = {
    "0": "normal", "ip address": "normal", "1": "preview", "survey preview": "preview", "2": "test",
    "survey test": "test",
}  # fmt: skip
_QUESTION = re.compile(r"(?P<question>(?:\d+_)?QID\d+(?:#\d+)?)(?:[-_](?P<rest>.*))?$")


def dialect(head: list[list[str]]) -> int | None:
    """Which dialect the first rows are in: 1 to 4, or None if they are not Qualtrics' (dialect 5 looks plain)."""
    if len(head) > 2 and _import_ids(head[2], lenient=True):
        return 2 if any(cell.strip().startswith("{'") for cell in head[2]) else 1
    names = [cell.strip().lower() for cell in head[0]]
    second = [cell.strip().lower() for cell in head[1]] if len(head) > 1 else []
    if names[:3] == ["v1", "v2", "v3"] and "responseid" in second:
        return 3
    known = sum(name in _SYSTEM or name in _RESPONSE_ID for name in names)
    if known < 2 or not second:
        return None
    return 5 if _is_response(names, second) else 4


def _is_response(names: list[str], record: list[str]) -> bool:
    """Whether a row holds a response, going by the cells under Qualtrics' own columns."""
    shapes = {
        "startdate": r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*",
        "enddate": r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*",
        "recordeddate": r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*",
        "responseid": r"(r|syn)[_-].+",
        "finished": "0|1|true|false",
        "progress": r"\d+",
        "status": "|".join(_STATUS) + r"|\d+",
    }
    return any(re.fullmatch(shapes[name], cell) for name, cell in zip(names, record, strict=False) if name in shapes)


def read_qualtrics(path: Path, *, fmt: int | None = None, include_tests: bool = False) -> RawSurvey:
    """Read a Qualtrics CSV.

    Parameters
    ----------
    path : path
    fmt : int, optional
        Dialect 1 to 5; found from the content when not given.
    include_tests : bool
        Keep previews and generated test responses (they are counted in any case).

    Raises
    ------
    BadInput, ManyProblems
        If the header rows do not fit the dialect, if no response remains, or for damaged rows.
    """
    table = open_cells(path)
    found = dialect(table.head)
    number = fmt or found or 5
    if found is not None and fmt is not None and fmt != found:
        raise BadInput(
            f"was to be read as dialect {fmt} ({DIALECTS[fmt]}), but its header rows are those of dialect {found}",
            file=table.file,
            place="rows 1 to 3",
            fix=f"leave format: out of study.yaml, or write qualtrics-{found}",
        )
    if found is None and number in (1, 2, 3, 4):
        raise BadInput(
            f"its first rows are not those of {DIALECTS[number]}",
            file=table.file,
            place="rows 1 to 3",
            fix="export again from Qualtrics as CSV, or leave format: out of study.yaml",
        )
    survey = _with_columns(table, number)
    _leave_out_tests(survey, include_tests)
    _count_unfinished(survey)
    survey.report.read["responses"] = len(survey.cells)
    return survey


def _with_columns(table: CellTable, number: int) -> RawSurvey:
    header_rows = {1: 3, 2: 3, 3: 2, 4: 2, 5: 1}[number]
    names = [one_line(cell) for cell in table.head[0]]
    labels = [one_line(cell) for cell in table.head[1]] if header_rows > 1 else [""] * len(names)
    ids = _import_ids(table.head[2]) if header_rows == 3 else [""] * len(names)
    if len(labels) != len(names) or len(ids) != len(names):
        raise BadInput(
            f"its header rows have {len(names)}, {len(labels)} and {len(ids)} cells",
            file=table.file,
            place="rows 1 to 3",
            fix="export again; do not edit the file in a spreadsheet",
        )
    if number == 3:
        names = [label if re.fullmatch(r"V\d+", name) else name for name, label in zip(names, labels, strict=True)]
    cells, rows = table.cells(header_rows)
    report = ImportReport(source=table.file, format=DIALECTS[number])
    report.guesses["encoding"] = table.encoding.removesuffix("-sig")
    report.guesses["separator"] = {",": "comma", ";": "semicolon", "\t": "tab"}.get(table.delimiter, table.delimiter)
    report.guesses["dialect"] = f"{number}, by the content of the first rows (override: format: qualtrics-N)"
    report.warnings += table.warnings
    named = [i for i, name in enumerate(names) if name]
    keys = unique_keys([names[i] for i in named])
    repeated = sorted({names[i] for i in named if names.count(names[i]) > 1})
    if repeated:
        report.warnings.append(
            f"{len(repeated)} column names repeat ({', '.join(repeated[:3])}): told apart as 'NAME (2)', 'NAME (3)'"
        )
    cells = cells[named].set_axis(keys, axis=1)
    columns = {
        key: _column(key, names[i], labels[i], ids[i], modern=header_rows == 3)
        for key, i in zip(keys, named, strict=True)
    }
    survey = RawSurvey(table.file, cells, columns, rows, report)
    _share_stems(survey)
    return survey


def _column(key: str, name: str, label: str, import_id: str, *, modern: bool) -> Column:
    match = _QUESTION.match(import_id)
    plain = {name.lower(), import_id.lower(), import_id.lower().rpartition("-")[2]}
    role: Role = "answer"
    if plain & _RESPONSE_ID:
        role = "id"
    elif plain & _SYSTEM or name.endswith(" - Topics") or re.search(r"_[0-9a-f]{20,}", import_id):
        role = "system"
    elif modern and "QID" not in import_id:
        role = "embedded"
    column = Column(key, text=label or name, import_id=import_id, role=role)
    if match:
        column.question_id = match["question"]
        if (match["rest"] or "").endswith("TEXT"):
            column.kind = "open"
    elif name.endswith("_TEXT"):
        column.kind = "open"
    return column


def _import_ids(record: list[str], *, lenient: bool = False) -> list[str]:
    """Import ids of the third header row; with ``lenient`` an empty list where it is not such a row."""
    ids = []
    for cell in record:
        text = cell.strip()
        try:
            value = json.loads(text) if '"ImportId"' in text else ast.literal_eval(text) if text else {}
            import_id = value.get("ImportId", "")
        except (ValueError, SyntaxError, AttributeError, RecursionError, MemoryError):
            if lenient:
                return []
            raise BadInput(f"has a third header row whose cell is not an import id: {text[:60]!r}") from None
        choice = value.get("choiceId")
        ids.append(f"{import_id}-{choice}" if choice and not str(import_id).endswith(str(choice)) else str(import_id))
    return ids if any(ids) else []


def _share_stems(survey: RawSurvey) -> None:
    """Split labels ``stem - option`` where the columns of one question share the stem."""
    groups: dict[str, list[Column]] = {}
    for column in survey.columns.values():
        if column.role == "answer" and column.kind != "open":
            groups.setdefault(column.question_id or question_of(column), []).append(column)
    for columns in groups.values():
        if len(columns) < 2:
            continue
        stem = _common_stem([column.text for column in columns])
        for column in columns:
            if stem:
                column.question = re.sub(r"(\s*-\s*(Selected Choice)?\s*)+$", "", stem)
                column.text = column.text[len(stem) :].strip(" -") or column.text


def _common_stem(texts: list[str]) -> str:
    """The longest common beginning that ends at a dash between stem and option."""
    first, last = min(texts), max(texts)
    size = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    cut = first.rfind("-", 0, size)
    return first[: cut + 1] if cut > 0 else ""


def _leave_out_tests(survey: RawSurvey, include_tests: bool) -> None:
    status = next((key for key in survey.columns if key.lower() == "status"), None)
    if not len(survey.cells):
        raise _no_responses(survey, "holds header rows but no response")
    if status is None:
        return
    kinds = survey.cells[status].astype("str").str.strip().str.lower().map(_STATUS)
    for value, count in survey.cells[status][kinds.isna().to_numpy()].value_counts().items():
        if count:
            survey.report.warnings.append(f"{count} responses have the unknown Status {value!r}; kept")
    for kind, name in (("preview", "previews"), ("test", "generated test responses")):
        mask = (kinds == kind).to_numpy()
        if not mask.any():
            continue
        where = rows_where(mask, survey.rows)
        if include_tests:
            survey.report.warnings.append(f"{mask.sum()} {name} are included, as study.yaml asks ({where})")
        else:
            survey.report.skipped.append(f"{mask.sum()} {name} ({where}); include_tests: true keeps them")
    if not include_tests:
        survey.keep_rows(~kinds.isin(["preview", "test"]).to_numpy())
        if not len(survey.cells):
            raise _no_responses(survey, f"holds {len(kinds)} responses, all of them previews or generated tests")


def _no_responses(survey: RawSurvey, what: str) -> BadInput:
    return BadInput(
        what,
        file=survey.file,
        place=survey.report.format,
        fix="export the responses, or set include_tests: true under survey: in study.yaml",
    )


def _count_unfinished(survey: RawSurvey) -> None:
    key = next((key for key in survey.columns if key.lower() == "finished"), None)
    if key is None:
        return
    unfinished = survey.cells[key].astype("str").str.lower().isin(["0", "false", "no"]).to_numpy()
    if unfinished.any():
        survey.report.warnings.append(
            f"{unfinished.sum()} responses are unfinished; kept, with what they answered "
            f"({rows_where(unfinished, survey.rows)})"
        )
