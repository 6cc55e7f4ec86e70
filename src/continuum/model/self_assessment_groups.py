"""Organizations beside others, only where it tells nobody apart: sector medians, and totals with their doubt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..disclosure import SUPPRESSED, Rule
from ..errors import BadInput
from .self_assessment import MIN_ORGANISATIONS, latest


def with_sector_median(
    profile: pd.DataFrame, organisations: pd.DataFrame, *, minimum: int = MIN_ORGANISATIONS
) -> pd.DataFrame:
    """The latest profiles with the median of each organization's sector.

    Parameters
    ----------
    profile : DataFrame
        From :func:`continuum.model.self_assessment.profiles`.
    organisations : DataFrame
        org_id, sector.
    minimum : int
        Organizations of a sector that must have a score in the domain; below it there is no median, because a median
        of few tells what each of them said.

    Returns
    -------
    DataFrame
        As :func:`continuum.model.self_assessment.latest`, and sector_median (points, missing under ``minimum``).
    """
    table = latest(profile).merge(organisations[["org_id", "sector"]], on="org_id", how="left")
    grouped = table.groupby(["sector", "domain"])["score"]
    median = grouped.transform("median").where(grouped.transform("count") >= minimum)
    return table.assign(sector_median=median.astype("float64")).drop(columns="sector")


def publishable(profile: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Profiles in which no single rater can be heard.

    Mean, lowest and highest of three raters are all three scores. Shares of items and the digits of a mean tell how
    many there were.

    Parameters
    ----------
    profile : DataFrame
        From :func:`with_sector_median`.
    rule : Rule
        Ranges are hidden under its threshold of raters.

    Returns
    -------
    DataFrame
        ``profile`` without raters and shares of items; basis is ``no score``, ``consensus``, ``fewer than 5 raters`` or
        ``5 or more raters`` (for a threshold of 5); low and high are hidden where raters are fewer; points are whole.
    """
    table = profile.drop(columns=["raters", "not_applicable", "dont_know"])
    points = ["score", "low", "high", *(["sector_median"] if "sector_median" in table else [])]
    table[points] = table[points].round()
    table["gap"] = table["target"] - table["score"]
    few = rule.small(profile["raters"]) & (profile["source"] == "individual")
    many = ~few & ~profile["basis"].isin(["consensus", "no score"])
    table["basis"] = (
        profile["basis"].mask(few, f"fewer than {rule.threshold} raters").mask(many, f"{rule.threshold} or more raters")
    )
    for end in ("low", "high"):
        table[end] = table[end].astype("object").mask(few, SUPPRESSED)
    return table


def totals(profile: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Weighted mean over domains per organization; only with declared weights, one for every domain.

    Raises
    ------
    BadInput
        If a domain has no weight, or a weight is negative or unknown.
    """
    table = latest(profile).pivot(index="org_id", columns="domain", values="score")
    missing = sorted(set(table.columns) - set(weights))
    unknown = sorted(set(weights) - set(table.columns))
    if missing or unknown or min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise BadInput(
            f"a total needs one weight, not negative, for every domain; missing: {', '.join(missing) or 'none'}; "
            f"unknown: {', '.join(unknown) or 'none'}",
            fix="declare the weights before looking at the scores",
        )
    share = pd.Series(dict(weights))[table.columns]
    return (table * share).sum(axis=1, skipna=False) / share.sum()


def total_with_doubt(
    profile: pd.DataFrame, weights: Mapping[str, float], rng: np.random.Generator, *, draws: int = 2000
) -> pd.DataFrame:
    """The declared total of each organization, and the places it would take under other weights.

    Parameters
    ----------
    profile : DataFrame
        From :func:`continuum.model.self_assessment.profiles`.
    weights : mapping of domain to float
    rng : Generator
    draws : int
        Weights drawn uniformly from all that sum to one.

    Returns
    -------
    DataFrame
        organization (``Organization 1`` ... in random order, other names than in the profiles), total, best and worst
        (2.5 and 97.5 percentiles of its place over random weights, 1 is highest), organizations. An organization with
        a domain without score has no total.

    Raises
    ------
    BadInput
        See :func:`totals`.
    """
    declared = totals(profile, weights).dropna()
    scores = latest(profile).pivot(index="org_id", columns="domain", values="score").loc[declared.index].to_numpy()
    drawn = rng.dirichlet(np.ones(scores.shape[1]), draws) @ scores.T
    places = (drawn[:, :, None] < drawn[:, None, :]).sum(axis=2) + 1
    best, worst = np.percentile(places, [2.5, 97.5], axis=0, method="nearest").astype(int)
    table = pd.DataFrame({"total": declared.to_numpy(), "best": best, "worst": worst, "organizations": len(declared)})
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    table.insert(0, "organization", [f"Organization {k}" for k in range(1, len(table) + 1)])
    return table
