"""Rankings, similarity, needs and capacity: intervals for places, and two sentences for two claims."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from survey_cases import scale, simulated, survey

from continuum.disclosure import SUPPRESSED, Rule, protect
from continuum.errors import NotCollected, TooFewCases
from continuum.survey import needs, paired, ranks, similarity
from continuum.survey.presentation import ABILITY_CELLS


@pytest.mark.parametrize(
    ("n", "share", "margin", "power"),
    [
        (133, 0.5, 0.10, 0.0),
        (133, 0.5, 0.15, 0.58),
        (133, 0.5, 0.20, 0.89),
        (133, 0.2, 0.10, 0.31),
        (428, 0.5, 0.10, 0.80),
    ],
)
def test_power_of_equivalence_is_that_of_the_methods_page(n, share, margin, power):
    assert similarity.equivalence_power(n, n, share, margin) == pytest.approx(power, abs=0.005)


def test_kendall_w_meets_the_friedman_identity():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(6, 9))
    w = similarity.kendall_w(stats.rankdata(scores, axis=1))
    friedman = stats.friedmanchisquare(*scores.T).statistic
    assert friedman == pytest.approx(6 * 8 * w, abs=1e-10)


def test_kendall_w_is_one_for_the_same_order_and_corrects_for_ties():
    assert similarity.kendall_w(np.tile([1.0, 2, 3, 4], (5, 1))) == pytest.approx(1)
    assert similarity.kendall_w(np.tile([1.5, 1.5, 3, 4], (3, 1))) == pytest.approx(1)
    assert similarity.kendall_w(np.array([[1.0, 2, 3], [3, 2, 1]])) == pytest.approx(0)


def alike(n, difference=0.0, items=5):
    """Two states with the same shares, or ``difference`` apart in the first item."""
    rng = np.random.default_rng(n)
    state = np.repeat(["State A", "State B"], n)
    share = np.linspace(0.3, 0.7, items) + np.outer(state == "State B", np.eye(items)[0]) * difference
    codes = np.where(rng.random((2 * n, items)) < share, 4, 0)
    return survey({"state": state}, [scale(f"q{j}", codes[:, j], set_id="signs") for j in range(items)])


def claims(data, margin=0.15):
    table = similarity.similarity_claims(
        data, "signs", "state", margin=margin, concordance=0.7, rng=np.random.default_rng(0), replicates=400
    )
    return table.set_index("claim")


def test_large_equal_groups_are_shown_to_be_similar():
    table = claims(alike(2000))
    assert table["shown"].all()
    assert table.loc["shares", "sentence"].startswith("Similar shares")
    assert table.loc["ranking", "sentence"].startswith("Similar ranking")
    assert table.loc["shares", "value"] < 0.1


def test_small_equal_groups_are_neither_shown_similar_nor_different():
    data = alike(60)
    pairs = similarity.equivalence_tests(data, "signs", "state", 0.15)
    sentence = claims(data).loc["shares", "sentence"]
    assert not pairs["inside"].all()
    assert sentence.startswith("Not shown to be similar")
    assert ("Not shown to differ" in sentence) == (not pairs["apart"].any())


def test_a_real_difference_is_never_called_similar():
    table = similarity.equivalence_tests(alike(800, difference=0.3), "signs", "state", 0.15).set_index("item_id")
    assert table.loc["q0", "apart"]
    assert not table.loc["q0", "inside"]
    assert table.loc["q0", "p"] > 0.9
    assert claims(alike(800, difference=0.3)).loc["shares", "low"] > 0


def test_equivalence_is_wrong_at_the_margin_in_five_percent_at_most():
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(400):
        x1, x2 = rng.binomial(400, 0.5), rng.binomial(400, 0.65)
        low, high = similarity.newcombe(x1, 400, x2, 400, similarity.LEVEL)
        wrong += bool(low > -0.15 and high < 0.15)
    assert wrong <= 400 * 0.05 + 4 * np.sqrt(400 * 0.05 * 0.95)


def test_groups_under_thirty_are_not_compared():
    with pytest.raises(TooFewCases):
        similarity.equivalence_tests(alike(29), "signs", "state", 0.15)


def test_ranks_do_not_depend_on_the_order_of_items():
    data = simulated(300, items=6)
    names = [f"item_{j}" for j in range(6)]
    forward = ranks.rank_intervals(data, names, rng=np.random.default_rng(1), replicates=300).set_index("item_id")
    backward = ranks.rank_intervals(data, names[::-1], rng=np.random.default_rng(1), replicates=300).set_index(
        "item_id"
    )
    columns = ["rank", "rank_low", "rank_high", "overlaps"]
    assert forward.loc[names, columns].equals(backward.loc[names, columns])


def test_items_with_overlapping_places_are_not_distinguishable():
    codes = np.where(np.random.default_rng(2).random((400, 3)) < [0.9, 0.5, 0.5], 4, 0)
    data = survey({"state": ["A"] * 400}, [scale(f"q{j}", codes[:, j]) for j in range(3)])
    table = ranks.rank_intervals(data, ["q0", "q1", "q2"], rng=np.random.default_rng(1)).set_index("item_id")
    assert table.loc["q0", ["rank_low", "rank_high", "overlaps"]].tolist() == [1, 1, 0]
    assert table.loc["q1", "overlaps"] == table.loc["q2", "overlaps"] == 1


def test_places_share_ties():
    assert ranks.places(np.array([0.5, 0.7, 0.5, 0.1])).tolist() == [2.5, 1, 2.5, 4]


def test_bootstrap_shares_of_many_respondents_come_from_their_normal_limit(monkeypatch):
    rng = np.random.default_rng(4)
    top = rng.random((1500, 3)) < [0.2, 0.5, 0.7]
    known = rng.random((1500, 3)) < 0.9
    exact = ranks.bootstrap_shares(top & known, known, rng, 3000)[1]
    monkeypatch.setattr(ranks, "NORMAL_ABOVE", 100)
    limit = ranks.bootstrap_shares(top & known, known, rng, 3000)[1]
    assert np.abs(exact.std(axis=0) / limit.std(axis=0) - 1).max() < 0.08


def test_a_ranking_needs_two_items():
    with pytest.raises(TooFewCases, match="two items"):
        ranks.rank_intervals(simulated(100), "item_0", rng=np.random.default_rng(0))


def paired_survey(n=200, base=None):
    rng = np.random.default_rng(5)
    need = np.where(rng.random((n, 2)) < [0.8, 0.4], 4, 1)
    able = np.where(rng.random((n, 2)) < [0.2, 0.5], 2, np.where(rng.random((n, 2)) < 0.5, 1, 0))
    texts = ["Shelter", "Food"]
    items = [scale(f"need_{j}", need[:, j], text=texts[j], block="need") for j in range(2)]
    items += [
        scale(f"meet_{j}", able[:, j], ["not able", "partly", "able"], text=texts[j].upper(), block="capacity", top=1)
        for j in range(2)
    ]
    return survey({"sector": ["legal"] * n}, items)


def test_gap_is_need_minus_coverage_and_ranked():
    data = paired_survey()
    table = needs.need_gaps(data).set_index("item")
    assert table.loc["Shelter", "gap"] == pytest.approx(table.loc["Shelter", "need"] - table.loc["Shelter", "in_house"])
    assert table["rank"].to_dict() == {"Shelter": 1, "Food": 2}
    assert (table["low"] < table["gap"]).all()
    assert (table["gap"] < table["high"]).all()
    assert (table["with_referral"] > table["in_house"]).all()


def test_abilities_of_a_need_add_up():
    table = needs.ability_table(paired_survey(), by="sector")
    assert table.groupby("item")["share"].sum().tolist() == pytest.approx([1, 1])
    assert list(dict.fromkeys(table["ability"])) == ["not met", "partly", "met"]


@pytest.mark.parametrize(("n", "shown"), [(9, "suppressed"), (10, "counts"), (30, "percent")])
def test_small_cells_of_needs_are_suppressed(n, shown):
    table = needs.ability_table(paired_survey(n))
    assert set(table["shown"]) == {shown}
    hidden = protect(table, Rule(1), **ABILITY_CELLS)["count"] == SUPPRESSED
    assert hidden.all() == hidden.any() == (n < 10)
    assert needs.need_gaps(paired_survey(n))["gap"].isna().all() == (n < 30)


def test_without_needs_the_gap_is_refused():
    with pytest.raises(NotCollected, match="block need"):
        needs.need_gaps(simulated(50))


def test_paired_interval_is_narrower_for_answers_that_go_together():
    rng = np.random.default_rng(6)
    first = rng.random(300) < 0.5
    same, other = first.copy(), rng.permutation(first)
    same[:20] = ~same[:20]
    known = np.ones(300, dtype=bool)
    close = paired.paired_difference(first, known, same, known)
    loose = paired.paired_difference(first, known, other, known)
    assert close["high"] - close["low"] < 0.6 * (loose["high"] - loose["low"])


def test_paired_interval_covers_the_truth_with_missing_answers():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        latent = rng.normal(size=150)
        first, second = latent + rng.normal(size=150) > 0.3, latent + rng.normal(size=150) > 0
        found = paired.paired_difference(first, rng.random(150) < 0.9, second, rng.random(150) < 0.9)
        truth = stats.norm.sf(0.3 / np.sqrt(2)) - 0.5
        hits += found["low"] <= truth <= found["high"]
    assert 362 <= hits <= 396


def test_newcombe_of_independent_shares_is_the_limit_without_correlation():
    rng = np.random.default_rng(8)
    first, second = rng.random(4000) < 0.3, rng.random(4000) < 0.5
    known = np.ones(4000, dtype=bool)
    found = paired.paired_difference(first, known, second, known)
    expected = similarity.newcombe(first.sum(), 4000, second.sum(), 4000)
    assert (found["low"], found["high"]) == pytest.approx(expected, abs=0.002)


def test_labor_and_sex_are_matched_by_their_text():
    rng = np.random.default_rng(9)
    items = [
        scale(f"{kind}_{j}", rng.integers(0, 5, 100), text=f"Sign {j}", exploitation=kind)
        for kind in ("labor", "sex")
        for j in range(3)
    ]
    table = paired.labor_and_sex(survey({"state": ["A"] * 100}, items))
    assert table["item"].tolist() == ["Sign 0", "Sign 1", "Sign 2"]
    assert np.allclose(table["difference"], table["labor"] - table["sex"])
    with pytest.raises(NotCollected, match="labor"):
        paired.labor_and_sex(simulated(50))
