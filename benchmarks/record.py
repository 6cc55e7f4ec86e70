"""Keeps what a benchmark measured in one small file that a page of the site shows; parts can be measured one by one."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One way of doing the work: seconds of every repeat, and medians as shares of the first way's."""

    what: str
    wall: list[float]
    cpu: list[float] = field(default_factory=list)
    ratio_wall: float | None = None
    ratio_cpu: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """Wall seconds of the repeat in the middle."""
        return statistics.median(self.wall)


@dataclass(frozen=True)
class Bar:
    """What was asked for and what was measured, both in ``unit``; ``least`` if more is better."""

    what: str
    asked: float
    measured: float
    unit: str = ""
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether the measured value is on the right side of the bar."""
        return self.measured >= self.asked if self.least else self.measured <= self.asked


def rows(times: Mapping[str, Sequence[tuple[float, float]]], notes: Mapping[str, str]) -> list[Row]:
    """Rows from (wall, CPU) seconds of each way; the first way is what the others are compared with."""
    first = next(iter(times.values()))
    base = [statistics.median(spent[i] for spent in first) for i in (0, 1)]
    made = []
    for what, spent in times.items():
        wall, cpu = [round(s[0], 3) for s in spent], [round(s[1], 3) for s in spent]
        ratios = (statistics.median(wall) / base[0], statistics.median(cpu) / base[1]) if spent else (None, None)
        made.append(Row(what, wall, cpu, *ratios, notes.get(what, "")))
    return made


def save(
    benchmark: str, part: str, title: str, measured: Sequence[Row], bars: Sequence[Bar], packages: Sequence[str]
) -> None:
    """Print one part and put it into ``results/BENCHMARK.json``, beside the parts measured before.

    Parameters
    ----------
    benchmark, part, title : str
    measured : sequence of Row
    bars : sequence of Bar
    packages : sequence of str
        Distributions whose versions matter.
    """
    today = datetime.date.today().isoformat()
    content = {
        "title": title, "date": today, "machine": machine(), "versions": _versions(packages),
        "rows": [asdict(row) for row in measured], "bars": [{**asdict(bar), "met": bar.met} for bar in bars],
    }  # fmt: skip
    file = FOLDER / f"{benchmark}.json"
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"parts": {}}
    known["parts"][part] = content
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"benchmark": benchmark, **known}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\n{title}\n{today}, {machine()}\n" + "\n".join([*map(_line, measured), *map(_verdict, bars)]))


def machine() -> str:
    """Processors, memory and Python of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} processors, {memory:.0f} GiB, {platform.machine()}, Python {platform.python_version()}"


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _line(row: Row) -> str:
    if not row.wall:
        return f"{row.what:44} {row.note}"
    parts = [f"{row.what:44} wall {row.median:7.2f} s ({min(row.wall):.2f} to {max(row.wall):.2f})"]
    if row.cpu:
        parts.append(f"CPU {statistics.median(row.cpu):7.2f} s")
    if row.ratio_wall is not None and row.ratio_cpu is not None:
        parts.append(f"x{row.ratio_wall:.3f} wall, x{row.ratio_cpu:.3f} CPU")
    return "   ".join(parts)


def _verdict(bar: Bar) -> str:
    sign = "at least" if bar.least else "at most"
    return f"{bar.what:60} {bar.measured:.3g} {bar.unit} ({sign} {bar.asked:g}): {'met' if bar.met else 'MISSED'}"
