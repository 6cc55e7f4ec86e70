"""Sector contrasts: described, tested together, and labeled where the design could not have shown a difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from interview_data import small_study, world

from continuum.disclosure import Rule, protect
from continuum.errors import BadInput, TooFewInterviews
from continuum.interviews import code_matrix, detectable_effect, sector_contrasts
from continuum.interviews import presentation as show


def null_data(rng: np.random.Generator, n: int = 42, codes: int = 24) -> tuple[pd.DataFrame, pd.Series]:
    matrix = pd.DataFrame((rng.random((n, codes)) < np.linspace(0.15, 0.85, codes)).astype(int))
    return matrix, pd.Series(rng.choice(list("abcd"), n))


def test_differences_and_bases_are_those_counted_by_hand():
    matrix = pd.DataFrame({"x": [1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0]})
    table = sector_contrasts(matrix, pd.Series(list("aaaaabbbbbbb")), permutations=500).set_index("group")
    row = table.loc["a"]
    assert (row["interviews"], row["base"], row["other_interviews"], row["other_base"]) == (4, 5, 1, 7)
    assert row["difference"] == pytest.approx(4 / 5 - 1 / 7)
    assert row["low"] < row["difference"] < row["high"]


def test_two_groups_are_mirror_images():
    rng = np.random.default_rng(1)
    matrix = pd.DataFrame(rng.integers(0, 2, (30, 6)))
    table = sector_contrasts(matrix, pd.Series(["a"] * 12 + ["b"] * 18), permutations=500, seed=2)
    a, b = (table[table["group"] == g].reset_index(drop=True) for g in "ab")
    np.testing.assert_allclose(a["z"], -b["z"], atol=1e-12)
    np.testing.assert_allclose(a["p_max"], b["p_max"])


def test_a_sector_with_fewer_than_five_interviews_is_shown_but_not_tested():
    matrix = pd.DataFrame(np.random.default_rng(2).integers(0, 2, (20, 3)))
    table = sector_contrasts(matrix, pd.Series(["a"] * 4 + ["b"] * 16), permutations=300)
    small, large = table[table["group"] == "a"], table[table["group"] == "b"]
    assert small["p_max"].isna().all()
    assert small["difference"].notna().all()
    assert set(small["note"]) == {"fewer than 5 interviews: not tested"}
    assert large["p_max"].notna().all()


def test_a_code_in_every_interview_has_no_test():
    matrix = pd.DataFrame({"always": [1] * 12, "some": [1, 0] * 6})
    table = sector_contrasts(matrix, pd.Series(["a", "b", "b"] * 4), permutations=300).set_index(["id", "group"])
    assert np.isnan(table.at[("always", "b"), "p_max"])
    assert 0 < table.at[("some", "b"), "p_max"] <= 1


def test_ten_against_ten_detects_twenty_against_seventynine_percent():
    assert detectable_effect(np.array([10]), np.array([10]))[0] == pytest.approx(1.25, abs=0.005)  # methods.md A5
    matrix = pd.DataFrame({"x": [0] * 10 + [1, 1] + [0] * 8})
    row = sector_contrasts(matrix, pd.Series(["a"] * 10 + ["b"] * 10), permutations=100).iloc[0]
    assert row["mde_from"] == 0.2
    assert row["mde_to"] == pytest.approx(0.79, abs=0.005)


def test_small_designs_are_labeled_unless_the_study_asks_for_less():
    matrix, sectors = code_matrix(world()), world().interviews.set_index("interview_id")["sector"]
    assert set(sector_contrasts(matrix, sectors, permutations=100)["note"]) == {"not powered"}
    assert set(sector_contrasts(matrix, sectors, permutations=100, smallest_effect=1.5)["note"]) == {""}


@pytest.mark.slow
def test_under_the_null_the_family_wise_error_is_inside_its_binomial_band():
    rng = np.random.default_rng(3)
    rejected = sum(
        sector_contrasts(*null_data(rng), permutations=199, seed=rng)["p_max"].min() <= 0.05 for _ in range(200)
    )
    assert 4 <= rejected <= 16  # 95 % band of Binomial(200, .05); measured 6


@pytest.mark.slow
def test_permuting_organizations_keeps_the_family_wise_error_where_interviews_are_not_independent():
    rng = np.random.default_rng(4)
    honest = naive = 0
    for _ in range(120):
        organisation = np.repeat(np.arange(12), 4)
        profile = rng.random((12, 8)) < 0.5
        matrix = pd.DataFrame(
            np.where(rng.random((48, 8)) < 0.9, profile[organisation], rng.random((48, 8)) < 0.5).astype(int)
        )
        sectors = pd.Series(np.array(list("aabbccaabbcc"))[organisation])
        units = pd.Series(organisation)
        honest += (
            sector_contrasts(matrix, sectors, permutations=199, seed=rng, organisations=units)["p_max"].min() <= 0.05
        )
        naive += sector_contrasts(matrix, sectors, permutations=199, seed=rng)["p_max"].min() <= 0.05
    assert honest <= 11  # 97.5 % point of Binomial(120, .05); measured 5
    assert naive > 60  # measured 113: what ignoring organizations would do


def test_a_planted_difference_is_found():
    rng = np.random.default_rng(5)
    sectors = pd.Series(["a"] * 60 + ["b"] * 60 + ["c"] * 60)
    matrix = pd.DataFrame((rng.random((180, 10)) < 0.4).astype(int))
    matrix.loc[:59, 3] = (rng.random(60) < 0.8).astype(int)
    table = sector_contrasts(matrix, sectors, permutations=2000, seed=6)
    best = table.loc[table["p_max"].idxmin()]
    assert (best["id"], best["group"]) == (3, "a")
    assert best["p_max"] < 0.01
    assert best["low"] < 0.4 < best["high"]


def test_p_is_never_zero_and_prints_its_monte_carlo_error():
    sectors = pd.Series(["a"] * 20 + ["b"] * 20)
    table = sector_contrasts(pd.DataFrame({"x": [1] * 20 + [0] * 20}), sectors, permutations=99)
    assert table["p_max"].min() == 1 / 100
    assert (table["mc_error"] > 0).all()


def test_a_matrix_needs_sectors_and_every_interview_one():
    matrix = pd.DataFrame({"x": [1, 0]})
    with pytest.raises(BadInput, match="pass sectors="):
        sector_contrasts(matrix)
    with pytest.raises(BadInput, match="interview 1 has no sector"):
        sector_contrasts(matrix, pd.Series(["a"]))


def test_coded_interviews_bring_their_sectors_and_organizations():
    table = sector_contrasts(small_study(), permutations=50)
    assert set(table["group"]) == {"legal", "medical", "not stated"}
    assert table.attrs["interviews"] == 4  # one states no sector: it is one of the others, and not tested
    assert table.loc[table["group"] == "not stated", "p_max"].isna().all()


def test_one_group_is_nothing_to_compare():
    with pytest.raises(TooFewInterviews, match="two groups; the interviews name 1"):
        sector_contrasts(pd.DataFrame({"x": [1, 0]}), pd.Series(["a", "a"]))


def test_the_table_for_readers_shows_counts_first_and_hides_small_ones():
    table = protect(sector_contrasts(world(), permutations=100), Rule(), **show.CONTRAST_CELLS)
    shown = show.contrast_table(table, {code: code for code in table["id"]})
    assert len(shown) == 10
    assert shown["here"].str.fullmatch(r"(0|[5-9]|\d\d) of \d+").all()
    assert shown["detectable"].str.contains("against").all()
