"""Margins are met exactly, whatever the structure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuum.synthetic import worlds
from continuum.synthetic.margins import hand_out, joint_counts, largest_remainder, latent_normal, one_factor


@given(st.lists(st.floats(0, 100), min_size=1, max_size=9).filter(lambda s: sum(s) > 1e-3), st.integers(0, 5000))
def test_largest_remainder_hands_out_everything_and_stays_within_one_of_the_quota(shares, total):
    counts = largest_remainder(shares, total)
    quota = np.array(shares) / np.sum(shares) * total
    assert counts.sum() == total
    assert (np.abs(counts - quota) < 1 + 1e-6).all()


def test_largest_remainder_matches_a_hand_count():
    # 10 seats, shares .46 .34 .20: quotas 4.6 3.4 2.0, the spare seat goes to the largest remainder.
    assert largest_remainder([0.46, 0.34, 0.20], 10).tolist() == [5, 3, 2]


def test_largest_remainder_refuses_negative_shares():
    with pytest.raises(ValueError, match="negative"):
        largest_remainder([0.5, -0.1], 10)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_hand_out_gives_exact_counts_in_rank_order(seed, counts):
    latent = np.random.default_rng(seed).normal(size=sum(counts))
    given_out = hand_out(latent, counts)
    assert np.bincount(given_out, minlength=len(counts)).tolist() == counts
    assert (np.diff(given_out[np.argsort(latent)]) >= 0).all()


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=5), st.lists(st.floats(0.1, 1), min_size=2, max_size=4))
def test_joint_counts_meet_both_margins(rows, shares):
    columns = largest_remainder(shares, sum(rows))
    if sum(rows) == 0 or 0 in rows or 0 in columns:
        return
    table = joint_counts(rows, columns)
    assert table.sum(axis=1).tolist() == rows
    assert table.sum(axis=0).tolist() == columns.tolist()
    assert (np.abs(table - np.outer(rows, columns) / sum(rows)) < 1).all()


def test_joint_counts_keep_the_association_of_the_seed():
    table = joint_counts([50, 50], [50, 50], np.array([[4.0, 1.0], [1.0, 4.0]]))
    assert table.tolist() == [[40, 10], [10, 40]]


def test_latent_normal_has_the_correlation_it_was_asked_for():
    draws = latent_normal(np.random.default_rng(1), 40_000, one_factor([0.8, 0.6, 0.5]))
    assert np.corrcoef(draws.T)[0, 1:] == pytest.approx([0.48, 0.40], abs=0.02)


@pytest.mark.parametrize("world", worlds.WORLDS)
def test_every_world_has_the_same_margins(world):
    rng = np.random.default_rng(3)
    exposed = worlds.exposures(world, 667, rng)
    levels = worlds.outcomes(world, exposed, rng)
    assert exposed.sum(axis=0).tolist() == [300, 267, 233, 200, 167]
    assert np.bincount(levels).tolist() == largest_remainder(worlds.OUTCOME_SHARES, 667).tolist()


@pytest.mark.parametrize("mechanism", worlds.MECHANISMS)
def test_every_mechanism_has_the_same_code_counts(mechanism):
    totals = np.arange(5, 29)
    assert worlds.mentions(mechanism, totals, 42, np.random.default_rng(0)).sum(axis=0).tolist() == totals.tolist()


def test_the_chain_is_markov_and_the_common_cause_is_not():
    def partial(world: str) -> float:
        """Log odds ratio of exposures 1 and 3 given exposure 2."""
        x = worlds.exposures(world, 60_000, np.random.default_rng(8))
        at = x[x[:, 1] == 1]
        table = np.array([[np.sum((at[:, 0] == a) & (at[:, 2] == b)) for b in (0, 1)] for a in (0, 1)]) + 0.5
        return float(np.log(table[0, 0] * table[1, 1] / table[0, 1] / table[1, 0]))

    assert abs(partial("chain_additive")) < 0.1
    assert partial("common_cause") > 0.5


def test_the_trigger_outcome_depends_on_the_last_link_only():
    x = worlds.exposures("chain_trigger", 60_000, np.random.default_rng(8))
    y = worlds.outcomes("chain_trigger", x, np.random.default_rng(9))
    means = [[y[(x[:, 4] == last) & (x[:, 0] == first)].mean() for first in (0, 1)] for last in (0, 1)]
    assert means[0][1] == pytest.approx(means[0][0], abs=0.03)
    assert means[1][0] - means[0][0] > 0.3
