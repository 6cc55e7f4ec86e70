"""Table 1: integer cells exact, shares that add up, missing as its own row."""

from __future__ import annotations

import numpy as np
import pytest
from survey_cases import simulated, survey

from continuum.errors import NotCollected
from continuum.survey import Design, table_one, table_one_wide


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    sector = ["legal"] * 60 + ["medical"] * 40
    return survey(
        {"sector": sector, "state": ["A", "B"] * 50, "weight": rng.uniform(1, 3, 100)},
        [
            {
                "item_id": "training",
                "kind": "single",
                "levels": ["yes", "no"],
                "values": ["yes"] * 70 + ["no"] * 20 + [None] * 10,
            },
            {"item_id": "years", "kind": "number", "values": [*range(98), np.nan, np.nan]},
        ],
    )


def test_counts_are_exact_and_missing_has_its_own_row(data):
    table = table_one(data, "training", by="sector").set_index(["group", "level"])["count"]
    assert table["overall"].to_dict() == {"yes": 70, "no": 20, "missing": 10}
    assert table["legal"].to_dict() == {"yes": 60, "no": 0, "missing": 0}
    assert table["medical"].to_dict() == {"yes": 10, "no": 20, "missing": 10}


def test_percentages_of_one_variable_add_up_to_100(data):
    table = table_one(data, ["training", "state"], by="sector")
    shares = table[table["level"] != "missing"].groupby(["variable", "group"])["share"].sum()
    assert np.allclose(shares, 1, atol=1e-12)


def test_numbers_have_mean_sd_and_quartiles(data):
    table = table_one(data, "years").set_index("level")
    assert table.loc["mean (SD)", ["mean", "sd"]].tolist() == pytest.approx([48.5, np.arange(98).std(ddof=1)])
    assert table.loc["median [IQR]", ["median", "q1", "q3"]].tolist() == pytest.approx([48.5, 24.25, 72.75])
    assert table.loc["missing", "count"] == 2


def test_standardized_difference_of_two_shares_is_the_textbook_one(data):
    table = table_one(data, "training", by="sector")
    p1, p2 = 60 / 60, 10 / 30
    expected = abs(p1 - p2) / np.sqrt((p1 * (1 - p1) + p2 * (1 - p2)) / 2)
    assert table["smd"].iloc[0] == pytest.approx(expected)


def test_standardized_difference_is_zero_between_equal_groups():
    table = table_one(survey({"sector": ["legal", "medical"] * 40}, [
        {"item_id": "years", "kind": "number", "values": np.repeat(np.arange(40.0), 2)}]), "years", by="sector")  # fmt: skip
    assert table["smd"].iloc[0] == pytest.approx(0, abs=1e-12)


def test_weighted_share_equals_weights_over_weights(data):
    table = table_one(data, "training", design=Design("weight")).set_index("level")
    answers = data.answers
    known = answers["training"].notna()
    expected = answers.loc[answers["training"] == "yes", "weight"].sum() / answers.loc[known, "weight"].sum()
    assert table.loc["yes", "weighted"] == pytest.approx(expected, rel=1e-12)
    assert table.loc["yes", "share"] == pytest.approx(70 / 90)


def test_there_are_no_p_values(data):
    assert not [c for c in table_one(data, "training", by="sector") if c.startswith("p")]


def test_wide_form_shows_group_sizes_and_hidden_cells(data):
    tidy = table_one(data, ["training", "years"], by="sector")
    tidy["count"] = tidy["count"].astype("object")
    tidy.loc[tidy["level"].eq("no") & tidy["group"].eq("medical"), "count"] = "[c]"
    wide = table_one_wide(tidy)
    assert list(wide.columns[:5]) == [
        "characteristic",
        "level",
        "overall (n = 100)",
        "legal (n = 60)",
        "medical (n = 40)",
    ]
    row = wide[wide["level"] == "no"].iloc[0]
    assert row["medical (n = 40)"] == "[c]"
    assert row["overall (n = 100)"] == "20 (22.2%)"


def test_scale_items_can_be_characteristics():
    table = table_one(simulated(100), "item_0", by="state")
    assert table[table["group"] == "overall"]["count"].sum() == 100


def test_the_grouping_is_not_a_characteristic_of_its_own_groups(data):
    assert set(table_one(data, ["sector", "state"], by="sector")["variable"]) == {"state"}


def test_without_characteristics_the_table_is_refused(data):
    with pytest.raises(NotCollected, match="characteristics"):
        table_one(data, ["sector"], by="sector")
