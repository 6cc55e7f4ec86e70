"""Kernels that can run beside each other: every one has its own socket files and starts in the notebooks' folder."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase

from .. import paths
from .machine import kernel_environment


class ProjectKernelManager(AsyncKernelManager):
    """Starts a kernel of this Python for one notebook.

    Two kernels that choose TCP ports at the same time can choose the same one, and kernels that share the default
    socket file lose messages; a private folder of sockets has neither fault. Windows has no such sockets.
    """

    #: What one execution asks for; set by :func:`manager_with`.
    variables: ClassVar[Mapping[str, str]] = {}
    warm: ClassVar[WarmKernels | None] = None

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
        if self.warm is not None:
            self.provisioner = self.warm.provisioner(self)
        await self._async_start_kernel(**options)

    async def _clean_up(self, restart: bool = False) -> None:
        await self._async_cleanup_resources(restart=restart)
        if self._folder is not None and not restart:
            self._folder.cleanup()

    start_kernel = _start_here
    cleanup_resources = _clean_up

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        """Wait for the kernel's end; a provisioner knows it sooner than looking ten times a second does."""
        if self.provisioner is not None:
            await self.provisioner.wait()


class WarmKernels(Protocol):
    """Makes provisioners that start kernels with the imports loaded."""

    def provisioner(self, manager: ProjectKernelManager) -> KernelProvisionerBase:
        """A provisioner for one kernel."""


def manager_with(variables: Mapping[str, str], warm: WarmKernels | None) -> type[ProjectKernelManager]:
    """A kernel manager class whose kernels see these environment variables, and are warm where that can be had."""
    return type("NotebookKernelManager", (ProjectKernelManager,), {"variables": dict(variables), "warm": warm})
