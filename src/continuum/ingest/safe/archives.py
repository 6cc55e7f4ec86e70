"""Zips and XML that cannot harm: members are checked before they are read, entities are never expanded."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from lxml import etree

from ...errors import BadInput, ManyProblems
from .files import MAX_UNPACKED, looks_like, read_bytes_head, shown

#: Unpacked size divided by packed size above which a zip is called a bomb ...
MAX_RATIO = 200
#: ... unless it unpacks to less than this, where repetition is harmless.
RATIO_FLOOR = 1024**2


_PROLOG_DTD = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.S | re.I)


class SafeZip:
    """A zip whose members were checked before any of them is read; use :func:`open_zip`."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self.names = [info.filename for info in archive.infolist() if not info.is_dir()]
        self._archive = archive

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def find(self, name: str) -> str | None:
        """The member called ``name`` without regard to the case of its path, or None."""
        wanted = name.casefold()
        return next((member for member in self.names if member.casefold() == wanted), None)

    def read(self, name: str) -> bytes:
        """Bytes of one member.

        Raises
        ------
        BadInput
            If it is missing, damaged, or holds more than its declared size.
        """
        try:
            return self._archive.read(name)
        except KeyError:
            raise BadInput(
                "this member is missing from the zip", file=shown(self.path), place=name, fix="export the project again"
            ) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise BadInput(
                f"this member is damaged ({error})", file=shown(self.path), place=name, fix="export the project again"
            ) from None


def open_zip(path: Path, *, expected: str = "a zip file") -> SafeZip:
    """Open a zip for reading in memory, after checking every member.

    Parameters
    ----------
    path : path
    expected : str
        What the file should be, for the message when it is something else.

    Raises
    ------
    BadInput, ManyProblems
        If it is no zip or cut short; if a member's path leaves the zip, is a link, is encrypted or stands twice;
        if the members declare more than 2 GiB, unpack to more than 200 times their size, or overlap.
    """
    content_start = read_bytes_head(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        what = (
            "the zip is cut short or damaged"
            if content_start.startswith(b"PK\x03\x04")
            else f"expected {expected}, but this is {looks_like(content_start)}"
        )
        raise BadInput(what, file=shown(path), fix="export it again and copy the whole file") from None
    try:
        _check_members(path, archive)
    except BaseException:
        archive.close()
        raise
    return SafeZip(path, archive)


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    problems = [
        BadInput(what, file=shown(path), place=info.filename[:120], fix="do not open this file; ask who made it")
        for info in infos
        if (what := _member_problem(info))
    ]
    for name, count in Counter(info.filename.casefold() for info in infos).items():
        if count > 1:
            problems.append(
                BadInput(f"stands {count} times in the zip", file=shown(path), place=name, fix="export it again")
            )
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    what = ""
    if unpacked > MAX_UNPACKED:
        what = f"would unpack to {unpacked:,} bytes, more than the 2 GiB allowed"
    elif unpacked > RATIO_FLOOR and unpacked > MAX_RATIO * max(packed, 1):
        what = f"would unpack to {unpacked / max(packed, 1):,.0f} times its size, more than the {MAX_RATIO} allowed"
    elif packed > path.stat().st_size:
        what = "its members overlap, as in a zip bomb"
    if what:
        raise BadInput(what, file=shown(path), fix="leave out media files when exporting, or ask who made it")


def _member_problem(info: zipfile.ZipInfo) -> str | None:
    name = info.orig_filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if "\x00" in name or name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts:
        return "its path leaves the zip"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link"
    return "is encrypted" if info.flag_bits & 0x1 else None


def parse_xml(data: bytes, name: str, *, place: str | None = None) -> etree._Element:
    """The root element of an XML document, without DTD, entities or network.

    Parameters
    ----------
    data : bytes
    name : str
        The file, for messages.
    place : str, optional
        The zip member, for messages.

    Raises
    ------
    BadInput
        If it is not well-formed (with line and column) or declares a document type.
    """
    where = f"{place}, " if place else ""
    if not data.strip():
        raise BadInput("is empty", file=name, place=place, fix="export it again")
    if _PROLOG_DTD.match(data.replace(b"\x00", b"")):
        raise BadInput(
            "holds a document type declaration (DTD), which can expand to gigabytes or read other files",
            file=name,
            place=place,
            fix="remove the <!DOCTYPE ...> if you trust the file",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise BadInput(
            f"is not well-formed XML ({error.msg})",
            file=name,
            place=f"{where}line {line}, column {column}",
            fix=f"export it again (it looks like {looks_like(data[:4096])})",
        ) from None
    if root.getroottree().docinfo.doctype:
        raise BadInput("holds a document type declaration (DTD)", file=name, place=place, fix="remove the declaration")
    return root
