"""One writer per study at a time: two runs at once would mix their results, so the second one waits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import BadInput
from . import places

#: How long a run waits for another one of the same study to end.
_PATIENCE = 600.0
_MOMENT = 0.2


@contextmanager
def only_writer(study: str, patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the study's lock; the system lets go of it when the process ends, however it ends.

    Parameters
    ----------
    study : str
    patience : float
        Seconds to wait for another process that holds it, which is said once.

    Raises
    ------
    BadInput
        If another process still holds it then.
    """
    file = places.lock(study)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="ascii") as stream:
        deadline, told = time.monotonic() + patience, False
        while not _take(stream.fileno()):
            stream.seek(0)
            other = f"another run of {study} is under way (process {stream.read().strip() or 'unknown'})"
            if time.monotonic() > deadline:
                raise BadInput(other, fix="wait until it has ended")
            if not told:
                print(f"{other}; waiting until it has ended", flush=True)
                told = True
            time.sleep(_MOMENT)
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
