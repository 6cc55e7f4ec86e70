"""Reading files that may be broken or hostile: bytes, zips, XML, text and CSV, with one clear error each.

Nothing here unpacks to disk, follows a link, resolves an entity, opens a connection or evaluates a cell.
"""

from __future__ import annotations

import csv
import io
import re
import stat
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import NamedTuple, Self

from lxml import etree

from .. import paths
from ..errors import BadInput, ManyProblems

#: A project larger than this when unpacked is refused.
MAX_UNPACKED = 2 * 1024**3
#: Unpacked size divided by packed size above which a zip is called a bomb ...
MAX_RATIO = 200
#: ... unless it unpacks to less than this, where repetition is harmless.
RATIO_FLOOR = 1024**2

#: Longest single CSV cell: an interview of a million characters fits, a swallowed file does not.
MAX_CELL = 32 * 1024**2
DELIMITERS = (",", ";", "\t", "|")

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
_PROLOG_DTD = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.S | re.I)


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


def read_bytes_head(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a file; an empty or missing file is an error as in :func:`read_bytes`."""
    try:
        with path.open("rb") as stream:
            head = stream.read(size)
    except OSError:
        return read_bytes(path)[:size]
    return head or read_bytes(path)


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


@dataclass(frozen=True)
class TableRows:
    """Cells of a table as text, with the row number each record has in a spreadsheet (header = row 1)."""

    file: str
    header: list[str]
    rows: list[list[str]]
    numbers: list[int]
    delimiter: str
    encoding: str
    warnings: list[str] = field(default_factory=list)

    def place(self, row: int, column: str | None = None) -> str:
        """``row 14, column Q3`` for record ``row`` (counted from 0)."""
        return f"row {self.numbers[row]}" + (f", column {column}" if column else "")


def sniff_csv(text: str) -> str:
    """The delimiter of a CSV text: the one that splits the header into most cells, quotes respected.

    Ties go to the order comma, semicolon, tab, bar.
    """
    counts = {}
    for delimiter in DELIMITERS:
        try:
            first = next(csv.reader(io.StringIO(text[:65536], newline=""), delimiter=delimiter), [])
        except csv.Error:
            first = []
        counts[delimiter] = len(first)
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])


def read_csv_rows(path: Path, *, delimiter: str | None = None, repeated_header: bool = False) -> TableRows:
    """Every cell of a CSV file as text, nothing interpreted.

    Parameters
    ----------
    path : path
    delimiter : str, optional
        Found from the header when not given.
    repeated_header : bool
        Accept a data row equal to the header (exports glued together have one; it is an error otherwise).

    Returns
    -------
    TableRows
        Blank lines are dropped; a header that ends in an empty cell may have rows one cell shorter.

    Raises
    ------
    BadInput, ManyProblems
        For text in an unknown encoding, an unclosed quote (the row where it began), rows with too few or too many
        cells (up to 20 of them), a header row among the data, or no header at all.
    """
    text, encoding, warnings = read_text(path)
    name = shown(path)
    head = text[:4096].encode("utf-8", "replace")
    if (kind := looks_like(head)) in {"a web page", "an XML file"} or kind.startswith("a zip"):
        raise BadInput(f"expected a CSV table, but this is {kind}", file=name, fix="export as CSV")
    delimiter = delimiter or sniff_csv(text)
    records, numbers = _parse(text, delimiter, name)
    if not records:
        raise BadInput("holds no rows", file=name, fix="export it again")
    header = records[0]
    return TableRows(
        name,
        header,
        _rectangular(records[1:], header, numbers[1:], name, repeated_header),
        numbers[1:],
        delimiter,
        encoding,
        warnings,
    )


def _parse(text: str, delimiter: str, name: str) -> tuple[list[list[str]], list[int]]:
    """Records that are not blank, each with its row number."""
    before = csv.field_size_limit(MAX_CELL)
    records: list[list[str]] = []
    numbers: list[int] = []
    row = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    began = 1
    try:
        for record in reader:
            row += 1
            began = reader.line_num + 1
            if any(cell.strip() for cell in record):
                records.append(record)
                numbers.append(row)
    except csv.Error as error:
        raise BadInput(
            f"a quoted cell that begins in this row is not closed properly ({error})",
            file=name,
            place=f"row {row + 1} (line {began})",
            fix='close the quote, or write quotes inside a cell twice ("")',
        ) from None
    finally:
        csv.field_size_limit(before)
    return records, numbers


def _rectangular(
    rows: list[list[str]], header: list[str], numbers: list[int], name: str, repeated_header: bool
) -> list[list[str]]:
    width = len(header)
    problems: list[BadInput] = []
    kept = []
    for number, row in zip(numbers, rows, strict=True):
        if len(row) == width - 1 and not header[-1].strip():
            row = [*row, ""]
        if len(row) != width:
            problems.append(
                BadInput(
                    f"has {len(row)} cells, the header has {width}",
                    file=name,
                    place=f"row {number}",
                    fix="check quotes and separators in this row",
                )
            )
        elif row == header and not repeated_header:
            problems.append(BadInput("repeats the header", file=name, place=f"row {number}", fix="delete this row"))
        kept.append(row)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return kept
