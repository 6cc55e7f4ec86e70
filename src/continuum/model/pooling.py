"""Pooling published effects, only where the same thing was measured in the same kind of people often enough."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import TooFewCases

#: Independent studies of the same factor, population and measure that pooling needs.
MIN_STUDIES = 3


def pool_matching(effects: pd.DataFrame, *, minimum: int = MIN_STUDIES) -> pd.DataFrame:
    """Random-effects summaries of the effects that match; the others stay side by side.

    Parameters
    ----------
    effects : DataFrame
        factor, population, measure (OR or RR), estimate, ci_low, ci_high, study. Rows match if factor, population and
        measure are the same; of one study only the first row counts, and rows without an interval never do.
    minimum : int
        Studies a summary needs.

    Returns
    -------
    DataFrame
        factor, population, measure, studies, estimate, low, high (95 %), prediction_low, prediction_high (95 % for the
        effect in a new study), tau2, i2 (share of variance between studies), q, and provenance in ``attrs``.

    Raises
    ------
    TooFewCases
        If no effect was measured in enough matching studies.

    Notes
    -----
    DerSimonian and Laird 1986 by ``statsmodels.stats.meta_analysis.combine_effects``; prediction interval of Higgins,
    Thompson, Spiegelhalter 2009 (JRSS A 172:137-159).
    """
    keys = ["factor", "population", "measure"]
    usable = effects.dropna(subset=["ci_low", "ci_high"]).drop_duplicates([*keys, "study"])
    groups = [(key, rows) for key, rows in usable.groupby(keys, sort=True) if len(rows) >= minimum]
    if not groups:
        most = int(usable.groupby(keys).size().max()) if len(usable) else 0
        raise TooFewCases(
            f"No effect was published for the same factor, population and measure by {minimum} independent studies "
            f"(at most {most}), so nothing is pooled.",
            "further studies of the same kind of people; until then effects stand side by side",
        )
    table = pd.DataFrame([dict(zip(keys, key, strict=True)) | _pool(rows) for key, rows in groups])
    table.attrs.update(effects.attrs)
    return table


def _pool(rows: pd.DataFrame) -> dict[str, float]:
    """One random-effects summary on the log scale."""
    from scipy import stats
    from statsmodels.stats.meta_analysis import combine_effects

    log = np.log(rows[["estimate", "ci_low", "ci_high"]].to_numpy(float))
    variance = ((log[:, 2] - log[:, 1]) / (2 * stats.norm.ppf(0.975))) ** 2
    with np.errstate(invalid="ignore"):
        found = combine_effects(log[:, 0], variance, method_re="chi2")  # the method of DerSimonian and Laird
    k, tau2 = len(rows), max(0.0, float(found.tau2))
    # statsmodels keeps a negative variance between studies; at zero the model is the one with a common effect.
    center, error = (
        (float(found.mean_effect_re), float(found.sd_eff_w_re))
        if tau2
        else (float(found.mean_effect_fe), float(found.sd_eff_w_fe))
    )
    wide = float(stats.t.ppf(0.975, k - 2) * np.sqrt(tau2 + error**2))
    narrow = float(stats.norm.ppf(0.975) * error)
    return {
        "studies": k, "estimate": np.exp(center), "low": np.exp(center - narrow), "high": np.exp(center + narrow),
        "prediction_low": np.exp(center - wide), "prediction_high": np.exp(center + wide), "tau2": tau2,
        "i2": max(0.0, float((found.q - (k - 1)) / found.q)) if found.q > 0 else 0.0, "q": float(found.q),
    }  # fmt: skip
