"""The files of a REFI-QDA project: members of a zip, a folder beside a ``.qde``, or a folder the user names."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import BadInput
from .safe import SafeZip, TextFile, decode, open_zip, read_bytes, shown

PROJECT_FILE = "project.qde"
SOURCES = "sources"


class Package:
    """A project's files; use it in a ``with`` block.

    Parameters
    ----------
    path : path
        A ``.qdpx``, or a ``.qde`` with ``sources/`` beside it.
    folder : path, optional
        The only place outside of the project from which sources are read.

    Raises
    ------
    BadInput, ManyProblems
        If the zip is damaged or hostile, or holds no project.
    """

    def __init__(self, path: Path, folder: Path | None) -> None:
        self.path, self._folder = path, folder
        self.member = ""
        self._archive: SafeZip | None = None
        if path.suffix.lower() != ".qde":
            self._archive = open_zip(path, expected="a REFI-QDA project (.qdpx)")
            self.member = self._archive.find(PROJECT_FILE) or ""
            if not self.member:
                self._archive.close()
                raise BadInput(
                    "this member is missing from the zip", file=shown(path), place=PROJECT_FILE,
                    fix="export the project as REFI-QDA (.qdpx); a renamed program file does not work",
                )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._archive is not None:
            self._archive.close()

    def project(self) -> bytes:
        """The project's XML."""
        return read_bytes(self.path) if self._archive is None else self._archive.read(self.member)

    def text(self, location: str) -> TextFile:
        """The text a source points to.

        Parameters
        ----------
        location : str
            ``internal://NAME``, found without regard to case; or ``relative:///...`` and ``absolute:///...``, which
            are read only from the folder the user named.

        Raises
        ------
        BadInput
            If it is missing, outside, or not text.
        """
        scheme, _, rest = location.partition(":")
        name = rest.lstrip("/")
        if scheme != "internal":
            data = self._outside(scheme, name)
        elif self._archive is None:
            data = _inside(_sources_beside(self.path), name)
        else:
            data = self._archive.read(self._archive.find(f"{SOURCES}/{name}") or f"{SOURCES}/{name}")
        return decode(data, shown(self.path), place=name)

    def _outside(self, scheme: str, name: str) -> bytes:
        if self._folder is None:
            raise BadInput(
                f"it lies outside of the project ({scheme} path)",
                fix="export the project with its sources included, or name their folder: options: {folder: ...}",
            )
        return _inside(self._folder, Path(name).name if scheme == "absolute" else name)


def _sources_beside(path: Path) -> Path:
    """The folder of sources beside a ``.qde``, whatever its case; else the folder the file lies in."""
    folders = (folder for folder in path.parent.iterdir() if folder.is_dir() and folder.name.lower() == SOURCES)
    return next(folders, path.parent)


def _inside(folder: Path, name: str) -> bytes:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise BadInput("its path leaves the folder of sources", fix="copy the source into the folder")
    return read_bytes(target)
