"""The suite itself is offline."""

from __future__ import annotations

import socket

import pytest


def test_other_machines_cannot_be_reached_and_local_programs_can():
    with pytest.raises(OSError, match=r"a test wanted to reach 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        socket.create_connection(server.getsockname(), timeout=2).close()
