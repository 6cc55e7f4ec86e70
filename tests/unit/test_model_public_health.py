"""Surveillance, gaps, effects and screening: exact where the mathematics is exact, refused where words would overreach."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.disclosure import Rule, protect
from continuum.errors import BadInput, NotCollected, PerceptionNotRisk, TooFewCases
from continuum.model.case_effects import case_effects, exposure_effects, refuse_perceptions
from continuum.model.gaps import need_capacity
from continuum.model.screening import predictive_values
from continuum.model.surveillance import control_chart, garwood, report_rates
from continuum.published import effects, fact


def test_poisson_intervals_match_r_4_2_2_poisson_test():
    low, high = garwood(np.array([3, 17]))
    assert low == pytest.approx([0.6186721, 9.9031265], abs=1e-7)
    assert high == pytest.approx([8.7672731, 27.2186468], abs=1e-7)


def test_no_report_has_an_interval_from_zero():
    low, high = garwood(np.array([0]))
    assert (low[0], high[0]) == (0, pytest.approx(3.6888795, abs=1e-7))


REPORTS = pd.DataFrame({
    "site": ["N", "N", "N", "S"], "period": ["1", "2", "2", "1"],
    "status": ["suspected", "suspected", "confirmed", "suspected"], "n": [4, 6, 3, 5],
})  # fmt: skip
SERVED = pd.DataFrame({"site": ["N", "N"], "period": ["1", "2"], "persons_served": [500.0, 1500.0]})


def test_suspected_and_confirmed_are_never_added():
    table = report_rates(REPORTS, SERVED).set_index(["site", "status"])
    assert table.loc[("N", "suspected"), "rate"] == pytest.approx(10 / 2000 * 1000)
    assert table.loc[("N", "confirmed"), "rate"] == pytest.approx(3 / 1500 * 1000)


def test_without_people_served_the_count_stands_alone():
    table = report_rates(REPORTS, SERVED).set_index(["site", "status"])
    assert table.loc[("S", "suspected"), "reports"] == 5
    assert np.isnan(table.loc[("S", "suspected"), "rate"])


def test_a_rate_uses_only_reports_whose_people_served_are_known():
    table = report_rates(REPORTS, SERVED.iloc[:1]).set_index(["site", "status"])
    assert table.loc[("N", "suspected"), ["reports", "rate"]].tolist() == [4, 8]


def test_control_limits_by_hand():
    chart = control_chart(REPORTS, SERVED).query("status == 'suspected'").set_index("period")
    assert chart["center"].tolist() == [5.0, 5.0]
    assert chart.loc["1", "upper"] == pytest.approx(1000 * (0.005 + 3 * np.sqrt(0.005 / 500)))
    assert chart["lower"].min() == 0
    assert not chart["outside"].any()


def test_screening_checks_follow_from_published_counts():
    qyit = predictive_values(26 / 30, 237 / 310, [30 / 340, 0.01, 0.05])
    assert round(100 * qyit["ppv"][0], 1) == fact("REL-073").value
    assert round(100 * qyit["npv"][0], 1) == fact("REL-074").value
    raft = predictive_values(1.0, 0.61, [0.014, 0.05, 0.2])
    assert round(100 * raft["ppv"][0], 1) == fact("REL-081").value
    assert raft["npv"].tolist() == [1, 1, 1]


@given(st.floats(0.05, 1), st.floats(0.05, 0.95))
def test_the_predictive_value_rises_with_the_base_rate(sensitivity, specificity):
    table = predictive_values(sensitivity, specificity, [0.01, 0.1, 0.5])
    assert (np.diff(table["ppv"]) > -1e-12).all()
    assert (np.diff(table["npv"]) < 1e-12).all()


def test_screening_needs_three_base_rates_and_shares():
    with pytest.raises(BadInput, match="three base rates"):
        predictive_values(0.9, 0.9, [0.01])
    with pytest.raises(BadInput, match="lie from 0 to 1"):
        predictive_values(90, 0.9)


def admissions() -> pd.DataFrame:
    """UCBAdmissions of R's datasets: admitted and rejected men and women in six departments (Bickel et al. 1975)."""
    counts = [(512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391),
              (138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317)]  # fmt: skip
    rows = []
    for department, (ma, mr, fa, fr) in zip("ABCDEF", counts, strict=True):
        for n, male, admitted in ((ma, 1, 1), (mr, 1, 0), (fa, 0, 1), (fr, 0, 0)):
            rows += [(department, male, admitted)] * n
    return pd.DataFrame(rows, columns=["department", "male", "admitted"])


def test_the_pooled_odds_ratio_matches_r_4_2_2_mantelhaen_test():
    row = case_effects(admissions(), ["male"], "admitted", site="department").iloc[0]
    assert row["statistic"] == pytest.approx(1.4269462, abs=1e-6)
    assert row["p"] == pytest.approx(0.2322635, abs=1e-6)
    assert row["odds_ratio"] == pytest.approx(0.9046968, abs=1e-6)
    assert row["p_interaction"] < 0.01
    assert row["risk_ratio"] == pytest.approx((1198 / 2691) / (557 / 1835), abs=1e-9)


def test_an_empty_cell_gives_no_ratio():
    cases = pd.DataFrame({"x": [1] * 20 + [0] * 30, "y": [1] * 20 + [0] * 15 + [1] * 15})
    assert np.isnan(case_effects(cases, ["x"], "y")["odds_ratio"].item())


def test_few_cases_and_other_codes_are_refused():
    with pytest.raises(TooFewCases):
        case_effects(pd.DataFrame({"x": [0, 1], "y": [0, 1]}), ["x"], "y")
    with pytest.raises(BadInput, match="other than 0 and 1"):
        case_effects(pd.DataFrame({"x": [2] * 50, "y": [1] * 50}), ["x"], "y")


def test_a_perception_is_never_printed_as_an_effect():
    table = effects()
    with pytest.raises(PerceptionNotRisk, match="ratings by providers"):
        refuse_perceptions(table)
    assert len(refuse_perceptions(table[table["measure"] != "mean"])) == 13


def data(answers: pd.DataFrame, items: pd.DataFrame) -> SimpleNamespace:
    return SimpleNamespace(answers=answers, items=items)


def survey(n: int = 60, shift: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    need = pd.Categorical.from_codes(np.arange(n) % 5, ["never", "rarely", "sometimes", "often", "very"], ordered=True)
    meet = pd.Categorical.from_codes((np.arange(n) + shift) % 3, ["no", "partly", "yes"], ordered=True)
    answers = pd.DataFrame({"need_1": need, "meet_1": meet, "state": ["A", "B"] * (n // 2)})
    items = pd.DataFrame({
        "item_id": ["need_1", "meet_1"], "text": ["Housing", "Housing"], "block": ["need", "capacity"], "top": [2, 1],
    })  # fmt: skip
    return answers, items


def test_the_gap_is_need_minus_coverage_of_the_same_respondents():
    answers, items = survey()
    row = need_capacity(data(answers, items), np.random.default_rng(0)).iloc[0]
    assert row[["need_share", "in_house", "covered"]].tolist() == pytest.approx([0.4, 1 / 3, 2 / 3])
    assert row["gap"] == pytest.approx(0.4 - 2 / 3)
    assert row["low"] < row["gap"] < row["high"]
    assert row["gap_in_house"] == pytest.approx(0.4 - 1 / 3)


def test_small_groups_have_no_estimate():
    answers, items = survey(18)
    table = need_capacity(data(answers, items), np.random.default_rng(0), by="state")
    assert table["n"].tolist() == [9, 9]
    assert table["gap"].isna().all()


def test_the_base_of_the_smallest_group_is_hidden_where_few_state_no_group():
    answers, items = survey(90)
    answers["state"] = ["A"] * 30 + ["B"] * 57 + [None] * 3
    table = need_capacity(data(answers, items), np.random.default_rng(0), by="state")
    assert dict(zip(table["group"], table["smallest"], strict=True))["A"] == 3
    hidden = protect(table, Rule(5), counts=["n"], behind="smallest")
    assert hidden["n"].tolist() == ["[c]", 57]


def test_resampling_agencies_widens_the_interval_when_they_agree():
    answers, items = survey(60)
    answers["agency"] = np.arange(60) // 12
    answers["need_1"] = pd.Categorical.from_codes(
        4 * (answers["agency"] % 2), answers["need_1"].cat.categories, ordered=True
    )
    single, clustered = (
        need_capacity(data(answers, items), np.random.default_rng(0), cluster=c).iloc[0] for c in (None, "agency")
    )
    assert clustered["high"] - clustered["low"] > single["high"] - single["low"]


@pytest.mark.parametrize("cluster", [None, "agency"])
def test_the_interval_is_that_of_resampling_units_one_by_one(cluster: str | None):
    answers, items = survey(360, shift=1)
    answers["agency"] = np.random.default_rng(4).integers(0, 40, 360)
    row = need_capacity(data(answers, items), np.random.default_rng(0), cluster=cluster, replicates=40_000).iloc[0]
    difference = (answers["need_1"].cat.codes >= 3).astype(int) - (answers["meet_1"].cat.codes >= 1)
    units = pd.factorize(answers["agency"])[0] if cluster else np.arange(360)
    sums, sizes = np.bincount(units, weights=difference), np.bincount(units)
    drawn = np.random.default_rng(5).integers(0, len(sums), (40_000, len(sums)))
    expected = np.percentile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    assert [row["low"], row["high"]] == pytest.approx(expected, abs=0.004)


def test_a_million_respondents_need_no_memory_for_each_of_their_samples():
    answers, items = survey(30)
    many = pd.concat([answers] * 33_334, ignore_index=True)
    row = need_capacity(data(many, items), np.random.default_rng(0)).iloc[0]
    assert row["n"] == len(many)  # 2,000 samples of so many weights would be 16 GB
    assert row["low"] < row["gap"] < row["high"] < row["low"] + 0.01


def test_a_survey_without_pairs_is_refused():
    answers, items = survey()
    with pytest.raises(NotCollected):
        need_capacity(data(answers, items.assign(text=["Housing", "Food"])), np.random.default_rng(0))


def test_effects_of_exposures_count_people_who_met_none():
    exposures = pd.DataFrame({"person_id": [f"p{k}" for k in range(40)], "exposure": "debt"})
    level = [2] * 20 + [0] * 20 + [2] * 10 + [0] * 30
    outcomes = pd.DataFrame({"person_id": [f"p{k}" for k in range(80)], "level": level})
    row = exposure_effects(exposures, outcomes).iloc[0]
    assert row[["exposed", "cases", "n"]].tolist() == [40, 20, 80]
    assert row["odds_ratio"] == pytest.approx((20 / 20) / (10 / 30))
    assert row["risk_ratio"] == pytest.approx(2)


@pytest.mark.parametrize("fields", [(20, 20, 3, 37), (20, 4, 20, 36), (1, 20, 20, 39), (30, 20, 20, 2)])
def test_an_effect_with_a_small_field_is_hidden_with_its_bases(fields: tuple[int, int, int, int]):
    pairs = [(1, 1), (1, 0), (0, 1), (0, 0)]
    cases = pd.DataFrame(
        [pair for pair, n in zip(pairs, fields, strict=True) for _ in range(n)], columns=["x", "y"]
    ).assign(z=lambda table: [0, 1] * (len(table) // 2))
    counts = ["exposed", "cases", "n"]
    table = protect(case_effects(cases, ["x", "z"], "y"), Rule(5), counts=counts, behind="smallest",
                    derived={"cases": ["odds_ratio", "or_low", "or_high", "risk_ratio", "p"]})  # fmt: skip
    hidden = table.set_index("factor").loc["x", [*counts, "odds_ratio", "or_low", "or_high", "risk_ratio", "p"]]
    assert set(hidden) == {"[c]"}
    assert "smallest" not in table


def test_a_gap_tells_of_no_share_that_a_few_people_make():
    answers, items = survey()
    table = need_capacity(data(answers, items), np.random.default_rng(0))
    row = table.iloc[0]
    behind = [row["need_share"], 1 - row["need_share"], row["in_house"], row["covered"] - row["in_house"],
              1 - row["covered"]]  # fmt: skip
    assert row["smallest"] == min(round(share * row["n"]) for share in behind if round(share * row["n"]))
