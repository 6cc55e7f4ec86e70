"""A process that has the imports loaded and forks one child per call: imports cost most of a short notebook.

It has a single thread, so forking is safe. It reads requests, one JSON object a line, from the socket it inherits, and
answers on it. When the other end closes, however that came about, it kills its children and ends.
"""

from __future__ import annotations

import collections
import contextlib
import gc
import importlib
import json
import os
import pickle
import selectors
import signal
import socket
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from .forking import busy_threads, children, fork, send_signal, settle

#: Files of a call, in a folder of its own: what it is given, what it says meanwhile, and what came of it.
ARGUMENTS, TOLD, ANSWER = "arguments", "told", "answer"
#: In a kernel pandas shows 20 columns; imported outside of one it believes it is in a terminal.
_COLUMNS_IN_A_KERNEL = 20


class Service:
    """Loads modules, and forks on request until the other end closes.

    Parameters
    ----------
    connection : socket
        Requests are ``{"id", "module", "function", "call", "kernel", "environment", "folder"}``, of which ``call`` is
        the folder of the call's files, and ``{"load": modules}``; answers ``{"id", "pid"}``; when all modules are
        loaded ``{"loaded": seconds}``, and when a child ends ``{"exit": pid, "code"}``.
    first : list of str
        Modules to import before anything is forked; then calls can begin, and those that need a kernel when all is
        loaded. A module that cannot be imported is left to the notebook that needs it; one that starts threads ends
        the service, for forking would not be safe.
    renderer : str
        Socket at which charts are drawn for all kernels; none if empty.
    """

    def __init__(self, connection: socket.socket, first: list[str], renderer: str = "") -> None:
        self._connection = connection
        self._children: set[int] = set()
        self._first, self._later = collections.deque(first), collections.deque[str]()
        self._waiting: list[dict[str, Any]] = []
        self._received, self._seconds = b"", 0.0
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        self._inherited = [connection.fileno(), self._wake, self._woken]
        if renderer:
            self._children.add(fork(partial(_draw, renderer), self._inherited))

    def run(self) -> None:
        """Serve until the other end closes; the children end then, too."""
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
        gc.disable()  # imports make next to no garbage; children collect theirs
        selector = selectors.DefaultSelector()
        selector.register(self._connection, selectors.EVENT_READ, self._read)
        selector.register(self._wake, selectors.EVENT_READ, self._report_ended)
        try:
            while self._load_next():
                self._begin_what_can()
                for key, _ in selector.select(0 if self._first or self._later else None):
                    if not key.data():
                        return
        finally:
            for pid in self._children:
                for each in (*children(pid), pid):  # a kernel is a child's child, with a group of its own
                    send_signal(each, signal.SIGKILL)
            for pid in self._children:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _load_next(self) -> bool:
        """Import one more module; False if that made forking unsafe."""
        if not self._first and not self._later:
            return True
        name = (self._first or self._later).popleft()
        began = time.monotonic()
        with contextlib.suppress(Exception):  # the notebook that imports it will say what is wrong with it
            importlib.import_module(name)
        if busy_threads():
            _send(self._connection, {"unsafe": f"importing {name} starts threads"})
            return False
        self._seconds += time.monotonic() - began
        if not self._first and not self._later:
            _prepare()
            _send(self._connection, {"loaded": round(self._seconds, 3)})
        return True

    def _read(self) -> bool:
        """Take in requests; False at the end."""
        more = self._connection.recv(65536)
        *lines, self._received = (self._received + more).split(b"\n")
        for request in map(json.loads, lines):
            if "load" in request:
                self._later.extend(name for name in request["load"] if name not in sys.modules)
            else:
                self._waiting.append(request)
        return bool(more)

    def _begin_what_can(self) -> None:
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            if self._first or (request["kernel"] and self._later):
                self._waiting.append(request)
            else:
                pid = fork(partial(_call, request), self._inherited)
                self._children.add(pid)
                _send(self._connection, {"id": request["id"], "pid": pid})

    def _report_ended(self) -> bool:
        os.read(self._wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                self._children.discard(pid)
                _send(self._connection, {"exit": pid, "code": os.waitstatus_to_exitcode(status)})
        return True


def _call(request: dict[str, Any]) -> None:
    """Call a function, with a kernel that waits if it asks for one, and write what came of it to a file."""
    from ..atomic import write_bytes
    from ..errors import CompendiumError

    more: dict[str, Any] = {}
    folder = Path(request["call"])
    if request["kernel"]:
        from .waiting_kernel import WaitingKernel

        more = {"kernel": WaitingKernel(), "tell": partial(_tell, folder / TOLD)}
    settle(request["environment"], request["folder"])
    value, problem = None, None
    try:
        arguments = pickle.loads((folder / ARGUMENTS).read_bytes())  # noqa: S301  written by us, in a private folder
        value = getattr(importlib.import_module(request["module"]), request["function"])(*arguments, **more)
    except CompendiumError as error:
        problem = (error.message, error.exit_code)
    except Exception as error:
        problem = (f"{type(error).__name__}: {error}", 1)
        traceback.print_exc()
    write_bytes(folder / ANSWER, pickle.dumps((value, problem)))


def _tell(file: Path, *what: Any) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(what) + "\n")


def _draw(address: str) -> None:
    from ..charts.rendering import serve

    serve(address)


def _prepare() -> None:
    """Undo what imports do differently outside of a kernel, and share the loaded memory with all children."""
    from .kernels import prepare

    prepare()
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        pandas.set_option("display.max_columns", _COLUMNS_IN_A_KERNEL)
    gc.collect()
    gc.freeze()


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """``python -m continuum.pipeline.warm_server SOCKET RENDERER MODULE...``."""
    # as ipykernel's launcher does: the folder it was started in is not a place to import from
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    Service(socket.socket(fileno=int(sys.argv[1])), sys.argv[3:], sys.argv[2]).run()


if __name__ == "__main__":
    main()
