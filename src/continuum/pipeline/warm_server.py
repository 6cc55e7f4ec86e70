"""A process that has the imports loaded and forks one child per kernel or call: imports cost most of a short notebook.

It has a single thread, so forking is safe. It reads requests, one JSON object a line, from the socket it inherits, and
answers on it. When the other end closes, however that came about, it kills its children and ends.
"""

from __future__ import annotations

import collections
import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Names the file in which a kernel notes the modules it has loaded.
IMPORTS_VARIABLE = "CONTINUUM_IMPORTS"
_PR_SET_PDEATHSIG = 1
#: Threads that libraries start when they are imported and that sleep until they are needed; their libraries are
#: prepared for forks (jemalloc) or leave everything else to threads they start on first use (polars).
_IDLE_THREADS = {"jemalloc_bg_thd", "polars-ooc-clea"}
_NOTED = [0]
#: How many modules a kernel had when it began.
_FORKED = [0]
#: In a kernel pandas shows 20 columns; imported outside of one it believes it is in a terminal.
_COLUMNS_IN_A_KERNEL = 20


class Service:
    """Loads modules, and forks on request until the other end closes.

    Parameters
    ----------
    connection : socket
        Requests are ``{"id", "kind": "kernel"|"call", ...}``, ``{"kind": "signal", ...}`` and ``{"kind": "load",
        "modules"}``; answers ``{"id", "pid"}`` ; when all modules are loaded ``{"loaded": seconds}``, and when a
        child ends ``{"exit": pid, "code", "cpu"}``.
    first : list of str
        Modules to import before anything is forked; then calls can begin, and kernels when all is loaded. A module
        that cannot be imported is left to the notebook that needs it; one that starts threads ends the service, for
        forking would not be safe.
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
            self._fork({"kind": "call", "module": "continuum.charts.rendering", "function": "serve",
                        "arguments": [renderer], "answer": os.devnull, "environment": dict(os.environ),
                        "folder": os.getcwd()})  # fmt: skip

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
                _signal(pid, signal.SIGKILL)
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
        if _threads():
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
            if request["kind"] == "load":
                self._later.extend(name for name in request["modules"] if name not in sys.modules)
            elif request["kind"] != "signal":
                self._waiting.append(request)
            elif request["pid"] in self._children:
                _signal(request["pid"], request["signal"])
        return bool(more)

    def _begin_what_can(self) -> None:
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            kernel = request["kind"] == "kernel"
            if self._first or (kernel and self._later):
                self._waiting.append(request)
            else:
                pid = self._fork(request)
                _send(self._connection, {"id": request["id"], "pid": pid})

    def _fork(self, request: dict[str, Any]) -> int:
        pid = os.fork()
        if pid == 0:
            _become_child(request, _kernel if request["kind"] == "kernel" else _call, self._inherited)
        self._children.add(pid)
        return pid

    def _report_ended(self) -> bool:
        os.read(self._wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, used = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    break
                self._children.discard(pid)
                code, cpu = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
                _send(self._connection, {"exit": pid, "code": code, "cpu": round(cpu, 3)})
        return True


def _become_child(request: dict[str, Any], work: Callable[[dict[str, Any]], None], inherited: list[int]) -> None:
    """What a fresh process would have: own session, environment, folder, random state; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        gc.enable()
        os.setsid()
        _end_with_parent()
        for handle in inherited:
            with contextlib.suppress(OSError):
                os.close(handle)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        _fresh_random_state()
        work(request)
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


def _kernel(request: dict[str, Any]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher.py", *request["arguments"]]
    application = IPKernelApp.instance()
    application.initialize(request["arguments"])
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


def _call(request: dict[str, Any]) -> None:
    """Call a function with texts and write what came of it to a file."""
    from ..atomic import write_text
    from ..errors import CompendiumError

    answer: dict[str, Any] = {"ok": True}
    try:
        getattr(importlib.import_module(request["module"]), request["function"])(*request["arguments"])
    except CompendiumError as error:
        answer = {"error": type(error).__name__, "message": error.message, "exit_code": error.exit_code}
    except Exception as error:
        answer = {"error": type(error).__name__, "message": f"{type(error).__name__}: {error}", "exit_code": 1}
        traceback.print_exc()
    write_text(Path(request["answer"]), json.dumps(answer))


def _end_with_parent() -> None:
    """A child whose parent was killed would go on, and keep the terminal or pipe it writes to open."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _prepare() -> None:
    """Undo what imports do differently outside of a kernel, and share the loaded memory with all children."""
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        pandas.set_option("display.max_columns", _COLUMNS_IN_A_KERNEL)
    gc.collect()
    gc.freeze()


def _fresh_random_state() -> None:
    """Forked children would all draw the same numbers from the legacy generators."""
    import random

    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(None)


def _signal(pid: int, number: int) -> None:
    """To the child's whole group, so that processes it started end with it."""
    for send in (os.killpg, os.kill):  # the group does not exist before the child has made its session
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)
            return


def _threads() -> list[str]:
    """Threads besides the main one that make forking unsafe."""
    names = []
    with contextlib.suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            if task.name != str(os.getpid()):
                names.append((task / "comm").read_text(encoding="ascii", errors="replace").strip())
    return [name for name in names if name not in _IDLE_THREADS]


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """``python -m continuum.pipeline.warm_server SOCKET RENDERER MODULE...``."""
    # as ipykernel's launcher does: the folder it was started in is not a place to import from
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    Service(socket.socket(fileno=int(sys.argv[1])), sys.argv[3:], sys.argv[2]).run()


if __name__ == "__main__":
    main()
