"""A process that has the imports loaded and forks children that run calls: imports cost most of a short notebook.

It has a single thread, so forking is safe. When the other end of its socket closes, however that came about, it kills
its children and ends.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import time
import traceback
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from . import warm_up
from .forking import busy_threads, descendants, fork, send_signal, settle

#: What a child says: that it is there and whether it has all modules, how far it is, what its function returned, or a
#: problem's message and exit code.
READY, TOLD, VALUE, PROBLEM = "ready", "told", "value", "problem"
_REQUEST = 65536
#: What may wait for the imports, and for notebooks where there are more than processors: making tables, drawing.
_LATER = 5
#: Children that have nothing to do end by themselves when the other end closes; the others are killed after so long.
_END_SECONDS = 0.3
#: Between two looks at whether they have.
_MOMENT = 0.005


class Service:
    """Loads modules, and forks on request until the other end closes.

    Parameters
    ----------
    connection : socket
        Requests, one JSON object a line, are ``{"load": modules}`` and ``{"kernels", "environment", "folder",
        "scratch", "after"}``. With the latter comes the file descriptor at which the child takes calls. Said here is
        ``{"loaded": seconds}`` whenever all modules are loaded, and ``{"unsafe": why}``.
    first : list of str
        Modules to import before anything is forked; then children can begin, and those that need kernels when what
        they come "after" is loaded, which is everything if that is null. A module that cannot be imported is left to
        the notebook that needs it; one that starts threads ends the service, for forking would not be safe.
    renderer : str
        Socket at which charts are drawn for all kernels; none if empty.
    """

    def __init__(self, connection: socket.socket, first: list[str], renderer: str = "") -> None:
        self._connection = connection
        self._first, self._later = collections.deque(first), collections.deque[str]()
        self._waiting: list[tuple[dict[str, Any], int]] = []
        self._received, self._handles = b"", collections.deque[int]()
        self._seconds = 0.0
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)
        self._own = [connection.fileno(), self._wake, self._woken]
        self._renderer = fork(partial(_draw, renderer), self._own) if renderer else None

    def run(self) -> None:
        """Serve until the other end closes; the children end then, too."""
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
        gc.disable()  # children collect their garbage
        selector = selectors.DefaultSelector()
        selector.register(self._connection, selectors.EVENT_READ, self._read)
        selector.register(self._wake, selectors.EVENT_READ, self._bury)
        try:
            while self._load_next():
                self._begin_what_can()
                for key, _ in selector.select(0 if self._first or self._later else None):
                    if not key.data():
                        return
        finally:
            self._end()

    def _load_next(self) -> bool:
        """Import one more module; False if that made forking unsafe."""
        if not self._first and not self._later:
            return True
        name = (self._first or self._later).popleft()
        began = time.monotonic()
        with contextlib.suppress(Exception):  # the notebook that imports it will say what is wrong with it
            importlib.import_module(name)
        warm_up.what_is_loaded()
        if busy_threads():
            _say(self._connection, {"unsafe": f"importing {name} starts threads"})
            return False
        self._seconds += time.monotonic() - began
        if not self._first and not self._later:
            _say(self._connection, {"loaded": round(self._seconds, 3)})
        return True

    def _read(self) -> bool:
        """Take in requests; False at the end."""
        more, handles, _, _ = socket.recv_fds(self._connection, _REQUEST, 16)
        self._handles.extend(handles)
        *lines, self._received = (self._received + more).split(b"\n")
        for request in map(json.loads, lines):
            if "load" in request:
                self._later.extend(name for name in request["load"] if name not in sys.modules)
            else:
                self._waiting.append((request, self._handles.popleft()))
        return bool(more)

    def _bury(self) -> bool:
        """Take in that children ended, and with it the processor time they used."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        return True

    def _end(self) -> None:
        """End all children and theirs."""
        if self._renderer is not None:
            send_signal(self._renderer, signal.SIGKILL)
        deadline = time.monotonic() + _END_SECONDS
        while self._bury() and (left := descendants(os.getpid())):
            if time.monotonic() > deadline:
                for pid in left:
                    send_signal(pid, signal.SIGKILL)
            time.sleep(_MOMENT)

    def _begin_what_can(self) -> None:
        ready = [waiting for waiting in self._waiting if not self._first and self._can_begin(waiting[0])]
        for request, handle in ready:
            gc.freeze()  # share the memory; without looking for garbage first: imports make next to none
            others = [other for _, other in self._waiting if other != handle]
            self._waiting.remove((request, handle))
            fork(partial(_serve, request, handle, not self._later), [*self._own, *self._handles, *others])
            os.close(handle)

    def _can_begin(self, request: dict[str, Any]) -> bool:
        after = request["after"]
        return not self._later if after is None else set(after).isdisjoint(self._later)


def _serve(request: dict[str, Any], handle: int, is_complete: bool) -> None:
    """Take calls until the other end closes, each with a kernel if they need some."""
    from .nursery import ForkedKernel, Nursery

    connection = Connection(handle)
    if not request["kernels"]:
        os.nice(_LATER)
    nursery = Nursery([handle]) if request["kernels"] else None
    settle(request["environment"], request["folder"])
    tempfile.tempdir = request["scratch"]  # whatever a child that is killed leaves is removed with it
    connection.send((READY, is_complete))
    while nursery is None or not nursery.gone:
        try:
            module, function, arguments = connection.recv()
        except EOFError:
            break
        more: dict[str, Any] = {}
        if nursery is not None:
            more = {"kernel": ForkedKernel(nursery), "tell": lambda *what: connection.send((TOLD, what))}
        connection.send(_outcome(module, function, arguments, more))
    if nursery is not None:
        nursery.close()


def _outcome(module: str, function: str, arguments: tuple[Any, ...], more: dict[str, Any]) -> tuple[str, Any]:
    """What comes of a call."""
    from ..errors import CompendiumError

    try:
        return VALUE, getattr(importlib.import_module(module), function)(*arguments, **more)
    except CompendiumError as error:
        return PROBLEM, (error.message, error.exit_code)
    except Exception as error:
        traceback.print_exc()
        return PROBLEM, (f"{type(error).__name__}: {error}", 1)


def _draw(address: str) -> None:
    from ..charts.rendering import serve

    os.nice(_LATER)
    serve(address)


def _say(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """``python -m continuum.pipeline.warm_server SOCKET RENDERER MODULE...``."""
    # as ipykernel's launcher does: the folder it was started in is not a place to import from
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    Service(socket.socket(fileno=int(sys.argv[1])), sys.argv[3:], sys.argv[2]).run()
    os._exit(0)  # taking thousands of modules down one by one would keep everyone waiting


if __name__ == "__main__":
    main()
