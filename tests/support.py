"""What several tests need: where the real files are, and skipping with the reason where they are absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def shared(part: str) -> Path:
    """A file or folder of the shared test material, or a skip that names what is missing."""
    path = SHARED / part
    if not path.exists():
        pytest.skip(f"needs ../shared/{part}, which is not here")
    return path


def shared_data(part: str = "") -> Path:
    """A file or folder of ``../shared/data``."""
    return shared(f"data/{part}" if part else "data")


def project_without_studies(root: Path) -> Path:
    """``root`` as a project with this project's code, notebooks and pages, and no study of its own."""
    for name in ("_quarto.yml", "index.qmd", "404.qmd", "pages", "paper", "src", "notebooks", "CITATION.cff"):
        (root / name).symlink_to(ROOT / name)
    (root / "data").mkdir()
    (root / "data" / "published").symlink_to(ROOT / "data" / "published")
    return root


def compendium(*arguments: str, root: Path, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own on the project at ``root``."""
    command = [sys.executable, "-m", "continuum", *arguments]
    environment = os.environ | {"CONTINUUM_ROOT": str(root)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, cwd=root)
