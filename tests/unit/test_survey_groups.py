"""Group tests: the stated rule chooses, published programs agree, and what cannot be tested says why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from survey_cases import scale, simulated, survey

from continuum.errors import BadInput
from continuum.survey import Design, effects, group_tests
from continuum.survey.multiplicity import adjust, permutation_p, step_down_maxt
from continuum.survey.rank_tests import brunner_munzel, count_table, dunn, kruskal_wallis, mann_whitney, superiority


def two_samples(seed, n1=40, n2=55, levels=5):
    rng = np.random.default_rng(seed)
    return rng.integers(0, levels, n1), np.minimum(rng.integers(0, levels + 1, n2), levels - 1)


def table_of(*samples):
    values = np.concatenate(samples)
    return count_table(values, np.repeat(np.arange(len(samples)), [len(s) for s in samples]))


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_mann_whitney_from_counts_equals_scipy(alternative):
    x, y = two_samples(1)
    expected = stats.mannwhitneyu(x, y, alternative=alternative, method="asymptotic")
    assert mann_whitney(table_of(x, y), alternative) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


def test_small_samples_without_ties_get_the_exact_distribution():
    x, y = np.arange(0, 20, 2), np.arange(1, 12, 2)
    expected = stats.mannwhitneyu(x, y, method="exact")
    assert mann_whitney(table_of(x, y)) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12)


def test_kruskal_wallis_from_counts_equals_scipy():
    x, y = two_samples(2)
    z = np.random.default_rng(3).integers(0, 5, 60)
    assert kruskal_wallis(table_of(x, y, z)) == pytest.approx(stats.kruskal(x, y, z).statistic, rel=1e-12)


def test_brunner_munzel_from_counts_equals_scipy():
    x, y = two_samples(4)
    expected = stats.brunnermunzel(x, y)
    statistic, _, p = brunner_munzel(table_of(x, y))
    assert (statistic, p) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-10)


def test_superiority_is_the_share_of_pairs_won_with_ties_halved():
    x, y = two_samples(5)
    pairs = (x[:, None] > y).mean() + (x[:, None] == y).mean() / 2
    assert superiority(table_of(x, y)) == pytest.approx(pairs, rel=1e-12)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=7))
def test_swapping_the_groups_turns_the_sign_of_cliffs_delta(rows):
    table = np.array(rows)
    if (table.sum(axis=0) > 0).all():
        assert effects.cliff_delta(table) == pytest.approx(-effects.cliff_delta(table[:, ::-1]), abs=1e-12)


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=5), st.randoms())
def test_cramers_v_does_not_depend_on_the_order_of_rows_and_columns(rows, random):
    table = np.array(rows)
    moved = table[random.sample(range(len(table)), len(table))][:, ::-1]
    assert effects.cramers_v(table) == pytest.approx(effects.cramers_v(moved), abs=1e-12, nan_ok=True)


def test_uncorrected_v_of_a_two_by_two_table_ignores_the_continuity_correction():
    table = np.array([[12, 5], [6, 11]])
    expected = np.sqrt(stats.chi2_contingency(table, correction=False).statistic / table.sum())
    assert effects.cramers_v(table, corrected=False) == pytest.approx(expected, rel=1e-12)


def test_dunn_equals_its_formula_with_the_correction_for_ties():
    samples = [np.array([1, 2, 2, 3]), np.array([2, 3, 4, 4, 5]), np.array([3, 5, 5])]
    table = table_of(*samples)
    pooled = np.concatenate(samples)
    ranks = stats.rankdata(pooled)
    n = len(pooled)
    ties = sum(t**3 - t for t in np.unique(pooled, return_counts=True)[1])
    variance = n * (n + 1) / 12 - ties / (12 * (n - 1))
    z = (ranks[:4].mean() - ranks[4:9].mean()) / np.sqrt(variance * (1 / 4 + 1 / 5))
    found = dunn(table, ["a", "b", "c"]).iloc[0]
    assert found["z"] == pytest.approx(z, rel=1e-12)
    assert found["p_adjusted"] >= found["p"]


def test_the_rule_chooses_by_kind_and_number_of_groups():
    rng = np.random.default_rng(7)
    n = 300
    data = simulated(n)
    data = survey(
        {"sector": data.answers["sector"], "state": data.answers["state"]},
        [
            scale("rating", rng.integers(0, 5, n)),
            {"item_id": "role", "kind": "single", "levels": ["a", "b", "c"], "values": rng.choice(["a", "b", "c"], n)},
            {"item_id": "rare", "kind": "single", "levels": ["a", "b", "c"], "values": ["c", "b"] + ["a"] * (n - 2)},
            {"item_id": "option", "kind": "multiple", "values": rng.random(n) < 0.4},
            {"item_id": "seldom", "kind": "multiple", "values": np.arange(n) < 3},
            {"item_id": "years", "kind": "number", "values": rng.gamma(2, 4, n)},
        ],
    )
    items = ["rating", "role", "rare", "option", "seldom", "years"]
    by_sector = group_tests(data, items, "sector", permutations=199).set_index("item_id")
    by_state = group_tests(data, items, "state", permutations=199).set_index("item_id")
    assert by_sector["test"].to_dict() == {
        "rating": "Kruskal-Wallis", "role": "chi-square", "rare": "chi-square, simulated", "option": "chi-square",
        "seldom": "chi-square, simulated", "years": "Welch ANOVA",
    }  # fmt: skip
    assert by_state["test"].to_dict() == {
        "rating": "Mann-Whitney", "role": "chi-square", "rare": "chi-square, simulated", "option": "chi-square",
        "seldom": "Fisher's exact", "years": "Welch t",
    }  # fmt: skip
    inside = by_sector["effect_low"].le(by_sector["effect"] + 1e-9) & by_sector["effect_high"].ge(by_sector["effect"])
    assert inside.all()


def test_tests_equal_scipy_on_a_simulated_survey():
    data = simulated(300, shift=0.4)
    found = group_tests(data, "signs", "sector").set_index("item_id")
    groups = [part["item_0"].cat.codes for _, part in data.answers.groupby("sector", observed=True)]
    expected = stats.kruskal(*groups)
    assert found.loc["item_0", ["statistic", "p"]].tolist() == pytest.approx([expected.statistic, expected.pvalue])
    assert found.loc["item_0", "effect"] == pytest.approx(expected.statistic / 299)


def test_brunner_munzel_is_used_where_spreads_may_differ():
    assert set(group_tests(simulated(200), "signs", "state", unequal_spread=True)["test"]) == {"Brunner-Munzel"}


def test_holm_and_bh_work_within_the_family_and_leave_untestable_items_out():
    p = np.array([0.01, np.nan, 0.02, 0.04])
    assert adjust(p, "holm")[[0, 2, 3]].tolist() == pytest.approx([0.03, 0.04, 0.04])
    assert adjust(p, "bh")[[0, 2, 3]].tolist() == pytest.approx([0.03, 0.03, 0.04])
    assert np.isnan(adjust(p, "holm")[1])


def test_simulated_p_values_are_never_zero():
    assert permutation_p(0, 999) == pytest.approx(0.001)
    assert permutation_p(999, 999) == 1


def test_maxt_is_monotone_and_never_smaller_than_the_single_test():
    rng = np.random.default_rng(0)
    draws = rng.chisquare(4, (4000, 6))
    observed = np.array([16.0, 9.0, np.nan, 4.0, 2.0, 12.0])
    adjusted = step_down_maxt(observed, draws)
    single = permutation_p((draws >= observed).sum(axis=0), 4000)
    known = ~np.isnan(observed)
    assert (adjusted[known] >= single[known] - 1e-12).all()
    assert (np.diff(adjusted[known][np.argsort(-observed[known])]) >= 0).all()
    assert np.isnan(adjusted[2])


def test_maxt_uses_how_items_hang_together():
    rng = np.random.default_rng(5)
    n = 300
    base = rng.integers(0, 5, n)
    sector = np.where(rng.random(n) < 0.5, "legal", "medical")
    base = np.where((sector == "medical") & (rng.random(n) < 0.25), 4, base)
    same = survey({"sector": sector}, [scale(f"q{j}", base) for j in range(8)])
    table = group_tests(same, [f"q{j}" for j in range(8)], "sector", correction="maxt", permutations=1999)
    holm = adjust(table["p"].to_numpy(), "holm")
    # Eight copies of one item are one test: max-T does not multiply, Holm does.
    assert table["p_adjusted"].max() < 3 * table["p"].max() + 0.002
    assert holm.min() == pytest.approx(min(1, 8 * table["p"].min()))


def test_a_group_with_one_respondent_is_left_out_and_named():
    n = 61
    data = survey({"sector": ["legal"] * 30 + ["medical"] * 30 + ["foster care"]}, [scale("q", np.arange(n) % 5)])
    found = group_tests(data, "q", "sector").iloc[0]
    assert (found["groups"], found["n"], found["test"]) == (2, 60, "Mann-Whitney")
    assert found["note"].endswith("left out, fewer than 5 answers: foster care")  # the note is published: not how many


@pytest.mark.parametrize(("size", "groups"), [(4, 2), (5, 3)])
def test_five_answers_are_enough_and_four_are_not(size, groups):
    sectors = ["legal"] * 30 + ["medical"] * 30 + ["social"] * size
    found = group_tests(survey({"sector": sectors}, [scale("q", np.arange(60 + size) % 5)]), "q", "sector").iloc[0]
    assert found["groups"] == groups


def test_tied_answers_give_no_statistic_and_no_p():
    data = survey({"sector": ["legal"] * 30 + ["medical"] * 30}, [scale("q", [2] * 60), scale("r", [1, 2] * 30)])
    table = group_tests(data, ["q", "r"], "sector").set_index("item_id")
    assert table.loc["q", ["statistic", "p", "p_adjusted"]].isna().all()
    assert table.loc["q", "note"] == "all answers are tied"
    assert set(table["family_size"]) == {1}


def test_an_item_nobody_answered_is_reported_untested():
    data = survey({"sector": ["legal"] * 30 + ["medical"] * 30}, [scale("q", [-1] * 60), scale("r", [1, 2] * 30)])
    table = group_tests(data, ["q", "r"], "sector").set_index("item_id")
    assert table.loc["q", "test"] == "none"
    assert np.isnan(table.loc["q", "p"])


def test_weighted_items_are_tested_with_rao_scott():
    rng = np.random.default_rng(2)
    data = simulated(300, shift=0.6)
    data.answers["weight"] = rng.uniform(0.5, 3, 300)
    table = group_tests(data, "signs", "sector", Design("weight"))
    assert set(table["test"]) == {"Rao-Scott F"}
    assert table["p"].between(0, 1).all()
    with pytest.raises(BadInput, match="does not take a design"):
        group_tests(data, "signs", "sector", Design("weight"), correction="maxt")


def test_equal_weights_give_about_the_unweighted_chi_square():
    data = simulated(400, shift=0.5)
    data.answers["weight"] = 1.0
    f = group_tests(data, ["item_0"], "sector", Design("weight")).iloc[0]
    table = pd.crosstab(data.answers["item_0"], data.answers["sector"])
    assert f["p"] == pytest.approx(stats.chi2_contingency(table).pvalue, rel=0.25)


def test_kruskal_wallis_holds_its_level_on_independent_scales():
    rng = np.random.default_rng(8)
    draws = rng.multinomial(667, np.ones(25) / 25, size=4000).reshape(-1, 5, 5)
    rejected = (stats.chi2.sf(kruskal_wallis(draws), 4) < 0.05).mean()
    assert abs(rejected - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 4000)


def test_bootstrap_intervals_of_cliffs_delta_cover_the_truth():
    rng = np.random.default_rng(9)
    first, second = np.array([0.1, 0.2, 0.3, 0.25, 0.15]), np.array([0.2, 0.3, 0.25, 0.15, 0.1])
    truth = effects.cliff_delta(np.stack([first, second], axis=1))
    hits = 0
    for _ in range(300):
        table = np.stack([rng.multinomial(130, first), rng.multinomial(130, second)], axis=1)
        low, high = effects.table_interval(table, effects.cliff_delta, rng, replicates=500)
        hits += low <= truth <= high
    assert 270 <= hits <= 298


def test_the_same_seed_gives_the_same_table():
    data = simulated(200)
    first = group_tests(data, "signs", "sector", rng=np.random.default_rng(3))
    pd.testing.assert_frame_equal(first, group_tests(data, "signs", "sector", rng=np.random.default_rng(3)))


def test_intervals_of_a_large_table_come_from_the_normal_limit(monkeypatch):
    table = np.array([[900, 1100], [1000, 1000], [1100, 900]])
    exact = effects.table_interval(table, effects.cliff_delta, np.random.default_rng(1), replicates=20_000)
    monkeypatch.setattr(effects, "NORMAL_ABOVE", 100)
    limit = effects.table_interval(table, effects.cliff_delta, np.random.default_rng(2), replicates=20_000)
    assert limit == pytest.approx(exact, abs=0.002)
