"""Case-level data of the continuum model: exposures with ages or dates, and positions of people on the continuum."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..errors import BadInput, NotCollected, SyntheticAsUserData
from ..study import Study
from .interview_study import load_interviews
from .survey_study import load_survey
from .tables import CodedInterviews, SurveyData


def collected_interviews(study: Study, sector: str = "") -> CodedInterviews:
    """Coded interviews of a study, or of one of its sectors.

    Raises
    ------
    NotCollected, BadInput, ManyProblems
        See :func:`continuum.ingest.load_interviews`; also if there is no such sector.
    """
    coded = load_interviews(study)
    if not sector:
        return coded
    kept = _only(coded.interviews, "sector", sector, "interviews")
    own = set(kept["interview_id"])
    parts = {
        name: getattr(coded, name)[getattr(coded, name)["interview_id"].isin(own)].reset_index(drop=True)
        for name in ("codings", "assertions", "segments", "documents")
    }
    return replace(coded, interviews=kept, **parts)


def collected_survey(study: Study) -> SurveyData:
    """Provider survey of a study.

    Raises
    ------
    NotCollected
        If the study has none.
    BadInput, ManyProblems
        See :func:`continuum.ingest.load_survey`.
    """
    if study.survey is None:
        raise NotCollected("This study has no provider survey.", "a survey: section in study.yaml")
    return load_survey(study)


def collected_assertions(study: Study, sector: str = "") -> pd.DataFrame:
    """Statements of the form "X led to Y" that the study's interviews, or those of one sector, contain.

    Raises
    ------
    NotCollected
        If the study has no interviews, or nobody coded such statements.
    """
    assertions = collected_interviews(study, sector).assertions
    if assertions.empty:
        raise NotCollected(
            "Direction was not asked: the study has no statements of the form 'X led to Y'.",
            "a CSV of statements under interviews: assertions: in study.yaml",
        )
    return assertions


def load_exposures(study: Study, sector: str = "", state: str = "") -> pd.DataFrame:
    """Exposures of people (of one sector or state): person_id, exposure, and age or date; one row per exposure met.

    Raises
    ------
    NotCollected
        If ``study.yaml`` names no exposures.
    BadInput
        If the file lacks the columns, or an entry is empty.
    """
    table = _read(study, study.continuum.exposures, "exposures", ("person_id", "exposure"))
    if not (sector or state):
        return table
    people = load_outcomes(study, sector, state)["person_id"]
    return table[table["person_id"].isin(people)].reset_index(drop=True)


def load_outcomes(study: Study, sector: str = "", state: str = "") -> pd.DataFrame:
    """Outcomes of people (of one sector or state): person_id, level (from 0, least exploited), and any covariates.

    Raises
    ------
    NotCollected
        If ``study.yaml`` names no outcomes.
    BadInput
        If the file lacks the columns, an entry is empty, or a person stands in it twice.
    """
    table = _read(study, study.continuum.outcomes, "outcomes", ("person_id", "level"))
    twice = table["person_id"].duplicated()
    if twice.any():
        row = int(twice.to_numpy().nonzero()[0][0])
        raise BadInput(
            f"{int(twice.sum())} people stand in the table twice",
            file=study.continuum.outcomes,
            place=f"row {row + 2}, person_id {table['person_id'].iloc[row]!r}",
            fix="one row per person",
        )
    for column, value in (("sector", sector), ("state", state)):
        if value:
            table = _only(table, column, value, "outcomes").drop(columns=column)
    return table


def _only(table: pd.DataFrame, column: str, value: str, what: str) -> pd.DataFrame:
    known = sorted(table[column].dropna().unique()) if column in table else []
    if value not in known:
        raise BadInput(
            f"the {what} have no {column} {value!r}", fix=f"one of: {', '.join(known) or 'none is recorded'}"
        )
    return table[table[column] == value].reset_index(drop=True)


def _read(study: Study, name: str | None, what: str, needed: tuple[str, ...]) -> pd.DataFrame:
    if name is None:
        raise NotCollected(f"This study has no {what} of people.", f"a file under continuum: {what}: in study.yaml")
    path = study.path(name)
    try:
        table = pd.read_csv(path, dtype={"person_id": "string"}, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInput(f"cannot be read as CSV in UTF-8: {error}", file=name, fix="save it as CSV UTF-8") from None
    missing = [column for column in needed if column not in table]
    if missing:
        raise BadInput(
            f"no column {', '.join(missing)}; columns are {', '.join(map(str, table.columns))}",
            file=name,
            place="row 1",
            fix=f"name the columns {', '.join(needed)}",
        )
    empty = table[list(needed)].isna().any(axis=1)
    if empty.any():
        raise BadInput(
            f"{int(empty.sum())} rows have an empty entry",
            file=name,
            place=f"row {int(empty.to_numpy().nonzero()[0][0]) + 2}",
            fix=f"fill in {', '.join(needed)}, or remove the row",
        )
    marked = table["person_id"].str.startswith("SYN-").any() or "synthetic" in table
    if marked and not study.synthetic:
        raise SyntheticAsUserData(
            "synthetic records in a study that is not marked as synthetic", file=name, fix="set synthetic: true"
        )
    return table.drop(columns="synthetic", errors="ignore")
