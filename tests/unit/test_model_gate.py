"""The gate names the mechanism of simulated worlds, never the opposite one, and refuses where there is no order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.errors import BadInput, NoOrderSupported, TooFewCases, TooFewInterviews
from continuum.model import response_mechanism
from continuum.model.correspondence import correspondence_order
from continuum.model.worlds import code_world


def verdicts(world: str, n: int, runs: int) -> list[str]:
    found = []
    for run in range(runs):
        rng = np.random.default_rng([n, run])
        matrix, _ = code_world(world, n, 24, rng)
        found.append(response_mechanism(matrix, replicates=300, draws=199, seed=rng).verdict)
    return found


def test_two_worlds_of_the_same_size_get_opposite_verdicts():
    assert verdicts("cumulative-equal", 42, 8).count("cumulative") >= 6
    assert verdicts("unfolding", 42, 8) == ["unfolding"] * 8


@pytest.mark.parametrize("world", ["independent", "clusters", "groups"])
def test_worlds_without_an_order_are_refused(world):
    assert verdicts(world, 60, 8).count("NoOrderSupported") >= 7


def test_the_older_rule_takes_topics_for_a_continuum_and_this_one_does_not():
    matrix, _ = code_world("groups", 200, 24, np.random.default_rng(5))
    gate = response_mechanism(matrix, replicates=300, draws=199)
    assert gate.strict == "unfolding"
    assert gate.verdict == "NoOrderSupported"
    assert "arch" in gate.refusal.reason


def test_a_refused_order_is_never_returned():
    matrix, _ = code_world("independent", 42, 24, np.random.default_rng(2))
    gate = response_mechanism(matrix, replicates=300, draws=199)
    with pytest.raises(NoOrderSupported, match="Neither a cumulative nor an unfolding"):
        gate.require("cumulative")
    with pytest.raises(NoOrderSupported):
        correspondence_order(matrix, gate=gate)


def test_the_same_seed_gives_the_same_verdict_and_numbers():
    matrix, _ = code_world("cumulative", 42, 24, np.random.default_rng(3))
    assert response_mechanism(matrix, seed=4, draws=199) == response_mechanism(matrix, seed=4, draws=199)


def test_too_few_interviews_or_codes_are_refused():
    matrix, _ = code_world("cumulative", 42, 24, np.random.default_rng(3))
    with pytest.raises(TooFewInterviews, match="at least 20 interviews; there are 15"):
        response_mechanism(matrix[:15])
    with pytest.raises(TooFewInterviews, match="there are 1"):
        response_mechanism(matrix[0])
    with pytest.raises(TooFewCases, match="there are 4"):
        response_mechanism(matrix[:, 10:14])


def test_codes_found_nowhere_or_everywhere_are_set_aside_by_name():
    matrix, _ = code_world("cumulative-equal", 60, 20, np.random.default_rng(6))
    frame = pd.DataFrame(matrix, columns=[f"code {k}" for k in range(20)]).assign(nowhere=0, everywhere=1)
    gate = response_mechanism(frame, replicates=200, draws=199)
    assert gate.dropped == ["nowhere", "everywhere"]
    assert gate.H == response_mechanism(matrix, replicates=200, draws=199).H


def test_gaps_are_an_error_that_names_the_place():
    frame = pd.DataFrame(code_world("cumulative", 30, 8, np.random.default_rng(6))[0]).astype(object)
    frame.iat[4, 2] = None
    with pytest.raises(BadInput, match="row 5, code 2"):
        response_mechanism(frame)
