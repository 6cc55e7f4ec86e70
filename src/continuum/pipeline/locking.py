"""One writer per study: two runs at once would mix their results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import BadInput
from . import places


@contextmanager
def only_writer(study: str) -> Iterator[None]:
    """Hold the study's lock; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    BadInput
        If another process holds it.
    """
    file = places.lock(study)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="ascii") as stream:
        if not _take(stream.fileno()):
            stream.seek(0)
            raise BadInput(
                f"another run of {study} is under way (process {stream.read().strip() or 'unknown'})",
                fix="wait until it has ended",
            )
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def _take(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
