"""What may be shown to whom: small cells are hidden before anything is stored, and everything publishable is scanned.

``suppress`` hides cells, ``audit`` proves that what is hidden cannot be computed back, ``scan`` reads whatever is
about to be published and looks for what must not be in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .suppress import SUPPRESSED, Rule, protect, shown

if TYPE_CHECKING:
    from pathlib import Path

    from .scan import Leak

__all__ = ["SUPPRESSED", "Rule", "protect", "scan", "shown"]


def scan(path: str | Path, study: str | None = None) -> list[Leak]:
    """Everything under ``path`` that must not be published; see :func:`continuum.disclosure.scan.scan`."""
    from .scan import scan as scan_path  # reads the study's raw data: only where a scan is asked for

    return scan_path(path, study)
