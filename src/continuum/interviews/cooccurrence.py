"""Which codes are mentioned together more, or less, often than talkative interviews and common codes alone would give.

Mentioned together is not caused by: co-occurrence says nothing about order or cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..ingest.tables import CodedInterviews
from ..nullmodels import curveball_batches
from .matrix import presence
from .testing import benjamini_hochberg, max_t

#: Below this many interviews counts are shown and nothing is tested.
MIN_INTERVIEWS = 20
DRAWS = 20_000
#: False-discovery rate of the pairs that are called related.
Q = 0.05
#: Most null counts kept at once (two bytes each); with more pairs, fewer matrices are drawn.
MAX_COUNTS = 500_000_000
#: Most entries of the (interview, code, code) table of null probabilities that the bootstrap of the network needs.
MAX_LOCAL = 20_000_000

TOO_FEW = "fewer than 20 interviews: counts only, nothing is tested"
TOO_FEW_DRAWS = "fewer draws than 2 x pairs / q: the smallest reachable p cannot pass, so no false-discovery q is given"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoOccurrence:
    """Co-occurrence of codes and its test against chance with fixed margins.

    Attributes
    ----------
    pairs : DataFrame
        One row per pair: code_a, code_b, n_a, n_b, both (interviews), jaccard, phi, lift (against independent codes),
        expected and lift_fixed (against the null model), effect (standardized), p, q (Benjamini-Hochberg), p_max
        (max-T). Columns of the test are NaN where there was none.
    counts : DataFrame
        Interviews that mention both codes; the diagonal holds the interviews that mention one.
    interviews : int
    draws : int
        Matrices drawn from the null model; 0 if nothing was tested.
    dropped : list of str
        Codes in all or in no interviews: they cannot co-occur by more than chance and are left out of the test.
    notes : list of str
    """

    pairs: pd.DataFrame
    counts: pd.DataFrame
    interviews: int
    draws: int
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Null probability that an interview mentions both codes of a tested pair, (interviews, pairs); None if too large.
    local: Floats | None = field(default=None, repr=False)
    null_sd: Floats | None = field(default=None, repr=False)

    @property
    def smallest_p(self) -> float:
        """The smallest two-sided p that this number of draws can give."""
        return 2 / (self.draws + 1) if self.draws else float("nan")


def cooccurrence(
    data: CodedInterviews | pd.DataFrame,
    *,
    draws: int = DRAWS,
    seed: int | np.random.Generator = 0,
    q: float = Q,
) -> CoOccurrence:
    """Pairs of codes: counts, similarity, and a test in which each interview keeps its number of codes.

    Parameters
    ----------
    data : CodedInterviews, codings, or case-by-code matrix of 0 and 1
    draws : int
        Matrices from the null model (5 trades per interview each). The two-sided p cannot be smaller than
        2 / (draws + 1); with m pairs, Benjamini-Hochberg at level q needs more than 2 m / q draws.
    seed : int or numpy Generator
    q : float
        False-discovery rate.

    Returns
    -------
    CoOccurrence
        Fewer draws than asked for, with a note, where the counts of all pairs would not fit into memory.

    Source: curveball, Strona et al. 2014, 10.1038/ncomms5114; Benjamini and Hochberg 1995,
    10.1111/j.2517-6161.1995.tb02031.x; max-T, Westfall and Young 1993.
    """
    matrix = presence(data)
    values = matrix.to_numpy(np.float64)
    counts = pd.DataFrame((values.T @ values).astype(np.int64), index=matrix.columns, columns=matrix.columns)
    pairs = _describe(values, list(matrix.columns))
    totals = values.sum(axis=0)
    varies = (totals > 0) & (totals < len(values))
    dropped = [code for code, keep in zip(matrix.columns, varies, strict=True) if not keep]
    if len(values) < MIN_INTERVIEWS:
        return CoOccurrence(pairs, counts, len(values), 0, dropped, [TOO_FEW])
    tested = varies[np.triu_indices(len(varies), 1)[0]] & varies[np.triu_indices(len(varies), 1)[1]]
    if not tested.any():
        return CoOccurrence(pairs, counts, len(values), 0, dropped, ["no two codes vary between interviews"])
    notes = []
    if draws * int(tested.sum()) > MAX_COUNTS:
        draws = MAX_COUNTS // int(tested.sum())
        notes.append(f"only {draws:,} draws: the counts of more would not fit into memory")
    null = _null_counts(values[:, varies], draws, np.random.default_rng(seed))
    pairs = _tested(pairs, tested, null, q)
    if draws <= 2 * tested.sum() / q:
        notes.append(TOO_FEW_DRAWS)
    return CoOccurrence(pairs, counts, len(values), draws, dropped, notes, null.local, null.sd)


@dataclass(frozen=True)
class _Null:
    counts: NDArray[np.int16]
    mean: Floats
    sd: Floats
    local: Floats | None


def _describe(values: Floats, codes: list[str]) -> pd.DataFrame:
    """Counts and similarities of all pairs, without a test."""
    n = len(values)
    first, second = np.triu_indices(len(codes), 1)
    both = (values.T @ values)[first, second]
    n_a, n_b = values.sum(axis=0)[first], values.sum(axis=0)[second]
    with np.errstate(divide="ignore", invalid="ignore"):
        frame = pd.DataFrame({
            "code_a": np.array(codes, dtype=object)[first],
            "code_b": np.array(codes, dtype=object)[second],
            "n_a": n_a.astype(np.int64),
            "n_b": n_b.astype(np.int64),
            "both": both.astype(np.int64),
            "jaccard": both / (n_a + n_b - both),
            "phi": (n * both - n_a * n_b) / np.sqrt(n_a * n_b * (n - n_a) * (n - n_b)),
            "lift": n * both / (n_a * n_b),
        })  # fmt: skip
    for column in ("expected", "lift_fixed", "effect", "p", "q", "p_max"):
        frame[column] = np.nan
    return frame.replace([np.inf, -np.inf], np.nan)


def _null_counts(values: Floats, draws: int, rng: np.random.Generator) -> _Null:
    """Counts of all pairs in every draw, with the mean and standard deviation under the null model."""
    n, codes = values.shape
    first, second = np.triu_indices(codes, 1)
    counts = np.empty((draws, len(first)), np.int16)
    keep_local = n * codes * codes <= MAX_LOCAL
    together = np.zeros((n, codes, codes), np.float32) if keep_local else None
    done = 0
    batch = max(1, min(256, 40_000_000 // (n * codes)))
    for drawn in curveball_batches(values.astype(np.uint8), draws, rng, batch=batch):
        real = drawn.astype(np.float32)
        counts[done : done + len(drawn)] = (real.transpose(0, 2, 1) @ real)[:, first, second]
        if together is not None:
            by_interview = real.transpose(1, 0, 2)
            together += by_interview.transpose(0, 2, 1) @ by_interview
        done += len(drawn)
    local = together[:, first, second].astype(np.float64) / draws if together is not None else None
    return _Null(counts, counts.mean(axis=0), counts.std(axis=0, dtype=np.float64), local)


def _tested(pairs: pd.DataFrame, tested: NDArray[np.bool_], null: _Null, q: float) -> pd.DataFrame:
    pairs = pairs.copy()
    observed = pairs.loc[tested, "both"].to_numpy()
    draws = len(null.counts)
    above = (null.counts >= observed).sum(axis=0)
    below = (null.counts <= observed).sum(axis=0)
    p = np.minimum(1.0, 2 * (1 + np.minimum(above, below)) / (draws + 1))
    moves = null.sd > 0
    effect = np.divide(observed - null.mean, null.sd, out=np.full(len(observed), np.nan), where=moves)
    p[~moves] = np.nan
    pairs.loc[tested, "expected"] = null.mean
    pairs.loc[tested, "lift_fixed"] = np.divide(
        observed, null.mean, out=np.full(len(observed), np.nan), where=null.mean > 0
    )
    pairs.loc[tested, "effect"] = effect
    pairs.loc[tested, "p"] = p
    if draws > 2 * len(observed) / q:
        pairs.loc[tested, "q"] = benjamini_hochberg(p)
    pairs.loc[tested, "p_max"] = max_t(effect, _largest(null, moves))
    return pairs


def _largest(null: _Null, moves: NDArray[np.bool_]) -> Floats:
    """Largest absolute standardized effect of each draw."""
    largest = np.zeros(len(null.counts))
    if moves.any():
        for start in range(0, len(null.counts), 1000):
            part = null.counts[start : start + 1000, moves]
            largest[start : start + 1000] = np.abs((part - null.mean[moves]) / null.sd[moves]).max(axis=1)
    return largest
