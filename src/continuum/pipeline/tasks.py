"""The DAG on one page.

    ingest-SECTION   raw files of one section  ->  tidy tables            waits for nothing
    NN-name          one notebook              ->  its part of results    waits for the sections it loads
    (at the end)     all parts                 ->  results.json, run.json

doit decides the order, runs what is stale on threads, and stops only what depends on a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import CompendiumError
from . import outputs, places
from .execute import Failure, OnCell, Outcome, Request
from .parameters import Signature
from .plan import Plan, Step
from .progress import Progress
from .run_record import write_record

if TYPE_CHECKING:
    from .grid import Grid


class Place(Protocol):
    """Where work runs: threads of this process, or a cluster."""

    words: str

    @property
    def import_seconds(self) -> float | None:
        """How long importing took, once for all notebooks; None where every kernel imports for itself."""

    @property
    def workers(self) -> int:
        """How many notebooks it runs at a time."""

    def at_a_time(self, notebooks: int) -> None:
        """Say how many notebooks will run at a time."""

    def merge(self, study: str, *runs: str) -> None:
        """Combine the parts of all notebooks of each run into its results.json."""

    def compare(self, study: str, grid: Grid) -> None:
        """Put the runs of a grid side by side."""

    def close(self) -> None:
        """Release what it holds."""

    def signatures(self, notebooks: Sequence[str]) -> dict[str, Signature]:
        """The parameters of each notebook."""

    def run(self, request: Request, previous: list[str], on_cell: OnCell) -> Outcome:
        """Execute one notebook and wait for it."""

    def ingest(self, section: str, study: str) -> None:
        """Make the tidy tables of one section."""


def task_definitions(
    plans: Sequence[Plan], place: Place, progress: Progress, failures: dict[str, Failure]
) -> Iterator[tuple[Step, dict[str, Any]]]:
    """Every step of these runs with its task in the form doit takes; the longest notebook of a run first."""
    for step in plans[0].ingests:
        yield step, _task(step, partial(_ingest, step, plans[0], place, failures), progress)
    for plan in plans:
        for step in plan.stale:
            yield step, _task(step, partial(_run, step, plan, place, progress, failures), progress)


def run_tasks(plans: Sequence[Plan], place: Place, progress: Progress, *, workers: int) -> dict[str, Failure]:
    """Run everything that is stale in these runs of one study.

    Returns
    -------
    dict
        Task -> why it failed, in the order of the failures; empty if all went well.
    """
    from doit.control import TaskControl
    from doit.dependency import Dependency, JsonDB
    from doit.runner import MThreadRunner
    from doit.task import dict_to_task

    failures: dict[str, Failure] = {}
    place.at_a_time(workers)
    definitions = list(task_definitions(plans, place, progress, failures))
    control = TaskControl([dict_to_task(definition) for _, definition in definitions])
    control.process(None)
    database = places.task_database(plans[0].study.study)
    database.parent.mkdir(parents=True, exist_ok=True)
    # what is stale is decided by our states, so doit's own file holds nothing worth keeping
    database.unlink(missing_ok=True)
    runner = MThreadRunner(
        Dependency(JsonDB, str(database)), _Reporter(progress, failures), continue_=True, num_process=workers
    )
    progress.begin({step.label: step.expected for step, _ in definitions}, workers)
    try:
        runner.run_all(control.task_dispatcher())
    finally:
        progress.close()
        database.unlink(missing_ok=True)
    return failures


def _task(step: Step, action: Callable[[], Any], progress: Progress) -> dict[str, Any]:
    def timed() -> bool:
        progress.started(step.label)
        began = time.monotonic()
        succeeded = bool(action())
        progress.ended(step.label, "done" if succeeded else "failed", time.monotonic() - began)
        return succeeded

    return {
        "name": step.label,
        "actions": [timed],
        "task_dep": step.needs,
        "uptodate": [not step.stale],
        "io": {"capture": False},  # doit's capture swaps sys.stdout, which all threads share
        "verbosity": 0,
    }


def _ingest(step: Step, plan: Plan, place: Place, failures: dict[str, Failure]) -> bool:
    section = step.task.removeprefix("ingest-")
    began = time.monotonic()
    try:
        place.ingest(section, plan.name)
    except CompendiumError as error:
        failures[step.task] = Failure("", type(error).__name__, error.message, error.exit_code)
        return False
    write_record(plan.study.study, "", step, Outcome(step.task, seconds={"total": time.monotonic() - began}))
    return True


def _run(step: Step, plan: Plan, place: Place, progress: Progress, failures: dict[str, Failure]) -> bool:
    request = Request(step.task, plan.name, plan.run, step.parameters, step.seed)
    outcome = place.run(request, step.outputs, partial(progress.cell, step.label))
    if outcome.failure is not None:
        failures[step.label] = outcome.failure
        return False
    write_record(plan.study.study, plan.run, step, outcome)
    return True


def refresh_prose(plan: Plan) -> list[str]:
    """Give executed notebooks the current Markdown where nothing else changed.

    Returns
    -------
    list of str
        Notebooks whose text was refreshed.
    """
    refreshed = []
    for step in plan.notebooks:
        if step.notebook is None or step.stale or step.record is None or step.record["prose"] == step.notebook.prose:
            continue
        target = places.executed(plan.study.study, plan.run, step.task)
        content = outputs.with_new_prose(
            step.notebook.content, outputs.read_notebook(target), synthetic=plan.study.synthetic
        )
        if content is None:
            step.reasons.append("its cells cannot be matched to the executed ones")
            continue
        outputs.write_notebook(target, content)
        write_record(plan.study.study, plan.run, step, None)
        refreshed.append(step.task)
    return refreshed


class _Reporter:
    """doit's view of a run, of which only what never started is news: tasks report themselves."""

    def __init__(self, progress: Progress, failures: Mapping[str, Failure]) -> None:
        self._progress = progress
        self._failures = failures

    def add_failure(self, task: Any, fail: Any) -> None:
        if not isinstance(self._failures, dict) or task.name in self._failures:
            return
        if task.executed:  # a fault of ours, not of a notebook
            self._failures[task.name] = Failure("", type(fail).__name__, fail.get_msg(), 1)
            self._progress.ended(task.name, "failed", 0.0)
            return
        waited = ", ".join(name for name in task.task_dep if name in self._failures)
        self._failures[task.name] = Failure("", "NotRun", f"not run because {waited} failed", 0)
        self._progress.ended(task.name, "skipped", 0.0)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments, **options: None
