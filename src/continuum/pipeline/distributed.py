"""Work on a dask cluster: the same tasks, run by workers that see the same project folder.

A worker needs this package in the same version, the project folder under the same path with the study's raw files, and
the right to write into ``results/``; all of it is checked before anything is sent.
"""

from __future__ import annotations

import atexit
import dataclasses
import os
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import paths
from ..errors import BadInput, CompendiumError
from . import local
from .execute import Failure, OnCell, Outcome, Request, execute
from .fingerprints import Fingerprints, digest_of
from .parameters import Signature
from .state import package_folder
from .warm import NotAvailable, WarmServer

if TYPE_CHECKING:
    from distributed import Client

    from .grid import Grid

_CONNECT_SECONDS = 20
#: How often a notebook starts again because its worker was lost.
_RETRIES = 5
_TOPIC = "compendium-cells"


class DaskPlace:
    """Workers of a dask scheduler.

    Parameters
    ----------
    address : str
        ``tcp://host:port``, or the JSON file that the scheduler wrote.
    study : str
    preload : sequence of str
        Modules that the notebooks import.

    Raises
    ------
    BadInput
        If the scheduler cannot be reached, has no workers, or a worker lacks something it needs.
    """

    import_seconds: float | None = None  # every worker imports for itself

    def __init__(self, address: str, study: str, preload: Sequence[str] = ()) -> None:
        self._client = _connect(address)
        self._preload = list(preload)
        self._on_cell: dict[str, OnCell] = {}
        self._spare = False
        self.words = f"dask, {self.workers} threads on {len(self._client.scheduler_info()['workers'])} workers"
        _check_workers(self._client, study)
        self._client.subscribe_topic(_TOPIC, self._cell_began)

    @property
    def workers(self) -> int:
        """How many notebooks the cluster runs at a time."""
        return sum(self._client.nthreads().values())

    def at_a_time(self, notebooks: int) -> None:
        """Lend the cluster to work inside of notebooks if that leaves threads free; else they could wait for ever."""
        self._spare = notebooks < self.workers

    def signatures(self, notebooks: Sequence[str]) -> dict[str, Signature]:
        """The parameters of each notebook."""
        return local.signatures(*notebooks)

    def run(self, request: Request, previous: list[str], on_cell: OnCell) -> Outcome:
        """Execute one notebook on some worker and wait for it; a lost worker's notebook starts again on another."""
        key = f"{request.notebook}-{uuid.uuid4().hex}"
        if self._spare:
            request = dataclasses.replace(request, scheduler=self._client.scheduler_info()["address"])
        self._on_cell[key] = on_cell
        future = self._client.submit(
            run_on_worker,
            request,
            previous,
            str(paths.root()),
            self._preload,
            key,
            key=key,
            retries=_RETRIES,
            pure=False,
        )
        try:
            return future.result()
        except Exception as error:  # the cluster's failure, not the notebook's: workers died one after another
            message = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            return Outcome(request.notebook, Failure("", type(error).__name__, message))
        finally:
            del self._on_cell[key]

    def ingest(self, section: str, study: str) -> None:
        """Make the tidy tables of one section on some worker."""
        future = self._client.submit(
            ingest_on_worker, section, study, str(paths.root()), pure=False, retries=_RETRIES,
            key=f"ingest-{section}-{uuid.uuid4().hex}",
        )  # fmt: skip
        problem = future.result()
        if problem is not None:
            error = CompendiumError(problem[0])
            error.exit_code = problem[1]
            raise error

    def merge(self, study: str, *runs: str) -> None:
        """Combine the parts of all notebooks of each run into its results.json."""
        local.merge(study, *runs)

    def compare(self, study: str, grid: Grid) -> None:
        """Put the runs of a grid side by side."""
        local.compare(study, grid)

    def close(self) -> None:
        """Leave the cluster as it was found."""
        self._client.close()

    def _cell_began(self, event: tuple[float, dict[str, Any]]) -> None:
        told = event[1]
        if on_cell := self._on_cell.get(told["key"]):
            on_cell(told["done"], told["total"], told["cell"])


def run_on_worker(request: Request, previous: list[str], root: str, preload: list[str], key: str) -> Outcome:
    """Execute one notebook in a worker process."""
    from distributed import get_worker

    os.environ[paths.ROOT_VARIABLE] = root
    worker = get_worker()

    def on_cell(done: int, total: int, cell: str) -> None:
        worker.log_event(_TOPIC, {"key": key, "done": done, "total": total, "cell": cell})

    return execute(request, previous=previous, on_cell=on_cell, server=_server(preload))


def ingest_on_worker(section: str, study: str, root: str) -> tuple[str, int] | None:
    """Make tidy tables in a worker process; an error comes back as its message and exit code."""
    os.environ[paths.ROOT_VARIABLE] = root
    try:
        local.ingest(section, study)
    except CompendiumError as error:
        return error.message, error.exit_code
    return None


_SERVERS: dict[tuple[str, ...], WarmServer | None] = {}


def _server(preload: list[str]) -> WarmServer | None:
    """The forking process of this worker, started with its first notebook."""
    key = tuple(preload)
    if key not in _SERVERS:
        try:
            server: WarmServer | None = WarmServer.start(preload)
        except (NotAvailable, OSError):
            server = None
        if _SERVERS.setdefault(key, server) is server and server is not None:
            atexit.register(server.close)
    return _SERVERS[key]


def _connect(address: str) -> Client:
    from distributed import Client

    try:
        if Path(address).is_file():
            client = Client(scheduler_file=address, timeout=_CONNECT_SECONDS)
        else:
            client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInput(
            f"no dask scheduler answers at {address} ({type(error).__name__})",
            fix="start one with 'dask scheduler' and workers with 'dask worker ADDRESS'",
        ) from None
    if not client.nthreads():
        client.close()
        raise BadInput(f"the scheduler at {address} has no workers", fix=f"start some: dask worker {address}")
    return client


def _check_workers(client: Client, study: str) -> None:
    """Compare what every worker sees with what is here."""
    here = what_is_seen(str(paths.root()), study)
    problems = []
    for worker, seen in client.run(what_is_seen, str(paths.root()), study, on_error="return").items():
        if isinstance(seen, BaseException):
            problems.append(f"{worker}: cannot import this package ({seen})")
            continue
        problems += [f"{worker}: {_DIFFERS[part]}" for part in here if seen[part] != here[part]]
    if problems:
        client.close()
        raise BadInput(
            "the workers do not see what this machine sees:\n  " + "\n  ".join(problems),
            fix="share the project folder under the same path and install the same lock file everywhere",
        )


_DIFFERS = {
    "writable": "the project folder is missing or results/ cannot be written there",
    "project": "its notebooks or raw files differ",
    "package": "its version of this package's sources differs",
    "versions": "its Python or libraries have other versions",
}


def what_is_seen(root: str, study: str) -> dict[str, Any]:
    """What a process sees of the project: digests that have to be the same everywhere."""
    from importlib.metadata import PackageNotFoundError, version

    os.environ[paths.ROOT_VARIABLE] = root
    prints = Fingerprints(Path(root) / "results" / ".cache" / "none")
    folder = Path(root)
    sources = sorted(package_folder().rglob("*.py"))
    versions = [".".join(map(str, sys.version_info[:2]))]
    for name in ("numpy", "pandas", "scipy", "papermill", "altair", "distributed"):
        try:
            versions.append(version(name))
        except PackageNotFoundError:
            versions.append("")
    results = folder / "results"
    return {
        "writable": os.access(results if results.exists() else folder, os.W_OK),
        "project": [prints.digest(folder / "notebooks"), prints.digest(folder / "data" / study)],
        "package": digest_of([prints.digest(file) for file in sources]),
        "versions": versions,
    }
