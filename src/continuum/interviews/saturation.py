"""Whether more interviews would have brought new codes: rarefaction, unseen codes, and a stopping rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, TooFewInterviews
from ..ingest.tables import CodedInterviews
from .matrix import presence

MIN_INTERVIEWS = 6
#: Below this many interviews of a sector the words are "levelled off", never "saturation was reached".
MIN_FOR_SATURATION = 10

#: What samples tell of simulated worlds (benchmarks/network_tables.py).
RECOVERY_FILE = Path(__file__).with_name("saturation_recovery.csv")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StoppingRule:
    """Stop when a run of interviews brings few new codes.

    Attributes
    ----------
    base : int
        Interviews whose codes are the base (4 to 6).
    run : int
        Interviews in a run (2 or 3); runs overlap, each begins one interview later.
    threshold : float
        Largest share of new codes, of the codes of the base, at which collecting stops (0 or .05).

    Source: Guest, Namey and Chen 2020, 10.1371/journal.pone.0232076.
    """

    base: int = 4
    run: int = 2
    threshold: float = 0.05

    def __post_init__(self) -> None:
        if self.base < 1 or self.run < 1 or not 0 <= self.threshold < 1:
            raise BadInput(f"not a stopping rule: {self}", fix="base and run from 1, threshold from 0 to below 1")

    def in_words(self) -> str:
        """The rule as a sentence."""
        return (
            f"Rule: stop when {self.run} interviews in a row bring at most {self.threshold:.0%} new codes, measured on "
            f"the codes of the first {self.base} interviews."
        )


def saturation(data: CodedInterviews | pd.DataFrame, *, order: Sequence[str] | None = None) -> pd.DataFrame:
    """Codes seen after each interview: expected over all orders, and in the real order.

    Parameters
    ----------
    data : CodedInterviews, codings, or case-by-code matrix of 0 and 1
    order : sequence of str, optional
        Interviews in the order they took place; without it there is no observed curve.

    Returns
    -------
    DataFrame
        One row per number of interviews m from 1: expected, sd (exact, over all orders), low and high (expected
        +- 1.96 sd, inside 0 and the codes seen), observed (NaN if the order is unknown).

    Raises
    ------
    TooFewInterviews
        With fewer than 6 interviews.
    BadInput
        If ``order`` is not a permutation of the interviews.

    Source: Colwell et al. 2012, 10.1093/jpe/rtr044, with the variance over orders of a fixed set of interviews.
    """
    matrix = presence(data)
    _enough(matrix)
    expected, sd = rarefaction(matrix.to_numpy())
    seen = int((matrix.to_numpy().sum(axis=0) > 0).sum())
    curve = pd.DataFrame({
        "m": np.arange(1, len(matrix) + 1),
        "expected": expected,
        "sd": sd,
        "low": np.maximum(0, expected - 1.96 * sd),
        "high": np.minimum(seen, expected + 1.96 * sd),
    })  # fmt: skip
    curve["observed"] = np.nan if order is None else _seen_by_order(matrix, order).astype(float)
    return curve


def rarefaction(values: NDArray) -> tuple[Floats, Floats]:
    """Mean and standard deviation, over all orders, of the codes seen in the first m interviews.

    Parameters
    ----------
    values : array of 0 and 1, shape (interviews, codes)

    Returns
    -------
    (expected, sd) : arrays of float, shape (interviews,)
    """
    n = len(values)
    real = np.asarray(values, dtype=np.float64)
    together = real.T @ real
    own = np.diag(together)
    either = np.rint(own[:, None] + own[None, :] - together).astype(np.int64)
    missed = _all_missed(n)
    q = missed[own.astype(np.int64)]
    # The same number of interviews mentions either code for many pairs, so the sum runs over numbers, not pairs.
    both_missed = np.bincount(either.ravel(), minlength=n + 1) @ missed
    variance = both_missed - q.sum(axis=0) ** 2
    return (1 - q).sum(axis=0), np.sqrt(np.maximum(variance, 0))


def chao2(data: CodedInterviews | pd.DataFrame) -> float:
    """How many codes there would be with unlimited interviews of the same kind: a lower bound.

    Parameters
    ----------
    data : CodedInterviews, codings, or case-by-code matrix of 0 and 1

    Raises
    ------
    TooFewInterviews
        With fewer than 6 interviews.

    Source: Chao 1987, 10.2307/2531532.
    """
    matrix = presence(data)
    _enough(matrix)
    mentions = matrix.to_numpy().sum(axis=0, dtype=np.int64)
    once, twice = int((mentions == 1).sum()), int((mentions == 2).sum())
    unseen = once**2 / (2 * twice) if twice else once * (once - 1) / 2
    return float((mentions > 0).sum() + (len(matrix) - 1) / len(matrix) * unseen)


def stopping_points(
    data: CodedInterviews | pd.DataFrame,
    rule: StoppingRule | None = None,
    *,
    order: Sequence[str] | None = None,
    orders: int = 2000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """After how many interviews the rule would have stopped, in the real order and over random orders.

    Parameters
    ----------
    data : CodedInterviews, codings, or case-by-code matrix of 0 and 1
    rule : StoppingRule, optional
        Base 4, run 2, threshold 5 percent by default.
    order : sequence of str, optional
        The real order, if known.
    orders : int
        Random orders.
    seed : int or numpy Generator

    Returns
    -------
    DataFrame
        One row: base, run, threshold, real (interviews at the stop in the real order, NaN if the order is unknown or
        the rule never stops), median, low, high (2.5 and 97.5 percent of random orders that stop), stopped (share of
        random orders in which the rule stops at all).

    Raises
    ------
    TooFewInterviews
        With fewer than 6 interviews.
    """
    rule = rule or StoppingRule()
    matrix = presence(data)
    _enough(matrix)
    real = np.nan
    if order is not None:
        real = float(_stops(_seen_by_order(matrix, order)[None], rule)[0])
    rng = np.random.default_rng(seed)
    points = _stops(_seen_in_random_orders(matrix.to_numpy().astype(bool), orders, rng), rule)
    stopped = points[~np.isnan(points)]
    low, median, high = np.quantile(stopped, [0.025, 0.5, 0.975]) if len(stopped) else (np.nan,) * 3
    return pd.DataFrame([{
        "base": rule.base, "run": rule.run, "threshold": rule.threshold, "real": real,
        "median": median, "low": low, "high": high, "stopped": len(stopped) / orders,
    }])  # fmt: skip


def saturation_summary(
    data: CodedInterviews | pd.DataFrame,
    groups: pd.Series | None = None,
    rule: StoppingRule | None = None,
    *,
    order: Sequence[str] | None = None,
    orders: int = 2000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Codes seen, the Chao2 estimate and the stopping point, for all interviews and by group.

    Parameters
    ----------
    data : CodedInterviews, codings, or case-by-code matrix of 0 and 1
    groups : Series indexed by interview_id, optional
        Such as the sector of each interview.
    rule, order, orders, seed
        See :func:`stopping_points`.

    Returns
    -------
    DataFrame
        One row per group and one for "all": group, interviews, seen, chao2, share_seen, the columns of
        :func:`stopping_points`, and verdict in words. A group of fewer than 6 interviews has only its size and the
        verdict "too few interviews".
    """
    matrix = presence(data)
    rng = np.random.default_rng(seed)
    names = [] if groups is None else sorted(set(groups))
    rows = []
    for name in [*names, "all"]:
        part = matrix if name == "all" or groups is None else matrix.loc[groups.index[groups == name]]
        row: dict[str, object] = {"group": name, "interviews": len(part)}
        if len(part) < MIN_INTERVIEWS:
            row["verdict"] = "too few interviews"
        else:
            own_order = None if order is None else [i for i in order if i in part.index]
            stops = stopping_points(part, rule, order=own_order, orders=orders, seed=rng).iloc[0]
            seen, asymptote = int((part.sum() > 0).sum()), chao2(part)
            row |= {"seen": seen, "chao2": asymptote, "share_seen": seen / asymptote if asymptote else np.nan}
            row |= {str(name): value for name, value in stops.items()}
            row["verdict"] = _verdict(len(part), stops)
        rows.append(row)
    rule_columns = ["base", "run", "threshold", "real", "median", "low", "high", "stopped"]
    columns = ["group", "interviews", "seen", "chao2", "share_seen", *rule_columns, "verdict"]
    return pd.DataFrame(rows, columns=columns)


def saturation_recovery() -> pd.DataFrame:
    """How well the curve and Chao2 tell what simulated worlds hold, from samples of their interviews.

    Returns
    -------
    DataFrame
        world, interviews, runs, codes (in the world); means over samples: seen, curve_at_half (exact curve at half of
        the interviews) beside true_at_half (codes that so many interviews of the world show), chao2, within_one (share
        of samples whose Chao2 is within one of the codes in the world).
    """
    return pd.read_csv(RECOVERY_FILE)


def _verdict(interviews: int, stops: pd.Series) -> str:
    """What may be said: nothing is called saturated in a group of fewer than ten interviews."""
    point = stops["real"] if not np.isnan(stops["real"]) else stops["median"]
    if np.isnan(point):
        return "new codes still appeared"
    return "new codes levelled off" if interviews < MIN_FOR_SATURATION else "the stopping rule was met"


def _enough(matrix: pd.DataFrame) -> None:
    if len(matrix) < MIN_INTERVIEWS:
        raise TooFewInterviews(
            f"Saturation needs at least {MIN_INTERVIEWS} interviews; there are {len(matrix)}.",
            "more interviews, or sectors taken together",
        )


def _all_missed(n: int) -> Floats:
    """C(n-k, m) / C(n, m) for k = 0..n and m = 1..n: m interviews, none of which is among k given ones."""
    k, m = np.arange(n + 1)[:, None], np.arange(1, n + 1)[None, :]
    possible = m <= n - k
    rest = np.where(possible, n - k - m, 0)
    log_factorial = np.concatenate([[0.0], np.log(np.arange(1, n + 1)).cumsum()])
    logs = log_factorial[n - k] - log_factorial[rest] - (log_factorial[n] - log_factorial[n - m])
    return np.where(possible, np.exp(logs), 0.0)


def _seen_by_order(matrix: pd.DataFrame, order: Sequence[str]) -> NDArray[np.int64]:
    if sorted(order) != sorted(matrix.index):
        missing = sorted(set(matrix.index) ^ set(order))[:3]
        raise BadInput(
            f"the order of interviews does not list each interview once: {', '.join(map(str, missing))}",
            fix="name every interview once in interviews.order",
        )
    return (np.maximum.accumulate(matrix.loc[list(order)].to_numpy(), axis=0)).sum(axis=1, dtype=np.int64)


def _seen_in_random_orders(values: NDArray[np.bool_], orders: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Codes seen after each interview, shape (orders, interviews)."""
    n = len(values)
    place = np.argsort(rng.random((orders, n)), axis=1)
    seen = np.zeros((orders, n + 1), dtype=np.int64)
    rows = np.arange(orders)
    for mentioned in values.T:
        if mentioned.any():
            np.add.at(seen, (rows, place[:, mentioned].min(axis=1)), 1)
    return seen[:, :n].cumsum(axis=1)


def _stops(seen: NDArray[np.int64], rule: StoppingRule) -> Floats:
    """First number of interviews at which the last run brought few enough new codes; NaN if none does."""
    first = rule.base + rule.run
    if seen.shape[1] < first:
        return np.full(len(seen), np.nan)
    new = seen[:, first - 1 :] - seen[:, rule.base - 1 : seen.shape[1] - rule.run]
    few = new <= rule.threshold * seen[:, [rule.base - 1]]
    return np.where(few.any(axis=1), few.argmax(axis=1) + first, np.nan)
