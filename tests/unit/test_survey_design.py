"""Designs: a numpy reference of the linearized variance guards svy, and wrong designs are refused by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.errors import BadInput, NonConvergence
from continuum.survey import Design
from continuum.survey.design import t_interval_of_share


def reference_mean(y, w, strata, units, size=None, inside=None):
    """sum wy / sum w with variance sum_h (1 - f_h) n_h/(n_h - 1) sum_i (z_hi - zbar_h)^2 (methods B1)."""
    inside = np.ones(len(y), dtype=bool) if inside is None else inside
    own = np.where(inside, w, 0.0)
    mean = (own * y).sum() / own.sum()
    z = own * (y - mean) / own.sum()
    variance = 0.0
    for stratum in np.unique(strata):
        here = strata == stratum
        totals = pd.Series(z[here]).groupby(units[here]).sum().to_numpy()
        n = len(totals)
        sampled = 0.0 if size is None else n / size[here][0]
        variance += (1 - sampled) * n / (n - 1) * ((totals - totals.mean()) ** 2).sum()
    return mean, np.sqrt(variance)


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(4)
    n = 300
    strata = rng.integers(0, 3, n)
    return pd.DataFrame(
        {
            "y": rng.normal(size=n) + strata,
            "w": rng.uniform(0.5, 4, n),
            "stratum": [f"h{s}" for s in strata],
            "unit": [f"{s}-{u}" for s, u in zip(strata, rng.integers(0, 12, n), strict=True)],
            "size": np.array([40.0, 60.0, 90.0])[strata],
            "group": rng.integers(0, 2, n),
            "sex": rng.choice(["f", "m"], n),
        }
    )


def test_mean_and_se_equal_the_numpy_reference(sample):
    design = Design("w", "stratum", "unit", "size").on(sample)
    found = design.means(sample[["y"]]).iloc[0]
    mean, se = reference_mean(
        sample["y"].to_numpy(), sample["w"].to_numpy(), sample["stratum"].to_numpy(), sample["unit"].to_numpy(),
        sample["size"].to_numpy(),
    )  # fmt: skip
    assert found["estimate"] == pytest.approx(mean, rel=1e-12)
    assert found["se"] == pytest.approx(se, rel=1e-10)
    assert found["df"] == sample["unit"].nunique() - 3 == design.degrees_of_freedom


def test_a_domain_keeps_the_other_respondents_in_its_variance(sample):
    found = Design("w", "stratum", "unit").on(sample).means(sample[["y"]], groups=sample["group"].to_numpy())
    for group in (0, 1):
        mean, se = reference_mean(
            sample["y"].to_numpy(), sample["w"].to_numpy(), sample["stratum"].to_numpy(), sample["unit"].to_numpy(),
            inside=(sample["group"] == group).to_numpy(),
        )  # fmt: skip
        assert found["estimate"][group] == pytest.approx(mean, rel=1e-12)
        assert found["se"][group] == pytest.approx(se, rel=1e-10)


def test_raking_meets_every_margin(sample):
    targets = {"sex": {"f": 300.0, "m": 200.0}, "stratum": {"h0": 100.0, "h1": 150.0, "h2": 250.0}}
    weights = Design("w", raking=targets).on(sample).weights
    for column, margin in targets.items():
        totals = pd.Series(weights).groupby(sample[column]).sum()
        assert totals.to_dict() == pytest.approx(margin, rel=1e-9)


def test_kish_design_effect_is_one_for_equal_weights(sample):
    assert Design().on(sample).kish == pytest.approx(1.0)
    w = sample["w"].to_numpy()
    assert Design("w").on(sample).kish == pytest.approx(len(w) * (w**2).sum() / w.sum() ** 2)


def test_without_a_design_the_wording_is_about_respondents(sample):
    assert Design().on(sample).wording == "unweighted, among respondents"
    assert "design effect" in Design("w").on(sample).wording


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_positive_is_refused_with_its_row(sample, bad):
    weights = sample["w"].copy()
    weights.iloc[6] = bad
    with pytest.raises(BadInput, match="row 7, column w"):
        Design("w").on(sample.assign(w=weights))


def test_a_stratum_with_one_unit_is_refused_unless_centered(sample):
    lonely = pd.concat([sample, sample.iloc[[0]].assign(stratum="h9", unit="only")], ignore_index=True)
    with pytest.raises(BadInput, match="'h9' holds a single sampling unit"):
        Design("w", "stratum", "unit").on(lonely)
    centered = Design("w", "stratum", "unit", lonely="centre").on(lonely).means(lonely[["y"]])
    assert centered["se"].iloc[0] > 0


def test_raking_to_a_level_nobody_has_names_the_cell(sample):
    with pytest.raises(NonConvergence, match="no respondent has sex = 'x'"):
        Design("w", raking={"sex": {"f": 1.0, "m": 1.0, "x": 2.0}}).on(sample)
    with pytest.raises(BadInput, match="gives no total for 'm'"):
        Design("w", raking={"sex": {"f": 1.0}}).on(sample)


def test_raking_to_margins_with_different_sums_does_not_converge(sample):
    with pytest.raises(NonConvergence, match="sex, stratum"):
        Design("w", raking={"sex": {"f": 1.0, "m": 1.0}, "stratum": {"h0": 1.0, "h1": 1.0, "h2": 9.0}}).on(sample)


def test_a_column_the_answers_do_not_have_is_named(sample):
    with pytest.raises(BadInput, match="'weight'"):
        Design("weight").on(sample)


def test_the_logit_interval_has_no_ends_at_zero_and_one():
    low, high = t_interval_of_share([0.0, 0.5, 1.0], [0.0, 0.1, 0.0], [20, 20, 20])
    assert np.isnan([low[0], high[0], low[2], high[2]]).all()
    assert low[1] < 0.5 < high[1]


def test_intervals_of_a_weighted_mean_cover_the_truth_in_clustered_samples():
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(200):
        clusters = np.repeat(np.arange(40), 6)
        y = rng.normal(size=40)[clusters] * 0.8 + rng.normal(size=240)
        data = pd.DataFrame({"y": y, "unit": clusters.astype(str)})
        row = Design(clusters="unit").on(data).means(data[["y"]]).iloc[0]
        hits += row["low"] <= 0 <= row["high"]
    assert 181 <= hits <= 199  # binomial 99.8% band around .95 of 200


def test_the_design_effect_of_a_mean_is_its_variance_over_that_of_a_simple_sample(sample):
    equal = Design().on(sample).means(sample[["y"]]).iloc[0]
    assert equal["deff"] == pytest.approx(1.0)
    weighted = Design("w", "stratum", "unit").on(sample).means(sample[["y"]]).iloc[0]
    assert weighted["deff"] != pytest.approx(1.0, abs=1e-3)
    constant = Design("w").on(sample).means(pd.DataFrame({"one": np.ones(300)})).iloc[0]
    assert np.isnan(constant["deff"])
