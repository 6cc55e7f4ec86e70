"""People's positions on the continuum, with covariates, compressed to the cells a likelihood needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput


@dataclass(frozen=True)
class Outcome:
    """Ordinal outcome of each person.

    Attributes
    ----------
    people : list of str
    level : array of int, shape (people,)
        0 for the lowest level that occurs.
    levels : list of str
        Levels that occur, lowest first.
    time : Series indexed by person, or None
        Age or date at which the outcome was recorded.
    notes : list of str
    """

    people: list[str]
    level: NDArray[np.int64]
    levels: list[str]
    time: pd.Series | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cells:
    """People grouped by exposure pattern and covariates.

    Attributes
    ----------
    patterns : array of 0 and 1, shape (patterns, exposures)
        Patterns that occur.
    rows : array of int, shape (rows,)
        Pattern of each row; a row is a pattern with one combination of covariates.
    extra : array or None, shape (rows, covariate columns)
    weights : array, shape (rows, levels)
        People in each cell.
    row_of : array of int, shape (people,)
    """

    patterns: NDArray[np.int64]
    rows: NDArray[np.int64]
    extra: NDArray[np.float64] | None
    weights: NDArray[np.float64]
    row_of: NDArray[np.int64]


def read_outcome(outcome: pd.DataFrame | pd.Series) -> Outcome:
    """Check an ordinal outcome.

    Parameters
    ----------
    outcome : DataFrame with person_id and level (and age or date), or Series of levels indexed by person
        Whole numbers, lowest level first, or an ordered categorical.

    Raises
    ------
    BadInput
        No order, gaps, a person twice, or one level only.
    """
    if isinstance(outcome, pd.Series):
        outcome = outcome.rename("level").rename_axis("person_id").reset_index()
    missing = [column for column in ("person_id", "level") if column not in outcome]
    if missing:
        raise BadInput(f"the table of outcomes has no column {', '.join(missing)}", fix="person_id and level")
    if outcome["person_id"].duplicated().any():
        raise BadInput("a person has two outcomes", fix="one row per person: the last, or the worst, by your protocol")
    code, names = _codes(outcome["level"])
    used = np.unique(code)
    if len(used) < 2:
        raise BadInput(f"the outcome has only the level {names[used[0]]!r}", fix="an outcome on which people differ")
    notes = (
        []
        if len(used) == len(names)
        else [f"levels nobody has: {', '.join(n for k, n in enumerate(names) if k not in used)}"]
    )
    stamp = next((c for c in ("age_or_date", "age", "date") if c in outcome), None)
    time = None
    if stamp:
        values = outcome[stamp]
        if not pd.api.types.is_numeric_dtype(values):
            values = pd.to_datetime(values, format="ISO8601").astype("datetime64[ns]").astype("int64")
        time = pd.Series(values.to_numpy(dtype=float), index=outcome["person_id"].astype(str))
    return Outcome(
        outcome["person_id"].astype(str).tolist(), np.searchsorted(used, code), [names[k] for k in used], time, notes
    )


def compress(exposed: NDArray, outcome: Outcome, covariates: pd.DataFrame | None = None) -> Cells:
    """Group people who have the same exposures and covariates.

    Parameters
    ----------
    exposed : array of 0 and 1, shape (people, exposures)
    outcome : Outcome
    covariates : DataFrame, optional
        Indexed by person or with a column person_id; text becomes indicators, its first value the reference.
    """
    code = exposed @ (1 << np.arange(exposed.shape[1])[::-1])
    found, pattern = np.unique(code, return_inverse=True)
    patterns = (found[:, None] >> np.arange(exposed.shape[1])[::-1]) & 1
    extra = None
    row: NDArray = pattern
    rows: NDArray = np.arange(len(found))
    if covariates is not None:
        columns = covariate_columns(covariates, outcome.people)
        keyed = pd.DataFrame(columns).assign(pattern=pattern)
        group = keyed.groupby(list(keyed.columns), sort=True)
        row = group.ngroup().to_numpy()
        first = np.unique(row, return_index=True)[1]
        rows, extra = pattern[first], columns[first]
    weights = np.zeros((len(rows), len(outcome.levels)))
    np.add.at(weights, (row, outcome.level), 1)
    return Cells(patterns, rows, extra, weights, row)


def covariate_columns(covariates: pd.DataFrame, people: list[str]) -> NDArray[np.float64]:
    """Covariates as numbers in the order of ``people``, shape (people, columns); numbers are centered and scaled.

    Raises
    ------
    BadInput
        A person or a value is missing.
    """
    table = covariates.set_index("person_id") if "person_id" in covariates else covariates
    table = table.set_axis(table.index.astype(str), axis=0)
    absent = [person for person in people if person not in table.index]
    if absent:
        raise BadInput(f"{len(absent)} people have no covariates, the first is {absent[0]!r}", fix="one row per person")
    table = table.loc[people]
    gaps = table.isna().sum()
    if gaps.any():
        raise BadInput(
            f"covariate {gaps.idxmax()!r} is missing for {int(gaps.max())} people",
            fix="complete it, add a level 'not known', or leave it out",
        )
    numeric = table.select_dtypes(include="number")
    text = table.drop(columns=numeric.columns).astype("category")
    spread = numeric.std().replace(0, 1)
    parts = [((numeric - numeric.mean()) / spread).to_numpy(dtype=float)]
    if len(text.columns):
        parts.append(pd.get_dummies(text, drop_first=True, dtype=float).to_numpy())
    return np.column_stack(parts)


def cluster_codes(clusters: ArrayLike | pd.Series | None, people: list[str]) -> NDArray[np.int64] | None:
    """Number of each person's cluster; a Series is matched by person."""
    if clusters is None:
        return None
    if isinstance(clusters, pd.Series):
        named = clusters.set_axis(clusters.index.astype(str))
        values = named.loc[people].to_numpy() if set(people) <= set(named.index) else clusters.to_numpy()
    else:
        values = np.asarray(clusters)
    if len(values) != len(people):
        raise BadInput(f"{len(values)} clusters were given for {len(people)} people")
    return pd.factorize(values)[0]


def _codes(level: pd.Series) -> tuple[NDArray, list[str]]:
    if level.isna().any():
        raise BadInput(
            f"{int(level.isna().sum())} people have no outcome level",
            place=f"row {int(np.flatnonzero(level.isna())[0]) + 1}",
            fix="leave them out and say so",
        )
    if isinstance(level.dtype, pd.CategoricalDtype):
        if not level.cat.ordered:
            raise BadInput("the outcome's levels have no order", fix="an ordered categorical, or whole numbers from 0")
        return level.cat.codes.to_numpy(dtype=np.int64), [str(c) for c in level.cat.categories]
    numbers = pd.to_numeric(level, errors="coerce")
    if numbers.isna().any() or (numbers != numbers.round()).any():
        raise BadInput(
            "the outcome's levels are neither whole numbers nor an ordered categorical", fix="0 for the lowest level"
        )
    low, high = int(numbers.min()), int(numbers.max())
    if high - low > 20:
        raise BadInput(f"the outcome has {high - low + 1} levels", fix="group it into at most 20 ordered levels")
    return (numbers - low).to_numpy(dtype=np.int64), [str(k) for k in range(low, high + 1)]
