"""No test reaches another machine: connections are refused in the whole run, except those to programs of this one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

LOCAL = ("127.", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse stream connections to other machines; local servers and sockets in the file system stay."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        named = isinstance(address, tuple) and self.type & socket.SOCK_STREAM
        if named and not str(address[0]).startswith(LOCAL):
            raise OSError(f"a test wanted to reach {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
