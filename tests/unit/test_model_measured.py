"""The measured rates that stand beside verdicts: enough runs, no opposite verdicts, refusal where it is right."""

from __future__ import annotations

import numpy as np
import pytest

from continuum.model import evidence
from continuum.model.measured import measured, nearest


@pytest.fixture(scope="module")
def verdicts():
    return measured("gate_verdicts").set_index(["world", "n"])


def test_no_world_is_given_the_opposite_mechanism(verdicts):
    for world, opposite in (
        ("cumulative", "unfolding"),
        ("cumulative-equal", "unfolding"),
        ("unfolding", "cumulative"),
    ):
        assert (verdicts.loc[world, opposite] == 0).all()


def test_unrelated_codes_are_refused_in_at_least_95_percent_of_worlds(verdicts):
    assert (verdicts.loc["independent", "refused"] >= 0.95).all()
    assert (verdicts.loc["independent", "refused"] >= verdicts.loc["independent", "strict_right"] - 1e-9).all()


def test_a_true_cumulative_order_is_found_at_least_as_often_as_by_the_older_rule(verdicts):
    for world in ("cumulative", "cumulative-equal"):
        assert (verdicts.loc[world, "right"] >= verdicts.loc[world, "strict_right"]).all()
    assert verdicts.loc[("cumulative", 42), "right"] > 0.8


def test_topics_are_not_taken_for_a_continuum(verdicts):
    for world in ("clusters", "groups"):
        assert (verdicts.loc[world, "refused"] >= 0.99).all()
        assert verdicts.loc[(world, 200), "strict_wrong"] > 0.5


@pytest.mark.parametrize("name", ["gate_verdicts", "gate_orders", "life_rates", "selection_rates"])
def test_rates_rest_on_a_thousand_runs_at_every_size(name):
    table = measured(name)
    assert (table["runs"] == 1000).all()
    expected = {"gate_verdicts": {42, 100, 200, 667}, "gate_orders": {42, 200, 667}}
    assert set(table["n"]) == expected.get(name, {42, 200, 667, 2000})


#: Reference values of the project's methods page: mean rank correlation with the true order, 24 codes.
ORDERS = {
    ("cumulative", 42): {"mention": 0.956, "rasch": 0.955, "two_parameter": 0.948, "two_parameter_prior": 0.961},
    ("cumulative", 200): {"mention": 0.976, "rasch": 0.976, "two_parameter": 0.986, "two_parameter_prior": 0.988},
    ("cumulative", 667): {"mention": 0.976, "rasch": 0.976, "two_parameter": 0.995, "two_parameter_prior": 0.996},
    ("unfolding", 42): {"axis": 0.985}, ("unfolding", 667): {"axis": 1.00},
}  # fmt: skip


@pytest.mark.parametrize("cell", ORDERS, ids=str)
def test_order_recovery_equals_the_reference_within_simulation_error(cell):
    row = measured("gate_orders").set_index(["world", "n"]).loc[cell]
    for method, value in ORDERS[cell].items():
        assert row[method] == pytest.approx(value, abs=0.006)


#: Shares of right verdicts by the older rule, 100 runs each.
STRICT = {
    "cumulative": {42: 0.36, 100: 0.49, 200: 0.69, 667: 0.90}, "cumulative-equal": {42: 0.48, 100: 0.87, 200: 0.97},
    "unfolding": {42: 1.0, 100: 1.0, 200: 1.0}, "independent": {42: 0.96, 100: 0.96, 200: 0.96},
}  # fmt: skip


def test_the_older_rule_is_right_as_often_as_in_the_reference(verdicts):
    for world, rates in STRICT.items():
        for n, rate in rates.items():
            found = verdicts.loc[(world, n), "strict_right"]
            error = np.sqrt(max(rate * (1 - rate), 0.01) * (1 / 100 + 1 / 1000))
            assert abs(found - rate) < 3 * error, (world, n)


def test_each_method_recovers_an_order_only_under_its_own_mechanism():
    table = evidence.order_recovery().set_index(["world", "n"])
    assert (table.loc["cumulative", "mention"] > 0.93).all()
    assert (table.loc["unfolding", "axis"] > 0.97).all()
    assert (table.loc["unfolding", "mention"].abs() < 0.3).all()
    assert (table.loc["unfolding", "two_parameter_prior"].abs() < 0.3).all()


def test_selective_p_values_hold_their_level_and_naive_ones_do_not():
    table = evidence.picking_rates()
    assert (table["low"] <= 0.05).all()  # the band of chance around the nominal level
    assert (table["naive"] > 0.25).all()


def test_rates_of_the_life_course_verdict_are_there_for_four_sizes():
    table = evidence.verdict_rates()
    assert [c for c in table.columns if c.startswith("n = ")] == ["n = 42", "n = 200", "n = 667", "n = 2000"]
    large = table.set_index("truth")["n = 2000"]
    assert large.drop("none").min() > 0.75


def test_the_nearest_size_is_nearest_in_ratio():
    table = measured("gate_verdicts")
    assert set(nearest(table, 60)["n"]) == {42}
    assert set(nearest(table, 70)["n"]) == {100}
    assert set(nearest(table, 5000)["n"]) == {table["n"].max()}
