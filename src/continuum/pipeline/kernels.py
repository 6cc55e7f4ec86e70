"""Kernels that can run beside each other: every one has its own socket files and starts in the notebooks' folder."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.manager import AsyncKernelManager

from .. import paths

#: The same sums whatever the number of workers: a threaded BLAS adds up in another order; sets keep their order too.
_REPRODUCIBLE = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0",
}  # fmt: skip
#: Terminal settings change how tables are printed; without bytecode files every import costs three times as much.
_LEFT_OUT = ("COLUMNS", "LINES", "FORCE_COLOR", "PYTHONDONTWRITEBYTECODE")


class ProjectKernelManager(AsyncKernelManager):
    """Starts a kernel of this Python for one notebook.

    Two kernels that choose TCP ports at the same time can choose the same one, and kernels that share the default
    socket file lose messages; a private folder of sockets has neither fault. Windows has no such sockets.
    """

    #: Variables of one execution; set by :func:`manager_with`.
    variables: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if sys.platform != "win32":
            # a socket's path may have about 100 characters
            self._folder = tempfile.TemporaryDirectory(prefix="ck-", ignore_cleanup_errors=True)
            self.transport = "ipc"
            self.connection_file = str(Path(self._folder.name) / "k.json")

    async def _start_here(self, **options: Any) -> None:
        options.setdefault("cwd", str(paths.notebooks()))
        options["env"] = kernel_environment(self.variables)
        await self._async_start_kernel(**options)

    async def _clean_up(self, restart: bool = False) -> None:
        await self._async_cleanup_resources(restart=restart)
        if self._folder is not None and not restart:
            self._folder.cleanup()

    start_kernel = _start_here
    cleanup_resources = _clean_up


def manager_with(variables: Mapping[str, str]) -> type[ProjectKernelManager]:
    """A kernel manager class whose kernels see these environment variables."""
    return type("NotebookKernelManager", (ProjectKernelManager,), {"variables": dict(variables)})


def kernel_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of a kernel: this process's, made reproducible, with the project root named."""
    environment = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    return environment | _REPRODUCIBLE | {paths.ROOT_VARIABLE: str(paths.root())} | dict(variables or {})
