"""What a run would do: which notebooks there are, what each depends on now, and why it is stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import paths
from ..study import Study
from . import explain, modules, places
from .fingerprints import Fingerprints, digest_of
from .state import (
    LOADERS,
    Notebook,
    State,
    all_notebooks,
    declared_sections,
    ingest_state,
    notebook_state,
    package_folder,
)

#: Expected seconds of an ingest step, and of each code cell of a notebook, that has never run.
UNKNOWN = 10.0
UNKNOWN_CELL = 0.3
#: Stands for the study itself where notebooks are named: ``study.seed`` in a grid.
GENERAL = "study"


@dataclass
class Step:
    """One notebook, or the ingest of one section, as it stands before a run.

    Attributes
    ----------
    task : str
        ``10-interviews`` or ``ingest-survey``.
    state : dict
        What its results depend on now.
    record : dict or None
        What its current results were made from.
    reasons : list of str
        Why it will run; empty if it is up to date.
    needs : list of str
        Ingest steps it has to wait for.
    expected : float
        Seconds it took last time.
    others : frozenset of str
        Other packages' modules that it may import.
    """

    task: str
    state: State
    record: dict[str, Any] | None
    reasons: list[str]
    needs: list[str] = field(default_factory=list)
    expected: float = UNKNOWN
    notebook: Notebook | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    run: str = ""
    seed: int | None = None
    others: frozenset[str] = frozenset()
    at_import: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """How it is named among all steps of all runs."""
        return f"{self.run}/{self.task}" if self.run else self.task

    @property
    def stale(self) -> bool:
        """Whether it has to run."""
        return bool(self.reasons)

    @property
    def outputs(self) -> list[str]:
        """Outputs of its last success."""
        return list((self.record or {}).get("outputs", []))


@dataclass
class Plan:
    """All steps of one run of one study."""

    study: Study
    name: str
    run: str
    notebooks: list[Step]
    ingests: list[Step]

    @property
    def stale(self) -> list[Step]:
        """Notebooks that will run, longest first."""
        return sorted((step for step in self.notebooks if step.stale), key=lambda step: (-step.expected, step.task))


def make_plan(
    study: Study,
    *,
    run: str = "",
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] = (),
    force: bool = False,
    prints: Fingerprints | None = None,
) -> Plan:
    """Compare every notebook's state with the one its results were made from.

    Parameters
    ----------
    study : Study
    run : str
        Name of a parameter run; empty for the study's main results.
    parameters : mapping
        Notebook -> parameter -> checked value.
    only : sequence of str
        Names of the notebooks to consider; all if empty.
    force : bool
        Whether what is up to date runs too.
    """
    remembered = prints or Fingerprints(places.fingerprints())
    name = study.folder.name
    steps = []
    needed: set[str] = set()
    for notebook in all_notebooks():
        if only and notebook.name not in only:
            continue
        chosen = dict((parameters or {}).get(notebook.name, {}))
        state = notebook_state(notebook, study, chosen, remembered)
        step = _step(notebook.name, state, study.study, run, force)
        step.notebook, step.parameters, step.run = notebook, chosen, run
        if step.record is None:  # the longest notebooks go first from the very first run
            step.expected = UNKNOWN_CELL * sum(cell["cell_type"] == "code" for cell in notebook.content["cells"])
        if step.stale:
            reached = modules.reach(notebook.code, remembered, package_folder())
            step.needs, step.others = _ingests(notebook, study, reached), reached.others
            loaded = modules.reach(notebook.code, remembered, package_folder(), at_import=True)
            step.at_import = loaded.others | set(loaded.files)
        needed.update(step.needs)
        steps.append(step)
    ingests = [
        _step(f"ingest-{section}", ingest_state(section, study, remembered), study.study, "", False)
        for section in dict.fromkeys(LOADERS.values())
        if f"ingest-{section}" in needed
    ]
    if prints is None:
        remembered.save()
    return Plan(study, name, run, steps, ingests)


def for_run(plan: Plan, run: str, parameters: Mapping[str, Mapping[str, Any]]) -> Plan:
    """The same notebooks with other parameters, as a named run.

    Parameters
    ----------
    plan : Plan
        Forced, of the study's main results, so that it knows what each notebook needs.
    run : str
    parameters : mapping
        Notebook -> parameter -> checked value; under ``study`` the seed.
    """
    steps = []
    seed = parameters.get(GENERAL, {}).get("seed")
    for step in plan.notebooks:
        chosen = dict(parameters.get(step.task, {}))
        state = {**step.state, "parameters": chosen}
        if seed is not None:
            state["settings"] = {**step.state["settings"], "seed": digest_of(seed)}
        other = _step(step.task, state, plan.study.study, run, False)
        other.notebook, other.parameters, other.run, other.needs = step.notebook, chosen, run, step.needs
        other.expected, other.seed, other.others = step.expected, seed, step.others
        other.at_import = step.at_import
        steps.append(other)
    return Plan(plan.study, plan.name, run, steps, plan.ingests)


def _step(task: str, state: State, study: str, run: str, force: bool) -> Step:
    record = explain.read_record(study, run, task)
    outputs = [paths.results(study, run) / output for output in (record or {}).get("outputs", [])]
    reasons = explain.reasons(record, state, outputs)
    if force and not reasons:
        reasons = ["it is forced to"]
    expected = (record or {}).get("seconds", {}).get("total", UNKNOWN)
    return Step(task, state, record, reasons, expected=float(expected))


def _ingests(notebook: Notebook, study: Study, reached: modules.Reach) -> list[str]:
    """Ingest steps behind a notebook: the sections it loads that the study has."""
    sections = declared_sections(notebook, reached)
    loaded = {section for loader, section in LOADERS.items() if loader in reached.names}
    return [f"ingest-{section}" for section in sections if section in loaded and getattr(study, section) is not None]
