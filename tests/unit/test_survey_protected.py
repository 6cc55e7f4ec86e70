"""What one table of the survey hides, no other table of the same answers tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from survey_cases import scale, simulated, survey

import continuum.survey as sv
from continuum.disclosure import SUPPRESSED, Rule, protect
from continuum.survey import presentation as show

RULE = Rule(5)


def guarded(frame: pd.DataFrame, **how: Any) -> pd.DataFrame:
    return protect(frame, RULE, **how)


def hidden(column: pd.Series) -> list[bool]:
    return (column.astype(str) == SUPPRESSED).tolist()


def test_a_mean_is_hidden_where_few_chose_a_level():
    data = survey({"state": ["A"] * 60}, [scale("few", [0] * 2 + [1] * 28 + [4] * 30), scale("many", [0, 4] * 30)])
    table = show.protected_items(sv.item_table(data, ["few", "many"]), guarded)
    assert hidden(table["mean"]) == [True, False]
    assert hidden(table["share"]) == [False, False]


def test_the_ways_of_not_answering_are_hidden_alike_in_items_bars_and_blanks():
    status = ["answered"] * 60 + ["dont_know"] * 3 + ["not_answered"] * 7
    data = survey({"state": ["A"] * 70}, [scale("q", [4] * 30 + [0] * 30 + [-1] * 10)], {"q": status})
    items = show.protected_items(sv.item_table(data, "q"), guarded)
    bars = show.protected_bars(sv.likert_table(data, "q"), items, guarded)
    blanks = show.protected_blanks(sv.missing_by_item(data, "q"), items)
    assert items.loc[0, ["dont_know", "missing"]].tolist() == [SUPPRESSED] * 2
    assert set(bars["dont_know"]) == set(bars["missing"]) == {SUPPRESSED}
    assert blanks.loc[0, ["missing", "share"]].tolist() == [SUPPRESSED] * 2


def test_where_few_did_not_answer_the_ways_are_left_empty():
    status = ["answered"] * 60 + ["not_answered"] * 3
    data = survey({"state": ["A"] * 63}, [scale("q", [4] * 30 + [0] * 30 + [-1] * 3)], {"q": status})
    items = show.protected_items(sv.item_table(data, "q"), guarded)
    assert items.loc[0, ["dont_know", "not_applicable", "missing"]].isna().all()
    assert show.missing_rows(show.protected_blanks(sv.missing_by_item(data, "q"), items)).empty


def test_the_partner_of_a_hidden_level_is_not_one_that_the_top_levels_tell():
    codes = [0] * 3 + [1] * 30 + [2] * 40 + [3] * 6 + [4] * 31  # 6 would be the partner if levels were alone
    data = survey({"state": ["A"] * 110}, [scale("q", codes)])
    bars = guarded(sv.likert_table(data, "q"), **show.LIKERT_CELLS)
    assert hidden(bars["count"]) == [True, True, False, False, False]


def needs(codes: list[int], capacity: list[int], sector: list[str | None]) -> Any:
    ways = ["Not able", "Partly", "Able"]
    return survey(
        {"sector": sector},
        [scale("need", codes, block="need", text="Food"),
         scale("meet", capacity, ways, block="capacity", text="Food", top=1)],
    )  # fmt: skip


def test_a_gap_is_hidden_with_the_share_that_few_are_behind():
    data = needs([4] * 50 + [0] * 50, [2] * 3 + [1] * 47 + [0] * 50, ["legal"] * 100)
    gaps = show.protected_gaps(sv.need_gaps(data), guarded)
    assert gaps.loc[0, ["in_house", "gap", "low", "high"]].tolist() == [SUPPRESSED] * 4
    assert gaps.loc[0, ["need", "with_referral"]].tolist() == [0.5, 0.5]
    assert pd.isna(gaps.loc[0, "rank"])
    row = sv.gap_results(gaps, str)[0]
    assert row["value"] == SUPPRESSED
    assert "low" not in row


def test_few_who_meet_a_need_in_part_hide_with_those_who_do_not_meet_it():
    data = needs([4] * 50 + [0] * 50, [2] * 40 + [1] * 2 + [0] * 58, ["legal"] * 100)
    gaps = show.protected_gaps(sv.need_gaps(data), guarded)
    assert gaps.loc[0, "in_house"] == 0.4
    assert gaps.loc[0, "with_referral"] == SUPPRESSED


def test_an_interval_that_tells_how_few_answered_alike_is_hidden_and_the_gap_is_not():
    data = needs([4] * 50 + [0] * 50, [2] * 3 + [0] * 47 + [2] * 40 + [0] * 10, ["legal"] * 100)
    gaps = show.protected_gaps(sv.need_gaps(data), guarded)
    assert gaps.loc[0, "gap"] == pytest.approx(0.5 - 0.43)
    assert gaps.loc[0, ["low", "high", "referral_low", "referral_high"]].tolist() == [SUPPRESSED] * 4
    assert not {"fewest_house", "fewest_referral"} & set(gaps)


def test_gaps_of_groups_are_whole_percents_without_bases_and_leave_out_the_partner_of_those_in_none():
    sector = ["legal"] * 60 + ["social"] * 70 + [None] * 3
    data = needs([4, 0] * 66 + [4], [2, 1, 0] * 44 + [2], sector)
    everyone = sv.need_gaps(data)
    gaps = show.protected_group_gaps(sv.need_gaps(data, by="sector"), everyone, data, "sector", guarded)
    assert not {"n_need", "n_capacity"} & set(gaps)
    drawn = show.dots(gaps, "gap", "low", "high")
    assert drawn["sector"].tolist() == ["social"]
    assert (drawn[["gap", "low", "high"]].round(2) == drawn[["gap", "low", "high"]]).all(axis=None)


def test_tests_and_models_do_not_tell_how_few_state_no_group():
    data = simulated(800)
    data.answers.loc[:2, "sector"] = None
    tests = guarded(sv.group_tests(data, "signs", "sector"), **show.TEST_CELLS)
    assert all(hidden(tests["n"]))
    assert all(row["n"] is None for row in sv.test_results(tests, str))
    partner = data.answers["sector"].value_counts().idxmin()
    models = show.protected_models(sv.factor_models(data, ["signs"], "sector"), data, "sector", guarded)
    assert models.loc[hidden(models["respondents"]), "group"].tolist() == [partner]
    steps = show.protected_invariance(sv.invariance_table(data, ["signs"], "sector"), data, "sector", guarded)
    assert all(hidden(steps["respondents"]))


def test_a_test_that_would_tell_a_hidden_count_of_table_one_is_left_out():
    sector = ["legal"] * 60 + ["medical"] * 60
    few = {
        "item_id": "few",
        "kind": "single",
        "levels": ["yes", "no"],
        "values": ["no"] * 3 + ["yes"] * 77 + ["no"] * 40,
    }
    many = {"item_id": "many", "kind": "single", "levels": ["yes", "no"], "values": ["yes", "no"] * 60}
    data = survey({"sector": sector}, [few, many])
    respondents = show.protected_table_one(sv.table_one(data, ["few", "many"], by="sector"), guarded)
    tests = sv.characteristic_tests(data, ["few", "many"], "sector", rng=np.random.default_rng(1), replicates=200)
    shown = show.protected_characteristics(tests, respondents, guarded)
    assert shown["statistic"].isna().tolist() == [True, False]
    assert hidden(shown["n"]) == [True, False]
    assert respondents.groupby("variable", sort=False)["smd"].first().isna().tolist() == [True, False]
    assert "not shown" in show.test_rows(shown)["note"].iloc[0]


def test_what_hidden_combinations_leave_of_an_option_is_nobody_or_enough():
    chosen = np.array([[1, 0]] * 30 + [[1, 1]] * 3 + [[0, 1]] * 9 + [[0, 1]] * 0)
    options = [
        {"item_id": f"o{k}", "kind": "multiple", "set_id": "set", "text": name, "values": chosen[:, k].astype(bool)}
        for k, name in enumerate(["Legal help", "Shelter"])
    ]
    table = sv.option_combinations(survey({"state": ["A"] * len(chosen)}, options), "set")
    shown = show.protected_sets(table, guarded, show.COMBINATION_CELLS)
    assert hidden(shown["count"]) == [True, True, True]


def test_numbers_of_fewer_than_ten_have_no_mean_and_no_quartiles():
    years = {"item_id": "years", "kind": "number", "values": [float(k) for k in range(48)]}
    data = survey({"sector": ["legal"] * 40 + ["medical"] * 8}, [years])
    table = show.protected_table_one(sv.table_one(data, ["years"], by="sector"), guarded)
    means = table[table["level"] == "mean (SD)"].set_index("group")["mean"]
    assert means["medical"] == SUPPRESSED
    assert means["legal"] != SUPPRESSED
