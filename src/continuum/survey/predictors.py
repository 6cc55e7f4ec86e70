"""Covariates of a regression as columns of numbers, and back again for new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..ordinal_kernel import Problem


@dataclass(frozen=True)
class Predictors:
    """How covariates become columns.

    Attributes
    ----------
    terms : dict
        Covariate to its columns; a categorical one has a column per level after the first.
    levels : dict
        Covariate to its levels; empty for a number.
    proportional, varying : list of str
        Columns with one coefficient, and with one per threshold.
    matrices : (ndarray, ndarray)
        Of the given rows: proportional columns (P, n), and 1 with the varying ones (1 + Q, n).
    """

    terms: dict[str, list[str]]
    levels: dict[str, list[Any]]
    proportional: list[str]
    varying: list[str]
    matrices: tuple[np.ndarray, np.ndarray]

    def apply(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Both matrices for new rows, coded as the fitted ones."""
        columns = _coded(as_frame(X), self.levels)
        return _split(columns, self.proportional, self.varying)

    def parameter_names(self, problem: Problem) -> list[str]:
        """Name of every parameter in the kernel's order."""
        by_threshold = ["threshold", *self.varying] * problem.thresholds
        return [*by_threshold, *self.proportional]

    def units(self, problem: Problem) -> np.ndarray:
        """What a large change of each covariate is: 1 for 0/1 columns, else a standard deviation; 0 for thresholds."""
        own = np.array([_unit(column) for column in problem.x])
        threshold = np.concatenate([[0.0], [_unit(column) for column in problem.u[1:]]])
        return np.concatenate([np.tile(threshold, problem.thresholds), own])


def model_columns(X: Any, varying: Sequence[str] = ()) -> Predictors:
    """Columns of a regression from a table of covariates.

    Raises
    ------
    BadInput
        If a varying covariate is not among them, or a column is neither numeric nor categorical.
    """
    frame = as_frame(X)
    unknown = [name for name in varying if name not in frame]
    if unknown:
        raise BadInput(f"{unknown[0]!r} is not a covariate", fix=f"covariates: {', '.join(map(str, frame.columns))}")
    levels = {str(name): _levels(frame[name]) for name in frame}
    columns = _coded(frame, levels)
    terms: dict[str, list[str]] = {name: _names(name, levels[name]) for name in levels}
    moving = [column for name in varying for column in terms[name]]
    fixed = [column for column in columns if column not in moving]
    return Predictors(terms, levels, fixed, moving, _split(columns, fixed, moving))


def distinct_rows(X: pd.DataFrame, *more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that differ, and which of them each row equals.

    Parameters
    ----------
    X : DataFrame, shape (n, k)
    more : ndarray of int, shape (n,)
        Further columns that tell rows apart.

    Returns
    -------
    (first, member)
        Positions of the first occurrence of every distinct row, and for each row the position in ``first``.
    """
    key, size = np.zeros(len(X), dtype=np.int64), 1
    for column in [*(X[name] for name in X), *more]:
        codes, values = pd.factorize(pd.Series(column), use_na_sentinel=False)
        if size * len(values) > 2**62:  # the next product would not fit
            key, kinds = pd.factorize(key)
            size = len(kinds)
        key = key * len(values) + codes
        size *= len(values)
    member, kinds = pd.factorize(key)
    first = np.empty(len(kinds), dtype=np.intp)
    first[member[::-1]] = np.arange(len(member) - 1, -1, -1)
    return first, member


def as_frame(X: Any) -> pd.DataFrame:
    """Covariates as a table with text column names; the columns of an array are x1, x2 ..."""
    if isinstance(X, pd.DataFrame):
        return X.set_axis([str(c) for c in X.columns], axis=1).reset_index(drop=True)
    if isinstance(X, pd.Series):
        return X.to_frame(str(X.name or "x1")).reset_index(drop=True)
    table = np.asarray(X, dtype=float)
    table = table[:, None] if table.ndim == 1 else table
    return pd.DataFrame(table, columns=[f"x{i + 1}" for i in range(table.shape[1])])


def _levels(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        there = set(column.dropna().unique())
        return [level for level in column.cat.categories if level in there]
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return []
    if pd.api.types.is_string_dtype(column) or column.dtype == object:
        return sorted(column.dropna().unique())
    raise BadInput(f"the covariate {column.name!r} is neither a number nor a category")


def _names(name: str, levels: list[Any]) -> list[str]:
    return [f"{name}: {level}" for level in levels[1:]] if levels else [name]


def _coded(frame: pd.DataFrame, levels: dict[str, list[Any]]) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for name, own in levels.items():
        column = frame[name]
        if not own:
            columns[name] = column.to_numpy(dtype=float, na_value=np.nan)
            continue
        codes = pd.Categorical(column.astype("object").where(column.isin(own)), categories=own).codes
        for i, label in enumerate(_names(name, own), start=1):
            columns[label] = np.where(codes < 0, np.nan, codes == i)
    return columns


def _split(columns: dict[str, np.ndarray], fixed: list[str], moving: list[str]) -> tuple[np.ndarray, np.ndarray]:
    n = len(next(iter(columns.values()))) if columns else 0
    x = np.array([columns[c] for c in fixed], dtype=float) if fixed else np.empty((0, n))
    return x, np.array([np.ones(n), *(columns[c] for c in moving)])


def _unit(column: np.ndarray) -> float:
    return 1.0 if ((column == 0) | (column == 1)).all() else float(column.std())
