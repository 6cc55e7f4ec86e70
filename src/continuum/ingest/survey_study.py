"""A study's survey: its raw files read and mapped to the study's vocabulary, as ``study.yaml`` says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput, NotCollected, SyntheticAsUserData, some
from ..study import Study, SurveySpec
from .assemble import respondent_ids, type_items
from .personal import SYNTHETIC_PREFIX
from .plausibility import note_small_groups
from .raw_survey import RawSurvey
from .respondents import one_row_each
from .schemas_survey import check_survey
from .survey import read_raw
from .survey_groups import respondent_columns
from .survey_mapping import check_references, declared_items, further_columns, item_columns, mapped_columns
from .tables import ImportReport, SurveyData
from .tidy import cached


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
        data = build_survey(study)
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


def build_survey(study: Study) -> SurveyData:
    """As :func:`load_survey`, always from the raw files."""
    spec = _spec(study)
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
    fixed = respondent_columns(spec, survey, mapped)
    note_small_groups(survey, fixed)
    ids = respondent_ids(survey, mapped.get("respondent_id"), study.study)
    data = one_row_each(survey, ids, fixed, flat, typed)
    return check_survey(data, file=survey.file)


def _spec(study: Study) -> SurveySpec:
    if study.survey is None:
        raise NotCollected("This study has no provider survey.", "a survey: section in study.yaml")
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
                f"has other questions than {first.file}: {some(differing)}",
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
    for key in sorted((named | conditions) - set(survey.columns)):
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
