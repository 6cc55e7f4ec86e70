"""The compiled kernel of :mod:`continuum.model.microsimulation`; imported only where numba is installed."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(parallel=True, cache=True)
def count_all(
    first: NDArray[np.uint64],
    order: NDArray[np.int64],
    limits: NDArray[np.uint64],
    cycles: int,
    people: int,
    seed: np.uint64,
) -> NDArray[np.int64]:
    """Counts of states, shape (draws, cycles, states); one thread counts a whole draw."""
    draws, states = first.shape
    counts = np.zeros((draws, cycles, states), dtype=np.int64)
    for draw in numba.prange(draws):
        base = (seed + np.uint64(draw + 1)) * np.uint64(0x9E3779B97F4A7C15)
        for person in range(people):
            noise = base + np.uint64(person)
            noise = (noise ^ (noise >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            noise = (noise ^ (noise >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            noise = (noise ^ (noise >> np.uint64(31))) | np.uint64(1)
            noise ^= noise >> np.uint64(12)
            noise ^= noise << np.uint64(25)
            noise ^= noise >> np.uint64(27)
            uniform = (noise * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(32)
            state = 0
            while state < states - 1 and first[draw, state] <= uniform:
                state += 1
            left = 0
            for cycle in range(cycles):
                counts[draw, cycle, state] += 1
                noise ^= noise >> np.uint64(12)
                noise ^= noise << np.uint64(25)
                noise ^= noise >> np.uint64(27)
                uniform = (noise * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(32)
                place = 0
                while place < states - 1 and limits[draw, left, state, place] <= uniform:
                    place += 1
                later = order[draw, left, state, place]
                if state % 2 == 1 and later % 2 == 0:
                    left = 1
                state = later
    return counts
