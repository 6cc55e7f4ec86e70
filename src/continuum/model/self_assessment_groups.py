"""Organizations beside others, only where it tells nobody apart: sector medians, and totals with their doubt.

A score that few people gave is theirs, not the organization's: it is published nowhere, be it under a letter, and
nothing is from which it follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..disclosure import SUPPRESSED, Rule
from ..errors import BadInput, TooFewCases
from .self_assessment import MIN_ORGANISATIONS, latest

#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.model.self_assessment.coalition`.
COALITION_CELLS: dict[str, Any] = {
    "counts": ["organizations", "with_target"],
    "derived": {"organizations": ["median", "lower_quartile", "upper_quartile"], "with_target": ["gap"]},
}


def from_few(profile: pd.DataFrame, rule: Rule) -> pd.Series:
    """Rows whose score few raters gave; the form that a team filled in together is nobody's own."""
    return rule.small(profile["raters"]) & (profile["source"] == "individual")


def of_several_raters(profile: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The profile without scores that few raters gave."""
    return profile.mask(
        from_few(profile, rule).to_numpy()[:, None] & profile.columns.isin(["score", "low", "high", "deviation", "gap"])
    )


def summarizable(profile: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The profile from which :func:`continuum.model.self_assessment.coalition` is made.

    Where few organizations of a domain have few raters, their scores are left out: quartiles beside the profiles of the
    others would tell them. Several of them cannot be told apart.
    """
    newest = latest(profile)
    counts = from_few(newest, rule).groupby(newest["domain"]).sum()
    alone = profile["domain"].isin(counts.index[rule.small(counts)])
    return profile.where(~alone, of_several_raters(profile, rule))


def with_sector_median(
    profile: pd.DataFrame, organisations: pd.DataFrame, rule: Rule, *, minimum: int = MIN_ORGANISATIONS
) -> pd.DataFrame:
    """The latest profiles with the median of each organization's sector.

    Parameters
    ----------
    profile : DataFrame
        From :func:`continuum.model.self_assessment.profiles`.
    organisations : DataFrame
        org_id, sector.
    rule : Rule
        Scores of raters under its threshold do not enter: beside the others, a median would tell them.
    minimum : int
        Organizations of a sector that must have such a score in the domain; below it there is no median, because a
        median of few tells what each of them said.

    Returns
    -------
    DataFrame
        As :func:`continuum.model.self_assessment.latest`, and sector_median (points, missing under ``minimum``).
    """
    table = latest(profile).merge(organisations[["org_id", "sector"]], on="org_id", how="left")
    grouped = of_several_raters(table, rule).groupby(["sector", "domain"])["score"]
    median = grouped.transform("median").where(grouped.transform("count") >= minimum)
    return table.assign(sector_median=median.astype("float64")).drop(columns="sector")


def publishable(profile: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Profiles in which no single rater can be heard.

    The ends of a range are what two people said: the mean distance of the raters from the score stands in its place.

    The score of one rater is what that person said, and to one of two it tells what the other said. Shares of items and
    the digits of a mean tell how many there were.

    Parameters
    ----------
    profile : DataFrame
        From :func:`with_sector_median`.
    rule : Rule
        Scores, their ranges and their gaps are hidden under its threshold of raters.

    Returns
    -------
    DataFrame
        ``profile`` without raters and shares of items; low and high are the score less and plus the mean distance;
        basis is ``no score``, ``consensus``, ``fewer than 5 raters`` or
        ``5 or more raters`` (for a threshold of 5); score, low, high and gap are hidden where raters are fewer; points
        are whole. ``attrs["hidden"]`` is the number of scores hidden.
    """
    table = profile.drop(columns=["raters", "not_applicable", "dont_know", "deviation"])
    distance = profile["deviation"].where(profile["low"].notna())
    table["low"], table["high"] = (profile["score"] - distance).clip(0), (profile["score"] + distance).clip(upper=100)
    points = ["score", "low", "high", *(["sector_median"] if "sector_median" in table else [])]
    table[points] = table[points].round()
    table["gap"] = table["target"] - table["score"]
    few = from_few(profile, rule)
    many = ~few & ~profile["basis"].isin(["consensus", "no score"])
    table["basis"] = (
        profile["basis"].mask(few, f"fewer than {rule.threshold} raters").mask(many, f"{rule.threshold} or more raters")
    )
    for column in ("score", "low", "high", "gap"):
        table[column] = table[column].astype("object").mask(few, SUPPRESSED)
    table.attrs["hidden"] = int(few.sum())
    return table


def hidden_note(shown: pd.DataFrame | object, rule: Rule) -> str:
    """How many scores of :func:`publishable` profiles are hidden, and why; nothing if there are none, or a refusal."""
    number = shown.attrs["hidden"] if isinstance(shown, pd.DataFrame) else 0
    return f"{SUPPRESSED}: fewer than {rule.threshold} raters, {number} scores hidden" if number else ""


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
    profile: pd.DataFrame, weights: Mapping[str, float], rng: np.random.Generator, rule: Rule, *, draws: int = 2000
) -> pd.DataFrame:
    """The declared total of each organization, and the places it would take under other weights.

    Parameters
    ----------
    profile : DataFrame
        From :func:`continuum.model.self_assessment.profiles`.
    weights : mapping of domain to float
    rng : Generator
    rule : Rule
        Organizations with fewer raters than its threshold in a domain have no total.
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
    TooFewCases
        If no organization has enough raters in every domain.
    """
    profile = of_several_raters(profile, rule)
    declared = totals(profile, weights).dropna()
    if declared.empty:
        raise TooFewCases(
            f"No organization has {rule.threshold} raters in every domain, so there is no total.", "more raters"
        )
    scores = latest(profile).pivot(index="org_id", columns="domain", values="score").loc[declared.index].to_numpy()
    drawn = rng.dirichlet(np.ones(scores.shape[1]), draws) @ scores.T
    places = (drawn[:, :, None] < drawn[:, None, :]).sum(axis=2) + 1
    best, worst = np.percentile(places, [2.5, 97.5], axis=0, method="nearest").astype(int)
    table = pd.DataFrame({"total": declared.to_numpy(), "best": best, "worst": worst, "organizations": len(declared)})
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    table.insert(0, "organization", [f"Organization {k}" for k in range(1, len(table) + 1)])
    return table
