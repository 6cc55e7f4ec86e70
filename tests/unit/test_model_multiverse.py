"""Every specification is the fit it says it is, and permutation shows what the same choices give by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from life_cases import chain, levels, long_table, people

from continuum.errors import BadInput
from continuum.model.cumulative import fit_cumulative
from continuum.model.multiverse import (
    LATENT_SD,
    count_specifications,
    covariate_sets,
    exposure_codings,
    outcome_codings,
    specification_curve,
)

PEOPLE = 250


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(1)
    met = chain(PEOPLE, 4, rng)
    level = levels(0.5 * met.sum(axis=1), rng)
    covariates = pd.DataFrame(
        {
            "person_id": people(level)["person_id"],
            "age": rng.normal(30, 8, PEOPLE),
            "site": rng.choice(["a", "b"], PEOPLE),
        }
    )
    return met, level, covariates


def test_each_effect_is_that_of_its_own_model(world):
    met, level, covariates = world
    table = specification_curve(people(level), long_table(met), covariates, permutations=0).specifications
    names = people(level)["person_id"].tolist()
    codings = dict(zip(*exposure_codings(met, list("abcd")), strict=True))
    outcomes = dict(outcome_codings(level, list("0123")))
    adjusted = dict(covariate_sets(covariates, names))
    for row in table.sample(25, random_state=1).itertuples():
        y = outcomes[row.outcome]
        weights = np.zeros((1, PEOPLE, y.max() + 1))
        weights[0, np.arange(PEOPLE), y] = 1
        fit = fit_cumulative(np.column_stack([adjusted[row.covariates], codings[row.exposure]]), weights, link=row.link)
        scale = LATENT_SD[row.link]
        assert row.effect == pytest.approx(fit.coef[0, -1] / scale, abs=1e-6)
        assert row.se == pytest.approx(np.sqrt(fit.covariance[0, -1, -1]) / scale, abs=1e-6)


def test_every_combination_is_there_once(world):
    met, level, covariates = world
    table = specification_curve(people(level), long_table(met), covariates, permutations=0).specifications
    assert len(table) == count_specifications(4, 8, 2)
    assert not table.duplicated(["outcome", "exposure", "covariates", "link"]).any()
    assert sorted(table["rank"]) == list(range(1, len(table) + 1))
    assert table["converged"].all()


def test_a_true_effect_stands_out_from_permutations_and_none_does_not(world):
    met, level, _ = world
    true = specification_curve(people(level), long_table(met), permutations=99).summary
    shuffled = np.random.default_rng(2).permutation(level)
    none = specification_curve(people(shuffled), long_table(met), permutations=99).summary
    assert true["p"].iloc[0] == pytest.approx(0.01)
    assert none["p"].iloc[0] > 0.05


def test_permutations_give_the_test_its_level():
    rejected = 0
    for run in range(60):
        rng = np.random.default_rng(run)
        met = chain(80, 2, rng)
        curve = specification_curve(
            people(rng.integers(0, 2, 80)), long_table(met), links=("logit",), permutations=99, seed=rng
        )
        rejected += curve.summary["p"].iloc[0] <= 0.05
    assert rejected <= 9  # 99.9 % point of Binomial(60, .05)


def test_too_many_covariates_are_refused(world):
    met, level, _ = world
    many = pd.DataFrame(np.zeros((PEOPLE, 9)), index=people(level)["person_id"])
    with pytest.raises(BadInput, match="512 sets"):
        specification_curve(people(level), long_table(met), many)
