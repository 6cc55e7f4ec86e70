"""Reading files that may be broken or hostile: bytes, zips, XML, databases, text and CSV, with one clear error each.

Nothing here unpacks to disk, follows a link, resolves an entity, opens a connection or evaluates a cell.
"""

from .archives import MAX_RATIO, RATIO_FLOOR, SafeZip, open_zip, parse_xml
from .databases import Database, whole
from .files import (
    MAX_UNPACKED,
    TextFile,
    clean_name,
    clean_text,
    decode,
    looks_like,
    read_bytes,
    read_bytes_head,
    read_text,
    shown,
)
from .tabular import DELIMITERS, MAX_CELL, TableRows, read_csv_rows, sniff_csv

__all__ = [
    "DELIMITERS",
    "MAX_CELL",
    "MAX_RATIO",
    "MAX_UNPACKED",
    "RATIO_FLOOR",
    "Database",
    "SafeZip",
    "TableRows",
    "TextFile",
    "clean_name",
    "clean_text",
    "decode",
    "looks_like",
    "open_zip",
    "parse_xml",
    "read_bytes",
    "read_bytes_head",
    "read_csv_rows",
    "read_text",
    "shown",
    "sniff_csv",
    "whole",
]
