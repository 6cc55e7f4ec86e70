"""Importers: one module per format, each returns the same tidy tables or one clear error.

``read_*`` reads an export as it is, ``load_*`` a study's exports in the study's words, ``propose_*`` drafts the section
of ``study.yaml`` for new exports.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .interview_study import load_codebooks, load_interviews, propose_interviews
    from .interviews import read_interviews
    from .survey import read_survey
    from .survey_proposal import propose_survey
    from .survey_study import load_survey

__all__ = [
    "load_codebooks",
    "load_interviews",
    "load_survey",
    "propose_interviews",
    "propose_survey",
    "read_interviews",
    "read_survey",
]

_HOMES = {
    "read_interviews": "interviews",
    "load_codebooks": "interview_study",
    "load_interviews": "interview_study",
    "propose_interviews": "interview_study",
    "read_survey": "survey",
    "load_survey": "survey_study",
    "propose_survey": "survey_proposal",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: reading a survey should not wait for lxml, nor interviews for pyreadstat."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = found
    return found
