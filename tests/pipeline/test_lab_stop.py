"""`compendium lab` leaves nothing running behind it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ATTEND = """
import os, sys
from continuum.pipeline.lab import _attend
server = f"import os, time; open({sys.argv[1]!r}, 'w').write(str(os.getpid())); time.sleep(60)"
sys.exit(_attend([sys.executable, "-c", server], os.environ))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
def test_stopping_the_command_stops_its_server(tmp_path: Path) -> None:
    note = tmp_path / "server.pid"
    command = subprocess.Popen([sys.executable, "-c", ATTEND, str(note)])
    try:
        for _ in range(200):
            if note.is_file() and note.read_text():
                break
            time.sleep(0.05)
        command.send_signal(signal.SIGTERM)
        assert command.wait(20) != 0
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)
    finally:
        command.kill()
        command.wait()
