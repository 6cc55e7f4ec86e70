"""Simulated people: the cohort's means without history, both engines alike, and history that shows."""

from __future__ import annotations

import numpy as np
import pytest

from continuum.errors import BadInput
from continuum.model.cohort import run_cohort
from continuum.model.ledger import Ledger, load_ledgers
from continuum.model.microsimulation import occupancy_counts, run_people
from continuum.study import load_study


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return load_ledgers(load_study("demo"))[0]


def test_without_history_the_mean_is_the_cohorts(ledger):
    draws = ledger.central()
    cohort = run_cohort(ledger, draws, months=60)
    runs = [run_people(ledger, draws, months=60, people=4000, seed=seed) for seed in range(12)]
    for attribute in ("effect", "cost"):
        found = np.array([getattr(run, attribute)[:, 0] for run in runs])
        z = (found.mean(axis=0) - getattr(cohort, attribute)[:, 0]) / (found.std(axis=0, ddof=1) / np.sqrt(len(runs)))
        assert np.abs(z).max() < 4


def test_both_engines_give_the_same_bytes(ledger):
    pytest.importorskip("numba")
    draws = ledger.draw(3, 1) | {"reentry": np.array([0.5, 1.0, 2.0])}
    fast, plain = (run_people(ledger, draws, months=24, people=500, engine=engine) for engine in ("numba", "numpy"))
    assert fast.cost.tobytes() == plain.cost.tobytes()
    assert fast.effect.tobytes() == plain.effect.tobytes()


def test_the_number_of_threads_changes_nothing(ledger):
    numba = pytest.importorskip("numba")
    draws = ledger.draw(5, 1)
    before = numba.get_num_threads()
    try:
        runs = []
        for threads in (1, before):
            numba.set_num_threads(threads)
            runs.append(run_people(ledger, draws, months=24, people=300, engine="numba").cost.tobytes())
    finally:
        numba.set_num_threads(before)
    assert runs[0] == runs[1]


def test_people_who_return_sooner_spend_more_time_in_services(ledger):
    low, high = (
        run_people(ledger, ledger.central() | {"reentry": np.array([factor])}, people=4000) for factor in (0.3, 3.0)
    )
    assert high.effect[0, 0] > low.effect[0, 0]  # services shorten violence in this made-up ledger


def test_everyone_is_counted_once_in_every_cycle():
    step = np.full((2, 2, 4, 4), 0.25)
    counts = occupancy_counts(np.full((2, 4), 0.25), step, 30, 1000, 7)
    assert (counts.sum(axis=2) == 1000).all()
    assert counts.mean(axis=(0, 1)) == pytest.approx([250] * 4, rel=0.05)


def test_wrong_sizes_are_refused(ledger):
    with pytest.raises(BadInput, match="1 or more"):
        run_people(ledger, ledger.central(), people=0)
