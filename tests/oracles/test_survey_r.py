"""Agreement with R on simulated and public data: values and versions stand in survey.json, the recipe in survey.R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from known_answers import reference

from continuum.survey import Design, average_probabilities, cumulative_link, proportional_odds_tests
from continuum.survey.design import t_interval_of_share
from continuum.survey.rank_tests import count_table, kruskal_wallis, mann_whitney

FOLDER = Path(__file__).parent
ORACLE = json.loads((FOLDER / "survey.json").read_text())
SECTORS = ["legal", "medical", "nonprofit", "social", "foster"]


def expected(key):
    return np.array(ORACLE[key]["value"])


@pytest.fixture(scope="module")
def ord667():
    data = pd.read_csv(FOLDER / "ord667.csv")
    data["sector"] = pd.Categorical(data["sector"], SECTORS)
    data["state"] = pd.Categorical(data["state"])
    return data


def covariates(data):
    return data[["sector", "state", "yrs", "acc"]]


def parameters(fit):
    """Thresholds, then coefficients: the order of ``coef(clm)``."""
    return np.concatenate([fit.thresholds, fit.coef])


def errors(fit):
    return fit.se[[*fit.thresholds.index, *fit.coef.index]].to_numpy()


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_cumulative_link_equals_clm_within_1e_8(ord667, link):
    fit = cumulative_link(ord667["y"], covariates(ord667), link=link)
    assert fit.loglik == pytest.approx(expected(f"clm.{link}.loglik")[0], abs=1e-8)
    assert np.abs(parameters(fit) - expected(f"clm.{link}.parameters")).max() < 1e-8
    assert np.abs(errors(fit) - expected(f"clm.{link}.se")).max() < 1e-8


def test_the_published_log_likelihood_of_ord667(ord667):
    assert cumulative_link(ord667["y"], covariates(ord667)).loglik == pytest.approx(-1016.59756363, abs=1e-8)


def test_weighted_fit_equals_clm(ord667):
    fit = cumulative_link(ord667["y"], covariates(ord667), weights=ord667["w"])
    assert fit.loglik == pytest.approx(expected("clm.weighted.loglik")[0], abs=1e-8)
    assert np.abs(parameters(fit) - expected("clm.weighted.parameters")).max() < 1e-8
    assert np.abs(errors(fit) - expected("clm.weighted.se")).max() < 1e-8


@pytest.mark.shared
def test_housing_equals_clm_and_is_near_polr():
    data = reference("rdatasets/MASS_housing.csv")
    levels = {
        "Infl": ["Low", "Medium", "High"],
        "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
        "Cont": ["Low", "High"],
    }
    X = pd.DataFrame({name: pd.Categorical(data[name], own) for name, own in levels.items()})
    y = pd.Series(pd.Categorical(data["Sat"], ["Low", "Medium", "High"], ordered=True))
    fit = cumulative_link(y, X, weights=data["Freq"])
    assert fit.loglik == pytest.approx(-1739.57464953, abs=1e-8)
    assert np.abs(parameters(fit) - expected("clm.housing.parameters")).max() < 1e-8
    assert np.abs(errors(fit) - expected("clm.housing.se")).max() < 1e-8


def test_partial_proportional_odds_equals_clm_with_a_nominal_part(ord667):
    fit = cumulative_link(ord667["y"], covariates(ord667), varying=["state"])
    assert fit.loglik == pytest.approx(expected("clm.partial.loglik")[0], abs=1e-7)
    assert fit.varying.shape == (1, 4)


def test_proportional_odds_tests_equal_nominal_test(ord667):
    tests = proportional_odds_tests(ord667["y"], covariates(ord667))
    assert np.abs(tests["statistic"] - expected("nominal_test.lrt")).max() < 1e-5
    assert tests["df"].tolist() == expected("nominal_test.df").tolist()
    assert np.abs(tests["p"] - expected("nominal_test.p")).max() < 1e-6


def test_average_probabilities_equal_predict_clm(ord667):
    fit = cumulative_link(ord667["y"], covariates(ord667))
    table = average_probabilities(fit, covariates(ord667), "sector")
    assert np.abs(table["probability"] - expected("clm.average_probability")).max() < 1e-8
    assert np.allclose(table.groupby("value", observed=True)["probability"].sum(), 1)


def test_design_based_errors_equal_svyolr(ord667):
    # svyolr differentiates numerically for its standard errors, hence 1e-5.
    fit = cumulative_link(ord667["y"], covariates(ord667), weights=ord667["w"], clusters=ord667["agency"])
    assert np.abs(np.concatenate([fit.coef, fit.thresholds]) - expected("svyolr.parameters")).max() < 1e-7
    assert np.abs(fit.se.to_numpy() - expected("svyolr.se")).max() < 1e-5


def test_cluster_robust_errors_without_weights_equal_svyolr(ord667):
    fit = cumulative_link(ord667["y"], covariates(ord667), clusters=ord667["agency"])
    assert np.abs(fit.se.to_numpy() - expected("svyolr.unweighted.se")).max() < 1e-5


def test_stratified_errors_equal_svyolr(ord667):
    fit = cumulative_link(
        ord667["y"],
        ord667[["sector", "yrs", "acc"]],
        weights=ord667["w"],
        clusters=ord667["agency"],
        strata=ord667["state"],
    )
    assert np.abs(fit.se.to_numpy() - expected("svyolr.strata.se")).max() < 1e-5


def test_rank_tests_equal_r(ord667):
    sectors = ord667["sector"].cat.codes.to_numpy(dtype=int)
    table = count_table(ord667["y"].to_numpy(), sectors)
    assert kruskal_wallis(table) == pytest.approx(expected("kruskal.ord667")[0], rel=1e-10)
    states = count_table(ord667["y"].to_numpy(), ord667["state"].cat.codes.to_numpy(dtype=int))
    assert mann_whitney(states) == pytest.approx(expected("wilcox.ord667"), rel=1e-10)


def test_welch_anova_equals_r(ord667):
    from continuum.survey.group_testing import _welch_anova

    found = _welch_anova(ord667["yrs"].to_numpy(), ord667["sector"].cat.codes.to_numpy(dtype=int))
    assert [found.statistic, found.df, found.df2, found.p] == pytest.approx(expected("welch.ord667"), rel=1e-8)


@pytest.mark.shared
def test_two_stage_mean_equals_r_survey_within_1e_9():
    data = reference("survey/apiclus2.csv")
    row = Design(clusters=("dnum", "snum"), fpc=("fpc1", "fpc2"), weights="pw").on(data).means(data[["api00"]]).iloc[0]
    assert [row["estimate"], row["se"]] == pytest.approx(expected("svymean.apiclus2"), abs=1e-9)


@pytest.mark.shared
def test_rao_scott_f_equals_r_survey_within_1e_9():
    data = reference("survey/apistrat.csv")
    codes = [pd.Categorical(data[name]).codes.astype(int) for name in ("sch.wide", "stype")]
    test = Design("pw", strata="stype", fpc="fpc").on(data).rao_scott(*codes)
    assert list(test.values()) == pytest.approx(expected("svychisq.apistrat"), rel=1e-9)
    assert test["F"] == pytest.approx(17.24744396389, rel=1e-9)
    assert test["p"] == pytest.approx(2.035046359e-7, rel=1e-8)


@pytest.mark.shared
def test_raked_mean_meets_the_converged_value():
    data = reference("survey/apiclus1.csv")
    margins = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}
    row = Design("pw", clusters="dnum", fpc="fpc", raking=margins).on(data).means(data[["api00"]]).iloc[0]
    assert [row["estimate"], row["se"]] == pytest.approx([641.23032093, 23.70361689], abs=1e-6)


@pytest.mark.shared
def test_shares_by_group_equal_svyby():
    data = reference("survey/apistrat.csv")
    groups = pd.Categorical(data["stype"], ["E", "H", "M"]).codes.astype(int)
    share = pd.DataFrame({"yes": data["comp.imp"] == "Yes"})
    found = Design("pw", strata="stype", fpc="fpc").on(data).means(share, groups=groups)
    assert [*found["estimate"], *found["se"]] == pytest.approx(expected("svyby.apistrat"), abs=1e-9)
    low, high = t_interval_of_share(found["estimate"], found["se"], found["df"])
    assert ((low < found["estimate"]) & (found["estimate"] < high)).all()


@pytest.mark.shared
def test_wald_test_of_group_means_equals_regtermtest():
    data = reference("survey/apiclus1.csv")
    groups = pd.Categorical(data["stype"]).codes.astype(int)
    test = Design("pw", clusters="dnum", fpc="fpc").on(data).wald_of_means(data["api00"].to_numpy(dtype=float), groups)
    assert test == pytest.approx(expected("regTermTest.apiclus1"), rel=1e-6)
