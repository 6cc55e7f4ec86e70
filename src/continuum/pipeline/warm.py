"""Notebooks and calls that start with the imports loaded, through a process that forks.

Nothing of Jupyter is imported here, so that the process can be started before anything else.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import errors, paths
from ..charts.rendering import RENDERER_VARIABLE
from .machine import kernel_environment
from .warm_server import ANSWER, ARGUMENTS, TOLD

#: Loading everything takes about three seconds on a slow machine; past this something is wrong.
_ANSWER_SECONDS = 60.0

#: Set to "ordinary" to start every kernel from scratch.
KERNELS_VARIABLE = "COMPENDIUM_KERNELS"

#: Between two looks at what a call has said (seconds).
_MOMENT = 0.1

#: What every execution needs before the first cell of a notebook, so that no fork has to import it again: the kernel
#: with what it loads when it starts (debugger, history, inspector), and what drives it.
ALWAYS = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "ipykernel.kernelspec",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "sqlite3",
    "tornado.platform.asyncio",
    "tornado.queues",
    "papermill",
    "continuum.pipeline.execute",
    "continuum.pipeline.provisioner",
    "continuum.results",
    "continuum.charts",
)


_SERVER_VARIABLES = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger's advice for people who debug Python itself
}


class NotAvailable(Exception):
    """Warm kernels cannot be had; the message says why."""


class Lost(errors.CompendiumError):
    """The process of a call ended before it answered, perhaps because it asked for more memory than there is."""

    exit_code = 3


#: Will be the exit code of a child.
End = concurrent.futures.Future[int]


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
        Environment variables of the kernels of its calls.
    import_seconds : float or None
        How long loading took so far.
    """

    def __init__(self, first: Sequence[str], tell: Callable[[str], None] = print) -> None:
        self._tell, self._told = tell, False
        self._lock = threading.Lock()
        self._number = 0
        self._begun: dict[int, concurrent.futures.Future[End]] = {}
        self._ends: dict[int, End] = {}
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
        with contextlib.suppress(OSError):  # the process is gone, which the next call finds out
            self._send({"load": list(modules)})

    def call(self, module: str, function: str, *arguments: Any) -> Any:
        """Call a function in a child and wait for what it returns.

        Raises
        ------
        CompendiumError
            What the function raised, with its message and exit code.
        NotAvailable
            If the process died, is not safe to fork, or does not answer.
        Lost
            If the child died.
        """
        return self._call(module, function, arguments)

    def call_with_kernel(
        self, module: str, function: str, *arguments: Any, heard: Callable[..., None] | None = None
    ) -> tuple[Any, float]:
        """Call a function that is given a kernel in waiting and can say how far it is.

        Parameters
        ----------
        module, function : str
            It is called with ``arguments``, ``kernel=`` (:class:`continuum.pipeline.waiting_kernel.WaitingKernel`) and
            ``tell=``, a callable.
        heard : callable, optional
            Called here with whatever ``tell`` is called with there.

        Returns
        -------
        tuple
            What the function returned, and how many seconds it had to wait for the imports.

        Raises
        ------
        CompendiumError, NotAvailable, Lost
            As for calls.
        """
        waited = [0.0]
        return self._call(module, function, arguments, heard or (lambda *_: None), waited), waited[0]

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

    def _call(
        self,
        module: str,
        function: str,
        arguments: tuple[Any, ...],
        heard: Callable[..., None] | None = None,
        waited: list[float] | None = None,
    ) -> Any:
        with tempfile.TemporaryDirectory(prefix="ck-") as name:
            folder = Path(name)
            (folder / ARGUMENTS).write_bytes(pickle.dumps(arguments))
            began = time.monotonic()
            end = self._fork({"module": module, "function": function, "call": name, "kernel": heard is not None})
            if waited is not None:
                waited[0] = time.monotonic() - began
            code = _listen_until(end, folder / TOLD, heard)
            if not (folder / ANSWER).exists():
                how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
                raise Lost(f"its process {how}", fix="where memory is short, use fewer workers (-n 1)")
            value, problem = pickle.loads((folder / ANSWER).read_bytes())  # noqa: S301  written by us, in a private folder
        if problem is not None:
            error = errors.CompendiumError(problem[0])
            error.exit_code = problem[1]
            raise error
        return value

    def _fork(self, request: dict[str, Any]) -> End:
        """Begin a call as soon as the imports allow."""
        begun: concurrent.futures.Future[End] = concurrent.futures.Future()
        with self._lock:
            if self._gone is not None:
                raise self._gone
            self._number += 1
            number = self._number
            self._begun[number] = begun
        try:
            self._send({**request, "id": number, "environment": kernel_environment(), "folder": str(paths.notebooks())})
            return begun.result(_ANSWER_SECONDS)
        except (OSError, concurrent.futures.TimeoutError) as error:
            raise NotAvailable(f"their process does not answer ({type(error).__name__})") from None

    def _send(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._connection.sendall(json.dumps(message).encode() + b"\n")

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
            begun, ends = list(self._begun.values()), list(self._ends.values())
        for call in begun:
            if not call.done():
                call.set_exception(gone)
        for end in ends:
            if not end.done():
                end.set_result(-signal.SIGKILL)

    def _take(self, message: dict[str, Any]) -> None:
        if "exit" in message:
            with self._lock:
                end = self._ends.pop(message["exit"], None)
            if end is not None:
                end.set_result(message["code"])
        elif "loaded" in message:
            self.import_seconds = message["loaded"]
        elif "unsafe" in message:
            self._gone = NotAvailable(message["unsafe"])
        else:
            with self._lock:
                begun, end = self._begun.pop(message["id"]), End()
                self._ends[message["pid"]] = end
            begun.set_result(end)


def _listen_until(end: End, told: Path, heard: Callable[..., None] | None) -> int:
    """Pass on what a call says until it ends; its exit code."""
    said = 0
    while True:
        try:
            code = end.result(None if heard is None else _MOMENT)
        except concurrent.futures.TimeoutError:
            code = None
        if heard is not None and told.exists():
            lines = told.read_text(encoding="utf-8").split("\n")[:-1]  # a line that is not complete comes later
            for line in lines[said:]:
                heard(*json.loads(line))
            said = len(lines)
        if code is not None:
            return code
