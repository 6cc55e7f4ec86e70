"""The model of the ability to meet needs: finds what it was built from, and keeps the answers of an agency together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from survey_cases import scale, simulated, survey

from continuum import survey as sv
from continuum.errors import NotCollected, TooFewCases
from continuum.results import slug
from continuum.survey import presentation as show

LEVELS = ["not able", "partly", "able"]


def agencies(rng, n=600, training=0.8, agencies=40, spread=0.8):
    """Respondents of agencies that differ, half of them trained, asked about three needs."""
    agency = rng.integers(0, agencies, n)
    trained = rng.integers(0, 2, n)
    latent = training * trained + rng.normal(scale=spread, size=agencies)[agency]
    items = [
        scale(f"meet_{j}", np.digitize(latent + 0.3 * j + rng.logistic(size=n), [0.3, 1.6]), LEVELS, block="capacity",
              text=f"Need {j}")
        for j in range(3)
    ]  # fmt: skip
    items.append(
        {"item_id": "training", "kind": "single", "levels": ["Yes", "No"], "values": np.where(trained, "Yes", "No")}
    )
    return survey({"organisation": [f"a{a}" for a in agency], "sector": rng.choice(["legal", "social"], n)}, items)


def test_the_effect_the_answers_were_made_with_is_found_in_most_surveys():
    rng = np.random.default_rng(1)
    found = [sv.ability_model(agencies(rng), ["sector", "training"], partial=False).fit for _ in range(40)]
    effects = np.array([fit.coef["training: Yes"] for fit in found])
    # The model averages over agencies, which pulls a log odds ratio toward zero: .8 / sqrt(1 + .35 * .8^2).
    assert effects.mean() == pytest.approx(0.8 / np.sqrt(1 + 0.35 * 0.64), abs=4 * effects.std() / np.sqrt(40) + 0.02)


def test_standard_errors_allow_for_agencies():
    model = sv.ability_model(agencies(np.random.default_rng(2)), ["sector", "training"])
    assert (model.unit, model.clusters, model.respondents) == ("agency", 40, 600)
    assert model.fit.variance == "cluster-robust"
    assert list(model.coefficients()["term"]) == ["sector: social", "training: Yes"]


def test_respondents_are_the_clusters_where_no_agency_is_known():
    data = agencies(np.random.default_rng(3))
    data.answers = data.answers.drop(columns="organisation")
    model = sv.ability_model(data, ["training"])
    assert (model.unit, model.clusters) == ("respondent", 600)


def test_probabilities_of_a_predictor_add_up_for_each_value():
    model = sv.ability_model(agencies(np.random.default_rng(4)), ["sector", "training"])
    table = sv.predicted_probabilities(model)
    assert np.allclose(table.groupby("value")["probability"].sum(), 1)
    assert {"training: Yes", "training: No", "sector: legal"} <= set(table["value"])
    rows = {row["key"]: row for row in sv.model_results(model, slug)}
    assert rows["survey.model.training_yes"]["low"] < rows["survey.model.training_yes"]["value"]
    assert rows["survey.model.freed"]["value"] == "none"
    assert list(show.odds_rows(model)["predictor"]) == ["need", "sector", "training"]


def test_a_covariate_that_separates_gets_a_penalty():
    data = agencies(np.random.default_rng(5))
    able = (data.answers[["meet_0", "meet_1", "meet_2"]] == "able").all(axis=1)
    data.answers.loc[able, "sector"] = "social"
    only = np.where(able, "always", "other")
    data.items = pd.concat([data.items, data.items[data.items["item_id"] == "training"].assign(
        item_id="perfect", levels=[["other", "always"]])], ignore_index=True)  # fmt: skip
    data.answers["perfect"] = pd.Categorical(only, ["other", "always"])
    model = sv.ability_model(data, ["perfect"])
    assert model.penalty == 2.5
    assert model.tests.empty


def test_without_predictors_needs_or_respondents_there_is_no_model():
    data = agencies(np.random.default_rng(6), n=99)
    with pytest.raises(TooFewCases, match="99 respondents"):
        sv.ability_model(data, ["training"])
    with pytest.raises(NotCollected, match="predictors"):
        sv.ability_model(data, [])
    with pytest.raises(NotCollected, match="block capacity"):
        sv.ability_model(simulated(200), ["sector"])
