"""A process that has the imports loaded and forks one child per kernel or call: imports cost most of a short notebook.

It has a single thread, so forking is safe. It reads requests, one JSON object a line, from the socket it inherits, and
answers on it. When the other end closes, however that came about, it kills its children and ends.
"""

from __future__ import annotations

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
#: In a kernel pandas shows 20 columns; imported outside of one it believes it is in a terminal.
_COLUMNS_IN_A_KERNEL = 20


def serve(connection: socket.socket, preload: list[str]) -> None:
    """Load modules, then fork on request until the other end closes.

    Parameters
    ----------
    connection : socket
        Requests are ``{"id", "kind": "kernel"|"call"|"signal", ...}``; answers ``{"id", "pid"}`` and, when a child
        ends, ``{"exit": pid, "code"}``.
    preload : list of str
        Modules to import first; one that cannot be imported is left to the notebook that needs it, and one that
        starts threads ends the service, for forking would not be safe.
    """
    for name in preload:
        _load(name)
        if _threads():
            _send(connection, {"unsafe": f"importing {name} starts threads"})
            return
    _prepare()
    _send(connection, {"ready": os.getpid()})
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    children: set[int] = set()
    received = b""
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    selector.register(wake_read, selectors.EVENT_READ)
    inherited = [connection.fileno(), wake_read, wake_write]
    try:
        while True:
            for key, _ in selector.select():
                if key.fd == wake_read:
                    os.read(wake_read, 4096)
                    _report_ended(connection, children)
                    continue
                more = connection.recv(65536)
                if not more:
                    return
                *lines, received = (received + more).split(b"\n")
                for line in lines:
                    _handle(json.loads(line), connection, children, inherited)
    finally:
        for pid in children:
            _signal(pid, signal.SIGKILL)


def _handle(request: dict[str, Any], connection: socket.socket, children: set[int], inherited: list[int]) -> None:
    if request["kind"] == "signal":
        if request["pid"] in children:
            _signal(request["pid"], request["signal"])
        return
    work: Callable[[dict[str, Any]], None] = _kernel if request["kind"] == "kernel" else _call
    pid = os.fork()
    if pid == 0:
        _become_child(request, work, inherited)
    children.add(pid)
    _send(connection, {"id": request["id"], "pid": pid})


def _become_child(request: dict[str, Any], work: Callable[[dict[str, Any]], None], inherited: list[int]) -> None:
    """What a fresh process would have: own session, environment, folder, random state; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
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
        application.shell.events.register("post_run_cell", lambda _: _note_imports(Path(note)))
    application.start()


def _note_imports(file: Path) -> None:
    """Write which modules are loaded, so that the next run can load them before it forks."""
    if len(sys.modules) != _NOTED[0]:
        _NOTED[0] = len(sys.modules)
        with contextlib.suppress(OSError):
            file.write_text("\n".join(list(sys.modules)), encoding="utf-8")


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


def _load(name: str) -> None:
    with contextlib.suppress(Exception):  # the notebook that imports it will say what is wrong with it
        importlib.import_module(name)


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


def _report_ended(connection: socket.socket, children: set[int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        children.discard(pid)
        _send(connection, {"exit": pid, "code": os.waitstatus_to_exitcode(status)})


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
    """``python -m continuum.pipeline.warm_server SOCKET MODULE...``."""
    # as ipykernel's launcher does: the folder it was started in is not a place to import from
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])


if __name__ == "__main__":
    main()
