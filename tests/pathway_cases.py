"""A process of known truth, panels from it, and the heart transplant patients of R's msm package."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from continuum.model.pathways import Pathways

TRUE = Pathways(
    (0.10, 0.07, 0.04), (0.14, 0.09, 0.06), (0.05, 0.10, 0.16, 0.20), (0.20, 0.12, 0.08, 0.06), -0.3, 0.4,
    {"x": {"up": 0.3}},
)  # fmt: skip
#: The parameters of TRUE as a fit with the covariate x lists them.
TRUTH = [*TRUE.up, *TRUE.down, *TRUE.opt_in, *TRUE.opt_out, np.exp(-0.3), np.exp(0.4), np.exp(0.3)]
START = np.array([0.1, 0.0, 0.6, 0.1, 0.1, 0.1, 0.0, 0.0])


def people(n: int, times: range, seed: int) -> pd.DataFrame:
    """Visits of ``n`` people with one covariate."""
    rng = np.random.default_rng(seed)
    return TRUE.simulate(n, times, rng, start=START, covariates={"x": rng.integers(0, 2, n).astype(float)})


def cav() -> pd.DataFrame:
    """Heart transplant patients, from R's msm package (never kept here)."""
    if shutil.which("Rscript") is None:
        pytest.skip("needs R with the package msm")
    done = subprocess.run(
        ["Rscript", "-e", "write.csv(msm::cav, row.names=FALSE)"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("needs R's package msm")
    return pd.read_csv(io.StringIO(done.stdout)).sort_values(["PTNUM", "years"], kind="stable")
