"""How many people no list names: multiple-systems estimates as a range over models, never as one number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, TooFewCases

Floats = NDArray[np.float64]

MIN_LISTS = 3
#: People who stand on two lists or more; with fewer the range is too wide to print.
MIN_OVERLAP = 10


def overlap_estimates(counts: pd.DataFrame, *, count: str = "n", max_pairs: int = 4) -> pd.DataFrame:
    """Estimates of people on no list, from who stands on which lists.

    Parameters
    ----------
    counts : DataFrame
        One 0/1 column per list and a column of counts; combinations nobody has may be left out.
    count : str
        Column of counts.
    max_pairs : int
        Most pairs of lists that may depend on each other in the chosen model.

    Returns
    -------
    DataFrame
        model (``lower bound``: Chao 1987; ``independent lists``: log-linear, main effects; ``dependent pairs``: with
        the pairs that lower the BIC), hidden, total, low, high (95 %, log-normal for the hidden part), deviance, pairs,
        listed, lists. All rest on lists that name the same people correctly and on a closed population; the range
        over models is the answer.

    Raises
    ------
    TooFewCases
        With fewer than three lists, or under ten people on two lists or more.
    BadInput
        If a list column is not 0/1, or a count is negative.

    Notes
    -----
    Sources: Chao 1987 (Biometrics 43:783-791); Fienberg 1972 (Biometrika 59:591-603); Bales, Hesketh, Silverman 2015
    (Significance 12(3):16-21).
    """
    cells, y, lists = _cells(counts, count)
    listed, times = int(y.sum()), cells.sum(axis=1)
    if len(lists) < MIN_LISTS or y[times >= 2].sum() < MIN_OVERLAP:
        raise TooFewCases(
            f"An estimate of people on no list needs {MIN_LISTS} lists and {MIN_OVERLAP} people on two or more; here "
            f"{len(lists)} lists and {int(y[times >= 2].sum())} people.",
            "lists that name the same people",
        )
    once, twice = float(y[times == 1].sum()), float(y[times == 2].sum())
    hidden = once**2 / (2 * twice) if twice else once * (once - 1) / 2
    # Variance of Chao's estimate in the form that is used for his interval.
    ratio = once / twice if twice else once
    spread = twice * (0.25 * ratio**4 + ratio**3 + 0.5 * ratio**2)
    rows = [_row("lower bound", hidden, np.sqrt(np.log1p(spread / hidden**2)), np.nan, "", listed, len(lists))]
    fit = _fit(cells, y, [])
    rows.append(_row("independent lists", *fit[:3], "", listed, len(lists)))
    pairs = _choose(cells, y, max_pairs)
    if pairs:
        names = ", ".join(f"{lists[a]} with {lists[b]}" for a, b in pairs)
        rows.append(_row("dependent pairs", *_fit(cells, y, pairs)[:3], names, listed, len(lists)))
    return pd.DataFrame(rows)


def _cells(counts: pd.DataFrame, count: str) -> tuple[Floats, Floats, list[str]]:
    """Every combination of lists except none, with its count."""
    lists = [str(name) for name in counts.columns if name != count]
    if not counts[lists].isin([0, 1]).all(axis=None) or (counts[count] < 0).any():
        raise BadInput("a list column holds 0 and 1 only, and counts are not negative", fix="correct the table")
    cells = np.array([c for c in product((0, 1), repeat=len(lists)) if any(c)], dtype=float)
    place = {tuple(c): k for k, c in enumerate(cells.astype(int).tolist())}
    y = np.zeros(len(cells))
    for row, n in zip(counts[lists].astype(int).to_numpy().tolist(), counts[count].to_numpy(float), strict=True):
        if any(row):
            y[place[tuple(row)]] += n
    return cells, y, lists


def _fit(cells: Floats, y: Floats, pairs: Sequence[tuple[int, int]]) -> tuple[float, float, float, float]:
    """Log-linear Poisson model: hidden people, standard error of their log, deviance, BIC."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    columns = [np.ones(len(y)), *cells.T, *[cells[:, a] * cells[:, b] for a, b in pairs]]
    fit = GLM(y, np.column_stack(columns), family=Poisson()).fit(tol=1e-12)
    bic = -2 * fit.llf + len(columns) * np.log(y.sum())
    return float(np.exp(fit.params[0])), float(fit.bse[0]), float(fit.deviance), float(bic)


def _choose(cells: Floats, y: Floats, most: int) -> list[tuple[int, int]]:
    """Pairs added one by one while the BIC falls; a pair that shares nobody has no finite estimate and is left out."""
    candidates = [
        (a, b)
        for a, b in combinations(range(cells.shape[1]), 2)
        if y[(cells[:, a] == 1) & (cells[:, b] == 1)].sum() > 0
    ]
    chosen: list[tuple[int, int]] = []
    best = _fit(cells, y, chosen)[3]
    while candidates and len(chosen) < most:
        scored = [(_fit(cells, y, [*chosen, pair])[3], pair) for pair in candidates]
        bic, pair = min(scored)
        if bic >= best:
            break
        best, chosen = bic, [*chosen, pair]
        candidates.remove(pair)
    return chosen


def _row(
    model: str, hidden: float, error: float, deviance: float, pairs: str, listed: int, lists: int
) -> dict[str, object]:
    spread = float(np.exp(1.959963984540054 * error))
    return {
        "model": model, "hidden": hidden, "total": listed + hidden, "low": listed + hidden / spread,
        "high": listed + hidden * spread, "deviance": deviance, "pairs": pairs, "listed": listed, "lists": lists,
    }  # fmt: skip
