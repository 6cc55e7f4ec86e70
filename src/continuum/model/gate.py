"""May an order of codes be read from these interviews at all, and under which mechanism?

An ordering method is valid only under its own response mechanism; the wrong one returns an order that is unrelated to
the truth. The gate answers cumulative, unfolding, or neither, and a refusal is the answer most small studies get.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import NoOrderSupported
from .correspondence import arch_share, decompose, null_singular_values
from .matrix import Seed, interval, read_matrix, resampled_weights
from .measured import measured, nearest
from .scaling import bootstrap_scalability, scalability

Verdict = Literal["cumulative", "unfolding", "NoOrderSupported"]

#: Mokken's convention for a scale.
SCALE_LIMIT = 0.30
#: No unfolding or unstructured world reached this H in simulation; a cumulative mechanism has to lie above it.
CEILING = 0.15
#: Level of the test for unfolding.
ALPHA = 0.01
#: One continuum bends the second axis into an arch of the first, and its first axis stands out; separate topics, which
#: also exceed the null model, do neither. Limits from ``benchmarks/gate_tables.py``.
ARCH_LIMIT = 0.70
RATIO_LIMIT = 1.20


@dataclass(frozen=True)
class Mechanism:
    """Verdict of the gate and what it rests on.

    Attributes
    ----------
    verdict : str
        ``cumulative``, ``unfolding`` or ``NoOrderSupported``.
    strict : str
        The verdict of the older rule: the whole interval of H, not only H, has to lie above ``order_limit``, and a
        singular value beyond the null model (p of at most .05) is enough for unfolding.
    H, low, high : float
        Loevinger's H with its bootstrap interval.
    negative_pairs : float
        Share of pairs of codes with a negative covariance.
    sigma, sigma_null, p_unfolding : float
        First singular value of the correspondence analysis, its mean under fixed margins, and the one-sided p-value.
    arch : float
        Share of the variance of axis 2 that a quadratic of axis 1 explains.
    ratio : float
        Inertia of axis 1 over that of axis 2.
    order_limit : float
    n, codes : int
    dropped : list of str
        Codes without variation.
    replicates, draws : int
    """

    verdict: Verdict
    strict: Verdict
    H: float
    low: float
    high: float
    negative_pairs: float
    sigma: float
    sigma_null: float
    p_unfolding: float
    arch: float
    ratio: float
    order_limit: float
    n: int
    codes: int
    dropped: list[str]
    replicates: int
    draws: int

    @property
    def refusal(self) -> NoOrderSupported | None:
        """Why no order may be drawn; None if one may."""
        if self.verdict != "NoOrderSupported":
            return None
        return NoOrderSupported(
            f"Neither a cumulative nor an unfolding mechanism is supported by {self.n} interviews and {self.codes} "
            f"codes: H is {self.H:.2f} (interval {self.low:.2f} to {self.high:.2f}; a cumulative order needs "
            f"{self.order_limit:.2f} and a lower limit above {CEILING:.2f}). An unfolding order needs a first axis "
            f"beyond what the margins alone give (p of at most {ALPHA:g}; here {self.p_unfolding:.3f}), of which the "
            f"second axis is an arch (at least {ARCH_LIMIT:.2f}; here {self.arch:.2f}).",
            "More interviews, codes asked about in every interview, or statements of the form 'X led to Y'.",
        )

    def require(self, mechanism: Verdict) -> None:
        """Raise the refusal unless the verdict is ``mechanism``."""
        if self.verdict != mechanism:
            raise self.refusal or NoOrderSupported(
                f"the interviews support the mechanism {self.verdict!r}, not {mechanism!r}",
                f"the method for {self.verdict} accounts",
            )

    def operating_characteristics(self) -> pd.DataFrame:
        """How often the gate was right in simulated worlds of about this size.

        Returns
        -------
        DataFrame
            world, n, codes, runs, cumulative, unfolding, refused (shares of verdicts), right (share of runs with the
            right verdict), low, high (its 95% Wilson interval), strict_right, strict_wrong (right and opposite or
            unfounded verdicts of the older rule), seed.
        """
        return nearest(measured("gate_verdicts"), self.n)


def response_mechanism(
    matrix: pd.DataFrame | ArrayLike,
    *,
    order_limit: float = SCALE_LIMIT,
    replicates: int = 2000,
    draws: int = 499,
    seed: Seed = 0,
    clusters: ArrayLike | None = None,
) -> Mechanism:
    """Ask which response mechanism a case-by-code matrix supports, before any ordering.

    Cumulative: H of at least ``order_limit`` with an interval above .15, which neither unfolding nor unrelated codes
    reach. Unfolding: an interval of H under .15, a first singular value beyond what fixed margins give (p of at most
    .01), an arch, and a first axis that stands out; the last two tell one continuum from separate topics. Neither:
    ``NoOrderSupported``.

    Parameters
    ----------
    matrix : DataFrame or array of 0 and 1, shape (interviews, codes)
    order_limit : float
        H that makes a scale, by convention .30.
    replicates : int
        Bootstrap samples of interviews for the interval of H.
    draws : int
        Random matrices with the same margins, at least 199.
    seed : int or numpy Generator
    clusters : array of length n, optional
        Organizations, if several interviews come from one.

    Raises
    ------
    BadInput
        Gaps or values other than 0 and 1.
    TooFewInterviews, TooFewCases
        Fewer than 20 interviews, or fewer than 5 codes that vary.

    Source: Mokken 1971; Coombs 1964; ter Braak 1985; Strona et al. 2014 for the null model.
    """
    rng = np.random.default_rng(seed)
    codes = read_matrix(matrix, binary=True)
    H, negative = scalability(codes)
    low, high = interval(bootstrap_scalability(codes, resampled_weights(codes.n, replicates, rng, clusters)))
    analysis = decompose(codes.scores)
    sigma = float(analysis.singular[0])
    ratio = float((sigma / analysis.singular[1]) ** 2)
    arch = arch_share(analysis, codes.scores.sum(axis=0))
    null = null_singular_values(codes, draws, rng)
    # Draws equal to the data up to rounding count as reaching it.
    p = (1 + int((null >= sigma - 1e-10).sum())) / (1 + draws)
    one_continuum = arch >= ARCH_LIMIT and ratio >= RATIO_LIMIT
    return Mechanism(
        _verdict(order_limit <= H and low > CEILING, p <= ALPHA and high < CEILING and one_continuum),
        _verdict(low > order_limit, p <= 0.05 and high < CEILING),
        H, float(low), float(high), negative, sigma, float(null.mean()), p, arch, ratio, order_limit,
        codes.n, len(codes.names), codes.constant, replicates, draws,
    )  # fmt: skip


def _verdict(cumulative: bool, unfolding: bool) -> Verdict:
    return "cumulative" if cumulative else "unfolding" if unfolding else "NoOrderSupported"
