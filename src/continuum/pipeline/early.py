"""Starts the process of warm kernels before anything that takes long to import: it takes longest itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from .. import paths
from . import places
from .warm import NotAvailable, WarmServer


@contextlib.contextmanager
def warm_server(study: str, only: Sequence[str] = (), *, force: bool = False) -> Iterator[WarmServer | None]:
    """The process, ended with the block; None if it is not sure that a notebook will run, or there are no warm kernels.

    Parameters
    ----------
    study : str
    only : sequence of str
        Notebooks asked for, by name, number or words; all if empty.
    force : bool
        Whether what is up to date runs, too.
    """
    server = None
    if force or _has_never_run(study, only):
        with contextlib.suppress(NotAvailable, OSError):  # whoever needs kernels finds out, and says so
            server = WarmServer.start()
    try:
        yield server
    finally:
        if server is not None:
            server.close()


def sure_to_sweep(study: str) -> bool:
    """Whether a sweep of this study will run something."""
    return _exists(study) and not places.comparison(study).exists()


def _exists(study: str) -> bool:
    return (paths.study_folder(study) / "study.yaml").is_file()


def _has_never_run(study: str, only: Sequence[str]) -> bool:
    names = [file.stem for file in paths.notebooks().glob("[0-9][0-9]-*.ipynb")]
    asked = [name for name in names if not only or {name, name[:2], name[3:]} & set(only)]
    return _exists(study) and any(not places.state(study, "", name).exists() for name in asked)
