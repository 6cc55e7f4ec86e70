"""The two-part verdict: opposite worlds get opposite verdicts, and what is not in the data is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from life_cases import chain, common_cause, levels, long_table, people

from continuum.errors import BadInput, OrderNotIdentified, Separation, TooFewCases
from continuum.model import life_course
from continuum.model.cumulative import fit_cumulative
from continuum.model.hypotheses import raises_level, stacking_weights
from continuum.model.life import decide, say_verdict


def verdict(met: np.ndarray, level: np.ndarray, **settings):
    return life_course(people(level), long_table(met), replicates=20, **settings)


@pytest.fixture(scope="module")
def trigger_chain():
    rng = np.random.default_rng(1)
    met = chain(667, 4, rng)
    return met, levels(1.2 * met[:, -1], rng)


def test_two_worlds_of_the_same_size_get_opposite_verdicts(trigger_chain):
    rng = np.random.default_rng(2)
    clustered = common_cause(667, 4, rng)
    accumulated = verdict(clustered, levels(0.7 * clustered.sum(axis=1), rng))
    assert verdict(*trigger_chain).verdict == "chain of risk, trigger form"
    assert accumulated.verdict == "clustered risks that accumulate: not a chain"


def test_the_words_chain_of_risk_need_both_parts():
    for structure in ("independence", "common cause", "saturated", "undetermined", "chain"):
        for outcome in ("none", "accumulation", "critical", "threshold", "undetermined", "additive", "trigger"):
            allowed = structure == "chain" and outcome in ("additive", "trigger")
            assert ("chain of risk" in say_verdict(structure, outcome)) == allowed


def test_in_a_trigger_world_the_outcome_does_not_depend_on_early_links_given_the_last(trigger_chain):
    effects = verdict(*trigger_chain).effects
    z = (effects["effect"] / effects["se"]).to_numpy()
    assert np.abs(z[:-1]).max() < 3.3
    assert z[-1] > 5


def test_every_hypothesis_is_in_the_table_and_weights_sum_to_one(trigger_chain):
    table = verdict(*trigger_chain).hypotheses
    families = {
        "none",
        "accumulation",
        "critical",
        "trigger",
        "additive",
        "threshold",
        "weighted",
        "mobility",
        "saturated",
    }
    assert set(table["family"]) == families
    assert table["weight"].sum() == pytest.approx(1)
    assert table["stacking"].sum() == pytest.approx(1)
    assert (table["loglik"] <= table.loc[table["family"] == "saturated", "loglik"].item() + 1e-6).all()
    assert table.loc[table["family"] == "trigger", "stacking"].item() > 0.5


def test_models_within_two_units_are_not_told_apart():
    labels = pd.Series(["none", "accumulation", "trigger"])
    assert decide(labels, pd.Series([110.0, 100.0, 101.9])) == ("accumulation", "undetermined")
    assert decide(labels, pd.Series([110.0, 100.0, 102.1])) == ("accumulation", "accumulation")


def test_an_effect_that_lowers_the_level_is_not_called_accumulation():
    rng = np.random.default_rng(5)
    met = chain(400, 3, rng)
    table = verdict(met, levels(-0.8 * met.sum(axis=1), rng)).hypotheses
    assert not table.loc[table["family"] == "accumulation", "contends"].item()


def test_an_additive_chain_may_have_an_effect_just_below_zero_but_none_that_clearly_lowers_the_level():
    design = np.random.default_rng(4).integers(0, 2, (60, 2)).astype(float)
    for slope, may in ((-0.05, True), (-2.0, False)):
        eta = design @ np.array([1.0, slope])
        weights = 10 * np.diff(np.c_[np.zeros(60), 1 / (1 + np.exp(eta[:, None] - [-0.5, 1.0])), np.ones(60)], axis=1)
        assert raises_level(fit_cumulative(design, weights[None]), 2)[0] == may


def test_presence_without_ages_is_refused(trigger_chain):
    met, level = trigger_chain
    exposures = long_table(met)
    with pytest.raises(OrderNotIdentified, match="no ages or dates"):
        life_course(people(level), exposures.drop(columns="age"))
    with pytest.raises(OrderNotIdentified, match="empty"):
        life_course(people(level), exposures.assign(age=np.nan))
    with pytest.raises(OrderNotIdentified, match="no ages or dates"):
        life_course(people(level), exposures.drop(columns="age").iloc[:, ::-1])


def test_exposures_in_no_common_order_are_refused(trigger_chain):
    met, level = trigger_chain
    exposures = long_table(met)
    shuffled = exposures.assign(age=np.random.default_rng(6).integers(10, 30, len(exposures)))
    with pytest.raises(OrderNotIdentified, match="no common order"):
        life_course(people(level), shuffled)


def test_dates_give_the_same_verdict_as_ages(trigger_chain):
    met, level = trigger_chain
    exposures = long_table(met)
    dated = exposures.drop(columns="age").assign(date=[f"{2000 + age}-05-01" for age in exposures["age"]])
    by_date = life_course(people(level), dated, replicates=5)
    by_age = life_course(people(level), exposures, replicates=5)
    pd.testing.assert_frame_equal(by_date.structures, by_age.structures)


def test_exposures_after_the_outcome_are_left_out(trigger_chain):
    met, level = trigger_chain
    outcome = people(level).assign(age=18)  # the fourth exposure happens at 19
    result = life_course(outcome, long_table(met), replicates=5)
    assert len(result.order) == 3
    assert "after the outcome" in result.notes[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": "twelve"}, "neither a number nor a date"),
        ({"age": -3}, "negative"),
        ({"person_id": "nobody"}, "without an outcome"),
    ],
)
def test_a_wrong_entry_is_an_error_that_names_the_row(trigger_chain, change, message):
    met, level = trigger_chain
    exposures = long_table(met).astype(object)
    for column, value in change.items():
        exposures.loc[7, column] = value
    with pytest.raises(BadInput, match=message) as caught:
        life_course(people(level), exposures)
    assert "row 8" in str(caught.value)


def test_a_constant_outcome_and_too_few_people_are_not_analyzed(trigger_chain):
    met, level = trigger_chain
    with pytest.raises(BadInput, match="only the level"):
        verdict(met, np.zeros_like(level))
    with pytest.raises(TooFewCases, match="there are 15"):
        verdict(met[:15], level[:15])


def test_perfect_separation_is_an_error_not_a_number():
    design = np.repeat([[0.0], [1.0]], 20, axis=0)
    weights = np.zeros((1, 40, 2))
    weights[0, np.arange(40), design[:, 0].astype(int)] = 1
    with pytest.raises(Separation):
        fit_cumulative(design, weights).require()


def test_a_level_that_no_one_has_in_one_sample_is_left_out_of_that_fit_alone():
    rng = np.random.default_rng(11)
    design = np.arange(6.0)[:, None] / 3
    full = rng.integers(1, 9, (6, 4)).astype(float)
    gap, end, alone = full.copy(), full.copy(), np.zeros_like(full)
    gap[:, 2], end[:, 0], alone[:, 1] = 0, 0, 5
    fits = fit_cumulative(design, np.stack([full, gap, end, alone]))
    three = fit_cumulative(design, gap[None][:, :, [0, 1, 3]])
    assert fits.loglik[0] == pytest.approx(fit_cumulative(design, full[None]).loglik[0], abs=1e-10)
    assert fits.loglik[1] == pytest.approx(three.loglik[0], abs=1e-10)
    assert fits.coef[1] == pytest.approx(three.coef[0], abs=1e-10)
    assert fits.thresholds[1, 1] == fits.thresholds[1, 2]
    assert fits.covariance[1, -1, -1] == pytest.approx(three.covariance[0, -1, -1], rel=1e-9)
    assert fits.thresholds[2, 0] == -np.inf
    assert list(fits.converged) == [True, True, True, False]


def test_an_exposure_that_settles_the_outcome_is_an_error_not_a_verdict():
    rng = np.random.default_rng(7)
    met = chain(200, 3, rng)
    with pytest.raises(Separation, match="settles the outcome"):
        verdict(met, 2 * met[:, 2] + rng.integers(0, 2, 200))


def test_agencies_widen_standard_errors_when_they_share_outcomes():
    rng = np.random.default_rng(8)
    agency = np.repeat(np.arange(40), 15)
    met = np.repeat((rng.random((40, 3)) < 0.5).astype(int), 15, axis=0)
    level = levels(0.5 * met.sum(axis=1) + 1.2 * rng.standard_normal(40)[agency], rng)
    plain, robust = verdict(met, level).effects, verdict(met, level, clusters=agency).effects
    np.testing.assert_allclose(plain["effect"], robust["effect"])
    assert (robust["se"] > 1.3 * plain["se"]).all()


def test_covariates_remove_what_they_explain():
    rng = np.random.default_rng(9)
    met = chain(500, 3, rng)
    site = rng.integers(0, 2, 500)
    met[:, 2] = rng.random(500) < np.where(site == 1, 0.8, 0.2)
    level = levels(2.0 * site, rng)
    frame = pd.DataFrame({"person_id": [f"P{p}" for p in range(500)], "site": np.where(site == 1, "east", "west")})
    adjusted = life_course(people(level), long_table(met), frame, replicates=5).effects
    assert abs(verdict(met, level).effects["effect"].iloc[2]) > 0.8
    assert abs(adjusted["effect"].iloc[2]) < 0.4


def test_stacking_prefers_the_model_that_predicts():
    rng = np.random.default_rng(10)
    good, bad = np.log(rng.uniform(0.5, 0.9, 200)), np.log(rng.uniform(0.1, 0.3, 200))
    assert stacking_weights(np.stack([good, bad], axis=1))[0] > 0.99


def test_a_verdict_comes_with_its_operating_characteristics(trigger_chain):
    result = verdict(*trigger_chain)
    assert set(result.power.table["part"]) == {"exposures", "outcome"}
    assert result.power.sentence("outcome", "trigger").startswith("with 667 people, trigger is found in")
