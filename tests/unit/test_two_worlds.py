"""Two worlds with exactly the same margins and opposite structure get different verdicts: no verdict is in the margins."""

from __future__ import annotations

import numpy as np
import pytest
from life_cases import long_table, people

from continuum.model import life_course, response_mechanism
from continuum.synthetic import worlds


def verdict(world: str, seed: int = 1):
    rng = np.random.default_rng(seed)
    met = worlds.exposures(world, 667, rng)
    level = worlds.outcomes(world, met, rng)
    return met, level, life_course(people(level), long_table(met), replicates=1)


@pytest.mark.parametrize(
    ("world", "structure", "outcome"),
    [
        ("chain_trigger", "chain", "trigger"),
        ("accumulation", "independence", "accumulation"),
        ("common_cause", "common cause", "accumulation"),
        ("independence", "independence", "none"),
    ],
)
def test_each_world_of_667_cases_leads_to_its_own_verdict(world, structure, outcome):
    # A single sample errs in about 4 of 100 cases, two of three in fewer than 1 of 200.
    found = [verdict(world, seed)[2] for seed in (1, 2, 3)]
    assert sum((one.leading_structure, one.leading_outcome) == (structure, outcome) for one in found) >= 2


def test_the_margins_of_all_worlds_are_equal():
    margins = [
        (met.sum(axis=0).tolist(), np.bincount(level).tolist()) for met, level, _ in map(verdict, worlds.WORLDS[:3])
    ]
    assert all(found == margins[0] for found in margins)


def test_forty_two_interviews_with_equal_code_counts_are_never_given_the_opposite_mechanism():
    totals = np.linspace(6, 36, 24).astype(int)
    for seed in range(6):
        found = {}
        for mechanism in ("cumulative", "unfolding", "independent", "clustered"):
            rng = np.random.default_rng(seed)
            matrix = worlds.mentions(mechanism, totals, 42, rng).astype(int)
            assert matrix.sum(axis=0).tolist() == totals.tolist()
            found[mechanism] = response_mechanism(matrix, replicates=300, draws=199, seed=rng).verdict
        assert found["cumulative"] in ("cumulative", "NoOrderSupported")
        assert found["unfolding"] in ("unfolding", "NoOrderSupported")
        assert found["independent"] == found["clustered"] == "NoOrderSupported"
