"""Smart citations: every citation in its sentence, classed by what it says of the cited work, open to correction."""

from __future__ import annotations

from .classes import classify
from .documents import Extraction, extract, extract_all, read_document
from .labels import apply_labels, read_labels, review_sheet, save_labels, to_review
from .overview import by_reference, by_section, changed, classified, counts, excerpts, tally_table
from .people import agreement, quality
from .references import check_references, read_notices
from .reviewing import Review, review
from .studies import agreed, check_bibliography, citing, decided
from .tallies import as_service_shape, counted, tally

__all__ = [
    "Extraction",
    "Review",
    "agreed",
    "agreement",
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
    "review",
    "review_sheet",
    "save_labels",
    "tally",
    "tally_table",
    "to_review",
]
