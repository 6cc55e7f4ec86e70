"""Digests of file contents, remembered by size and time stamp so that a no-op run reads almost nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..atomic import write_text

#: A file changed this recently may change again within the same time stamp, so it is not remembered.
_SETTLED_NS = 2_000_000_000


class Fingerprints:
    """Facts about file contents, kept in one JSON file.

    Parameters
    ----------
    file : path
        Where the facts are kept; a missing or unreadable one is the same as an empty one.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fresh: dict[str, Any] = {}
        self._changed = False
        self._found: dict[str, Any] = {}
        try:
            self._known = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, or of all files of a folder with their names; "missing" if there is none."""
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
            return _hash("\n".join(f"{p.relative_to(path).as_posix()} {self.digest(p)}" for p in inside).encode())
        if not path.exists():
            return "missing"
        return self.fact("sha256", path, _file_digest)

    def fact(self, kind: str, path: Path, find: Callable[[Path], Any]) -> Any:
        """``find(path)``, called again only when the file's size or time stamp changed; must be JSON."""
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        key = f"{kind}: {path}"
        entry = self._fresh.get(key) or self._known.get(key)
        if entry is None or entry[0] != stamp:
            entry = [stamp, find(path)]
            self._changed = True
        if time.time_ns() - stat.st_mtime_ns > _SETTLED_NS:
            self._fresh[key] = entry
        else:
            self._fresh.pop(key, None)
        return entry[1]

    def once(self, name: str, find: Callable[[], Any]) -> Any:
        """``find()``, called once for all questions that are asked here; not kept for the next run."""
        if name not in self._found:
            self._found[name] = find()
        return self._found[name]

    def save(self) -> None:
        """Write what was learned, if anything was."""
        if self._changed:
            self._known.update(self._fresh)
            kept = {key: value for key, value in self._known.items() if Path(key.split(": ", 1)[1]).exists()}
            write_text(self._file, json.dumps(kept))
            self._changed = False


def digest_of(value: Any) -> str:
    """Digest of a JSON value; the order of keys does not matter."""
    return _hash(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode())


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
