"""Smart citations: every citation in its sentence, classed by what it says of the cited work, open to correction."""

from __future__ import annotations

from .extract import extract, extract_all

__all__ = ["extract", "extract_all"]
