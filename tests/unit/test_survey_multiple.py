"""Multiple responses: the base is who answered, a person stays together, contradictions are named."""

from __future__ import annotations

import numpy as np
import pytest
from survey_cases import simulated, survey

from continuum.charts.upset import upset
from continuum.errors import BadInput
from continuum.survey import Design
from continuum.survey import multiple as mr

NAN = None


def question(rows, sectors=None, weight=None):
    """Options a, b and none from rows of 0/1; a row of None was not answered."""
    columns = list(zip(*rows, strict=True))
    status = ["not_answered" if row[0] is None else "answered" for row in rows]
    items = [
        {"item_id": name, "kind": "multiple", "values": values, "set_id": "services", "none_option": name == "none"}
        for name, values in zip(["a", "b", "none"], columns, strict=True)
    ]
    respondents = {"sector": sectors or ["legal"] * len(rows)} | ({"weight": weight} if weight else {})
    return survey(respondents, items, dict.fromkeys(["a", "b", "none"], status))


@pytest.fixture
def forty():
    rows = [(1, 1, 0)] * 10 + [(1, 0, 0)] * 10 + [(0, 0, 1)] * 15 + [(NAN, NAN, NAN)] * 5 + [(1, 0, 1)] * 2
    return question(rows)


def test_the_base_is_respondents_who_answered_at_least_one_option(forty):
    table = mr.multiple_response(forty, "services").set_index("item_id")
    assert set(table["n"]) == {35}
    assert table["count"].to_dict() == {"a": 20, "b": 10, "none": 15}
    assert table.loc["a", "share"] == pytest.approx(20 / 35)
    assert set(table["missing"]) == {5}


def test_none_chosen_with_an_option_is_listed_and_left_out(forty):
    assert set(mr.multiple_response(forty, "services")["excluded"]) == {2}
    listed = mr.contradictions(forty, "services")
    assert listed.to_dict("records") == [{"option": "a", "count": 2}]


def test_mean_number_of_options_counts_none_as_zero(forty):
    assert mr.multiple_response(forty, "services")["mean_options"].iloc[0] == pytest.approx((10 * 2 + 10) / 35)


def test_everything_ticked_false_is_no_answer():
    data = question([(0, 0, 0)] * 12 + [(1, 0, 0)] * 30)
    assert mr.multiple_response(data, "services")["n"].iloc[0] == 30


def test_small_bases_lose_shares_and_then_counts():
    shown = {n: mr.multiple_response(question([(1, 0, 0)] * n), "services").iloc[0]["shown"] for n in (9, 10, 29, 30)}
    assert shown == {9: "suppressed", 10: "counts", 29: "counts", 30: "percent"}


def test_weights_move_the_shares():
    data = question([(1, 0, 0)] * 30 + [(0, 1, 0)] * 30, weight=[3.0] * 30 + [1.0] * 30)
    assert mr.multiple_response(data, "services", design=Design("weight"))["share"].iloc[0] == pytest.approx(0.75)


def test_combinations_add_up_to_the_base_and_name_their_members(forty):
    table = mr.option_combinations(forty, "services")
    assert table["count"].sum() == 35
    assert dict(zip(table["combination"], table["count"], strict=True)) == {"none": 15, "a + b": 10, "a": 10}
    assert table.loc[table["combination"] == "a + b", ["a", "b", "none"]].to_numpy().tolist() == [[True, True, False]]


def test_the_upset_plot_keeps_the_order_of_options_and_leaves_hidden_rows_out(forty):
    table = mr.option_combinations(forty, "services").astype({"count": "object"})
    table.loc[table["combination"] == "a + b", "count"] = "[c]"
    spec = upset(table, ["b", "a", "none"]).to_dict()
    assert spec["vconcat"][1]["layer"][0]["encoding"]["y"]["scale"]["domain"] == ["b", "a", "none"]
    drawn = {row["combination"] for rows in spec["datasets"].values() for row in rows}
    assert drawn == {"none", "a"}


def test_items_that_are_no_options_are_refused(forty):
    with pytest.raises(BadInput, match="'item_0' is not an option"):
        mr.multiple_response(simulated(40), "signs")


def correlated(rng, n=400, groups=3):
    latent = rng.normal(size=(n, 1))
    chosen = latent + rng.normal(size=(n, 5)) * 0.7 > 0.3
    sectors = [["legal", "medical", "social"][g] for g in rng.integers(0, groups, n)]
    items = [
        {
            "item_id": f"o{j}",
            "kind": "multiple",
            "values": np.where(chosen.any(axis=1), chosen[:, j], False),
            "set_id": "q",
        }
        for j in range(5)
    ]
    return survey({"sector": sectors}, items)


def test_option_contrasts_hold_their_family_level_although_options_go_together():
    rng = np.random.default_rng(1)
    smallest = [
        mr.option_contrasts(correlated(rng), "q", "sector", rng=rng, permutations=199)["p_max"].min() for _ in range(60)
    ]
    rejected = np.mean(np.array(smallest) <= 0.05)
    assert rejected <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)


def test_option_contrasts_find_a_difference_and_its_size():
    rng = np.random.default_rng(2)
    data = correlated(rng)
    legal = (data.answers["sector"] == "legal").to_numpy()
    data.answers.loc[legal, "o1"] = rng.random(legal.sum()) < 0.95
    table = mr.option_contrasts(data, "q", "sector", rng=rng, permutations=999).set_index(["option", "group"])
    hit = table.loc[("o1", "legal")]
    assert hit["p_max"] == pytest.approx(0.001)
    assert hit["difference"] == pytest.approx(hit["share"] - hit["other_share"])
    assert hit["z"] > 5


def test_the_standardized_statistic_is_the_permutation_mean_and_variance():
    rng = np.random.default_rng(3)
    x = rng.random((60, 2)) < 0.4
    member = np.arange(60)[:, None] // 20 == np.arange(3)
    counts = np.array([x.astype(float).T @ member[rng.permutation(60)] for _ in range(20_000)])
    z = mr._standardized(counts, x.astype(float), member.sum(axis=0))
    assert np.abs(z.mean(axis=0)).max() < 0.03
    assert np.abs(z.std(axis=0) - 1).max() < 0.03


def test_the_normal_limit_agrees_with_permutation(monkeypatch):
    data = correlated(np.random.default_rng(4), n=1500)
    exact = mr.option_contrasts(data, "q", "sector", rng=np.random.default_rng(5), permutations=4000)
    monkeypatch.setattr(mr, "NORMAL_ABOVE", 100)
    limit = mr.option_contrasts(data, "q", "sector", rng=np.random.default_rng(6), permutations=4000)
    assert np.abs(exact["p_max"] - limit["p_max"]).max() < 0.04


def test_a_group_under_five_is_shown_and_not_tested():
    rows = [(1, 0, 0), (0, 1, 0)] * 20 + [(1, 0, 0)] * 4
    data = question(rows, ["legal"] * 20 + ["medical"] * 20 + ["social"] * 4)
    table = mr.option_contrasts(data, "services", "sector", rng=np.random.default_rng(0), permutations=99)
    assert table.groupby("group")["tested"].any().to_dict() == {"legal": True, "medical": True, "social": False}
    assert table.loc[table["group"] == "social", "p_max"].isna().all()
