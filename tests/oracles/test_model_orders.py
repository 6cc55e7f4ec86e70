"""Bradley-Terry positions and correspondence analysis equal R; both find orders that are truly there."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import ROOT

from continuum.model.asserted import fit_positions
from continuum.model.correspondence import correspondence_order, decompose
from continuum.model.worlds import code_world

#: bradley_terry.R, R 4.2.2, stats::glm.
COUNTS = np.array([[0, 3, 5, 2, 6], [1, 0, 4, 5, 3], [2, 1, 0, 7, 4], [1, 2, 3, 0, 8], [0, 1, 2, 1, 0]], dtype=float)
POSITIONS = [
    -1.184020861496847044, -0.564182537246958771, -0.000159164178515026, 0.262901334908836715, 1.485461228013484014,
]  # fmt: skip


def test_positions_equal_those_of_glm():
    np.testing.assert_allclose(fit_positions(COUNTS[None], 0.0)[0], POSITIONS, atol=1e-8)


def test_positions_equal_those_of_choix():
    choix = pytest.importorskip("choix")
    pairs = [(j, i) for i in range(5) for j in range(5) for _ in range(int(COUNTS[i, j]))]
    np.testing.assert_allclose(fit_positions(COUNTS[None], 0.0)[0], choix.opt_pairwise(5, pairs, tol=1e-12), atol=1e-5)


def test_many_tables_at_once_give_what_each_gives_alone():
    counts = np.random.default_rng(1).poisson(3, (6, 5, 5)) * (1 - np.eye(5))
    together = fit_positions(counts, 0.01)
    for table, positions in zip(counts, together, strict=True):
        np.testing.assert_allclose(fit_positions(table[None], 0.01)[0], positions, atol=1e-9)


def test_singular_values_equal_those_of_ca_for_the_smoking_data():
    # Greenacre 1984, table 3.1 (data set smoke of the R package ca 0.71.1), summary(ca(smoke)) in R 4.2.2.
    smoke = np.array([[4, 2, 3, 2], [4, 3, 7, 4], [25, 10, 12, 4], [18, 24, 33, 13], [10, 6, 7, 2]])
    expected = [0.2734211145572992, 0.1000858656965546, 0.0203365208395199]
    np.testing.assert_allclose(decompose(smoke).singular, expected, atol=1e-10)


def test_adjusted_inertias_equal_those_of_mjca():
    # Four questions of the ISSP 1993 (data set wg93 of ca), Greenacre's adjustment of the Burt table.
    oracle = json.loads((ROOT / "tests" / "oracles" / "wg93.json").read_text(encoding="utf-8"))
    questions, categories = 4, 20
    inertia = decompose(np.array(oracle["burt"])).singular
    kept = inertia[inertia > 1 / questions]
    adjusted = (questions / (questions - 1) * (kept - 1 / questions)) ** 2
    np.testing.assert_allclose(adjusted, oracle["value"]["adjusted"], atol=1e-10)
    total = questions / (questions - 1) * ((inertia**2).sum() - (categories - questions) / questions**2)
    np.testing.assert_allclose(adjusted / total, oracle["value"]["share"], atol=1e-10)


def test_coordinates_equal_those_of_prince():
    prince = pytest.importorskip("prince")
    matrix = pd.DataFrame(code_world("unfolding", 60, 12, np.random.default_rng(4))[0])
    matrix = matrix[matrix.sum(axis=1) > 0]
    fitted = prince.CA(n_components=2, n_iter=20, random_state=1).fit(matrix)
    ours = decompose(matrix.to_numpy())
    principal = np.abs(ours.columns[:, :2] * ours.singular[:2])
    np.testing.assert_allclose(np.abs(fitted.column_coordinates(matrix)), principal, atol=1e-8)


def test_the_order_of_an_unfolding_world_is_found_up_to_reversal():
    matrix, truth = code_world("unfolding", 42, 24, np.random.default_rng(5))
    result = correspondence_order(matrix, replicates=300)
    place = result.items.set_index("item")["coordinate"].reindex([str(k) for k in range(24)])
    assert abs(np.corrcoef(pd.Series(truth).rank(), place.rank())[0, 1]) > 0.95
    assert result.reversible
    assert "arch" in result.warning
    assert (result.items["rank_low"] <= result.items["rank"]).all()
    assert (result.items["rank_high"] >= result.items["rank"]).all()
