"""Warm kernels through jupyter_client's own plug-in point: papermill and nbclient notice nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from .warm import ForkedProcess, NotAvailable, WarmServer

#: Between two looks at whether a kernel has ended (seconds); the default of 0.1 is a tenth of a short notebook.
_MOMENT = 0.005


class OneWarmKernel:
    """Asks a server for one kernel and remembers whether it was given.

    Parameters
    ----------
    server : WarmServer
    """

    def __init__(self, server: WarmServer) -> None:
        self.given = True
        self._server = server

    def provisioner(self, manager: KernelManager) -> WarmProvisioner:
        """The provisioner of this kernel."""
        return WarmProvisioner(
            server=self._server, tell=self._refused, kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec,
            parent=manager,
        )  # fmt: skip

    def _refused(self, why: str) -> None:
        self.given = False
        self._server.refused(why)


class WarmProvisioner(LocalProvisioner):
    """Gives a kernel manager a forked kernel instead of a new process."""

    def __init__(self, *, server: WarmServer, tell: Callable[[str], None], **options: Any) -> None:
        super().__init__(**options)
        self._server = server
        self._tell = tell

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork a kernel with the arguments of ``cmd``; an ordinary one if that cannot be had."""
        arguments = cmd[cmd.index("-f") :]
        fork = partial(self._server.fork_kernel, arguments, dict(options["env"]), str(options["cwd"]))
        try:
            child = await asyncio.to_thread(fork)
        except NotAvailable as why:
            self._tell(str(why))
            return await super().launch_kernel(cmd, **options)
        self.process, self.pid = cast(Any, child), child.pid
        self.cwd = options["cwd"]
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        if not isinstance(self.process, ForkedProcess):
            return await super().wait()
        while (code := self.process.poll()) is None:
            await asyncio.sleep(_MOMENT)
        self.process = None
        return code
