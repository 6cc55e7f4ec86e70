"""A forked process that has the imports loaded and becomes a kernel when it is told which."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from .forking import fork, send_signal, settle

#: Names the file in which a kernel notes the modules it has loaded.
IMPORTS_VARIABLE = "CONTINUUM_IMPORTS"
_NOTED = [0]
#: How many modules a kernel had when it began.
_FORKED = [0]


class WaitingKernel:
    """A child of this process, with the part of Popen's interface that a provisioner uses.

    It is forked at once, for a process with threads cannot be forked safely, and whoever talks to a kernel has some.

    Attributes
    ----------
    cpu : float or None
        Processor seconds it used; None while it runs.
    """

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        order, self._order = os.pipe()
        self.pid = fork(partial(_wait, order), [self._order])
        os.close(order)
        self._code: int | None = None
        self.cpu: float | None = None

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        """Become a kernel with these command-line arguments."""
        with os.fdopen(self._order, "w", encoding="utf-8") as stream:
            json.dump({"arguments": list(arguments), "environment": dict(environment), "folder": folder}, stream)

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._end(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for the exit code."""
        return self._end(0)

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and its group."""
        if self.poll() is None:
            send_signal(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _end(self, how: int) -> int | None:
        if self._code is None:
            pid, status, used = os.wait4(self.pid, how)
            if pid:
                self._code, self.cpu = os.waitstatus_to_exitcode(status), round(used.ru_utime + used.ru_stime, 3)
        return self._code


def _wait(order: int) -> None:
    with os.fdopen(order, encoding="utf-8") as stream:
        told = stream.read()
    if not told:
        return  # nobody needs it
    wanted = json.loads(told)
    settle(wanted["environment"], wanted["folder"])
    _become_kernel(wanted["arguments"])


def _become_kernel(arguments: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher.py", *arguments]
    application = IPKernelApp.instance()
    application.initialize(arguments)
    note = os.environ.get(IMPORTS_VARIABLE)
    if note and application.shell is not None:
        _FORKED[0] = len(sys.modules)
        application.shell.events.register("post_run_cell", lambda _: _note_imports(Path(note)))
    application.start()


def _note_imports(file: Path) -> None:
    """Write how many modules there were at first and which are loaded, for the next run to load them early."""
    if len(sys.modules) != _NOTED[0]:
        _NOTED[0] = len(sys.modules)
        with contextlib.suppress(OSError):
            file.write_text("\n".join([str(_FORKED[0]), *sys.modules]), encoding="utf-8")
