"""The columns of a survey by which respondents are grouped and weighted, in the study's words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems
from ..study import SURVEY_SECTORS, SurveySpec
from .cells import rename_values, rows_where
from .items import is_number
from .levels import nearest, spelling
from .raw_survey import RawSurvey
from .tables import RESPONDENT_COLUMNS

_NUMBERS = ("weight", "fpc")


def respondent_columns(spec: SurveySpec, survey: RawSurvey, mapped: dict[str, str]) -> dict[str, pd.Series]:
    """Sector, state, site, organization, stratum and cluster as categories, weight and fpc as positive numbers.

    Parameters
    ----------
    mapped : dict
        Column of the export for each of these roles.

    Raises
    ------
    BadInput, ManyProblems
        A value that ``sectors:`` or ``states:`` does not name, a weight that is missing, zero or negative; with rows.
    """
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
        columns[role] = _recoded(survey, mapped[role], choices, names, role)
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


def _recoded(survey: RawSurvey, column: str, choices: dict[str, str], names: dict[str, str], role: str) -> pd.Series:
    """A grouping column in the study's words; every value must be named where any is."""
    cells = survey.cells[column]
    by_spelling = {spelling(value): name for value, name in names.items()}
    by_spelling |= {spelling(name): name for name in names.values() if spelling(name) not in by_spelling}
    if not names:
        by_spelling = _commonest(cells, choices)
    renamed: dict[str, str] = {}
    unknown: list[str] = []
    variants: list[str] = []
    exact = {*names, *names.values(), *by_spelling.values(), *choices}
    for value in cells.cat.categories:
        label = choices.get(value, value)
        target = by_spelling.get(spelling(value), by_spelling.get(spelling(label)))
        if target is None:
            unknown.append(value)
        elif value not in exact and label not in exact:
            variants.append(value)
        renamed[value] = target or label
    if unknown:
        raise BadInput(
            f"{unknown[0]!r} is not among the {role}s of study.yaml ({nearest(unknown[0], names)})",
            file=survey.file,
            place=f"{rows_where(cells.isin(unknown).to_numpy(), survey.rows)}, column {column}",
            fix=f"add it under survey: {role}s:, as 'value in the export: {role}'",
        )
    if variants:
        mask = cells.isin(variants).to_numpy()
        survey.report.warnings.append(
            f"column {column}: {mask.sum()} values differ from a {role} only by blanks, case or quotes "
            f"({', '.join(map(repr, variants[:3]))}; {rows_where(mask, survey.rows)}); read as that {role}"
        )
    result = rename_values(cells, renamed)
    order = list(dict.fromkeys(names.values())) or sorted(result.cat.categories)
    if role == "sector" and set(order) <= set(SURVEY_SECTORS):
        order = [sector for sector in SURVEY_SECTORS if sector in order]
    return result.cat.set_categories(order)


def _commonest(cells: pd.Series, choices: dict[str, str]) -> dict[str, str]:
    """Spelling -> the label most respondents have among those that are spelled alike."""
    counts = cells.value_counts()
    ranked = sorted(cells.cat.categories, key=lambda value: (-counts[value], value))
    return {spelling(label): label for label in reversed([choices.get(value, value) for value in ranked])}
