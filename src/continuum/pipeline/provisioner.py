"""Warm kernels through jupyter_client's own plug-in point: papermill and nbclient notice nothing."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from .kernels import MOMENT
from .warm import ForkedProcess, NotAvailable, WarmServer


class OneWarmKernel:
    """Asks a server for one kernel and remembers whether it was given, and which process it is.

    Parameters
    ----------
    server : WarmServer
    """

    def __init__(self, server: WarmServer) -> None:
        self.given = True
        self.child: ForkedProcess | None = None
        self.server = server

    def provisioner(self, manager: KernelManager) -> WarmProvisioner:
        """The provisioner of this kernel."""
        return WarmProvisioner(
            request=self, kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager
        )

    def refused(self, why: str) -> None:
        """Remember that the kernel is an ordinary one, and say why."""
        self.given = False
        self.server.refused(why)


class WarmProvisioner(LocalProvisioner):
    """Gives a kernel manager a forked kernel instead of a new process."""

    def __init__(self, *, request: OneWarmKernel, **options: Any) -> None:
        super().__init__(**options)
        self._request = request

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork a kernel with the arguments of ``cmd``; an ordinary one if that cannot be had."""
        arguments = cmd[cmd.index("-f") :]
        fork = partial(self._request.server.fork_kernel, arguments, dict(options["env"]), str(options["cwd"]))
        try:
            child = await asyncio.to_thread(fork)
        except NotAvailable as why:
            self._request.refused(str(why))
            return await super().launch_kernel(cmd, **options)
        self.process, self.pid, self._request.child = cast(Any, child), child.pid, child
        self.cwd = options["cwd"]
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal; of the interrupt with which a manager begins to kill a kernel only a message would be seen."""
        if signum != signal.SIGINT or not isinstance(self.process, ForkedProcess):
            await super().send_signal(signum)

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        if not isinstance(self.process, ForkedProcess):
            return await super().wait()
        while (code := self.process.poll()) is None:
            await asyncio.sleep(MOMENT)
        self.process = None
        return code
