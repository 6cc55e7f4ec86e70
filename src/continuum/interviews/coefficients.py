"""Coefficients of agreement between coders, from a table of ratings.

One coefficient alone misleads: alpha and kappa fall for rare categories where raw agreement is high, so they are
always reported together (see :mod:`continuum.interviews.agreement`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput, TooFewCases

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS: tuple[str, ...] = get_args(Level)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kappa:
    """Chance-corrected agreement.

    Attributes
    ----------
    kappa : float
    z : float
        Against no agreement beyond chance.
    low, high : float
        95 percent interval; NaN for more than two coders.
    units : int
        Units that every coder rated.
    kind : {"Cohen", "Fleiss"}
    """

    kappa: float
    z: float
    low: float
    high: float
    units: int
    kind: str


def krippendorff_alpha(ratings: Any, level: Level = "nominal") -> float:
    """Krippendorff's alpha.

    Parameters
    ----------
    ratings : array-like, shape (coders, units)
        Numbers or, for nominal data, any labels; NaN or None where a coder did not rate a unit.
    level : {"nominal", "ordinal", "interval", "ratio"}

    Returns
    -------
    float
        NaN where nothing varies or no unit has two ratings: agreement on a constant is not agreement beyond chance.

    Raises
    ------
    BadInput
        If the level does not exist or needs numbers and the ratings are labels.

    Source: Krippendorff 2004, Content Analysis, chapter 11. Small-sample correction by the number of pairable values,
    also for complete data.
    """
    counts, values = _value_counts(ratings, level)
    return float(alpha_of(coincidences(counts), values, level))


def bootstrap_alpha(
    ratings: Any,
    clusters: ArrayLike,
    *,
    level: Level = "nominal",
    replicates: int = 10_000,
    seed: int | np.random.Generator = 0,
) -> Floats:
    """Alpha of resampled interviews.

    Parameters
    ----------
    ratings : array-like, shape (coders, units)
    clusters : array-like, shape (units,)
        The interview of each unit: interviews are resampled, not units.
    level : {"nominal", "ordinal", "interval", "ratio"}
    replicates : int
    seed : int or numpy Generator

    Returns
    -------
    array of float, shape (replicates,)
        NaN where nothing varied in a resample. Coincidences add up over interviews, so a replicate is one row of a
        matrix product.
    """
    counts, values = _value_counts(ratings, level)
    cluster, names = pd.factorize(np.asarray(clusters))
    by_cluster = np.stack([coincidences(counts[cluster == c]) for c in range(len(names))])
    rng = np.random.default_rng(seed)
    found = np.empty(replicates)
    chunk = max(1, 4_000_000 // max(len(names), by_cluster[0].size))
    for start in range(0, replicates, chunk):
        weights = resampled(len(names), min(chunk, replicates - start), rng)
        summed = (weights @ by_cluster.reshape(len(names), -1)).reshape(-1, *by_cluster.shape[1:])
        found[start : start + len(weights)] = alpha_of(summed, values, level)
    return found


def resampled(n: int, replicates: int, rng: np.random.Generator) -> Floats:
    """How often each of ``n`` interviews is drawn in each bootstrap sample, shape (replicates, n)."""
    drawn = rng.integers(0, n, (replicates, n)) + n * np.arange(replicates)[:, None]
    return np.bincount(drawn.ravel(), minlength=n * replicates).reshape(replicates, n).astype(np.float64)


def coincidences(counts: Floats) -> Floats:
    """How often two values meet in one unit.

    Parameters
    ----------
    counts : array, shape (units, values)
        Coders who gave each value; units with fewer than two ratings do not count.

    Returns
    -------
    array, shape (values, values); its sum is the number of ratings that can be paired.
    """
    rated = counts.sum(axis=1)
    pairable = counts[rated >= 2]
    weight = 1.0 / (rated[rated >= 2] - 1)
    return pairable.T @ (pairable * weight[:, None]) - np.diag((pairable * weight[:, None]).sum(axis=0))


def alpha_of(observed: Floats, values: Floats, level: Level) -> Floats:
    """Alpha from coincidence matrices, shape (..., values, values)."""
    margins = observed.sum(axis=-1)
    total = margins.sum(axis=-1)
    distance = _distance(values, margins, level)
    disagreement = (observed * distance).sum(axis=(-2, -1))
    by_chance = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = 1 - (total - 1) * disagreement / by_chance
    return np.where(by_chance > 0, alpha, np.nan)


def gwet_ac1(ratings: Any) -> float:
    """Gwet's AC1, steadier than alpha and kappa where a code is rare.

    Parameters
    ----------
    ratings : array-like, shape (coders, units); NaN where not rated

    Source: Gwet 2008, 10.1348/000711006X126600.
    """
    counts, _ = _value_counts(ratings, "nominal")
    rated = counts.sum(axis=1)
    twice = rated >= 2
    if counts.shape[1] < 2 or not twice.any():
        return float("nan")
    agreed = _agreement_by_unit(counts[twice]).mean()
    share = (counts[rated >= 1] / rated[rated >= 1, None]).mean(axis=0)
    chance = (share * (1 - share)).sum() / (counts.shape[1] - 1)
    return float((agreed - chance) / (1 - chance))


def percent_agreement(ratings: Any) -> float:
    """Share of pairs of coders that agree, averaged over units with two ratings or more."""
    counts, _ = _value_counts(ratings, "nominal")
    twice = counts[counts.sum(axis=1) >= 2]
    return float(_agreement_by_unit(twice).mean()) if len(twice) else float("nan")


def unanimity(ratings: Any) -> float:
    """Share of units with two ratings or more on which all coders agree."""
    counts, _ = _value_counts(ratings, "nominal")
    twice = counts[counts.sum(axis=1) >= 2]
    return float((twice.max(axis=1) == twice.sum(axis=1)).mean()) if len(twice) else float("nan")


def kappa(ratings: Any, *, kind: Literal["Cohen", "Fleiss"] | None = None) -> Kappa:
    """Cohen's kappa of two coders, or Fleiss' kappa of more, over the units that all of them rated.

    Parameters
    ----------
    ratings : array-like, shape (coders, units); NaN where not rated
    kind : {"Cohen", "Fleiss"}, optional
        By default by the number of coders; Fleiss' is defined for two coders as well.

    Raises
    ------
    TooFewCases
        If there is one coder only, or no unit that all coders rated.

    Source: Cohen 1960, 10.1177/001316446002000104; Fleiss 1971, 10.1037/h0031619; z of Fleiss' kappa by Fleiss, Nee
    and Landis 1979, 10.1037/0033-2909.86.5.974.
    """
    frame = pd.DataFrame(ratings)
    if len(frame) < 2:
        raise TooFewCases("Agreement needs two coders; there is one.", "have some interviews coded a second time")
    complete = frame.loc[:, frame.notna().all()]
    if complete.shape[1] == 0:
        raise TooFewCases("No unit was rated by every coder.", "have the same interviews coded by the same coders")
    if kind == "Cohen" and len(frame) != 2:
        raise BadInput(f"Cohen's kappa compares two coders; there are {len(frame)}", fix="use Fleiss' kappa")
    return _fleiss(complete) if kind == "Fleiss" or len(frame) > 2 else _cohen(complete)


def intraclass(ratings: Any) -> pd.Series:
    """Agreement of counts, such as segments per interview: ICC(A,1), two-way, absolute agreement, single coder.

    Parameters
    ----------
    ratings : array-like, shape (coders, units), complete

    Returns
    -------
    Series with icc, f, p (of no agreement), low, high (95 percent)

    Raises
    ------
    BadInput
        If a rating is missing.

    Source: McGraw and Wong 1996, 10.1037/1082-989X.1.1.30. pingouin takes other degrees of freedom for p.
    """
    from scipy.stats import f as f_distribution

    table = np.asarray(pd.DataFrame(ratings), dtype=np.float64).T
    if np.isnan(table).any():
        raise BadInput("the intraclass correlation needs every coder to rate every unit", fix="drop incomplete units")
    n, k = table.shape
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    units = k * ((table.mean(axis=1) - table.mean()) ** 2).sum() / (n - 1)
    coders = n * ((table.mean(axis=0) - table.mean()) ** 2).sum() / (k - 1)
    error = (rest**2).sum() / ((n - 1) * (k - 1))
    icc = (units - error) / (units + (k - 1) * error + k * (coders - error) / n)
    a, b = k * icc / (n * (1 - icc)), 1 + k * icc * (n - 1) / (n * (1 - icc))
    df = (a * coders + b * error) ** 2 / ((a * coders) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
    upper, lower = f_distribution.isf(0.025, n - 1, df), f_distribution.isf(0.025, df, n - 1)
    pooled = k * coders + (k * n - k - n) * error
    low = n * (units - upper * error) / (upper * pooled + n * units)
    high = n * (lower * units - error) / (pooled + n * lower * units)
    f = units / error
    return pd.Series({"icc": icc, "f": f, "p": f_distribution.sf(f, n - 1, df), "low": low, "high": high})


def _cohen(complete: pd.DataFrame) -> Kappa:
    from statsmodels.stats.inter_rater import cohens_kappa

    both = pd.factorize(complete.to_numpy().ravel(), sort=False)[0].reshape(2, -1)
    size = both.max() + 1
    table = np.bincount(both[0] * size + both[1], minlength=size * size).reshape(size, size)
    if size == 1:
        return Kappa(*(float("nan"),) * 4, units=both.shape[1], kind="Cohen")
    found = cohens_kappa(table)
    return Kappa(
        float(found.kappa), float(found.z_value), float(found.kappa_low), float(found.kappa_upp), both.shape[1], "Cohen"
    )


def _fleiss(complete: pd.DataFrame) -> Kappa:
    counts, _ = _value_counts(complete, "nominal")
    units, coders = len(counts), int(counts[0].sum())
    share = counts.mean(axis=0) / coders
    spread = (share * (1 - share)).sum()
    if spread == 0:
        return Kappa(*(float("nan"),) * 4, units=units, kind="Fleiss")
    value = (_agreement_by_unit(counts).mean() - (share**2).sum()) / spread
    skew = (share * (1 - share) * (1 - 2 * share)).sum()
    variance = 2 / (spread**2 * units * coders * (coders - 1)) * (spread**2 - skew)
    return Kappa(float(value), float(value / np.sqrt(variance)), float("nan"), float("nan"), units, "Fleiss")


def _agreement_by_unit(counts: Floats) -> Floats:
    rated = counts.sum(axis=1)
    return (counts * (counts - 1)).sum(axis=1) / (rated * (rated - 1))


def _value_counts(ratings: Any, level: Level) -> tuple[Floats, Floats]:
    """Coders who gave each value to each unit, and the values in order (numbers 0, 1, ... for nominal labels)."""
    if level not in LEVELS:
        raise BadInput(f"there is no level of measurement {level!r}", fix=f"use one of: {', '.join(LEVELS)}")
    frame = pd.DataFrame(ratings)
    flat = frame.to_numpy(dtype=object).ravel(order="F")
    if level == "nominal":
        code, names = pd.factorize(flat, sort=False)
        values = np.arange(len(names), dtype=np.float64)
    else:
        try:
            numbers = flat.astype(np.float64)
        except (TypeError, ValueError):
            raise BadInput(f"{level} ratings must be numbers", fix="recode the labels, or use nominal") from None
        code, names = pd.factorize(numbers, sort=True)
        values = np.asarray(names, dtype=np.float64)
    coders, units = frame.shape
    unit = np.repeat(np.arange(units), coders)
    rated = code >= 0
    counts = np.bincount(unit[rated] * len(names) + code[rated], minlength=units * len(names))
    return counts.reshape(units, len(names)).astype(np.float64), values


def _distance(values: Floats, margins: Floats, level: Level) -> Floats:
    """Squared distance of each pair of values; for ordinal data it depends on how often values occur."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "interval":
        return (values[:, None] - values[None, :]) ** 2
    if level == "ratio":
        total = values[:, None] + values[None, :]
        return np.divide(values[:, None] - values[None, :], total, out=np.zeros_like(total), where=total != 0) ** 2
    upto = margins.cumsum(axis=-1) - margins / 2
    return (upto[..., :, None] - upto[..., None, :]) ** 2
