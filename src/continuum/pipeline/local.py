"""Work on this machine: notebooks in kernels of their own, one per thread; ingest in this process."""

from __future__ import annotations

import os

from ..study import load_study
from .execute import OnCell, Outcome, Request, execute

#: What one notebook's kernel needs at most with the usual studies; bounds how many run at the same time.
_GIB_PER_KERNEL = 1.0


class LocalPlace:
    """Threads of this process, each waiting for one kernel."""

    words = "this machine"

    def run(self, request: Request, previous: list[str], on_cell: OnCell) -> Outcome:
        """Execute one notebook and wait for it."""
        return execute(request, previous=previous, on_cell=on_cell)

    def ingest(self, section: str, study: str) -> None:
        """Make the tidy tables of one section."""
        ingest(section, study)

    def close(self) -> None:
        """Nothing to release."""


def ingest(section: str, study: str) -> None:
    """Read the raw files of one section into tidy tables, which the loaders keep for the notebooks."""
    from .. import ingest as importers

    getattr(importers, f"load_{section}")(load_study(study))


def default_workers() -> int:
    """As many as processors, fewer if memory is short."""
    return max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
                      int(_available_gib() / _GIB_PER_KERNEL)))  # fmt: skip


def _available_gib() -> float:
    """Free memory; a generous guess where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            for line in stream:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) / 2**20
    except OSError:
        pass
    return 64.0
