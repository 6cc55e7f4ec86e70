"""Who can meet immediate needs: an ordinal model over all needs at once, with answers of one agency kept together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import NotCollected, Separation, TooFewCases
from ..ingest.tables import SurveyData
from .answers import NO_ANSWER, item_codes, item_numbers, items_of
from .blocks import block_items
from .design import Design
from .ordinal import PENALTY, CumulativeLinkFit, cumulative_link
from .ordinal_effects import average_probabilities, partial_proportional_odds, proportional_odds_tests

#: Covariate that stands for the need itself.
NEED = "need"
#: Fewer respondents than this are not modeled.
MINIMUM = 100


@dataclass(frozen=True)
class AbilityModel:
    """The fitted model of the ability to meet needs.

    Attributes
    ----------
    fit : CumulativeLinkFit
    tests : DataFrame
        Proportional odds, covariate by covariate, with ``p_adjusted`` and ``freed``: those whose effect then differs by
        threshold.
    rows : DataFrame
        The covariates, one row per respondent and need.
    respondents, clusters : int
    unit : str
        What the standard errors keep together.
    penalty : float or None
        Standard deviation of the normal penalty, where a covariate separated the answers.
    """

    fit: CumulativeLinkFit
    tests: pd.DataFrame
    rows: pd.DataFrame
    respondents: int
    clusters: int
    unit: str
    penalty: float | None = None

    def coefficients(self) -> pd.DataFrame:
        """The model's table without the needs themselves: ``term``, ``odds_ratio``, ``low``, ``high``, ``p``."""
        table = self.fit.table()
        return table[~table["term"].str.startswith(f"{NEED}: ")].reset_index(drop=True)

    def probabilities(self, term: str) -> pd.DataFrame:
        """Average probability of each ability if all respondents had one value of ``term``; see the function."""
        return average_probabilities(self.fit, self.rows, term)


def ability_model(
    survey: SurveyData, predictors: Sequence[str], design: Design | None = None, *, partial: bool = True
) -> AbilityModel:
    """Cumulative-link model of the ability to meet needs.

    Parameters
    ----------
    survey : SurveyData
        With scale items of the block ``capacity``.
    predictors : sequence of str
        Respondent columns or items, such as sector, state, training and protocol.
    design : Design, optional
        Its weights enter the likelihood.
    partial : bool
        Whether covariates whose odds are not proportional (Holm-adjusted p below .05) get an effect per threshold.

    Raises
    ------
    NotCollected
        If there are no capacity items or no predictors.
    TooFewCases
        If fewer than 100 respondents have all predictors and an answer.

    Notes
    -----
    The answers of one respondent to several needs are dependent, and so are respondents of one agency: standard errors
    are robust to clusters of agencies where the survey names them, else of respondents. The tests of proportional odds
    take answers as independent, so they free a covariate too readily rather than too rarely.
    """
    if not predictors:
        raise NotCollected("No predictors are declared.", "list them under survey: predictors: in study.yaml")
    items = items_of(survey, block_items(survey, "capacity"))
    covariates = _covariates(survey, predictors)
    codes = np.stack([item_codes(survey, item) for item in items])
    complete = covariates.notna().all(axis=1).to_numpy()
    use = (codes != NO_ANSWER) & complete
    respondents = int(use.any(axis=0).sum())
    if respondents < MINIMUM:
        raise TooFewCases(
            f"{respondents} respondents have answered and have all predictors.", f"at least {MINIMUM} of them"
        )
    which, who = np.nonzero(use)
    rows = covariates.iloc[who].reset_index(drop=True)
    needs = pd.Categorical([items[i].text for i in which], [item.text for item in items])
    rows.insert(0, NEED, pd.Series(needs))
    levels = list(items[0].levels)
    y = pd.Series(pd.Categorical([levels[c] for c in codes[use]], levels, ordered=True)).cat.remove_unused_categories()
    unit = "organisation" if "organisation" in survey.answers else "respondent_id"
    clusters = survey.answers[unit].astype("object").fillna(survey.answers["respondent_id"]).to_numpy()[who]
    weights = None if design is None or design.empty else design.on(survey.answers).weights[who]
    fit, tests, penalty = _fit(y, rows, weights, clusters, partial)
    named = "agency" if unit == "organisation" else "respondent"
    return AbilityModel(fit, tests, rows, respondents, len(set(clusters)), named, penalty)


def _fit(
    y: pd.Series, rows: pd.DataFrame, weights: np.ndarray | None, clusters: np.ndarray, partial: bool
) -> tuple[CumulativeLinkFit, pd.DataFrame, float | None]:
    """The model and its tests; where a covariate separates the answers, the proportional model with a penalty."""
    try:
        if partial:
            return *partial_proportional_odds(y, rows, weights, clusters=clusters), None
        fit = cumulative_link(y, rows, weights, clusters=clusters)
    except Separation:
        nothing = pd.DataFrame(columns=["term", "statistic", "df", "p", "p_adjusted", "freed"])
        return cumulative_link(y, rows, weights, clusters=clusters, penalty=PENALTY), nothing, PENALTY
    tests = proportional_odds_tests(y, rows, weights, fit=fit)
    return fit, tests.assign(p_adjusted=np.nan, freed=False), None


def _covariates(survey: SurveyData, predictors: Sequence[str]) -> pd.DataFrame:
    columns = {}
    for item in items_of(survey, predictors):
        if item.kind in {"number", "multiple"}:
            columns[item.item_id] = pd.Series(item_numbers(survey, item))
        else:
            column = survey.answers[item.item_id]
            # Yes and no are compared against no, as a reader expects.
            levels = ["No", "Yes"] if set(item.levels) == {"Yes", "No"} else list(item.levels)
            columns[item.item_id] = pd.Series(pd.Categorical(column.astype("object"), levels))
    return pd.DataFrame(columns)


def predicted_probabilities(model: AbilityModel) -> pd.DataFrame:
    """Average probabilities for every predictor in one table: ``value`` reads "sector: medical"; needs left out."""
    terms = [term for term in model.rows.columns if term != NEED]
    table = pd.concat([model.probabilities(term) for term in terms], ignore_index=True)
    table["value"] = [
        f"{term}: {value:g}" if isinstance(value, float) else f"{term}: {value}"
        for term, value in zip(table["term"], table["value"], strict=True)
    ]
    return table
