"""Cohort and uncertainty: closed forms, sampling, and decisions that follow the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import norm

from continuum.errors import BadInput, LedgerIncomplete, NotCollected
from continuum.model import Pathways
from continuum.model.cohort import discounted_sum, exponentials, generators, run_cohort, start_shares, strategies, trace
from continuum.model.ledger import Ledger, load_ledgers
from continuum.model.uncertainty import (
    acceptability,
    decisions,
    determined,
    evpi,
    evppi,
    information_value,
    plane,
    sobol,
    tornado,
)
from continuum.study import load_study


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return load_ledgers(load_study("demo"))[0]


def test_matrix_exponentials_match_scipy_1_16(ledger):
    matrices = generators(ledger.draw(20, 1), {})
    assert exponentials(matrices) == pytest.approx(np.stack([expm(m) for m in matrices]), abs=1e-14)
    assert exponentials(30 * matrices)[0] == pytest.approx(expm(30 * matrices[0]), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 70), st.integers(0, 10**6))
def test_the_discounted_sum_equals_the_loop(cycles, seed):
    step = np.random.default_rng(seed).random((2, 3, 3)) / 4
    total, power = np.zeros_like(step), np.broadcast_to(np.eye(3), step.shape)
    for _ in range(cycles):
        total, power = total + power, power @ step
    assert discounted_sum(step, cycles) == pytest.approx(total, rel=1e-12, abs=1e-12)


def test_a_long_horizon_reaches_the_fundamental_matrix(ledger):
    # The discounted reward over an endless horizon is start (I - beta P)^-1 c.
    draws = ledger.central() | {"discount": np.array([0.02])}
    step = exponentials(generators(draws, {}))[0] / 1.02
    endless = start_shares(draws)[0] @ np.linalg.inv(np.eye(8) - step)
    outcome = run_cohort(ledger, draws, months=4000)
    assert outcome.effect[0, 0] == pytest.approx(endless[:4].sum(), abs=1e-10)


def test_the_generator_agrees_with_the_pathway_process(ledger):
    value = ledger.value
    process = Pathways(
        tuple(value(f"up.{k}") for k in range(3)), tuple(value(f"down.{k}") for k in (1, 2, 3)),
        tuple(value(f"opt_in.{k}") for k in range(4)), tuple(value(f"opt_out.{k}") for k in range(4)),
        np.log(value("served.up")), np.log(value("served.down")),
    )  # fmt: skip
    assert generators(ledger.central(), {})[0] == pytest.approx(process.generator(), abs=1e-15)
    lever = {"opt_in": np.array([1.5])}
    assert generators(ledger.central(), lever)[0] == pytest.approx(process.scaled(opt_in=1.5).generator(), abs=1e-15)


def test_costs_are_the_sum_of_the_trace(ledger):
    free = ledger.central() | {"discount": np.array([0.0])}
    shares = trace(ledger, months=24).query("month < 24")
    assert shares.groupby("month")["share"].sum().to_numpy() == pytest.approx(1)
    at = shares.groupby(["level", "engaged"])["share"].sum()
    cost = at.xs(1, level="engaged").sum() * ledger.value("cost.services")
    cost += at[2].sum() * ledger.value("cost.level_2") + at[3].sum() * ledger.value("cost.level_3")
    outcome = run_cohort(ledger, free, months=24)
    assert outcome.cost[0, 0] == pytest.approx(cost)
    assert outcome.effect[0, 0] == pytest.approx(at[[0, 1]].sum())


def test_microsimulated_people_agree_with_the_cohort(ledger):
    draws = ledger.central() | {"discount": np.array([0.0])}
    step = exponentials(generators(draws, {}))[0].cumsum(axis=1)
    rng, n = np.random.default_rng(0), 20_000
    state = rng.choice(8, n, p=start_shares(draws)[0])
    free = np.zeros(n)
    for _ in range(60):
        free += state < 4
        state = np.minimum((step[state] < rng.random((n, 1))).sum(axis=1), 7)
    expected = run_cohort(ledger, draws, months=60).effect[0, 0]
    assert abs(free.mean() - expected) / (free.std() / np.sqrt(n)) < 4


def test_evpi_of_two_normal_strategies_has_its_closed_form():
    mean, sd = 400.0, 1000.0
    draws = np.random.default_rng(1).normal(mean, sd, 1_000_000)
    closed = sd * norm.pdf(mean / sd) - abs(mean) * norm.cdf(-abs(mean) / sd)
    assert evpi(np.vstack([np.zeros_like(draws), draws])) == pytest.approx(closed, rel=0.01)


def test_knowing_the_only_uncertain_line_is_knowing_everything_and_an_idle_line_nothing():
    rng = np.random.default_rng(2)
    line, idle = rng.normal(size=50_000), rng.normal(size=50_000)
    benefit = np.vstack([np.zeros(50_000), 100 * line + 20])
    assert evppi(benefit, line) == pytest.approx(evpi(benefit), rel=1e-6)
    assert evppi(benefit, idle) < 0.02 * evpi(benefit)
    assert evppi(benefit, np.ones(50_000)) == 0


def test_acceptability_sums_to_one_and_decides_only_beyond_doubt(ledger):
    outcome = run_cohort(ledger, ledger.draw(500, 1), months=60)
    curve = acceptability(outcome, [0, 500, 1000])
    assert curve.groupby("willingness")["probability"].sum().to_numpy() == pytest.approx(1)
    assert determined(curve) in {*outcome.strategies, "not determined"}
    assert determined(curve.assign(probability=0.25)) == "not determined"


def test_strategies_without_effect_and_cost_change_nothing(ledger):
    draws = ledger.draw(50, 1)
    draws["strategy.upstream.up"] = np.ones(50)
    draws["strategy.upstream.cost"] = np.zeros(50)
    outcome = run_cohort(ledger, draws)
    assert outcome.cost[1] == pytest.approx(outcome.cost[0])
    assert outcome.effect[1] == pytest.approx(outcome.effect[0])
    assert set(plane(outcome)["strategy"]) == set(outcome.strategies[1:])


def test_one_at_a_time_and_variance_shares_find_the_line_that_matters(ledger):
    assert tornado(ledger, "upstream", willingness=500.0)["line"][0] == "strategy.upstream.up"
    shares = sobol(ledger, "upstream", willingness=500.0, n=64).set_index("line")
    assert shares.index[0] == "strategy.upstream.up"
    assert shares.loc["strategy.downstream.cost", "total"] == pytest.approx(0, abs=1e-9)


def test_unknown_strategies_and_levers_are_refused(ledger):
    with pytest.raises(BadInput, match="no strategy 'prosecution'"):
        tornado(ledger, "prosecution", willingness=1.0)
    lines = dict(ledger.parameters)
    lines["strategy.upstream.arrests"] = lines["strategy.upstream.up"]
    with pytest.raises(LedgerIncomplete, match="pulls 'arrests'"):
        strategies(Ledger("x", lines))
    del lines["strategy.upstream.arrests"], lines["strategy.upstream.cost"]
    with pytest.raises(LedgerIncomplete, match="has no cost"):
        strategies(Ledger("x", lines))


def test_knowing_everything_is_worth_most_and_lines_that_are_not_used_are_not_listed(ledger):
    draws = ledger.draw(800, 1)
    table = information_value(ledger, draws, run_cohort(ledger, draws), 500.0).set_index("line")
    assert table.index[0] == "all lines"
    assert table["share"].max() == 1
    assert table["value"].is_monotonic_decreasing
    assert "prevention.base_rate" not in table.index


def test_a_ledger_decides_for_the_strategy_that_is_best_and_disagreeing_ledgers_for_none(ledger):
    def costing(amount: float) -> Ledger:
        lines = dict(ledger.parameters)
        for name in [name for name in lines if name.startswith("strategy.") and name.endswith(".cost")]:
            other = 1e6 if "downstream" not in name else amount
            lines[name] = replace(lines[name], value=other, family="fixed", spread=())
        return replace(ledger, parameters=lines)

    table = decisions([costing(0.0), costing(1e6)], willingness=500.0, draws=200)
    assert table["conclusion"].tolist() == ["downstream", "as now", "not determined"]


def test_a_ledger_without_strategies_breaks_even_and_compares_nothing(ledger):
    lines = {name: line for name, line in ledger.parameters.items() if not name.startswith("strategy.")}
    with pytest.raises(NotCollected, match="compares no strategies"):
        decisions([replace(ledger, parameters=lines)], willingness=500.0)
