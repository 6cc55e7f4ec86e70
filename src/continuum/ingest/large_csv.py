"""The cells of a large, regular CSV file, three times as fast as the careful reader and with the same result.

It refuses whatever is not plainly regular, and the careful reader then reads the file or says what is wrong with it.
"""

from __future__ import annotations

import numpy as np

_BLOCK = 16 * 1024**2
_QUOTE = ord('"')


def large_columns(data: bytes, delimiter: str, width: int, *, skip: int) -> list[tuple[np.ndarray, list[str]]] | None:
    """Codes and texts of every column of a UTF-8 file, or None if a record is not exactly ``width`` cells.

    Parameters
    ----------
    data : bytes
        The whole file.
    skip : int
        Header records.

    Returns
    -------
    list of (ndarray of int, list of str), or None
        For each column the position of each cell's text, -1 for an empty cell, and the different texts.
    """
    if not quotes_are_regular(data, delimiter):
        return None
    import pyarrow as pa
    import pyarrow.csv

    names = [str(place) for place in range(width)]
    text = pa.dictionary(pa.int32(), pa.string())
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows_after_names=skip, block_size=_BLOCK),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, text), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = []
    for name in names:
        column = table.column(name).unify_dictionaries().combine_chunks()
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        columns.append((codes, column.dictionary.to_pylist()))
    return columns


def quotes_are_regular(data: bytes, delimiter: str) -> bool:
    """Whether every quoted cell begins at the start of a cell, ends at the end of one, and is closed.

    Going through the file, quotes open and close by turns; an opening one must follow a separator, a line end or (as
    the second of a doubled quote) a quote, a closing one must be followed by one of these.
    """
    allowed = np.zeros(256, dtype=bool)
    allowed[[ord(delimiter), ord("\n"), ord("\r"), _QUOTE]] = True
    text = np.frombuffer(data, dtype=np.uint8)
    first = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    opens = True
    for start in range(first, len(text), _BLOCK):
        quotes = np.flatnonzero(text[start : start + _BLOCK] == _QUOTE) + start
        turns = (np.arange(len(quotes)) % 2 == 0) == opens
        before, after = quotes[turns] - 1, quotes[~turns] + 1
        before, after = before[before >= first], after[after < len(text)]
        if not (allowed[text[before]].all() and allowed[text[after]].all()):
            return False
        opens = opens == (len(quotes) % 2 == 0)
    return opens
