"""Operating characteristics: every truth is found in large samples, and small ones are shown to be too small."""

from __future__ import annotations

import numpy as np
import pytest

from continuum.model import design_analysis
from continuum.model.operating import level_probabilities
from continuum.model.structure import patterns


@pytest.fixture(scope="module")
def rates():
    tables = {n: design_analysis(n, replicates=150, seed=1).table for n in (42, 667, 4000)}
    return {n: table.set_index(["part", "truth"])["found"] for n, table in tables.items()}


def test_every_simple_truth_is_found_with_667_people(rates):
    for truth in ("independence", "chain", "common cause"):
        assert rates[667]["exposures", truth] > 0.97
    for truth in ("none", "accumulation", "critical", "trigger", "threshold"):
        assert rates[667]["outcome", truth] > 0.9


def test_an_additive_chain_is_seldom_found_with_667_people_and_usually_with_4000(rates):
    assert rates[667]["outcome", "additive"] < 0.35
    assert rates[4000]["outcome", "additive"] > 0.9


def test_forty_two_people_cannot_tell_outcome_models_apart(rates):
    assert max(rates[42]["outcome", t] for t in ("accumulation", "critical", "trigger", "additive", "threshold")) < 0.6


def test_without_any_effect_a_verdict_is_wrongly_named_in_fewer_than_one_sample_in_ten():
    table = design_analysis(667, replicates=200, seed=2).table.set_index(["part", "truth"])
    assert table.loc[("outcome", "none"), "misled"] < 0.05
    assert table.loc[("outcome", "none"), "found"] > 0.9


def test_the_levels_shares_are_met_exactly():
    effect = patterns(4).sum(axis=1) * 0.7
    exposed = np.full(16, 1 / 16)
    table = level_probabilities(exposed, effect, np.array([0.4, 0.3, 0.2, 0.1]))
    np.testing.assert_allclose(table.sum(axis=0), [0.4, 0.3, 0.2, 0.1], atol=1e-12)
    np.testing.assert_allclose(table.sum(axis=1), exposed, atol=1e-12)


def test_the_same_seed_gives_the_same_table():
    one, other = (design_analysis(100, replicates=40, seed=3).table for _ in range(2))
    assert one.equals(other)


def test_two_exposures_are_enough():
    assert "threshold" not in set(design_analysis(200, exposures=2, replicates=20).table["truth"])
