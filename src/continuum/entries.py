"""One result: as it is stored, and as the words a sentence takes from it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from .errors import AnalysisFailed, Refusal
from .tables import count, number, p_value, percent, whole_percent

#: Digits kept in results.json: enough for any use, few enough that the last bits of another processor do not show.
DIGITS = 12
#: Stands for a result in a sentence: its key, and how its value is to be written.
FIELD = re.compile(r"\{([a-z0-9_.-]+)(?::(count|percent|whole_percent|number|p|interval|text))?\}")


def say_value(entry: Mapping[str, Any], form: str | None = None) -> str:
    """A stored result as words, in the number format of its unit or the one asked for."""
    value = entry["value"]
    if form == "interval":
        bounds = entry.get("interval")
        if bounds is None:
            raise AnalysisFailed("a sentence asks for the interval of a result that has none")
        show = percent if entry["unit"] == "share" else number
        return f"{bounds['level'] * 100:.0f}% interval {show(bounds['low'])} to {show(bounds['high'])}"
    if value is None:
        return "not determined"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    forms = {
        "count": count,
        "percent": percent,
        "whole_percent": whole_percent,
        "number": number,
        "p": p_value,
    }
    if form in forms:
        return forms[form](value)
    if isinstance(value, str):
        return value
    if entry["unit"] == "share":
        return percent(value)
    return count(value) if isinstance(value, int) else number(value)


class RefusalBox:
    """A refusal as a notebook shows it."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        refusal = self.refusal
        helps = f" **What would help:** {refusal.what_would_help}" if refusal.what_would_help else ""
        text = f"> **Not answered from these data** (`{refusal.code}`). {refusal.reason}{helps}"
        return {"text/markdown": text, "text/plain": f"{refusal.code}: {refusal.message}"}


def to_json(value: Any) -> str:
    """JSON with sorted keys and a final line end."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def slug(text: Any) -> str:
    """``text`` as a part of a result key: ``"Lack of housing"`` becomes ``lack_of_housing``."""
    return re.sub(r"[^a-z0-9]+", "_", str(text).lower()).strip("_") or "empty"


def plain(value: Any) -> Any:
    """``value`` as JSON types, floats to 12 significant digits, NaN and NA as None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if value is None or value is pd.NA or isinstance(value, bool | int | str):
        return None if value is pd.NA else value
    if isinstance(value, float):
        return None if math.isnan(value) or math.isinf(value) else float(f"{value:.{DIGITS}g}")
    return str(value)
