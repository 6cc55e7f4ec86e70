"""Interview statistics equal those of R: vegan 2.6-4, coin 1.4-2, psych 2.2.9 (see interviews.R and interviews.json)."""

from __future__ import annotations

import json

import krippendorff
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from support import ROOT

from continuum.interviews import (
    agreement,
    bootstrap_alpha,
    chao2,
    cooccurrence,
    gwet_ac1,
    kappa,
    krippendorff_alpha,
    saturation,
    sector_contrasts,
)
from continuum.interviews.coefficients import LEVELS
from continuum.interviews.network import centralities
from continuum.nullmodels import curveball

HERE = ROOT / "tests" / "oracles"
VALUES = json.loads((HERE / "interviews.json").read_text(encoding="utf-8"))["values"]
SECTORS = ["med", "edu", "leg", "soc"]

#: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, data C: four coders, twelve units, with gaps.
DATA_C = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
    [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
])  # fmt: skip


@pytest.fixture
def codes42() -> pd.DataFrame:
    return pd.read_csv(HERE / "codes42.csv")


@pytest.fixture
def rater() -> pd.DataFrame:
    return pd.read_csv(HERE / "rater.csv", header=None)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_krippendorffs_example_in_all_metrics(level, published):
    assert krippendorff_alpha(DATA_C, level) == pytest.approx(published, abs=5e-4)
    assert krippendorff_alpha(DATA_C, level) == pytest.approx(
        krippendorff.alpha(DATA_C, level_of_measurement=level), abs=1e-10
    )


def test_alpha_of_three_coders_with_gaps_is_that_of_the_definition(rater):
    assert krippendorff_alpha(rater) == pytest.approx(0.543506592302, abs=1e-10)


def test_kappas_of_the_units_that_all_coders_rated(rater):
    complete = rater.loc[:, rater.notna().all()]
    assert kappa(rater).kappa == pytest.approx(0.544639123224, abs=1e-10)
    low, value, high = VALUES["cohen_first_two_low_kappa_high"]
    found = kappa(complete.iloc[:2])
    assert (found.low, found.kappa, found.high) == pytest.approx((low, value, high), abs=1e-10)


def test_replicates_equal_a_loop_over_the_krippendorff_package(rater):
    interviews = np.arange(rater.shape[1]) % 42
    found = bootstrap_alpha(rater, interviews, replicates=20, seed=5)
    rng = np.random.default_rng(5)
    for value, drawn in zip(found, rng.integers(0, 42, (20, 42)), strict=True):
        sample = np.concatenate([rater.to_numpy()[:, interviews == i] for i in drawn], axis=1)
        assert value == pytest.approx(krippendorff.alpha(sample, level_of_measurement="nominal"), abs=1e-10)


@pytest.mark.parametrize("level", LEVELS)
def test_bootstrap_of_every_metric_equals_the_alpha_of_the_sample(level):
    found = bootstrap_alpha(DATA_C, np.arange(12), level=level, replicates=5, seed=8)
    for value, drawn in zip(found, np.random.default_rng(8).integers(0, 12, (5, 12)), strict=True):
        assert value == pytest.approx(krippendorff_alpha(DATA_C[:, drawn], level), abs=1e-10, nan_ok=True)


def test_expected_codes_equal_vegans_exact_rarefaction(codes42):
    curve = saturation(codes42)
    np.testing.assert_allclose(curve["expected"], VALUES["richness"], atol=1e-12)


def test_sd_over_orders_agrees_with_vegans_random_orders_within_two_percent(codes42):
    curve = saturation(codes42)
    large = np.array(VALUES["sd_random"]) > 0.2  # below it, 20,000 random orders hold too few late first mentions
    np.testing.assert_allclose(curve["sd"][large], np.array(VALUES["sd_random"])[large], rtol=0.02)
    assert curve["sd"][4] == pytest.approx(2.193, abs=5e-4)  # methods.md A3; vegan's own "exact" sd gives 2.688


def test_chao2_adds_nothing_where_no_code_is_rare(codes42):
    assert chao2(codes42) == 24.0


def test_standardized_sector_statistics_equal_coin(codes42):
    sectors = pd.Series([SECTORS[i % 4] for i in range(42)])
    found = sector_contrasts(codes42, sectors, permutations=100)
    z = found.pivot(index="group", columns="id", values="z")[codes42.columns].loc[sorted(SECTORS)]
    np.testing.assert_allclose(z.to_numpy().T.ravel(), VALUES["coin_standardized_edu_leg_med_soc_by_code"], atol=1e-12)


def test_smallest_max_t_p_agrees_with_coin_within_a_hundredth(codes42):
    sectors = pd.Series([SECTORS[i % 4] for i in range(42)])
    found = sector_contrasts(codes42, sectors, permutations=20_000, seed=1)
    assert found["p_max"].min() == pytest.approx(VALUES["coin_max_t_p"][0], abs=0.01)


def c_score(matrix: np.ndarray) -> float:
    together = matrix.T @ matrix
    own = np.diag(together)
    units = (own[:, None] - together) * (own[None, :] - together)
    return float(units[np.triu_indices(len(own), 1)].mean())


def test_c_scores_under_the_null_model_agree_with_vegan(codes42):
    draws = curveball(codes42.to_numpy(), 3000, np.random.default_rng(2)).astype(np.int64)
    scores = np.array([c_score(draw) for draw in draws])
    assert c_score(codes42.to_numpy()) == pytest.approx(VALUES["c_score"][0], abs=1e-12)
    assert scores.mean() == pytest.approx(VALUES["c_score_null_mean"][0], rel=0.01)
    assert scores.std() == pytest.approx(VALUES["c_score_null_sd"][0], rel=0.05)


def test_one_general_factor_is_absorbed_by_the_fixed_margins(codes42):
    found = cooccurrence(codes42, draws=12_000, seed=3)
    assert not (found.pairs["q"] < 0.05).any()


@pytest.mark.parametrize(("k", "n", "low", "high"), [(15, 148, 0.062386, 0.160487), (0, 20, 0.0, 0.161125)])
def test_wilson_intervals_of_the_library_are_the_published_ones(k, n, low, high):
    found = proportion_confint(k, n, method="wilson")  # Newcombe 1998, Statist. Med. 17:857-872, table I
    assert found == pytest.approx((low, high), abs=1e-6)


def test_newcombe_interval_of_the_library_is_the_published_one():
    found = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert found == pytest.approx((0.0524315, 0.3338727), abs=1e-7)  # Newcombe 1998, Statist. Med. 17:873-890


def test_ac1_of_gwets_two_rater_example():
    # Gwet 2008, Br J Math Stat Psychol 61:29-48, table 2: 118 + 2 + 5 + 0; AC1 .9408, kappa near zero.
    first = [1] * 118 + [1] * 5 + [0] * 2
    second = [1] * 118 + [0] * 5 + [1] * 2
    assert gwet_ac1([first, second]) == pytest.approx(0.9408, abs=5e-4)
    assert abs(kappa([first, second]).kappa) < 0.03


def test_table_of_agreement_equals_the_coefficients_computed_one_by_one(rater):
    rows = [
        (f"i{unit % 42}", f"c{unit // 42:02d}", f"coder {coder + 1}")
        for coder in range(2)
        for unit in range(rater.shape[1])
        if rater.iat[coder, unit] == 1
    ]
    codings = pd.DataFrame(rows, columns=["interview_id", "code_id", "coder_id"])
    table = agreement(codings, replicates=50).set_index("id")
    both = (rater.iloc[:2] == 1).astype(int).to_numpy()
    assert table.at["all", "alpha"] == pytest.approx(krippendorff_alpha(both), abs=1e-10)
    assert table.at["all", "kappa"] == pytest.approx(kappa(both).kappa, abs=1e-10)
    assert table.at["all", "ac1"] == pytest.approx(gwet_ac1(both), abs=1e-10)
    for code in ("c00", "c13"):
        part = both[:, int(code[1:]) * 42 : (int(code[1:]) + 1) * 42]
        assert table.at[code, "alpha"] == pytest.approx(krippendorff_alpha(part), abs=1e-10)


def test_centralities_equal_igraph():
    # R igraph 1.3.5: betweenness(g) and strength(g, weights = abs(w)) of this graph of ten nodes.
    ends = np.array(["1 2", "2 3", "3 4", "4 5", "5 1", "2 6", "6 7", "7 8", "3 8", "9 10"])
    weights = np.array([2.5, 3, -2.1, 4, 2.2, 3.3, 2.8, 5, 2.4, 3.1])
    pairs = np.array([pair.split() for pair in ends])
    strength, between, community = centralities([str(k) for k in range(1, 11)], pairs, weights)
    np.testing.assert_allclose(between, [2.5, 7.5, 7.5, 2.5, 1, 2.5, 1, 2.5, 0, 0], atol=1e-12)
    np.testing.assert_allclose(strength, [4.7, 8.8, 7.5, 6.1, 6.2, 6.1, 7.8, 7.4, 3.1, 3.1], atol=1e-12)
    assert community[8] == community[9] != 0
