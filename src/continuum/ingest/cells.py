"""The cells of a survey table before they mean anything: columns of text, a million rows in seconds.

Each column is a pandas Categorical of texts, so everything later works on the few distinct answers instead of cells.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import BadInput
from .large_csv import large_columns
from .safe import MAX_CELL, decode, looks_like, read_bytes, read_csv_rows, shown, sniff_csv

#: Bytes from which on the faster reader of large files pays for itself.
_LARGE = 20 * 1024**2
#: Small enough to stay in the processor's cache: twice as fast as batches of a million cells.
_CELLS_AT_A_TIME = 20_000


@dataclass(frozen=True)
class CellTable:
    """A delimited file, opened: its first records, and its cells on demand.

    Attributes
    ----------
    head : list of list of str
        The first records (at most four), all of them possibly header rows.
    """

    path: Path
    file: str
    data: bytes
    delimiter: str
    encoding: str
    warnings: list[str]
    head: list[list[str]]

    def cells(self, header_rows: int) -> tuple[pd.DataFrame, np.ndarray]:
        """Cells below the header and the row number each record has in a spreadsheet.

        Returns
        -------
        DataFrame
            One Categorical of str per column, named by position; blank cells are missing.
        ndarray of int
            Row numbers; the first row of the file is 1.

        Raises
        ------
        BadInput, ManyProblems
            Rows with too few or too many cells, an unclosed quote, a header row among the data.
        """
        width = len(self.head[0])
        read = None
        if len(self.data) > _LARGE and self.encoding == "utf-8-sig":
            read = _large_cells(self.data, self.delimiter, width, skip=header_rows)
        if read is None:
            read = _regular_cells(_records(self.data, self.encoding, self.delimiter), width, skip=header_rows)
        if read is None:
            return self._irregular(header_rows)
        return self._checked(*read, header_rows)

    def _irregular(self, header_rows: int) -> tuple[pd.DataFrame, np.ndarray]:
        """The slow, careful reader: raises the precise error, or accepts what is only unusual."""
        table = read_csv_rows(self.path, delimiter=self.delimiter, repeated_header=True)
        rows = table.rows[header_rows - 1 :]
        columns = zip(*rows, strict=True) if rows else [()] * len(self.head[0])
        frame = pd.DataFrame({i: as_categorical(column) for i, column in enumerate(columns)})
        return self._checked(frame, np.array(table.numbers[header_rows - 1 :], dtype=int), header_rows)

    def _checked(self, frame: pd.DataFrame, numbers: np.ndarray, header_rows: int) -> tuple[pd.DataFrame, np.ndarray]:
        empty = frame.isna().all(axis=1).to_numpy()
        if empty.any():
            frame, numbers = frame[~empty].reset_index(drop=True), numbers[~empty]
        for row, record in enumerate(self.head[:header_rows]):
            self._no_repeated_header(frame, numbers, record, row)
        return frame, numbers

    def _no_repeated_header(self, frame: pd.DataFrame, numbers: np.ndarray, record: list[str], row: int) -> None:
        named = [i for i, cell in enumerate(record) if cell.strip()][:40]
        same = np.ones(len(frame), dtype=bool)
        for i in named:
            same &= (frame[i] == record[i]).to_numpy() if record[i] in frame[i].cat.categories else False
        if named and same.any():
            raise BadInput(
                f"repeats header row {row + 1}",
                file=self.file,
                place=f"row {numbers[int(np.argmax(same))]}",
                fix="delete this row; if two exports were glued together, list both files in study.yaml",
            )


def open_cells(path: Path, *, delimiter: str | None = None) -> CellTable:
    """Open a delimited text file: encoding and separator found, first records read.

    Raises
    ------
    BadInput
        If it is no text table, mixes encodings, or ends before its header does.
    """
    data = read_bytes(path)
    kind = looks_like(data[:4096])
    if kind != "a text file" and kind != "a JSON file":
        raise BadInput(f"expected a CSV table, but this is {kind}", file=shown(path), fix="export as CSV")
    decoded = decode(data, shown(path))
    if decoded.encoding == "cp1252":
        _one_encoding(data, path)
    delimiter = delimiter or sniff_csv(decoded.text)
    encoding = "utf-8-sig" if decoded.encoding == "utf-8" else decoded.encoding
    head = list(islice(_records(data, encoding, delimiter, strict=False), 4))
    if not head or not any(cell.strip() for cell in head[0]):
        raise BadInput("has no header row", file=shown(path), place="row 1", fix="export it again with column names")
    return CellTable(path, shown(path), data, delimiter, encoding, decoded.warnings, head)


def _one_encoding(data: bytes, path: Path) -> None:
    """Refuse a file some of whose lines are UTF-8 and some are not: either reading would garble the other."""
    utf8: list[int] = []
    other: list[int] = []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.isascii():
            try:
                line.decode("utf-8")
                utf8.append(number)
            except UnicodeDecodeError:
                other.append(number)
    if utf8 and other:
        raise BadInput(
            f"mixes encodings: {len(utf8)} lines are UTF-8 (first: line {utf8[0]}), {len(other)} are not",
            file=shown(path),
            place=f"line {other[0]}",
            fix="export all parts in one encoding (UTF-8) and join them again",
        )


def _records(data: bytes, encoding: str, delimiter: str, *, strict: bool = True) -> Iterator[list[str]]:
    """Records of a delimited file, decoded as they are read: the text as a whole would take four times the memory."""
    csv.field_size_limit(MAX_CELL)
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")
    return csv.reader(stream, delimiter=delimiter, strict=strict)


def _regular_cells(reader: Iterator[list[str]], width: int, *, skip: int) -> tuple[pd.DataFrame, np.ndarray] | None:
    """All cells and row numbers, or None if a record is not exactly ``width`` cells or a quote is not closed.

    Each column keeps one dictionary from text to code, so a million rows cost their distinct answers in memory.
    """
    codebooks: list[defaultdict[str, int]] = [defaultdict(count().__next__) for _ in range(width)]
    codes: list[list[np.ndarray]] = [[np.empty(0, dtype=np.int32)] for _ in range(width)]
    numbers: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
    start, batch = skip + 1, max(1, _CELLS_AT_A_TIME // width)
    try:
        deque(islice(reader, skip), maxlen=0)
        while records := list(islice(reader, batch)):
            kept = np.arange(start, start + len(records))
            start += len(records)
            if not all(records):
                kept = kept[[bool(record) for record in records]]
                records = [record for record in records if record]
            if set(map(len, records)) - {width}:
                return None
            numbers.append(kept)
            for place, column in enumerate(zip(*records, strict=True)):
                look_up = codebooks[place].__getitem__
                codes[place].append(np.fromiter(map(look_up, column), dtype=np.int32, count=len(column)))
    except csv.Error:
        return None
    columns = {i: categorical(np.concatenate(codes[i]), list(codebooks[i])) for i in range(width)}
    return pd.DataFrame(columns), np.concatenate(numbers)


def _large_cells(data: bytes, delimiter: str, width: int, *, skip: int) -> tuple[pd.DataFrame, np.ndarray] | None:
    """As :func:`_regular_cells`, for large files."""
    columns = large_columns(data, delimiter, width, skip=skip)
    if columns is None:
        return None
    frame = pd.DataFrame({i: categorical(codes, texts) for i, (codes, texts) in enumerate(columns)})
    return frame, np.arange(skip + 1, skip + 1 + len(frame))


def categorical(codes: np.ndarray, texts: list[str]) -> pd.Categorical:
    """A Categorical with its texts in alphabetical order, whatever the order of rows; blank ones are missing.

    Parameters
    ----------
    codes : ndarray of int
        Position in ``texts`` of each cell; -1 for a missing one.
    """
    order = sorted(text for text in texts if text.strip())
    position = {text: place for place, text in enumerate(order)}
    lookup = np.array([*(position.get(text, -1) for text in texts), -1], dtype=np.int32)
    return pd.Categorical.from_codes(lookup[codes], categories=pd.Index(order, dtype="str"), validate=False)


def as_categorical(texts: Iterable[str]) -> pd.Categorical:
    """Texts as a Categorical; blank ones are missing."""
    codebook: defaultdict[str, int] = defaultdict(count().__next__)
    codes = np.fromiter((codebook[text] for text in texts), dtype=np.int32)
    return categorical(codes, list(codebook))


def without_blanks(column: pd.Series) -> pd.Series:
    """A Categorical of text in which cells of blanks only are missing."""
    categories = [c for c in column.cat.categories if str(c).strip()]
    if len(categories) == len(column.cat.categories):
        return column
    return column.cat.set_categories(pd.Index(categories, dtype="str"))


def rename_values(column: pd.Series, names: dict[str, str]) -> pd.Series:
    """A Categorical with its distinct texts renamed; several may get one name."""
    old = list(column.cat.categories)
    new = [names.get(value, value) for value in old]
    categories = list(dict.fromkeys(new))
    position = {name: i for i, name in enumerate(categories)}
    lookup = np.array([position[name] for name in new] + [-1])
    codes = lookup[column.cat.codes.to_numpy()]
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(categories, dtype="str")), index=column.index)


def rows_where(mask: np.ndarray, numbers: np.ndarray, limit: int = 3) -> str:
    """``rows 4, 9 and 17 and 3 more`` for an error or a report."""
    rows = [str(n) for n in numbers[np.flatnonzero(mask)[:limit]]]
    more = int(mask.sum()) - len(rows)
    return f"row{'s' if len(rows) > 1 or more else ''} {', '.join(rows)}" + (f" and {more} more" if more else "")
