"""Which way do providers say things run? Positions from statements of the form "X led to Y".

A position is "as asserted by providers": how far downstream a code is in their accounts, not in anybody's life.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, NoOrderSupported, TooFewInterviews
from .feedback import chain_test
from .matrix import Seed, interval, resampled_weights
from .partial_order import PartialOrder, partial_order

MINIMUM_INTERVIEWS = 10
#: Variance of the normal prior is 1/RIDGE: weak enough not to move what the statements settle.
RIDGE = 0.01
STEPS = 100
COLUMNS = ("interview_id", "from_code", "to_code")


@dataclass(frozen=True)
class AssertedOrder:
    """Positions of codes in the directions that providers assert.

    Attributes
    ----------
    positions : DataFrame
        code, component, position (mean 0 in its component, larger is further downstream), low, high, statements (in
        which the code stands on either side), interviews. NaN positions: a component of one code.
    after : DataFrame
        Share of bootstrap samples in which the row's code lies downstream of the column's; NaN between components.
    components : list of list of str
        Codes that statements connect in both directions; positions are comparable only within one.
    chainness : float
        1 - share of the fewest statements that would have to be turned round for the rest to point one way.
    p_chain : float
        Against statements whose directions are drawn at random.
    against : float
        Share of statements within components that run against the fitted order.
    statements, interviews, dropped : int
        Distinct statements used, interviews that make any, statements of a code about itself.
    replicates, draws : int
    """

    positions: pd.DataFrame
    after: pd.DataFrame
    components: list[list[str]]
    chainness: float
    p_chain: float
    against: float
    statements: int
    interviews: int
    dropped: int
    replicates: int
    draws: int

    @property
    def connected(self) -> bool:
        """Whether all codes can be placed on one scale (Ford's condition)."""
        return len(self.components) == 1

    def order(self, support: float = 0.95) -> PartialOrder:
        """Pairs whose direction the interviews support, upstream first.

        Raises
        ------
        NoOrderSupported
            If the statements point one way no more than chance would.
        """
        if self.p_chain > 0.05:
            raise NoOrderSupported(
                f"The {self.statements} statements point one way no more than random directions would "
                f"(chain-ness {self.chainness:.2f}, p = {self.p_chain:.3f}).",
                "More interviews in which providers say what led to what.",
            )
        return partial_order(self.after.T, support)


def bradley_terry(
    assertions: pd.DataFrame,
    *,
    ridge: float = RIDGE,
    replicates: int = 1000,
    draws: int = 999,
    seed: Seed = 0,
    clusters: pd.Series | None = None,
) -> AssertedOrder:
    """Fit P(j is said to follow i) = 1 / (1 + exp(-(l_j - l_i))) to statements "i led to j".

    Parameters
    ----------
    assertions : DataFrame
        interview_id, from_code, to_code; one row per statement. The same statement counts once per interview.
    ridge : float
        Weight of a normal prior on positions, so that resamples without an answer to a pair stay finite; 0 for the
        plain maximum.
    replicates : int
        Bootstrap samples of interviews.
    draws : int
        Random directions for the test of chain-ness.
    seed : int or numpy Generator
    clusters : Series indexed by interview_id, optional
        Organization of each interview, if several come from one.

    Raises
    ------
    BadInput
        A column is missing or an entry is empty.
    TooFewInterviews
        Fewer than 10 interviews make statements.

    Source: Bradley and Terry 1952, 10.2307/2334029; Ford 1957, 10.2307/2308513, for connectedness.
    """
    rng = np.random.default_rng(seed)
    table, dropped = _read(assertions)
    interviews, people = pd.factorize(table["interview_id"])
    if len(people) < MINIMUM_INTERVIEWS:
        raise TooFewInterviews(
            f"Asserted directions need at least {MINIMUM_INTERVIEWS} interviews that make statements; "
            f"there are {len(people)}.",
            "More interviews, or coding of 'X led to Y' statements in those at hand.",
        )
    codes = sorted({*table["from_code"], *table["to_code"]})
    number = {code: k for k, code in enumerate(codes)}
    start = table["from_code"].map(number).to_numpy()
    end = table["to_code"].map(number).to_numpy()
    count = len(codes)
    counts = np.zeros((count, count))
    np.add.at(counts, (start, end), 1)
    components = strong_components(counts > 0)
    same = np.zeros((count, count), dtype=bool)
    for members in components:
        same[np.ix_(members, members)] = True
    place = fit_positions((counts * same)[None], ridge, components)[0]
    units = None if clusters is None else clusters.set_axis(clusters.index.astype(str)).reindex(people).to_numpy()
    weights = resampled_weights(len(people), replicates, rng, units)[:, interviews]
    onto = np.zeros((len(table), count * count))
    onto[np.arange(len(table)), start * count + end] = 1
    resampled = (weights @ onto).reshape(replicates, count, count) * same
    drawn = fit_positions(resampled, max(ridge, RIDGE), components)
    after = np.where(same, (drawn[:, :, None] > drawn[:, None, :]).mean(axis=0), np.nan)
    chainness, p = chain_test(table, counts, start, end, draws, rng)
    low, high = interval(drawn)
    inside = same[start, end]
    positions = pd.DataFrame({"code": codes})
    positions["component"] = [next(k for k, m in enumerate(components, 1) if c in m) for c in range(count)]
    alone = ~(same.sum(axis=1) > 1)
    for name, values in (("position", place), ("low", low), ("high", high)):
        positions[name] = np.where(alone, np.nan, values)
    positions["statements"] = (counts.sum(axis=0) + counts.sum(axis=1)).astype(int)
    positions["interviews"] = [
        table.loc[(table["from_code"] == code) | (table["to_code"] == code), "interview_id"].nunique() for code in codes
    ]
    return AssertedOrder(
        positions.sort_values(["component", "position"], ignore_index=True),
        pd.DataFrame(after, index=codes, columns=codes),
        [[codes[k] for k in members] for members in components],
        chainness,
        p,
        float((place[end] < place[start])[inside].mean()) if inside.any() else float("nan"),
        len(table),
        len(people),
        dropped,
        replicates,
        draws,
    )  # fmt: skip


def fit_positions(counts: NDArray, ridge: float, components: list[list[int]] | None = None) -> NDArray[np.float64]:
    """Positions that maximize the penalized likelihood, for many tables of counts at once.

    Parameters
    ----------
    counts : array, shape (tables, codes, codes)
        Statements "row led to column".
    ridge : float
        Adds ridge / 2 times the sum of squared positions to the negative log-likelihood.
    components : list of lists of indices, optional
        Sets within which positions have mean 0; all codes if not given.

    Returns
    -------
    array, shape (tables, codes)
    """
    tables, size, _ = counts.shape
    groups = components or [list(range(size))]
    # Adding a constant within a component changes nothing, so pin its mean through the curvature.
    pin = np.zeros((size, size))
    for members in groups:
        pin[np.ix_(members, members)] = 1.0 / len(members)
    pairs = counts + counts.transpose(0, 2, 1)
    arrivals = counts.sum(axis=1)
    place = np.zeros((tables, size))
    index = np.arange(size)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(place[:, :, None] - place[:, None, :])))  # row follows column
        gradient = arrivals - (pairs * chance).sum(axis=2) - ridge * place
        information = pairs * chance * (1 - chance)
        curvature = pin - information
        curvature[:, index, index] += information.sum(axis=2) + ridge + 1e-12
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        step *= np.minimum(1, 2 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300))
        place += step
        if np.abs(step).max() < 1e-12 * max(1.0, float(np.abs(place).max())):
            break
    return place


def strong_components(linked: NDArray[np.bool_]) -> list[list[int]]:
    """Sets of codes that reach each other along the arrows, largest first."""
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(linked, directed=True, connection="strong")
    members = [np.flatnonzero(label == k).tolist() for k in range(count)]
    return sorted(members, key=lambda m: (-len(m), m))


def _read(assertions: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    missing = [column for column in COLUMNS if column not in assertions]
    if missing:
        raise BadInput(
            f"the table of statements has no column {', '.join(missing)}", fix=f"give the columns {', '.join(COLUMNS)}"
        )
    table = assertions[list(COLUMNS)]
    empty = table.isna().any(axis=1) | (table.astype(str).apply(lambda c: c.str.strip()) == "").any(axis=1)
    if empty.any():
        raise BadInput(
            f"{int(empty.sum())} statements have an empty entry",
            place=f"row {int(np.flatnonzero(empty)[0]) + 1}",
            fix="fill in interview, from_code and to_code, or remove the row",
        )
    own = table["from_code"] == table["to_code"]
    return table[~own].astype(str).drop_duplicates(ignore_index=True), int(own.sum())
