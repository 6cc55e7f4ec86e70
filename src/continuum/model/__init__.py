"""The continuum model: what may be ordered, how exposures relate to outcomes, how people move, what would change it.

Names are imported when they are first used, so that importing one method does not load the others. A module never has
the name of a function, because the module would take its place.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Ledger": "ledger",
    "Pathways": "pathways",
    "response_mechanism": "gate",
    "bradley_terry": "asserted",
    "break_even": "break_even_sets",
    "correspondence_order": "correspondence",
    "design_analysis": "operating",
    "latent_trait": "latent",
    "life_course": "life",
    "mention_pairs": "pairs",
    "mokken": "scaling",
    "select_continuous": "selection",
    "specification_curve": "multiverse",
    "select_ordinal": "selection",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
