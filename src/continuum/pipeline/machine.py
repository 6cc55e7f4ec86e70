"""What the pipeline takes from the machine: how many workers fit, a kernel's environment, a place for its sockets."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .. import paths

#: What one notebook's kernel needs at most with the usual studies; bounds how many run at the same time.
_GIB_PER_KERNEL = 1.0
#: The same sums whatever the number of workers: a threaded BLAS adds up in another order; sets keep their order too.
_REPRODUCIBLE = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
    # Arrow's own allocator starts a thread when it is imported; a process with threads cannot be forked safely
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}  # fmt: skip
#: Memory that is given back to the system, only to be asked for again with the next table, costs a fiftieth of the time
#: (glibc; bytes).
_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TOP_PAD_": str(16 << 20)
}  # fmt: skip
#: Terminal settings change how tables are printed; without bytecode files every import costs three times as much.
_LEFT_OUT = ("COLUMNS", "LINES", "FORCE_COLOR", "PYTHONDONTWRITEBYTECODE")

#: Folder that a run keeps for the sockets of all its kernels, so that nothing is left when it is interrupted.
SOCKETS_VARIABLE = "CONTINUUM_SOCKETS"
#: The path of a socket may have 103 characters (macOS; Linux 107). Ours add up to 32 to this: two folders and a name.
_FOLDER_CHARACTERS = 70


def kernel_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of a kernel: this process's, made reproducible, with the project root named."""
    environment = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    return _MEMORY | environment | _REPRODUCIBLE | {paths.ROOT_VARIABLE: str(paths.root())} | dict(variables or {})


def socket_folder() -> tempfile.TemporaryDirectory[str] | None:
    """A new private folder whose path is short enough for sockets.

    Returns
    -------
    TemporaryDirectory or None
        In the folder for temporary files, else where paths are shorter; None if there is no such place.
    """
    shorter = (os.environ.get("XDG_RUNTIME_DIR"), "/tmp")  # noqa: S108 - the folder made there is private
    for base in (os.environ.get(SOCKETS_VARIABLE), tempfile.gettempdir(), *shorter):
        if base and len(os.fsencode(base)) <= _FOLDER_CHARACTERS and Path(base).is_absolute():
            with contextlib.suppress(OSError):
                return tempfile.TemporaryDirectory(prefix="ck-", dir=base, ignore_cleanup_errors=True)
    return None


def default_workers() -> int:
    """As many as processors, fewer if memory is short."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, int(_available_gib() / _GIB_PER_KERNEL)))


def _available_gib() -> float:
    """Free memory; a generous guess where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            for line in stream:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) / 2**20
    except OSError:
        pass
    return 64.0
