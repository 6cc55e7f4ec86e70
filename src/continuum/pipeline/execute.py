"""Run one notebook with papermill: into a stage, in a kernel of its own, with its outputs moved in when it succeeds."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors, paths
from ..cluster import SCHEDULER_VARIABLE
from ..study import SEED_VARIABLE, load_study
from . import outputs, places
from .nursery import IMPORTS_VARIABLE, ForkedKernel
from .state import Notebook
from .warm import Lost, NotAvailable

if TYPE_CHECKING:
    from .warm import WarmServer

_IMPORTS = ".imports"

#: Told before each code cell: how many are done, how many there are, name of the cell.
OnCell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Request:
    """One execution.

    Attributes
    ----------
    notebook, study, run : str
        ``run`` is empty for the study's main results.
    parameters : mapping
        Checked values that differ from the notebook's defaults.
    seed : int or None
        Instead of study.yaml's.
    scheduler : str
        Address of a cluster that has processors to spare for work inside of the notebook; empty without one.
    """

    notebook: str
    study: str
    run: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    scheduler: str = ""


@dataclass(frozen=True)
class Failure:
    """Why an execution failed."""

    cell: str
    error: str
    message: str
    exit_code: int = 3


@dataclass(frozen=True)
class Outcome:
    """What an execution did and how long each part took, in seconds.

    ``imports`` is how long it waited for the imports that all notebooks share, ``cpu`` what its kernel used in all.
    """

    notebook: str
    failure: Failure | None = None
    outputs: list[str] = field(default_factory=list)
    cells: list[tuple[str, float]] = field(default_factory=list)
    kernel: str = "ordinary"
    seconds: dict[str, float] = field(default_factory=dict)
    imports: frozenset[str] = frozenset()
    late_imports: int | None = None


def execute(
    request: Request,
    *,
    previous: list[str],
    on_cell: OnCell | None = None,
    server: WarmServer | None = None,
    after: Sequence[str] | None = None,
) -> Outcome:
    """Execute one notebook and move its outputs into the results.

    Parameters
    ----------
    request : Request
    previous : list of str
        Outputs of the execution before, removed if they are not made any more.
    on_cell : callable, optional
        Told about progress.
    server : WarmServer, optional
        Where warm kernels come from; an ordinary one is started if it is missing or fails.
    after : sequence of str, optional
        Modules that the server has to have loaded before; all if None.

    Returns
    -------
    Outcome
        With a failure instead of an exception, so that it can come back from another machine.
    """
    if server is None:
        return execute_here(request, previous, tell=on_cell)
    try:
        outcome, waited = server.call_with_kernel(
            __name__, execute_here.__name__, request, previous, heard=on_cell, after=after
        )
    except NotAvailable as why:
        server.refused(str(why))
        return execute_here(request, previous, tell=on_cell)
    except Lost as why:  # it may have asked for more memory than there is: not to be tried again
        return Outcome(request.notebook, Failure("", "Lost", str(why)), kernel="warm")
    spent = outcome.seconds
    also = {"total": round(spent["total"] + waited, 3), "imports": round(waited, 3)} if spent else {}
    return replace(outcome, seconds=spent | also)


def execute_here(
    request: Request,
    previous: list[str],
    *,
    kernel: ForkedKernel | None = None,
    tell: OnCell | None = None,
) -> Outcome:
    """:func:`execute` in this process.

    Parameters
    ----------
    request : Request
    previous : list of str
    kernel : ForkedKernel, optional
        An ordinary one is started without it.
    tell : callable, optional
        Told about progress.
    """
    began = time.perf_counter()
    stage = places.new_stage(request.study, request.run, request.notebook)
    try:
        done = _in_kernel(request, stage, kernel, tell)
        saving = time.perf_counter()
        content = outputs.cleaned(done.notebook, synthetic=load_study(request.study).synthetic)
        cells = _durations(done.notebook)
        if done.failure is not None:
            outputs.write_notebook(places.failed(request.study, request.run, request.notebook), content)
            return Outcome(request.notebook, done.failure, cells=cells, kernel=done.kernel)
        outputs.write_notebook(stage / "notebooks" / f"{request.notebook}.ipynb", content)
        imports, late = _imports(stage / _IMPORTS)
        made = outputs.publish(stage, request.study, request.run, request.notebook, previous)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    ended = time.perf_counter()
    running = sum(seconds for _, seconds in cells)
    seconds = {
        "total": ended - began,
        "imports": 0.0,
        "kernel": done.kernel_seconds,
        "cells": running,
        "saving": ended - saving,
    }
    if kernel is not None and kernel.cpu is not None:
        seconds["cpu"] = kernel.cpu
    rounded = {part: round(spent, 3) for part, spent in seconds.items()}
    return Outcome(request.notebook, None, made, cells, done.kernel, rounded, imports, late)


@dataclass
class _Done:
    """What papermill left behind."""

    notebook: Any
    failure: Failure | None = None
    kernel: str = "ordinary"
    kernel_seconds: float = 0.0


def _in_kernel(request: Request, stage: Path, kernel: ForkedKernel | None, tell: OnCell | None) -> _Done:
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from . import engine
    from .kernels import manager_with

    source = nbformat.read(places.notebook_source(request.notebook), as_version=4)
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    total = len(code)
    for cell in code:
        cell.outputs = []  # those of the last execution, with all their pictures, would be copied several times
    done = _Done(source)
    began = time.perf_counter()
    count = 0

    def started(notebook: Any) -> None:
        done.kernel_seconds = time.perf_counter() - began
        done.notebook = notebook  # filled cell by cell, also when a cell fails

    def cell_begins(cell: Any, cell_index: int) -> None:
        nonlocal count
        if cell.cell_type == "code":
            if tell is not None:
                tell(count, total, _name(cell))
            count += 1

    variables = {paths.STAGE_VARIABLE: str(stage), IMPORTS_VARIABLE: str(stage / _IMPORTS)}
    if request.scheduler:
        variables[SCHEDULER_VARIABLE] = request.scheduler
    if request.seed is not None:
        variables[SEED_VARIABLE] = str(request.seed)
    manager = manager_with(variables, kernel)
    try:
        papermill.execute_notebook(
            source, None, parameters=_to_inject(request, source), engine_name=engine.NAME, kernel_name="python3",
            progress_bar=False, request_save_on_cell_execute=False, autosave_cell_every=0,
            kernel_manager_class=manager, shutdown_kernel="immediate", coalesce_streams=True, record_timing=False,
            on_cell_start=cell_begins, on_notebook_start=started,
        )  # fmt: skip
    except PapermillExecutionError as error:
        done.failure = _failure(_failed_cell(done.notebook), error.ename, error.evalue)
    except Exception as error:  # a kernel that died or did not start is that notebook's failure, not the run's
        done.failure = _failure(f"code cell {count}", type(error).__name__, str(error))
    done.kernel = "ordinary" if kernel is None else "warm"
    return done


def _imports(file: Path) -> tuple[frozenset[str], int | None]:
    """Modules that were loaded at the end, and how many of them the kernel had to import itself.

    Nothing is known of a kernel that did not note them.
    """
    if not file.exists():
        return frozenset(), None
    before, *names = file.read_text(encoding="utf-8").split("\n")
    return frozenset(names), len(names) - int(before)


def _to_inject(request: Request, source: Any) -> dict[str, Any]:
    """Parameters that differ from what the notebook says itself: none for the demo with its defaults."""
    import papermill

    defaults = {name: entry["default"].strip("'\"") for name, entry in papermill.inspect_notebook(source).items()}
    own = {"study": request.study, "run": request.run}
    return {name: value for name, value in own.items() if defaults.get(name) != value} | dict(request.parameters)


def _failure(cell: str, name: str, value: str) -> Failure:
    kind = getattr(errors, name.rpartition(".")[2], None)
    text = outputs.portable(re.sub(r"\x1b\[[0-9;]*m", "", value).strip())
    if isinstance(kind, type) and issubclass(kind, errors.CompendiumError):
        return Failure(cell, name, text, kind.exit_code)
    return Failure(cell, name, f"{name}: {text}", 3)


def _failed_cell(notebook: Any) -> str:
    """Name of the cell with the error; papermill's own index is off, for it adds cells that mark the place."""
    for cell in notebook.cells:
        if any(output.output_type == "error" for output in cell.get("outputs", ())):
            return _name(cell)
    return ""


def _durations(notebook: Any) -> list[tuple[str, float]]:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(_name(cell), round(cell.metadata.get("papermill", {}).get("duration") or 0.0, 3)) for cell in cells]


def _name(cell: Any) -> str:
    """The cell's label, else its id."""
    return Notebook("", {"cells": [cell]}).code_cells[0][0]
