"""Work on this machine: one kernel per thread, forked from a process that has the imports loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..study import load_study
from .execute import OnCell, Outcome, Request, execute
from .machine import default_workers
from .parameters import Signature, signature
from .warm import NotAvailable, WarmServer

if TYPE_CHECKING:
    from .grid import Grid


class LocalPlace:
    """Threads of this process, each waiting for one kernel.

    Parameters
    ----------
    preload : sequence of str
        Modules that the notebooks import.
    tell : callable
        Told when kernels have to start from scratch.
    server : WarmServer, optional
        One that was started early.
    waited_for : mapping, optional
        Task -> modules of ``preload`` that have to be loaded before it begins. A notebook that is not named waits for
        all, the ingest of a section for none.
    """

    words = "this machine"

    def __init__(
        self,
        preload: Sequence[str] = (),
        tell: Callable[[str], None] = print,
        server: WarmServer | None = None,
        waited_for: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._server = server
        self._waited_for = dict(waited_for or {})
        try:
            if server is None:
                self._server = WarmServer.start(preload, tell)
            else:
                server.load(preload)
        except (NotAvailable, OSError) as why:
            tell(f"kernels start from scratch, because warm ones cannot be had: {why}")

    @property
    def import_seconds(self) -> float | None:
        """Seconds that importing took, once for all notebooks."""
        return self._server.import_seconds if self._server is not None else None

    @property
    def workers(self) -> int:
        """How many notebooks this machine runs at a time."""
        return default_workers()

    def at_a_time(self, notebooks: int) -> None:
        """Nothing to prepare: every notebook has a kernel of its own."""

    def signatures(self, notebooks: Sequence[str]) -> dict[str, Signature]:
        """The parameters of each notebook."""
        return dict(self.call("signatures", *sorted(notebooks)))

    def run(self, request: Request, previous: list[str], on_cell: OnCell) -> Outcome:
        """Execute one notebook and wait for it."""
        after = self._waited_for.get(request.notebook)
        return execute(request, previous=previous, on_cell=on_cell, server=self._server, after=after)

    def ingest(self, section: str, study: str) -> None:
        """Make the tidy tables of one section."""
        self.call("ingest", section, study, after=self._waited_for.get(f"ingest-{section}", ()))

    def merge(self, study: str, *runs: str) -> None:
        """Combine the parts of all notebooks of each run into its results.json."""
        self.call("merge", study, *runs)

    def compare(self, study: str, grid: Grid) -> None:
        """Put the runs of a grid side by side."""
        self.call("compare", study, grid)

    def call(self, function: str, *arguments: Any, after: Sequence[str] = ()) -> Any:
        """Call a function of this module where its imports are loaded already."""
        if self._server is not None:
            try:
                return self._server.call(__name__, function, *arguments, after=after)
            except NotAvailable as why:
                self._server.refused(str(why))
        return globals()[function](*arguments)

    def close(self) -> None:
        """End the forking process and whatever still runs there."""
        if self._server is not None:
            self._server.close()


def look_ahead(server: WarmServer, notebooks: Sequence[str]) -> None:
    """Have the parameters of notebooks read already, for it is nearly sure that they will run."""
    server.begin(__name__, "signatures", *sorted(notebooks))


def signatures(*notebooks: str) -> dict[str, Signature]:
    """The parameters of each notebook."""
    return {name: signature(name) for name in notebooks}


def ingest(section: str, study: str) -> None:
    """Read the raw files of one section into tidy tables, which the loaders keep for the notebooks."""
    from .. import ingest as importers

    getattr(importers, f"load_{section}")(load_study(study))


def compare(study: str, grid: Grid) -> None:
    """Put the runs of a grid side by side."""
    from . import comparison

    comparison.compare(study, grid)


def merge(study: str, *runs: str) -> None:
    """Combine the parts of all notebooks of each run into its results.json; a notebook that is gone has no part."""
    from .. import paths, results
    from . import places

    for run in runs:
        base = paths.results(study, run)
        for file in (base / "parts").glob("*.json"):
            if not places.notebook_source(file.stem).exists():
                file.unlink()
        results.merge(base, study)
