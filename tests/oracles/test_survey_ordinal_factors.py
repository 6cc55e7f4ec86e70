"""Factors of ordered answers against lavaan, polycor and psych; values in ordinal_factors.json, recipe beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from continuum.survey.factors import minres
from continuum.survey.invariance import number_of_factors, partial_averages
from continuum.survey.ordinal_cfa import STEPS, fit_factors, scaled_difference
from continuum.survey.polychoric import polychoric

FOLDER = Path(__file__).parent
ORACLE = json.loads((FOLDER / "ordinal_factors.json").read_text())
SECTORS = ["legal", "medical", "nonprofit", "social", "foster"]
MEASURES = ["unscaled", "df", "statistic", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr"]


def expected(key):
    return np.array(ORACLE[key]["value"])


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(FOLDER / "grm667.csv").to_numpy() - 1


@pytest.fixture(scope="module")
def mixed(answers):
    """In every second row the answers to items 5 to 8 are those of the next row."""
    table = answers.copy()
    even = np.arange(1, len(table), 2)
    table[np.ix_(even, range(4, 8))] = answers[np.ix_(even + 1, range(4, 8))]
    return table


@pytest.fixture(scope="module")
def sectors(answers):
    """Moments of the six items whose four levels all sectors use."""
    sector = pd.read_csv(FOLDER / "ord667.csv")["sector"].to_numpy()
    return [polychoric(answers[sector == name][:, [0, 1, 4, 5, 6, 7]], [4] * 6) for name in SECTORS]


def assert_fit(fit, key):
    found = [getattr(fit, name) for name in MEASURES]
    # lavaan stops iterating earlier; indices at their bounds agree exactly.
    assert np.abs(np.array(found) - expected(key)[:10]).max() < 2e-4, dict(zip(MEASURES, found, strict=True))


def test_two_step_polychoric_equals_polycor(answers):
    assert polychoric(answers[:, :2]).correlation[0, 1] == pytest.approx(expected("polychor.1_2")[0], abs=1e-5)


def test_polychoric_correlations_equal_psych(answers):
    found = polychoric(answers).correlation.T[np.triu_indices(8, 1)]
    assert np.abs(found - expected("polychoric.lower")).max() < 1e-4


def test_minres_of_polychorics_equals_psych(answers):
    correlation = polychoric(answers).correlation
    one = np.abs(minres(correlation, 1)[:, 0])
    assert np.abs(one - expected("fa.minres.1")).max() < 1e-4
    # psych lets the second factor take all of item 5; its unique variance has another bound here.
    two = (minres(correlation, 2) ** 2).sum(axis=1)
    assert np.abs(np.delete(two - expected("fa.minres.2.communalities"), 4)).max() < 2e-3


def test_minimum_average_partial_equals_psych(answers):
    correlation = polychoric(answers).correlation
    assert np.abs(partial_averages(correlation)[:3] - expected("map")[:3]).max() < 1e-4
    assert number_of_factors(correlation) == int(np.argmin(expected("map"))) + 1


def test_sampling_covariance_equals_lavaan_with_blanks(answers):
    holes = answers.copy()
    rows = np.arange(1, len(holes) + 1)
    for j in range(8):
        holes[(rows + 7 * (j + 1)) % 11 == 0, j] = -1
    moments = polychoric(holes)
    # lavaan's order of pairs is by columns, ours by rows.
    pairs = sorted(zip(*np.tril_indices(8, -1), strict=True), key=lambda pair: (pair[1], pair[0]))
    place = {pair: i for i, pair in enumerate(zip(*np.tril_indices(8, -1), strict=True))}
    order = [*range(24), *(24 + place[pair] for pair in pairs)]
    found = (moments.n * np.diag(moments.covariance))[order]
    assert np.abs(found / expected("cfa.pairwise.gamma") - 1).max() < 2e-3
    assert_fit(fit_factors([moments], [0] * 8), "cfa.pairwise")


def test_one_factor_equals_lavaan_wlsmv(answers):
    fit = fit_factors([polychoric(answers)], [0] * 8)
    assert np.abs(fit.loadings[0] - expected("cfa.one.loadings")).max() < 1e-5
    assert_fit(fit, "cfa.one")


def test_misfit_equals_lavaan_wlsmv(mixed):
    fit = fit_factors([polychoric(mixed)], [0] * 8)
    assert_fit(fit, "cfa.misfit")
    assert fit.cfi < 0.99
    assert fit.rmsea > 0.02


def test_two_factors_equal_lavaan_wlsmv(mixed):
    fit = fit_factors([polychoric(mixed)], [0] * 4 + [1] * 4)
    assert_fit(fit, "cfa.two")
    assert fit.factor_covariance[0, 0, 1] == pytest.approx(expected("cfa.two.correlation")[0], abs=1e-5)


def test_invariance_sequence_equals_lavaan(sectors):
    fits = [fit_factors(sectors, [0] * 6, step) for step in STEPS]
    for step, fit in zip(STEPS, fits, strict=True):
        assert_fit(fit, f"groups.{step}")
    for step, loose, strict in zip(STEPS[1:], fits, fits[1:], strict=False):
        found = np.array(scaled_difference(sectors, strict, loose))
        assert np.abs(found - expected(f"difference.{step}")).max() < 2e-3
    assert np.abs(fits[-1].factor_means[:, 0] - expected("groups.intercepts.means")).max() < 1e-4
    assert np.abs(fits[-1].factor_covariance[:, 0, 0] - expected("groups.intercepts.variances")).max() < 1e-4
