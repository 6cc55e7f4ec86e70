"""Where the pipeline keeps what it generates; one function per file, nothing else knows these names."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from .. import paths

#: Underscores and second dots break Quarto's embed.
NOTEBOOK_NAME = re.compile(r"[0-9]{2}-[a-z-]+")


def notebook_source(name: str) -> Path:
    """The notebook as written by hand."""
    return paths.notebooks() / f"{name}.ipynb"


def executed(study: str, run: str, name: str) -> Path:
    """The executed notebook that pages and embeds are made from."""
    return paths.results(study, run) / "notebooks" / f"{name}.ipynb"


def failed(study: str, run: str, name: str) -> Path:
    """What a failed notebook got done, with the error in its cell."""
    return paths.results(study, run) / "failed" / f"{name}.ipynb"


def part(study: str, run: str, name: str) -> Path:
    """The results one notebook saved."""
    return paths.results(study, run) / "parts" / f"{name}.json"


def state(study: str, run: str, task: str) -> Path:
    """What the current outputs of a task were made from."""
    return paths.results(study, run) / ".state" / f"{task}.json"


def run_record(study: str, run: str) -> Path:
    """``run.json``."""
    return paths.results(study, run) / "run.json"


def comparison(study: str) -> Path:
    """All runs of the last sweep side by side."""
    return paths.results(study) / "runs" / "comparison.csv"


def lock(study: str) -> Path:
    """Held while a command writes into a study's results."""
    return paths.results(study) / ".lock"


def fingerprints() -> Path:
    """Content digests of files, so that unchanged files are not read again."""
    return paths.cache_folder() / "fingerprints.json"


def task_database(study: str) -> Path:
    """doit's own file."""
    return paths.results(study) / ".state" / "doit.json"


def new_stage(study: str, run: str, name: str) -> Path:
    """A new folder for one execution to write into; moved into place when it succeeds."""
    base = paths.results(study, run)
    base.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=base, prefix=f".stage-{name}-"))


def remove_leftovers(study: str, run: str) -> None:
    """Delete what an interrupted run left behind: stages and half-written temporary files."""
    base = paths.results(study, run)
    for stage in base.glob(".stage-*"):
        shutil.rmtree(stage, ignore_errors=True)
    for folder in ("", "notebooks", "failed", "parts", "figures", "tables", ".state"):
        for file in (base / folder).glob(".*.*.*"):
            if file.is_file():
                file.unlink(missing_ok=True)
