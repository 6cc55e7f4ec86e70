"""What the running notebook cell says about itself in its ``#|`` options: label, caption, alternative text."""

from __future__ import annotations

import sys
from functools import lru_cache

import yaml

from .yaml_lines import load

PREFIX = "#| "


def options(source: str) -> dict[str, str]:
    """The ``#| key: value`` lines at the top of a code cell.

    Parameters
    ----------
    source : str
        Source of the cell.
    """
    lines = []
    for line in source.splitlines():
        if not line.startswith("#|"):
            break
        lines.append(line.removeprefix("#|").removeprefix(" "))
    return dict(_parsed("\n".join(lines))) if lines else {}


@lru_cache(maxsize=512)  # a cell's options are asked for with every result it stores
def _parsed(text: str) -> dict[str, str]:
    try:
        parsed = load(text)
    except yaml.YAMLError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def current_options() -> dict[str, str]:
    """Options of the cell that is running now; empty outside a notebook."""
    if "IPython" not in sys.modules:
        return {}
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return {}
    kernel = getattr(shell, "kernel", None)
    # The request that is being executed, not the history: nbval runs cells without storing history.
    request = kernel.get_parent("shell") if kernel is not None else {}
    source = request.get("content", {}).get("code")
    if source is None and shell.history_manager.input_hist_raw:
        source = shell.history_manager.input_hist_raw[-1]
    return options(source or "")
