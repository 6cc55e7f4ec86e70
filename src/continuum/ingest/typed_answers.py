"""Typed answers of one item with their status, and the error for answers that an item does not have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput
from .cells import rows_where
from .items import Item
from .levels import nearest
from .raw_survey import RawSurvey
from .tables import answer_status


@dataclass
class Typed:
    """One column of answers and its status, before repeated respondents are joined."""

    answers: pd.Series
    status: pd.Series


def boolean_answers(ticked: np.ndarray, answered: np.ndarray, index: pd.Index) -> Typed:
    """Ticks as nullable booleans, missing where the question was not answered."""
    answers = pd.Series(pd.arrays.BooleanArray(ticked, ~answered), index=index)
    return Typed(answers, answer_status(pd.Series(answered, index=index)))


def note_unknown(survey: RawSurvey, item: Item, cells: pd.Series, unknown: list[str], problems: list[BadInput]) -> None:
    """Add a problem for each stored value that is no answer of an item: rows, column and the nearest answer."""
    for value in unknown:
        mask = (cells == value).to_numpy()
        if not mask.any():
            continue
        scale = f"scale {item.scale_id}" if item.scale_id else f"item {item.item_id}"
        problems.append(
            BadInput(
                f"{value!r} is not a level of {scale} ({nearest(value, [*item.levels, *item.dont_know])})",
                file=survey.file,
                place=f"{rows_where(mask, survey.rows)}, column {item.column}",
                fix="add it to levels, dont_know, not_applicable or codes of the scale in study.yaml, or to na_values",
            )
        )
