"""The fixed-margin null model gives the same null distribution as vegan's curveball."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import ROOT

from continuum.nullmodels import curveball


def c_score(matrices: np.ndarray) -> np.ndarray:
    """Mean number of checkerboard units over pairs of codes."""
    together = np.einsum("bij,bik->bjk", matrices, matrices)
    found = np.einsum("bjj->bj", together)
    first, second = np.triu_indices(matrices.shape[2], 1)
    shared = together[:, first, second]
    return ((found[:, first] - shared) * (found[:, second] - shared)).mean(axis=1)


def test_checkerboard_scores_equal_those_of_vegan():
    # R 4.2.2, vegan 2.6-4: oecosimu(codes42, nestedchecker, "curveball"): mean 16.993, sd 0.326.
    codes = pd.read_csv(ROOT / "tests" / "oracles" / "codes42.csv").to_numpy()
    scores = c_score(curveball(codes, 4000, np.random.default_rng(1)).astype(float))
    assert scores.mean() == pytest.approx(16.993, rel=0.01)
    assert scores.std() == pytest.approx(0.326, rel=0.05)
