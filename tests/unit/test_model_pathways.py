"""Pathways: likelihood against msm and by hand, recovery of known rates, refusals, and words that judge nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathway_cases import TRUE, cav, people
from scipy.linalg import expm

from continuum.errors import BadInput, MonotoneLikelihood, TooFewCases
from continuum.ingest.pathway_tables import load_panel
from continuum.model import markov
from continuum.model.climb import Prior
from continuum.model.pathway_summary import entropy_rate, occupancy, start_shares, stationary, summarize, summary_table
from continuum.model.pathways import Pathways
from continuum.study import load_study
from continuum.synthetic import cases

START = np.array([0.1, 0.0, 0.6, 0.1, 0.1, 0.1, 0.0, 0.0])


MOVES = np.array([[0, 1], [0, 3], [1, 0], [1, 2], [1, 3], [2, 1], [2, 3]])
STARTING = np.log([0.25, 0.25, 0.166, 0.166, 0.166, 0.25, 0.25])


def cav_pairs(table: pd.DataFrame, group: np.ndarray) -> markov.Observed:
    same = (table["PTNUM"].shift(-1) == table["PTNUM"]).to_numpy()
    state = table["state"].to_numpy() - 1
    origin, target = state[:-1][same[:-1]], state[1:][same[:-1]]
    step = np.diff(table["years"].to_numpy())[same[:-1]]
    kind = np.where(target == 3, markov.ENTERED, markov.PANEL)
    return markov.collapse(origin, target, step, kind, group[:-1][same[:-1]])


def test_likelihood_and_estimates_match_msm_1_7_on_cav():
    # R 4.2.2, msm 1.7-1: msm(state ~ years, subject=PTNUM, data=cav, qmatrix=Q, deathexact=4).
    table = cav()
    fit = markov.maximize(
        markov.Model(4, MOVES, np.eye(7)[None]), cav_pairs(table, np.zeros(len(table), dtype=int)), STARTING
    )
    assert -2 * fit.loglik == pytest.approx(3968.7978812, abs=1e-6)
    expected = [-2.05670777, -3.15859592, -1.49120343, -1.07120482, -3.21224298, -2.03543341, -1.18267001]
    assert fit.parameters == pytest.approx(expected, abs=6e-6)
    errors = [0.07055939, 0.11211871, 0.15069461, 0.11554042, 0.64707101, 0.25325051, 0.12853135]
    assert fit.errors == pytest.approx(errors, abs=1e-5)


def test_the_diverging_covariate_of_cav_is_detected_and_a_penalty_helps():
    # msm with sex as covariate runs for minutes and does not converge; one effect has no finite maximum.
    table = cav()
    designs = np.stack([np.hstack([np.eye(7), x * np.eye(7)]) for x in (0, 1)])
    model, data = markov.Model(4, MOVES, designs), cav_pairs(table, table["sex"].to_numpy())
    effects = np.arange(14) >= 7
    with pytest.raises(MonotoneLikelihood, match="without bound"):
        markov.check_effects(
            markov.maximize(model, data, np.r_[STARTING, np.zeros(7)]).parameters, effects, [f"e{k}" for k in range(14)]
        )
    penalized = markov.maximize(model, data, np.r_[STARTING, np.zeros(7)], prior=Prior.on_effects(effects))
    assert np.abs(penalized.parameters[7:]).max() < 3


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_the_gradient_is_exact_for_every_kind_of_observation(seed):
    rng = np.random.default_rng(seed)
    data = markov.collapse(
        np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 3, 3, 2, 2]), rng.uniform(0.2, 3, 6),
        np.array([markov.PANEL, markov.PANEL, markov.ENTERED, markov.ENTERED, markov.EXACT, markov.EXACT]),
        np.array([0, 1, 0, 1, 0, 1]),
    )  # fmt: skip
    designs = np.stack([np.hstack([np.eye(7), x * np.eye(7)[:, :2]]) for x in (0.0, 1.0)])
    model = markov.Model(4, MOVES, designs)
    at = rng.normal(-1, 0.7, 9)
    value, gradient = markov.log_likelihood(model, data, at)
    step = 1e-6
    numeric = [
        (markov.log_likelihood(model, data, at + e)[0] - markov.log_likelihood(model, data, at - e)[0]) / (2 * step)
        for e in np.eye(9) * step
    ]
    assert np.isfinite(value)
    assert gradient == pytest.approx(numeric, rel=1e-5, abs=1e-6)


def test_an_ill_conditioned_generator_takes_the_slow_exact_way():
    # A pure chain with equal rates has one eigenvector for each eigenvalue and cannot be diagonalized.
    model = markov.Model(3, np.array([[0, 1], [1, 2]]), np.eye(2)[None])
    data = markov.collapse(*(np.array(v) for v in ([0, 0], [1, 2], [1.0, 2.0], [0, 0], [0, 0])))
    value, gradient = markov.log_likelihood(model, data, np.log([0.5, 0.5]))
    assert value == pytest.approx(np.log(0.5 * np.exp(-0.5)) + np.log(1 - 2 * np.exp(-1.0)))
    numeric = [
        (markov.log_likelihood(model, data, np.log([0.5, 0.5]) + e)[0]
         - markov.log_likelihood(model, data, np.log([0.5, 0.5]) - e)[0]) / 2e-3
        for e in np.eye(2) * 1e-3
    ]  # fmt: skip
    assert gradient == pytest.approx(numeric, rel=1e-4)


def test_two_states_at_exact_times_have_the_textbook_estimate():
    # Rate = moves over time at risk.
    times = np.array([2.0, 3.0, 1.0, 4.0])
    data = markov.collapse(np.zeros(4, int), np.array([1, 1, 0, 1]), times, np.full(4, markov.EXACT), np.zeros(4, int))
    fit = markov.maximize(markov.Model(2, np.array([[0, 1]]), np.ones((1, 1, 1))), data, np.zeros(1))
    assert np.exp(fit.parameters[0]) == pytest.approx(3 / 10)
    assert fit.errors[0] == pytest.approx(1 / np.sqrt(3), rel=1e-4)


@pytest.mark.slow
def test_intervals_cover_the_truth_at_300_people_and_24_visits():
    truth = {"up 0-1": 0.10, "up 2-3": 0.04, "down 1-0": 0.14, "opt_in 0": 0.05, "opt_in 3": 0.20, "opt_out 0": 0.20,
             "opt_out 3": 0.06, "served.up": np.exp(-0.3), "served.down": np.exp(0.4), "x.up": np.exp(0.3)}  # fmt: skip
    hits, error = [], []
    for seed in range(20):
        table = Pathways.fit(people(300, range(24), seed), covariates={"x": ("up",)}).table().set_index("parameter")
        assert len(table) == 17
        hits += [table.loc[name, "low"] <= value <= table.loc[name, "high"] for name, value in truth.items()]
        error.append([np.log(table.loc[name, "estimate"] / value) for name, value in truth.items()])
    assert 0.90 <= np.mean(hits) <= 0.99  # binomial band of 200 intervals around .95
    assert np.abs(np.mean(error, axis=0)).max() < 0.12


def test_people_opt_in_when_vulnerable_and_opt_out_when_resilient():
    slopes = Pathways.fit(people(300, range(24), 1), covariates={"x": ("up",)}).slopes().set_index("family")
    assert slopes.loc["opt_in", "low"] > 1
    assert slopes.loc["opt_out", "high"] < 1


def test_small_data_are_refused_with_the_reason():
    with pytest.raises(TooFewCases, match="here 42 people have 4"):
        Pathways.fit(people(42, range(0, 24, 6), 1))


def test_a_state_nobody_was_in_has_no_rate():
    rare = Pathways((0.1, 0.0, 0.0), TRUE.down, TRUE.opt_in, TRUE.opt_out)
    panel = rare.simulate(150, range(10), np.random.default_rng(2), start=np.array([0.5, 0.1, 0.4, 0, 0, 0, 0, 0]))
    table = Pathways.fit(panel).table().set_index("parameter")["estimate"]
    assert np.isnan(table["opt_in 3"])
    assert np.isnan(table["up 1-2"])
    assert table["up 0-1"] == pytest.approx(0.1, rel=0.4)


def test_the_synthetic_demo_panel_is_fitted_and_its_rates_lie_near_the_truth():
    table = Pathways.fit(load_panel(load_study("demo"))).table()
    served = [np.exp(cases.SERVED_UP), np.exp(cases.SERVED_DOWN)]
    truth = np.array([*cases.UP, *cases.DOWN, *cases.OPT_IN, *cases.OPT_OUT, *served])
    assert table["low"].le(truth).mul(table["high"].ge(truth)).sum() >= 13  # of 16 intervals at 95 %


def test_simulated_states_follow_the_matrix_exponential():
    table = TRUE.simulate(40_000, [0, 5], np.random.default_rng(3), start=np.eye(8)[2])
    later = table[table["time"] == 5]
    share = np.bincount(2 * later["level"] + later["engaged"], minlength=8) / 40_000
    assert share == pytest.approx(expm(TRUE.generator() * 5)[2], abs=4 * np.sqrt(0.25 / 40_000))


def test_occupancy_sums_to_the_horizon_and_matches_a_sum_of_small_steps():
    spent = occupancy(TRUE.generator(), START, 12.0)
    grid = np.linspace(0, 12, 4801)
    numeric = np.trapezoid(np.stack([START @ expm(TRUE.generator() * t) for t in grid[::20]]), grid[::20], axis=0)
    assert spent.sum() == pytest.approx(12)
    assert spent == pytest.approx(numeric, abs=1e-3)


def test_summaries_of_a_process_without_services_are_zero():
    closed = Pathways(TRUE.up, TRUE.down, (0,) * 4, TRUE.opt_out)
    found = summarize(closed, 12.0)
    assert found["service entries"] == 0
    assert found["time in services"] == 0
    assert np.isnan(found["return to services"])


def test_entries_match_simulated_entries():
    # Expected number of opt-ins against counts on a fine grid of visits.
    times = np.arange(0, 12.05, 0.1)
    panel = TRUE.simulate(3000, times, np.random.default_rng(5), start=START)
    entered = (panel.groupby("person_id")["engaged"].diff() == 1).sum() / 3000
    assert summarize(TRUE, 12.0, START)["service entries"] == pytest.approx(entered, rel=0.05)


def test_the_entropy_rate_of_a_two_state_process_by_hand():
    generator = np.array([[-2.0, 2.0], [1.0, -1.0]])
    assert stationary(generator) == pytest.approx([1 / 3, 2 / 3])
    assert entropy_rate(generator) == pytest.approx((2 * (1 - np.log(2)) + 2 * 1) / 3)


def test_summaries_have_intervals_that_hold_them():
    panel = people(200, range(10), 4)
    table = summary_table(Pathways.fit(panel), np.random.default_rng(0), draws=60, start=start_shares(panel))
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()
    assert not table["summary"].str.contains("fail|drop|lost").any()


@given(st.floats(0.1, 3))
def test_a_lever_multiplies_its_own_family_only(multiplier):
    changed = TRUE.scaled(opt_in=multiplier)
    assert changed.opt_in == pytest.approx([multiplier * a for a in TRUE.opt_in])
    assert (changed.up, changed.down, changed.opt_out) == (TRUE.up, TRUE.down, TRUE.opt_out)
    assert changed.generator().sum(axis=1) == pytest.approx(np.zeros(8), abs=1e-12)


def test_wrong_inputs_are_one_clear_error():
    with pytest.raises(BadInput, match="negative"):
        Pathways((-0.1,), (0.1,), (0.1, 0.1), (0.1, 0.1))
    with pytest.raises(BadInput, match="no such lever"):
        TRUE.scaled(prosecution=2.0)
    with pytest.raises(BadInput, match="no covariate 'age'"):
        Pathways.fit(people(120, range(10), 1), covariates={"age": ("up",)})
    exact = people(120, range(10), 1)
    exact.loc[exact.index[1], ["level", "obs_type"]] = [3, "exact"]
    exact.loc[exact.index[0], "level"] = 0
    with pytest.raises(BadInput, match="not possible in this model"):
        Pathways.fit(exact)
