"""JupyterLab as the project needs it: this Python's kernel, the notebooks' folder, no pop-ups."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import paths

_OVERRIDES = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def open_lab(options: Sequence[str] = ()) -> int:
    """Start JupyterLab on the project and wait for it.

    Parameters
    ----------
    options : sequence of str
        Passed on to ``jupyter lab``.

    Returns
    -------
    int
        Its exit code.
    """
    with tempfile.TemporaryDirectory(prefix="compendium-lab-") as folder:
        settings = Path(folder) / "settings"
        settings.mkdir()
        (settings / "overrides.json").write_text(json.dumps(_OVERRIDES), encoding="utf-8")
        command = [
            sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={paths.root()}",
            f"--LabApp.app_settings_dir={settings}", *options,
        ]  # fmt: skip
        if not any(option.endswith(".ipynb") or "default_url" in option for option in options):
            command.append("--LabApp.default_url=/lab/tree/notebooks")
        environment = os.environ | {paths.ROOT_VARIABLE: str(paths.root())}
        return _attend(command, environment)


def _attend(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a server until it ends: Ctrl+C is its own to answer, and a request to stop this command stops it too."""
    with subprocess.Popen(command, env=environment) as server:
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        terminate = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        finally:
            signal.signal(signal.SIGINT, interrupt)
            signal.signal(signal.SIGTERM, terminate)
