"""Smart citations: every citation in its sentence, classed by what it says of the cited work, open to correction."""

from __future__ import annotations

from .classes import classify
from .documents import Extraction, extract, extract_all, read_document
from .labels import apply_labels, quality, read_labels, review_sheet
from .overview import by_reference, by_section, changed, classified, counts, excerpts, tally_table
from .references import check_references, read_notices
from .studies import check_bibliography, citing, decided
from .tallies import as_service_shape, counted, tally

__all__ = [
    "Extraction",
    "apply_labels",
    "as_service_shape",
    "by_reference",
    "by_section",
    "changed",
    "check_bibliography",
    "check_references",
    "citing",
    "classified",
    "classify",
    "counted",
    "counts",
    "decided",
    "excerpts",
    "extract",
    "extract_all",
    "quality",
    "read_document",
    "read_labels",
    "read_notices",
    "review_sheet",
    "tally",
    "tally_table",
]
