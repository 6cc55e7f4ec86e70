"""Missing answers: their patterns, whether they look random, and estimates from several imputations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import BadInput, NonConvergence, NotCollected, TooFewCases
from ..ingest.tables import SurveyData
from .answers import ANSWERED, NOT_ANSWERED, NOT_ASKED, item_numbers, item_status, items_of

#: Donors among which predictive mean matching chooses.
DONORS = 5
#: Respondents that methods take at most, about, where more would cost much and change nothing.
LARGEST = 20_000
#: Rounds of chained imputation before a data set is kept.
ROUNDS = 5


def every_kth(n: int) -> slice:
    """Rows of a survey of ``n`` respondents that slow methods take: all, or every k-th above 20,000."""
    return slice(None, None, max(1, n // LARGEST))


def missing_patterns(survey: SurveyData, items: str | Iterable[str]) -> pd.DataFrame:
    """Which items were left out together.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str

    Returns
    -------
    DataFrame
        One row per pattern, most frequent first: ``missing`` (items without an answer, "complete" or "every item"),
        ``items`` (how many), ``count``, ``n`` (respondents), ``share``. "Don't know", "not applicable" and blanks are
        all no answer; items that were not asked count apart, as ``not_asked`` (how many of the items). A boolean
        column for each item, ``blank:<item_id>``, says whether the pattern holds it.
    """
    chosen = items_of(survey, items)
    status = np.column_stack([item_status(survey, item) for item in chosen])
    gone, unasked = (status != 0) & (status != NOT_ASKED), status == NOT_ASKED
    patterns, counts = _distinct(np.hstack([gone, unasked]))
    k = len(chosen)
    names = np.array([item.text for item in chosen])
    table = pd.DataFrame({
        "missing": ["every item" if k > 2 and p[:k].all() else ", ".join(names[p[:k]]) or "complete" for p in patterns],
        "items": patterns[:, :k].sum(axis=1), "not_asked": patterns[:, k:].sum(axis=1),
        "count": counts, "n": len(status), "share": counts / len(status),
    })  # fmt: skip
    held = pd.DataFrame(patterns[:, :k].astype(bool), columns=[f"blank:{item.item_id}" for item in chosen])
    table = pd.concat([table, held], axis=1)
    return table.sort_values("count", ascending=False, kind="stable").reset_index(drop=True)


def _distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of a boolean matrix (patterns, columns), and how often each occurs."""
    packed = np.ascontiguousarray(np.packbits(rows, axis=1))
    # A row as one number of fixed width sorts many times faster than as a list of columns.
    width = -(-packed.shape[1] // 8) * 8
    padded = np.zeros((len(rows), width), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    words = padded.view(np.uint64)
    if words.shape[1] == 1:
        _, first, counts = np.unique(words[:, 0], return_index=True, return_counts=True)
        return rows[first], counts
    return np.unique(rows, axis=0, return_counts=True)


def missing_by_item(survey: SurveyData, items: str | Iterable[str]) -> pd.DataFrame:
    """Blanks of each item that was asked: ``item_id``, ``item``, ``asked``, ``missing``, ``share``, most first."""
    rows = []
    for item in items_of(survey, items):
        status = item_status(survey, item)
        asked, blank = int((status != NOT_ASKED).sum()), int((status == NOT_ANSWERED).sum())
        rows.append((item.item_id, item.text, asked, blank, blank / asked if asked else np.nan))
    table = pd.DataFrame(rows, columns=["item_id", "item", "asked", "missing", "share"])
    return table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class LittleTest:
    """Little's test that values are missing completely at random."""

    statistic: float
    df: int
    p: float
    patterns: int
    n: int


def little_test(survey: SurveyData, items: str | Iterable[str]) -> LittleTest:
    """Little's test for the answers to some items, level codes taken as numbers; see :func:`little_test_of`.

    Of a survey with more than 20,000 respondents every k-th enters: the test is then as sharp as anybody could use, and
    ``n`` says how many they were.
    """
    rows = every_kth(len(survey.answers))
    return little_test_of(np.column_stack([item_numbers(survey, item)[rows] for item in items_of(survey, items)]))


def little_test_of(matrix: np.ndarray) -> LittleTest:
    """Little's test of a matrix (respondents, variables) with NaN where a value is missing.

    Raises
    ------
    TooFewCases
        If nothing is missing, so there is nothing to test, or too few rows are left.
    NonConvergence
        If mean and covariance of the incomplete data cannot be found.

    Notes
    -----
    A small p says that what is missing goes with what was answered; a large p does not show that it does not.
    Source: Little 1988 (10.1080/01621459.1988.10478722).
    """
    data = matrix[~np.isnan(matrix).all(axis=1)]
    patterns, member = np.unique(~np.isnan(data), axis=0, return_inverse=True)
    if len(patterns) < 2:
        raise TooFewCases("No answer is missing, so there is no pattern to test.", "nothing: the answers are complete")
    if len(data) <= data.shape[1] + 1:
        raise TooFewCases(f"{len(data)} rows are too few for {data.shape[1]} variables.", "fewer items or more answers")
    member = member.ravel()
    mean, covariance = normal_em(data, patterns, member)
    statistic, df = 0.0, -data.shape[1]
    for position, seen in enumerate(patterns):
        rows = data[member == position][:, seen]
        shift = rows.mean(axis=0) - mean[seen]
        statistic += len(rows) * shift @ np.linalg.solve(covariance[np.ix_(seen, seen)], shift)
        df += int(seen.sum())
    return LittleTest(float(statistic), df, float(stats.chi2.sf(statistic, df)), len(patterns), len(data))


def normal_em(
    data: np.ndarray, patterns: np.ndarray, member: np.ndarray, *, tolerance: float = 1e-8
) -> tuple[np.ndarray, np.ndarray]:
    """Maximum-likelihood mean and covariance of incomplete normal data by EM.

    Source: Dempster, Laird, Rubin 1977 (10.1111/j.2517-6161.1977.tb01600.x).
    """
    mean, covariance = np.nanmean(data, axis=0), np.diag(np.nanvar(data, axis=0))
    filled = np.where(np.isnan(data), 0.0, data)
    incomplete = []
    for position, known in enumerate(patterns):
        if not known.all():
            rows, seen, gone = np.flatnonzero(member == position), np.flatnonzero(known), np.flatnonzero(~known)
            incomplete.append((rows, seen, gone, data[np.ix_(rows, seen)]))
    for _ in range(2000):
        extra = np.zeros_like(covariance)
        for rows, seen, gone, answers in incomplete:
            to_gone = covariance[:, gone]
            slope = np.linalg.solve(covariance[seen[:, None], seen], to_gone[seen])
            filled[rows[:, None], gone] = mean[gone] + (answers - mean[seen]) @ slope
            left = to_gone[gone] - covariance[gone[:, None], seen] @ slope
            extra[gone[:, None], gone] += len(rows) * left
        new = filled.mean(axis=0)
        centered = filled - new
        spread = (centered.T @ centered + extra) / len(data)
        moved = max(np.abs(new - mean).max(), np.abs(spread - covariance).max())
        mean, covariance = new, spread
        if moved < tolerance * max(1.0, np.abs(covariance).max()):
            return mean, covariance
    raise NonConvergence("mean and covariance of the incomplete answers did not converge", fix="use fewer items")


def impute(matrix: np.ndarray, copies: int, rng: np.random.Generator) -> np.ndarray:
    """Complete copies of incomplete numbers by chained predictive mean matching.

    Parameters
    ----------
    matrix : ndarray, shape (n, k)
        NaN where missing. Every imputed value is one that somebody gave.
    copies : int
    rng : Generator

    Returns
    -------
    ndarray, shape (copies, n, k)
    Source: van Buuren 2018, Flexible Imputation of Missing Data, algorithm 3.3.
    """
    gone = np.isnan(matrix)
    if (~gone).sum(axis=0).min() <= matrix.shape[1] + DONORS:
        raise TooFewCases("An item has too few answers to impute the others from.", "leave the item out")
    copied = np.empty((copies, *matrix.shape))
    order = [j for j in np.argsort(gone.sum(axis=0), kind="stable") if gone[:, j].any()]
    for copy in range(copies):
        full = np.column_stack([matrix, np.ones(len(matrix))])
        for j in order:
            full[gone[:, j], j] = rng.choice(matrix[~gone[:, j], j], gone[:, j].sum())
        for _ in range(ROUNDS):
            for j in order:
                full[gone[:, j], j] = _matched(full, j, gone[:, j], rng)
        copied[copy] = full[:, :-1]
    return copied


def _matched(full: np.ndarray, j: int, gone: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Values of column ``j`` from donors whose prediction is near that of the missing ones, the regression drawn anew.

    The other columns of ``full`` predict, the last of them being one.
    """
    seen, wanted = full[~gone], full[gone]
    values = seen[:, j].copy()
    others = np.arange(full.shape[1]) != j
    cross = seen.T @ seen
    inner = cross[np.ix_(others, others)]
    gram = np.linalg.inv(inner + 1e-6 * np.eye(len(inner)) * np.trace(inner) / len(inner))
    slope = np.zeros(full.shape[1])
    slope[others] = gram @ cross[others, j]
    known = seen @ slope
    sigma = np.sqrt(((values - known) ** 2).sum() / rng.chisquare(max(len(seen) - len(inner), 1)))
    drawn = slope.copy()
    drawn[others] += sigma * np.linalg.cholesky((gram + gram.T) / 2) @ rng.standard_normal(len(inner))
    order = np.argsort(known, kind="stable")
    # The donors are the nearest on both sides in the order of predictions.
    place = np.searchsorted(known[order], wanted @ drawn)
    first = np.clip(place - DONORS // 2, 0, len(order) - DONORS)
    return values[order[first + rng.integers(0, DONORS, len(wanted))]]


def pooled(estimates: Sequence[float], variances: Sequence[float], n: int, level: float = 0.95) -> dict[str, float]:
    """Rubin's rules for one estimate from several imputations.

    Parameters
    ----------
    estimates, variances : sequence of float
        One per completed data set.
    n : int
        Respondents, for the degrees of freedom of Barnard and Rubin.
    level : float

    Returns
    -------
    dict
        ``estimate``, ``se``, ``df``, ``low``, ``high``, ``missing_information`` (share of the variance that is due
        to missing answers).
    Source: Rubin 1987; Barnard and Rubin 1999 (10.1093/biomet/86.4.948).
    """
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    m = len(q)
    if m < 2 or len(u) != m:
        raise BadInput("pooling needs at least two imputations, with a variance each")
    within, between = u.mean(), q.var(ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total > 0 else 0.0
    complete = n - 1
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    df = observed if share == 0 else 1 / (1 / ((m - 1) / share**2) + 1 / observed)
    half = stats.t.ppf(0.5 + level / 2, df) * np.sqrt(total)
    return {"estimate": float(q.mean()), "se": float(np.sqrt(total)), "df": float(df), "low": float(q.mean() - half),
            "high": float(q.mean() + half), "missing_information": float(share)}  # fmt: skip


def imputed_means(
    survey: SurveyData, items: str | Iterable[str], *, rng: np.random.Generator, copies: int = 20,
    score: Callable[[np.ndarray], np.ndarray] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Mean of each item from multiple imputation beside the mean of the available answers.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        Scale or number items that were asked together; those not asked are imputed too.
    rng : Generator
    copies : int
    score : callable, optional
        Applied to the completed (n, k) matrix before averaging, such as an indicator of the top levels.

    Returns
    -------
    DataFrame
        ``item_id``, ``item``, ``n`` (answered), ``available`` (mean of the answers), and the columns of
        :func:`pooled`. Level codes are treated as equally spaced.
    """
    chosen = items_of(survey, items)
    matrix = np.column_stack([item_numbers(survey, item) for item in chosen])
    transform = score or (lambda values: values)
    completed = [transform(copy) for copy in impute(matrix, copies, rng)]
    n = len(matrix)
    rows = []
    for j, item in enumerate(chosen):
        means = [float(copy[:, j].mean()) for copy in completed]
        variances = [float(copy[:, j].var(ddof=1) / n) for copy in completed]
        known = ~np.isnan(matrix[:, j])
        available = float(transform(np.where(known[:, None], matrix, np.nan))[known, j].mean())
        rows.append({"item_id": item.item_id, "item": item.text, "n": int(known.sum()), "available": available}
                    | pooled(means, variances, n))  # fmt: skip
    return pd.DataFrame(rows)


def imputed_shares(
    survey: SurveyData, items: str | Iterable[str], *, rng: np.random.Generator, copies: int = 5
) -> pd.DataFrame:
    """Share in the top levels of scale items with the blanks imputed, beside the share among the answers.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
    rng : Generator
    copies : int
        Completed copies; 0 for none.

    Returns
    -------
    DataFrame
        ``item_id``, ``item``, ``n`` (answered), ``blank`` (asked, not answered), ``count`` (answers in the top
        levels), ``available`` (their share), and the columns of :func:`pooled`.

    Raises
    ------
    NotCollected
        If no copies are asked for, or nothing is blank.

    Notes
    -----
    Only blanks are imputed, from the answers to the other items: "don't know" and "not applicable" are answers of
    their own and stay out of the share. Right if what is blank depends on the other answers alone. Of more than
    20,000 respondents every k-th enters.
    """
    if copies == 0:
        raise NotCollected("No completed copies were asked for.", "set imputations above 0")
    chosen = items_of(survey, items)
    rows = every_kth(len(survey.answers))
    matrix = np.column_stack([item_numbers(survey, item)[rows] for item in chosen])
    status = np.column_stack([item_status(survey, item)[rows] for item in chosen])
    if not (status == NOT_ANSWERED).any():
        raise NotCollected("No answer to these items is blank.", "nothing: the answers are complete")
    completed = impute(matrix, copies, rng)
    table = []
    for j, item in enumerate(chosen):
        lowest = len(item.levels) - len(item.top_levels) + 1
        known, blank = status[:, j] == ANSWERED, status[:, j] == NOT_ANSWERED
        n, top = int(known.sum() + blank.sum()), completed[:, known | blank, j] >= lowest
        shares = top.mean(axis=1)
        count = int((matrix[known, j] >= lowest).sum())
        table.append({
            "item_id": item.item_id, "item": item.text, "n": int(known.sum()), "blank": int(blank.sum()),
            "count": count, "available": count / known.sum() if known.any() else np.nan,
            **pooled(shares, shares * (1 - shares) / n, n),
        })  # fmt: skip
    return pd.DataFrame(table)
