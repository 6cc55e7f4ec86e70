"""One row per respondent, also where an export repeats a person or an organization for every turn of a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems
from .assemble import items_table
from .cells import rows_where
from .items import Item
from .raw_survey import RawSurvey
from .tables import ImportReport, SurveyData
from .typed_answers import Typed


@dataclass
class Levels:
    """Items by level: asked once of a respondent, or once per turn of a loop."""

    once: list[Item]
    looped: list[Item]
    first_row: np.ndarray


def one_row_each(
    survey: RawSurvey, ids: pd.Series, fixed: dict[str, pd.Series], items: Sequence[Item], typed: dict[str, Typed]
) -> SurveyData:
    """The survey with one row per respondent; items asked several times of one stand in ``loops``.

    Parameters
    ----------
    ids : Series
        Respondent of each row of the export.
    fixed : dict
        Respondent columns (sector, weight ...) by role.
    typed : dict
        Answers and status by item id (:func:`~continuum.ingest.assemble.type_items`).

    Raises
    ------
    BadInput, ManyProblems
        As :func:`split_levels`.
    """
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


def split_levels(
    ids: pd.Series,
    fixed: dict[str, pd.Series],
    items: Sequence[Item],
    typed: dict[str, Typed],
    *,
    rows: np.ndarray,
    report: ImportReport,
) -> Levels:
    """Find which items vary within a respondent, and give the others one value per respondent.

    Items asked once are filled from any row of the respondent, so that a value in the second row is not lost;
    ``typed`` and ``fixed`` are changed accordingly.

    Parameters
    ----------
    ids : Series
        Respondent of each row.
    fixed : dict
        Respondent columns (sector, weight ...), which must not vary within a respondent.
    rows : ndarray of int
        Row numbers in the file, for messages.

    Raises
    ------
    ManyProblems
        If an item declared ``looped: false``, or a respondent column, varies within a respondent.
    """
    codes, _ = pd.factorize(ids)
    first_row = pd.Series(codes).drop_duplicates().index.to_numpy()
    if len(first_row) == len(ids):
        return Levels([i for i in items if not i.looped], [i for i in items if i.looped], first_row)
    report.read["rows"] = len(ids)
    report.guesses["level"] = (
        f"{len(ids)} rows of {len(first_row)} respondents; items that vary within one are counted by row"
    )
    varies = {name: _varies(codes, column) for name, column in fixed.items()}
    problems = [_not_fixed(name, mask, rows, report.source) for name, mask in varies.items() if mask.any()]
    once: list[Item] = []
    looped: list[Item] = []
    for item in _whole_sets(items, {item.item_id for item in items if _item_varies(item, codes, typed)}):
        mask = _varies(codes, typed[item.item_id].answers)
        if item.looped is False and mask.any():
            problems.append(_not_fixed(item.item_id, mask, rows, report.source))
        (looped if item.looped else once).append(item)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    for name, column in fixed.items():
        fixed[name] = _filled(codes, column)
    for item in once:
        typed[item.item_id] = _best(codes, typed[item.item_id])
    return Levels(once, looped, first_row)


def _item_varies(item: Item, codes: np.ndarray, typed: dict[str, Typed]) -> bool:
    return item.looped is None and bool(_varies(codes, typed[item.item_id].answers).any())


def _whole_sets(items: Sequence[Item], varying: set[str]) -> list[Item]:
    """Items with their level decided; the options of a multiple response share it."""
    sets = {item.set_id or item.item_id for item in items if item.item_id in varying and item.kind == "multiple"}
    for item in items:
        if item.looped is None:
            in_set = item.kind == "multiple" and (item.set_id or item.item_id) in sets
            item.looped = item.item_id in varying or in_set or None
    return list(items)


def _varies(codes: np.ndarray, column: pd.Series) -> np.ndarray:
    """Rows whose value differs from the first value its respondent gave."""
    values, _ = pd.factorize(column)
    given = np.flatnonzero(values >= 0)
    first = np.full(codes.max(initial=-1) + 1, -1)
    first[codes[given[::-1]]] = values[given[::-1]]
    differs = np.zeros(len(codes), dtype=bool)
    differs[given] = values[given] != first[codes[given]]
    return differs


def _source_rows(codes: np.ndarray, given: np.ndarray) -> np.ndarray:
    """For each row, the first row of its respondent among ``given``; the row itself if there is none."""
    first = np.full(codes.max(initial=-1) + 1, -1)
    first[codes[given[::-1]]] = given[::-1]
    source = first[codes]
    return np.where(source >= 0, source, np.arange(len(codes)))


def _filled(codes: np.ndarray, column: pd.Series) -> pd.Series:
    """Each row with the first value its respondent gave."""
    source = _source_rows(codes, np.flatnonzero(column.notna().to_numpy()))
    return column.take(source).set_axis(column.index)


def _best(codes: np.ndarray, entry: Typed) -> Typed:
    """Each row with the first answer of its respondent ("don't know" included) and that answer's status."""
    said = entry.status.isin(["answered", "dont_know", "not_applicable"]).to_numpy()
    source = _source_rows(codes, np.flatnonzero(said))
    index = entry.answers.index
    return Typed(entry.answers.take(source).set_axis(index), entry.status.take(source).set_axis(index))


def _not_fixed(name: str, mask: np.ndarray, rows: np.ndarray, file: str) -> BadInput:
    return BadInput(
        "differs between rows of one respondent, although it is asked once",
        file=file,
        place=f"{rows_where(mask, rows)}, column {name}",
        fix="correct the rows, or declare the items looped: true in study.yaml",
    )
