"""A study's survey: its raw files read and mapped to the study's vocabulary, as ``study.yaml`` says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems, SyntheticAsUserData
from ..study import SURVEY_SECTORS, Study, SurveySpec
from .assemble import Typed, items_table, respondent_ids, type_items
from .cells import rename_values, rows_where
from .items import Item, is_number
from .levels import nearest, spelling
from .personal import SYNTHETIC_PREFIX
from .raw_survey import RawSurvey
from .respondents import split_levels
from .schemas_survey import check_survey
from .survey import read_raw
from .survey_mapping import check_references, declared_items, further_columns, item_columns, mapped_columns
from .tables import RESPONDENT_COLUMNS, ImportReport, SurveyData
from .tidy import cached

_NUMBERS = ("weight", "fpc")


def load_survey(study: Study) -> SurveyData:
    """Read and map the survey of a study.

    Only the columns that ``study.yaml`` names are kept; everything else is counted in the report.

    Returns
    -------
    SurveyData
        See :class:`~continuum.ingest.tables.SurveyData`.

    Raises
    ------
    BadInput, ManyProblems
        About the files (file, row, column) or about ``study.yaml`` (line).
    SyntheticAsUserData
        If the study is not declared synthetic but its respondents' ids begin with ``SYN-``.
    """
    spec = _spec(study)
    names = [*spec.files, *([spec.codebook] if spec.codebook else [])]

    def build() -> tuple[dict[str, pd.DataFrame], ImportReport]:
        data = _build(study, spec)
        loops = data.loops
        frames = {"answers": data.answers, "items": data.items, "status": data.status}
        if loops is not None:
            frames |= {"loop-answers": loops.answers, "loop-items": loops.items, "loop-status": loops.status}
        return frames, data.report

    frames, report = cached(study, "survey", inputs=[study.path(n) for n in names], section=spec, build=build)
    data = SurveyData(frames["answers"], frames["items"], report, frames["status"])
    if "loop-answers" in frames:
        data.loops = SurveyData(frames["loop-answers"], frames["loop-items"], report, frames["loop-status"])
    return data


def _build(study: Study, spec: SurveySpec) -> SurveyData:
    survey = _read_all(study, spec)
    mapped = mapped_columns(study, spec, survey)
    wanted = item_columns(study, spec, survey)
    extra = further_columns(study, spec, survey, mapped, wanted)
    named = frozenset([*extra, *(column for columns in wanted.values() for column in columns)])
    _keep_only(study, survey, frozenset(mapped.values()), named, spec)
    _check_synthetic(study, survey, mapped)
    survey.blank(spec.na_values)
    survey.screen_free_text(masked=bool(spec.options.get("mask_text", False)))
    items = declared_items(study, spec, survey, wanted, extra)
    flat, typed = type_items(survey, items)
    check_references(study, spec, flat)
    fixed = _respondent_columns(study, spec, survey, mapped)
    ids = respondent_ids(survey, mapped.get("respondent_id"), study.study)
    data = _one_row_each(survey, ids, fixed, flat, typed)
    return check_survey(data, file=survey.file)


def _spec(study: Study) -> SurveySpec:
    if study.survey is None:
        raise study.problem("this study has no survey", "study:", "add a survey: section, or leave the survey out")
    return study.survey


def _read_all(study: Study, spec: SurveySpec) -> RawSurvey:
    """All files of the survey as one; they must have the same columns."""
    codebook = study.path(spec.codebook) if spec.codebook else None
    unknown = set(spec.options) - {"mask_text", "sheet"}
    if unknown:
        raise study.problem(
            f"survey.options: unknown option {min(unknown)!r}", min(unknown), "use mask_text (true or false) or sheet"
        )
    parts = [
        read_raw(
            study.path(name),
            fmt=spec.format,
            codebook=codebook,
            include_tests=spec.include_tests,
            sheet=spec.options.get("sheet"),
        )
        for name in spec.files
    ]
    first = parts[0]
    for part in parts[1:]:
        differing = [k for k in first.columns if k not in part.columns] + [
            k for k in part.columns if k not in first.columns
        ]
        if differing:
            raise BadInput(
                f"has other questions than {first.file}: {', '.join(differing[:8])}"
                + (f" and {len(differing) - 8} more" if len(differing) > 8 else ""),
                file=part.file,
                place="row 1",
                fix="name files of one survey version only, or rename the columns so that they agree",
            )
        for count in part.report.read:
            first.report.read[count] = first.report.read.get(count, 0) + part.report.read[count]
        first.report.skipped += part.report.skipped
        first.report.warnings += part.report.warnings
    if len(parts) > 1:
        joined = {
            key: pd.api.types.union_categoricals([p.cells[key] for p in parts], sort_categories=True)
            for key in first.columns
        }
        first.cells = pd.DataFrame(joined)
        first.rows = np.concatenate([part.rows for part in parts])
        first.report.source = first.file = ", ".join(part.file for part in parts)
    return first


def _keep_only(
    study: Study, survey: RawSurvey, mapped: frozenset[str], named: frozenset[str], spec: SurveySpec
) -> None:
    """Drop what identifies a person, then everything the study does not use."""
    used = mapped | named
    conditions = {column for entry in spec.items.values() for column in entry.asked_if}
    conditions |= {column for key in used for column in survey.columns[key].asked_if}
    survey.drop_personal(mapped=mapped, named=named | conditions)
    for key in sorted(named - set(survey.columns)):
        raise study.problem(
            f"column {key!r} identifies a person and is never read as an answer",
            key,
            "remove it from survey: in study.yaml",
        )
    unused = [key for key in survey.columns if key not in used and key not in conditions]
    questions = [key for key in unused if survey.columns[key].role == "answer"]
    survey.drop(unused)
    if questions:
        first = ", ".join(questions[:3])
        survey.report.skipped.append(f"{len(questions)} columns that study.yaml does not name ({first} ...)")


def _check_synthetic(study: Study, survey: RawSurvey, mapped: dict[str, str]) -> None:
    identifier = mapped.get("respondent_id")
    if identifier is None or study.synthetic:
        return
    if survey.cells[identifier].cat.categories.str.startswith(SYNTHETIC_PREFIX).any():
        raise SyntheticAsUserData(
            "holds synthetic respondents (ids that begin with SYN-), but the study is not declared synthetic",
            file=survey.file,
            place=f"column {identifier}",
            fix="write synthetic: true in study.yaml, or use the team's own export",
        )


def _respondent_columns(
    study: Study, spec: SurveySpec, survey: RawSurvey, mapped: dict[str, str]
) -> dict[str, pd.Series]:
    columns: dict[str, pd.Series] = {}
    for role in RESPONDENT_COLUMNS[1:]:
        if role not in mapped:
            continue
        cells = survey.cells[mapped[role]]
        if role in _NUMBERS:
            columns[role] = _positive(survey, mapped[role], cells, role)
            continue
        choices = survey.columns[mapped[role]].choices
        names = {"sector": spec.sectors, "state": spec.states}.get(role, {})
        columns[role] = _recoded(study, survey, mapped[role], cells, choices, names, role)
    return columns


def _positive(survey: RawSurvey, column: str, cells: pd.Series, role: str) -> pd.Series:
    """Weights and finite-population corrections: a positive number for every respondent.

    Raises
    ------
    ManyProblems
        Naming the rows that are blank, not numbers, zero or negative.
    """
    values = list(cells.cat.categories)
    numbers = np.array([float(v) if is_number(v) else np.nan for v in values] + [np.nan])
    column_values = numbers[cells.cat.codes.to_numpy()]
    given = cells.notna().to_numpy()
    wrong = {
        "missing": ~given,
        "not a number": given & np.isnan(column_values),
        "zero or negative": given & (column_values <= 0),
        "infinite": np.isinf(column_values),
    }
    problems = [
        BadInput(
            f"{mask.sum()} values of {role} are {what}",
            file=survey.file,
            place=f"{rows_where(mask, survey.rows)}, column {column}",
            fix=f"give every respondent a positive {role}, or remove {role}: from survey: columns: in study.yaml",
        )
        for what, mask in wrong.items()
        if mask.any()
    ]
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return pd.Series(column_values, index=cells.index, dtype=float)


def _recoded(
    study: Study,
    survey: RawSurvey,
    column: str,
    cells: pd.Series,
    choices: dict[str, str],
    names: dict[str, str],
    role: str,
) -> pd.Series:
    """A grouping column in the study's words; every value must be named where any is."""
    by_spelling = {spelling(value): name for value, name in names.items()}
    by_spelling |= {spelling(name): name for name in names.values() if spelling(name) not in by_spelling}
    renamed: dict[str, str] = {}
    unknown: list[str] = []
    for value in cells.cat.categories:
        label = choices.get(value, value)
        target = by_spelling.get(spelling(value), by_spelling.get(spelling(label)))
        if target is None and names:
            unknown.append(value)
        renamed[value] = target or label
    if unknown:
        mask = cells.isin(unknown).to_numpy()
        raise BadInput(
            f"{unknown[0]!r} is not among the {role}s of study.yaml ({nearest(unknown[0], names)})",
            file=survey.file,
            place=f"{rows_where(mask, survey.rows)}, column {column}",
            fix=f"add it under survey: {role}s:, as 'value in the export: {role}'",
        )
    result = rename_values(cells, renamed)
    order = list(dict.fromkeys(names.values())) or sorted(result.cat.categories)
    if role == "sector" and set(order) <= set(SURVEY_SECTORS):
        order = [sector for sector in SURVEY_SECTORS if sector in order]
    return result.cat.set_categories(order)


def _one_row_each(
    survey: RawSurvey, ids: pd.Series, fixed: dict[str, pd.Series], items: list[Item], typed: dict[str, Typed]
) -> SurveyData:
    levels = split_levels(ids, fixed, items, typed, rows=survey.rows, report=survey.report)
    survey.report.read["respondents"] = len(levels.first_row)
    data = _tables(survey, ids, fixed, levels.once, typed, levels.first_row)
    if levels.looped:
        turns = np.arange(len(ids))
        data.loops = _tables(survey, ids, fixed, levels.looped, typed, turns)
    for item in levels.once:
        survey.report.read[f"{item.kind} items"] = survey.report.read.get(f"{item.kind} items", 0) + 1
    return data


def _tables(
    survey: RawSurvey,
    ids: pd.Series,
    fixed: dict[str, pd.Series],
    items: list[Item],
    typed: dict[str, Typed],
    rows: np.ndarray,
) -> SurveyData:
    columns = {"respondent_id": ids, **fixed, **{item.item_id: typed[item.item_id].answers for item in items}}
    answers = pd.DataFrame({name: column.iloc[rows].array for name, column in columns.items()})
    status = pd.DataFrame(
        {item.item_id: typed[item.item_id].status.iloc[rows].array for item in items}, index=answers.index
    )
    return SurveyData(answers=answers, items=items_table(items), report=survey.report, status=status)
