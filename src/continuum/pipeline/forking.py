"""Forked children that are like fresh processes: own session, environment, folder and random state."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..garbage import collect_seldom

_PR_SET_PDEATHSIG = 1
#: Threads that libraries start when they are imported and that sleep until they are needed; their libraries are
#: prepared for forks (jemalloc) or leave everything else to threads they start on first use (polars).
_IDLE_THREADS = {"jemalloc_bg_thd", "polars-ooc-clea"}


def fork(work: Callable[[], None], inherited: Iterable[int] = ()) -> int:
    """Start a child that does ``work`` and ends.

    Parameters
    ----------
    work : callable
    inherited : iterable of int
        File descriptors that are the parent's business.

    Returns
    -------
    int
        Process number of the child.
    """
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        gc.enable()
        collect_seldom()
        os.setsid()
        _end_with(parent)
        for handle in inherited:
            with contextlib.suppress(OSError):
                os.close(handle)
        work()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def settle(environment: Mapping[str, str], folder: str) -> None:
    """Take on an environment, a working folder, and random numbers that no other child draws."""
    import random

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(None)


def send_signal(pid: int, number: int) -> None:
    """To the child's whole group, so that processes it started end with it."""
    for send in (os.killpg, os.kill):  # the group does not exist before the child has made its session
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)
            return


def descendants(pid: int) -> list[int]:
    """Children of a process and their children, as far as they still run."""
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, file.read_text(encoding="ascii").split()):
                found += [child, *descendants(child)]
    return found


def busy_threads() -> list[str]:
    """Threads besides the main one that make forking unsafe."""
    names = []
    with contextlib.suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            if task.name != str(os.getpid()):
                names.append((task / "comm").read_text(encoding="ascii", errors="replace").strip())
    return [name for name in names if name not in _IDLE_THREADS]


def _end_with(parent: int) -> None:
    """A child whose parent was killed would go on, and keep the terminal or pipe it writes to open."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
