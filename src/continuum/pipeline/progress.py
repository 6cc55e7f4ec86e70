"""What a person sees while notebooks run: one row each in a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

#: In a log, a line about a running notebook at most this often (seconds).
_EVERY = 5.0


class Progress(Protocol):
    """Told by worker threads what happens."""

    def begin(self, expected: dict[str, float], workers: int) -> None:
        """Tasks that will run and the seconds each took last time."""

    def started(self, task: str) -> None:
        """A task begins."""

    def cell(self, task: str, done: int, total: int, name: str) -> None:
        """A task begins its next cell."""

    def ended(self, task: str, outcome: str, seconds: float) -> None:
        """A task ended: ``done``, ``failed`` or ``skipped``."""

    def note(self, text: str) -> None:
        """Something to say once."""

    def close(self) -> None:
        """Nothing more will come."""


@dataclass
class _Row:
    expected: float
    status: str = "waiting"
    began: float = 0.0
    seconds: float = 0.0
    done: int = 0
    total: int = 0
    cell: str = ""
    told: float = field(default=0.0)

    @property
    def place(self) -> str:
        return f"cell {self.done + 1} of {self.total}: {self.cell}" if self.total else "starting"


class PlainProgress:
    """Lines for logs and pipes.

    Parameters
    ----------
    stream : text stream, optional
        Standard output if not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._rows: dict[str, _Row] = {}
        self._lock = threading.Lock()

    def begin(self, expected: dict[str, float], workers: int) -> None:
        """Say how many tasks there are and how long they took last time."""
        self._rows = {task: _Row(seconds) for task, seconds in expected.items()}
        at_least = max([sum(expected.values()) / workers, *expected.values()], default=0)
        self.note(f"{len(expected)} to run with {workers} worker{'s' * (workers != 1)}, about {_time(at_least)}")

    def started(self, task: str) -> None:
        """Print the task and its expected time."""
        row = self._rows[task]
        row.status, row.began = "running", time.monotonic()
        row.told = row.began
        self.note(f"{task}: started, expected {_time(row.expected)}")

    def cell(self, task: str, done: int, total: int, name: str) -> None:
        """Print the cell if the last line about this task is some seconds old."""
        row = self._rows[task]
        row.done, row.total, row.cell = done, total, name
        if time.monotonic() - row.told >= _EVERY:
            row.told = time.monotonic()
            self.note(f"{task}: {row.place}")

    def ended(self, task: str, outcome: str, seconds: float) -> None:
        """Print the outcome."""
        left = sum(1 for name, row in self._rows.items() if row.status in {"waiting", "running"} and name != task)
        self._rows[task].status = outcome
        took = f" in {_time(seconds)}" if seconds else ""
        self.note(f"{task}: {outcome}{took}, {left} left")

    def note(self, text: str) -> None:
        """Print one line."""
        with self._lock:
            print(text, file=self._stream, flush=True)

    def close(self) -> None:
        """Do nothing: lines need no end."""


class LiveProgress:
    """A table that redraws itself in a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._rows: dict[str, _Row] = {}
        self._workers = 1
        self._live = Live(console=Console(), get_renderable=self._table, refresh_per_second=4)

    def begin(self, expected: dict[str, float], workers: int) -> None:
        """Show one row per task."""
        self._rows = {task: _Row(seconds) for task, seconds in expected.items()}
        self._workers = workers
        self._live.start()

    def started(self, task: str) -> None:
        """Mark the task's row as running."""
        row = self._rows[task]
        row.status, row.began = "running", time.monotonic()

    def cell(self, task: str, done: int, total: int, name: str) -> None:
        """Show the cell in the task's row."""
        row = self._rows[task]
        row.done, row.total, row.cell = done, total, name

    def ended(self, task: str, outcome: str, seconds: float) -> None:
        """Show the outcome in the task's row."""
        row = self._rows[task]
        row.status, row.seconds = outcome, seconds

    def note(self, text: str) -> None:
        """Print a line above the table."""
        self._live.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Leave the finished table on the screen."""
        if self._live.is_started:
            self._live.stop()

    def _table(self) -> Any:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        rows = self._rows.values()
        left = sum(max(0.0, row.expected - _spent(row)) for row in rows if row.status in {"waiting", "running"})
        finished = sum(row.status not in {"waiting", "running"} for row in rows)
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, title_justify="left")
        for name, row in self._rows.items():
            bar = ProgressBar(total=row.total or 1, completed=row.total if row.status == "done" else row.done, width=20)
            colors = {"done": "green", "failed": "red", "skipped": "yellow", "running": "cyan"}
            words = row.place if row.status == "running" else row.status
            times = f"{_time(_spent(row))} of about {_time(row.expected)}" if row.status == "running" else ""
            times = times or (_time(row.seconds) if row.seconds else f"about {_time(row.expected)}")
            table.add_row(name, bar, Text(words, style=colors.get(row.status, "dim")), times)
        table.caption = f"{finished} of {len(self._rows)} done, about {_time(left / self._workers)} left"
        table.caption_justify = "left"
        return table


def progress(tasks: Sequence[str]) -> Progress:
    """The display that fits where standard output goes."""
    return LiveProgress() if sys.stdout.isatty() and tasks else PlainProgress()


def _spent(row: _Row) -> float:
    return time.monotonic() - row.began if row.status == "running" else 0.0


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
