"""What the process of warm kernels imports, in which order, and what of it each notebook waits for.

Importing takes seconds and happens one module after another, so a notebook begins when what it needs is there.
"""

from __future__ import annotations

from .plan import Plan, Step
from .references import scan

#: Packages that notebooks nearly always load when they can reach them, in the order of loading: what most need, ...
_MOST_NEED = ("pandas", "altair", "typst", "PIL", "scipy")
#: ... what few need, ...
_FEW_NEED = ("statsmodels",)
#: ... and what a notebook can reach and yet seldom loads.
_SELDOM = ("numba",)
_IN_ORDER = (*_MOST_NEED, *_FEW_NEED, *_SELDOM)
#: Checks raw files while they are read; each section's are read in a process of its own.
_CHECKER = "pandera.pandas"


def preload(plan: Plan) -> list[str]:
    """Modules to load: what the stale notebooks loaded last time, else what they may load; what is needed first, first.

    Parameters
    ----------
    plan : Plan
    """
    own = {name for step in plan.stale for name in step.state["modules"] if "/" not in name}
    at_once = own & {name for step in plan.stale for name in step.at_import}
    others = sorted(_others(plan), key=_place)
    checker = [_CHECKER] if any(step.stale for step in plan.ingests) and _CHECKER not in others else []
    first = [name for name in others if _top(name) in _MOST_NEED]
    later = [name for name in others if name not in first]
    return [*checker, *first, *sorted(at_once), *later, *sorted(own - at_once)]


def waited_for(plan: Plan) -> dict[str, list[str]]:
    """Task -> those of the modules to load that it will need for sure or nearly so."""
    others = _others(plan)
    notebooks = {
        step.task: sorted(step.at_import | {name for name in others & step.others if _top(name) not in _SELDOM})
        for step in plan.stale
    }
    return notebooks | {step.task: [_CHECKER] for step in plan.ingests if step.stale}


def _others(plan: Plan) -> set[str]:
    """Modules of other packages."""
    return {name for step in plan.stale for name in _others_of(step)}


def _others_of(step: Step) -> set[str]:
    known = (step.record or {}).get("imports")
    if known:
        return set(known)
    found = {name for name in step.others if _top(name) in _IN_ORDER}
    if step.notebook is not None:
        found.update(scan(step.notebook.code).others)  # what its own cells import is needed for sure
    return found


def _place(name: str) -> tuple[int, str]:
    top = _top(name)
    return _IN_ORDER.index(top) if top in _IN_ORDER else len(_IN_ORDER), name


def _top(name: str) -> str:
    return name.split(".")[0]
