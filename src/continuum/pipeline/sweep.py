"""``compendium sweep``: a grid of parameter values as named runs, compared in one table and one figure."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .. import paths
from ..memory import trim
from ..study import load_study
from . import local, places, tasks
from .execute import Failure
from .grid import Grid, read_grid
from .locking import only_writer
from .plan import Plan, for_run, make_plan
from .progress import progress
from .run import place_for, recap
from .run_record import write_run_record
from .state import all_notebooks, check_files

if TYPE_CHECKING:
    from .warm import WarmServer


def sweep(
    study_name: str,
    grid_file: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    server: WarmServer | None = None,
) -> Path:
    """Run every combination that is not up to date, then compare all of them.

    Parameters
    ----------
    study_name : str
        Folder under ``data/``.
    grid_file : path
        See :func:`continuum.pipeline.grid.read_grid`.
    workers : int, optional
        How many notebooks at a time.
    scheduler : str, optional
        Address of a dask scheduler.
    server : WarmServer, optional
        One that was started early; whoever started it ends it.

    Returns
    -------
    path
        The comparison table, ``results/<study>/runs/comparison.csv``.

    Raises
    ------
    BadInput
        If study or grid are wrong; nothing has run then.
    RunFailed
        If a run failed; the others are complete, and the same command goes on from there.
    """
    began = time.monotonic()
    study = load_study(study_name)
    grid = read_grid(grid_file, [notebook.name for notebook in all_notebooks()])
    check_files(study)
    base = make_plan(study, only=grid.notebooks, force=True)
    plans = [for_run(base, name, chosen) for name, chosen in grid.runs.items()]
    stale = [plan for plan in plans if plan.stale]
    with only_writer(study.study):
        failures = {}
        if stale:
            failures = _execute(base, stale, grid, workers, scheduler, server, began)
        else:
            local.compare(study.study, grid)
        trim(paths.memory())
    table = places.comparison(study.study)
    done = len(plans) - len({label.partition("/")[0] for label in failures})
    print(f"{study.study}: {done} of {len(plans)} runs complete, {len(plans) - len(stale)} of them were up to date, "
          f"{time.monotonic() - began:.1f} s. Comparison: {paths.relative(table)}")  # fmt: skip
    if failures:
        raise recap(study, "", failures)
    return table


def _execute(
    base: Plan,
    plans: list[Plan],
    grid: Grid,
    workers: int | None,
    scheduler: str | None,
    server: WarmServer | None,
    began: float,
) -> dict[str, Failure]:
    study = base.study.study
    for plan in plans:
        places.remove_leftovers(study, plan.run)
    display = progress([step.label for plan in plans for step in plan.stale])
    place = place_for(base, scheduler, display.note, server)
    count = workers or place.workers
    jobs = [dataclasses.replace(plan, ingests=base.ingests) for plan in plans]
    try:
        failures = tasks.run_tasks(jobs, place, display, workers=count)
        ran = [plan for plan in plans if (paths.results(study, plan.run) / "parts").is_dir()]
        place.merge(study, *[plan.run for plan in ran])
        for plan in ran:
            write_run_record(plan, workers=count, seconds=time.monotonic() - began, place=place)
        place.compare(study, grid)
    finally:
        place.close()
    return failures
