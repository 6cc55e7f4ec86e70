"""What was made before from the same input: drawings, parsed texts, rendered pages. Any of it may be deleted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from .atomic import write_bytes

#: Bytes from which a memory lets go of what was not asked for longest, down to half of them.
MOST = 400_000_000


def remembered(folder: Path | None, parts: Iterable[str | bytes], make: Callable[[], bytes]) -> bytes:
    """``make()``, or what it returned before for the same parts.

    Parameters
    ----------
    folder : Path or None
        Where it is kept; nothing is without one.
    parts : iterable of str or bytes
        Everything that goes into it, the versions of programs included.
    make : callable
        Must return the same bytes for the same parts.
    """
    if folder is None:
        return make()
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    file = folder / digest.hexdigest()[:40]
    try:
        found = file.read_bytes()
        os.utime(file)
        return found
    except OSError:
        made = make()
        write_bytes(file, made)
        return made


def trim(folder: Path, most: int = MOST) -> None:
    """Delete what was not asked for longest, if a memory has grown beyond ``most`` bytes."""
    kept = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in _entries(folder))
    size = sum(bytes_ for _, bytes_, _ in kept)
    if size <= most:
        return
    for _, bytes_, path in kept:
        Path(path).unlink(missing_ok=True)
        size -= bytes_
        if size <= most // 2:
            return


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    return [entry for entry in os.scandir(folder) if entry.is_file()] if folder.is_dir() else []
