"""Kernels that begin with the imports loaded: forked, one after another, from a process that never does anything else.

Whoever talks to a kernel has threads and can therefore not fork kernels itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .forking import fork, send_signal, settle

#: Names the file in which a kernel notes the modules it has loaded.
IMPORTS_VARIABLE = "CONTINUUM_IMPORTS"
_NOTED = [0]
#: How many modules a kernel had when it began.
_FORKED = [0]


class Nursery:
    """A child of this process that forks kernels, one at a time; to be made before this process has threads.

    Parameters
    ----------
    inherited : iterable of int
        File descriptors that are not the kernels' business.
    """

    def __init__(self, inherited: Iterable[int] = ()) -> None:
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._pid = fork(partial(_serve, theirs), [*inherited, self._ours.fileno()])
        self.answers = self._ours.makefile("r", encoding="utf-8")
        self.gone = False

    def order(self, what: Mapping[str, object]) -> int:
        """Fork a kernel; its process number.

        Raises
        ------
        OSError
            If the child is gone.
        """
        self._ours.sendall(json.dumps(what).encode() + b"\n")
        answer = self.answers.readline()
        self.gone = not answer
        if self.gone:
            raise OSError("the process that kernels are forked from is gone")
        return int(answer)

    def close(self) -> None:
        """End the child once its kernel has ended."""
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        os.waitpid(self._pid, 0)


class ForkedKernel:
    """A kernel of the nursery, with the part of Popen's interface that a provisioner uses.

    Parameters
    ----------
    nursery : Nursery

    Attributes
    ----------
    cpu : float or None
        Processor seconds it used; None while it runs.
    """

    stdin = stdout = stderr = None

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self.pid = 0
        self._code: int | None = None
        self.cpu: float | None = None

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        """Begin with these command-line arguments."""
        self.pid = self._nursery.order(
            {"arguments": list(arguments), "environment": dict(environment), "folder": folder}
        )

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._end(0)

    def wait(self) -> int | None:
        """Wait for the exit code."""
        return self._end(None)

    def fileno(self) -> int:
        """Where its end can be read."""
        return self._nursery.answers.fileno()

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

    def _end(self, seconds: float | None) -> int | None:
        if self._code is None and select.select([self._nursery.answers], [], [], seconds)[0]:
            answer = self._nursery.answers.readline()
            self._nursery.gone = not answer  # the kernel was ended with it
            self._code, self.cpu = json.loads(answer) if answer else (-signal.SIGKILL, None)
        return self._code


def _serve(orders: socket.socket) -> None:
    """Fork a kernel for each order, and say its process number at once, its exit code and processor time at its end."""
    with orders.makefile("r", encoding="utf-8") as stream:
        for line in stream:
            pid = fork(partial(_become_kernel, json.loads(line)), [orders.fileno()])
            orders.sendall(f"{pid}\n".encode())
            _, status, used = os.wait4(pid, 0)
            end = [os.waitstatus_to_exitcode(status), round(used.ru_utime + used.ru_stime, 3)]
            with contextlib.suppress(OSError):  # nobody waits for it any more
                orders.sendall(json.dumps(end).encode() + b"\n")


def _become_kernel(order: dict[str, Any]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    settle(order["environment"], order["folder"])
    arguments = order["arguments"]
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
