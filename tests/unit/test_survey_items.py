"""Item tables: bases, statuses, intervals, and what a small base takes away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from survey_cases import AGREE, scale, simulated, survey

from continuum.errors import BadInput
from continuum.survey import Design, item_table
from continuum.survey.answers import item_of
from continuum.survey.shares import newcombe, share_at_distance, smallest_detectable, wilson


def row(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def of_base(n, chosen=0):
    """One item answered by ``n`` respondents, ``chosen`` of them with the top level."""
    return survey({"state": ["A"] * n}, [scale("q", [4] * chosen + [0] * (n - chosen))])


def test_wilson_matches_the_worked_values_of_the_methods_page():
    assert np.allclose(wilson(15, 148), (0.062386, 0.160487), atol=1e-6)
    assert np.allclose(wilson(0, 20), (0, 0.161125), atol=1e-6)


@pytest.mark.parametrize(("count", "n"), [(0, 7), (3, 31), (31, 31), (400, 667)])
def test_wilson_equals_statsmodels(count, n):
    assert np.allclose(wilson(count, n), proportion_confint(count, n, method="wilson"), atol=1e-12)


def test_newcombe_matches_his_example_and_statsmodels():
    assert np.allclose(newcombe(56, 70, 48, 80), (0.0524315, 0.3338727), atol=1e-7)
    assert np.allclose(newcombe(9, 10, 3, 10), confint_proportions_2indep(9, 10, 3, 10, method="newcomb"), atol=1e-12)


def test_five_groups_of_133_can_show_17_points_and_22_after_ten_tests():
    assert smallest_detectable(133, 133) == pytest.approx(0.34, abs=0.005)
    assert share_at_distance(0.5, smallest_detectable(133, 133)) == pytest.approx(0.67, abs=0.005)
    assert smallest_detectable(133, 133, alpha=0.005) == pytest.approx(0.45, abs=0.005)
    assert share_at_distance(0.5, smallest_detectable(133, 133, alpha=0.005)) == pytest.approx(0.72, abs=0.005)


def test_top_two_share_counts_the_two_highest_levels_of_the_codebook():
    data = survey({"state": ["A"] * 40}, [scale("q", [0] * 10 + [3] * 12 + [4] * 18)])
    found = item_table(data, "q").iloc[0]
    assert (found["n"], found["count"], found["level"]) == (40, 30, "agree or strongly agree")
    assert found["share"] == 0.75
    assert (found["low"], found["high"]) == pytest.approx(proportion_confint(30, 40, method="wilson"))
    assert found["median"] == "agree"


def test_every_kind_of_missing_answer_has_its_own_count():
    status = ["answered"] * 40 + ["dont_know"] * 5 + ["not_applicable"] * 4 + ["not_answered"] * 3 + ["not_asked"] * 8
    data = survey({"state": ["A"] * 60}, [scale("q", [4] * 40 + [-1] * 20)], {"q": status})
    found = item_table(data, "q").iloc[0]
    counts = found[["asked", "n", "dont_know", "not_applicable", "missing", "count"]]
    assert counts.tolist() == [52, 40, 5, 4, 3, 40]


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "no answers"), (9, "suppressed"), (10, "counts"), (29, "counts"), (30, "percent")]
)
def test_base_sizes_decide_exactly_what_is_shown(n, shown):
    found = (
        item_table(of_base(n, n // 2), "q")
        if n
        else item_table(survey({"state": ["A"] * 5}, [scale("q", [-1] * 5)]), "q")
    )
    found = found.iloc[0]
    assert found["shown"] == shown
    assert np.isnan(found["share"]) == (n < 30)
    assert np.isnan(found["low"]) == (n < 30)
    assert (found["count"] is pd.NA) == (0 < n < 10)


def test_worst_and_best_case_stand_beside_a_share_with_over_ten_percent_missing():
    ten = survey({"state": ["A"] * 100}, [scale("q", [4] * 45 + [0] * 45 + [-1] * 10)])
    assert np.isnan(item_table(ten, "q").iloc[0]["worst"])
    eleven = survey({"state": ["A"] * 100}, [scale("q", [4] * 45 + [0] * 44 + [-1] * 11)])
    found = item_table(eleven, "q").iloc[0]
    assert (found["worst"], found["best"]) == (pytest.approx(0.45), pytest.approx(0.56))


def test_an_item_nobody_answered_has_a_row_without_numbers():
    data = survey({"state": ["A"] * 50}, [scale("q", [-1] * 50)])
    found = item_table(data, "q").iloc[0]
    assert (found["asked"], found["n"], found["missing"], found["shown"]) == (50, 0, 50, "no answers")
    assert np.isnan(found["share"])
    assert found["median"] is None


def test_groups_are_counted_apart_and_add_up():
    data = simulated(500)
    overall, parts = item_table(data, "signs"), item_table(data, "signs", by=["sector", "state"])
    assert parts.groupby("item_id")["n"].sum().to_dict() == overall.set_index("item_id")["n"].to_dict()
    assert {"sector", "state"} <= set(parts)


def test_weights_move_the_share_and_leave_the_counts():
    data = survey(
        {"weight": [3.0] * 50 + [1.0] * 50}, [scale("q", [4] * 50 + [0] * 50), scale("r", [4] * 50 + [0] * 50)]
    )
    plain, weighted = item_table(data, "q").iloc[0], item_table(data, "q", design=Design("weight")).iloc[0]
    assert (plain["share"], weighted["share"]) == (0.5, pytest.approx(0.75))
    assert weighted["n"] == weighted["count"] * 2 == 100
    assert weighted["low"] < 0.75 < weighted["high"]
    assert weighted["deff"] > 0


def test_single_choice_has_a_row_for_every_level_of_the_codebook():
    item = {"item_id": "role", "kind": "single", "levels": ["nurse", "judge", "teacher"], "values": ["nurse"] * 40}
    table = item_table(survey({"state": ["A"] * 40}, [item]), "role")
    assert table["level"].tolist() == ["nurse", "judge", "teacher"]
    assert table["count"].tolist() == [40, 0, 0]


def test_numbers_have_mean_and_t_interval():
    values = np.random.default_rng(0).normal(5, 2, 80)
    data = survey({"state": ["A"] * 80}, [{"item_id": "years", "kind": "number", "values": values}])
    found = item_table(data, "years").iloc[0]
    assert found["mean"] == pytest.approx(values.mean())
    assert found["high"] - found["mean"] == pytest.approx(1.99045 * values.std(ddof=1) / np.sqrt(80), rel=1e-5)


def test_a_column_with_a_stray_level_names_row_column_and_nearest_level():
    data = survey({"state": ["A"] * 3}, [scale("q", [4, 3, 2])])
    data.answers["q"] = ["agree", "agree", "Agree "]
    with pytest.raises(BadInput, match=r"row 3, column q: 'Agree ' is not a level.*did you mean 'agree'"):
        item_table(data, "q")


def test_a_scale_without_levels_is_not_guessed():
    data = survey({"state": ["A"] * 3}, [{"item_id": "q", "kind": "scale", "levels": [], "values": [None] * 3}])
    with pytest.raises(BadInput, match="order is not guessed"):
        item_table(data, "q")


def test_a_repeated_column_is_refused():
    data = simulated(50)
    data.answers = data.answers.copy()
    data.answers.insert(1, "item_0", data.answers["item_0"], allow_duplicates=True)
    with pytest.raises(BadInput, match="more than once"):
        item_table(data, "item_0")


def test_an_unknown_item_is_answered_with_the_nearest_name():
    with pytest.raises(BadInput, match="did you mean 'item_1'"):
        item_table(simulated(30), "itm_1")
    with pytest.raises(BadInput, match="did you mean 'sector'"):
        item_table(simulated(30), "signs", by="sectr")


def test_sets_scales_and_respondent_columns_can_be_named():
    data = simulated(60)
    assert item_table(data, "signs")["item_id"].tolist() == [f"item_{j}" for j in range(4)]
    assert item_of(data, "state").levels == ("State A", "State B")
    assert item_table(data, "state")["count"].sum() == 60


def test_levels_nobody_chose_survive():
    data = survey({"state": ["A"] * 40}, [scale("q", [2] * 40, AGREE)])
    assert item_table(data, "q").iloc[0]["count"] == 0
