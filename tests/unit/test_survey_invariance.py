"""Factors of ordered answers by group: truth recovered, unequal measures found, and groups that cannot be modeled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from survey_cases import scale, survey

from continuum.errors import NonConvergence, NotCollected, TooFewCases
from continuum.survey import factor_loadings, factor_models, invariance_table, reflective_scales
from continuum.survey.ordinal_cfa import fit_factors
from continuum.survey.polychoric import normal_rectangle, polychoric

LOADINGS = np.array([0.8, 0.7, 0.6, 0.5, 0.7])
CUTS = [-1.2, -0.4, 0.4, 1.2]


def tendencies(rng, n, loadings=LOADINGS):
    return rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, len(loadings))) * np.sqrt(1 - loadings**2)


def answers(sizes, change=lambda latent, group: latent, seed=1, loadings=LOADINGS):
    """One scale answered by groups of these sizes; ``change`` makes a group answer differently."""
    rng = np.random.default_rng(seed)
    codes = [np.digitize(change(tendencies(rng, n, loadings), g), CUTS) for g, n in enumerate(sizes)]
    sector = np.repeat([f"group {g}" for g in range(len(sizes))], sizes)
    table = np.vstack(codes)
    items = [scale(f"i{j}", table[:, j], set_id="s", scale_id="s") for j in range(table.shape[1])]
    return survey({"sector": sector}, items)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-0.99, 0.99))
@settings(max_examples=60, deadline=None)
def test_normal_rectangle_equals_scipy_and_is_symmetric(h, k, rho):
    found = float(normal_rectangle(np.array(h), np.array(k), rho))
    wanted = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([h, k])
    assert found == pytest.approx(wanted, abs=1e-7)
    assert found == pytest.approx(float(normal_rectangle(np.array(k), np.array(h), rho)), abs=1e-12)


def test_polychorics_do_not_depend_on_which_end_of_the_scale_comes_first():
    codes = np.digitize(tendencies(np.random.default_rng(2), 400), CUTS)
    forward, backward = polychoric(codes), polychoric(4 - codes)
    assert np.abs(forward.correlation - backward.correlation).max() < 1e-8
    assert forward.thresholds[0] == pytest.approx(-backward.thresholds[0][::-1])


def test_polychorics_recover_the_correlation_that_pearson_understates():
    codes = np.digitize(tendencies(np.random.default_rng(3), 20_000), CUTS)
    codes[::7, 2] = -1
    found = polychoric(codes)
    truth = np.outer(LOADINGS, LOADINGS)[np.tril_indices(5, -1)]
    errors = np.sqrt(np.diag(found.covariance))[-10:]
    assert (np.abs(found.correlation[np.tril_indices(5, -1)] - truth) < 4 * errors).all()
    assert found.n_pairwise < found.n == 20_000


def test_standard_errors_of_polychorics_are_those_of_repeated_samples():
    rng = np.random.default_rng(4)
    runs = [polychoric(np.digitize(tendencies(rng, 300, LOADINGS[:2]), CUTS)) for _ in range(300)]
    spread = np.std([run.correlation[0, 1] for run in runs], ddof=1)
    claimed = np.mean([np.sqrt(run.covariance[-1, -1]) for run in runs])
    assert claimed == pytest.approx(spread, rel=4 / np.sqrt(2 * 300))


def test_the_adjusted_test_rejects_a_true_model_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    p = [fit_factors([polychoric(np.digitize(tendencies(rng, 400), CUTS))], [0] * 5).p for _ in range(200)]
    assert stats.binomtest(int(np.sum(np.array(p) < 0.05)), 200, 0.05).pvalue > 1e-3


def test_exploration_finds_the_two_scales_that_were_planted():
    rng = np.random.default_rng(6)
    factors = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], 1500)
    latent = np.hstack([0.7 * factors[:, [f]] + rng.normal(size=(1500, 5)) * np.sqrt(0.51) for f in (0, 1)])
    codes = np.digitize(latent, CUTS)
    data = survey(
        {}, [scale(f"i{j}", codes[:, j], set_id="ab"[j // 5], scale_id="ab"[j // 5]) for j in range(10)]
    )  # fmt: skip
    table = factor_loadings(data, reflective_scales(data)).set_index("scale")
    loadings = table[["factor_1", "factor_2"]].groupby(level=0).mean().abs().to_numpy()
    own = loadings.argmax(axis=1)
    assert sorted(own) == [0, 1]
    assert loadings.max(axis=1) == pytest.approx(0.7, abs=0.05)
    assert loadings.min(axis=1) == pytest.approx(0, abs=0.05)
    assert list(table.columns) == ["item", "n", "factor_1", "factor_2", "communality"]


def test_equal_measures_are_kept_although_the_groups_differ_on_average():
    table = invariance_table(answers([400, 400], lambda x, g: x + 0.6 * g * LOADINGS), ["s"], "sector")
    assert table["verdict"].tolist() == ["fits", "kept", "kept", "kept"]
    assert table["difference_df"].dropna().tolist() == [10, 4, 4]


def test_an_item_that_one_group_answers_more_readily_fails_at_the_intercepts():
    def shift(latent, group):
        return latent + group * np.array([1.0, 0, 0, 0, 0])

    table = invariance_table(answers([500, 500], shift), ["s"], "sector").set_index("step")
    assert table.loc["loadings", "verdict"] == "kept"
    assert table.loc["intercepts", "verdict"] == "not kept"
    assert table.loc["intercepts", "difference_p"] < 1e-6


def test_nothing_is_read_after_a_step_that_fails():
    def unrelated_item(latent, group):
        noise = np.random.default_rng(7).normal(size=len(latent))
        return np.column_stack([latent[:, :4], noise]) if group else latent

    table = invariance_table(answers([500, 500], unrelated_item), ["s"], "sector").set_index("step")
    assert table.loc["loadings", "verdict"] == "not kept"
    assert table.loc["intercepts", "verdict"] == "not read"


def test_a_step_without_a_solution_is_not_kept_and_says_why():
    def reversed_item(latent, group):
        return latent * np.array([1, 1, 1, 1, -1]) if group else latent

    table = invariance_table(answers([500, 500], reversed_item), ["s"], "sector").set_index("step")
    assert table.loc["loadings", "verdict"] == "not kept"
    assert table["verdict"].iloc[:2].tolist() == ["fits", "kept"]
    assert len(table) == 4 or table["note"].iloc[-1]


def test_small_groups_are_left_out_by_name():
    data = answers([150, 150, 60])
    models, steps = factor_models(data, ["s"], "sector"), invariance_table(data, ["s"], "sector")
    assert models["group"].tolist() == ["all", "group 0", "group 1", "group 2"]
    assert models["note"].iloc[-1].startswith("not modeled: fewer than 100 respondents")
    assert models["n"].isna().iloc[-1]
    assert steps["groups"].tolist() == [2] * 4
    assert "left out as too small: group 2" in steps["note"][0]


def test_one_large_group_is_not_compared():
    table = invariance_table(answers([150, 60]), ["s"], "sector")
    assert table["note"].tolist() == [table["note"][0]]
    assert "Fewer than two groups" in table["note"][0]


def test_rare_levels_are_joined_in_every_group_and_said():
    codes = np.digitize(tendencies(np.random.default_rng(8), 300), CUTS)
    codes[:, 0] = np.where(codes[:, 0] == 4, 3, codes[:, 0])
    codes[:2, 0] = 4
    data = survey(
        {"sector": ["a", "b"] * 150}, [scale(f"i{j}", codes[:, j], set_id="s", scale_id="s") for j in range(5)]
    )
    assert "rare levels joined with their neighbors: i0" in invariance_table(data, ["s"], "sector")["note"][0]


def test_few_items_or_few_respondents_are_refused_with_the_reason():
    assert "fewer than 4 fit any data" in invariance_table(
        answers([200, 200], loadings=LOADINGS[:3]), ["s"], "sector"
    )["note"][0]  # fmt: skip
    with pytest.raises(TooFewCases, match="Fewer than 100 respondents"):
        factor_loadings(answers([60]), ["s"])


def test_a_checklist_has_no_factors():
    rng = np.random.default_rng(9)
    items = [scale(f"i{j}", rng.integers(0, 5, 50), set_id="s", scale_id="s", formative=True) for j in range(5)]
    with pytest.raises(NotCollected, match="no scale whose items measure one thing"):
        reflective_scales(survey({}, items))


def test_copies_of_an_item_are_said_not_fitted():
    codes = np.digitize(tendencies(np.random.default_rng(10), 300), CUTS)
    codes[:, 1] = codes[:, 0]
    with pytest.raises(NonConvergence, match="correlation of one"):
        polychoric(codes)
