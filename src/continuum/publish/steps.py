"""The four steps of the public-health approach on one page: what the analysis of pathways found for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .stage import Stage

NOTEBOOK = "40-pathways"
#: Figures and tables of the notebook that a step shows, in order.
STEPS = {
    "surveillance": ("fig-report-control", "tbl-list-overlap"),
    "factors": ("fig-published-effects", "tbl-pooled-effects", "tbl-case-effects"),
    "self-assessment": ("fig-self-assessment-profiles", "tbl-self-assessment-coalition", "fig-need-gaps"),
    "strategies": ("fig-pathway-flows", "tbl-pathway-slopes", "fig-break-even", "tbl-scenario-conclusion"),
}


def _step(labels: Sequence[str]) -> Callable[[Stage, str], str]:
    def content(staged: Stage, prefix: str) -> str:
        notebook = staged.notebooks.get(NOTEBOOK)
        found = [label for label in labels if notebook is not None and label in notebook.labels]
        if not found:
            return "This study has no such analysis."
        return "\n\n".join(f"{{{{< embed {prefix}notebooks/{NOTEBOOK}.ipynb#{label} >}}}}" for label in found)

    return content


CONTENTS = {f"step-{name}": _step(labels) for name, labels in STEPS.items()}
