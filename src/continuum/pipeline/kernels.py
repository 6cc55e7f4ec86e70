"""Kernels that can run beside each other: every one has its own socket files and starts in the notebooks' folder."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

from .. import paths
from .machine import kernel_environment, socket_folder

if TYPE_CHECKING:
    from .nursery import ForkedKernel

#: Between two looks at whether a kernel has made its sockets (seconds).
_MOMENT = 0.002
#: A kernel's outputs arrive at most so long after its first answer, if they do at all.
_OUTPUT_SECONDS = 0.02
#: Sockets that are not there by then are waited for as a client does.
_SOCKET_SECONDS = 10.0


class ProjectKernelClient(AsyncKernelClient):
    """Talks to a kernel as soon as it answers."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for the kernel's first answer.

        The original then waits a fifth of a second for silence, so that no old message is taken for a new one;
        nbclient knows the messages of a cell by their parent.

        Raises
        ------
        RuntimeError
            If the kernel died, or has not answered after ``timeout`` seconds.
        """
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            self.kernel_info()
            with suppress(Empty):
                answer = await self.get_shell_msg(timeout=1)
                if answer["msg_type"] == "kernel_info_reply":
                    await self.get_iopub_msg(timeout=_OUTPUT_SECONDS)  # outputs arrive, too; else ask again
                    self._handle_kernel_info_reply(answer)
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it answered")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the kernel has not answered for {timeout:.0f} seconds")


class ProjectKernelManager(AsyncKernelManager):
    """Starts a kernel of this Python for one notebook.

    Two kernels that choose TCP ports at the same time can choose the same one, and kernels that share the default
    socket file lose messages; a private folder of sockets has neither fault. Windows has no such sockets, and a machine
    without a place for them does with ports, too.
    """

    #: What one execution asks for; set by :func:`manager_with`.
    variables: ClassVar[Mapping[str, str]] = {}
    forked: ClassVar[ForkedKernel | None] = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_factory = ProjectKernelClient
        self._folder = None if sys.platform == "win32" else socket_folder()
        if self._folder is not None:
            self.transport = "ipc"
            self.connection_file = str(Path(self._folder.name) / "k.json")

    async def _start_here(self, **options: Any) -> None:
        options.setdefault("cwd", str(paths.notebooks()))
        options["env"] = kernel_environment(self.variables)
        if self.forked is not None:
            from .provisioner import WarmProvisioner

            self.provisioner = WarmProvisioner(
                kernel=self.forked, kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        await self._async_start_kernel(**options)
        await self._sockets_appear()

    async def _sockets_appear(self) -> None:
        """Wait for the kernel's sockets: a client that is too early tries again only after a tenth of a second."""
        if self._folder is None:
            return
        sockets = [Path(f"{self.ip}-{port}") for port in self.ports]
        deadline = time.monotonic() + _SOCKET_SECONDS
        while not all(socket.exists() for socket in sockets) and time.monotonic() < deadline:
            if not await self._async_is_alive():
                return
            await asyncio.sleep(_MOMENT)

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


def manager_with(variables: Mapping[str, str], forked: ForkedKernel | None) -> type[ProjectKernelManager]:
    """A kernel manager class whose kernel sees these environment variables, and is this forked one if given."""
    return type("NotebookKernelManager", (ProjectKernelManager,), {"variables": dict(variables), "forked": forked})
