"""Questions with several answers possible: shares, combinations, and tests that keep a person's answers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..ingest.tables import SurveyData
from .answers import Groups, Item, groups_of, item_codes, items_of
from .design import Design, t_interval_of_share
from .items import PERCENT_BASE, SHOWN_BASE, counts_by_status
from .multiplicity import step_down_maxt
from .shares import wilson

#: Above this many respondents the permutation distribution is drawn from its normal limit.
NORMAL_ABOVE = 20_000
#: A group with fewer respondents is shown but not tested.
GROUP_MINIMUM = 5


@dataclass(frozen=True)
class Responses:
    """Answers to one multiple-response question.

    Attributes
    ----------
    options : list of Item
        Without "none of these".
    none : Item or None
    chosen : ndarray of bool, shape (n, options)
    answered : ndarray of bool, shape (n,)
        At least one option chosen, "none" included, and no contradiction: the base of every share.
    contradictory : ndarray of bool, shape (n,)
        "None of these" chosen together with another option; not in the base.
    """

    options: list[Item]
    none: Item | None
    chosen: np.ndarray
    answered: np.ndarray
    contradictory: np.ndarray

    @property
    def everything(self) -> np.ndarray:
        """Choices with "none of these" as a last column, if the question has it; shape (n, options or options + 1)."""
        if self.none is None:
            return self.chosen
        nothing = self.answered & ~self.chosen.any(axis=1)
        return np.column_stack([self.chosen, nothing])


def responses_of(survey: SurveyData, question: str | Sequence[str]) -> Responses:
    """Read a multiple-response question.

    Raises
    ------
    BadInput
        If the named items are no multiple-response options, or more than one is "none of these".
    """
    items = items_of(survey, question)
    wrong = [item.item_id for item in items if item.kind != "multiple"]
    nones = [item for item in items if item.none_option]
    if wrong or len(nones) > 1 or len(items) == len(nones):
        what = f"{wrong[0]!r} is not an option" if wrong else "a question has options and at most one 'none of these'"
        raise BadInput(f"{question!r} is not one multiple-response question: {what}")
    options = [item for item in items if not item.none_option]
    chosen = np.column_stack([item_codes(survey, item) == 1 for item in options])
    none = nones[0] if nones else None
    nothing = item_codes(survey, none) == 1 if none else np.zeros(len(chosen), dtype=bool)
    contradictory = nothing & chosen.any(axis=1)
    return Responses(options, none, chosen, (chosen.any(axis=1) | nothing) & ~contradictory, contradictory)


def multiple_response(
    survey: SurveyData,
    question: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of respondents who chose each option, several answers possible.

    Parameters
    ----------
    question : str or sequence of str
        The item set, or its options.
    survey, by, design, level
        As in :func:`continuum.survey.item_table`.

    Returns
    -------
    DataFrame
        One row per option and group: ``item_id``, ``item``, the grouping columns, ``asked``, ``n`` (the base:
        respondents who answered at least one option, an explicit "none" included), ``missing``, ``excluded`` ("none"
        together with another option), ``count``, ``share``, ``low``, ``high``, ``mean_options`` (options per
        respondent of the base), ``deff`` and ``shown`` as in :func:`item_table`. Shares do not sum to 100%.

    Notes
    -----
    A skipped question is not a "no": it is outside the base. Respondents who chose "none" and an option are counted
    as excluded and left out.
    """
    answers = responses_of(survey, question)
    groups = groups_of(survey, by)
    sampled = None if design is None or design.empty else design.on(survey.answers)
    items = [*answers.options, *([answers.none] if answers.none else [])]
    inside = answers.answered & (groups.codes >= 0)
    base = np.bincount(groups.codes[inside], minlength=len(groups))
    excluded = np.bincount(groups.codes[answers.contradictory & (groups.codes >= 0)], minlength=len(groups))
    status = counts_by_status(survey, items[0], groups)[[*groups.names.columns, "asked"]]
    per_person = np.bincount(groups.codes[inside], weights=answers.chosen[inside].sum(axis=1), minlength=len(groups))
    parts = []
    for item, column in zip(items, answers.everything.T, strict=True):
        part = status.copy()
        part["n"], part["excluded"] = base, excluded
        part["missing"] = part["asked"] - base - excluded
        part["count"] = np.bincount(groups.codes[inside & column], minlength=len(groups))
        with np.errstate(invalid="ignore", divide="ignore"):
            part["share"] = part["count"] / base
            part["mean_options"] = per_person / base
        part["low"], part["high"] = wilson(part["count"], base, level)
        part["deff"] = np.nan
        if sampled is not None:
            found = sampled.means(pd.DataFrame({"y": column}), base=inside, groups=groups.codes)
            found = found.set_index("group").reindex(range(len(part)))
            part["share"], part["deff"] = found["estimate"].to_numpy(), found["deff"].to_numpy()
            part["low"], part["high"] = t_interval_of_share(found["estimate"], found["se"], found["df"], level)
        part.insert(0, "item_id", item.item_id)
        part.insert(1, "item", item.text)
        parts.append(part)
    return _small_bases(pd.concat(parts, ignore_index=True))


def _small_bases(table: pd.DataFrame) -> pd.DataFrame:
    counted = ["asked", "n", "missing", "excluded", "count"]
    table = table.astype(dict.fromkeys(counted, "Int64"))
    base = table["n"]
    table["shown"] = np.select(
        [base == 0, base < SHOWN_BASE, base < PERCENT_BASE], ["no answers", "suppressed", "counts"], "percent"
    )
    table.loc[base < PERCENT_BASE, ["share", "low", "high", "mean_options", "deff"]] = np.nan
    table.loc[(base < SHOWN_BASE) & (base > 0), ["count", "missing", "excluded"]] = pd.NA
    return table


def option_contrasts(
    survey: SurveyData,
    question: str | Sequence[str],
    by: str | Sequence[str],
    *,
    rng: np.random.Generator,
    permutations: int = 9_999,
) -> pd.DataFrame:
    """Which options are chosen more or less often in which group.

    Parameters
    ----------
    survey : SurveyData
    question, by
        As in :func:`multiple_response`.
    rng : Generator
    permutations : int

    Returns
    -------
    DataFrame
        See :func:`indicator_contrasts`.
    """
    answers = responses_of(survey, question)
    names = [item.text for item in [*answers.options, *([answers.none] if answers.none else [])]]
    return indicator_contrasts(
        answers.everything, names, answers.answered, groups_of(survey, by), rng=rng, permutations=permutations
    )


def indicator_contrasts(
    chosen: np.ndarray,
    names: Sequence[str],
    base: np.ndarray,
    groups: Groups,
    *,
    rng: np.random.Generator,
    permutations: int = 9_999,
) -> pd.DataFrame:
    """Standardized deviation of every (indicator, group) count from independence, with max-T over all cells.

    Parameters
    ----------
    chosen : ndarray of bool, shape (n, m)
    names : sequence of str
        Of the m indicators.
    base : ndarray of bool, shape (n,)
        Respondents in the comparison.
    groups : Groups
    rng : Generator
    permutations : int

    Returns
    -------
    DataFrame
        ``option``, ``group``, ``n``, ``count``, ``share``, ``other_share`` (everyone else in the base, in a group
        or in none), ``difference``, ``z``, ``p_max``, ``mc_error`` and ``tested``. Groups with fewer than 5 respondents
        are shown, not tested.

    Notes
    -----
    Respondents are permuted, so the options of one person stay together; a chi-square of the stacked table would
    count a person several times (Bilder and Loughin 2004, 10.1111/j.0006-341X.2004.00147.x). Above 20,000 respondents
    the draws come from the normal limit of the permutation distribution (Strasser and Weber 1999).
    """
    labels = groups.labels()
    inside = base & (groups.codes >= 0)
    x, codes = chosen[inside].astype(float), groups.codes[inside]
    sizes = np.bincount(codes, minlength=len(labels))
    member = codes[:, None] == np.arange(len(labels))
    counts = x.T @ member
    tested = np.outer(x.std(axis=0) > 0, sizes >= GROUP_MINIMUM) & (np.count_nonzero(sizes) > 1)
    z = _standardized(counts, x, sizes)
    draws = _permuted(x, member, sizes, rng, permutations)
    observed = np.where(tested, np.abs(z), np.nan).ravel()
    p = step_down_maxt(observed, np.abs(draws).reshape(permutations, -1)).reshape(z.shape)
    total, everyone = chosen[base].sum(axis=0), int(base.sum())
    rows = []
    for i, name in enumerate(names):
        for g, label in enumerate(labels):
            others = everyone - sizes[g]
            share = counts[i, g] / sizes[g] if sizes[g] else np.nan
            other = (total[i] - counts[i, g]) / others if others else np.nan
            error = np.sqrt(p[i, g] * (1 - p[i, g]) / permutations)
            rows.append((name, label, sizes[g], int(counts[i, g]), share, other, share - other, z[i, g], p[i, g], error,
                         bool(tested[i, g])))  # fmt: skip
    return pd.DataFrame(rows, columns=["option", "group", "n", "count", "share", "other_share", "difference", "z",
                                       "p_max", "mc_error", "tested"])  # fmt: skip


def _standardized(counts: np.ndarray, x: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(T - mu) / sqrt(V) under permutation, last two axes options and groups."""
    n = len(x)
    mean = x.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.outer(mean * (1 - mean), sizes * (n - sizes) / (n - 1))
        return np.where(variance > 0, (counts - np.outer(mean, sizes)) / np.sqrt(variance), np.nan)


def _permuted(
    x: np.ndarray, member: np.ndarray, sizes: np.ndarray, rng: np.random.Generator, permutations: int
) -> np.ndarray:
    """Standardized statistics (B, options, groups) with the respondents' groups permuted."""
    if len(x) <= NORMAL_ABOVE:
        groups = member.astype(float)
        counts = np.stack([x.T @ groups[rng.permutation(len(x))] for _ in range(permutations)])
        return _standardized(counts, x, sizes)
    options = _root(_correlation(np.cov(x.T)))
    between = _root(_correlation(np.diag(sizes) - np.outer(sizes, sizes) / sizes.sum()))
    noise = rng.standard_normal((permutations, len(options), len(between)))
    return np.einsum("ij,bjk,lk->bil", options, noise, between)


def _correlation(covariance: np.ndarray) -> np.ndarray:
    covariance = np.atleast_2d(covariance)
    spread = np.sqrt(np.diag(covariance))
    return covariance / np.where(spread > 0, spread, 1) / np.where(spread > 0, spread, 1)[:, None]


def _root(matrix: np.ndarray) -> np.ndarray:
    """A matrix square root of a correlation matrix that may be singular."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0))


def option_combinations(survey: SurveyData, question: str | Sequence[str]) -> pd.DataFrame:
    """How often each set of options was chosen together.

    Returns
    -------
    DataFrame
        One row per combination that occurs, most frequent first: ``combination`` (names joined by " + "), ``size``,
        ``count``, ``share`` (of the base), ``n``, and a boolean column per option.
    """
    answers = responses_of(survey, question)
    items = [*answers.options, *([answers.none] if answers.none else [])]
    chosen = answers.everything[answers.answered]
    columns = [item.text for item in items]
    packed = chosen @ (1 << np.arange(chosen.shape[1], dtype=np.int64))
    codes, counts = np.unique(packed, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    member = (codes[order, None] >> np.arange(chosen.shape[1])) & 1 == 1
    table = pd.DataFrame(member, columns=columns)
    table.insert(0, "combination", [" + ".join(np.array(columns)[row]) for row in member])
    table.insert(1, "size", member.sum(axis=1))
    table.insert(2, "count", counts[order])
    table.insert(3, "share", counts[order] / max(len(chosen), 1))
    table.insert(4, "n", len(chosen))
    return table


def contradictions(survey: SurveyData, question: str | Sequence[str]) -> pd.DataFrame:
    """Options that were chosen together with "none of these": ``option``, ``count``; empty without any."""
    answers = responses_of(survey, question)
    counts = answers.chosen[answers.contradictory].sum(axis=0)
    table = pd.DataFrame({"option": [item.text for item in answers.options], "count": counts})
    return table[table["count"] > 0].reset_index(drop=True)
