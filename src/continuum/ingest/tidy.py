"""Tidy tables kept between notebooks: made once from the raw files, read again while nothing they depend on changed.

They lie under ``results/<study>/tidy/`` and can be deleted at any time. Each file carries the key of what it was made
from and is written in one step, so a reader never mixes tables of two states, whoever else is writing.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from .. import paths
from ..atomic import write_bytes, write_text
from ..errors import AnalysisFailed
from ..study import Section, Study
from .safe import read_bytes
from .tables import ImportReport

Frames = dict[str, pd.DataFrame]
_KEY = b"continuum.key"


def cached(
    study: Study,
    name: str,
    *,
    inputs: Sequence[Path],
    section: Section,
    build: Callable[[], tuple[Frames, ImportReport]],
) -> tuple[Frames, ImportReport]:
    """Tables of a study, from ``results/<study>/tidy/`` if they are up to date, else built and kept there.

    Parameters
    ----------
    study : Study
    name : str
        ``interviews`` or ``survey``; the prefix of the files.
    inputs : sequence of path
        Raw files, or folders of them, whose content decides.
    section : Section
        The part of ``study.yaml`` whose values decide.
    build : callable
        Makes the tables and the report; what it raises passes through and nothing is written.

    Raises
    ------
    AnalysisFailed
        If the tables cannot be written.
    """
    key = _key(study, inputs, section)
    folder = paths.results(study.study) / "tidy"
    known = _load(folder, name, key)
    if known is not None:
        return known
    frames, report = build()
    content = {"key": key, "tables": list(frames), "report": asdict(report)}
    try:
        for table, frame in frames.items():
            write_bytes(folder / f"{name}.{table}.parquet", _to_parquet(frame, key))
        write_text(folder / f"{name}-report.txt", "\n".join(report.lines()) + "\n")
        write_text(folder / f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1))
    except OSError as error:
        raise AnalysisFailed(
            f"the tidy tables cannot be written ({error.strerror})", file=paths.relative(folder),
            fix="free some space or check permissions; nothing else has changed",
        ) from None  # fmt: skip
    return frames, report


def _key(study: Study, inputs: Sequence[Path], section: Section) -> str:
    """Hash of everything the tables depend on: raw bytes, settings, this package's importers, pandas."""
    digest = hashlib.sha256()

    def add(label: str, content: bytes) -> None:
        digest.update(f"{label}\x1f{len(content)}\x1f".encode() + content)

    for path in inputs:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            add(file.relative_to(path.parent).as_posix(), read_bytes(file))
    add("section", section.model_dump_json().encode())
    add("study", json.dumps([study.study, study.synthetic]).encode())
    add("code", _code_digest())
    return digest.hexdigest()


@functools.cache
def _code_digest() -> bytes:
    """Hash of the importers this process runs, and of pandas."""
    digest = hashlib.sha256(pd.__version__.encode())
    for module in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(module.name.encode() + module.read_bytes())
    return digest.digest()


def _load(folder: Path, name: str, key: str) -> tuple[Frames, ImportReport] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if content["key"] != key:
            return None
        frames: Frames = {}
        for table in content["tables"]:
            stored = pq.read_table(folder / f"{name}.{table}.parquet")
            if (stored.schema.metadata or {}).get(_KEY) != key.encode():
                return None
            frames[table] = _lists(stored.to_pandas())
        return frames, ImportReport(**content["report"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None  # absent, half of another state, or made by an older version: built again


def _to_parquet(frame: pd.DataFrame, key: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: key.encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _lists(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells that hold several values as lists, as they were before they were stored."""
    for column in [name for name in frame if pd.api.types.is_object_dtype(frame[name].dtype)]:
        frame[column] = pd.Series([_list(value) for value in frame[column]], index=frame.index, dtype="object")
    return frame


def _list(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
