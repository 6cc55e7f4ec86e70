"""What the benchmarks measured, from the files they wrote: for readers who want to know what a run costs them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .. import paths
from ..tables import MISSING

if TYPE_CHECKING:
    from .stage import Stage

_FOLDER = "benchmarks/results"
_HEADS = ("What", "Wall, s", "CPU, s", "Wall, ratio", "CPU, ratio")


def benchmarks(staged: Stage, prefix: str) -> str:
    """Every part of every benchmark: seconds, ratios, and the bars that were set."""
    from .generated import html_table

    parts = []
    for file in sorted((paths.root() / _FOLDER).glob("*.json")):
        measured = json.loads(file.read_text(encoding="utf-8"))
        for name, part in sorted(measured["parts"].items(), key=lambda item: -len(item[1]["rows"])):
            versions = ", ".join(f"{package} {version}" for package, version in part["versions"].items())
            parts.append(f"## {part['title']} {{#benchmark-{measured['benchmark']}-{name}}}")
            parts.append(html_table(*_known(part["rows"]), part["title"]))
            if part["bars"]:
                heads = ("What was asked for", "Bar", "Measured", "Met")
                parts.append(html_table(heads, _bars(part["bars"]), f"Bars: {part['title']}"))
            parts.append(f"[Measured {part['date']} on {part['machine']}; {versions}.]{{.muted}}")
    return "\n\n".join(parts) or "No benchmark has been run on this copy of the project."


def _known(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and cells, without the columns that no row fills."""
    columns = [(head, *cells) for head, *cells in zip(_HEADS, *_rows(rows), strict=True)]
    kept = [column for column in columns if set(column[1:]) != {MISSING}]
    heads, *cells = zip(*kept, strict=True)
    return heads, cells


def _rows(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            escape(row["what"]), _spread(row["wall"]) or escape(row["note"]), _spread(row["cpu"]) or MISSING,
            _ratio(row["ratio_wall"]), _ratio(row["ratio_cpu"]),
        )
        for row in rows
    ]  # fmt: skip


def _bars(bars: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            escape(bar["what"]), f"{'at least' if bar['least'] else 'at most'} {bar['asked']:g} {bar['unit']}".strip(),
            f"{bar['measured']:.3g} {bar['unit']}".strip(), "yes" if bar["met"] else "no",
        )
        for bar in bars
    ]  # fmt: skip


def _spread(seconds: Sequence[float]) -> str:
    """Median, lowest and highest."""
    if not seconds:
        return ""
    middle = _number(statistics.median(seconds))
    return f"{middle} ({_number(min(seconds))} to {_number(max(seconds))})" if len(seconds) > 1 else middle


def _number(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds >= 0.1 else f"{seconds:.2g}"


def _ratio(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"
