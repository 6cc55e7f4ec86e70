"""A first ``survey:`` section for a new export: scales, multiple responses and grouping variables to be confirmed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..study import SURVEY_SECTORS
from .items import MOST_LEVELS, Item, guess_items, is_number
from .levels import known_order, spelling
from .raw_survey import RawSurvey, question_of
from .safe import shown
from .spreadsheets import sheet_names
from .spss import SUFFIXES
from .survey import read_raw

#: Names under which exports keep what the analyses group by.
_ROLES = {
    "respondent_id": ("respondent_id", "respondent", "participant_id", "participant", "person_id", "id"),
    "sector": ("sector", "field of work", "service sector", "profession", "discipline", "organization type"),
    "state": ("state", "us state", "province"),
    "site": ("site", "city", "county", "region"),
    "organisation": ("organisation", "organization", "agency", "agency_id", "org_id", "employer"),
    "weight": ("weight", "weights", "wt", "pweight", "survey weight", "final_weight"),
    "stratum": ("stratum", "strata"),
    "cluster": ("cluster", "psu", "cluster_id"),
    "fpc": ("fpc",),
}
_ORDER = (
    "files", "codebook", "include_tests", "na_values", "columns", "sectors", "states", "characteristics", "scales",
    "items",
)  # fmt: skip
_SECTOR_WORDS = {
    "legal": r"legal|law|police|court|attorney|prosecut",
    "medical": r"medic|health|hospital|nurs|clinic",
    "foster care": r"foster",
    "social": r"social|welfare|case ?work",
    "non-profit": r"non-?profit|ngo|charit|advoca",
}


@dataclass
class Proposal:
    """A ``survey:`` section and, by dotted key, why each part was proposed."""

    section: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)


def propose_survey(path: str | Path | Sequence[Path], *, codebook: Path | None = None) -> dict[str, Any]:
    """The section ``survey:`` for a new export, ready for ``study.yaml``.

    Parameters
    ----------
    path : path or sequence of paths
        The export, several files with the same columns, or a folder that holds one export and its questionnaire.
    codebook : path, optional
        Questionnaire or codebook (.qsf, XLSForm, table of labels).
    """
    return survey_proposal(path, codebook=codebook).section


def survey_proposal(path: str | Path | Sequence[Path], *, codebook: Path | None = None) -> Proposal:
    """The section ``survey:`` with a reason for each scale, item set and mapped column, to be written as comments."""
    files = [Path(path)] if isinstance(path, str | Path) else [Path(entry) for entry in path]
    beside = ""
    if files[0].is_dir():
        beside = f"{files[0].name}/"
        files, codebook = _in_folder(files[0], codebook)
    proposal = Proposal({"files": [f"{beside}{file.name}" for file in files]})
    if codebook is not None:
        proposal.section["codebook"] = f"{beside}{codebook.name}"
    survey = _read(files[0], codebook, proposal)
    survey.drop_personal()
    _propose_na_values(survey, proposal)
    items = [item for item in guess_items(survey) if _worth_showing(survey, item)]
    roles = _map_roles(survey, proposal)
    items = [item for item in items if item.column not in roles.values()]
    scales = _propose_scales(items, proposal)
    groups = _propose_items(survey, items, scales, proposal)
    _propose_characteristics(groups, proposal)
    proposal.section = {key: proposal.section[key] for key in _ORDER if proposal.section.get(key)}
    return proposal


def _in_folder(folder: Path, codebook: Path | None) -> tuple[list[Path], Path | None]:
    """The one export of a folder, and its questionnaire: a .qsf, an XLSForm, or a table called codebook."""
    exports = []
    for file in sorted(entry for entry in folder.iterdir() if entry.is_file()):
        suffix = file.suffix.lower()
        form = suffix == ".xlsx" and {"survey", "choices"} <= set(sheet_names(file))
        if suffix == ".qsf" or form or "codebook" in file.stem.lower():
            codebook = codebook or file
        elif suffix in {".csv", ".tsv", ".xlsx", *SUFFIXES}:
            exports.append(file)
    if len(exports) != 1:
        names = ", ".join(file.name for file in exports) or "none"
        raise BadInput(
            f"needs one survey export in this folder, found {len(exports)} ({names})",
            file=shown(folder),
            fix="name the export itself, or keep only it and its questionnaire in the folder",
        )
    return exports, codebook


def _read(file: Path, codebook: Path | None, proposal: Proposal) -> RawSurvey:
    try:
        return read_raw(file, codebook=codebook)
    except BadInput as error:
        if "previews or generated tests" not in error.what:
            raise
        proposal.section["include_tests"] = True
        proposal.reasons["include_tests"] = "all responses of this file are previews or generated tests"
        return read_raw(file, codebook=codebook, include_tests=True)


def _worth_showing(survey: RawSurvey, item: Item) -> bool:
    """Whether an item says anything: an option nobody chose does, a column with one value throughout does not."""
    if item.kind == "multiple":
        return True
    constant = item.kind == "single" and len(item.levels) < 2
    return not constant and bool(survey.cells[item.column].notna().any())


def _propose_na_values(survey: RawSurvey, proposal: Proposal) -> None:
    """Marks of statistics programs for "missing", where a column holds them beside nothing but numbers or codes."""
    found = []
    for mark in ("NA", "N/A", "#N/A", "NULL", "NaN", "."):
        columns = 0
        for key, column in survey.columns.items():
            values = set(survey.cells[key].cat.categories)
            others = values - {mark} - set(column.choices) - set(column.choices.values())
            columns += mark in values and mark not in column.choices and all(map(is_number, others))
        if columns:
            found.append(mark)
            proposal.reasons["na_values"] = f"{mark!r} stands beside nothing but numbers in {columns} columns"
    if found:
        proposal.section["na_values"] = found
        survey.blank(found)


def _map_roles(survey: RawSurvey, proposal: Proposal) -> dict[str, str]:
    """Columns whose name or label is that of a grouping or design variable."""
    names = {key: {spelling(key), spelling(key).replace("_", " ")} for key in survey.columns}
    roles: dict[str, str] = {}
    for role, words in _ROLES.items():
        found = next((key for word in words for key, own in names.items() if word in own), None)
        if found is not None and found not in roles.values():
            roles[role] = found
            proposal.reasons[f"columns.{role}"] = "by its name"
    proposal.section["columns"] = roles
    for role in ("sector", "state"):
        if role in roles:
            column = survey.columns[roles[role]]
            values = [column.choices.get(value, value) for value in survey.cells[roles[role]].cat.categories]
            proposal.section[f"{role}s"] = {v: _sector(v) if role == "sector" else v for v in dict.fromkeys(values)}
    if "sector" in roles:
        proposal.reasons["sectors"] = (
            f"value in the export: sector; the published study has {', '.join(SURVEY_SECTORS)}"
        )
    return roles


def _sector(value: str) -> str:
    return next((name for name, words in _SECTOR_WORDS.items() if re.search(words, value, re.I)), value)


def _scale_key(item: Item) -> tuple[tuple[str, ...], ...]:
    return tuple(item.levels), tuple(item.dont_know), tuple(item.not_applicable)


def _propose_scales(items: Sequence[Item], proposal: Proposal) -> dict[tuple[tuple[str, ...], ...], str]:
    """One entry per different scale; the same answers seen in fewer levels join the scale that has them all."""
    scales: dict[tuple[tuple[str, ...], ...], str] = {}
    section: dict[str, Any] = {}
    for item in items:
        key = _scale_key(item)
        if item.kind != "scale" or len(item.levels) < 2 or key in scales:
            continue
        order = known_order(item.levels)
        base = order[0].replace(" ", "_") if order else "scale"
        name = base = f"{base}{len(item.levels)}"
        while name in section:
            name = f"{base}_{sum(known.startswith(base) for known in section) + 1}"
        scales[key] = name
        entry: dict[str, Any] = {"levels": list(item.levels)}
        entry |= {"dont_know": list(item.dont_know)} if item.dont_know else {}
        entry |= {"not_applicable": list(item.not_applicable)} if item.not_applicable else {}
        entry |= {"neutral": item.neutral} if item.neutral else {}
        section[name] = entry
        proposal.reasons[f"scales.{name}"] = f"{item.reason}; lowest first"
    proposal.section["scales"] = section
    return scales


def _propose_items(
    survey: RawSurvey, items: Sequence[Item], scales: dict[tuple[tuple[str, ...], ...], str], proposal: Proposal
) -> dict[str, list[Item]]:
    question = {item.item_id: question_of(survey.columns[item.column]) for item in items}
    singles = Counter(question[i.item_id] for i in items if i.kind == "single" and i.item_id[-1].isdigit())
    groups: dict[tuple[Any, ...], list[Item]] = {}
    for item in items:
        key: tuple[Any, ...] = (item.kind,)
        if item.kind == "multiple":
            key = ("multiple", item.set_id or item.item_id)
        elif item.kind == "scale":
            key = ("scale", _scale_key(item), question[item.item_id])
        elif item.kind == "single" and item.item_id[-1].isdigit() and singles[question[item.item_id]] > 1:
            key = ("matrix", question[item.item_id])
        groups.setdefault(key, []).append(item)
    named: dict[str, list[Item]] = {}
    section: dict[str, Any] = {}
    for key, members in groups.items():
        name = _free_name(key, members, survey, named)
        named[name] = members
        section[name] = _set_entry(members, scales, survey)
        proposal.reasons[f"items.{name}"] = members[0].reason
    proposal.section["items"] = section
    return named


def _free_name(key: tuple[Any, ...], members: Sequence[Item], survey: RawSurvey, taken: dict[str, list[Item]]) -> str:
    if key[0] == "multiple":
        base = str(key[1])
    elif key[0] in ("scale", "matrix") and len(members) > 1:
        base = re.sub(r"[_./-]?\d+$", "", members[0].item_id) or question_of(survey.columns[members[0].column])
    elif key[0] == "scale":
        base = members[0].item_id
    else:
        base = {"single": "background", "number": "numbers", "open": "open_ended"}[key[0]]
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    return name


def _set_entry(
    members: Sequence[Item], scales: dict[tuple[tuple[str, ...], ...], str], survey: RawSurvey
) -> dict[str, Any]:
    first = members[0]
    entry: dict[str, Any] = {"kind": first.kind, "columns": _pattern([item.column for item in members], survey)}
    if first.kind == "scale":
        entry["scale"] = scales[_scale_key(first)]
    if first.question and all(item.question == first.question for item in members):
        entry["question"] = first.question
    if first.separator:
        entry["separator"] = first.separator
    none = [item.column for item in members if item.none_option]
    if first.kind == "multiple" and none:
        entry["none_option"] = none[0]
    if first.asked_if and all(item.asked_if == first.asked_if for item in members):
        entry["asked_if"] = first.asked_if
    return entry


def _pattern(columns: list[str], survey: RawSurvey) -> list[str]:
    """``["Q5_*"]`` where that means exactly these columns (texts of "other" apart), else the columns."""
    first, last = min(columns), max(columns)
    same = [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))]
    prefix = re.sub(r"[^_./-]+$", "", "".join(same))
    if len(columns) < 3 or not prefix or set("*?[") & set(prefix):
        return columns
    matched = [key for key, column in survey.columns.items() if key.startswith(prefix) and column.kind != "open"]
    return [f"{prefix}*"] if matched == columns else columns


def _propose_characteristics(groups: dict[str, list[Item]], proposal: Proposal) -> None:
    """Table 1: grouping variables, and single-choice and number items that stand alone."""
    alone = [
        item.column
        for name, members in groups.items()
        for item in members
        if (item.kind == "number" or name.startswith("background")) and len(item.levels) <= MOST_LEVELS
    ]
    roles = [role for role in ("sector", "state", "site") if role in proposal.section["columns"]]
    proposal.section["characteristics"] = roles + alone[:8]
    proposal.reasons["characteristics"] = "rows of Table 1: grouping variables and questions with one answer"
