"""Rows that the writers of projects take, as tables or mappings, and the checks they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from .offsets import normalize
from .safe import clean_text

Rows = pd.DataFrame | Iterable[Mapping[str, Any]]


def rows_of(table: Rows) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    records = table.to_dict("records") if isinstance(table, pd.DataFrame) else table
    return [{str(key): value for key, value in record.items()} for record in records]


def value_of(row: Mapping[str, Any], key: str) -> Any:
    """A cell, or None where it is absent, missing or empty."""
    value = plain_value(row.get(key))
    return None if value == "" else value


def plain_value(value: Any) -> Any:
    """A Python value for a numpy one; None for any kind of missing."""
    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if isinstance(value, np.generic) else value


def lf_text(text: str) -> str:
    """A text with LF line ends, without byte order mark and without characters that no file may hold."""
    return clean_text(normalize(text))[0]


def check_known(key: Any, known: Mapping[Any, Any], kind: str, where: str, file: str) -> None:
    """Refuse a reference to something that does not exist."""
    if key not in known:
        raise BadInput(f"{where} names the unknown {kind} {key!r}", file=file, fix=f"add it to the {kind}s")


def check_span(row: Mapping[str, Any], texts: Mapping[str, str], file: str) -> tuple[int, int]:
    """Start and end of a coding in its source.

    Raises
    ------
    BadInput
        If the source is unknown, or the positions are not inside its text.
    """
    check_known(row["source"], texts, "source", "a coding", file)
    start, end = int(row["start"]), int(row["end"])
    length = len(texts[row["source"]])
    if not 0 <= start < end <= length:
        raise BadInput(
            f"positions {start} to {end} lie outside the text of {length} characters", file=file,
            place=f"source {row['source']!r}", fix="give code points into the LF text, end exclusive",
        )  # fmt: skip
    return start, end
