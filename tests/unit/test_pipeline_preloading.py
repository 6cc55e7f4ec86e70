"""What is needed first is loaded first, and nobody waits for what is seldom needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from continuum.pipeline.plan import Plan, make_plan
from continuum.pipeline.preloading import preload, waited_for
from continuum.study import load_study


@pytest.fixture(scope="module")
def plan() -> Plan:
    made = make_plan(load_study("demo"), force=True)
    made.notebooks = [replace(step, record=None) for step in made.notebooks]
    made.ingests = [replace(step, record=None, reasons=["never run"]) for step in made.ingests]
    return made


def test_every_module_is_loaded_once_and_what_others_import_comes_before(plan: Plan):
    order = preload(plan)
    assert len(order) == len(set(order))
    places = [order.index(name) for name in ("altair", "scipy.stats", "continuum.survey", "numba")]
    assert places == sorted(places)


def test_notebooks_wait_for_what_they_import_and_not_for_what_few_use(plan: Plan):
    waited = waited_for(plan)
    assert {step.task for step in plan.stale} <= set(waited)
    for step in plan.stale:
        assert {"pandas", "altair", "continuum.results"} <= set(waited[step.task])
        assert not {"numba", "pandera.pandas"} & set(waited[step.task])
    assert "continuum.survey" in waited["20-survey"]
    assert "continuum.survey" not in waited["40-pathways"]


def test_what_was_loaded_last_time_is_loaded_again(plan: Plan):
    known = [replace(step, record={"imports": ["sqlite3"]}) for step in plan.notebooks]
    plan = replace(plan, notebooks=known, ingests=[])
    assert [name for name in preload(plan) if not name.startswith("continuum")] == ["sqlite3"]


def test_what_checks_raw_files_is_loaded_once_for_all_that_read_some_and_only_then(plan: Plan):
    waited = waited_for(plan)
    assert [preload(plan)[0]] == waited["ingest-survey"] == waited["ingest-interviews"]
    known = replace(plan, ingests=[replace(step, reasons=[]) for step in plan.ingests])
    assert not set(waited["ingest-survey"]) & set(preload(known))
    assert "ingest-survey" not in waited_for(known)
