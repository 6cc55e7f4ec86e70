"""One look for every table: number formats of the field, Markdown for notebooks, HTML, CSV and Word for reuse."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from .word_tables import apa_document

MISSING = "–"

Formatter = Callable[[Any], str]


def count(value: Any) -> str:
    """An integer, ``1,234``; a dash if missing; text (such as "<5") as it is."""
    if isinstance(value, str):
        return value
    return MISSING if _missing(value) else f"{round(value):,}"


def percent(value: Any) -> str:
    """A share from 0 to 1 as ``12.3%``."""
    if isinstance(value, str):
        return value
    return MISSING if _missing(value) else f"{100 * value:.1f}%"


def whole_percent(value: Any) -> str:
    """A share as ``12%``: for bases under 100, where decimals claim too much."""
    if isinstance(value, str):
        return value
    return MISSING if _missing(value) else f"{100 * value:.0f}%"


def number(value: Any) -> str:
    """An estimate with two decimals and a true minus sign."""
    if isinstance(value, str):
        return value
    return MISSING if _missing(value) else f"{value:.2f}".replace("-", "−")


def p_value(value: Any) -> str:
    """A p-value to three places, ``.034`` or ``< .001``."""
    if isinstance(value, str):
        return value
    if _missing(value):
        return MISSING
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def interval(low: Any, high: Any, form: Formatter = number) -> str:
    """An interval ``[low, high]``; a dash if either end is missing, text (such as "[c]") as it is."""
    if isinstance(low, str):
        return low
    return MISSING if _missing(low) or _missing(high) else f"[{form(low)}, {form(high)}]"


FORMATS: dict[str, Formatter] = {
    "count": count, "percent": percent, "whole_percent": whole_percent, "number": number, "p": p_value, "text": str,
}  # fmt: skip


class Table:
    """A table as shown in a notebook; Markdown, so that no publisher adds foreign scripts for it.

    Parameters
    ----------
    frame : DataFrame
        What is shown, one row per line; the index is not shown.
    formats : mapping of column to format name
        ``count``, ``percent``, ``whole_percent``, ``number``, ``p`` or ``text``; integers are counts, floats numbers.
    headers : mapping of column to text, optional
        Column headings; otherwise the column name in words.
    note : str
        Stands under the table.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        formats: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        note: str = "",
    ) -> None:
        self.frame = frame
        self.note = note
        self.headers = [(headers or {}).get(str(c), _words(str(c))) for c in frame.columns]
        self.numeric = [_is_numeric(frame[c]) or (formats or {}).get(str(c), "text") != "text" for c in frame.columns]
        self.cells = [
            [_format(value, (formats or {}).get(str(c))) for value in frame[c]] for c in frame.columns
        ]  # by column

    def markdown(self) -> str:
        """Pipe table; cell text cannot break out of its cell or turn into markup."""
        rule = "|".join("---:" if numeric else ":---" for numeric in self.numeric)
        lines = ["| " + " | ".join(_plain(h) for h in self.headers) + " |", f"|{rule}|"]
        lines += ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in zip(*self.cells, strict=True)]
        text = "\n".join(lines)
        return f"{text}\n\n{self.note}\n" if self.note else f"{text}\n"

    def html(self, caption: str = "") -> str:
        """A plain accessible HTML table."""
        align = ["n" if numeric else "t" for numeric in self.numeric]
        head = "".join(
            f'<th scope="col" class="{a}">{escape(h)}</th>' for a, h in zip(align, self.headers, strict=True)
        )
        body = []
        for row in zip(*self.cells, strict=True):
            cells = "".join(f'<td class="{a}">{escape(c)}</td>' for a, c in zip(align, row, strict=True))
            body.append(f"<tr>{cells}</tr>")
        title = f"<caption>{escape(caption)}</caption>" if caption else ""
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        rows = "\n".join(body)
        return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>{note}\n"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": self.markdown(), "text/plain": self.frame_text()}

    def frame_text(self) -> str:
        """The formatted cells as aligned text, for terminals."""
        return pd.DataFrame(dict(zip(self.headers, self.cells, strict=False))).to_string(index=False)

    def write(self, stem: Path, caption: str) -> None:
        """Write ``stem.csv`` (unrounded, safe to open in a spreadsheet) and ``stem.html``."""
        stem.parent.mkdir(parents=True, exist_ok=True)
        safe_for_spreadsheets(self.frame).to_csv(stem.with_suffix(".csv"), index=False)
        stem.with_suffix(".html").write_text(self.html(caption), encoding="utf-8")

    def write_word(self, path: Path, caption: str, number: int) -> None:
        """Write the table as a Word document in the style of the APA, as table ``number``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = list(zip(*self.cells, strict=True))
        title = caption.rstrip(".")
        path.write_bytes(
            apa_document(self.headers, rows, number=number, title=title, note=self.note, numeric=self.numeric)
        )


def safe_for_spreadsheets(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with a leading apostrophe before text that a spreadsheet would run as a formula."""
    return frame.map(lambda v: f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t\r" and v[:1] else v)


def _format(value: Any, name: str | None) -> str:
    if name:
        return FORMATS[name](value)
    if isinstance(value, str):
        return value
    if _missing(value):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and not float(value).is_integer():
        return number(value)
    return count(value) if isinstance(value, int | float) or hasattr(value, "dtype") else str(value)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _plain(text: str) -> str:
    """Text that Markdown shows as written."""
    text = re.sub(r"[\r\n]+", " ", str(text))
    return re.sub(r"([\\|`*_\[\]<>$@])", r"\\\1", text)


def _words(column: str) -> str:
    text = column.replace("_", " ")
    return text[:1].upper() + text[1:]
