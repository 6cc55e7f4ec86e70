"""Co-occurrence: counts by hand, a test that keeps margins, and no claim from too few interviews or draws."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from interview_data import matrix_of, world
from sklearn.metrics import adjusted_rand_score

from continuum.charts.network import layout
from continuum.charts.network import network as draw_network
from continuum.disclosure import Rule, protect
from continuum.errors import BadInput, NoNetworkSupported
from continuum.interviews import code_matrix, code_summary, cooccurrence, network, operating_characteristics
from continuum.interviews import presentation as show
from continuum.interviews.network import adjusted_rand
from continuum.interviews.testing import benjamini_hochberg, max_t, monte_carlo_error

FOUR = matrix_of(["110", "110", "100", "011"], "abc")


def test_counts_jaccard_phi_and_lift_are_those_counted_by_hand():
    found = cooccurrence(FOUR)
    row = found.pairs.set_index(["code_a", "code_b"]).loc[("a", "b")]
    assert (row["n_a"], row["n_b"], row["both"]) == (3, 3, 2)
    assert row["jaccard"] == pytest.approx(2 / 4)
    assert row["lift"] == pytest.approx(4 * 2 / 9)
    assert row["phi"] == pytest.approx(np.corrcoef(FOUR["a"], FOUR["b"])[0, 1])
    assert found.counts.loc["a", "a"] == 3
    assert found.counts.equals(found.counts.T)


def test_fewer_than_twenty_interviews_are_counted_and_not_tested():
    rng = np.random.default_rng(1)
    nineteen = cooccurrence(pd.DataFrame(rng.integers(0, 2, (19, 4))), draws=100)
    assert nineteen.pairs["p"].isna().all()
    assert nineteen.draws == 0
    assert "fewer than 20 interviews" in nineteen.notes[0]
    twenty = cooccurrence(pd.DataFrame(rng.integers(0, 2, (20, 4))), draws=100)
    assert twenty.pairs["p"].notna().any()


def test_codes_in_all_or_no_interviews_are_listed_and_left_out_of_the_test():
    matrix = code_matrix(world()).assign(always=1, never=0)
    found = cooccurrence(matrix, draws=200)
    assert found.dropped == ["always", "never"]
    constant = found.pairs["code_a"].isin(found.dropped) | found.pairs["code_b"].isin(found.dropped)
    assert found.pairs.loc[constant, "p"].isna().all()
    assert found.pairs.loc[~constant, "p"].notna().all()
    assert "always, never" in show.pair_note(found)


def test_no_false_discovery_rate_with_fewer_draws_than_twice_the_pairs_over_q():
    matrix = code_matrix(world())  # 276 pairs: q = .05 needs more than 11,040 draws
    few = cooccurrence(matrix, draws=11_040)
    assert few.pairs["q"].isna().all()
    assert "fewer draws than 2 x pairs / q" in few.notes[0]
    assert few.pairs["p_max"].notna().all()
    assert cooccurrence(matrix, draws=11_041).pairs["q"].notna().all()


def test_the_smallest_p_is_two_over_draws_plus_one():
    rng = np.random.default_rng(2)
    both = rng.integers(0, 2, 40)
    matrix = pd.DataFrame({"a": both, "b": both, **{k: rng.integers(0, 2, 40) for k in range(5)}})
    found = cooccurrence(matrix, draws=499)
    assert found.pairs["p"].min() == pytest.approx(found.smallest_p) == pytest.approx(2 / 500)


def test_expected_counts_add_up_to_what_the_margins_force():
    # With row sums fixed, the number of pairs in each interview is fixed, and so is their total.
    matrix = code_matrix(world())
    found = cooccurrence(matrix, draws=300)
    assert found.pairs["expected"].sum() == pytest.approx(found.pairs["both"].sum(), abs=1e-6)


def test_the_same_seed_gives_the_same_pairs_and_another_order_of_interviews_the_same_counts():
    matrix = code_matrix(world())
    one, two = cooccurrence(matrix, draws=300, seed=5), cooccurrence(matrix, draws=300, seed=5)
    pd.testing.assert_frame_equal(one.pairs, two.pairs)
    pd.testing.assert_frame_equal(one.counts, cooccurrence(matrix.sample(frac=1, random_state=1), draws=300).counts)


def test_draws_that_do_not_fit_into_memory_are_left_out_with_a_note(monkeypatch):
    monkeypatch.setattr(import_module("continuum.interviews.cooccurrence"), "MAX_COUNTS", 27_600)
    found = cooccurrence(code_matrix(world()), draws=20_000)
    assert found.draws == 100
    assert "only 100 draws" in found.notes[0]


def test_a_matrix_of_counts_is_refused():
    with pytest.raises(BadInput, match="only 0 and 1"):
        cooccurrence(pd.DataFrame({"a": [2, 0], "b": [0, 1]}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mechanism", "n", "related", "found", "other"),
    [
        ("independent", 42, None, 0, 0),
        ("cumulative", 42, None, 0, 0),
        ("cumulative", 200, None, 0, 4),
        ("clustered", 200, lambda a, b: a // 6 == b // 6, 0.5, 12),
        ("chain", 200, lambda a, b: b - a == 1, 0.7, 8),
    ],
)
def test_planted_pairs_are_found_at_the_stated_rate(mechanism, n, related, found, other):
    # Stated: operating_characteristics(); the bounds hold what one sample may differ from the mean of 25.
    study = world(mechanism, n, seed=3)
    matrix = code_matrix(study)
    pairs = cooccurrence(matrix, draws=11_100, seed=3)
    try:
        kept = network(pairs, matrix, replicates=300, seed=3, measures=False).edges
    except NoNetworkSupported:
        kept = pairs.pairs.iloc[:0]
    place = {code: k for k, code in enumerate(matrix.columns)}
    ends = zip(kept["code_a"].map(place), kept["code_b"].map(place), kept["effect"], strict=True)
    right = sum(effect > 0 and related is not None and related(a, b) for a, b, effect in ends)
    planted = sum(related(a, b) for a in range(24) for b in range(a + 1, 24)) if related else 1
    assert right / planted >= found
    assert len(kept) - right <= other


def test_clusters_of_codes_come_back_as_stable_communities():
    study = world("clustered", 600, seed=4)
    matrix = code_matrix(study).iloc[:, :12]
    found = cooccurrence(matrix, draws=2700, seed=4)
    net = network(found, matrix, replicates=60, seed=4)
    planted = np.arange(12) // 6
    assert adjusted_rand(planted, net.nodes["community"]) > 0.8
    assert net.stability > 0.7
    assert net.note == ""
    assert (net.nodes["strength_rank_low"] <= net.nodes["strength_rank_high"]).all()
    summary = protect(code_summary(study), Rule(), **show.SUMMARY_CELLS)
    names = {code: code for code in matrix.columns}
    nodes = show.network_nodes(net, summary, names)
    edges = show.network_edges(net, protect(found.pairs, Rule(), **show.PAIR_CELLS), names)
    spec = draw_network(nodes, edges, size="interviews", group="area", legend="Area").to_dict()
    assert sum(len(rows) for rows in spec["datasets"].values()) == len(edges) + 2 * 12


@pytest.mark.slow
def test_under_independence_the_family_wise_error_is_inside_its_binomial_band():
    rng = np.random.default_rng(7)
    rejected = 0
    for _ in range(120):
        matrix = pd.DataFrame((rng.random((42, 10)) < np.linspace(0.2, 0.8, 10)).astype(int))
        rejected += cooccurrence(matrix, draws=199, seed=rng).pairs["p_max"].min() <= 0.05
    assert rejected <= 11  # 97.5 % point of Binomial(120, .05); measured 8


def test_an_untested_or_empty_network_is_refused_and_never_drawn():
    matrix = code_matrix(world())
    with pytest.raises(NoNetworkSupported, match="fewer draws"):
        network(cooccurrence(matrix, draws=100), matrix)
    small = matrix.iloc[:, :5]
    with pytest.raises(NoNetworkSupported, match="does not mean that codes are unrelated"):
        network(cooccurrence(small, draws=500), small, replicates=100)


def test_tables_for_readers_hide_small_counts_with_everything_computed_from_them():
    found = cooccurrence(code_matrix(world()), draws=200)
    pairs = protect(found.pairs, Rule(), **show.PAIR_CELLS)
    hidden = pairs[pairs["both"] == "[c]"]
    assert len(hidden) > 0
    assert (hidden[["jaccard", "lift", "effect", "p", "p_max"]] == "[c]").all(axis=None)
    names = {code: code for code in found.counts.columns}
    assert len(show.pair_table(pairs, names)) == 10
    cells = show.pair_cells(pairs, names, list(found.counts.columns))
    assert len(cells) == 276
    assert (cells["row"] != cells["column"]).all()


def test_q_values_are_those_of_the_step_up_rule():
    p = np.array([0.01, 0.04, np.nan, 0.03, 0.9])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.04, 0.04 * 4 / 3, np.nan, 0.04 * 4 / 3, 0.9])


def test_family_wise_p_counts_the_draws_whose_largest_statistic_reaches_each():
    np.testing.assert_allclose(max_t([2.0, -3.0, np.nan], [1.0, 2.0, 2.5, 3.5]), [4 / 5, 2 / 5, np.nan])
    assert monte_carlo_error(0.5, 100) == 0.05


@pytest.mark.parametrize("seed", range(5))
def test_adjusted_rand_equals_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    one, two = rng.integers(0, 4, 30), rng.integers(0, 3, 30)
    assert adjusted_rand(one, two) == pytest.approx(adjusted_rand_score(one, two), abs=1e-12)
    assert adjusted_rand(one, one) == 1.0


def test_communities_stand_side_by_side_on_a_circle():
    nodes = pd.DataFrame({"node": list("edcba"), "community": [2, 1, 2, 1, 1]})
    placed = layout(nodes)
    assert list(placed["node"]) == ["a", "b", "d", "c", "e"]
    np.testing.assert_allclose(placed["x"] ** 2 + placed["y"] ** 2, 1, atol=1e-3)
    assert placed["right"].tolist() == [True, True, True, False, False]
    assert len(layout(nodes.iloc[:1])) == 1


def test_the_table_of_power_says_what_an_empty_network_means():
    table = operating_characteristics().set_index(["world", "interviews"])
    assert (table["runs"] >= 25).all()
    assert (table.loc["independent codes", "any"] == 0).all()
    assert table.at[("four clusters of six codes", 42), "found"] < 0.05
    assert table.at[("four clusters of six codes", 200), "found"] > 0.5
    assert table.at[("a chain of codes", 200), "found"] > 0.8
    assert table.at[("one general factor", 200), "kept_column_margins"] > 100
