"""``compendium run``: bring a study's results up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import paths
from ..errors import CompendiumError
from ..memory import trim
from ..study import Study, load_study
from . import explain, local, parameters, places, tasks
from .execute import Failure
from .locking import only_writer
from .plan import Plan, make_plan
from .preloading import preload, waited_for
from .progress import progress
from .run_record import write_run_record
from .state import all_notebooks, check_files

if TYPE_CHECKING:
    from .warm import WarmServer


@dataclass(frozen=True)
class Options:
    """What the command line can ask of a run."""

    assignments: Sequence[str] = ()
    workers: int | None = None
    scheduler: str | None = None
    only: Sequence[str] = ()
    explain: bool = False
    dry_run: bool = False
    force: bool = False


class RunFailed(CompendiumError):
    """At least one notebook failed; the message is the recap."""

    def __init__(self, recap: str, exit_code: int) -> None:
        super().__init__(recap)
        self.exit_code = exit_code


def run(study_name: str, options: Options, server: WarmServer | None = None) -> Plan:
    """Execute what is stale, then write results.json and run.json.

    Parameters
    ----------
    study_name : str
        Folder under ``data/``.
    options : Options
    server : WarmServer, optional
        One that was started early; whoever started it ends it.

    Raises
    ------
    BadInput
        If study, files or parameters are wrong; nothing has run then.
    RunFailed
        If a notebook failed; everything that does not depend on it has run.
    """
    began = time.monotonic()
    study = load_study(study_name)
    names = [notebook.name for notebook in all_notebooks()]
    only = [parameters.find_notebook(name, names) for name in options.only]
    if server is not None:
        local.look_ahead(server, only or names)
    chosen = parameters.resolve(options.assignments, names)
    check_files(study)

    def planned() -> Plan:
        plan = make_plan(study, parameters=chosen, only=only, force=options.force)
        if options.explain or options.dry_run:
            print("\n".join(explanation(plan, with_reasons=options.explain)))
        return plan

    if options.dry_run:
        return planned()
    with only_writer(study.study):
        plan = planned()  # not earlier: a run that this one had to wait for may have done the work
        places.remove_leftovers(study.study, "")
        for name in tasks.refresh_prose(plan):
            print(f"{name}: text refreshed, nothing to run")
        failures = execute_plan(plan, options, began, server) if plan.stale else {}
        if options.explain:
            print("\n".join(profiles(plan)))
        places.remove_leftovers(study.study, "")  # a lost worker leaves its stage
        trim(paths.memory())
    print(summary(plan, failures, time.monotonic() - began))
    if failures:
        raise recap(study, plan.run, failures)
    return plan


def execute_plan(plan: Plan, options: Options, began: float, server: WarmServer | None = None) -> dict[str, Failure]:
    """Check every signature, run what is stale here or on a cluster, combine the parts and write what was run."""
    display = progress([step.task for step in plan.stale])
    place = place_for(plan, options.scheduler, display.note, server)  # first, for it loads its modules meanwhile
    workers = options.workers or place.workers
    try:
        known = place.signatures([step.task for step in plan.stale])
        for step in plan.stale:
            parameters.check(step.task, step.parameters, known[step.task], {})
        failures = tasks.run_tasks([plan], place, display, workers=workers)
        place.merge(plan.study.study, plan.run)
    finally:
        place.close()
    write_run_record(plan, workers=workers, seconds=time.monotonic() - began, place=place)
    return failures


def place_for(
    plan: Plan, scheduler: str | None, tell: Callable[[str], None], server: WarmServer | None = None
) -> tasks.Place:
    """This machine, or the cluster of a dask scheduler."""
    if scheduler:
        from .distributed import DaskPlace

        return DaskPlace(scheduler, plan.name, preload(plan))
    return local.LocalPlace(preload(plan), tell, server, waited_for(plan))


def explanation(plan: Plan, *, with_reasons: bool) -> list[str]:
    """Which notebooks will run and why, in words."""
    lines = []
    for step in plan.notebooks:
        if not step.stale:
            lines.append(f"{step.task} is up to date")
        elif with_reasons:
            lines.append(f"{step.task} will run: {'; '.join(step.reasons)}")
        else:
            lines.append(f"{step.task} will run")
    return lines


def profiles(plan: Plan) -> list[str]:
    """Where the time of each notebook's last execution went, in words."""
    records = {step.task: explain.read_record(plan.study.study, plan.run, step.task) for step in plan.notebooks}
    return [f"{task}: {explain.profile(record)}" for task, record in records.items() if record]


def summary(plan: Plan, failures: dict[str, Failure], seconds: float) -> str:
    """One line: what ran and where the results are."""
    ran = len(plan.stale) - sum(1 for step in plan.stale if step.task in failures)
    fresh = len(plan.notebooks) - len(plan.stale)
    parts = [f"{ran} executed" if plan.stale else "", f"{fresh} up to date" if fresh else ""]
    where = paths.relative(paths.results(plan.study.study, plan.run))
    return f"{plan.study.study}: {', '.join(filter(None, parts))}, {seconds:.1f} s. Results: {where}/"


def recap(study: Study, run_name: str, failures: dict[str, Failure]) -> RunFailed:
    """All failures of a run in one message."""
    lines = [f"{len(failures)} of the notebooks did not succeed; results of the others are in place."]
    for task, failure in failures.items():
        place = f", cell {failure.cell}" if failure.cell else ""
        lines.append(f"  {task}{place}: {failure.message}")
        partial = places.failed(study.study, run_name, task)
        if partial.exists():
            lines.append(f"    see {paths.relative(partial)}")
    codes = [failure.exit_code for failure in failures.values() if failure.exit_code]
    return RunFailed("\n".join(lines), max(codes, default=3))
