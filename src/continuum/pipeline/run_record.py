"""What was run, from what, and how long it took: one record per task, and ``run.json`` for the study.

Everything that differs between two runs of the same study on the same inputs is here and nowhere else.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from typing import TYPE_CHECKING, Any

from .. import paths
from ..atomic import write_text
from . import explain, places
from .execute import Outcome
from .plan import Plan, Step

if TYPE_CHECKING:
    from .tasks import Place

SCHEMA = 1


def write_record(study: str, run: str, step: Step, outcome: Outcome | None) -> None:
    """Record that a step's current outputs were made from its current state.

    Parameters
    ----------
    study, run : str
    step : Step
    outcome : Outcome or None
        None if only the text of an executed notebook was refreshed.
    """
    if outcome is None:
        record = {**(step.record or {}), "state": step.state}
    else:
        record = {
            "state": step.state,
            "outputs": outcome.outputs,
            "seconds": outcome.seconds,
            "cells": [{"cell": name, "seconds": seconds} for name, seconds in outcome.cells],
            "kernel": outcome.kernel,
            "imports": sorted(step.others & outcome.imports),
            "late_imports": outcome.late_imports,
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "commit": commit(),
        }
    record["prose"] = step.notebook.prose if step.notebook else ""
    write_text(places.state(study, run, step.task), json.dumps(record, indent=1, sort_keys=True) + "\n")


def write_run_record(plan: Plan, *, workers: int, seconds: float, place: Place) -> dict[str, Any]:
    """Write ``run.json`` from the records of all tasks.

    Parameters
    ----------
    plan : Plan
        Of the run that just ended.
    workers : int
    seconds : float
        Wall time of the run.
    place : Place
        Where the notebooks ran.
    """
    study = plan.study.study
    notebooks: dict[str, Any] = {}
    inputs: dict[str, str] = {}
    packages: dict[str, str] = {}
    for file in sorted(places.state(study, plan.run, "x").parent.glob("[0-9][0-9]-*.json")):
        record = explain.read_record(study, plan.run, file.stem)
        if record is None or not places.notebook_source(file.stem).exists():
            continue
        state = record["state"]
        inputs |= state["files"]
        packages |= state["packages"]
        kept = ("outputs", "seconds", "cells", "kernel", "late_imports", "finished", "commit")
        notebooks[file.stem] = {
            "parameters": state["parameters"],
            "modules": sorted(state["modules"]),
            **{key: record.get(key) for key in kept},
        }
    content = {
        "schema": SCHEMA,
        "study": study,
        "run": plan.run,
        "commit": commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": dict(sorted(packages.items())),
        "inputs": dict(sorted(inputs.items())),
        "notebooks": notebooks,
        "last_run": {
            "workers": workers,
            "seconds": round(seconds, 2),
            "executed": [step.task for step in plan.notebooks if step.stale],
            "where": place.words,
            "imports": place.import_seconds,
        },
    }
    write_text(places.run_record(study, plan.run), json.dumps(content, indent=1, sort_keys=True) + "\n")
    return content


_COMMIT: list[str] = []


def commit() -> str:
    """The git commit of the project with ``+changes`` if files differ from it; empty where there is no git."""
    if not _COMMIT:
        _COMMIT.append(_find_commit())
    return _COMMIT[0]


def _find_commit() -> str:
    try:
        command = [
            "git",
            "-C",
            str(paths.root()),
            "describe",
            "--always",
            "--abbrev=40",
            "--exclude=*",
            "--dirty=+changes",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
