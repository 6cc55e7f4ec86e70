"""Reliability, factors, missing answers and pairwise tests: known answers, recovery, stated failures."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from known_answers import reference
from scipy import stats
from survey_cases import scale, simulated, survey

from continuum.errors import BadInput, NotCollected, Refusal, TooFewCases
from continuum.ingest.tables import STATUS_TYPE
from continuum.survey import Design, factors, family_pairs, family_tests, missing, pairwise_tests, reliability
from continuum.survey.consistency import NotReflective, reliability_of, scale_table

ORACLE = json.loads((Path(__file__).parents[1] / "oracles/survey.json").read_text())


def attitude():
    return reference("rdatasets/datasets_attitude.csv").iloc[:, 1:].to_numpy(dtype=float)


@pytest.mark.shared
def test_alpha_of_attitude_equals_psych_with_feldt_interval():
    found = reliability_of(attitude(), list("abcdefg"), replicates=50)
    assert found.alpha == pytest.approx(0.84314277, abs=1e-8)
    assert (found.alpha_low, found.alpha_high) == pytest.approx(ORACLE["psych.attitude.feldt"]["value"], abs=1e-8)
    assert found.items["item_rest"].tolist() == pytest.approx(ORACLE["psych.attitude.item_rest"]["value"], abs=1e-10)
    assert found.items["alpha_if_dropped"].tolist() == pytest.approx(
        ORACLE["psych.attitude.alpha_drop"]["value"], abs=1e-10
    )


@pytest.mark.shared
def test_alpha_equals_pingouin_listwise():
    import pingouin

    data = attitude()
    data[3, 2] = np.nan
    expected = pingouin.cronbach_alpha(pd.DataFrame(data), nan_policy="listwise")[0]
    assert reliability_of(data, list("abcdefg"), replicates=20).alpha == pytest.approx(expected, abs=1e-10)


@pytest.mark.shared
def test_omega_of_attitude_equals_factanal():
    found = reliability_of(attitude(), list("abcdefg"), replicates=50)
    assert found.omega == pytest.approx(ORACLE["factanal.attitude.omega"]["value"][0], abs=1e-6)
    assert found.omega == pytest.approx(0.840545, abs=1e-6)


def one_factor_answers(rng, n, loadings=(0.8, 0.7, 0.6, 0.5)):
    weights = np.array(loadings)
    return rng.normal(size=(n, 1)) * weights + rng.normal(size=(n, len(weights))) * np.sqrt(1 - weights**2)


def test_one_factor_recovers_its_loadings():
    correlation = np.corrcoef(one_factor_answers(np.random.default_rng(1), 50_000).T)
    loadings, unique = factors.one_factor(correlation)
    assert loadings == pytest.approx([0.8, 0.7, 0.6, 0.5], abs=0.02)
    assert unique == pytest.approx(1 - loadings**2, abs=1e-6)


def test_a_batch_of_factor_models_equals_them_one_by_one():
    rng = np.random.default_rng(2)
    batch = np.stack([np.corrcoef(one_factor_answers(rng, 200).T) for _ in range(8)])
    together = factors.one_factor(batch)[0]
    assert np.allclose(together, [factors.one_factor(one)[0] for one in batch], atol=1e-8)


def test_feldt_and_bootstrap_intervals_cover_the_truth():
    rng = np.random.default_rng(3)
    weights = np.array([0.8, 0.7, 0.6, 0.5])
    covariance = np.outer(weights, weights) + np.diag(1 - weights**2)
    alpha = 4 / 3 * (1 - 4 / covariance.sum())
    omega = weights.sum() ** 2 / covariance.sum()
    hits = np.zeros(2)
    for _ in range(80):
        found = reliability_of(one_factor_answers(rng, 200), list("abcd"), rng=rng, replicates=200)
        hits += [found.alpha_low <= alpha <= found.alpha_high, found.omega_low <= omega <= found.omega_high]
    assert (hits >= 68).all()


def test_a_checklist_has_no_internal_consistency():
    data = survey({"state": ["A"] * 50}, [scale(f"q{j}", np.arange(50) % 5, formative=True) for j in range(3)])
    with pytest.raises(NotReflective, match="does not apply"):
        reliability(data, ["q0", "q1", "q2"])
    assert issubclass(NotReflective, Refusal)


def test_an_item_that_runs_against_the_others_is_asked_about_and_never_turned():
    data = simulated(300, items=4)
    item = data.answers["item_2"]
    data.answers["item_2"] = item.cat.codes.rsub(4).map(dict(enumerate(item.cat.categories))).astype(item.dtype)
    with pytest.raises(BadInput, match=r"'item_2' runs against.*reverse"):
        reliability(data, "signs")
    data.items.loc[data.items["item_id"] == "item_2", "reverse"] = True
    assert reliability(data, "signs", replicates=20).alpha == pytest.approx(
        reliability(simulated(300, items=4), "signs", replicates=20).alpha
    )


def test_complete_answers_are_counted_beside_pairs():
    matrix = one_factor_answers(np.random.default_rng(4), 100)
    matrix[:20, 0] = np.nan
    matrix[20:30, 1] = np.nan
    found = reliability_of(matrix, list("abcd"), replicates=20)
    assert (found.n_listwise, found.n_pairwise) == (70, 70)
    assert found.items["n"].tolist() == [80, 90, 100, 100]


def test_too_few_answers_are_refused_and_constant_items_named():
    with pytest.raises(TooFewCases):
        reliability_of(np.ones((9, 3)), list("abc"))
    flat = one_factor_answers(np.random.default_rng(5), 50)
    flat[:, 2] = 3
    with pytest.raises(BadInput, match="same answer to 'c'"):
        reliability_of(flat, list("abcd"))


def test_a_table_of_scales_has_the_reason_where_alpha_does_not_apply():
    data = simulated(100)
    data.items["formative"] = True
    table = scale_table(data, ["signs"], rng=np.random.default_rng(0))
    assert "checklist" in table["note"].iloc[0]


@pytest.mark.shared
def test_omega_hierarchical_of_attitude_is_near_psych():
    found = factors.hierarchical(np.corrcoef(attitude().T))
    assert found.omega_hierarchical == pytest.approx(0.51861908, abs=0.005)
    assert found.omega_total == pytest.approx(0.90622865, abs=0.005)


def test_schmid_leiman_recovers_a_general_factor():
    general, group = np.full(9, 0.6), np.kron(np.eye(3), np.full((3, 1), 0.5))
    common = np.outer(general, general) + group @ group.T
    correlation = common + np.diag(1 - np.diag(common))
    found = factors.hierarchical(correlation)
    assert found.general == pytest.approx(general, abs=0.01)
    assert found.omega_hierarchical == pytest.approx(general.sum() ** 2 / correlation.sum(), abs=0.01)
    with pytest.raises(BadInput, match="general factor"):
        factors.hierarchical(correlation, factors=2)


@pytest.mark.shared
def test_little_test_of_airquality_equals_naniar():
    # naniar 1.0, mcar_test(airquality): statistic 35.1, df 14, p .00142, 4 patterns.
    found = missing.little_test_of(reference("rdatasets/datasets_airquality.csv").iloc[:, 1:].to_numpy(dtype=float))
    assert (round(found.statistic, 1), found.df, round(found.p, 5), found.patterns) == (35.1, 14, 0.00142, 4)


def test_little_test_holds_its_level_and_finds_what_is_not_random():
    rng = np.random.default_rng(6)
    p = []
    for _ in range(120):
        data = rng.normal(size=(200, 3)) + rng.normal(size=(200, 1))
        data[rng.random((200, 3)) < 0.15] = np.nan
        p.append(missing.little_test_of(data).p)
    assert np.mean(np.array(p) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 120)
    data = rng.normal(size=(400, 3)) + rng.normal(size=(400, 1))
    data[data[:, 0] > 0.8, 2] = np.nan
    assert missing.little_test_of(data).p < 1e-6


def test_complete_answers_have_no_pattern_to_test():
    with pytest.raises(TooFewCases, match="No answer is missing"):
        missing.little_test(simulated(50), "signs")


def test_patterns_count_everybody_once():
    data = survey({"state": ["A"] * 6}, [scale("q", [1, 2, -1, -1, 3, 4]), scale("r", [1, -1, -1, -1, 2, 2])])
    table = missing.missing_patterns(data, ["q", "r"])
    assert dict(zip(table["missing"], table["count"], strict=True)) == {"complete": 3, "q, r": 2, "r": 1}
    by_item = missing.missing_by_item(data, ["q", "r"])
    assert by_item["missing"].tolist() == [3, 2]


def test_rubins_rules_equal_their_formulas():
    found = missing.pooled([1.0, 1.2, 0.9], [0.04, 0.05, 0.045], n=200)
    between = np.var([1.0, 1.2, 0.9], ddof=1)
    assert found["estimate"] == pytest.approx(31 / 30)
    assert found["se"] == pytest.approx(np.sqrt(0.045 + 4 / 3 * between))
    half = stats.t.ppf(0.975, found["df"]) * found["se"]
    assert found["high"] - found["estimate"] == pytest.approx(half)
    assert missing.pooled([1.0, 1.0], [0.1, 0.1], n=50)["missing_information"] == 0


def test_imputation_takes_only_values_that_were_given_and_removes_the_bias_of_available_answers():
    rng = np.random.default_rng(7)
    full = np.clip(np.round(rng.normal(size=(600, 1)) + rng.normal(size=(600, 3)) * 0.5 + 3), 1, 5)
    holed = full.copy()
    holed[(full[:, 0] > 3) & (rng.random(600) < 0.7), 2] = np.nan
    copies = missing.impute(holed, 10, rng)
    assert set(np.unique(copies)) <= {1, 2, 3, 4, 5}
    truth, available = full[:, 2].mean(), np.nanmean(holed[:, 2])
    imputed = copies[:, :, 2].mean()
    assert abs(imputed - truth) < 0.4 * abs(available - truth)


def test_imputed_means_stand_beside_the_available_ones():
    data = simulated(300)
    data.answers.loc[:40, "item_0"] = np.nan
    data.status.loc[:40, "item_0"] = "not_answered"
    table = missing.imputed_means(data, "signs", rng=np.random.default_rng(1), copies=5).set_index("item_id")
    assert table.loc["item_0", "n"] == 259
    assert table.loc["item_0", "missing_information"] > 0
    assert table.loc["item_1", "estimate"] == pytest.approx(table.loc["item_1", "available"])


def test_pairs_of_groups_on_a_scale_are_compared_by_dunn():
    data = simulated(400, shift=2.0)
    table = pairwise_tests(data, "item_0", "sector", replicates=300)
    assert len(table) == 10
    assert set(table["test"]) == {"Dunn"}
    medical = table[(table["first"] == "medical") | (table["second"] == "medical")]
    assert medical["p_adjusted"].max() < 0.05
    assert ((table["effect_low"] <= table["effect"]) & (table["effect"] <= table["effect_high"])).all()
    assert np.allclose(table["effect"], 2 * table["superiority"] - 1)


def test_pairs_of_groups_on_a_number_are_compared_by_games_howell():
    rng = np.random.default_rng(8)
    sectors = rng.choice(["legal", "medical", "social"], 240)
    years = rng.normal(8, 2, 240) + 4 * (sectors == "medical")
    data = survey({"sector": sectors}, [{"item_id": "years", "kind": "number", "values": years}])
    table = pairwise_tests(data, "years", "sector", replicates=300).set_index(["first", "second"])
    assert table.loc[("legal", "medical"), "effect"] == pytest.approx(-2, abs=0.5)
    assert table.loc[("legal", "medical"), "p_adjusted"] < 1e-4
    assert table.loc[("legal", "medical"), "difference"] == pytest.approx(-4, abs=0.8)


def test_groups_are_not_compared_on_the_words_of_open_answers():
    data = survey({"sector": ["legal", "medical"] * 20}, [{"item_id": "o", "kind": "open", "values": ["a", "b"] * 20}])
    with pytest.raises(BadInput, match="open question"):
        pairwise_tests(data, "o", "sector")


def test_omega_of_many_respondents_comes_from_the_normal_limit(monkeypatch):
    answers = one_factor_answers(np.random.default_rng(9), 2000)
    plain = reliability_of(answers, list("abcd"), rng=np.random.default_rng(1), replicates=1000)
    monkeypatch.setattr("continuum.survey.consistency.NORMAL_ABOVE", 100)
    limit = reliability_of(answers, list("abcd"), rng=np.random.default_rng(1), replicates=1000)
    assert (limit.omega_low, limit.omega_high) == pytest.approx((plain.omega_low, plain.omega_high), abs=0.004)


def test_little_test_of_a_large_survey_takes_every_kth_respondent(monkeypatch):
    data = simulated(400)
    data.answers.loc[::7, "item_0"] = np.nan
    monkeypatch.setattr(missing, "LARGEST", 100)
    assert missing.little_test(data, "signs").n == 100


def blanks(share, seed=3, n=4000):
    """Two related scales, the second left blank more often by those who answer the first high."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1)) * 0.9 + rng.normal(size=(n, 3)) * 0.45
    codes = np.digitize(latent, [-1.2, -0.4, 0.4, 1.2]).astype(float)
    whole = (codes[:, 0] >= 3).mean()
    gone = rng.random(n) < share * (codes[:, 1] >= 3)
    codes[gone, 0] = np.nan
    return survey({}, [scale(f"i{j}", codes[:, j], set_id="s", scale_id="s") for j in range(3)]), whole


def test_imputed_shares_recover_what_blanks_of_the_high_answers_hide():
    data, truth = blanks(0.6)
    row = missing.imputed_shares(data, "s", rng=np.random.default_rng(4), copies=10).iloc[0]
    assert row["available"] < truth - 0.03
    assert row["low"] < truth < row["high"]
    assert row["blank"] + row["n"] == 4000


def test_imputation_leaves_those_who_did_not_know_out_of_the_share():
    data, _ = blanks(0.6)
    status = np.where(data.answers["i1"].notna(), "answered", "not_answered").astype(object)
    status[:1000] = "dont_know"
    data.status["i1"] = pd.Series(pd.Categorical(status, dtype=STATUS_TYPE))
    row = missing.imputed_shares(data, "s", rng=np.random.default_rng(5), copies=3).iloc[1]
    assert row["n"] + row["blank"] == 3000


def test_no_copies_or_no_blanks_is_a_refusal():
    data, _ = blanks(0.6)
    with pytest.raises(NotCollected, match="No completed copies"):
        missing.imputed_shares(data, "s", rng=np.random.default_rng(6), copies=0)
    with pytest.raises(NotCollected, match="No answer to these items is blank"):
        missing.imputed_shares(blanks(0.0)[0], "s", rng=np.random.default_rng(6))


def test_a_respondent_who_left_out_every_item_is_said_in_one_word():
    data = survey({}, [scale(f"i{j}", [1, 2, None]) for j in range(3)])
    assert missing.missing_patterns(data, ["i0", "i1", "i2"])["missing"].tolist() == ["complete", "every item"]


def test_pairs_are_compared_where_the_test_over_all_groups_found_something():
    data = simulated(400, shift=1.5)
    family = SimpleNamespace(items=["item_0", "item_1"], by="sector", correction="holm")
    tests = family_tests(data, {"one": family}, rng=lambda _: np.random.default_rng(1), replicates=200)
    pairs = family_pairs(data, tests, rng=np.random.default_rng(2), replicates=200)
    assert set(pairs["item"]) == {"item 0", "item 1"}
    assert len(pairs) == 20
    shifted = (pairs["first"] == "medical") | (pairs["second"] == "medical")
    assert (pairs.loc[shifted, "p_adjusted"] < 0.05).all()
    assert pairs.loc[shifted, "effect"].abs().min() > pairs.loc[~shifted, "effect"].abs().max()


def test_no_pairs_without_a_difference_and_none_with_weights():
    data = simulated(200)
    family = SimpleNamespace(items=["item_0"], by="sector", correction="holm")
    tests = family_tests(data, {"one": family}, rng=lambda _: np.random.default_rng(1), replicates=200)
    with pytest.raises(Refusal, match="no pairs of groups are compared"):
        family_pairs(data, tests, rng=np.random.default_rng(2))
    with pytest.raises(Refusal, match="tests of pairs would leave it out"):
        family_pairs(data, tests, Design("weight"), rng=np.random.default_rng(2))


def test_pairs_of_groups_on_a_choice_are_chi_square_tests():
    data = simulated(300)
    choice = survey({"sector": data.answers["sector"].astype(str)}, [
        {"item_id": "c", "kind": "single", "levels": ["yes", "no"], "values": ["yes", "no", "no"] * 100}
    ])  # fmt: skip
    pairs = pairwise_tests(choice, "c", "sector")
    first = pairs.iloc[0]
    inside = choice.answers["sector"].isin([first["first"], first["second"]])
    part = choice.answers[inside]
    table = pd.crosstab(part["c"].astype(str), part["sector"].astype(str))
    assert first["p"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, abs=1e-10)
    assert (pairs["p_adjusted"] >= pairs["p"]).all()
