"""The notebooks as they are committed: executed for the demo with its defaults, clean of times, hosts and paths."""

from __future__ import annotations

from ..errors import BadInput
from . import outputs, places
from .plan import Plan

#: The study whose results the committed notebooks show.
SHOWN_STUDY = "demo"


def update_notebooks(plan: Plan) -> list[str]:
    """Copy the executed notebooks of a run over the sources they were made from.

    Parameters
    ----------
    plan : Plan
        Of a run of the demo study with default parameters that just succeeded.

    Returns
    -------
    list of str
        Notebooks that changed.

    Raises
    ------
    BadInput
        If the run was of another study or had parameters: readers would take its results for the demo's.
    """
    if plan.name != SHOWN_STUDY or plan.run:
        raise BadInput(
            f"the committed notebooks show the {SHOWN_STUDY} study, not {plan.name}",
            fix=f"run: compendium run {SHOWN_STUDY} --update-notebooks",
        )
    changed_parameters = [step.task for step in plan.notebooks if step.parameters]
    if changed_parameters:
        raise BadInput(
            f"{changed_parameters[0]} ran with other parameters than its defaults", fix="leave out -p and run again"
        )
    changed = []
    for step in plan.notebooks:
        content = outputs.read_notebook(places.executed(plan.study.study, "", step.task))
        source = places.notebook_source(step.task)
        if outputs.read_notebook(source) != content:
            outputs.write_notebook(source, content)
            changed.append(step.task)
            print(f"notebooks/{step.task}.ipynb: updated")
    return changed
