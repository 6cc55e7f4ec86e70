"""Bytes and text of a file, whatever encoding it is in, and names without hidden characters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ... import paths
from ...errors import BadInput

#: A file larger than this, or unpacking to more, is refused.
MAX_UNPACKED = 2 * 1024**3

_SIGNATURES = (
    (b"PK\x03\x04", "a zip file (.qdpx, .xlsx, .docx)"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"$FL2", "an SPSS .sav file"),
    (b"$FL3", "an SPSS .zsav file"),
)
#: Characters that reorder or hide what a person reads; legitimate marks of right-to-left text stay in texts.
_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CONTROLS = "".join(chr(c) for c in [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_HARMFUL = re.compile(f"[{re.escape(_CONTROLS + _OVERRIDES)}]")
_HIDDEN = re.compile("[\u200b\u200e\u200f\u061c\u2060\ufeff]")


def shown(path: Path | str) -> str:
    """How a file is named in messages: from the project root, or its bare name outside of it."""
    return paths.relative(Path(path))


def looks_like(head: bytes) -> str:
    """What the first bytes of a file say it is, in words."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if not start:
        return "an empty file"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start.startswith(b"<"):
        return "an XML file"
    if start.startswith((b"{", b"[")):
        return "a JSON file"
    return "binary data" if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) else "a text file"


def read_bytes(path: Path) -> bytes:
    """A whole file.

    Raises
    ------
    BadInput
        If it is missing, a folder, unreadable, empty or above 2 GiB.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise BadInput("is a folder, not a file", file=shown(path), fix="name a file")
        if size > MAX_UNPACKED:
            raise BadInput(f"is {size:,} bytes, more than the 2 GiB allowed", file=shown(path), fix="split it")
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadInput("there is no such file", file=shown(path), fix="check the name and the folder") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"cannot be read ({reason})", file=shown(path), fix="check permissions") from None
    if not content:
        raise BadInput("the file is empty", file=shown(path), fix="export it again")
    return content


def read_bytes_head(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a file; an empty or missing file is an error as in :func:`read_bytes`."""
    try:
        with path.open("rb") as stream:
            head = stream.read(size)
    except OSError:
        return read_bytes(path)[:size]
    return head or read_bytes(path)


class TextFile(NamedTuple):
    """Decoded text, the encoding it was in, and what was guessed."""

    text: str
    encoding: str
    warnings: list[str]


def decode(data: bytes, name: str, *, place: str | None = None) -> TextFile:
    """Text from bytes: UTF-8 (with or without BOM), UTF-16 by BOM, then cp1252 with a warning; line ends are kept.

    Raises
    ------
    BadInput
        If no encoding fits, or the text holds NUL or U+FFFD (text already lost by an earlier conversion); with line.
    """
    warnings: list[str] = []
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if encoding == "utf-16":
            raise _undecodable(name, place, line, "UTF-16, as its first bytes say") from None
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as second:
            raise _undecodable(name, place, data.count(b"\n", 0, second.start) + 1, "UTF-8 or cp1252") from None
        encoding = "cp1252"
        warnings.append(f"not UTF-8 (first at line {line}): read as cp1252; check accents, or save the file as UTF-8")
    for character, label in (("\x00", "NUL"), ("\ufffd", "U+FFFD (a character lost in an earlier conversion)")):
        if character in text:
            line = text.count("\n", 0, text.index(character)) + 1
            raise BadInput(
                f"the text holds {label}",
                file=name,
                place=f"{place}, line {line}" if place else f"line {line}",
                fix="export it again as UTF-8",
            )
    return TextFile(text, {"utf-8-sig": "utf-8"}.get(encoding, encoding), warnings)


def _undecodable(name: str, place: str | None, line: int, tried: str) -> BadInput:
    at = f"line {line}"
    return BadInput(
        f"is not text in {tried}", file=name, place=f"{place}, {at}" if place else at, fix="save the file as UTF-8"
    )


def read_text(path: Path) -> TextFile:
    """Text of a file; see :func:`decode`."""
    return decode(read_bytes(path), shown(path))


def clean_name(text: str) -> tuple[str, bool]:
    """A name on one line without control, bidirectional and invisible characters, and whether anything was removed.

    Markup stays as it is: a name is text, and pages escape it.
    """
    clean = " ".join(_HIDDEN.sub("", _HARMFUL.sub("", text)).split())
    return clean, bool(_HARMFUL.search(text) or _HIDDEN.search(text))


def clean_text(text: str) -> tuple[str, int]:
    """A text in which control characters and bidirectional overrides became U+FFFD, and how many did.

    The length stays the same, so positions hold; marks that right-to-left scripts need are kept.
    """
    return _HARMFUL.subn("\ufffd", text)
