"""Pooling: the textbook example, and refusal where studies differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.errors import TooFewCases
from continuum.model.case_effects import published_effects
from continuum.model.pooling import pool_matching
from continuum.published import effects


def bcg() -> pd.DataFrame:
    """Thirteen trials of BCG vaccine (Colditz et al. 1994, JAMA 271:698-702): cases and others, both arms."""
    counts = np.array([
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
        [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232],
        [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
    ])  # fmt: skip
    a, b, c, d = counts.T
    log = np.log(a / (a + b) / (c / (c + d)))
    error = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    z = 1.959963984540054
    return pd.DataFrame({
        "factor": "BCG", "population": "trials", "measure": "RR", "estimate": np.exp(log),
        "ci_low": np.exp(log - z * error), "ci_high": np.exp(log + z * error), "study": [f"t{k}" for k in range(13)],
    })  # fmt: skip


def test_the_bcg_trials_match_metafor_4_rma_dl():
    # rma(measure = "RR", ..., method = "DL"): -0.7141 (se 0.1787), tau^2 0.3088, I^2 92.12 %, Q(12) 152.2330.
    row = pool_matching(bcg()).iloc[0]
    assert np.log(row["estimate"]) == pytest.approx(-0.7141, abs=5e-5)
    assert np.log(row["high"] / row["low"]) / (2 * 1.959964) == pytest.approx(0.1787, abs=5e-5)
    assert row["tau2"] == pytest.approx(0.3088, abs=5e-5)
    assert row["i2"] == pytest.approx(0.9212, abs=5e-5)
    assert row["q"] == pytest.approx(152.2330, abs=5e-5)


def test_the_effect_in_a_new_study_is_less_certain_than_the_mean():
    row = pool_matching(bcg()).iloc[0]
    assert row["prediction_low"] < row["low"] < row["estimate"] < row["high"] < row["prediction_high"]


def test_equal_studies_have_no_variance_between_them():
    same = bcg().assign(estimate=0.5, ci_low=0.4, ci_high=0.625)
    row = pool_matching(same).iloc[0]
    assert (row["tau2"], row["i2"]) == (0, 0)
    assert row["estimate"] == pytest.approx(0.5)


def test_two_rows_of_one_study_count_once():
    with pytest.raises(TooFewCases, match="at most 2"):
        pool_matching(bcg().head(4).assign(study=["a", "a", "b", "b"]))


def test_the_published_effects_are_not_pooled():
    with pytest.raises(TooFewCases, match="nothing is pooled"):
        pool_matching(published_effects(effects()))
