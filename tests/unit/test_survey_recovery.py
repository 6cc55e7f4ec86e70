"""The survey functions find what the generator planted, as the sidecar of the synthetic study states it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from continuum import survey as sv
from continuum.ingest import load_survey
from continuum.ingest.open_codes import load_open_codes
from continuum.interviews import krippendorff_alpha
from continuum.study import load_study
from continuum.synthetic import SIDECAR, make_study

RESPONDENTS = 4000
BLOCKS = {"ws_labor": 10, "ws_sex": 10, "micro": 8, "macro": 8, "need": 8, "meet": 8}
#: Standard deviation of what respondents of one agency share (continuum.synthetic.survey).
AGENCY = 0.3


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "recovery"
    return load_study(str(make_study(seed=11, n_interviews=8, n_respondents=RESPONDENTS, folder=folder)))


@pytest.fixture(scope="module")
def answers(study):
    return load_survey(study)


@pytest.fixture(scope="module")
def truth(study):
    return json.loads((study.folder / SIDECAR).read_text(encoding="utf-8"))["assumptions"]["survey"]


def top_share(truth, block, item, top):
    """Share of the top levels of one item: between the first and the last of its block."""
    first, last = (np.array(shares) for shares in truth["LEVEL_SHARES"][block])
    return float((first + (last - first) * item / (BLOCKS[block] - 1))[-top:].sum())


def test_margins_are_those_of_the_sidecar(answers, truth):
    for column, key in (("sector", "SECTOR_SHARES"), ("state", "STATE_SHARES")):
        shares = answers.answers[column].value_counts(normalize=True, sort=False)
        assert sorted(shares) == pytest.approx(sorted(truth[key]), abs=1 / RESPONDENTS)


@pytest.mark.parametrize("block", BLOCKS)
def test_shares_of_every_scale_item_are_those_of_the_sidecar(answers, truth, block):
    table = sv.item_table(answers, block)
    top = 1 if block == "meet" else 2
    planted = [top_share(truth, block, j, top) for j in range(BLOCKS[block])]
    # Whole people among those who used the scale: two roundings.
    assert table["share"].to_numpy(dtype=float) == pytest.approx(planted, abs=2 / table["n"].min())


def test_the_order_of_the_items_is_the_planted_one(answers):
    ranks = sv.rank_intervals(answers, "micro", rng=np.random.default_rng(1), replicates=300)
    assert ((ranks["rank_low"] <= np.arange(1, 9)) & (np.arange(1, 9) <= ranks["rank_high"])).all()


def test_labor_and_sex_differ_by_what_was_planted(answers, truth):
    table = sv.labor_and_sex(answers).set_index("item")
    planted = {
        text: top_share(truth, "ws_labor", j, 2) - top_share(truth, "ws_sex", j, 2)
        for j, text in enumerate(dict.fromkeys(answers.items.loc[answers.items["set_id"] == "ws_labor", "text"]))
    }
    for sign, difference in planted.items():
        assert table.loc[sign, "low"] < difference < table.loc[sign, "high"]


def test_services_are_chosen_as_often_as_planted(answers, truth):
    table = sv.multiple_response(answers, "services")
    offers = 1 - truth["NONE_SHARE"]
    planted = np.array([share * offers for share in truth["SERVICE_SHARES"]] + [truth["NONE_SHARE"]])
    # Who offers services but ticked none is not in the base, so options are compared with each other.
    counts = table["count"].to_numpy(dtype=float)
    assert counts / counts.sum() == pytest.approx(planted / planted.sum(), abs=2 / counts.sum())


def test_loadings_of_the_scales_are_the_planted_ones(answers, truth):
    models = sv.factor_models(answers, ["micro", "macro"], "state")
    whole = models[models["group"] == "all"]
    assert (whole["weakest"] + whole["strongest"]).to_numpy() / 2 == pytest.approx(truth["LOADING"], abs=0.02)
    loadings = sv.factor_loadings(answers, ["micro", "macro"])
    own = np.maximum(loadings["factor_1"], loadings["factor_2"])
    assert own.to_numpy() == pytest.approx(truth["LOADING"], abs=4 * 0.018)


def test_scales_without_planted_differences_are_the_same_measure_everywhere(answers):
    for by in ("sector", "state"):
        table = sv.invariance_table(answers, ["micro", "macro"], by)
        assert table["verdict"].isin(["fits", "kept"]).all()
        assert (table["p"] > 1e-3).all()


@pytest.mark.parametrize("item", [f"meet_{j}" for j in range(1, 9)])
def test_a_probit_model_of_ability_recovers_sector_training_and_protocol(answers, truth, item):
    frame = answers.answers
    known = frame[item].notna() & frame["training"].notna() & frame["protocol"].notna()
    X = frame.loc[known, ["sector", "training", "protocol"]].copy()
    for column in ("training", "protocol"):
        X[column] = (X[column].astype(str) == "Yes").astype(float)
    order = ["legal", "medical", "non-profit", "social", "foster care"]
    X["sector"] = pd.Categorical(X["sector"].astype(str), order)
    codes = frame.loc[known, item].cat.codes
    fit = sv.cumulative_link(codes, X, link="probit", clusters=frame.loc[known, "cluster"])
    # What agencies share adds to the noise, so a fit without it finds effects in units of the wider spread.
    spread = np.sqrt(1 + AGENCY**2)
    sector = np.array(truth["CAPACITY_SECTOR"])
    planted = (
        np.concatenate([sector[1:] - sector[0], [truth["CAPACITY_TRAINING"], truth["CAPACITY_PROTOCOL"]]]) / spread
    )
    errors = fit.se[fit.coef.index].to_numpy()
    assert (np.abs(fit.coef.to_numpy() - planted) < 4 * errors).all()
    assert errors[-2:].max() < 0.08


def test_ability_differs_between_sectors_and_perceptions_do_not(study, answers):
    tests = sv.family_tests(answers, study.survey.families, rng=study.rng, replicates=200, permutations=199)
    ability = tests[tests["family"] == "capacity by sector"]
    perceptions = tests[tests["family"] != "capacity by sector"]
    assert (ability["p_adjusted"] < 1e-6).all()
    assert (perceptions["p_adjusted"] < 0.05).sum() <= 1
    rejected = int((perceptions["p"] < 0.05).sum())
    assert stats.binomtest(rejected, len(perceptions), 0.05).pvalue > 1e-3


def test_perceptions_without_a_planted_difference_are_shown_to_be_similar(answers):
    claims = sv.claims_by(answers, "micro", ["state"], margin=0.1, concordance=0.7, rng=np.random.default_rng(2))
    assert claims["sentence"].str.startswith("Similar").all()


def test_imputed_shares_agree_with_the_planted_ones(answers, truth):
    table = sv.imputed_shares(answers, "micro", rng=np.random.default_rng(3), copies=5)
    for j, row in enumerate(table.to_dict("records")):
        assert abs(row["estimate"] - top_share(truth, "micro", j, 2)) < 3 * row["se"]


def test_blanks_that_do_not_depend_on_answers_pass_littles_test(answers):
    assert sv.little_test(answers, "micro").p > 1e-3


def test_coders_disagree_as_often_as_planted(study, answers, truth):
    table = sv.coder_agreement(answers, load_open_codes(study), krippendorff_alpha)
    # The second coder draws a code at random with this probability, and by chance the same one in a fifth of cases.
    wrong = truth["CODER_ERROR"] * 0.8
    for row in table.to_dict("records"):
        decisions = 5 * row["answers"]
        # A wrong code is two wrong decisions of five; about five codes are given for four answers.
        expected = 1 - wrong * 2 * 1.2 / 5
        assert abs(row["percent"] - expected) < 4 * np.sqrt(2 * expected * (1 - expected) / decisions) + 0.005
