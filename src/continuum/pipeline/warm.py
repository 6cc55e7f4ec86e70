"""Kernels and calls that start with the imports loaded, through a process that forks.

Nothing of Jupyter is imported here, so that the process can be started before anything else.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import errors, paths
from ..charts.rendering import RENDERER_VARIABLE
from .machine import kernel_environment

#: Loading everything takes about three seconds on a slow machine; past this something is wrong.
_ANSWER_SECONDS = 60.0

#: Set to "ordinary" to start every kernel from scratch.
KERNELS_VARIABLE = "COMPENDIUM_KERNELS"

#: What every kernel needs before the first cell of a notebook; without the debugger it starts in a third of the time.
ALWAYS = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "tornado.queues",
    "continuum.results",
    "continuum.charts",
)


_SERVER_VARIABLES = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger's advice for people who debug Python itself
}


class NotAvailable(Exception):
    """Warm kernels cannot be had; the message says why."""


class WarmServer:
    """The forking process as seen from the process that runs the notebooks.

    Parameters
    ----------
    first : sequence of str
        Modules it loads at once, in this order; see :meth:`load` for more.
    tell : callable
        Told, at most once, that kernels have to be ordinary ones.

    Attributes
    ----------
    variables : dict
        Environment variables of its kernels.
    import_seconds : float or None
        How long loading took so far.
    """

    def __init__(self, first: Sequence[str], tell: Callable[[str], None] = print) -> None:
        self._tell, self._told = tell, False
        self._lock = threading.Lock()
        self._number = 0
        self._answers: dict[int, concurrent.futures.Future[ForkedProcess]] = {}
        self._ends: dict[int, concurrent.futures.Future[End]] = {}
        self._gone: NotAvailable | None = None
        self.import_seconds: float | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="ck-", ignore_cleanup_errors=True)
        renderer = str(Path(self._folder.name) / "charts")
        self.variables = {RENDERER_VARIABLE: renderer}
        ours, theirs = socket.socketpair()
        self._connection = ours
        environment = kernel_environment(_SERVER_VARIABLES)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__.replace("warm", "warm_server"), str(theirs.fileno()), renderer, *first],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment,
                start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    def start(cls, preload: Sequence[str] = (), tell: Callable[[str], None] = print) -> WarmServer:
        """Start the process; it loads its modules while the caller goes on.

        Raises
        ------
        NotAvailable
            Where forking a process with loaded libraries is not safe, or ordinary kernels are asked for.
        """
        if not sys.platform.startswith("linux"):
            raise NotAvailable("they need Linux")
        if os.environ.get(KERNELS_VARIABLE) == "ordinary":
            raise NotAvailable(f"{KERNELS_VARIABLE} asks for ordinary ones")
        server = cls(ALWAYS, tell)
        server.load(preload)
        return server

    def load(self, modules: Sequence[str]) -> None:
        """Load more modules before the next kernel is forked."""
        with contextlib.suppress(OSError):  # the process is gone, which the next kernel finds out
            self._send({"kind": "load", "modules": list(modules)})

    def fork_kernel(self, arguments: Sequence[str], environment: dict[str, str], folder: str) -> ForkedProcess:
        """A child that runs a kernel with these command-line arguments.

        Raises
        ------
        NotAvailable
            If the process died, is not safe to fork, or does not answer.
        """
        return self._fork({"kind": "kernel", "arguments": list(arguments)}, environment, folder)

    def call(self, module: str, function: str, *arguments: str) -> None:
        """Call a function in a child and wait for it.

        Raises
        ------
        CompendiumError
            What the function raised, with its message and exit code.
        NotAvailable
            As for kernels, or if the child died.
        """
        with tempfile.TemporaryDirectory(prefix="ck-") as folder:
            answer = Path(folder) / "answer.json"
            request = {
                "kind": "call", "module": module, "function": function, "arguments": arguments, "answer": str(answer),
            }  # fmt: skip
            code = self._fork(request, kernel_environment(), str(paths.notebooks())).wait()
            if not answer.exists():
                raise NotAvailable(f"the process that ran {module}.{function} ended with code {code}")
            found = json.loads(answer.read_text(encoding="utf-8"))
        if not found.get("ok"):
            error = errors.CompendiumError(found["message"])
            error.exit_code = found["exit_code"]
            raise error

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to a child that has not ended."""
        try:
            self._send({"kind": "signal", "pid": pid, "signal": number})
        except OSError:
            return  # the process is gone, and its children with it

    def refused(self, why: str) -> None:
        """Say, once, that kernels are ordinary ones from now on and why."""
        with self._lock:
            told, self._told = self._told, True
        if not told:
            self._tell(f"kernels start from scratch, because warm ones cannot be had: {why}")

    def close(self) -> None:
        """End the process and its children."""
        with contextlib.suppress(OSError):  # closing alone would not do it: the listener's stream holds it open
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _fork(self, request: dict[str, Any], environment: dict[str, str], folder: str) -> ForkedProcess:
        answer: concurrent.futures.Future[ForkedProcess] = concurrent.futures.Future()
        with self._lock:
            if self._gone is not None:
                raise self._gone
            self._number += 1
            number = self._number
            self._answers[number] = answer
        try:
            began = time.monotonic()
            self._send({**request, "id": number, "environment": environment, "folder": folder})
            child = answer.result(_ANSWER_SECONDS)
            child.waited = time.monotonic() - began
            return child
        except (OSError, concurrent.futures.TimeoutError) as error:
            raise NotAvailable(f"their process does not answer ({type(error).__name__})") from None

    def _send(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._connection.sendall(json.dumps(message).encode() + b"\n")

    def _ended(self, pid: int) -> concurrent.futures.Future[End]:
        with self._lock:
            return self._ends.setdefault(pid, concurrent.futures.Future())

    def _listen(self) -> None:
        """Take in answers until the process ends; then nobody may go on waiting."""
        try:
            with self._connection.makefile("r", encoding="utf-8") as stream:
                for line in stream:
                    self._take(json.loads(line))
        except (OSError, ValueError):
            pass
        with self._lock:
            gone = self._gone = self._gone or NotAvailable("their process ended")
            answers, ends = list(self._answers.values()), list(self._ends.values())
        for answer in answers:
            if not answer.done():
                answer.set_exception(gone)
        for end in ends:
            if not end.done():
                end.set_result(End(-signal.SIGKILL, 0.0))

    def _take(self, message: dict[str, Any]) -> None:
        if "exit" in message:
            end = self._ended(message["exit"])
            with self._lock:
                self._ends.pop(message["exit"], None)
            end.set_result(End(message["code"], message["cpu"]))
        elif "loaded" in message:
            self.import_seconds = message["loaded"]
        elif "unsafe" in message:
            self._gone = NotAvailable(message["unsafe"])
        else:
            child = ForkedProcess(message["pid"], self._ended(message["pid"]), self)
            with self._lock:
                answer = self._answers.pop(message["id"])
            answer.set_result(child)


@dataclass(frozen=True)
class End:
    """How a child ended: its exit code and the processor seconds it used."""

    code: int
    cpu: float


class ForkedProcess:
    """A child of the forking process, with the part of Popen's interface that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, ended: concurrent.futures.Future[End], server: WarmServer) -> None:
        self.pid = pid
        self.ended = ended
        self.waited = 0.0  # seconds until it was forked: until all imports were loaded
        self._server = server

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self.ended.result().code if self.ended.done() else None

    def wait(self) -> int:
        """Wait for the exit code."""
        return self.ended.result().code

    @property
    def cpu(self) -> float | None:
        """Processor seconds it used; None while it runs."""
        return self.ended.result().cpu if self.ended.done() else None

    def send_signal(self, number: int) -> None:
        """Send a signal to the child and its group."""
        self._server.signal(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)
