"""Do exposures add up to a position on the continuum, and do they form a chain? A verdict in two parts.

The words "chain of risk" are used only when both parts support them, and beside every verdict stands how often data
of this size would have found it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import Separation
from .cumulative import CumulativeFits, Link, fit_cumulative, predict, robust_covariance
from .exposures import OrderedExposures, order_exposures
from .hypotheses import (
    CONTENDERS,
    Hypothesis,
    fit_nonnegative,
    hypotheses,
    raises_level,
    stacking_weights,
    with_covariates,
)
from .matrix import Seed
from .outcomes import Cells, Outcome, cluster_codes, compress, read_outcome
from .structure import STRUCTURES, fit_structures, pattern_counts

if TYPE_CHECKING:
    from .operating import DesignAnalysis

#: Two models closer than this in BIC are not told apart.
CLOSE = 2.0
FOLDS = 10

UNDETERMINED = "undetermined"
VERDICTS = {
    ("chain", "additive"): "chain of risk, additive form",
    ("chain", "trigger"): "chain of risk, trigger form",
    ("chain", "accumulation"): "linked exposures, equal effects: not distinguishable from accumulation",
    ("common cause", "accumulation"): "clustered risks that accumulate: not a chain",
    ("independence", "accumulation"): "independent risks that accumulate: not a chain",
}


@dataclass(frozen=True)
class LifeCourseVerdict:
    """What the exposures say about each other and about the outcome.

    Attributes
    ----------
    verdict : str
        The printed verdict; ``undetermined`` if either part is.
    structure, outcome : str
        The two parts: independence, chain, common cause or saturated; none, accumulation, critical, trigger,
        additive or threshold. ``undetermined`` where best and second best lie within 2 BIC units.
    leading_structure, leading_outcome : str
        Smallest BIC in each part, whether or not it is far enough ahead.
    structures : DataFrame
        structure, parameters, loglik, bic, weight.
    hypotheses : DataFrame
        hypothesis, family, parameters, loglik, lr, df, p (against the saturated model), bic, weight (BIC), stacking,
        effect, se, contends. Every hypothesis, never the best alone.
    effects : DataFrame
        exposure, effect and se of the additive model, weighted: its effects when none may be below zero. Standard
        errors are cluster-robust if clusters were given.
    order : DataFrame
        See :class:`continuum.model.exposures.OrderedExposures`.
    saturated_df : int
        Patterns that occur, less one.
    n, levels : int
    notes : list of str
    power : DesignAnalysis
        How often samples of this size give each verdict when it is true.
    """

    verdict: str
    structure: str
    outcome: str
    leading_structure: str
    leading_outcome: str
    structures: pd.DataFrame
    hypotheses: pd.DataFrame
    effects: pd.DataFrame
    order: pd.DataFrame
    saturated_df: int
    n: int
    levels: int
    notes: list[str]
    power: DesignAnalysis


def life_course(
    outcome: pd.DataFrame | pd.Series,
    exposures: pd.DataFrame,
    covariates: pd.DataFrame | None = None,
    *,
    clusters: ArrayLike | None = None,
    link: Link = "logit",
    replicates: int = 200,
    seed: Seed = 0,
) -> LifeCourseVerdict:
    """Compare life-course hypotheses for an ordinal outcome, and the structures of its exposures.

    Parameters
    ----------
    outcome : DataFrame with person_id and level, or Series indexed by person
        Levels from least to most exploited: whole numbers, or an ordered categorical. An optional column age or date
        says when it was recorded; exposures after it are left out.
    exposures : DataFrame
        person_id, exposure, and age, date or age_or_date; one row per exposure that a person met.
    covariates : DataFrame, optional
        Indexed by person or with person_id; adjusted for in every hypothesis. Text columns become indicators.
    clusters : array or Series of length people, optional
        Agency of each person, for standard errors that allow for it.
    link : str
    replicates : int
        Simulated samples of the design analysis that stands beside the verdict.
    seed : int or numpy Generator
        For folds of the stacking weights and for the design analysis.

    Returns
    -------
    LifeCourseVerdict

    Raises
    ------
    OrderNotIdentified
        Exposures without ages or dates, or without a common order.
    Separation
        The leading hypothesis has no finite effect; for others that have none the table holds no number.
    TooFewCases, BadInput
        See :func:`continuum.model.exposures.order_exposures`; an outcome with one level.

    Source: Ben-Shlomo and Kuh 2002, 10.1093/ije/31.2.285; Kuh et al. 2003, 10.1136/jech.57.10.778; Mishra et al. 2009,
    10.1093/ije/dyn229.
    """
    from .operating import design_analysis

    rng = np.random.default_rng(seed)
    y = read_outcome(outcome)
    met = order_exposures(exposures, y.people, y.time)
    cells = compress(met.met, y, covariates)
    fitting = _Fitting(cells, len(y.levels), len(y.people), cluster_codes(clusters, y.people), link)
    structures = _structure_table(met)
    table, effects = _hypothesis_table(fitting, hypotheses(cells.patterns, met.names), y, rng)
    effects.insert(0, "exposure", met.names)
    leading_structure, structure = decide(structures["structure"], structures["bic"])
    contending = table[table["contends"]]
    leading_outcome, family = decide(contending["family"], contending["bic"])
    power = design_analysis(
        len(y.people), met=met.met, names=met.names, shares=np.bincount(y.level) / len(y.level),
        replicates=replicates, seed=rng,
    )  # fmt: skip
    return LifeCourseVerdict(
        say_verdict(structure, family), structure, family, leading_structure, leading_outcome, structures, table,
        effects, met.order, len(cells.patterns) - 1, len(y.people), len(y.levels), met.notes + y.notes, power,
    )  # fmt: skip


def say_verdict(structure: str, outcome: str) -> str:
    """The words for a pair of parts; "chain of risk" only where both support it."""
    if UNDETERMINED in (structure, outcome):
        return UNDETERMINED
    return VERDICTS.get((structure, outcome), f"exposures: {structure}; outcome: {outcome}")


def decide(labels: pd.Series, bic: pd.Series) -> tuple[str, str]:
    """The label with the smallest BIC, and the same or ``undetermined`` if another is within 2 units of it."""
    order = np.argsort(bic.to_numpy(), kind="stable")
    leader = str(labels.iloc[order[0]])
    close = len(order) > 1 and bic.iloc[order[1]] - bic.iloc[order[0]] < CLOSE
    return leader, UNDETERMINED if close else leader


def bic_weights(bic: ArrayLike) -> NDArray[np.float64]:
    """Approximate posterior probabilities of models, equal before the data; 0 for an infinite BIC."""
    values = np.asarray(bic, dtype=float)
    weight = np.exp(-(values - values.min()) / 2)
    return weight / weight.sum()


def _structure_table(met: OrderedExposures) -> pd.DataFrame:
    fits = fit_structures(pattern_counts(met.met)[None])
    return pd.DataFrame(
        {
            "structure": STRUCTURES,
            "parameters": [fits.parameters[s] for s in STRUCTURES],
            "loglik": [float(fits.loglik[s][0]) for s in STRUCTURES],
            "bic": fits.bic[0],
            "weight": bic_weights(fits.bic[0]),
        }
    )


class _Fitting:
    """Fits hypotheses to one study's cells."""

    def __init__(self, cells: Cells, levels: int, people: int, clusters: NDArray | None, link: Link) -> None:
        self.cells, self.levels, self.people, self.clusters, self.link = cells, levels, people, clusters, link

    def design(self, hypothesis: Hypothesis) -> NDArray[np.float64]:
        return with_covariates(hypothesis.design[self.cells.rows], self.cells.extra)

    def fit(self, hypothesis: Hypothesis, weights: NDArray | None = None) -> CumulativeFits:
        return fit_cumulative(
            self.design(hypothesis), self.cells.weights[None] if weights is None else weights, link=self.link
        )

    def standard_errors(self, hypothesis: Hypothesis, fits: CumulativeFits, cell: NDArray) -> NDArray[np.float64]:
        """Of the exposures' effects."""
        covariance = fits.covariance[0]
        if self.clusters is not None:
            covariance = robust_covariance(fits, self.design(hypothesis), self.levels, cell, self.clusters, self.link)
        first = self.levels - 1
        return np.sqrt(np.maximum(np.diag(covariance), 0))[first : first + hypothesis.design.shape[1]]


def _hypothesis_table(
    fitting: _Fitting, found: list[Hypothesis], y: Outcome, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from scipy.stats import chi2

    cells, log_people = fitting.cells, np.log(fitting.people)
    cell = cells.row_of * fitting.levels + y.level
    covariates = 0 if cells.extra is None else cells.extra.shape[1]
    rows, effects = [], pd.DataFrame()
    for hypothesis in found:
        fits = fitting.fit(hypothesis)
        count = hypothesis.design.shape[1]
        coef = fits.coef[0, :count]
        row: dict[str, object] = {
            "hypothesis": hypothesis.name, "family": hypothesis.family, "parameters": count,
            "loglik": float(fits.loglik[0]), "effect": np.nan, "se": np.nan,
            "contends": hypothesis.contends and bool(raises_level(fits, count)[0]), "finite": bool(fits.converged[0]),
        }  # fmt: skip
        if count == 1:
            row |= {"effect": float(coef[0]), "se": float(fitting.standard_errors(hypothesis, fits, cell)[0])}
        if hypothesis.family == "additive":
            effects = pd.DataFrame({"effect": coef, "se": fitting.standard_errors(hypothesis, fits, cell)})
            if not fits.converged[0]:
                effects[:] = np.nan
        rows.append(row)
    additive = next(h for h in found if h.family == "additive")
    nonnegative, effects["weighted"] = fit_nonnegative(
        additive.design[cells.rows], cells.weights[None], cells.extra, fitting.link
    )
    rows.insert(-2, {
        "hypothesis": "weighted: effects of zero or more", "family": "weighted",
        "parameters": int((effects["weighted"] > 0).sum()), "loglik": float(nonnegative.loglik[0]),
        "effect": np.nan, "se": np.nan, "contends": False, "finite": bool(nonnegative.converged[0]),
    })  # fmt: skip
    table = pd.DataFrame(rows)
    saturated = table[table["family"] == "saturated"].iloc[0]
    table["lr"] = np.maximum(2 * (saturated["loglik"] - table["loglik"]), 0)
    table["df"] = saturated["parameters"] - table["parameters"]
    table["p"] = np.where(table["df"] > 0, chi2.sf(table["lr"], np.maximum(table["df"], 1)), np.nan)
    table["bic"] = -2 * table["loglik"] + (table["parameters"] + covariates) * log_people
    table["weight"] = bic_weights(table["bic"])
    leader = table.loc[table.loc[table["contends"], "bic"].idxmin()]
    if not leader["finite"]:
        raise Separation(
            f"the hypothesis {leader['hypothesis']!r} settles the outcome: its effect has no finite estimate",
            fix="join levels of the outcome, or leave out an exposure that nobody with a low level has",
        )
    table.loc[~table["finite"], ["effect", "se"]] = np.nan
    stacked = table["family"].isin(CONTENDERS).to_numpy()
    table["stacking"] = np.nan
    table.loc[stacked, "stacking"] = _stacking(fitting, [h for h in found if h.contends], y, rng)
    order = ["hypothesis", "family", "parameters", "loglik", "lr", "df", "p", "bic", "weight", "stacking", "effect",
             "se", "contends"]  # fmt: skip
    return table[order], effects


def _stacking(fitting: _Fitting, found: list[Hypothesis], y: Outcome, rng: np.random.Generator) -> NDArray[np.float64]:
    """Weights by prediction of held-out tenths; NaN if some level is too rare to be held out."""
    if np.bincount(y.level).min() < 2:
        return np.full(len(found), np.nan)
    fold = np.empty(len(y.level), dtype=np.int64)
    for level in range(fitting.levels):
        members = rng.permutation(np.flatnonzero(y.level == level))
        fold[members] = np.arange(len(members)) % FOLDS
    held_out = np.zeros((FOLDS, *fitting.cells.weights.shape))
    np.add.at(held_out, (fold, fitting.cells.row_of, y.level), 1)
    train = fitting.cells.weights - held_out
    train, held_out = train[held_out.any(axis=(1, 2))], held_out[held_out.any(axis=(1, 2))]
    used = held_out > 0
    predictive = []
    for hypothesis in found:
        chance = predict(fitting.fit(hypothesis, train), fitting.design(hypothesis), fitting.link)
        predictive.append(np.log(np.maximum(chance[used], 1e-12)))
    return stacking_weights(np.stack(predictive, axis=1), held_out[used])
