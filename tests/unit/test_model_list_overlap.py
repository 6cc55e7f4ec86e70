"""People on no list: the textbook estimates, recovery under independence, and refusal where lists do not overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import shared_data

from continuum.errors import BadInput, TooFewCases
from continuum.ingest.pathway_tables import load_lists
from continuum.model.list_overlap import overlap_estimates
from continuum.study import load_study


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count", "total", "deviance"),
    [
        ("UKdat_5", "count", 13444.13120901, 118.53162929), ("NewOrl_5", "n", 1034.15106523, 19.28345456),
        ("Ned_5", "frequency", 52923.89425406, 398.18706860), ("Western", "n", 2007.14175719, 40.96313285),
    ],
)  # fmt: skip
def test_independent_lists_match_r_4_2_2_glm(name, count, total, deviance):
    # glm(y ~ A + B + ..., family = poisson) over all combinations but none; total = exp(intercept) + listed.
    table = pd.read_csv(shared_data(f"trafficking/sparsemse/{name}.csv"), index_col=0)
    row = overlap_estimates(table, count=count).set_index("model").loc["independent lists"]
    assert row["total"] == pytest.approx(total, rel=1e-8)
    assert row["deviance"] == pytest.approx(deviance, rel=1e-8)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "listed"), [("UKdat", 2744), ("Ned", 8234), ("NewOrl", 185), ("Western", 345)])
def test_tables_of_overlaps_are_read_from_a_study_as_they_are_published(tmp_path, name, listed):
    source = shared_data(f"trafficking/sparsemse/{name}.csv")
    (tmp_path / "lists.csv").write_bytes(source.read_bytes())
    (tmp_path / "study.yaml").write_text("study: x\ntitle: X\npathways:\n  lists: lists.csv\n", encoding="utf-8")
    table = load_lists(load_study(tmp_path))
    assert table["n"].sum() == listed
    found = overlap_estimates(table)
    assert (found["low"] > listed).all()
    assert (found["low"] <= found["total"]).all()


def lists(n: int, chances: list[float], seed: int, referral: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    on = rng.random((n, len(chances))) < chances
    on[:, 1] |= on[:, 0] & (rng.random(n) < referral)
    table = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=[f"L{k}" for k in range(len(chances))])
    return table.value_counts().rename("n").reset_index()


def test_intervals_cover_the_population_under_independence():
    hits = [
        (row := overlap_estimates(lists(2000, [0.2, 0.15, 0.1, 0.1], seed)).iloc[1])["low"] <= 2000 <= row["high"]
        for seed in range(60)
    ]
    assert np.mean(hits) > 0.87  # binomial band of 60 intervals around .95


def test_referral_between_lists_is_found_and_moves_the_estimate_up():
    table = overlap_estimates(lists(4000, [0.2, 0.15, 0.12, 0.1], 1, referral=0.4)).set_index("model")
    assert table.loc["dependent pairs", "pairs"] == "L0 with L1"
    assert table.loc["independent lists", "high"] < 4000
    assert table.loc["dependent pairs", "low"] < 4000 < table.loc["dependent pairs", "high"]


def test_chaos_lower_bound_by_hand():
    table = pd.DataFrame({"A": [1, 0, 0, 1, 0], "B": [0, 1, 0, 1, 1], "C": [0, 0, 1, 0, 1], "n": [40, 30, 30, 15, 10]})
    row = overlap_estimates(table).iloc[0]
    assert row["hidden"] == pytest.approx(100**2 / (2 * 25))
    assert row["total"] == pytest.approx(325)


def test_the_synthetic_population_of_the_demo_lies_in_the_range():
    table = overlap_estimates(load_lists(load_study("demo")))
    assert table["low"].min() < 900 < table["high"].max()


def test_lists_that_do_not_overlap_are_refused():
    apart = pd.DataFrame({"A": [1, 0, 0], "B": [0, 1, 0], "C": [0, 0, 1], "n": [40, 30, 30]})
    with pytest.raises(TooFewCases, match="3 lists and 0 people"):
        overlap_estimates(apart)
    with pytest.raises(TooFewCases, match="2 lists"):
        overlap_estimates(apart.drop(columns="C"))


def test_a_column_that_is_no_list_is_named():
    with pytest.raises(BadInput, match="0 and 1 only"):
        overlap_estimates(pd.DataFrame({"A": [2, 0], "B": [0, 1], "C": [1, 1], "n": [3, 4]}))
