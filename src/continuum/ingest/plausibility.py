"""What an export says that is possible but odd: it is read as it stands, and the report says where to look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..errors import some
from .cells import rows_where
from .items import Item
from .raw_survey import RawSurvey
from .typed_answers import Typed

#: Ages of people who work with clients, in years.
ADULT_AGES = (15.0, 99.0)
#: A group with fewer respondents is shown as far as the disclosure rule allows, and not tested.
SMALL_GROUP = 5
#: Numbers this many interquartile ranges beyond the middle half are far from all others.
FAR = 5.0

_AGE = re.compile(r"\bage\b|\bhow old\b", re.IGNORECASE)


def note_numbers(survey: RawSurvey, item: Item, numbers: np.ndarray) -> None:
    """Warn of numbers outside the declared range, of ages no adult has, or of numbers far from all others.

    Parameters
    ----------
    survey : RawSurvey
    item : Item
        ``range`` as ``study.yaml`` declares it, or None.
    numbers : ndarray, shape (n,)
        NaN where there is no number.
    """
    known = numbers[~np.isnan(numbers)]
    if item.range is not None:
        low, high = item.range
        what, help_ = f"outside the declared range {low:g} to {high:g}", ""
    elif _AGE.search(item.text) or _AGE.search(item.column.replace("_", " ")):
        low, high = ADULT_AGES
        what, help_ = f"no likely age ({low:g} to {high:g} years)", "; a range: of the item in study.yaml says what is"
    elif len(known) >= 20:
        first, third = np.quantile(known, [0.25, 0.75])
        if first == third:
            return
        low, high = first - FAR * (third - first), third + FAR * (third - first)
        what, help_ = "far from all others", "; a range: of the item in study.yaml says which are possible"
    else:
        return
    with np.errstate(invalid="ignore"):
        odd = (numbers < low) | (numbers > high)
    if odd.any():
        survey.report.warnings.append(
            f"column {item.column}: {odd.sum()} numbers are {what} ({rows_where(odd, survey.rows)}); kept{help_}"
        )


def note_unanswered(survey: RawSurvey, items: Sequence[Item], typed: Mapping[str, Typed]) -> None:
    """Warn of items that nobody answered: their tables will be empty."""
    empty = [item.column for item in items if not (typed[item.item_id].status == "answered").any()]
    if empty:
        survey.report.warnings.append(f"nobody answered {some(empty)}: shown without estimates")


def note_small_groups(survey: RawSurvey, fixed: Mapping[str, pd.Series]) -> None:
    """Warn of sectors, states or sites with fewer than five respondents: they are not tested."""
    for name in ("sector", "state", "site"):
        if name not in fixed:
            continue
        counts = fixed[name].value_counts()
        small = [str(value) for value, count in counts.items() if 0 < count < SMALL_GROUP]
        if small:
            survey.report.warnings.append(
                f"{name}: fewer than {SMALL_GROUP} respondents in {', '.join(sorted(small))}: "
                "left out of tests, and hidden where the disclosure rule says so"
            )
