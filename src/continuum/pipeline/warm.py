"""Kernels and calls that start with the imports loaded, through a process that forks.

Nothing of Jupyter is imported here, so that the process can be started before anything else.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import errors, paths
from .machine import kernel_environment

#: Loading everything takes about three seconds on a slow machine; past this something is wrong.
_READY_SECONDS = 60.0
_ANSWER_SECONDS = 20.0

#: Set to "ordinary" to start every kernel from scratch.
KERNELS_VARIABLE = "COMPENDIUM_KERNELS"

#: What every kernel needs before the first cell of a notebook.
ALWAYS = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completer",
    "continuum.results",
    "continuum.charts",
)


class NotAvailable(Exception):
    """Warm kernels cannot be had; the message says why."""


class WarmServer:
    """The forking process as seen from the process that runs the notebooks.

    Parameters
    ----------
    preload : sequence of str
        Modules it loads, in this order.
    tell : callable
        Told, at most once, that kernels have to be ordinary ones.
    """

    def __init__(self, preload: Sequence[str], tell: Callable[[str], None] = print) -> None:
        self._tell, self._told = tell, False
        self._lock = threading.Lock()
        self._number = 0
        self._answers: dict[int, concurrent.futures.Future[ForkedProcess]] = {}
        self._ends: dict[int, concurrent.futures.Future[int]] = {}
        self._ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        ours, theirs = socket.socketpair()
        self._connection = ours
        environment = kernel_environment({"MPLBACKEND": "module://matplotlib_inline.backend_inline"})
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__.replace("warm", "warm_server"), str(theirs.fileno()), *preload],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment,
                start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    def start(cls, preload: Sequence[str], tell: Callable[[str], None] = print) -> WarmServer:
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
        return cls([*ALWAYS, *preload], tell)

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
            code = self._fork(request, kernel_environment(), str(paths.notebooks())).ended.result()
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
        self._connection.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _fork(self, request: dict[str, Any], environment: dict[str, str], folder: str) -> ForkedProcess:
        answer: concurrent.futures.Future[ForkedProcess] = concurrent.futures.Future()
        try:
            self._ready.result(_READY_SECONDS)
            with self._lock:
                self._number += 1
                number = self._number
                self._answers[number] = answer
            self._send({**request, "id": number, "environment": environment, "folder": folder})
            return answer.result(_ANSWER_SECONDS)
        except (OSError, concurrent.futures.TimeoutError) as error:
            raise NotAvailable(f"their process does not answer ({type(error).__name__})") from None

    def _send(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._connection.sendall(json.dumps(message).encode() + b"\n")

    def _ended(self, pid: int) -> concurrent.futures.Future[int]:
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
        gone = NotAvailable("their process ended")
        with self._lock:
            answers, ends = list(self._answers.values()), list(self._ends.values())
        if not self._ready.done():
            self._ready.set_exception(gone)
        for answer in answers:
            if not answer.done():
                answer.set_exception(gone)
        for end in ends:
            if not end.done():
                end.set_result(-signal.SIGKILL)

    def _take(self, message: dict[str, Any]) -> None:
        if "exit" in message:
            end = self._ended(message["exit"])
            with self._lock:
                self._ends.pop(message["exit"], None)
            end.set_result(message["code"])
        elif "ready" in message:
            self._ready.set_result(None)
        elif "unsafe" in message:
            self._ready.set_exception(NotAvailable(message["unsafe"]))
        else:
            child = ForkedProcess(message["pid"], self._ended(message["pid"]), self)
            with self._lock:
                answer = self._answers.pop(message["id"])
            answer.set_result(child)


class ForkedProcess:
    """A child of the forking process, with the part of Popen's interface that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, ended: concurrent.futures.Future[int], server: WarmServer) -> None:
        self.pid = pid
        self.ended = ended
        self._server = server

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self.ended.result() if self.ended.done() else None

    def wait(self) -> int:
        """Wait for the exit code."""
        return self.ended.result()

    def send_signal(self, number: int) -> None:
        """Send a signal to the child and its group."""
        self._server.signal(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)
