"""Files of statistics programs with labels: SPSS (.sav, .zsav, .por), Stata (.dta), SAS (.sas7bdat, .xpt)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from .cells import without_blanks
from .raw_survey import Column, RawSurvey, one_line
from .safe import looks_like, read_bytes_head, shown
from .tables import ImportReport

_NAMES = {
    ".sav": "SPSS .sav", ".zsav": "SPSS .zsav", ".por": "SPSS portable", ".dta": "Stata .dta",
    ".sas7bdat": "SAS .sas7bdat", ".xpt": "SAS transport",
}  # fmt: skip
SUFFIXES = tuple(_NAMES)
_MAGIC = {".sav": (b"$FL2", b"$FL3"), ".zsav": (b"$FL2", b"$FL3")}


def read_labelled(path: Path) -> RawSurvey:
    """Read a file of SPSS, Stata or SAS with its variable labels, value labels and declared missing values.

    Returns
    -------
    RawSurvey
        Stored values as text (``"1"``, ``"2.5"``, ``"2024-03-31"``); value labels in ``Column.choices``; values the
        file declares missing in ``Column.missing`` and in the cells, not blanked.

    Raises
    ------
    BadInput
        If the file is of another kind, damaged, or holds no cases.
    """
    head = read_bytes_head(path)
    suffix = _kind_of(path, head)
    if suffix in _MAGIC and not head.startswith(_MAGIC[suffix]):
        raise BadInput(
            f"expected an SPSS file, but this is {looks_like(head)}",
            file=shown(path),
            fix="save the data in SPSS as .sav, or rename the file to what it is",
        )
    frame, meta = _read(path, suffix)
    if not len(frame):
        raise BadInput("holds no cases", file=shown(path), fix="save the data set again with its cases")
    report = ImportReport(source=shown(path), format=_NAMES[suffix])
    report.read["responses"] = len(frame)
    if meta.file_encoding:
        report.guesses["encoding"] = str(meta.file_encoding)
    cells: dict[str, pd.Series] = {}
    columns: dict[str, Column] = {}
    for name in frame.columns:
        choices = {
            _stored(value): one_line(str(label)) for value, label in meta.variable_value_labels.get(name, {}).items()
        }
        cells[name] = _as_text(frame[name])
        columns[name] = Column(
            name,
            text=one_line(meta.column_names_to_labels.get(name) or name),
            choices=choices,
            missing=_declared_missing(name, meta, cells[name], choices),
        )
    _share_stems(columns)
    _multiple_response_sets(columns, meta)
    return RawSurvey(shown(path), pd.DataFrame(cells), columns, np.arange(1, len(frame) + 1), report)


def _kind_of(path: Path, head: bytes) -> str:
    """The suffix of the format: the file's own, or for a file named otherwise the one its first bytes show."""
    if path.suffix.lower() in _NAMES:
        return path.suffix.lower()
    for start, suffix in ((b"$FL2", ".sav"), (b"$FL3", ".zsav"), (b"<stata_dta>", ".dta")):
        if head.startswith(start):
            return suffix
    raise BadInput(
        f"expected a file of SPSS, Stata or SAS, but this is {looks_like(head)}",
        file=shown(path),
        fix=f"leave format: out of study.yaml, or give the file its ending ({', '.join(_NAMES)})",
    )


def _read(path: Path, suffix: str) -> tuple[pd.DataFrame, Any]:
    import pyreadstat

    readers: dict[str, Callable[..., tuple[pd.DataFrame, Any]]] = {
        ".sav": pyreadstat.read_sav, ".zsav": pyreadstat.read_sav, ".por": pyreadstat.read_por,
        ".dta": pyreadstat.read_dta, ".sas7bdat": pyreadstat.read_sas7bdat, ".xpt": pyreadstat.read_xport,
    }  # fmt: skip
    options = {"user_missing": True} if suffix in {".sav", ".zsav", ".dta", ".sas7bdat"} else {}
    try:
        return readers[suffix](str(path), **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, ValueError, OSError) as error:
        raise BadInput(
            f"is not a readable {_NAMES[suffix]} file or is cut short ({one_line(str(error))})",
            file=shown(path),
            fix="save it again from the program it comes from",
        ) from None


def _stored(value: Any) -> str:
    """A stored value as text: whole numbers without a decimal point."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).rstrip()


def _as_text(column: pd.Series) -> pd.Series:
    """A column as a Categorical of text; works on the distinct values only."""
    values = pd.Series(pd.Categorical(column), index=column.index)
    texts = [_stored(value) for value in values.cat.categories]
    if len(set(texts)) != len(texts):
        values = pd.Series(pd.Categorical(column.map(_stored, na_action="ignore")), index=column.index)
        texts = [str(text) for text in values.cat.categories]
    return without_blanks(values.cat.rename_categories(texts))


def _declared_missing(name: str, meta: Any, cells: pd.Series, choices: dict[str, str]) -> list[str]:
    """Stored values that the file's own missing-value ranges or Stata/SAS missing codes name."""
    missing = [_stored(value) for value in meta.missing_user_values.get(name, [])]
    known = [*cells.cat.categories, *choices]
    for span in meta.missing_ranges.get(name, []):
        low, high = span["lo"], span["hi"]
        for text in known:
            if isinstance(low, str) or isinstance(high, str):
                inside = text in (str(low).rstrip(), str(high).rstrip())
            else:
                number = _number(text)
                inside = number is not None and low <= number <= high
            if inside:
                missing.append(text)
    return list(dict.fromkeys(missing))


def _multiple_response_sets(columns: dict[str, Column], meta: Any) -> None:
    """Variables that the file declares to be the options of one question, with the value that counts as a tick."""
    for name, entry in (getattr(meta, "mr_sets", None) or {}).items():
        members = [columns[variable] for variable in entry["variable_list"] if variable in columns]
        if not entry["is_dichotomy"] or len(members) < 2:
            continue
        for column in members:
            label = column.choices.get(str(entry["counted_value"]), "")
            own = column.text if label in ("", "Yes", "Selected", "Checked", "Ticked") else label
            column.kind, column.choices = "multiple", {str(entry["counted_value"]): own}
            column.text, column.question = own, one_line(str(entry["label"])) or column.question
            column.question_id, column.import_id = name.lstrip("$"), f"{name.lstrip('$')}-{column.key}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _share_stems(columns: dict[str, Column]) -> None:
    """Split labels ``question - option``: in these files the stem is in front of the last dash between blanks."""
    groups: dict[str, list[Column]] = {}
    for column in columns.values():
        stem, dash, _ = column.text.rpartition(" - ")
        if dash:
            groups.setdefault(stem, []).append(column)
    for stem, members in groups.items():
        if len(members) > 1:
            for column in members:
                column.question, column.text = stem, column.text[len(stem) + 3 :]
