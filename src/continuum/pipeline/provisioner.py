"""Warm kernels through jupyter_client's own plug-in point: papermill and nbclient notice nothing."""

from __future__ import annotations

import asyncio
import signal
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from .nursery import ForkedKernel


class WarmProvisioner(LocalProvisioner):
    """Gives a kernel manager a forked kernel instead of a new process."""

    def __init__(self, *, kernel: ForkedKernel, **options: Any) -> None:
        super().__init__(**options)
        self._kernel = kernel

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork the kernel with the arguments of ``cmd``."""
        self._kernel.start(cmd[cmd.index("-f") :], dict(options["env"]), str(options["cwd"]))
        self.process, self.pid = cast(Any, self._kernel), self._kernel.pid
        self.cwd = options["cwd"]
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal; of the interrupt with which a manager begins to kill a kernel only a message would be seen."""
        if signum != signal.SIGINT:
            await super().send_signal(signum)

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._kernel.fileno(), news.set)
        try:
            while (code := self._kernel.poll()) is None:
                await news.wait()
                news.clear()
        finally:
            loop.remove_reader(self._kernel.fileno())
        self.process = None
        return code
