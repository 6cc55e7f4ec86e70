"""XLSForm questionnaires and the CSV exports of KoboToolbox and ODK that answer them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BadInput, ManyProblems
from .levels import spelling
from .plain_survey import read_plain_csv
from .raw_survey import Column, RawSurvey, one_line
from .safe import shown
from .spreadsheets import read_table

_SYSTEM = frozenset(
    (
        "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
        "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
        "_tags", "_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid",
        "_submission__submission_time", "instanceid", "instancename", "key", "parent_key", "submissiondate",
        "submitterid", "submittername", "attachmentspresent", "attachmentsexpected", "reviewstate", "edits",
        "formversion", "deviceid",
    )
)  # fmt: skip
#: Identifiers of a submission, best first; those of the parent come first in the file of a repeat.
_IDS = ("_submission__uuid", "parent_key", "_uuid", "instanceid", "key")
_KINDS = {
    "text": "open", "barcode": "open", "date": "open", "time": "open", "datetime": "open", "integer": "number",
    "decimal": "number", "range": "number", "calculate": "", "hidden": "", "acknowledge": "single",
}  # fmt: skip
_NO_COLUMN = frozenset(
    (
        "note", "start", "end", "today", "audit", "image", "audio", "video", "file", "xml-external", "csv-external",
        "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "background-audio",
    )
)  # fmt: skip
_PLACES = {"geopoint", "geotrace", "geoshape", "start-geopoint"}


@dataclass
class Field:
    """One question of an XLSForm."""

    name: str
    type: str
    label: str
    choices: dict[str, str] = field(default_factory=dict)
    relevant: str = ""
    repeat: str = ""
    or_other: bool = False


@dataclass
class XlsForm:
    """An XLSForm: its fields by name, in order, and what was repaired."""

    file: str
    fields: dict[str, Field]
    warnings: list[str]


def read_xlsform(path: Path) -> XlsForm:
    """Read the sheets ``survey`` and ``choices``.

    Raises
    ------
    BadInput, ManyProblems
        Unknown choice lists, duplicate names, groups that are not closed: with sheet and row.
    """
    lists, trimmed = _choices(path)
    table = read_table(path, sheet="survey")
    header = [one_line(cell) for cell in table.header]
    missing = [name for name in ("type", "name") if name not in header]
    if missing:
        raise BadInput(
            f"its sheet survey has no column {' and '.join(missing)}",
            file=shown(path),
            place="sheet survey, row 1",
            fix="use the column names of XLSForm: type, name, label",
        )
    label = _label_column(header)
    problems: list[BadInput] = []
    fields: dict[str, Field] = {}
    open_groups: list[tuple[str, str, int]] = []
    for number, row in zip(table.numbers, table.rows, strict=True):
        cells = {name: one_line(cell) for name, cell in zip(header, row, strict=True)}
        kind = re.sub(r"^(begin|end)[ _]", r"\1 ", cells["type"])
        place = f"sheet survey, row {number}"
        if kind.startswith("begin "):
            open_groups.append((kind[6:], cells["name"], number))
        elif kind.startswith("end ") and kind[4:] in ("group", "repeat"):
            if not open_groups or open_groups[-1][0] != kind[4:]:
                problems.append(_problem(path, place, f"ends a {kind[4:]} that is not open", "match begin and end"))
            else:
                open_groups.pop()
        elif kind:
            _add_field(fields, cells, kind, label, lists, open_groups, problems, path, place)
    problems += [
        _problem(path, f"sheet survey, row {number}", f"the {kind} {name!r} is not closed", f"add end_{kind}")
        for kind, name, number in open_groups
    ]
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    if not fields:
        raise BadInput("has no questions", file=shown(path), place="sheet survey", fix="is it the right workbook?")
    return XlsForm(shown(path), fields, trimmed)


def _add_field(
    fields: dict[str, Field],
    cells: dict[str, str],
    kind: str,
    label: str | None,
    lists: dict[str, dict[str, str]],
    groups: Sequence[tuple[str, str, int]],
    problems: list[BadInput],
    path: Path,
    place: str,
) -> None:
    name = cells["name"]
    words = kind.split()
    if not name:
        if words[0] not in _NO_COLUMN:
            problems.append(_problem(path, place, "a question has no name", "fill in the column name"))
        return
    if name in fields:
        problems.append(_problem(path, place, f"the name {name!r} is used twice", "give each question its own name"))
        return
    entry = Field(name, words[0], cells.get(label or "", "") or name, relevant=cells.get("relevant", ""))
    entry.repeat = next((group for kind_, group, _ in reversed(groups) if kind_ == "repeat"), "")
    if words[0] in ("select_one", "select_multiple", "rank"):
        wanted = words[1] if len(words) > 1 else ""
        if wanted not in lists:
            known = ", ".join(list(lists)[:8])
            problems.append(_problem(path, place, f"there is no choice list {wanted!r}", f"its lists are {known}"))
            return
        entry.choices, entry.or_other = dict(lists[wanted]), "or_other" in words
        if entry.or_other:
            entry.choices.setdefault("other", "Other")
    fields[name] = entry


def _choices(path: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Choice name -> label by list, trimmed; how many names and labels had to be trimmed."""
    table = read_table(path, sheet="choices")
    header = [one_line(cell) for cell in table.header]
    list_column = next((name for name in ("list_name", "list name") if name in header), None)
    label = _label_column(header)
    if list_column is None or "name" not in header or label is None:
        raise BadInput(
            "its sheet choices needs the columns list_name, name and label",
            file=shown(path),
            place="sheet choices, row 1",
            fix="use the column names of XLSForm",
        )
    places = [header.index(name) for name in (list_column, "name", label)]
    lists: dict[str, dict[str, str]] = {}
    names, labels = [], []
    problems: list[BadInput] = []
    for number, row in zip(table.numbers, table.rows, strict=True):
        list_name, raw_name, raw_label = (row[place] for place in places)
        name, text = one_line(raw_name), one_line(raw_label)
        if name != raw_name:
            names.append(f"{name!r} in row {number}")
        if text != raw_label:
            labels.append(f"row {number}")
        known = lists.setdefault(one_line(list_name), {})
        if name in known:
            place = f"sheet choices, row {number}"
            problems.append(_problem(path, place, f"{name!r} stands twice in list {list_name!r}", "remove one"))
        known[name] = text or name
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    warnings = []
    if names:
        warnings.append(f"{len(names)} choice names begin or end in a blank ({', '.join(names[:3])}): trimmed")
    if labels:
        warnings.append(f"{len(labels)} choice labels hold extra or no-break spaces ({', '.join(labels[:3])}): trimmed")
    return lists, warnings


def _label_column(header: Sequence[str]) -> str | None:
    """The column of labels: ``label``, else the English one, else the first language."""
    if "label" in header:
        return "label"
    translated = [name for name in header if re.match(r"label\s*::?", name)]
    return next((name for name in translated if re.search(r"english|\(en\)", name, re.I)), next(iter(translated), None))


def _problem(path: Path, place: str, what: str, fix: str) -> BadInput:
    return BadInput(what, file=shown(path), place=place, fix=fix)


def is_kobo(header: Sequence[str]) -> bool:
    """Whether a header row has columns that only KoboToolbox and ODK write."""
    names = {_last_part(cell).lower() for cell in header}
    marks = {"_uuid", "instanceid", "_submission_time", "submissiondate", "_parent_index", "parent_key"}
    return bool(names & marks)


def read_kobo(path: Path) -> RawSurvey:
    """Read a CSV export of KoboToolbox or ODK; give the form as codebook for its texts and choices."""
    survey = read_plain_csv(path)
    survey.report.format = "KoboToolbox or ODK CSV"
    last = {key: _last_part(key).lower() for key in survey.columns}
    identifier = next((key for wanted in _IDS for key, name in last.items() if name == wanted), None)
    for key, column in survey.columns.items():
        if last[key] in _SYSTEM:
            column.role = "system"
        elif re.match(r"_.*_(latitude|longitude|altitude|precision)$", last[key]):
            column.role = "system"
            column.import_id = "LocationAccuracy"
    if identifier is not None:
        survey.columns[identifier].role = "id"
    return survey


def _last_part(key: str) -> str:
    return re.split(r"[/:]", key)[-1].strip()


def apply_xlsform(survey: RawSurvey, path: Path) -> None:
    """Give the columns of a KoboToolbox or ODK export the labels, choices and conditions of its form.

    Columns are found by name (with or without the groups in front), else by label where only one field has it.
    """
    form = read_xlsform(path)
    places = _find_columns(survey, form)
    survey.report.guesses["codebook"] = (
        f"{form.file}: {len(form.fields)} fields, {len(places)} of {len(survey.columns)} columns found"
    )
    survey.report.warnings += form.warnings
    if not places:
        raise BadInput(
            "describes none of the survey's columns", file=form.file, fix=f"is it the form of {survey.file}?"
        )
    whole = {place.name: key for key, (place, option) in places.items() if not option}
    split = {place.name for place, option in places.values() if option}
    doomed = [whole[name] for name in split if name in whole]
    for key, (entry, option) in places.items():
        if key not in doomed:
            _describe(survey.columns[key], entry, option)
            survey.columns[key].asked_if = asked_if(entry.relevant, form, whole)
    survey.drop(doomed)
    places_asked = [key for key, (entry, _) in places.items() if entry.type in _PLACES and key in survey.columns]
    survey.drop(places_asked)
    survey.report.personal_columns_dropped += len(places_asked)


def _find_columns(survey: RawSurvey, form: XlsForm) -> dict[str, tuple[Field, str]]:
    """Field and option ("" for the question itself) of each column."""
    by_label: dict[str, list[Field]] = {}
    for entry in form.fields.values():
        by_label.setdefault(spelling(entry.label), []).append(entry)
    places: dict[str, tuple[Field, str]] = {}
    for key in survey.columns:
        parts = [part.strip() for part in re.split(r"[/:]", key)]
        if parts[-1] in form.fields:
            places[key] = (form.fields[parts[-1]], "")
        elif len(parts) > 1 and parts[-2] in form.fields:
            options = {spelling(text): name for name, text in form.fields[parts[-2]].choices.items()}
            options |= {spelling(name): name for name in form.fields[parts[-2]].choices}
            if spelling(parts[-1]) in options:
                places[key] = (form.fields[parts[-2]], options[spelling(parts[-1])])
        elif (dashed := key.split("-")[-1]) in form.fields:
            places[key] = (form.fields[dashed], "")
        elif len(found := by_label.get(spelling(key), [])) == 1:
            places[key] = (found[0], "")
    return places


def _describe(column: Column, entry: Field, option: str) -> None:
    column.text, column.skip_rule = entry.label, entry.relevant
    column.import_id, column.question_id = f"{entry.name}-{option}" if option else entry.name, entry.name
    if column.role == "id":
        return
    column.role = "system" if entry.type in _NO_COLUMN else "answer"
    if option:
        column.kind, column.choices = "multiple", {option: entry.choices[option]}
        column.question, column.text = entry.label, entry.choices[option]
    elif entry.type == "select_multiple":
        column.kind, column.choices, column.separator = "multiple", dict(entry.choices), " "
    elif entry.type == "select_one":
        column.kind, column.choices = "single", dict(entry.choices)
    else:
        column.kind = _KINDS.get(entry.type, "open")


def asked_if(relevant: str, form: XlsForm, columns: dict[str, str]) -> dict[str, list[str]]:
    """Conditions on one-answer questions in ``relevant``, joined by ``and``; others are left to the reader.

    Understood are ``${q} = 'a'``, ``selected(${q}, 'a')``, several of them on one question joined by ``or``, and
    ``${q} != 'a'``, which a blank answer also fulfils.
    """
    asked: dict[str, list[str]] = {}
    for clause in re.split(r"\band\b", relevant) if relevant else []:
        found: dict[str, list[str]] = {}
        for term in re.split(r"\bor\b", clause.strip().strip("()")):
            match = re.fullmatch(
                r"\s*(?:\$\{(?P<a>\w+)\}\s*(?P<op>!?=)\s*|selected\(\s*\$\{(?P<b>\w+)\}\s*,\s*)'(?P<value>[^']*)'\s*\)?\s*",
                term,
            )
            name = (match["a"] or match["b"]) if match else ""
            if match is None or name not in columns or form.fields[name].type != "select_one":
                return {}
            choices = form.fields[name].choices
            if match["op"] == "!=":
                labels = ["", *(text for key, text in choices.items() if key != match["value"])]
            else:
                labels = [choices.get(match["value"], match["value"])]
            found.setdefault(columns[name], []).extend(labels)
        if len(found) != 1:
            return {}
        asked |= found
    return asked
