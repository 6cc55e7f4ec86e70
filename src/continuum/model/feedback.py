"""How nearly a set of directed statements points one way: the fewest that would have to be turned round."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Sweeps of moving each code to its best place; stops earlier when nothing improves.
SWEEPS = 20
#: Random directions handled side by side.
CHUNK = 250


def chain_test(
    table: pd.DataFrame, counts: NDArray, start: NDArray, end: NDArray, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Chain-ness of the statements, and its p-value against random directions.

    What one interview says about one pair of codes is turned round as a whole, because repeated statements of one
    provider are not independent.

    Returns
    -------
    chainness : float
        1 - fewest feedback statements / statements.
    p : float
        (1 + draws at least as chain-like) / (1 + draws).
    """
    size = len(counts)
    pair = np.minimum(start, end) * size + np.maximum(start, end)
    unit = pd.factorize(pd.Series(table["interview_id"].astype(str) + "|" + pd.Series(pair).astype(str)))[0]
    straight = np.zeros((len(start), size * size))
    straight[np.arange(len(start)), start * size + end] = 1
    turned = np.zeros_like(straight)
    turned[np.arange(len(start)), end * size + start] = 1
    observed = 1 - fewest_feedback(counts[None])[0] / len(start)
    null = []
    for done in range(0, draws, CHUNK):
        flips = rng.integers(0, 2, (min(CHUNK, draws - done), unit.max() + 1))[:, unit].astype(float)
        drawn = (flips @ turned + (1 - flips) @ straight).reshape(-1, size, size)
        null.append(1 - fewest_feedback(drawn) / len(start))
    reached = int((np.concatenate(null) >= observed - 1e-12).sum())
    return float(observed), (1 + reached) / (1 + draws)


def fewest_feedback(counts: NDArray) -> NDArray[np.float64]:
    """Weight of the arrows that point backward in the best order found, for many graphs at once.

    Starts from the order by balance of arrows and moves one code at a time to its best place until no move helps. The
    exact minimum is out of reach for many codes; the same search judges the data and the random directions.

    Parameters
    ----------
    counts : array, shape (graphs, codes, codes)
        Arrows "row led to column".

    Returns
    -------
    array, shape (graphs,)
    """
    graphs, size, _ = counts.shape
    gain = counts - counts.transpose(0, 2, 1)  # what is won by placing the row before the column
    order = np.argsort(-gain.sum(axis=2), axis=1, kind="stable")
    rows = np.arange(graphs)[:, None]
    for _ in range(SWEEPS):
        moved = False
        for code in range(size):
            others = order[order != code].reshape(graphs, size - 1)
            ahead = gain[rows, code, others]
            # Placed at p, the code stands before the others from p on and after those up to p.
            total = ahead.sum(axis=1, keepdims=True)
            before = np.concatenate([np.zeros((graphs, 1)), np.cumsum(ahead, axis=1)], axis=1)
            value = total - 2 * before
            now = (order == code).argmax(axis=1)
            best = value.argmax(axis=1)
            better = value[np.arange(graphs), best] > value[np.arange(graphs), now] + 1e-9
            place = np.where(better, best, now)
            moved = moved or bool(better.any())
            slots = np.arange(size)
            source = np.clip(slots - (slots > place[:, None]), 0, size - 2)
            order = np.where(slots == place[:, None], code, others[rows, source])
        if not moved:
            break
    rank = np.argsort(order, axis=1)
    backward = rank[:, :, None] > rank[:, None, :]
    return (counts * backward).sum(axis=(1, 2))
