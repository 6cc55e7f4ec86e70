"""Factor models of a correlation matrix: one factor by maximum likelihood, several by minres with a general factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from ..errors import BadInput, NonConvergence

#: Smallest unique variance, as in R's factanal.
SMALLEST_UNIQUE = 0.005


def one_factor(correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and unique variances of one-factor maximum-likelihood fits; the loadings' sum is positive.

    Parameters
    ----------
    correlation : ndarray, shape (k, k) or (B, k, k)
        One matrix, or a batch such as bootstrap replicates.

    Returns
    -------
    (ndarray, ndarray)
        (k,) or (B, k) each; missing where a replicate did not converge.

    Raises
    ------
    NonConvergence
        If a single matrix has no solution.

    Notes
    -----
    Fisher scoring on loadings and unique variances, the latter at least .005 as in R's ``factanal``.
    Source: Joreskog 1967 (10.1007/BF02289658).
    """
    batch = correlation[None] if correlation.ndim == 2 else correlation
    k = batch.shape[-1]
    unique = np.clip(1 / np.diagonal(np.linalg.inv(batch), axis1=1, axis2=2), SMALLEST_UNIQUE, 1)
    loadings = np.sqrt(np.maximum(1 - unique, 0.05))
    loadings *= np.where(batch.sum(axis=-1) < 1, -1.0, 1.0)
    active = np.arange(len(batch))
    for _ in range(500):
        step = _scoring_step(batch[active], loadings[active], unique[active])
        # A long step overshoots: half of it is safe and scoring still converges.
        shorter = np.where(np.abs(step).max(axis=1, keepdims=True) > 0.3, 0.5, 1.0)
        moved = np.maximum(unique[active] + shorter * step[:, k:], SMALLEST_UNIQUE)
        change = np.maximum(np.abs(step[:, :k]).max(axis=1), np.abs(moved - unique[active]).max(axis=1))
        loadings[active] += shorter * step[:, :k]
        unique[active] = moved
        active = active[change >= 1e-10]
        if not len(active):
            break
    settled = ~np.isin(np.arange(len(batch)), active)
    loadings = loadings * np.where(loadings.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    if correlation.ndim == 3:
        return np.where(settled[:, None], loadings, np.nan), np.where(settled[:, None], unique, np.nan)
    if not settled[0]:
        raise NonConvergence("the one-factor model did not converge", fix="look for an item that is nearly a copy")
    return loadings[0], unique[0]


def _scoring_step(correlation: np.ndarray, loadings: np.ndarray, unique: np.ndarray) -> np.ndarray:
    """Fisher-scoring steps (B, 2k) for loadings and unique variances; those held at their bound do not move."""
    k = loadings.shape[1]
    inverse = np.linalg.inv(loadings[:, :, None] * loadings[:, None] + np.eye(k) * unique[:, None])
    misfit = inverse @ correlation @ inverse - inverse
    u = np.einsum("bij,bj->bi", inverse, loadings)
    s = np.einsum("bi,bi->b", loadings, u)
    gradient = np.hstack([np.einsum("bij,bj->bi", misfit, loadings), np.diagonal(misfit, axis1=1, axis2=2) / 2])
    information = np.empty((len(loadings), 2 * k, 2 * k))
    information[:, :k, :k] = u[:, :, None] * u[:, None] + s[:, None, None] * inverse
    information[:, :k, k:] = inverse * u[:, None]
    information[:, k:, :k] = information[:, :k, k:].transpose(0, 2, 1)
    information[:, k:, k:] = inverse**2 / 2
    held = np.hstack([np.zeros_like(unique, dtype=bool), (unique <= SMALLEST_UNIQUE) & (gradient[:, k:] < 0)])
    information[held[:, :, None] | held[:, None]] = 0
    information[:, np.arange(2 * k), np.arange(2 * k)] += held
    return np.linalg.solve(information, np.where(held, 0, gradient)[..., None])[..., 0]


def minres(correlation: np.ndarray, factors: int) -> np.ndarray:
    """Unrotated loadings (k, factors) that minimize the squared off-diagonal residuals.

    Source: Harman and Jones 1966 (10.1007/BF02289468).
    """
    k = len(correlation)
    start = np.clip(1 / np.diag(np.linalg.pinv(correlation)), SMALLEST_UNIQUE, 1)

    def loadings(unique: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(correlation - np.diag(unique))
        return vectors[:, -factors:] * np.sqrt(np.maximum(values[-factors:], 0))

    def residual(unique: np.ndarray) -> float:
        found = loadings(unique)
        off = correlation - found @ found.T
        return float((off[~np.eye(k, dtype=bool)] ** 2).sum())

    best = optimize.minimize(
        residual, start, method="L-BFGS-B", bounds=[(SMALLEST_UNIQUE, 1)] * k, options={"ftol": 1e-14, "gtol": 1e-9}
    )
    return loadings(best.x)[:, ::-1]


def oblimin(loadings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Direct quartimin rotation: pattern (k, f) and factor correlations (f, f).

    Source: Jennrich 2002 (10.1007/BF02294706), gradient projection.
    """
    f = loadings.shape[1]
    turn = np.eye(f)
    off = 1 - np.eye(f)
    step = 1.0

    def value(rotation: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        pattern = loadings @ np.linalg.inv(rotation).T
        squares = pattern**2 @ off
        gradient = -(pattern.T @ (pattern * squares) @ np.linalg.inv(rotation)).T
        return float((pattern**2 * squares).sum() / 4), gradient, pattern

    objective, gradient, pattern = value(turn)
    for _ in range(2000):
        tangent = gradient - turn * (turn * gradient).sum(axis=0)
        size = np.linalg.norm(tangent)
        if size < 1e-7:
            return pattern, turn.T @ turn
        step *= 2
        for _ in range(20):
            moved = turn - step * tangent
            moved /= np.linalg.norm(moved, axis=0)
            trial = value(moved)
            if trial[0] < objective - 0.5 * size**2 * step:
                break
            step /= 2
        turn, (objective, gradient, pattern) = moved, trial
    raise NonConvergence("the oblique rotation did not converge", fix="use fewer factors")


@dataclass(frozen=True)
class Hierarchical:
    """A general factor above correlated ones (Schmid and Leiman)."""

    omega_hierarchical: float
    omega_total: float
    alpha: float
    general: np.ndarray
    group: np.ndarray


def hierarchical(correlation: np.ndarray, factors: int = 3) -> Hierarchical:
    """Omega hierarchical and total of a Schmid-Leiman solution: minres, oblique rotation, one factor above.

    Parameters
    ----------
    correlation : ndarray, shape (k, k)
    factors : int
        At least 3: the loadings of fewer factors on a general one are not identified.

    Returns
    -------
    Hierarchical
        ``alpha`` is the standardized alpha; loadings on the ``general`` factor (k,) and the ``group`` factors (k, f).
    Source: Zinbarg, Revelle, Yovel, Li 2005 (10.1007/s11336-003-0974-7); ``psych::omega``.
    """
    k = len(correlation)
    if factors < 3 or factors > k // 2:
        raise BadInput(
            f"{factors} group factors of {k} items do not identify a general factor", fix="use 3, with at least 6 items"
        )
    pattern, between = oblimin(minres(correlation, factors))
    signs = np.sign(pattern.sum(axis=0))
    pattern, between = pattern * signs, between * np.outer(signs, signs)
    above = minres(between, 1)[:, 0]
    above *= np.sign(above.sum()) or 1.0
    general = pattern @ above
    group = pattern * np.sqrt(np.maximum(1 - above**2, 0))
    common = np.minimum((general**2) + (group**2).sum(axis=1), 1)
    total = correlation.sum()
    alpha = k / (k - 1) * (1 - k / total)
    return Hierarchical(
        float(general.sum() ** 2 / total), float(1 - (1 - common).sum() / total), float(alpha), general, group
    )
