"""Do the items of a scale hang together? Alpha and omega with intervals, item by item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import BadInput, Refusal, TooFewCases
from ..ingest.tables import SurveyData
from .answers import item_numbers, items_of
from .factors import one_factor
from .missing import every_kth

#: Fewer complete answers than this give no interval worth printing.
MINIMUM = 10
#: Above this many respondents the bootstrap draws from the normal limit of the covariances.
NORMAL_ABOVE = 5_000


class NotReflective(Refusal):
    """Internal consistency is asked of a checklist, whose items need not go together."""


@dataclass(frozen=True)
class Reliability:
    """Internal consistency of one scale.

    Attributes
    ----------
    alpha, alpha_low, alpha_high : float
        Cronbach's alpha with Feldt's interval.
    standardized_alpha : float
    omega, omega_low, omega_high : float
        McDonald's omega total from a one-factor maximum-likelihood fit, bootstrap interval over respondents; missing
        for fewer than three items.
    n_listwise, n_pairwise : int
        Respondents with every item, and the smallest number with any two items.
    items : DataFrame
        ``item_id``, ``item``, ``n``, ``mean``, ``sd``, ``item_rest``, ``alpha_if_dropped``, ``loading``.
    """

    alpha: float
    alpha_low: float
    alpha_high: float
    standardized_alpha: float
    omega: float
    omega_low: float
    omega_high: float
    n_listwise: int
    n_pairwise: int
    items: pd.DataFrame

    def row(self, name: str) -> dict[str, object]:
        """One line of a table of scales."""
        return {
            "scale": name, "items": len(self.items), "n": self.n_listwise, "n_pairwise": self.n_pairwise,
            "alpha": self.alpha, "alpha_low": self.alpha_low, "alpha_high": self.alpha_high,
            "omega": self.omega, "omega_low": self.omega_low, "omega_high": self.omega_high,
        }  # fmt: skip


def reliability(
    survey: SurveyData,
    items: str | Iterable[str],
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 500,
    level: float = 0.95,
) -> Reliability:
    """Internal consistency of a reflective scale.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        A scale or set, or its items; items marked ``reverse`` are turned.
    rng : Generator, optional
        For the bootstrap of omega; a fixed seed if not given.
    replicates : int
    level : float

    Raises
    ------
    NotReflective
        For a formative list, such as a checklist of warning signs.
    TooFewCases
        For fewer than two items or 10 complete answers.
    BadInput
        If an item runs against the others: whether it is reversed is for the team to say, it is never turned silently.

    Notes
    -----
    Complete answers only. Source: Cronbach 1951 (10.1007/BF02310555); Feldt 1965 (10.1007/BF02289499); McDonald 1999.
    """
    chosen = items_of(survey, items)
    formative = [item.text for item in chosen if item.formative]
    if formative:
        raise NotReflective(
            "Internal consistency does not apply: the items are a checklist, and need not go together.",
            "set formative: false in study.yaml only if the items measure one thing",
        )
    matrix = np.column_stack([
        _turned(item_numbers(survey, item), len(item.levels)) if item.reverse else item_numbers(survey, item)
        for item in chosen
    ])  # fmt: skip
    return reliability_of(
        matrix, [i.item_id for i in chosen], [i.text for i in chosen], rng=rng, replicates=replicates, level=level
    )


def reliability_of(
    matrix: np.ndarray,
    names: list[str],
    texts: list[str] | None = None,
    *,
    rng: np.random.Generator | None = None,
    replicates: int = 500,
    level: float = 0.95,
) -> Reliability:
    """Internal consistency of a matrix of scores (respondents, items), NaN where missing; see :func:`reliability`."""
    known = ~np.isnan(matrix)
    full = matrix[known.all(axis=1)]
    pairs = known.T.astype(float) @ known
    if matrix.shape[1] < 2 or len(full) < MINIMUM:
        raise TooFewCases(
            f"{matrix.shape[1]} items with {len(full)} complete answers do not show internal consistency.",
            f"at least 2 items and {MINIMUM} respondents who answered all of them",
        )
    flat = [names[j] for j in np.flatnonzero(full.std(axis=0) == 0)]
    if flat:
        raise BadInput(f"everybody gave the same answer to {flat[0]!r}", fix="leave the item out of the scale")
    covariance = np.cov(full.T)
    rest = _item_rest(covariance)
    if (rest < 0).any():
        worst = names[int(rest.argmin())]
        raise BadInput(
            f"{worst!r} runs against the other items (item-rest correlation {rest.min():.2f})",
            fix=f"if it is worded the other way round, list it under reverse: in study.yaml; else leave {worst} out",
        )
    alpha = cronbach(covariance)
    low, high = feldt(alpha, len(full), matrix.shape[1], level)
    correlation = np.corrcoef(full.T)
    omega, bounds, loadings = _omega(full, rng or np.random.default_rng(0), replicates, level)
    table = pd.DataFrame({
        "item_id": names, "item": texts or names, "n": known.sum(axis=0), "mean": full.mean(axis=0),
        "sd": full.std(axis=0, ddof=1), "item_rest": rest, "alpha_if_dropped": _dropped(covariance),
        "loading": loadings,
    })  # fmt: skip
    return Reliability(alpha, low, high, cronbach(correlation), omega, *bounds, len(full), int(pairs.min()), table)


def cronbach(covariance: np.ndarray) -> float:
    """Cronbach's alpha from a covariance matrix; the standardized alpha from a correlation matrix."""
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def feldt(alpha: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """Feldt's interval of alpha."""
    tail = (1 - level) / 2
    df1, df2 = n - 1, (n - 1) * (k - 1)
    return (
        float(1 - (1 - alpha) * stats.f.ppf(1 - tail, df1, df2)),
        float(1 - (1 - alpha) * stats.f.ppf(tail, df1, df2)),
    )


def omega_total(correlation: np.ndarray) -> tuple[float, np.ndarray]:
    """McDonald's omega total and the loadings of a one-factor maximum-likelihood fit."""
    loadings, unique = one_factor(correlation)
    common = loadings.sum() ** 2
    return float(common / (common + unique.sum())), loadings


def _omega(
    full: np.ndarray, rng: np.random.Generator, replicates: int, level: float
) -> tuple[float, tuple[float, float], np.ndarray]:
    size = full.shape[1]
    if size < 3:
        return np.nan, (np.nan, np.nan), np.full(size, np.nan)
    omega, loadings = omega_total(np.corrcoef(full.T))
    matrices = _resampled(full, rng, replicates)
    spread = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    usable = (spread > 0).all(axis=1)
    scaled = matrices[usable] / (spread[usable, :, None] * spread[usable, None])
    loading, unique = one_factor(scaled)
    common = loading.sum(axis=1) ** 2
    draws = common / (common + unique.sum(axis=1))
    low, high = np.nanquantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return omega, (float(low), float(high)), loadings


def _resampled(full: np.ndarray, rng: np.random.Generator, replicates: int) -> np.ndarray:
    """Covariance matrices of resampled respondents (replicates, k, k); of many respondents from their normal limit."""
    n, k = full.shape
    products = full - full.mean(axis=0)
    if n > NORMAL_ABOVE:
        upper = np.triu_indices(k)
        center = (products.T @ products / n)[upper]
        # How moments vary is known well enough from every k-th respondent.
        some = products[every_kth(n)]
        values, vectors = np.linalg.eigh(np.cov((some[:, upper[0]] * some[:, upper[1]]).T) / n)
        noise = rng.standard_normal((replicates, len(center)))
        drawn = center + noise @ (vectors * np.sqrt(np.maximum(values, 0))).T
        matrices = np.empty((replicates, k, k))
        matrices[:, upper[0], upper[1]] = drawn
        matrices[:, upper[1], upper[0]] = drawn
        return matrices
    matrices = np.empty((replicates, k, k))
    for b in range(replicates):
        weights = rng.multinomial(n, np.full(n, 1 / n)) / n
        center = weights @ products
        matrices[b] = (products * weights[:, None]).T @ products - np.outer(center, center)
    return matrices


def _item_rest(covariance: np.ndarray) -> np.ndarray:
    """Correlation of each item with the sum of the others."""
    own = np.diag(covariance)
    with_rest = covariance.sum(axis=1) - own
    rest = covariance.sum() - 2 * covariance.sum(axis=1) + own
    with np.errstate(invalid="ignore", divide="ignore"):
        return with_rest / np.sqrt(own * rest)


def _dropped(covariance: np.ndarray) -> np.ndarray:
    size = len(covariance)
    if size < 3:
        return np.full(size, np.nan)
    keep = [np.delete(np.arange(size), j) for j in range(size)]
    return np.array([cronbach(covariance[np.ix_(rows, rows)]) for rows in keep])


def _turned(values: np.ndarray, levels: int) -> np.ndarray:
    return levels + 1 - values


def scale_table(
    survey: SurveyData, scales: Iterable[str], *, rng: np.random.Generator, replicates: int = 500
) -> pd.DataFrame:
    """Alpha and omega of several scales; where there is none, ``note`` says why (a checklist, an item to turn)."""
    rows: list[dict[str, object]] = []
    for name in scales:
        try:
            rows.append({**reliability(survey, name, rng=rng, replicates=replicates).row(name), "note": ""})
        except (Refusal, BadInput) as problem:
            note = problem.reason if isinstance(problem, Refusal) else problem.message
            rows.append({"scale": name, "items": len(items_of(survey, name)), "note": note})
    if not rows:
        raise TooFewCases("This survey has no scales.", "declare item sets of kind: scale in study.yaml")
    return pd.DataFrame(rows)
