"""Organizational self-assessments: profiles by domain, agreement of raters, change. Never a league table."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from ..errors import BadInput, TooFewCases

#: Share of applicable items a rater must have answered for a domain score.
MIN_ANSWERED = 0.6
#: Raters from which a range may be shown; below it a single voice would be told apart.
MIN_RATERS = 3
#: Organizations from which a change is estimated, and from which a coalition's summary is shown.
MIN_ORGANISATIONS = 6
#: Organizations from which single changes may be drawn as dots.
MIN_DOTS = 5


class Assessed(Protocol):
    """What the importer returns: raters' scores, the instrument, and the organizations' own targets."""

    scores: pd.DataFrame
    items: pd.DataFrame
    targets: pd.DataFrame


_CELL = ["org_id", "wave", "source", "domain"]


def overview(assessed: Assessed) -> pd.DataFrame:
    """How much was answered: what (organizations, raters, items, waves), count, n."""
    scores = assessed.scores
    counts = {
        "organizations": scores["org_id"].nunique(),
        "raters": scores.loc[scores["source"] == "individual", "respondent_id"].nunique(),
        "items": scores["item_id"].nunique(),
        "waves": scores["wave"].nunique(),
    }
    return pd.DataFrame({"what": list(counts), "count": list(counts.values()), "n": scores["org_id"].nunique()})


def item_points(scores: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Scores on a common scale, from 0 (least in place) to 100.

    Parameters
    ----------
    scores : DataFrame
        org_id, wave, respondent_id, item_id, score, status, source.
    items : DataFrame
        item_id, domain, scale_min, scale_max, reverse.

    Returns
    -------
    DataFrame
        ``scores`` with domain and points = 100 (x - min) / (max - min), reversed items 100 minus that; missing where
        not answered.

    Raises
    ------
    BadInput
        If a score lies outside its item's scale or an item is unknown.
    """
    joined = scores.merge(items[["item_id", "domain", "scale_min", "scale_max", "reverse"]], on="item_id", how="left")
    if joined["domain"].isna().any():
        unknown = sorted(joined.loc[joined["domain"].isna(), "item_id"].unique())
        raise BadInput(f"items without a place in the instrument: {', '.join(unknown[:5])}", fix="add them to it")
    answered = joined["score"].where(joined["status"] == "answered")
    outside = answered.notna() & ~answered.between(joined["scale_min"], joined["scale_max"])
    if outside.any():
        first = joined[outside].iloc[0]
        raise BadInput(
            f"score {first['score']:g} of item {first['item_id']!r} is outside {first['scale_min']} to "
            f"{first['scale_max']}",
            fix="correct the score",
        )
    points = 100 * (answered - joined["scale_min"]) / (joined["scale_max"] - joined["scale_min"])
    joined["points"] = points.where(~joined["reverse"], 100 - points)
    return joined.drop(columns=["scale_min", "scale_max", "reverse"])


def rater_scores(scores: pd.DataFrame, items: pd.DataFrame, *, min_answered: float = MIN_ANSWERED) -> pd.DataFrame:
    """Each rater's score per domain: the mean of the answered applicable items.

    Parameters
    ----------
    scores, items : DataFrame
        As in :func:`item_points`.
    min_answered : float
        Share of applicable items that must be answered; "don't know" is not an answer and never zero points.

    Returns
    -------
    DataFrame
        org_id, wave, source, domain, respondent_id, items, applicable, answered, dont_know, score (0 to 100, missing
        below ``min_answered``).
    """
    points = item_points(scores, items)
    grouped = points.assign(
        not_applicable=points["status"] == "not_applicable",
        answer=points["points"].notna(),
        dont_know=points["status"] == "dont_know",
    ).groupby([*_CELL, "respondent_id"], sort=True)
    table = grouped.agg(
        items=("item_id", "size"),
        not_applicable=("not_applicable", "sum"),
        answered=("answer", "sum"),
        dont_know=("dont_know", "sum"),
        score=("points", "mean"),
    ).reset_index()
    table["applicable"] = table["items"] - table.pop("not_applicable")
    enough = (table["applicable"] > 0) & (table["answered"] >= min_answered * table["applicable"] - 1e-9)
    table["score"] = table["score"].where(enough)
    return table


def profiles(assessed: Assessed, *, min_answered: float = MIN_ANSWERED) -> pd.DataFrame:
    """Profile of each organization by domain, per wave; consensus forms are kept apart from individual raters.

    Parameters
    ----------
    assessed : Assessed
        Scores and items as in :func:`item_points`; targets org_id, domain, target (0 to 100), the organization's own.
    min_answered : float
        See :func:`rater_scores`.

    Returns
    -------
    DataFrame
        org_id, wave, source, domain, score (mean over raters), low, high (range over raters, missing under three),
        deviation (mean distance of raters from the score), raters, basis
        (``single assessor``, ``two raters``, ``three or more raters``, ``consensus``, ``no score``),
        not_applicable and dont_know (shares of items), target, gap (target minus score; positive is still to do).
    """
    raters = rater_scores(assessed.scores, assessed.items, min_answered=min_answered)
    by = raters.dropna(subset=["score"]).groupby(_CELL)["score"]
    scored = by.agg(["mean", "min", "max", "size"])
    scored["deviation"] = (raters["score"] - by.transform("mean")).abs().groupby([raters[c] for c in _CELL]).mean()
    base = raters.groupby(_CELL)[["items", "applicable", "dont_know"]].sum()
    table = base.join(scored).reset_index()
    table["raters"] = table["size"].fillna(0).astype(int)
    several = table["raters"] >= MIN_RATERS
    table["basis"] = np.select(
        [table["raters"] == 0, table["source"] == "consensus", table["raters"] == 1, ~several],
        ["no score", "consensus", "single assessor", "two raters"],
        default="three or more raters",
    )
    table = table.assign(
        score=table["mean"],
        low=table["min"].where(several),
        high=table["max"].where(several),
        not_applicable=1 - table["applicable"] / table["items"],
        dont_know=table["dont_know"] / table["items"],
    )
    table = table.merge(assessed.targets[["org_id", "domain", "target"]], on=["org_id", "domain"], how="left")
    table["target"] = table["target"].astype("float64")
    table["gap"] = table["target"] - table["score"]
    columns = [
        *_CELL,
        "score",
        "low",
        "high",
        "deviation",
        "raters",
        "basis",
        "not_applicable",
        "dont_know",
        "target",
        "gap",
    ]
    return table[columns].astype({"org_id": str})


def raters_by_role(scores: pd.DataFrame) -> pd.DataFrame:
    """Raters per organization and wave; roles only where they cannot identify a person.

    Returns
    -------
    DataFrame
        org_id, wave, raters, roles (text; ``not shown`` under three raters).
    """
    people = scores[scores["source"] == "individual"].drop_duplicates(["org_id", "wave", "respondent_id"])
    rows = []
    for (org, wave), group in people.groupby(["org_id", "wave"], sort=True):
        roles = sorted(set(group["role"].dropna()) - {""})
        shown = ", ".join(roles) if len(group) >= MIN_RATERS else "not shown"
        rows.append((org, wave, len(group), shown))
    return pd.DataFrame(rows, columns=["org_id", "wave", "raters", "roles"])


def average_deviation(scores: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """How far raters of one organization lie from their mean: the average deviation index.

    Returns
    -------
    DataFrame
        org_id, wave, domain, raters, average_deviation (0 to 100 points; the mean over items of the mean absolute
        deviation from the item's mean). Only items with two or more raters count.

    Notes
    -----
    Source: Burke, Finkelstein and Dusig 1999 (Organizational Research Methods 2:49-68).
    """
    points = item_points(scores, items)
    points = points[(points["source"] == "individual") & points["points"].notna()]
    by_item = points.groupby(["org_id", "wave", "domain", "item_id"], sort=True)["points"]
    deviation = (points["points"] - by_item.transform("mean")).abs()
    table = points.assign(deviation=deviation, raters=by_item.transform("size"))
    table = table[table["raters"] >= 2]
    per_item = table.groupby(["org_id", "wave", "domain", "item_id"]).agg(
        raters=("raters", "first"), average_deviation=("deviation", "mean")
    )
    grouped = per_item.groupby(["org_id", "wave", "domain"], sort=True)
    return grouped.agg(raters=("raters", "max"), average_deviation=("average_deviation", "mean")).reset_index()


def icc1(values: pd.Series, groups: pd.Series) -> float:
    """Share of the variance of single ratings that lies between organizations, ICC(1).

    Parameters
    ----------
    values : Series of float
        One rating each; missing ones are left out.
    groups : Series
        Organization of each rating; numbers of raters may differ.

    Returns
    -------
    float
        (MSB - MSW) / (MSB + (k0 - 1) MSW) with k0 = (N - sum n_i^2 / N) / (G - 1); it can be negative. NaN with fewer
        than two organizations, no organization with two raters, or no variance at all.

    Notes
    -----
    Source: Shrout and Fleiss 1979 (Psychological Bulletin 86:420-428).
    """
    known = values.notna()
    y, g = values[known].to_numpy(float), groups[known].to_numpy()
    _, code = np.unique(g, return_inverse=True)
    sizes = np.bincount(code) if len(code) else np.array([], dtype=int)
    n, count = len(y), len(sizes)
    if count < 2 or n <= count:
        return float("nan")
    means = np.bincount(code, weights=y) / sizes
    between = float(np.sum(sizes * (means - y.mean()) ** 2)) / (count - 1)
    within = float(np.sum((y - means[code]) ** 2)) / (n - count)
    k0 = (n - np.sum(sizes**2) / n) / (count - 1)
    total = between + (k0 - 1) * within
    return float((between - within) / total) if total > 0 else float("nan")


def reliability(assessed: Assessed, *, min_answered: float = MIN_ANSWERED) -> pd.DataFrame:
    """Agreement of raters by domain, over organizations, in the latest wave of each.

    Returns
    -------
    DataFrame
        domain, organizations (with two or more raters), raters, icc1, average_deviation (median over organizations).
    """
    raters = rater_scores(assessed.scores, assessed.items, min_answered=min_answered)
    raters = raters[(raters["source"] == "individual") & raters["score"].notna()]
    raters = raters[raters["wave"] == raters.groupby("org_id")["wave"].transform("max")]
    deviation = average_deviation(assessed.scores, assessed.items)
    deviation = deviation[deviation["wave"] == deviation.groupby("org_id")["wave"].transform("max")]
    medians = deviation.groupby("domain")["average_deviation"].median()
    rows = []
    for domain, group in raters.groupby("domain", sort=False):
        sizes = group.groupby("org_id").size()
        several = group[group["org_id"].isin(sizes[sizes >= 2].index)]
        rows.append({
            "domain": domain,
            "organizations": int((sizes >= 2).sum()),
            "raters": len(several),
            "icc1": icc1(several["score"], several["org_id"]),
            "average_deviation": float(medians.get(domain, float("nan"))),
        })  # fmt: skip
    return pd.DataFrame(rows)


def latest(profile: pd.DataFrame) -> pd.DataFrame:
    """Rows of each organization's latest wave, individual raters where there are any, else the consensus form."""
    newest = profile[profile["wave"] == profile.groupby("org_id")["wave"].transform("max")]
    chosen = newest.assign(consensus=newest["source"] == "consensus").sort_values(
        ["org_id", "domain", "consensus"], kind="stable"
    )
    return chosen.drop_duplicates(["org_id", "domain"]).drop(columns="consensus").reset_index(drop=True)


def pseudonymous(profile: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The profile with ``Organization A``, ``B`` ... in place of identifiers, in random order.

    The letters follow no list, so neither the order nor the letter tells which organization it is.
    """
    names = sorted(profile["org_id"].unique())
    shuffled = [names[k] for k in rng.permutation(len(names))]
    letters = {name: f"Organization {_letter(k)}" for k, name in enumerate(shuffled)}
    table = profile.assign(org_id=profile["org_id"].map(letters)).rename(columns={"org_id": "organization"})
    return table.sort_values(["organization", "domain"], kind="stable", ignore_index=True)


def coalition(profile: pd.DataFrame, *, minimum: int = MIN_ORGANISATIONS) -> pd.DataFrame:
    """What a group of organizations looks like together, identifying none of them.

    Parameters
    ----------
    profile : DataFrame
        From :func:`profiles`.
    minimum : int
        Organizations a domain needs to be summarized.

    Returns
    -------
    DataFrame
        domain, organizations (with a score), median, lower_quartile, upper_quartile, with_target (organizations with a
        target of their own), gap (median of target minus score); summaries are whole points, for the digits of a median
        would tell whose it is, and missing under ``minimum``.

    Raises
    ------
    TooFewCases
        If no organization has a score that may be summarized.
    """
    scored = latest(profile).dropna(subset=["score"])
    if scored.empty:
        raise TooFewCases("No organization has a score that may be summarized.", "more raters in each organization")
    rows = []
    for domain, group in scored.groupby("domain", sort=False):
        enough = len(group) >= minimum
        lower, median, upper = np.percentile(group["score"], [25, 50, 75]) if enough else [np.nan] * 3
        rows.append({
            "domain": domain,
            "organizations": len(group),
            "median": round(float(median), 0),
            "lower_quartile": round(float(lower), 0),
            "upper_quartile": round(float(upper), 0),
            "with_target": int(group["target"].notna().sum()),
            "gap": round(float(group["gap"].median()), 0) if group["gap"].notna().sum() >= minimum else float("nan"),
        })  # fmt: skip
    return pd.DataFrame(rows)


def change(
    profile: pd.DataFrame, rng: np.random.Generator, *, replicates: int = 2000, minimum: int = MIN_ORGANISATIONS,
    raters: int = MIN_DOTS,
) -> pd.DataFrame:  # fmt: skip
    """Change between each organization's first and last wave, by domain.

    Parameters
    ----------
    profile : DataFrame
        From :func:`profiles`; individual raters only.
    rng : Generator
    replicates : int
        Bootstrap samples of organizations.
    minimum : int
        Organizations with two waves a domain needs for an interval.
    raters : int
        Raters in both waves from which an organization's own difference may be shown.

    Returns
    -------
    DataFrame
        domain, organizations, change (mean difference in points), low, high (95 % percentile interval).

        If no domain has ``minimum`` organizations but one has five with enough raters, the rows are their single
        differences, to be drawn as dots without an interval.

    Raises
    ------
    TooFewCases
        With fewer: a change of few organizations tells what each of them said. Their own reports hold it.
    """
    pairs = paired_differences(profile)
    counts = pairs.groupby("domain")["org_id"].transform("nunique")
    if MIN_DOTS <= counts.max() < minimum:
        pairs = pairs[pairs["raters"] >= raters]
        counts = pairs.groupby("domain")["org_id"].transform("nunique")
    if MIN_DOTS <= counts.max() < minimum:
        shown = pairs.assign(organizations=counts, low=np.nan, high=np.nan)[counts >= MIN_DOTS]
        shown = shown.rename(columns={"difference": "change"}).sort_values(["domain", "change"], ignore_index=True)
        return shown[["domain", "organizations", "change", "low", "high"]]
    if not len(counts) or counts.max() < minimum:
        raise TooFewCases(
            f"a change between waves needs {minimum} organizations that answered twice; here "
            f"{int(counts.max()) if len(counts) else 0} did",
            "a second wave in more organizations",
        )
    rows = []
    for domain, group in pairs.groupby("domain", sort=False):
        values = group["difference"].to_numpy(float)
        low = high = float("nan")
        if len(values) >= minimum:
            means = values[rng.integers(0, len(values), (replicates, len(values)))].mean(axis=1)
            low, high = (float(x) for x in np.percentile(means, [2.5, 97.5]))
        rows.append({
            "domain": domain, "organizations": len(values), "change": float(values.mean()), "low": low, "high": high,
        })  # fmt: skip
    return pd.DataFrame(rows)


def paired_differences(profile: pd.DataFrame) -> pd.DataFrame:
    """Last minus first wave per organization and domain: org_id, domain, difference (points), raters (the fewer)."""
    single = profile[(profile["source"] == "individual") & profile["score"].notna()].sort_values("wave")
    by = single.groupby(["org_id", "domain"], sort=True)
    grouped, raters = by["score"], by["raters"].agg(lambda counts: min(counts.iloc[0], counts.iloc[-1]))
    table = pd.DataFrame(
        {"difference": grouped.last() - grouped.first(), "raters": raters, "waves": grouped.size()}
    ).reset_index()
    return table[table["waves"] >= 2].drop(columns="waves").reset_index(drop=True)


def _letter(k: int) -> str:
    """A, B ... Z, AA, AB ..."""
    return (_letter(k // 26 - 1) if k >= 26 else "") + chr(65 + k % 26)
