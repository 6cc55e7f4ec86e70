"""What is hidden stays hidden: primary cells, their complements, and what is derived from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.disclosure import SUPPRESSED, Rule, audit, protect, shown
from continuum.disclosure.audit import exposed, feasible_range
from continuum.errors import BadInput


def additive_sets(shape: tuple[int, int], *, rows_add: bool, columns_add: bool) -> list[np.ndarray]:
    """Which cells of a two-way table without totals add up to a total that a reader knows, as 0/1 membership."""
    place = np.indices(shape)
    known = [place[0] == row for row in range(shape[0]) if rows_add]
    known += [place[1] == column for column in range(shape[1]) if columns_add]
    return [member.ravel().astype(float) for member in known]


def test_counts_from_one_to_four_are_hidden_and_zero_is_shown():
    table = pd.DataFrame({"code": list("abcd"), "n": [0, 1, 4, 5]})
    assert protect(table, Rule(5), counts=["n"])["n"].tolist() == [0, SUPPRESSED, SUPPRESSED, 5]


def test_what_is_derived_from_a_hidden_count_is_hidden_too():
    table = pd.DataFrame({"n": [3, 30], "share": [0.03, 0.3], "low": [0.01, 0.2]})
    protected = protect(table, Rule(5), counts=["n"], derived={"n": ["share", "low"]})
    assert protected.loc[0, ["n", "share", "low"]].tolist() == [SUPPRESSED] * 3
    assert protected.loc[1, "share"] == 0.3


def test_one_hidden_sector_takes_a_second_one_with_it():
    table = pd.DataFrame({"code": ["a"] * 4, "sector": ["legal", "medical", "social", "overall"], "n": [3, 7, 20, 30]})
    assert protect(table, Rule(5), counts=["n"], within=["code"])["n"].tolist() == [SUPPRESSED, SUPPRESSED, 20, 30]


def test_a_share_of_a_known_base_hides_its_small_remainder():
    table = pd.DataFrame({"code": ["a", "a"], "sector": ["x", "y"], "n": [9, 12], "base": [10, 30]})
    protected = protect(table, Rule(5), counts=["n"], size="base")
    assert protected["n"].tolist() == [SUPPRESSED, 12]


def test_two_hidden_cells_whose_sum_gives_them_away_take_a_third():
    # 1 + 1 = 2: both cells would be known to be 0, 1 or 2, so small; a third cell has to go.
    table = pd.DataFrame({"code": ["a"] * 3, "sector": list("xyz"), "n": [1, 1, 9]})
    assert protect(table, Rule(5), counts=["n"], within=["code"])["n"].tolist() == [SUPPRESSED] * 3


def test_whoever_is_in_no_group_is_hidden_like_a_group():
    table = pd.DataFrame({"sector": ["legal", "medical", "social", "overall"], "n": [40, 50, 60, 153]})
    assert protect(table, Rule(5), counts=["n"])["n"].tolist() == [SUPPRESSED, 50, 60, 153]
    assert protect(table.replace(153, 155), Rule(5), counts=["n"])["n"].tolist() == [40, 50, 60, 155]


def test_a_total_that_stands_elsewhere_hides_a_group_beside_the_few_that_are_in_none():
    table = pd.DataFrame({"item": ["a"] * 3, "sector": ["legal", "medical", "social"], "n": [20, 25, 30]})
    hidden = [
        protect(table, Rule(5), counts=["n"], within=["item"], everyone=pd.DataFrame({"item": ["a"], "n": [n]}))["n"]
        for n in (75, 78, 80)
    ]
    assert [(rows == SUPPRESSED).tolist() for rows in hidden] == [[False] * 3, [True, False, False], [False] * 3]


def test_those_who_did_not_choose_are_added_up_as_well():
    table = pd.DataFrame({"item": ["a"] * 3, "sector": list("xyz"), "n": [20, 30, 40], "count": [10, 15, 20]})
    everyone = pd.DataFrame({"item": ["a"], "n": [97], "count": [50]})  # of seven without a sector, two did not
    protected = protect(
        table, Rule(5), counts=["count"], derived={"count": ["n"]}, size="n", within=["item"], everyone=everyone
    )
    assert protected["n"].tolist() == [SUPPRESSED, 30, 40]


def test_groups_of_a_size_with_totals_protect_those_in_none():
    table = pd.DataFrame({
        "need": ["Food"] * 4, "group": ["A", "A", "B", "B"], "way": ["met", "not met"] * 2, "n": [24, 24, 40, 40],
        "count": [12, 12, 20, 20],
    })  # fmt: skip
    everyone = pd.DataFrame({"need": ["Food"] * 2, "way": ["met", "not met"], "n": [67] * 2, "count": [34, 33]})
    protected = protect(
        table, Rule(5), counts=["count"], total="n", within=[["need", "group"], ["need", "way"]], everyone=everyone
    )
    assert protected["n"].tolist() == [SUPPRESSED, SUPPRESSED, 40, 40]
    assert protected["count"].tolist() == [SUPPRESSED, SUPPRESSED, 20, 20]


def test_the_rest_of_a_cross_table_counts_as_a_row_or_a_column_of_it():
    table = pd.DataFrame({"answer": ["Yes", "No", "total"], "legal": [40, 20, 60], "social": [30, 30, 60]})
    table["overall"] = [72, 51, 123]
    protected = protect(table, Rule(5))
    assert (protected[["legal", "social"]] == SUPPRESSED).to_numpy()[:2].sum(axis=1).all()
    assert (protected.loc[2, ["legal", "social"]] == SUPPRESSED).any()
    assert protected["overall"].tolist() == [72, 51, 123]


def test_a_cross_table_with_margins_reveals_no_hidden_cell():
    table = pd.DataFrame({"item": list("abc"), "x": [3, 10, 12], "y": [20, 4, 9], "z": [8, 9, 7]})
    table["total"] = table[["x", "y", "z"]].sum(axis=1)
    table.loc[3] = ["Total", *table[["x", "y", "z", "total"]].sum()]
    protected = protect(table, Rule(5))
    grid = table.loc[:2, ["x", "y", "z"]].to_numpy(float).ravel()
    hidden = (protected.loc[:2, ["x", "y", "z"]] == SUPPRESSED).to_numpy().ravel()
    assert hidden[[0, 4]].all()
    assert exposed(grid, hidden, additive_sets((3, 3), rows_add=True, columns_add=True), 5) == []
    assert protected["total"].tolist() == table["total"].tolist()


@pytest.mark.parametrize("seed", range(12))
def test_an_attacker_with_all_margins_cannot_narrow_a_small_cell(seed: int):
    rng = np.random.default_rng(seed)
    grid = rng.poisson(6, (5, 4))
    table = pd.DataFrame(grid, columns=list("wxyz"))
    table.insert(0, "item", list("abcde"))
    table["total"] = grid.sum(axis=1)
    table.loc[5] = ["total", *grid.sum(axis=0), grid.sum()]
    protected = protect(table, Rule(5))
    hidden = (protected.loc[:4, list("wxyz")] == SUPPRESSED).to_numpy().ravel()
    sets = additive_sets((5, 4), rows_add=True, columns_add=True)
    cells = grid.astype(float).ravel()
    for cell in np.flatnonzero(hidden & (cells > 0) & (cells < 5)):
        low, high = feasible_range(cells, hidden, sets, int(cell))
        assert high >= 5
        assert high - low >= 2
    assert hidden[(cells > 0) & (cells < 5)].all()


def test_the_range_of_a_cell_is_exact_where_a_margin_gives_it_away():
    counts, hidden = np.array([3.0, 7.0, 9.0]), np.array([True, False, False])
    sets = additive_sets((1, 3), rows_add=True, columns_add=False)
    assert feasible_range(counts, hidden, sets, 0) == pytest.approx((3, 3))


@pytest.mark.parametrize("seed", range(20))
def test_a_range_that_is_told_without_the_solver_is_the_one_that_it_finds(seed: int):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(5, 9).astype(float)
    hidden = rng.random(9) < 0.6
    sets = [*(rng.random((int(rng.integers(4)), 9)) < 0.5).astype(float)]
    upper = [None, counts + rng.integers(0, 6, 9)][seed % 2]
    for cell in map(int, np.flatnonzero(hidden)):
        solved = [audit._extreme(counts, hidden, sets, cell, upper, (), sign) for sign in (1.0, -1.0)]
        assert feasible_range(counts, hidden, sets, cell, upper) == pytest.approx(solved)


def test_an_upper_bound_that_the_counts_break_is_left_to_the_solver():
    counts, sets = np.array([3.0, 7.0]), [np.ones(2)]
    assert feasible_range(counts, counts > 0, sets, 0, np.array([2.0, 4.0])) == (-np.inf, np.inf)


def test_dominance_hides_a_cell_that_one_contributor_fills():
    table = pd.DataFrame({"n": [20, 20], "top": [19, 5]})
    protected = protect(table, Rule(5, dominance=0.8), counts=["n"], largest={"n": "top"})
    assert protected["n"].tolist() == [SUPPRESSED, 20]


def test_rounding_is_to_the_multiple():
    assert protect(pd.DataFrame({"n": [12, 13]}), Rule(5, rounding=5), counts=["n"])["n"].tolist() == [10, 15]


def test_a_chart_gets_only_what_is_shown():
    table = protect(pd.DataFrame({"g": ["a", "b"], "n": [2, 9]}), Rule(5), counts=["n"])
    drawn = shown(table, ["n"])
    assert drawn["g"].tolist() == ["b"]
    assert drawn["n"].tolist() == [9]


@pytest.mark.parametrize("bad", [{"threshold": 0}, {"rounding": 0}, {"dominance": 1.5}])
def test_an_impossible_rule_is_refused(bad: dict):
    with pytest.raises(BadInput, match="not a disclosure rule"):
        Rule(**bad)


def test_a_missing_column_and_negative_counts_are_errors():
    with pytest.raises(BadInput, match="no column 'm'"):
        protect(pd.DataFrame({"n": [1]}), Rule(), counts=["m"])
    with pytest.raises(BadInput, match="negative"):
        protect(pd.DataFrame({"n": [-1]}), Rule(), counts=["n"])


def test_cells_that_count_toward_the_same_totals_are_asked_about_once(monkeypatch: pytest.MonkeyPatch):
    counts = np.array([1.0, 2, 3, 4, 9, 20])
    hidden = counts < 5
    column = [np.ones(6)]
    alone = [audit.feasible_range(counts, hidden, column, cell) for cell in range(4)]
    assert len(set(alone)) == 1
    asked: list[int] = []
    solve = audit.feasible_range
    monkeypatch.setattr(audit, "feasible_range", lambda *how: asked.append(how[3]) or solve(*how))
    assert audit.exposed(counts, hidden, column, 5) == []
    assert asked == [0]
    asked.clear()
    audit.exposed(counts, hidden, column, 5, upper=np.array([9.0, 9, 3, 9, 9, 20]))
    assert asked == [0, 2]
