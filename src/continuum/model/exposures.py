"""Exposures with ages or dates: who met what, and in which order the exposures happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, OrderNotIdentified, TooFewCases

TIME_COLUMNS = ("age_or_date", "age", "date")
#: Of people with two neighboring exposures, the share that must have met them in the common order.
IN_ORDER = 0.75
#: People with two neighboring exposures below whom their order is not judged.
FEWEST_IN_BOTH = 5
MINIMUM_PEOPLE = 20
MOST_EXPOSURES = 12


@dataclass(frozen=True)
class OrderedExposures:
    """Who met which exposure, exposures in the order in which they happen.

    Attributes
    ----------
    met : array of 0 and 1, shape (people, exposures)
    names : list of str
    order : DataFrame
        exposure, people, median_time, then for the exposure before it: both (people who met both), in_order (share of
        them who met that one first).
    notes : list of str
        What was left out, with counts.
    """

    met: NDArray[np.int64]
    names: list[str]
    order: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def order_exposures(exposures: pd.DataFrame, people: Sequence[str], end: pd.Series | None = None) -> OrderedExposures:
    """Put exposures into the order in which people met them.

    Parameters
    ----------
    exposures : DataFrame
        person_id, exposure, and one of age, date, age_or_date; one row per exposure that a person met. A person who
        met one twice counts from the first time.
    people : sequence of str
        Everybody in the study, in the order of the result; those without a row met nothing.
    end : Series indexed by person, optional
        Age or date of the outcome; what happened later is left out.

    Raises
    ------
    OrderNotIdentified
        No ages or dates, or people met neighboring exposures in no common order.
    BadInput
        A column is missing, a time is not one, or a person is unknown.
    TooFewCases
        Fewer than 20 people or two exposures.
    """
    table, notes = _read(exposures, people)
    if end is not None:
        late = table["time"] > table["person_id"].map(end)
        if late.any():
            notes.append(f"{int(late.sum())} exposures after the outcome were left out")
            table = table[~late]
    first = table.groupby(["person_id", "exposure"], as_index=False, sort=False)["time"].min()
    names = first.groupby("exposure")["time"].median().sort_values(kind="stable").index.tolist()
    if len(people) < MINIMUM_PEOPLE or len(names) < 2:
        raise TooFewCases(
            f"Life-course hypotheses need at least {MINIMUM_PEOPLE} people and 2 exposures; there are {len(people)} "
            f"and {len(names)}.",
            "More people, or exposures told apart.",
        )
    if len(names) > MOST_EXPOSURES:
        raise BadInput(
            f"{len(names)} exposures make {2 ** len(names):,} patterns", fix=f"group them into at most {MOST_EXPOSURES}"
        )
    wide = np.full((len(people), len(names)), np.nan)
    rows = pd.Index(people).get_indexer(first["person_id"])
    columns = pd.Index(names).get_indexer(first["exposure"])
    wide[rows, columns] = first["time"]
    return OrderedExposures((~np.isnan(wide)).astype(np.int64), names, _check_order(wide, names), notes)


def _read(exposures: pd.DataFrame, people: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    time = next((column for column in TIME_COLUMNS if column in exposures), None)
    if time is None:
        raise OrderNotIdentified(
            "The exposures have no ages or dates. Presence and absence cannot tell which came first: a chain and its "
            "reverse fit equally well.",
            "a column age (years) or date (YYYY-MM-DD) with the first time of each exposure",
        )
    missing = [column for column in ("person_id", "exposure") if column not in exposures]
    if missing:
        raise BadInput(
            f"the table of exposures has no column {', '.join(missing)}",
            fix="one row per exposure that a person met: person_id, exposure, age or date",
        )
    table = exposures[["person_id", "exposure"]].assign(time=_times(exposures[time], time))
    unknown = ~table["person_id"].isin(set(people))
    if unknown.any():
        raise BadInput(
            f"{int(unknown.sum())} exposures belong to people without an outcome",
            place=f"row {int(np.flatnonzero(unknown)[0]) + 1}, person_id {table.loc[unknown, 'person_id'].iloc[0]!r}",
            fix="list every person in the table of outcomes",
        )
    notes: list[str] = []
    undated = table["time"].isna()
    if undated.all():
        raise OrderNotIdentified(
            f"The column {time} of the exposures is empty, so their order is not known.",
            "the first age or date of each exposure",
        )
    if undated.any():
        places = ", ".join(str(row + 1) for row in np.flatnonzero(undated)[:3])
        raise BadInput(
            f"{int(undated.sum())} exposures have no {time}",
            place=f"row {places}",
            fix="add the time, or remove the exposure if it is not known to have happened",
        )
    return table.reset_index(drop=True), notes


def _times(column: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("int64").where(column.notna()).astype(float)
    text = column.astype("object").where(column.notna())
    numbers = pd.to_numeric(text, errors="coerce")
    if numbers.notna().sum() < text.notna().sum():
        dates = pd.to_datetime(text.astype("string"), errors="coerce", format="ISO8601")
        if dates.notna().sum() < text.notna().sum():
            bad = text.notna() & dates.isna() & numbers.isna()
            row = int(np.flatnonzero(bad if bad.any() else text.notna() & dates.isna())[0])
            raise BadInput(
                f"{name} {text.iloc[row]!r} is neither a number nor a date",
                place=f"row {row + 1}",
                fix="all ages in years, or all dates as YYYY-MM-DD",
            )
        return dates.astype("int64").where(dates.notna()).astype(float)
    if (numbers < 0).any():
        row = int(np.flatnonzero(numbers < 0)[0])
        raise BadInput(f"{name} is negative", place=f"row {row + 1}", fix="ages in years from birth")
    return numbers.astype(float)


def _check_order(wide: NDArray, names: list[str]) -> pd.DataFrame:
    rows = []
    for k, name in enumerate(names):
        both, share = np.nan, np.nan
        if k:
            met = ~np.isnan(wide[:, k]) & ~np.isnan(wide[:, k - 1])
            both = int(met.sum())
            share = float((wide[met, k - 1] <= wide[met, k]).mean()) if both else np.nan
            if both >= FEWEST_IN_BOTH and share < IN_ORDER:
                raise OrderNotIdentified(
                    f"Of {both} people who met both, {share:.0%} met {names[k - 1]!r} before {name!r}: the exposures "
                    f"have no common order (needed: {IN_ORDER:.0%}).",
                    "exposures defined by stage of life, such as 'before 15' and '15 to 18'",
                )
        rows.append((name, int((~np.isnan(wide[:, k])).sum()), float(np.nanmedian(wide[:, k])), both, share))
    return pd.DataFrame(rows, columns=["exposure", "people", "median_time", "both", "in_order"])
