"""Likert tables: bars of exactly 100 percent, labels that add up, empty levels kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survey_cases import AGREE, scale, simulated, survey

from continuum.charts.likert import diverging, likert
from continuum.errors import BadInput
from continuum.survey import Design, likert_table
from continuum.survey.likert import largest_remainder


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=9).filter(any))
def test_labels_add_up_to_100_and_stay_within_one_of_the_share(counts):
    shares = np.array(counts) / sum(counts) * 100
    labels = largest_remainder(shares)
    assert labels.sum() == 100
    assert (np.abs(labels - shares) < 1).all()


def test_bars_are_100_percent_long_and_turn_at_the_neutral_middle():
    table = likert_table(simulated(300), "signs", by="sector")
    bars = table.groupby(["item_id", "sector"])
    assert np.allclose(bars["percent"].sum(), 100, atol=1e-9)
    assert np.allclose(bars["end"].max() - bars["start"].min(), 100, atol=1e-9)
    neutral = table[table["side"] == "neutral"]
    assert np.allclose(neutral["start"] + neutral["end"], 0, atol=1e-9)
    assert (bars["label"].sum() == 100).all()


def test_start_of_the_bar_is_minus_negative_minus_half_neutral():
    table = likert_table(simulated(300), "signs")
    for _, bar in table.groupby("item_id"):
        neutral = bar.loc[bar["side"] == "neutral", "percent"].sum()
        assert bar["start"].min() == pytest.approx(-(bar["negative"].iloc[0] + neutral / 2))


def test_a_neutral_level_set_aside_stands_in_one_line_past_the_bars():
    table = likert_table(simulated(300), "signs", neutral="aside")
    aside, bars = table[table["side"] == "neutral"], table[table["side"] != "neutral"]
    assert aside["start"].nunique() == 1
    assert aside["start"].iloc[0] > bars["end"].max()
    assert np.allclose(aside["end"] - aside["start"], aside["percent"])
    starts = bars.groupby("item_id")["start"].min()
    assert np.allclose(starts, -bars.groupby("item_id")["negative"].first())


def test_a_level_nobody_chose_stays_in_table_and_legend():
    table = likert_table(survey({"state": ["A"] * 40}, [scale("q", [0] * 20 + [4] * 20, neutral="neither")]), "q")
    assert table["level"].tolist() == AGREE
    assert table["percent"].tolist() == [50, 0, 0, 0, 50]
    spec = likert(table).to_dict()
    assert spec["layer"][1]["encoding"]["color"]["scale"]["domain"] == AGREE


def test_chart_data_equal_table_data():
    table = likert_table(simulated(200), "signs")
    spec = likert(table).to_dict()
    drawn = next(iter(spec["datasets"].values()))
    assert [(d["item"], d["level"], d["percent"]) for d in drawn] == list(
        table[["item", "level", "percent"]].itertuples(index=False, name=None)
    )


def test_dont_know_is_outside_the_bar_and_counted():
    status = ["answered"] * 40 + ["dont_know"] * 10
    table = likert_table(survey({"state": ["A"] * 50}, [scale("q", [3] * 40 + [-1] * 10)], {"q": status}), "q")
    assert table["percent"].sum() == pytest.approx(100)
    assert set(table["dont_know"]) == {10}
    assert set(table["n"]) == {40}


def test_below_thirty_answers_a_bar_has_counts_and_no_percentages():
    table = likert_table(survey({"state": ["A"] * 29}, [scale("q", [3] * 29)]), "q")
    assert table["percent"].isna().all()
    assert table["count"].sum() == 29


def test_items_are_ranked_by_top_two():
    data = survey({"state": ["A"] * 40}, [scale("low", [0] * 30 + [4] * 10), scale("high", [4] * 30 + [0] * 10)])
    ranks = likert_table(data, ["low", "high"]).groupby("item_id")["rank"].first()
    assert ranks.to_dict() == {"high": 1, "low": 2}


def test_weights_move_the_bars_and_not_the_bases():
    data = survey({"weight": [3.0] * 40 + [1.0] * 40}, [scale("q", [4] * 40 + [0] * 40)])
    table = likert_table(data, "q", design=Design("weight"))
    assert table.set_index("level")["percent"]["strongly agree"] == pytest.approx(75)
    assert set(table["n"]) == {80}


def test_scales_with_different_levels_cannot_share_a_display():
    data = survey({"state": ["A"] * 3}, [scale("q", [0, 1, 2]), scale("r", [0, 1, 2], ["no", "partly", "yes"])])
    with pytest.raises(BadInput, match="different levels"):
        likert_table(data, ["q", "r"])


def test_levels_are_never_guessed():
    data = survey({"state": ["A"] * 3}, [{"item_id": "q", "kind": "scale", "levels": [], "values": [None] * 3}])
    with pytest.raises(BadInput, match="not guessed"):
        likert_table(data, "q")


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 7, 10])
def test_every_number_of_levels_has_its_own_colors(size):
    assert len(set(diverging(size))) == size
