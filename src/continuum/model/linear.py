"""Life-course hypotheses for a continuous outcome: every mean model against the saturated one, by partial F."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from .hypotheses import hypotheses


def compare_means(outcome: ArrayLike, met: ArrayLike, names: Sequence[str]) -> pd.DataFrame:
    """Compare life-course hypotheses for a continuous outcome.

    Parameters
    ----------
    outcome : array, shape (people,)
    met : array of 0 and 1, shape (people, exposures)
        Exposures in the order in which they happen.
    names : sequence of str

    Returns
    -------
    DataFrame
        hypothesis, family, parameters, rss, f, df, df_residual, p (partial F against the saturated model), sigma (its
        own residual standard deviation), effect, se (one-parameter models), bic, weight.

    Raises
    ------
    BadInput
        Lengths differ, or a value is missing.

    Source: Mishra et al. 2009, 10.1093/ije/dyn229.
    """
    from scipy.stats import f as f_distribution

    y, x = np.asarray(outcome, dtype=float), np.asarray(met)
    if len(y) != len(x) or np.isnan(y).any():
        raise BadInput(f"{len(y)} outcomes for {len(x)} people, {int(np.isnan(y).sum())} of them missing")
    cells, row = np.unique(x, axis=0, return_inverse=True)
    row = row.ravel()
    count = np.bincount(row).astype(float)
    mean = np.bincount(row, y) / count
    within = float(((y - mean[row]) ** 2).sum())
    residual_df = len(y) - len(cells)
    rows = []
    for hypothesis in hypotheses(cells, names):
        rss, rank, coef, variance = weighted_fit(hypothesis.design, mean, count)
        rss += within
        df = len(cells) - rank
        f = (rss - within) / df / (within / residual_df) if df else np.nan
        single = hypothesis.design.shape[1] == 1
        rows.append(
            {
                "hypothesis": hypothesis.name, "family": hypothesis.family, "parameters": rank - 1, "rss": rss,
                "f": f, "df": df, "df_residual": residual_df,
                "p": float(f_distribution.sf(f, df, residual_df)) if df else np.nan,
                "sigma": float(np.sqrt(rss / (len(y) - rank))),
                "effect": float(coef[1]) if single else np.nan,
                "se": float(np.sqrt(variance[1] * rss / (len(y) - rank))) if single else np.nan,
                "bic": len(y) * np.log(rss / len(y)) + (rank + 1) * np.log(len(y)),
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    weight = np.exp(-(table["bic"] - table["bic"].min()) / 2)
    return table.assign(weight=weight / weight.sum())


def weighted_fit(design: NDArray, mean: NDArray, count: NDArray) -> tuple[float, int, NDArray, NDArray]:
    """Least squares of cell means: residual sum of squares between cells, rank, coefficients, unscaled variances."""
    root = np.sqrt(count)
    full = np.column_stack([np.ones(len(mean)), design])
    coef, _, rank, _ = np.linalg.lstsq(full * root[:, None], mean * root, rcond=None)
    variance = np.diag(np.linalg.pinv((full * count[:, None]).T @ full))
    return float((count * (mean - full @ coef) ** 2).sum()), int(rank), coef, variance
