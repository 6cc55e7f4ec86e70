"""Saturation: exact curves, Chao2, the stopping rule, and words that do not claim too much."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from interview_data import matrix_of, world

from continuum.errors import BadInput, TooFewInterviews
from continuum.interviews import (
    StoppingRule,
    chao2,
    code_matrix,
    rarefaction,
    saturation,
    saturation_recovery,
    saturation_summary,
    stopping_points,
)
from continuum.synthetic.interviews import PREVALENCE
from continuum.synthetic.worlds import mentions

SEVEN = matrix_of(["10010", "11000", "00000", "01100", "10000", "00101", "11110"])


def brute_force(matrix: pd.DataFrame) -> np.ndarray:
    values = matrix.to_numpy()
    return np.array([np.maximum.accumulate(values[list(o)]).sum(axis=1) for o in permutations(range(len(values)))])


def test_mean_and_sd_are_those_over_all_orders():
    every = brute_force(SEVEN)
    curve = saturation(SEVEN)
    np.testing.assert_allclose(curve["expected"], every.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(curve["sd"], every.std(axis=0), atol=1e-7)


def test_the_real_order_is_followed_and_missing_without_one():
    curve = saturation(SEVEN, order=list(SEVEN.index))
    assert curve["observed"].tolist() == [2, 3, 3, 4, 4, 5, 5]
    assert saturation(SEVEN)["observed"].isna().all()


def test_an_order_that_misses_an_interview_names_it():
    with pytest.raises(BadInput, match="I7"):
        saturation(SEVEN, order=list(SEVEN.index)[:-1])


def test_fewer_than_six_interviews_are_refused():
    for question in (saturation, chao2, stopping_points):
        with pytest.raises(TooFewInterviews, match="at least 6 interviews; there are 5"):
            question(SEVEN.iloc[:5])


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (SEVEN, 5 + 6 / 7 * 1**2 / (2 * 1)),  # one code once, one twice
        (matrix_of(["10", "10", "10", "10", "11", "10"]), 2),  # one code once, none twice: 1 x 0 / 2
        (matrix_of(["100", "110", "101", "100", "100", "100"]), 3 + 5 / 6 * 2 * 1 / 2),  # two codes once, none twice
    ],
)
def test_chao2_by_hand(matrix, expected):
    assert chao2(matrix) == pytest.approx(expected, abs=1e-12)


def test_the_rule_stops_after_the_first_run_that_brings_few_new_codes():
    # codes after each interview: 2, 3, 3, 4, 4, 5, 5; base 4 holds 4 codes
    order = list(SEVEN.index)
    assert np.isnan(stopping_points(SEVEN, StoppingRule(4, 2, 0.0), order=order).at[0, "real"])
    assert stopping_points(SEVEN, StoppingRule(4, 2, 0.25), order=order).at[0, "real"] == 6
    assert stopping_points(SEVEN, StoppingRule(2, 2, 0.34), order=order).at[0, "real"] == 4


def test_the_distribution_of_stopping_points_is_that_over_all_orders():
    rule = StoppingRule(4, 2, 0.0)
    every = brute_force(SEVEN)
    stops = [next((m for m in (6, 7) if seen[m - 1] == seen[m - 3]), np.nan) for seen in every]
    found = stopping_points(SEVEN, rule, orders=20_000, seed=1).iloc[0]
    assert found["stopped"] == pytest.approx(np.mean(~np.isnan(stops)), abs=0.015)
    assert found["median"] == np.nanmedian(stops)


def test_small_sectors_level_off_and_are_never_called_saturated():
    study = world(n=42)
    sectors = study.interviews.set_index("interview_id")["sector"]
    table = saturation_summary(code_matrix(study), sectors, seed=1).set_index("group")
    assert set(table.loc[table["interviews"] < 10, "verdict"]) == {"new codes levelled off"}
    assert "saturation" not in " ".join(table["verdict"])


def test_a_sector_of_fewer_than_six_is_listed_without_numbers():
    groups = pd.Series(["a"] * 5 + ["b"] * 6, index=[f"I{k + 1}" for k in range(11)])
    matrix = pd.concat([SEVEN, SEVEN.iloc[:4]]).set_axis(groups.index)
    table = saturation_summary(matrix, groups).set_index("group")
    assert table.at["a", "verdict"] == "too few interviews"
    assert np.isnan(table.at["a", "chao2"])
    assert table.at["b", "seen"] > 0


def test_chao2_recovers_the_number_of_codes_that_were_planted():
    rng = np.random.default_rng(4)
    planted = np.r_[np.full(20, 0.5), np.full(20, 0.05)]
    estimates, seen = [], []
    for _ in range(300):
        values = (rng.random((30, 40)) < planted).astype(np.int8)
        matrix = pd.DataFrame(values)
        seen.append((matrix.sum() > 0).sum())
        estimates.append(chao2(matrix))
    assert np.median(seen) < 37  # codes that one interview in twenty mentions are often missed
    # The median: a few samples without pairs of mentions pull the mean of Chao2 up (42.2 here).
    assert np.median(estimates) == pytest.approx(40, abs=1.5)


@pytest.mark.parametrize("rule", [{"base": 0}, {"run": 0}, {"threshold": 1.0}])
def test_a_rule_that_cannot_be_followed_is_an_error(rule):
    with pytest.raises(BadInput, match="not a stopping rule"):
        StoppingRule(**rule)


@pytest.mark.parametrize("mechanism", ["independent", "clustered", "chain"])
def test_the_curve_of_a_sample_is_that_of_its_world_however_codes_go_together(mechanism):
    # 200 samples of 15 interviews: the mean of exact curves is unbiased for what 7 interviews of the world show.
    rng = np.random.default_rng(11)
    totals = np.array([round(p * 600) for p in PREVALENCE])
    missed = np.prod([(600 - totals - k) / (600 - k) for k in range(7)], axis=0)
    population = mentions(mechanism, totals, 600, rng)
    samples = [population[rng.permutation(600)[:15]] for _ in range(200)]
    curves = np.array([rarefaction(sample)[0][6] for sample in samples])
    assert abs(curves.mean() - (1 - missed).sum()) < 4 * curves.std() / np.sqrt(200)
    estimates = [chao2(pd.DataFrame(sample.astype(int))) for sample in samples]
    assert abs(np.median(estimates) - 24) < 0.5


def test_the_table_of_recovery_states_what_the_curve_and_chao2_return_in_each_world():
    table = saturation_recovery()
    assert set(table["world"]) >= {"independent codes", "four clusters of six codes", "a chain of codes"}
    assert (table["curve_at_half"] - table["true_at_half"]).abs().max() < 0.15
    assert ((table["chao2"] - table["codes"]).abs() < 1.1).all()
    assert (table.loc[table["interviews"] == 42, "within_one"] > 0.98).all()
