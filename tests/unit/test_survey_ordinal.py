"""The ordinal model: recovers truths, refuses what has no finite estimate, and says which covariate it was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuum import ordinal_kernel as kernel
from continuum.errors import BadInput, NonConvergence, Separation
from continuum.survey import (
    average_probabilities,
    bootstrap_fits,
    cumulative_link,
    partial_proportional_odds,
    proportional_odds_tests,
)

CUTS = np.array([-1.0, 0.3, 1.6])


def simulate(rng, n=300, beta=(0.8, -0.5), cuts=CUTS):
    X = pd.DataFrame({"training": rng.integers(0, 2, n), "years": rng.normal(size=n)})
    y = np.digitize(X.to_numpy() @ np.array(beta) + rng.logistic(size=n), cuts)
    return y, X


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_gradient_and_hessian_are_the_derivatives_of_the_likelihood(link):
    rng = np.random.default_rng(1)
    y = np.sort(rng.integers(0, 4, 60))
    starts = np.concatenate([[0], np.cumsum(np.bincount(y, minlength=4))])
    x, u = rng.normal(size=(2, 60)), np.vstack([np.ones(60), rng.normal(size=60) * 0.1])
    problem = kernel.Problem(x, u, starts, link, precision=0.1)
    theta = np.array([-1.0, 0.05, 0.2, 0.02, 1.1, -0.03, 0.4, -0.2])
    w = rng.uniform(0.5, 2, (1, 60))
    _, gradient, hessian = problem.evaluate(theta[None], w)
    step = 1e-5 * np.eye(len(theta))
    up, down = problem.evaluate(theta + step, w.repeat(8, 0)), problem.evaluate(theta - step, w.repeat(8, 0))
    assert np.allclose((up[0] - down[0]) / 2e-5, gradient[0], atol=1e-6)
    assert np.allclose((up[1] - down[1]) / 2e-5, hessian[0], atol=1e-5)
    unpenalized = kernel.Problem(x, u, starts, link)
    assert np.allclose(unpenalized.scores(theta, w[0]).sum(axis=0), unpenalized.evaluate(theta[None], w)[1][0])


def test_estimates_of_many_simulated_surveys_center_on_the_truth():
    rng = np.random.default_rng(2)
    fits = [cumulative_link(*simulate(rng)) for _ in range(150)]
    found = np.array([[*fit.thresholds, *fit.coef] for fit in fits])
    truth = np.array([*CUTS, 0.8, -0.5])
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    # Maximum likelihood is biased by about 1/n: the allowance of the methods page.
    assert (np.abs(found.mean(axis=0) - truth) < 4 * error + 10 / 300).all()


def test_intervals_cover_the_truth():
    rng = np.random.default_rng(3)
    hits = np.zeros(2)
    for _ in range(150):
        table = cumulative_link(*simulate(rng)).table()
        hits += (np.log(table["low"]) <= [0.8, -0.5]) & (np.log(table["high"]) >= [0.8, -0.5])
    assert ((hits >= 132) & (hits <= 150)).all()


def test_frequency_weights_equal_repeated_rows():
    rng = np.random.default_rng(4)
    y, X = simulate(rng, 120)
    w = rng.integers(1, 4, 120)
    weighted = cumulative_link(y, X, weights=w)
    repeated = cumulative_link(np.repeat(y, w), X.loc[np.repeat(np.arange(120), w)])
    assert np.allclose(weighted.coef, repeated.coef, atol=1e-9)
    assert np.allclose(weighted.se, repeated.se, atol=1e-9)
    assert weighted.loglik == pytest.approx(repeated.loglik, abs=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_reversing_the_scale_turns_every_coefficient(seed):
    y, X = simulate(np.random.default_rng(seed), 200)
    forward, backward = cumulative_link(y, X), cumulative_link(-y, X)
    assert np.allclose(forward.coef, -backward.coef, atol=1e-7)
    assert forward.loglik == pytest.approx(backward.loglik, abs=1e-8)


def test_the_order_of_rows_does_not_matter():
    y, X = simulate(np.random.default_rng(5))
    order = np.random.default_rng(6).permutation(len(y))
    assert np.allclose(cumulative_link(y, X).coef, cumulative_link(y[order], X.iloc[order]).coef, atol=1e-10)


def test_many_answers_start_from_a_part_of_them_and_end_at_the_same_place(monkeypatch):
    y, X = simulate(np.random.default_rng(7), 5000)
    plain = cumulative_link(y, X)
    monkeypatch.setattr("continuum.survey.ordinal.WARM_START_ABOVE", 1000)
    monkeypatch.setattr("continuum.survey.ordinal.WARM_START_ROWS", 500)
    assert np.allclose(plain.coef, cumulative_link(y, X).coef, atol=1e-10)


def test_rows_with_missing_values_are_left_out():
    y, X = simulate(np.random.default_rng(8))
    X.loc[3, "years"] = np.nan
    fit = cumulative_link(pd.Series(y), X)
    assert fit.n == 299
    assert np.allclose(fit.coef, cumulative_link(np.delete(y, 3), X.drop(index=3)).coef)


def test_categories_are_coded_against_their_first_level():
    rng = np.random.default_rng(9)
    y, X = simulate(rng)
    X["sector"] = pd.Categorical(rng.choice(["social", "legal"], 300), ["legal", "social", "medical"])
    fit = cumulative_link(y, X)
    assert list(fit.coef.index) == ["training", "years", "sector: social"]
    assert np.allclose(fit.predict(X).sum(axis=1), 1)


def test_a_covariate_that_separates_is_named_and_a_penalty_helps():
    rng = np.random.default_rng(10)
    y, X = simulate(rng, 120)
    X["perfect"] = (y >= 2).astype(int)
    with pytest.raises(Separation, match=r"'perfect'.*penalty=2.5"):
        cumulative_link(y, X)
    fit = cumulative_link(y, X, penalty=2.5)
    assert 2 < fit.coef["perfect"] < 10


def test_an_aliased_covariate_is_named():
    y, X = simulate(np.random.default_rng(11))
    with pytest.raises(BadInput, match="'twice' is constant or follows"):
        cumulative_link(y, X.assign(twice=2 * X["years"] + 1))
    with pytest.raises(BadInput, match="'one' is constant"):
        cumulative_link(y, X.assign(one=1.0))


def test_an_empty_outcome_level_is_named():
    y, X = simulate(np.random.default_rng(12))
    levels = ["never", "rarely", "sometimes", "often", "always"]
    outcome = pd.Series(pd.Categorical.from_codes(y, levels, ordered=True))
    with pytest.raises(BadInput, match="nobody chose the level 'always'"):
        cumulative_link(outcome, X)
    with pytest.raises(BadInput, match="fewer than two levels"):
        cumulative_link(np.ones(300), X)
    with pytest.raises(BadInput, match="no order"):
        cumulative_link(pd.Series(pd.Categorical(["a", "b"] * 150)), X)


def test_fifty_steps_without_convergence_are_an_error(monkeypatch):
    monkeypatch.setattr(kernel, "MAX_STEPS", 1)
    with pytest.raises(NonConvergence, match="1 Newton steps"):
        cumulative_link(*simulate(np.random.default_rng(13)))


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_wrong_weights_are_refused(bad):
    y, X = simulate(np.random.default_rng(14))
    with pytest.raises(BadInput, match="weights"):
        cumulative_link(y, X, weights=[bad] + [1.0] * 299)


def test_one_cluster_has_no_robust_errors():
    y, X = simulate(np.random.default_rng(15))
    with pytest.raises(BadInput, match="two clusters"):
        cumulative_link(y, X, clusters=np.zeros(300))


def test_a_covariate_whose_odds_are_not_proportional_is_found_and_freed():
    rng = np.random.default_rng(16)
    n = 3000
    X = pd.DataFrame({"training": rng.integers(0, 2, n), "years": rng.normal(size=n)})
    latent = 0.5 * X["years"] + rng.logistic(size=n) * np.where(X["training"] == 1, 2.5, 1)
    y = np.digitize(latent, CUTS)
    tests = proportional_odds_tests(y, X).set_index("term")
    assert tests.loc["training", "p"] < 1e-6
    model, decided = partial_proportional_odds(y, X)
    assert decided.set_index("term")["freed"].to_dict() == {"training": True, "years": False}
    assert model.varying.index.tolist() == ["training"]
    assert list(model.coef.index) == ["years"]


def test_proportional_odds_test_holds_its_level():
    rng = np.random.default_rng(17)
    p = np.array([proportional_odds_tests(*simulate(rng, 250))["p"] for _ in range(60)])
    assert (p < 0.05).mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 / p.size)


def test_average_probabilities_have_delta_method_intervals():
    y, X = simulate(np.random.default_rng(18), 2000)
    fit = cumulative_link(y, X)
    table = average_probabilities(fit, X, "training", [0, 1])
    rows = table[table["value"] == 1].reset_index(drop=True)
    assert np.allclose(rows["probability"], fit.predict(X.assign(training=1)).mean())
    moved = cumulative_link(y, X.assign(years=X["years"]))
    shifts = []
    for k in range(len(fit._theta)):
        up = fit._theta.copy()
        up[k] += 1e-6
        x, u = fit._predictors.apply(X.assign(training=1))
        shifts.append((fit._problem.probabilities(up, x, u).mean(axis=0) - rows["probability"]) / 1e-6)
    gradient = np.array(shifts).T
    assert np.allclose(rows["se"], np.sqrt(np.diag(gradient @ moved._raw_covariance @ gradient.T)), rtol=1e-4)


def test_batched_bootstrap_equals_fits_one_by_one():
    rng = np.random.default_rng(19)
    y, X = simulate(rng, 250)
    fit = cumulative_link(y, X)
    weights = rng.multinomial(250, np.full(250, 1 / 250), size=40)
    batch = bootstrap_fits(fit, weights)
    single = np.array([cumulative_link(y, X, weights=w).coef for w in weights])
    assert np.abs(batch[["training", "years"]].to_numpy() - single).max() < 1e-7


def test_a_bootstrap_replicate_without_a_level_is_missing():
    y, X = simulate(np.random.default_rng(20), 120)
    fit = cumulative_link(y, X)
    weights = np.stack([np.ones(120), (y != 3).astype(float)])
    assert bootstrap_fits(fit, weights).isna().all(axis=1).tolist() == [False, True]
    with pytest.raises(BadInput, match="one column for each of the 120"):
        bootstrap_fits(fit, weights[:, :10])


def test_answers_with_the_same_covariates_are_one_row_and_nothing_else_changes(monkeypatch):
    rng = np.random.default_rng(21)
    n = 3000
    X = pd.DataFrame(
        {"training": rng.integers(0, 2, n), "years": rng.integers(0, 6, n), "sector": rng.choice(list("abc"), n)}
    )
    y = np.digitize(0.5 * X["training"] + 0.1 * X["years"] + rng.logistic(size=n), CUTS)
    w, clusters = rng.uniform(0.5, 2, n), rng.integers(0, 50, n)
    X.loc[5, "sector"] = None
    plain = cumulative_link(y, X, weights=w, clusters=clusters)
    monkeypatch.setattr("continuum.survey.ordinal.COLLAPSE_ABOVE", 100)
    joined = cumulative_link(y, X, weights=w, clusters=clusters)
    assert joined._problem.x.shape[1] <= 4 * 2 * 6 * 3
    assert joined.n == plain.n == n - 1
    assert np.allclose(plain.coef, joined.coef, atol=1e-9)
    assert np.allclose(plain.se, joined.se, atol=1e-9)
    assert plain.loglik == pytest.approx(joined.loglik, abs=1e-7)
    weights = rng.multinomial(n - 1, np.full(n - 1, 1 / (n - 1)), size=5)
    assert np.allclose(bootstrap_fits(plain, weights), bootstrap_fits(joined, weights), atol=1e-6)
