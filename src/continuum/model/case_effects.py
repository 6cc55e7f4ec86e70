"""Effects of risk and protective factors in a team's own case data, apart from perceptions and published effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import BadInput, PerceptionNotRisk, TooFewCases

#: Measures that say what people perceive, not what happens to people.
PERCEPTIONS = ("mean", "rating", "perception", "mentions")


def case_effects(
    cases: pd.DataFrame, factors: Sequence[str], outcome: str, *, site: str | None = None, minimum: int = 40
) -> pd.DataFrame:
    """Odds ratio and risk ratio of each factor, pooled over sites by Mantel and Haenszel.

    Parameters
    ----------
    cases : DataFrame
        One row per person; factors and outcome are 0/1 or bool.
    factors : sequence of str
        Risk factors or protective factors; keep them in two calls, a protective factor is no reciprocal.
    outcome : str
    site : str, optional
        Column over which the association is pooled.
    minimum : int
        People needed.

    Returns
    -------
    DataFrame
        factor, exposed, cases (exposed with the outcome), n, smallest (count above zero among the four fields; over all
        sites and in each), odds_ratio, or_low, or_high, risk_ratio, rr_low, rr_high,
        statistic, p (Mantel-Haenszel, with continuity correction), p_interaction (Breslow-Day with Tarone's
        adjustment; missing with one site). The site-pooled odds ratio; the risk ratio is unadjusted. NaN where a cell
        is empty.

    Raises
    ------
    TooFewCases
        Under ``minimum`` complete rows for every factor.

    Notes
    -----
    A risk factor is neither a cause nor a prediction for one person. Source: Mantel and Haenszel 1959.
    """
    rows = [_effect(cases, factor, outcome, site, minimum) for factor in factors]
    if all(row is None for row in rows):
        raise TooFewCases(f"an effect needs {minimum} people with factor and outcome recorded", "more complete cases")
    return pd.DataFrame([row for row in rows if row is not None])


def exposure_effects(exposures: pd.DataFrame, outcomes: pd.DataFrame, *, at_least: int = 2) -> pd.DataFrame:
    """Effects in a team's own case data: each exposure on reaching a level of the continuum.

    Parameters
    ----------
    exposures : DataFrame
        person_id, exposure: one row per exposure that a person met.
    outcomes : DataFrame
        person_id, level: one row per person; people without a row in ``exposures`` met none.
    at_least : int
        The outcome is this level or above.

    Returns
    -------
    DataFrame
        See :func:`case_effects`; odds ratios are not adjusted for other exposures.
    """
    met = pd.crosstab(exposures["person_id"], exposures["exposure"]).gt(0).astype(int)
    people = outcomes.set_index("person_id")
    cases = met.reindex(people.index, fill_value=0).assign(_reached=(people["level"] >= at_least).astype(int))
    return case_effects(cases, [str(name) for name in met.columns], "_reached")


def without_interaction(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that mean something where nothing was pooled over sites."""
    return table.drop(columns=["statistic", "p_interaction"])


def published_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Published odds and risk ratios; ratings by providers stand in a table of their own."""
    return refuse_perceptions(effects[~effects["measure"].isin(PERCEPTIONS)].reset_index(drop=True))


def published_ratings(effects: pd.DataFrame) -> pd.DataFrame:
    """Published ratings by providers, highest first: factor, population, estimate, n, study, doi."""
    rated = effects[effects["measure"].isin(PERCEPTIONS)].sort_values("estimate", ascending=False, kind="stable")
    return rated[["factor", "population", "estimate", "n", "study", "doi"]].reset_index(drop=True)


def refuse_perceptions(effects: pd.DataFrame) -> pd.DataFrame:
    """Published effects, refusing ratings by providers.

    Raises
    ------
    PerceptionNotRisk
        If a row's measure is a perception.
    """
    rated = effects[effects["measure"].isin(PERCEPTIONS)]
    if len(rated):
        raise PerceptionNotRisk(
            f"{len(rated)} rows are ratings by providers, such as {rated.iloc[0]['factor']!r}; they are no effects.",
            "show them in the table of perceptions",
        )
    return effects


def _effect(cases: pd.DataFrame, factor: str, outcome: str, site: str | None, minimum: int) -> dict[str, object] | None:
    from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

    columns = [factor, outcome] + ([site] if site else [])
    complete = cases[columns].dropna()
    for column in (factor, outcome):
        if not complete[column].isin([0, 1]).all():
            raise BadInput(f"{column!r} holds values other than 0 and 1", fix="code it as 0 and 1")
    if len(complete) < minimum:
        return None
    strata = [group for _, group in complete.groupby(site)] if site else [complete]
    tables = [_two_by_two(group, factor, outcome) for group in strata]
    whole = sum(tables[1:], tables[0].copy())
    row: dict[str, object] = {
        "factor": factor, "exposed": int(whole[0].sum()), "cases": int(whole[0, 0]), "n": int(whole.sum()),
        "smallest": int(min(fields[fields > 0].min() for fields in tables)),
    }  # fmt: skip
    names = ("odds_ratio", "or_low", "or_high", "risk_ratio", "rr_low", "rr_high", "statistic", "p", "p_interaction")
    row.update(dict.fromkeys(names, float("nan")))
    if (whole == 0).any():
        return row
    single = Table2x2(whole, shift_zeros=False)
    row["risk_ratio"], (row["rr_low"], row["rr_high"]) = single.riskratio, single.riskratio_confint()
    usable = [t for t in tables if (t.sum(axis=0) > 0).all() and (t.sum(axis=1) > 0).all()]
    pooled = StratifiedTable(usable)
    test = pooled.test_null_odds(correction=True)
    row["odds_ratio"] = pooled.oddsratio_pooled
    row["or_low"], row["or_high"] = pooled.oddsratio_pooled_confint()
    row["statistic"], row["p"] = float(test.statistic), float(test.pvalue)
    if len(usable) > 1:
        row["p_interaction"] = float(pooled.test_equal_odds(adjust=True).pvalue)
    return row


def _two_by_two(group: pd.DataFrame, factor: str, outcome: str) -> np.ndarray:
    x, y = group[factor].to_numpy(int), group[outcome].to_numpy(int)
    return np.array([[np.sum((x == a) & (y == b)) for b in (1, 0)] for a in (1, 0)], dtype=float)
