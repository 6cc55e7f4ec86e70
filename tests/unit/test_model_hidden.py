"""Levels that are misread and histories that are not written down: against msm, by hand, and on known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathway_cases import TRUTH, cav, people

from continuum.errors import BadInput, TooFewCases
from continuum.ingest.pathway_tables import load_panel
from continuum.model import hidden, markov
from continuum.model.pathway_hidden import RETURN, misread_levels, with_history
from continuum.model.pathway_layout import Layout
from continuum.model.pathway_pipeline import pipeline_test, service_ideas
from continuum.model.pathways import Pathways
from continuum.study import load_study

MISREAD = np.array([[0.94, 0.06, 0, 0], [0.05, 0.89, 0.06, 0], [0, 0.05, 0.88, 0.07], [0, 0, 0.08, 0.92]])
SHARES = [0.06, 0.05, 0.06, 0.05, 0.07, 0.08]


def misread(panel: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The panel as somebody would write it down who takes levels for their neighbors."""
    draws = np.random.default_rng(seed).random((len(panel), 1))
    seen = (MISREAD[panel["level"].to_numpy()].cumsum(axis=1) < draws).sum(axis=1)
    return panel.assign(level=np.minimum(seen, 3))


def cav_misclassified(first_visit_true: bool) -> tuple[hidden.HiddenModel, hidden.Visits]:
    """The misclassification model of msm's manual: progressive disease, neighbors confused, death seen exactly."""
    table = cav()
    state = table["state"].to_numpy() - 1
    kind = np.where(state == 3, markov.ENTERED, markov.PANEL)
    data = hidden.Visits.of(
        table["PTNUM"].to_numpy(), table["years"].to_numpy(), state, kind, np.zeros(len(table), dtype=int)
    )
    known, index = np.full((4, 4), -np.inf), np.full((4, 4), -1)
    np.fill_diagonal(known, 0.0)
    for k, cell in enumerate([(0, 1), (1, 0), (1, 2), (2, 1)]):
        known[cell], index[cell] = 0.0, 5 + k
    moves = np.array([[0, 1], [0, 3], [1, 2], [1, 3], [2, 3]])
    process = markov.Model(4, moves, np.hstack([np.eye(5), np.zeros((5, 4))])[None])
    healthy = hidden.Emission.fixed(np.array([[1.0, 0, 0, 0]]))
    told = np.eye(4) if first_visit_true else None
    return hidden.HiddenModel(process, hidden.Emission(known, index), healthy, told), data


AT = np.r_[np.log([0.148, 0.0171, 0.202, 0.081, 0.126]), np.log([0.1 / 0.9, 0.1 / 0.8, 0.1 / 0.8, 0.1 / 0.9])]


@pytest.mark.parametrize(("first_visit_true", "minus2"), [(True, 4165.84711809), (False, 4296.91559957)])
def test_the_likelihood_of_misread_states_matches_msm_1_7_on_cav(first_visit_true, minus2):
    # R 4.2.2, msm 1.7: qmatrix and ematrix of the manual with fixedpars=TRUE, deathexact=4; obstrue=firstobs, then none.
    value, _ = hidden.log_likelihood(*cav_misclassified(first_visit_true), AT)
    assert -2 * value == pytest.approx(minus2, abs=1e-6)


def test_estimates_of_misread_states_match_msm_1_7_on_cav():
    # R 4.2.2, msm 1.7: the same, fitted with obstrue=firstobs and reltol=1e-15.
    model, data = cav_misclassified(True)
    fit = hidden.maximize(model, data, AT)
    assert -2 * fit.loglik == pytest.approx(3933.7379014, abs=1e-6)
    expected = [-2.41209557, -3.18544404, -1.35210195, -3.40344839, -1.17886729]
    assert fit.parameters[:5] == pytest.approx(expected, abs=5e-6)
    shares = model.emission.chances(fit.parameters)
    found = [shares[0, 1], shares[1, 0], shares[1, 2], shares[2, 1]]
    assert found == pytest.approx([0.02691, 0.17491, 0.06317, 0.11510], abs=1e-5)
    assert fit.errors[5:] == pytest.approx([0.27633948, 0.26216797, 0.28046395, 0.38809601], abs=2e-6)


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6))
def test_the_gradient_is_exact_for_every_kind_of_visit(seed):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(6), 4)
    time = np.tile(np.arange(4.0), 6) + np.sort(rng.uniform(0, 0.5, (6, 4)), axis=1).ravel()
    symbols = rng.integers(0, 3, 24)
    kind = rng.choice([markov.PANEL, markov.EXACT], 24)
    symbols[3::4], kind[3::4] = 3, markov.ENTERED
    # Exact times need moves that exist: here every state is connected with every other.
    moves = np.array([[a, b] for a in range(4) for b in range(4) if a != b])
    designs = np.stack([np.hstack([np.eye(12), x * np.ones((12, 1)), np.zeros((12, 5))]) for x in (0.0, 1.0)])
    known, index = np.zeros((4, 4)), np.full((4, 4), -1)
    index[0, 1], index[1, 0], index[2, 1], known[3, :3], known[:3, 3] = 13, 14, 15, -np.inf, -np.inf
    start = hidden.Emission(np.array([[0.0, 0.0, 0.0, -np.inf]]), np.array([[-1, 16, 17, -1]]))
    model = hidden.HiddenModel(markov.Model(4, moves, designs), hidden.Emission(known, index), start)
    data = hidden.Visits.of(person, time, symbols, kind, (person % 2).astype(np.int64))
    at = rng.normal(-1, 0.6, 18)
    _, gradient = hidden.log_likelihood(model, data, at)
    numeric = [
        (hidden.log_likelihood(model, data, at + e)[0] - hidden.log_likelihood(model, data, at - e)[0]) / 2e-6
        for e in np.eye(18) * 1e-6
    ]
    assert gradient == pytest.approx(numeric, rel=1e-4, abs=1e-5)


def test_levels_that_are_never_misread_have_the_likelihood_of_a_process_that_is_seen():
    layout = Layout.of(people(120, range(10), 1), 4, {"x": ("up",)}, pipeline=False)
    problem = misread_levels(layout, np.eye(4))
    told = hidden.HiddenModel(problem.model.process, problem.model.emission, problem.model.start, np.eye(8))
    at = np.r_[layout.start() + 0.1, np.zeros(len(problem.start) - len(layout.names))]
    seen = markov.log_likelihood(layout.model(), layout.rows.pairs(), at[: len(layout.names)])[0]
    assert hidden.log_likelihood(told, problem.data, at)[0] == pytest.approx(seen, rel=1e-12)


def test_a_history_without_effect_has_the_likelihood_of_a_process_that_is_seen():
    layout = Layout.of(people(120, range(10), 1), 4, {}, pipeline=False)
    problem = with_history(layout)
    assert problem.names[-1] == RETURN
    seen = markov.log_likelihood(layout.model(), layout.rows.pairs(), layout.start())[0]
    assert hidden.log_likelihood(problem.model, problem.data, problem.start)[0] == pytest.approx(seen, rel=1e-12)


def test_misread_levels_pass_for_moves_unless_the_model_knows_them():
    panel = misread(people(300, range(24), 3), 4)
    naive = Pathways.fit(panel, covariates={"x": ("up",)}).table()["estimate"][:6]
    known = Pathways.fit(panel, covariates={"x": ("up",)}, misread=MISREAD).table()
    assert (naive > 1.3 * np.array(TRUTH[:6])).all()
    assert ((known["low"] <= TRUTH) & (known["high"] >= TRUTH)).sum() >= 15  # of 17 intervals at 95 %


@pytest.mark.slow
def test_estimated_misreading_covers_the_truth_at_300_people_and_24_visits():
    hits = []
    for seed in range(6):
        fit = Pathways.fit(misread(people(300, range(24), seed), seed), covariates={"x": ("up",)}, misread="estimate")
        table, truth = fit.table(), np.array([*TRUTH, *SHARES])
        assert table["parameter"].tolist()[-6:-4] == ["misread 0 as 1", "misread 1 as 0"]
        hits += ((table["low"] <= truth) & (table["high"] >= truth)).tolist()
    assert 0.89 <= np.mean(hits) <= 1.0  # binomial band of 138 intervals around .95


def test_estimating_misreading_from_few_visits_is_refused():
    with pytest.raises(TooFewCases, match=r"Shares of misread levels .* need 200 people with 12 visits"):
        Pathways.fit(people(120, range(10), 1), misread="estimate")


@pytest.mark.parametrize("matrix", [np.eye(3), np.full((4, 4), 0.5), np.eye(4) * 2 - 0.25])
def test_a_matrix_of_misreading_must_be_one(matrix):
    with pytest.raises(BadInput, match="a 4 x 4 matrix of probabilities whose rows sum to one"):
        Pathways.fit(people(120, range(10), 1), misread=matrix)


def test_exact_times_and_misread_levels_exclude_each_other():
    panel = people(120, range(10), 1)
    panel.loc[panel.index[1], "obs_type"] = "exact"
    with pytest.raises(BadInput, match="seen without error"):
        Pathways.fit(panel, misread=MISREAD)


def test_where_there_is_no_finite_maximum_a_weak_prior_steps_in_and_says_so():
    panel = load_panel(load_study("demo"))
    fit = Pathways.fit(panel, misread=0.9 * np.eye(4) + 0.025 * np.ones((4, 4)))
    assert fit.weak_prior
    assert "no finite maximum" in fit.note
    assert np.isfinite(fit.table()[["low", "high"]]).all(axis=None)
    assert Pathways.fit(panel).note == "Maximum likelihood."


def test_the_linear_pipeline_is_rejected_when_people_leave_at_every_level_and_come_back():
    panel = people(300, range(24), 1)
    table = pipeline_test(panel, Pathways.fit(panel)).set_index("restriction")
    assert table["df"].tolist() == [3, 1, 4]
    assert table.loc["leave only when stable", "p"] < 1e-6
    assert table.loc["nobody comes back", "contradicted_by"] > 0
    assert table.loc["linear pipeline", "p"] == 0


def test_a_linear_pipeline_is_kept_when_nobody_leaves_early_or_comes_back():
    # One way through: in at any level, out when stable, and the record ends with leaving.
    linear = Pathways((0.10, 0.07, 0.04), (0.14, 0.09, 0.06), (0.2,) * 4, (0.3, 0.0, 0.0, 0.0))
    panel = linear.simulate(300, range(16), np.random.default_rng(5))
    left = panel.groupby("person_id")["engaged"].diff() == -1
    panel = panel[left.groupby(panel["person_id"]).cumsum() - left == 0]
    table = pipeline_test(panel, Pathways.fit(panel, prior="weak")).set_index("restriction")
    assert table["contradicted_by"].eq(0).all()
    assert (table["p"] > 0.01).all()


def test_the_published_ideas_have_their_signs_and_an_indifferent_return_its_one():
    panel = people(300, range(24), 1)
    table = service_ideas(panel, Pathways.fit(panel)).set_index("family")
    assert table.loc["opt_in", "low"] > 1
    assert table.loc["opt_out", "high"] < 1
    assert table.loc["return", "low"] < 1 < table.loc["return", "high"]
