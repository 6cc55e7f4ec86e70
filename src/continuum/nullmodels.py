"""Random 0/1 matrices with the row and column sums of an observed one: what chance alone would give.

Row sums are how much each interview mentions, column sums how often each code is mentioned; both stay as observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .errors import BadInput

#: Rounds in which every row trades once; ten rounds are the usual five trades per row.
ROUNDS = 10
#: Matrices drawn side by side; fixed, because the random numbers are consumed batch by batch.
BATCH = 256
#: Cells times rounds of a batch from which compiled trades pay for importing numba.
COMPILE_FROM = 1_000_000


def curveball(matrix: NDArray, draws: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Independent draws from the matrices with the margins of ``matrix``.

    Parameters
    ----------
    matrix : array of 0 and 1, shape (rows, columns)
    draws : int
    rng : numpy Generator

    Returns
    -------
    array of uint8, shape (draws, rows, columns)
        Every draw has exactly the row and column sums of ``matrix``.

    Raises
    ------
    BadInput
        If the matrix holds anything but 0 and 1.

    Source: Strona et al. 2014, 10.1038/ncomms5114; trades of all rows at once after Carstens, Berger and Strona 2018,
    10.1016/j.mex.2018.06.018.
    """
    return np.concatenate(list(curveball_batches(matrix, draws, rng)))


def curveball_batches(
    matrix: NDArray, draws: int, rng: np.random.Generator, *, batch: int = BATCH
) -> Iterator[NDArray[np.uint8]]:
    """Like :func:`curveball`, in batches of at most ``batch`` matrices, for statistics too many to keep at once."""
    values = np.asarray(matrix)
    if values.ndim != 2 or not np.isin(values, (0, 1)).all():
        raise BadInput("a null model with fixed margins needs a matrix of 0 and 1", fix="code presence as 0 or 1")
    if draws < 1:
        raise BadInput(f"the number of draws is {draws}", fix="ask for at least one draw")
    start = values.astype(np.uint8)
    for done in range(0, draws, batch):
        yield _draw(start, min(batch, draws - done), rng)


def _draw(start: NDArray[np.uint8], draws: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    rows, columns = start.shape
    state = np.repeat(start[None], draws, axis=0)
    order = np.tile(np.arange(rows), (draws, 1))
    half = rows // 2
    trade = _compiled_trade() if state.size * ROUNDS > COMPILE_FROM else None
    for _ in range(ROUNDS if half else 0):
        shuffle = rng.permuted(np.tile(np.arange(rows), (draws, 1)), axis=1)
        order = np.take_along_axis(order, shuffle, axis=1)
        luck = rng.random((columns, draws, half), dtype=np.float32)
        (trade or _trade)(state, order, luck)
    return state


def _trade(state: NDArray[np.uint8], order: NDArray[np.intp], luck: NDArray[np.float32]) -> None:
    """Deal the columns that only one row of each pair has to the two rows at random, as many to each as before.

    Row ``order[d, h]`` of draw d trades with row ``order[d, half + h]``. Selection sampling: of the ``left`` columns
    still to be dealt, ``owed`` go to the first row.
    """
    half = luck.shape[2]
    draw = np.arange(len(state))[:, None]
    first, second = state[draw, order[:, :half]], state[draw, order[:, half : 2 * half]]
    differ = first != second
    left = differ.sum(axis=2, dtype=np.int32)
    owed = (differ & (first == 1)).sum(axis=2, dtype=np.int32)
    for column in range(state.shape[2]):
        open_here = differ[:, :, column]
        take = luck[column] * left < owed
        first[:, :, column] = np.where(open_here, take, first[:, :, column])
        second[:, :, column] = np.where(open_here, ~take, second[:, :, column])
        owed -= open_here & take
        left -= open_here
    state[draw, order[:, :half]], state[draw, order[:, half : 2 * half]] = first, second


@cache
def _compiled_trade() -> Callable[..., None] | None:
    """The same trades compiled by numba, from the same random numbers; None where numba is not installed."""
    try:
        from numba import njit
    except ImportError:
        return None

    @njit(cache=True, nogil=True)
    def trade(state: NDArray[np.uint8], order: NDArray[np.intp], luck: NDArray[np.float32]) -> None:
        columns, draws, half = luck.shape
        differing = np.empty(columns, np.int64)
        for d in range(draws):
            for h in range(half):
                first, second = order[d, h], order[d, half + h]
                count = owed = 0
                for column in range(columns):  # without branches: whether two rows differ cannot be foreseen
                    differing[count] = column
                    differs = state[d, first, column] != state[d, second, column]
                    count += differs
                    owed += int(differs & state[d, first, column])
                for k in range(count):
                    at = differing[k]
                    take = np.float64(luck[at, d, h]) * (count - k) < owed
                    state[d, first, at] = take
                    state[d, second, at] = not take
                    owed -= int(take)

    return trade
