"""``SYNTHETIC.json``: how synthetic files were made, what is true in them, and whether they are still those files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .atomic import write_text
from .errors import SyntheticAsUserData
from .study import STUDY_FILE

SIDECAR = "SYNTHETIC.json"
#: Stands in every generated ``study.yaml``, by which a study whose sidecar is gone is still known.
MADE_BY = "Made by continuum.synthetic.make_study"


def write_sidecar(folder: Path, content: dict[str, Any]) -> Path:
    """Write ``SYNTHETIC.json`` with the checksum of every file directly in ``folder``."""
    path = folder / SIDECAR
    content = {**content, "sha256": checksums(folder)}
    write_text(path, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return path


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file directly in ``folder`` except the sidecar and ``study.yaml``, whose settings may change."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name not in {SIDECAR, STUDY_FILE})
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def check_generated(folder: Path) -> None:
    """Verify a study that says it was generated; any other is left alone.

    Raises
    ------
    SyntheticAsUserData
        See :func:`verify`.
    """
    settings = folder / STUDY_FILE
    if settings.is_file() and MADE_BY in settings.read_text(encoding="utf-8", errors="replace"):
        verify(folder)


def verify(folder: Path) -> dict[str, Any]:
    """Check that a synthetic study is exactly what its sidecar describes.

    Parameters
    ----------
    folder : path
        Folder of a study whose ``study.yaml`` says ``synthetic: true``.

    Returns
    -------
    dict
        The sidecar: generator, seed, world, assumptions, truth.

    Raises
    ------
    SyntheticAsUserData
        If the sidecar is missing or unreadable, or a file it lists is missing or was changed.
    """
    path = folder / SIDECAR
    fix = "make the study again with continuum.synthetic.make_study, or set synthetic: false for your own data"
    if not path.is_file():
        raise SyntheticAsUserData("the sidecar of this synthetic study is missing", file=path.name, fix=fix)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        expected: dict[str, str] = content["sha256"]
    except (ValueError, KeyError, TypeError):
        raise SyntheticAsUserData("the sidecar cannot be read", file=path.name, fix=fix) from None
    found = checksums(folder)
    changed = sorted(name for name, digest in expected.items() if found.get(name) != digest)
    if changed:
        state = ", ".join(f"{name} ({'changed' if name in found else 'missing'})" for name in changed)
        raise SyntheticAsUserData(f"synthetic files differ from their sidecar: {state}", file=path.name, fix=fix)
    return content
