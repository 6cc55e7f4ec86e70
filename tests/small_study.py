"""A small invented study with everything a REFI-QDA project can hold, for tests of reading and writing."""

from __future__ import annotations

import datetime as dt
from typing import Any

STUDY: dict[str, Any] = {
    "project": "SYN demo",
    "users": ["coder-1", "coder-2"],
    "codes": [
        {"code_id": "housing", "name": "Housing <b>&", "definition": "Where people stay", "color": "#336699"},
        {"code_id": "evicted", "name": "Evicted, again", "parent_id": "housing"},
        {"code_id": "folder", "name": "Macro", "is_codable": False},
        {"code_id": "evicted2", "name": "Evicted, again", "parent_id": "housing"},
    ],
    "sources": {"SYN-01": "Line 1\r\nafraid 👍 José.", "SYN-02": "Nothing here."},
    "codings": [
        {"source": "SYN-01", "start": 7, "end": 13, "code_id": "evicted", "coder": "coder-1", "memo": "check"},
        {"source": "SYN-01", "start": 7, "end": 13, "code_id": "evicted", "coder": "coder-2"},
        {"source": "SYN-01", "start": 14, "end": 15, "code_id": "evicted2", "coder": ""},
    ],
    "cases": [
        {
            "name": "SYN-01",
            "sources": ["SYN-01"],
            "variables": {
                "sector": "legal",
                "year": 2014,
                "consent_quote": True,
                "hours": 1.5,
                "day": dt.date(2014, 5, 6),
            },
        },
        {"name": "SYN-02", "sources": ["SYN-02"], "variables": {"sector": None, "year": 2015}},
    ],
    "description": "Synthetic",
}
