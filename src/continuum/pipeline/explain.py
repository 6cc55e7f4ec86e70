"""Why a notebook will run, in words: what differs between what its results were made from and what is there now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import paths
from . import places
from .state import State

#: How each kind of ingredient is named, and in which order the reasons are given.
_KINDS = {
    "cells": "code cell {name!r}",
    "parameters": "parameter {name}",
    "settings": "study.yaml: {name}",
    "files": "input file {name}",
    "modules": "source module {name}",
    "packages": "package {name}",
}
_MOST = 4
_SLOWEST = 3
_NOTICEABLE = 0.1


def reasons(recorded: Mapping[str, Any] | None, now: State, outputs: list[Path]) -> list[str]:
    """What makes the recorded results stale; empty if nothing does.

    Parameters
    ----------
    recorded : mapping or None
        The record written when the task last succeeded.
    now : State
    outputs : list of path
        Files the record promises.
    """
    if recorded is None:
        return ["it has not run yet"]
    found = []
    before = recorded["state"]
    for kind, phrase in _KINDS.items():
        changes = _changes(before.get(kind, {}), now.get(kind, {}), kind, phrase)
        found += changes[:_MOST]
        if len(changes) > _MOST:
            found.append(f"and {len(changes) - _MOST} more like this")
    missing = [path for path in outputs if not path.exists()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        found.append(f"output {paths.relative(missing[0])}{more} is missing")
    return found


def profile(record: Mapping[str, Any]) -> str:
    """Where the seconds of a notebook's last execution went, and its slowest cells.

    Parameters
    ----------
    record : mapping
        Written when the notebook last succeeded.
    """
    seconds = record.get("seconds", {})
    parts = [f"{part} {seconds[part]:.1f} s" for part in ("imports", "kernel", "cells", "saving") if part in seconds]
    if "cpu" in seconds:
        parts.append(f"processor {seconds['cpu']:.1f} s")
    slowest = sorted(record.get("cells", []), key=lambda cell: -cell["seconds"])[:_SLOWEST]
    cells = ", ".join(f"{cell['cell']} {cell['seconds']:.1f} s" for cell in slowest if cell["seconds"] >= _NOTICEABLE)
    return ", ".join(parts) + (f"; slowest cells: {cells}" if cells else "")


def read_record(study: str, run: str, task: str) -> dict[str, Any] | None:
    """The record of a task's last success; None if there is none or it cannot be read."""
    try:
        record = json.loads(places.state(study, run, task).read_text(encoding="utf-8"))
        return record if isinstance(record.get("state"), dict) else None
    except (OSError, ValueError, AttributeError):
        return None


def _changes(before: Mapping[str, Any], now: Mapping[str, Any], kind: str, phrase: str) -> list[str]:
    found = []
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) == now.get(name) or name == "(order)":
            continue
        thing = phrase.format(name=name)
        if kind in {"parameters", "packages"}:
            old, new = before.get(name, "default"), now.get(name, "default")
            found.append(f"{thing} changed from {old} to {new}")
        elif name not in before:
            found.append(f"{thing} is new")
        elif name not in now or now[name] == "missing":
            found.append(f"{thing} is gone")
        else:
            found.append(f"{thing} changed")
    if not found and before.get("(order)") != now.get("(order)"):
        found.append("the order of the code cells changed")
    return found
