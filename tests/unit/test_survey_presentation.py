"""Families, blocks, printed tables and stored rows: what the notebook shows, under the disclosure rule."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from survey_cases import scale, simulated, survey

from continuum import survey as sv
from continuum.charts.likert import likert
from continuum.disclosure import Rule, protect
from continuum.errors import NotCollected
from continuum.results import slug
from continuum.survey import presentation as show

RULE = Rule(threshold=5)


def declared(**families):
    return {name: SimpleNamespace(**family) for name, family in families.items()}


def rng(task):
    return np.random.default_rng(len(task))


def test_each_family_is_corrected_within_itself():
    data = simulated(300, items=4, shift=0.3)
    both = declared(
        first={"items": ["item_0", "item_1", "item_2"], "by": "sector", "correction": "holm"},
        second={"items": ["item_3"], "by": "state", "correction": "bh"},
    )
    table = sv.family_tests(data, both, rng=rng, replicates=200)
    assert table.groupby("family")["family_size"].first().to_dict() == {"first": 3, "second": 1}
    alone = table[table["family"] == "second"].iloc[0]
    assert alone["p"] == alone["p_adjusted"]
    summary = sv.family_summary(table).set_index("family")
    assert summary.loc["first", "below_05"] == (table[table["family"] == "first"]["p_adjusted"] < 0.05).sum()


def test_tests_are_not_chosen_after_seeing_the_answers():
    with pytest.raises(NotCollected, match="No family of tests is declared"):
        sv.family_tests(simulated(50), {}, rng=rng)


def test_a_block_the_survey_did_not_ask_is_refused():
    data = simulated(50)
    assert sv.block_items(data, "micro") == [f"item_{j}" for j in range(4)] == sv.block_items(data)
    with pytest.raises(NotCollected, match="block need"):
        sv.block_items(data, "need")
    with pytest.raises(NotCollected, match="which site"):
        sv.require_column(data, "site")
    with pytest.raises(NotCollected, match="multiple"):
        sv.first_set(data, "multiple")
    assert sv.set_names(data, "scale") == ["signs"]
    assert sv.bar_items(data) == sv.bar_items(data, "signs") == sv.block_items(data)


def test_small_counts_and_what_is_derived_from_them_are_hidden_in_item_tables():
    data = survey({"sector": ["legal"] * 60 + ["medical"] * 60}, [scale("q", [4] * 3 + [0] * 57 + [4] * 30 + [0] * 30)])
    hidden = protect(sv.item_table(data, "q", by="sector"), RULE, **show.ITEM_CELLS)
    small = hidden[hidden["sector"] == "legal"].iloc[0]
    assert set(small[["count", "share", "low", "high"]]) == {"[c]"}
    printed = show.item_rows(hidden, by="sector")
    assert printed["interval"].iloc[0] == "[c]"


def test_a_hidden_level_takes_no_room_in_its_bar():
    codes = [0] * 2 + [1] * 3 + [2] * 15 + [3] * 20 + [4] * 60
    data = survey({"state": ["A"] * 100}, [scale("q", codes, neutral="neither")])
    table = sv.likert_table(data, "q")
    hidden = sv.lay_out(protect(table, RULE, **show.LIKERT_CELLS))
    assert hidden["count"].tolist()[:2] == ["[c]", "[c]"]
    drawn = hidden.dropna(subset=["start"])
    assert drawn["start"].min() == pytest.approx(-7.5)
    assert (drawn["end"] - drawn["start"]).tolist() == pytest.approx([15, 20, 60])
    spec = likert(hidden).to_dict()
    assert len(next(iter(spec["datasets"].values()))) == 3
    assert not {"negative", "positive", "top"} & set(show.likert_rows(hidden))


def test_printed_tests_carry_degrees_of_freedom_and_notes():
    data = simulated(200)
    data.answers.loc[0, "sector"] = None
    printed = show.test_rows(sv.group_tests(data, "signs", "sector"))
    assert printed["statistic"].str.endswith("(4)").all()
    assert "note" not in printed
    tied = survey({"sector": ["legal"] * 30 + ["medical"] * 30}, [scale("q", [2] * 60)])
    printed = show.test_rows(sv.group_tests(tied, "q", "sector"))
    assert printed["note"].tolist() == ["all answers are tied"]
    assert printed["statistic"].tolist() == ["–"]


def test_stored_rows_leave_hidden_cells_out():
    data = survey(
        {"state": ["A"] * 60}, [scale("few", [4] * 2 + [0] * 58, block="warning"), scale("many", [4] * 30 + [0] * 30)]
    )
    rows = sv.item_results(protect(sv.item_table(data, ["few", "many"]), RULE, **show.ITEM_CELLS), slug)
    keys = {row["key"]: row for row in rows}
    assert set(keys) == {"survey.items.many.share", "survey.items.many.mean"}
    assert keys["survey.items.many.share"]["low"] < 0.5 < keys["survey.items.many.share"]["high"]


def test_stored_tests_have_effects_with_intervals_and_the_family_size():
    tests = sv.group_tests(simulated(200), "signs", "sector", family="warning signs")
    rows = {row["key"]: row for row in sv.test_results(tests, slug)}
    assert rows["survey.tests.warning_signs.size"]["value"] == 4
    effect = rows["survey.tests.warning_signs.item_0.effect"]
    assert effect["low"] <= effect["value"] <= effect["high"]


def test_respondents_are_recorded_with_what_estimates_are_about():
    data = simulated(80)
    rows = {row["key"]: row["value"] for row in sv.respondent_results(data, sv.Design())}
    assert rows["survey.n"] == 80
    assert rows["survey.wording"] == "unweighted, among respondents"


def test_the_design_comes_from_the_survey_s_own_columns():
    data = simulated(80)
    assert sv.Design.of(data).empty
    data.answers["cluster"] = pd.Categorical(["a", "b"] * 40)
    assert sv.Design.of(data).empty  # clusters alone make no sample
    data.answers["weight"] = 1.5
    assert sv.Design.of(data) == sv.Design("weight", clusters="cluster")


def test_a_hidden_way_of_not_answering_cannot_be_computed_from_the_others():
    status = ["answered"] * 50 + ["dont_know"] * 3 + ["not_answered"] * 7 + ["not_applicable"] * 20
    data = survey({"state": ["A"] * 80}, [scale("q", [4] * 30 + [0] * 20 + [-1] * 30)], {"q": status})
    table = show.protected_items(sv.item_table(data, "q"), lambda frame, **how: protect(frame, RULE, **how))
    row = table.iloc[0]
    hidden = [column for column in ("dont_know", "missing", "not_applicable") if row[column] == "[c]"]
    assert "dont_know" in hidden
    assert len(hidden) >= 2


def test_a_hidden_cell_of_table_one_cannot_be_computed_from_the_size_of_its_group():
    sector = ["legal"] * 60 + ["medical"] * 60 + ["social"] * 60
    values = ["yes"] * 57 + [None] * 3 + ["yes"] * 30 + ["no"] * 22 + [None] * 8 + ["yes"] * 40 + ["no"] * 20
    item = {"item_id": "training", "kind": "single", "levels": ["yes", "no"], "values": values}
    years = {"item_id": "years", "kind": "number", "values": list(range(180))}
    table = sv.table_one(survey({"sector": sector}, [item, years]), ["training", "years"], by="sector")
    hidden = show.protected_table_one(table, lambda frame, **how: protect(frame, RULE, **how))
    legal = hidden[(hidden["variable"] == "training") & (hidden["group"] == "legal")].set_index("level")["count"]
    assert legal["missing"] == legal["yes"] == "[c]"
    wide = sv.table_one_wide(hidden)
    assert wide.loc[wide["level"] == "yes", "legal (n = 60)"].item() == "[c]"
    assert wide.loc[wide["level"] == "mean (SD)", "legal (n = 60)"].item() == "29.50 (17.46)"


def guarded(frame, **how):
    return protect(frame, RULE, **how)


def yes_or_no(yes: int, no: int) -> list[str]:
    return ["yes"] * yes + ["no"] * no


@pytest.mark.parametrize("unstated", [0, 3])
def test_a_small_group_of_table_one_is_hidden_with_its_size_and_a_partner(unstated: int):
    sector = ["legal"] * 60 + ["medical"] * (3 if not unstated else 30) + ["social"] * 40 + [None] * unstated
    values = yes_or_no(30, 30) + yes_or_no(0, 3 if not unstated else 30) + yes_or_no(20, 20) + yes_or_no(0, unstated)
    item = {"item_id": "training", "kind": "single", "levels": ["yes", "no"], "values": values}
    table = sv.table_one(survey({"sector": sector}, [item]), ["training"], by="sector")
    hidden = show.protected_table_one(table, guarded)
    by_group = hidden.groupby("group")
    unseen = [group for group, rows in by_group if (rows["group_n"] == "[c]").all()]
    # A reader who subtracts the groups that are shown from everyone is left with at least the threshold.
    rest = int(sector.count(None)) + sum(sector.count(group) for group in unseen)
    assert rest >= RULE.threshold
    for group in unseen:
        assert (by_group.get_group(group)["count"] == "[c]").all()
    assert f"{unseen[0]} (n = [c])" in sv.table_one_wide(hidden)


def test_bars_share_their_levels_and_rules_say_what_exists():
    data = survey({"state": ["A"] * 40}, [
        scale("m", [1, 2] * 20, block="micro"), scale("n", [1, 2] * 20, ["no", "partly", "yes"], block="macro")])  # fmt: skip
    assert sv.bar_items(data) == ["m"]
    assert sv.present(data, ["sector", "state"]) == ["state"]
    with pytest.raises(NotCollected, match="sector"):
        sv.present(data, ["sector"])


def test_characteristics_are_one_family_without_the_grouping_itself():
    table = sv.characteristic_tests(
        simulated(200), ["sector", "state", "item_0"], "sector", rng=np.random.default_rng(1)
    )
    assert table["item_id"].tolist() == ["state", "item_0"]
    assert set(table["family"]) == {"characteristics by sector"}
    with pytest.raises(NotCollected, match="characteristics"):
        sv.characteristic_tests(simulated(50), ["sector"], "sector", rng=np.random.default_rng(1))


def test_weighted_shares_stand_beside_unweighted_ones():
    data = simulated(300)
    data.answers["weight"] = np.where(np.arange(300) % 2, 3.0, 1.0)
    table = sv.item_table(data, "signs", design=sv.Design("weight"))
    rows = show.item_rows(table).set_index("item")
    for entry in table.to_dict("records"):
        assert rows.loc[entry["item"], "unweighted"] == pytest.approx(entry["count"] / entry["n"])
        assert rows.loc[entry["item"], "unweighted"] != pytest.approx(rows.loc[entry["item"], "share"], abs=1e-6)
    assert "unweighted" not in show.item_rows(sv.item_table(data, "signs"))


def test_the_other_grouping_is_the_one_that_is_left():
    data = simulated(50)
    assert sv.other_grouping(data, "sector") == "state"
    assert sv.other_grouping(data, "state") == "sector"
    with pytest.raises(NotCollected, match="Beside sector"):
        sv.other_grouping(survey({"sector": ["legal"] * 3}, [scale("q", [1, 2, 3])]), "sector")


def test_invariance_is_stored_step_by_step_and_read_with_its_reasons():
    data = simulated(600, items=4)
    table = sv.invariance_table(data, ["signs"], "state")
    stored = {row["key"]: row["value"] for row in sv.invariance_results(table, slug)}
    assert stored["survey.invariance.signs.loadings.verdict"] in {"kept", "not kept"}
    assert "survey.invariance.signs.configural.p_difference" not in stored
    rows = show.invariance_rows(table)
    assert rows["equal"].tolist()[1:] == ["thresholds", "and loadings", "and intercepts"]
    assert rows["cfi"].str.fullmatch(r"[01]\.\d{3}").all()
    refused = show.invariance_rows(sv.invariance_table(simulated(60), ["signs"], "state"))
    assert "Fewer than 100 respondents" in refused["note"][0]
