"""Which column of an export is which item or respondent column, and what its values mean, as ``study.yaml`` says."""

from __future__ import annotations

import difflib
import fnmatch

from ..study import ItemSetSpec, ScaleSpec, Study, SurveySpec
from .items import Item, guess_items, is_number
from .levels import nearest, neutral_level
from .raw_survey import RawSurvey
from .tables import RESPONDENT_COLUMNS


def mapped_columns(study: Study, spec: SurveySpec, survey: RawSurvey) -> dict[str, str]:
    """Column of the export for each respondent column; the export's own response id if none is named."""
    unknown = [role for role in spec.columns if role not in RESPONDENT_COLUMNS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], RESPONDENT_COLUMNS, n=1)
        raise study.problem(
            f"survey.columns: unknown role {unknown[0]!r}",
            unknown[0],
            f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(RESPONDENT_COLUMNS)}",
        )
    mapped = {role: resolve(study, survey, name, what=f"survey.columns.{role}") for role, name in spec.columns.items()}
    if "respondent_id" not in mapped:
        own = next((key for key, column in survey.columns.items() if column.role == "id"), None)
        if own is not None:
            mapped["respondent_id"] = own
    return mapped


def item_columns(study: Study, spec: SurveySpec, survey: RawSurvey) -> dict[str, list[str]]:
    """Columns of each item set, patterns expanded in the order of the file."""
    wanted: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    for name, entry in spec.items.items():
        keys: list[str] = []
        for pattern in entry.columns:
            if pattern in survey.columns or not any(mark in pattern for mark in "*?"):
                found = [resolve(study, survey, pattern, what=f"survey.items.{name}")]
            else:
                found = [key for key in survey.columns if fnmatch.fnmatchcase(key, pattern)]
                found = [key for key in found if survey.columns[key].kind != "open" or entry.kind == "open"]
            if not found:
                raise study.problem(
                    f"survey.items.{name}: no column is named like {pattern!r}", pattern, "check the pattern"
                )
            keys += [key for key in found if key not in keys]
        for key in keys:
            if key in spec.columns:
                raise study.problem(
                    f"survey.items.{name}: {key!r} is the name of a mapped column of survey.columns",
                    name,
                    "leave it out of the items; tables can group by it as it is",
                )
            if owner.setdefault(key, name) != name:
                raise study.problem(
                    f"survey.items: column {key!r} stands in {owner[key]!r} and in {name!r}",
                    name,
                    "name it in one set only",
                )
        wanted[name] = keys
    return wanted


def further_columns(
    study: Study, spec: SurveySpec, survey: RawSurvey, mapped: dict[str, str], wanted: dict[str, list[str]]
) -> list[str]:
    """Columns of characteristics and predictors that no item set holds."""
    in_sets = {key for keys in wanted.values() for key in keys}
    extra: list[str] = []
    for what, names in (("characteristics", spec.characteristics), ("predictors", spec.predictors)):
        for name in names:
            if name in mapped or name in RESPONDENT_COLUMNS:
                if name not in mapped:
                    raise study.problem(
                        f"survey.{what}: {name!r} is not among survey.columns", name, f"add {name}: to survey: columns:"
                    )
                continue
            key = resolve(study, survey, name, what=f"survey.{what}")
            if key not in in_sets and key not in extra:
                extra.append(key)
    return extra


def declared_items(
    study: Study, spec: SurveySpec, survey: RawSurvey, wanted: dict[str, list[str]], extra: list[str]
) -> list[Item]:
    """The items of the study: what the export says of each column, overruled by what ``study.yaml`` says.

    Parameters
    ----------
    wanted : dict
        Columns of each item set (:func:`item_columns`).
    extra : list of str
        Columns outside of item sets (:func:`further_columns`), typed as the export suggests.
    """
    guesses = {item.column: item for item in guess_items(survey)}
    items = [
        _item_of_set(study, spec, name, entry, survey, guesses.get(key) or Item(key, key, entry.kind, text=key))
        for name, entry in spec.items.items()
        for key in wanted[name]
    ]
    for key in extra:
        item = guesses.get(key) or Item(key, key, "single")
        if item.kind == "multiple" and not item.separator:
            item.kind, item.set_id = "single", ""
            item.levels = list(survey.cells[key].cat.categories)
        items.append(item)
    return items


def check_references(study: Study, spec: SurveySpec, items: list[Item]) -> None:
    """Families of tests must name items, item sets, and a grouping column that exist."""
    known = {item.item_id for item in items} | {item.set_id for item in items if item.set_id}
    groups = known | set(spec.columns)
    for name, family in spec.families.items():
        for reference, allowed in [(item, known) for item in family.items] + [(family.by, groups)]:
            if reference not in allowed:
                near = difflib.get_close_matches(reference, list(allowed), n=1)
                hint = f"did you mean {near[0]!r}?" if near else "name an item, an item set or a mapped column"
                raise study.problem(f"survey.families.{name}: unknown {reference!r}", reference, hint)


def resolve(study: Study, survey: RawSurvey, name: str, *, what: str) -> str:
    """A column by its name or import id.

    Raises
    ------
    BadInput
        If the export has no such column; with the nearest name.
    """
    if name in survey.columns:
        return name
    for key, column in survey.columns.items():
        if column.import_id == name:
            return key
    near = difflib.get_close_matches(name, list(survey.columns), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"the export has {', '.join(list(survey.columns)[:12])} ..."
    raise study.problem(f"{what}: the survey has no column {name!r}", name, hint)


def _item_of_set(study: Study, spec: SurveySpec, name: str, entry: ItemSetSpec, survey: RawSurvey, item: Item) -> Item:
    if item.kind != entry.kind:
        _as_kind(item, entry.kind, survey)
    item.set_id, item.block = name, entry.block
    item.question = entry.question or item.question
    names = {item.column, item.import_id}
    item.text = next((entry.labels[n] for n in names if n in entry.labels), item.text)
    item.reverse = bool(names & set(entry.reverse))
    item.none_option = entry.none_option in names if entry.none_option else item.none_option
    item.formative, item.exploitation, item.looped = entry.formative, entry.exploitation, entry.looped
    item.range = entry.range
    item.separator = entry.separator if entry.separator is not None else item.separator
    declared = {resolve(study, survey, c, what=f"{name}.asked_if"): v for c, v in entry.asked_if.items()}
    item.asked_if = declared or item.asked_if
    _known_columns(study, name, entry, survey)
    if entry.scale is not None:
        scale = spec.scales.get(entry.scale)
        if scale is None:
            near = difflib.get_close_matches(entry.scale, list(spec.scales), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"add {entry.scale}: under survey: scales:"
            raise study.problem(f"survey.items.{name}: there is no scale {entry.scale!r}", entry.scale, hint)
        _check_scale(study, entry.scale, scale)
        _apply_scale(item, entry.scale, scale)
    elif item.kind == "scale" and not survey.columns[item.column].choices:
        raise study.problem(
            f"survey.items.{name}: {item.column!r} is a scale, but nothing says which levels it has and in what order",
            name,
            "add a scale with its levels, lowest first, under survey: scales:, and name it here",
        )
    return item


def _as_kind(item: Item, kind: str, survey: RawSurvey) -> None:
    """Retype a guessed item as the study declares it."""
    column = survey.columns[item.column]
    observed = [text for text in survey.cells[item.column].cat.categories if text not in item.missing]
    if kind in ("single", "scale") and item.kind not in ("single", "scale"):
        item.values = dict(column.choices)
        item.levels = list(dict.fromkeys(column.choices.values())) or [t for t in observed if t not in item.dont_know]
        item.levels = sorted(item.levels, key=float) if all(map(is_number, item.levels)) else item.levels
        item.separator = ""
    elif kind in ("number", "open"):
        item.levels, item.values = [], {}
    elif kind == "multiple" and not item.separator:
        item.levels, item.values = (
            [],
            {**item.values, **dict.fromkeys(column.choices, "yes")} if len(column.choices) == 1 else {},
        )
    item.kind = kind


def _check_scale(study: Study, name: str, scale: ScaleSpec) -> None:
    """Every answer of a scale has one meaning, and its codes and neutral level are answers it has."""
    answers = [*scale.levels, *scale.dont_know, *scale.not_applicable]
    for text in answers:
        if answers.count(text) > 1:
            raise study.problem(
                f"survey.scales.{name}: {text!r} stands there twice", text, "give each answer one place"
            )
    for text in [*scale.codes.values(), *([scale.neutral] if scale.neutral else [])]:
        if text not in answers:
            raise study.problem(
                f"survey.scales.{name}: {text!r} is none of its answers ({nearest(text, answers)})", text, "correct it"
            )


def _apply_scale(item: Item, name: str, scale: ScaleSpec) -> None:
    item.scale_id = name
    item.levels = list(scale.levels)
    item.dont_know, item.not_applicable = list(scale.dont_know), list(scale.not_applicable)
    item.values = {**item.values, **scale.codes}
    item.neutral = scale.neutral or neutral_level(item.levels)
    item.top = scale.top


def _known_columns(study: Study, name: str, entry: ItemSetSpec, survey: RawSurvey) -> None:
    """Options of an item set that name a column must name one of the export."""
    for what, names in (("labels", entry.labels), ("reverse", entry.reverse), ("none_option", [entry.none_option])):
        for column in names:
            if column:
                resolve(study, survey, column, what=f"survey.items.{name}.{what}")
