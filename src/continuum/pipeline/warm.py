"""Notebooks and calls that start with the imports loaded, through a process that forks.

Nothing of Jupyter is imported here, so that the process can be started before anything else.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors, paths
from ..charts.rendering import RENDERER_VARIABLE
from .machine import SOCKETS_VARIABLE, kernel_environment, socket_folder
from .warm_server import TOLD, VALUE

if TYPE_CHECKING:
    from concurrent.futures import Future

#: Loading everything takes about three seconds on a slow machine; past this something is wrong.
_ANSWER_SECONDS = 60.0

#: Set to "ordinary" to start every kernel from scratch.
KERNELS_VARIABLE = "COMPENDIUM_KERNELS"

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
    "continuum.pipeline.engine",
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
    import_seconds : float or None
        How long loading took so far.
    """

    def __init__(self, first: Sequence[str], tell: Callable[[str], None] = print) -> None:
        self._tell, self._told = tell, False
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._begun: dict[tuple[Any, ...], Future[Any]] = {}
        self._gone: NotAvailable | None = None
        self._over = threading.Event()
        self.import_seconds: float | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="ck-", ignore_cleanup_errors=True)
        self._sockets = socket_folder()
        renderer = str(Path(self._sockets.name) / "charts") if self._sockets is not None else ""
        self._variables = {RENDERER_VARIABLE: renderer}
        if self._sockets is not None:
            self._variables[SOCKETS_VARIABLE] = self._sockets.name
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
        with contextlib.suppress(OSError), self._lock:  # the process is gone, which the next call finds out
            self._connection.sendall(_line({"load": list(modules)}))

    def begin(self, module: str, function: str, *arguments: Any) -> None:
        """Begin a call whose value will be asked for soon: :meth:`call` with the same arguments finds it under way."""
        from concurrent.futures import ThreadPoolExecutor  # not before the process has started

        pool = ThreadPoolExecutor(1)
        self._begun[module, function, *arguments] = pool.submit(self._call, module, function, *arguments)
        pool.shutdown(wait=False)

    def call(self, module: str, function: str, *arguments: Any, after: Sequence[str] = ()) -> Any:
        """Call a function in a child of its own and wait for what it returns.

        Parameters
        ----------
        module, function : str
            It is called with ``arguments``.
        after : sequence of str
            Modules that have to be loaded before, of those that are to be loaded at all.

        Raises
        ------
        CompendiumError
            What the function raised, with its message and exit code.
        NotAvailable
            If the process died, is not safe to fork, or does not answer.
        Lost
            If the child died.
        """
        begun = self._begun.pop((module, function, *arguments), None)
        return begun.result() if begun is not None else self._call(module, function, *arguments, after=after)

    def _call(self, module: str, function: str, *arguments: Any, after: Sequence[str] = ()) -> Any:
        child, _ = self._child(kernels=False, after=after)
        with child:
            return _value(*_answer(child, (module, function, arguments), lambda *_: None))

    def call_with_kernel(
        self,
        module: str,
        function: str,
        *arguments: Any,
        heard: Callable[..., None] | None = None,
        after: Sequence[str] | None = None,
    ) -> tuple[Any, float]:
        """Call a function that is given a kernel and can say how far it is, in a child that only takes such calls.

        Parameters
        ----------
        module, function : str
            It is called with ``arguments``, ``kernel=`` (:class:`continuum.pipeline.nursery.ForkedKernel`) and
            ``tell=``, a callable.
        heard : callable, optional
            Called here with whatever ``tell`` is called with there.
        after : sequence of str, optional
            Modules that have to be loaded before, of those that are to be loaded at all; all of these if None.

        Returns
        -------
        tuple
            What the function returned, and how many seconds it had to wait for the imports.

        Raises
        ------
        CompendiumError, NotAvailable, Lost
            As for calls.
        """
        began = time.monotonic()
        child, is_complete = self._free_child(after)
        waited = time.monotonic() - began
        kind, what = "", None
        try:
            kind, what = _answer(child, (module, function, arguments), heard or (lambda *_: None))
        finally:
            if kind and is_complete:
                with self._lock:
                    self._idle.append(child)
            else:  # lost, interrupted while it had more to say, or without modules that others need
                child.close()
        return _value(kind, what), waited

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
        for child in self._idle:
            child.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for folder in filter(None, (self._folder, self._sockets)):
            folder.cleanup()

    def _free_child(self, after: Sequence[str] | None) -> tuple[Connection, bool]:
        """A child that forks kernels and has nothing to do, or a new one; whether it has all modules."""
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return self._child(kernels=True, after=after)
            if not child.poll(0):
                return child, True
            child.close()  # it has nothing to say but that it is gone

    def _child(self, *, kernels: bool, after: Sequence[str] | None) -> tuple[Connection, bool]:
        """A new child, forked as soon as the imports allow; whether all was imported then."""
        ours, theirs = socket.socketpair()
        child = Connection(ours.detach())
        request = {
            "kernels": kernels, "environment": kernel_environment(self._variables), "folder": str(paths.notebooks()),
            "scratch": self._folder.name, "after": None if after is None else list(after),
        }  # fmt: skip
        try:
            with theirs, self._lock:
                if self._gone is not None:
                    raise self._gone
                socket.send_fds(self._connection, [_line(request)], [theirs.fileno()])
            if not child.poll(_ANSWER_SECONDS):
                raise NotAvailable("their process does not answer")
            _, is_complete = child.recv()
        except (OSError, EOFError):
            child.close()
            self._over.wait(_ANSWER_SECONDS)
            raise self._gone or NotAvailable("their process does not answer") from None
        except NotAvailable:
            child.close()
            raise
        return child, is_complete

    def _listen(self) -> None:
        """Take in what the process says until it ends."""
        with contextlib.suppress(OSError, ValueError), self._connection.makefile("r", encoding="utf-8") as stream:
            for line in stream:
                message = json.loads(line)
                if "unsafe" in message:
                    self._gone = NotAvailable(message["unsafe"])
                else:
                    self.import_seconds = message["loaded"]
        self._gone = self._gone or NotAvailable("their process ended")
        self._over.set()


def _answer(child: Connection, call: tuple[str, str, tuple[Any, ...]], heard: Callable[..., None]) -> tuple[str, Any]:
    """Have a child make a call, pass on what it says meanwhile, and wait for what comes of it: which kind, and what."""
    try:
        child.send(call)
        while True:
            kind, what = child.recv()
            if kind != TOLD:
                return kind, what
            heard(*what)
    except (EOFError, OSError):
        raise Lost("its process was killed", fix="where memory is short, use fewer workers (-n 1)") from None


def _value(kind: str, what: Any) -> Any:
    """What a call returned; raises the problem it had."""
    if kind == VALUE:
        return what
    error = errors.CompendiumError(what[0])
    error.exit_code = what[1]
    raise error


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
