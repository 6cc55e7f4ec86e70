"""Smart citations: every citation in its sentence, classed by what it says of the cited work, open to correction."""

from __future__ import annotations

from .classes import classify
from .documents import Extraction, extract, extract_all
from .labels import apply_labels, quality, read_labels, review_sheet
from .tallies import as_service_shape, counted, tally

__all__ = [
    "Extraction",
    "apply_labels",
    "as_service_shape",
    "classify",
    "counted",
    "extract",
    "extract_all",
    "quality",
    "read_labels",
    "review_sheet",
    "tally",
]
