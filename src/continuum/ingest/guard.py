"""Synthetic records never pass as a team's own data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import SyntheticAsUserData
from .personal import SYNTHETIC_PREFIX

MARK = "synthetic"


def refuse_synthetic(table: pd.DataFrame, *, file: str | Path, synthetic: bool) -> None:
    """Stop if a study that is not declared synthetic holds synthetic records.

    Parameters
    ----------
    table : DataFrame
        Any table as read; text columns are searched for identifiers, a column ``synthetic`` for the mark.
    file : path
        Where the table comes from.
    synthetic : bool
        What ``study.yaml`` says.

    Raises
    ------
    SyntheticAsUserData
        If ``synthetic`` is false and a value begins with ``SYN-`` or the mark is true.
    """
    if synthetic:
        return
    for column in table.columns:
        values = table[column]
        if not (pd.api.types.is_string_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype)):
            if not (str(column).lower() == MARK and values.eq(True).any()):
                continue
            found = values.eq(True)
        else:
            text = values.astype("string")
            found = text.str.startswith(SYNTHETIC_PREFIX).fillna(False)
            if str(column).lower() == MARK:
                found |= text.str.lower().eq("true").fillna(False)
        if found.any():
            raise SyntheticAsUserData(
                f"{int(found.sum())} synthetic records in column {column!r} of a study that is not declared synthetic",
                file=file,
                place=f"row {int(found.to_numpy().argmax()) + 1}",
                fix="remove them, or set synthetic: true in study.yaml so that every result is labeled",
            )
