"""What every method on a case-by-code matrix shares: reading it, naming what cannot be used, resampling interviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput, TooFewCases, TooFewInterviews

#: Below these an order of codes is not attempted (methods.md, C1).
MINIMUM_INTERVIEWS = 20
MINIMUM_CODES = 5

Seed = int | np.random.Generator


@dataclass(frozen=True)
class CodeMatrix:
    """Scores of codes in interviews, without the codes that cannot carry information.

    Attributes
    ----------
    scores : array of int, shape (interviews, codes)
    names : list of str
        Names of the columns of ``scores``.
    constant : list of str
        Codes left out because every interview has the same score: found nowhere, or everywhere.
    """

    scores: NDArray[np.int64]
    names: list[str]
    constant: list[str]

    @property
    def n(self) -> int:
        """Number of interviews."""
        return len(self.scores)


def read_matrix(matrix: pd.DataFrame | ArrayLike, *, binary: bool = False, minimum: bool = True) -> CodeMatrix:
    """Check a case-by-code matrix and set constant codes aside.

    Parameters
    ----------
    matrix : DataFrame or array, shape (interviews, codes)
        Whole numbers from 0; 1 and 0 for presence and absence.
    binary : bool
        Whether only 0 and 1 are possible.
    minimum : bool
        Whether to refuse fewer than 20 interviews or 5 usable codes.

    Raises
    ------
    BadInput
        If a value is missing, not a whole number from 0, or not 0 or 1 where ``binary``.
    TooFewInterviews, TooFewCases
        Under the minima.
    """
    frame = matrix if isinstance(matrix, pd.DataFrame) else pd.DataFrame(np.atleast_2d(np.asarray(matrix)))
    names = [str(name) for name in frame.columns]
    values = frame.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    wrong = np.isnan(values) | (values < 0) | (values != np.floor(values)) | (binary & (values > 1))
    if wrong.any():
        row, column = (int(part) for part in np.argwhere(wrong)[0])
        allowed = "0 or 1" if binary else "a whole number from 0"
        first = frame.iat[row, column]
        raise BadInput(
            f"{int(wrong.sum())} values of the case-by-code matrix are not {allowed}; the first is {first!r}",
            place=f"row {row + 1}, code {names[column]}",
            fix="one row per interview, one column per code, no gaps",
        )
    if minimum and len(values) < MINIMUM_INTERVIEWS:
        raise TooFewInterviews(
            f"An order of codes needs at least {MINIMUM_INTERVIEWS} interviews; there are {len(values)}.",
            "More coded interviews.",
        )
    varies = values.min(axis=0) < values.max(axis=0) if len(values) else np.zeros(len(names), dtype=bool)
    if minimum and varies.sum() < MINIMUM_CODES:
        raise TooFewCases(
            f"An order of codes needs at least {MINIMUM_CODES} codes that some interviews have and some have not; "
            f"there are {int(varies.sum())}.",
            "A codebook with more codes that vary between interviews.",
        )
    keep = np.flatnonzero(varies)
    return CodeMatrix(
        values[:, keep].astype(np.int64),
        [names[k] for k in keep],
        [name for name, varied in zip(names, varies, strict=True) if not varied],
    )


def resampled_weights(n: int, replicates: int, seed: Seed, clusters: ArrayLike | None = None) -> NDArray[np.float64]:
    """How often each interview is in each bootstrap sample.

    Parameters
    ----------
    n : int
        Number of interviews.
    replicates : int
    seed : int or numpy Generator
    clusters : array of length n, optional
        Organization of each interview; whole organizations are then resampled.

    Returns
    -------
    array, shape (replicates, n)
        Rows sum to n, also where organizations differ in size.
    """
    rng = np.random.default_rng(seed)
    if clusters is None:
        return rng.multinomial(n, np.full(n, 1 / n), size=replicates).astype(float)
    codes, labels = pd.factorize(np.asarray(clusters, dtype=object))
    if len(codes) != n:
        raise BadInput(f"{len(codes)} organizations were given for {n} interviews")
    drawn = rng.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=replicates)[:, codes]
    return drawn * (n / drawn.sum(axis=1, keepdims=True))


def interval(draws: NDArray, level: float = 0.95) -> tuple[Any, Any]:
    """Percentile interval over the first axis, ignoring resamples in which the statistic does not exist."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, (tail, 1 - tail), axis=0)
    return low, high
