"""Every path of the project, named once, from the project's own place."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

#: Set to work on a project folder other than the one this package was installed from (tests and clusters do).
ROOT_VARIABLE = "CONTINUUM_ROOT"

#: Set by the pipeline for one execution: its outputs go here and are moved into the results when it succeeds.
STAGE_VARIABLE = "CONTINUUM_STAGE"


def root() -> Path:
    """Folder that holds ``data/``, ``notebooks/`` and ``results/``."""
    chosen = os.environ.get(ROOT_VARIABLE)
    if not chosen:
        return _resolved(__file__).parents[2]
    return _resolved(chosen) if os.path.isabs(chosen) else Path(chosen).resolve()


@cache
def _resolved(path: str) -> Path:
    """Asked thousands of times in a run, and one look at the disk for each folder above."""
    return Path(path).resolve()


def notebooks() -> Path:
    """The notebooks as written by hand."""
    return root() / "notebooks"


def paper() -> Path:
    """The manuscript's sources."""
    return root() / "paper"


def published() -> Path:
    """Published facts with DOI."""
    return root() / "data" / "published"


def study_folder(study: str) -> Path:
    """Raw files and ``study.yaml`` of one study."""
    return root() / "data" / study


def results(study: str, run: str = "") -> Path:
    """Everything generated for one study, or for one named run of it."""
    base = root() / "results" / study
    return base / "runs" / run if run else base


def outputs(study: str, run: str = "") -> Path:
    """Where a running notebook writes: the stage the pipeline gives it, else straight into the results."""
    stage = os.environ.get(STAGE_VARIABLE)
    return Path(stage) if stage else results(study, run)


def cache_folder() -> Path:
    """What saves time and may be deleted."""
    return root() / "results" / ".cache"


def memory() -> Path:
    """Drawings and parsed texts made before; see :mod:`continuum.memory`."""
    return cache_folder() / "memory"


def site() -> Path:
    """The published site."""
    return root() / "_site"


def relative(path: Path) -> str:
    """``path`` as seen from the project root, with forward slashes; outside it, only the file's name."""
    try:
        return Path(path).resolve().relative_to(root()).as_posix()
    except ValueError:
        return Path(path).name
