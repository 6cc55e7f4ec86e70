"""Worlds: data with the same margins and opposite structure, so that a verdict cannot come from the margins."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .margins import hand_out, largest_remainder

World = Literal["independence", "accumulation", "chain_additive", "chain_trigger", "common_cause"]
Mechanism = Literal["cumulative", "unfolding", "independent", "clustered", "chain"]
WORLDS: tuple[str, ...] = get_args(World)
MECHANISMS: tuple[str, ...] = get_args(Mechanism)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What each world means, in the terms of methods.md C8: structure of exposures, form of the outcome.
STRUCTURE: dict[str, tuple[str, str]] = {
    "independence": ("independence", "none"),
    "accumulation": ("independence", "accumulation"),
    "chain_additive": ("chain", "additive"),
    "chain_trigger": ("chain", "trigger"),
    "common_cause": ("common cause", "accumulation"),
}
EXPOSURE_SHARES = (0.45, 0.40, 0.35, 0.30, 0.25)
OUTCOME_SHARES = (0.40, 0.30, 0.20, 0.10)
#: Log odds ratios of the five exposures on the outcome.
OUTCOME_EFFECTS: dict[str, tuple[float, ...]] = {
    "none": (0.0, 0.0, 0.0, 0.0, 0.0),
    "accumulation": (0.45, 0.45, 0.45, 0.45, 0.45),
    "additive": (0.1, 0.2, 0.3, 0.5, 0.9),
    "trigger": (0.0, 0.0, 0.0, 0.0, 1.0),
}
#: Odds ratio between neighbors in a chain, and loading of each exposure on a common cause.
CHAIN_LOG_ODDS = 2.0
COMMON_LOADING = 1.7


def exposures(world: str, n: int, rng: np.random.Generator) -> Ints:
    """Whether each person met each of five time-ordered exposures.

    Parameters
    ----------
    world : str
        One of :data:`WORLDS`.
    n : int
        People.
    rng : Generator

    Returns
    -------
    array of 0/1, shape (n, 5)
        Column totals are the same in every world.
    """
    structure = STRUCTURE[world][0]
    totals = [int(largest_remainder((1 - p, p), n)[1]) for p in EXPOSURE_SHARES]
    if structure == "chain":
        return _chain(totals, n, rng)
    loading = COMMON_LOADING if structure == "common cause" else 0.0
    factor = rng.standard_normal(n)
    columns = [hand_out(loading * factor + rng.logistic(size=n), (n - t, t)) for t in totals]
    return np.column_stack(columns)


def outcomes(world: str, exposed: Ints, rng: np.random.Generator) -> Ints:
    """Position of each person on the continuum, from 0 (stable) to 3 (trafficking).

    Parameters
    ----------
    world : str
    exposed : array of 0/1, shape (n, 5)
    rng : Generator

    Returns
    -------
    array of int, shape (n,)
        Level totals are the same in every world.
    """
    effects = np.array(OUTCOME_EFFECTS[STRUCTURE[world][1]])
    n = len(exposed)
    return hand_out(exposed @ effects + rng.logistic(size=n), largest_remainder(OUTCOME_SHARES, n))


def mentions(mechanism: str, totals: Ints, n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which code is mentioned in which interview.

    Parameters
    ----------
    mechanism : str
        One of :data:`MECHANISMS`: ``cumulative`` (one propensity to mention, Rasch-like), ``unfolding`` (interviews
        mention codes near their own place on a line), ``clustered`` (groups of six codes go together), ``chain``
        (each code goes with the one before it, at an odds ratio of e squared) or ``independent``.
    totals : array of int, shape (codes,)
        Number of interviews that mention each code; met exactly under every mechanism.
    n : int
        Interviews.
    rng : Generator

    Returns
    -------
    array of bool, shape (n, codes)
    """
    if mechanism == "chain":
        return _chain([int(total) for total in totals], n, rng).astype(bool)
    codes = len(totals)
    noise = rng.logistic(size=(n, codes))
    place = rng.standard_normal((n, 1))
    if mechanism == "cumulative":
        slopes = rng.lognormal(0.5, 0.3, codes)
        latent = slopes * place + noise
    elif mechanism == "unfolding":
        latent = noise - 4.0 * (rng.uniform(-1.6, 1.6, (n, 1)) - _positions(totals)) ** 2
    elif mechanism == "clustered":
        latent = 1.7 * rng.standard_normal((n, (codes + 5) // 6))[:, np.arange(codes) // 6] + noise
    elif mechanism == "independent":
        latent = noise
    else:
        raise ValueError(f"unknown mechanism {mechanism!r}; one of {', '.join(MECHANISMS)}")
    return np.column_stack([hand_out(latent[:, j], (n - t, t)) for j, t in enumerate(totals)]).astype(bool)


def _positions(totals: Ints) -> Floats:
    """Places of codes on a line from -2 to 2: what most accounts mention in the middle, the rare toward both ends."""
    line = np.linspace(-2, 2, len(totals))
    positions = np.empty(len(totals))
    positions[np.argsort(-totals, kind="stable")] = line[np.argsort(np.abs(line), kind="stable")]
    return positions


def _chain(totals: list[int], n: int, rng: np.random.Generator) -> Ints:
    """A first-order Markov chain of 0/1 columns whose totals are exact."""
    columns = [hand_out(rng.random(n), (n - totals[0], totals[0]))]
    for total in totals[1:]:
        before = columns[-1] == 1
        met = _linked_count(int(before.sum()), n, total)
        column = np.zeros(n, dtype=np.int64)
        column[rng.permutation(np.flatnonzero(before))[:met]] = 1
        column[rng.permutation(np.flatnonzero(~before))[: total - met]] = 1
        columns.append(column)
    return np.column_stack(columns)


def _linked_count(first: int, n: int, second: int) -> int:
    """Cell n11 of a 2 x 2 table with margins ``first`` and ``second`` and the chain's odds ratio."""
    odds = np.exp(CHAIN_LOG_ODDS)
    b = 1 + (first + second) / n * (odds - 1)
    share = (b - np.sqrt(b * b - 4 * odds * (odds - 1) * first * second / n**2)) / (2 * (odds - 1))
    return round(share * n)
