"""People one by one, where history matters: whoever has left services before may come back sooner or later.

Without history the cohort of :mod:`continuum.model.cohort` gives the same means without sampling error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from .cohort import NOW, Floats, Outcome, exponentials, generators, start_shares, state_costs, strategies
from .ledger import Ledger

#: Optional ledger line: multiplier of opting in for people who have left services before.
REENTRY = "reentry"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STAR = np.uint64(0x2545F4914F6CDD1D)


def run_people(
    ledger: Ledger,
    draws: Mapping[str, Floats],
    *,
    months: int = 120,
    people: int = 10_000,
    seed: int = 0,
    engine: Literal["auto", "numpy", "numba"] = "auto",
) -> Outcome:
    """Mean costs and effects of simulated people, for every strategy and draw.

    Parameters
    ----------
    ledger : Ledger
        As for :func:`continuum.model.cohort.run_cohort`; the line ``reentry`` brings history in.
    draws : mapping of line to array of shape (n,)
    months : int
    people : int
        Simulated in every draw; strategies share their random numbers.
    seed : int
    engine : {"auto", "numpy", "numba"}
        numba where it is installed; both give the same numbers.

    Returns
    -------
    Outcome
        The same at any number of threads: each draw is counted in whole numbers by one of them.
    """
    if months < 1 or people < 1:
        raise BadInput("people and months must be 1 or more", fix="raise them")
    n = len(next(iter(draws.values())))
    weights = (1 / (1 + draws["discount"]))[:, None] ** np.arange(months)
    costs, effects = [], []
    known = strategies(ledger)
    for name, levers in known.items():
        active = {lever: draws[f"strategy.{name}.{lever}"] for lever in levers}
        again = dict(active)
        again["opt_in"] = active.get("opt_in", np.ones(n)) * draws.get(REENTRY, np.ones(n))
        steps = np.stack([exponentials(generators(draws, levers)) for levers in (active, again)], axis=1)
        counts = occupancy_counts(start_shares(draws), steps, months, people, seed, engine)
        spent = np.einsum("nt,nts->ns", weights, counts) / people
        programme = draws[f"strategy.{name}.cost"] if name != NOW else np.zeros(n)
        costs.append((spent * state_costs(draws, programme)).sum(axis=1))
        effects.append(spent[:, :4].sum(axis=1))
    return Outcome(list(known), np.array(costs), np.array(effects), ledger.provenance)


def occupancy_counts(
    start: Floats, steps: Floats, cycles: int, people: int, seed: int, engine: str = "auto"
) -> NDArray[np.int64]:
    """How many people are in each state at the beginning of each cycle.

    Parameters
    ----------
    start : array, shape (draws, s)
    steps : array, shape (draws, 2, s, s)
        Transition probabilities before and after the first time services were left; odd states are in services.
    cycles, people, seed : int
    engine : {"auto", "numpy", "numba"}

    Returns
    -------
    array of int, shape (draws, cycles, s)
    """
    first = _thresholds(start[:, None, :])[:, 0]
    order, limits = _stay_first(steps)
    kernel = None if engine == "numpy" else _kernel()
    if kernel is None and engine == "numba":
        raise BadInput("numba is not installed", fix="install the extra 'fast', or use engine='numpy'")
    if kernel is not None:
        return kernel(first, order, limits, cycles, people, np.uint64(seed))
    return np.stack([
        _count(first[d], order[d], limits[d], cycles, people, np.uint64(seed), d) for d in range(len(start))
    ])  # fmt: skip


def _thresholds(chances: Floats) -> NDArray[np.uint64]:
    """Cumulative probabilities as 32-bit whole numbers, so that both engines compare the same."""
    scaled = np.rint(chances.cumsum(axis=-1) * 2.0**32)
    scaled[..., -1] = 2.0**32
    return np.minimum(scaled, 2.0**32).astype(np.uint64)


def _stay_first(steps: Floats) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Targets in the order they are tried, the present state first, and their cumulative thresholds."""
    states = steps.shape[-1]
    order = np.array([[a, *[b for b in range(states) if b != a]] for a in range(states)], dtype=np.int64)
    sorted_steps = np.take_along_axis(steps, np.broadcast_to(order, steps.shape), axis=-1)
    return np.broadcast_to(order, steps.shape).copy(), _thresholds(sorted_steps)


def _count(
    first: NDArray[np.uint64],
    order: NDArray[np.int64],
    limits: NDArray[np.uint64],
    cycles: int,
    people: int,
    seed: np.uint64,
    draw: int,
) -> NDArray[np.int64]:
    """One draw with numpy: the reference of the compiled kernel."""
    with np.errstate(over="ignore"):
        noise = _mix((seed + np.uint64(draw + 1)) * _MIX + np.arange(people, dtype=np.uint64))
        noise, uniform = _next(noise)
        state = np.searchsorted(first, uniform, side="right").clip(0, len(first) - 1)
        left = np.zeros(people, dtype=np.int64)
        counts = np.zeros((cycles, len(first)), dtype=np.int64)
        for cycle in range(cycles):
            counts[cycle] = np.bincount(state, minlength=len(first))
            noise, uniform = _next(noise)
            place = (limits[left, state] <= uniform[:, None]).sum(axis=1).clip(0, len(first) - 1)
            later = order[left, state, place]
            left |= ((state % 2 == 1) & (later % 2 == 0)).astype(np.int64)
            state = later
    return counts


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea, Flood 2014): neighboring seeds give unrelated streams; never zero."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (value ^ (value >> np.uint64(31))) | np.uint64(1)


def _next(noise: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """xorshift64* (Vigna 2016): the next state, and its 32 highest bits."""
    noise = noise ^ (noise >> np.uint64(12))
    noise = noise ^ (noise << np.uint64(25))
    noise = noise ^ (noise >> np.uint64(27))
    return noise, (noise * _STAR) >> np.uint64(32)


def _kernel() -> Any:
    """The compiled counterpart of :func:`_count` over all draws, or None without numba."""
    try:
        from ._microsimulation_numba import count_all
    except ImportError:
        return None
    return count_all
