"""The likelihood of cumulative-link models, its gradient and Hessian, for one or many weightings of the same answers.

The survey's ordinal models and the continuum's life-course hypotheses stand on it. The kernel works on a batch:
parameters (B, K) and weights (B, n). One fit is a batch of one; ten thousand bootstrap fits are batches of a few
hundred, which makes them matrix products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

#: Newton stops after a step in which no parameter moved by more than this: convergence is quadratic, so the parameters
#: are then right to about its square.
STEP_TOLERANCE = 1e-6
#: Or where the gradient, for one answer, is nothing but rounding: along columns that follow from others it stays there.
GRADIENT_TOLERANCE = 1e-13
#: The same for bootstrap replicates.
NEARBY_TOLERANCE = 1e-4
#: Newton steps before a fit counts as not converged.
MAX_STEPS = 50
_SMALLEST = 1e-300

Shape = tuple[np.ndarray, np.ndarray, np.ndarray]


def _logit(eta: np.ndarray) -> Shape:
    cdf = special.expit(eta)
    density = cdf * (1 - cdf)
    return cdf, density, density * (1 - 2 * cdf)


def _probit(eta: np.ndarray) -> Shape:
    density = np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
    return special.ndtr(eta), density, -eta * density


def _cloglog(eta: np.ndarray) -> Shape:
    rate = np.exp(np.minimum(eta, 700))
    density = np.exp(np.minimum(eta, 700) - rate)
    return -np.expm1(-rate), density, density * (1 - rate)


#: Distribution function, density and its derivative by link.
LINKS: dict[str, Callable[[np.ndarray], Shape]] = {"logit": _logit, "probit": _probit, "cloglog": _cloglog}
#: Inverse distribution functions, for starting values.
QUANTILES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "logit": special.logit,
    "probit": special.ndtri,
    "cloglog": lambda p: np.log(-np.log1p(-p)),
}


@dataclass(frozen=True)
class Problem:
    """Answers sorted by level, with the columns of both parts of the linear predictor.

    P(Y <= j) = F(U s_j - X beta), where U holds a 1 and the covariates whose effects differ by threshold.

    Attributes
    ----------
    x : ndarray, shape (P, n)
    u : ndarray, shape (1 + Q, n)
    starts : ndarray, shape (J + 1,)
        Rows ``starts[j]`` to ``starts[j + 1]`` have level j.
    link : str
    precision : float
        1 / variance of a normal penalty on the coefficients; 0 for maximum likelihood.
    """

    x: np.ndarray
    u: np.ndarray
    starts: np.ndarray
    link: str
    precision: float = 0.0

    @property
    def thresholds(self) -> int:
        """Number of thresholds, one less than levels."""
        return len(self.starts) - 2

    @property
    def size(self) -> int:
        """Number of parameters K: threshold parts first, then beta."""
        return self.thresholds * self.u.shape[0] + self.x.shape[0]

    def thinned(self, step: int) -> tuple[Problem, np.ndarray]:
        """The problem on the first and every ``step``-th answer of each level, and the rows that were kept."""
        kept = [np.arange(a, b, step) for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)]
        rows = np.concatenate(kept)
        starts = np.concatenate([[0], np.cumsum([len(part) for part in kept])])
        return Problem(self.x[:, rows], self.u[:, rows], starts, self.link, self.precision), rows

    def evaluate(self, theta: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log-likelihood (B,), gradient (B, K) and Hessian (B, K, K) at ``theta`` (B, K) under ``weights`` (B, n)."""
        batch, q, t = len(theta), self.u.shape[0], self.thresholds
        beta = theta[:, t * q :]
        loglik = np.zeros(batch)
        gradient = np.zeros((batch, self.size))
        hessian = np.zeros((batch, self.size, self.size))
        for level in range(t + 1):
            rows = slice(self.starts[level], self.starts[level + 1])
            piece = _Piece(self, theta, beta, level, rows)
            w = weights[:, rows]
            with np.errstate(invalid="ignore", over="ignore"):
                loglik += (w * np.log(piece.p)).sum(axis=1)
                piece.add(gradient, hessian, w)
        tail = slice(t * q, None)
        loglik -= self.precision * (beta**2).sum(axis=1) / 2
        gradient[:, tail] -= self.precision * beta
        hessian[:, tail, tail] -= self.precision * np.eye(self.x.shape[0])
        return loglik, gradient, hessian

    def scores(self, theta: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Each answer's contribution to the gradient, (n, K), at one ``theta`` (K,) under ``weights`` (n,)."""
        q, t = self.u.shape[0], self.thresholds
        scores = np.zeros((self.x.shape[1], self.size))
        for level in range(t + 1):
            rows = slice(self.starts[level], self.starts[level + 1])
            piece = _Piece(self, theta[None], theta[None, t * q :], level, rows)
            w = weights[rows]
            above, below = w * piece.upper[0], w * piece.lower[0]
            if level < t:
                scores[rows, level * q : (level + 1) * q] += (above * self.u[:, rows]).T
            if level > 0:
                scores[rows, (level - 1) * q : level * q] -= (below * self.u[:, rows]).T
            scores[rows, t * q :] -= ((above - below) * self.x[:, rows]).T
        return scores

    def probabilities(self, theta: np.ndarray, x: np.ndarray, u: np.ndarray) -> np.ndarray:
        """P(Y = j) for the columns of ``x`` and ``u``, (m, J)."""
        cumulative = self.cumulative(theta, x, u)[0]
        edge = np.zeros((x.shape[1], 1))
        return np.diff(np.hstack([edge, cumulative, edge + 1]), axis=1)

    def cumulative(self, theta: np.ndarray, x: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(Y <= j) and its density, each (m, J - 1)."""
        q, t = self.u.shape[0], self.thresholds
        eta = u.T @ theta[: t * q].reshape(t, q).T - (theta[t * q :] @ x)[:, None]
        cdf, density, _ = LINKS[self.link](eta)
        return cdf, density


class _Piece:
    """Answers of one level: probability p, and f/p and f'/p at the upper and lower threshold."""

    def __init__(self, problem: Problem, theta: np.ndarray, beta: np.ndarray, level: int, rows: slice) -> None:
        self.q, self.t, self.level = problem.u.shape[0], problem.thresholds, level
        self.x, self.u = problem.x[:, rows], problem.u[:, rows]
        shape = LINKS[problem.link]
        slope = beta @ self.x
        zero = np.zeros_like(slope)
        high = low = gap = None
        f_high, d_high, f_low, d_low = zero, zero, zero, zero
        cdf_high: np.ndarray | float = 1.0
        cdf_low: np.ndarray | float = 0.0
        if level < self.t:
            high = self._threshold(theta, level)
            cdf_high, f_high, d_high = shape(high - slope)
        if level > 0:
            low = self._threshold(theta, level - 1)
            cdf_low, f_low, d_low = shape(low - slope)
        if high is not None and low is not None:
            gap = high - low
        if problem.link == "logit" and gap is not None:
            # The same as the difference, without its loss of digits.
            p = cdf_high * (1 - cdf_low) * -np.expm1(-gap)
        else:
            p = cdf_high - cdf_low
        p = np.maximum(p, _SMALLEST)
        # Crossed thresholds: no probability, and the step that led here is halved.
        self.p = p if gap is None else np.where(gap > 0, p, np.nan)
        self.upper, self.lower = f_high / self.p, f_low / self.p
        self.upper2, self.lower2 = d_high / self.p, d_low / self.p

    def _threshold(self, theta: np.ndarray, level: int) -> np.ndarray:
        if self.q == 1:
            return theta[:, [level]]  # the same for every answer
        return theta[:, level * self.q : (level + 1) * self.q] @ self.u

    def add(self, gradient: np.ndarray, hessian: np.ndarray, w: np.ndarray) -> None:
        """Add this level's part of gradient and Hessian."""
        q, level, last = self.q, self.level, self.t * self.q
        tail = slice(last, None)
        above, below = w * self.upper, w * self.lower
        both = above * self.lower
        high = w * self.upper2 - above * self.upper
        low = -w * self.lower2 - below * self.lower
        gradient[:, tail] -= (above - below) @ self.x.T
        hessian[:, tail, tail] += _weighted(self.x, high + 2 * both + low, self.x)
        if level < self.t:
            own = slice(level * q, (level + 1) * q)
            gradient[:, own] += above @ self.u.T
            hessian[:, own, own] += _weighted(self.u, high, self.u)
            cross = _weighted(self.u, high + both, self.x)
            hessian[:, own, tail] -= cross
            hessian[:, tail, own] -= cross.transpose(0, 2, 1)
        if level > 0:
            under = slice((level - 1) * q, level * q)
            gradient[:, under] -= below @ self.u.T
            hessian[:, under, under] += _weighted(self.u, low, self.u)
            cross = _weighted(self.u, low + both, self.x)
            hessian[:, under, tail] -= cross
            hessian[:, tail, under] -= cross.transpose(0, 2, 1)
        if 0 < level < self.t:
            own, under = slice(level * q, (level + 1) * q), slice((level - 1) * q, level * q)
            cross = _weighted(self.u, both, self.u)
            hessian[:, own, under] += cross
            hessian[:, under, own] += cross.transpose(0, 2, 1)


def _weighted(left: np.ndarray, v: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left diag(v_b) right' for every b, (B, L, R)."""
    if len(left) == 1:
        return ((left * v) @ right.T)[:, None]
    if len(v) < 8:
        return (left * v[:, None, :]) @ right.T
    # In a batch the products of columns are made once, and all sums over answers are one matrix product.
    pairs = (left[:, None, :] * right[None]).reshape(-1, left.shape[1])
    return (v @ pairs.T).reshape(len(v), len(left), len(right))


def newton(
    problem: Problem,
    start: np.ndarray,
    weights: np.ndarray,
    *,
    stop: Callable[[np.ndarray], None] | None = None,
    largest: float = np.inf,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Maximize the likelihood by Newton steps with halving, a batch at a time.

    Parameters
    ----------
    problem : Problem
    start : ndarray, shape (B, K)
    weights : ndarray, shape (B, n)
    stop : callable, optional
        Looks at the parameters after every step and may raise.
    largest : float
        A fit with a coefficient beyond it is given up: it has no finite maximum.

    Returns
    -------
    (theta, loglik, hessian, converged, steps)
        ``converged`` is (B,) bool; parameters that did not converge are as the last step left them.
    """
    theta = start.copy()
    loglik, gradient, hessian = problem.evaluate(theta, weights)
    converged = np.zeros(len(theta), dtype=bool)
    first, rounding = problem.thresholds * problem.u.shape[0], GRADIENT_TOLERANCE * weights.sum(axis=1)
    moving, own, steps = np.arange(len(theta)), weights, 0
    while steps < MAX_STEPS and len(moving):
        steps += 1
        move = _solve(hessian[moving], gradient[moving])
        factor, new = _halved(problem, theta[moving], move, own, loglik[moving])
        theta[moving] += factor[:, None] * move
        loglik[moving], gradient[moving], hessian[moving] = new
        converged[moving] = np.abs(move).max(axis=1) * factor < STEP_TOLERANCE
        converged[moving] |= np.abs(new[1]).max(axis=1) <= rounding[moving]
        if stop is not None:
            stop(theta)
        going = ~converged[moving] & (np.abs(theta[moving, first:]).max(axis=1, initial=0) <= largest)
        if not going.all():
            moving, own = moving[going], own[going]
    return theta, loglik, hessian, converged, steps


def _halved(
    problem: Problem, theta: np.ndarray, move: np.ndarray, weights: np.ndarray, loglik: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The share of each move that does not lower the likelihood, and the evaluation there."""
    factor = np.ones(len(theta))
    new = problem.evaluate(theta + move, weights)
    for _ in range(30):
        worse = np.flatnonzero(~(new[0] >= loglik - 1e-10 * (1 + np.abs(loglik))))
        if not len(worse):
            break
        factor[worse] /= 2
        again = problem.evaluate(theta[worse] + factor[worse, None] * move[worse], weights[worse])
        for whole, part in zip(new, again, strict=True):
            whole[worse] = part
    return factor, new


def newton_nearby(problem: Problem, center: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimates under weightings that are close to that of ``center``, such as bootstrap counts.

    The first step uses the gradient and Hessian at the common center, which are made once; the following ones are full
    Newton steps without halving. What does not settle that way is left to :func:`newton`.

    Parameters
    ----------
    problem : Problem
    center : ndarray, shape (K,)
        Estimate under equal weights.
    weights : ndarray, shape (B, n)

    Returns
    -------
    (theta (B, K), converged (B,))
    """
    one = np.ones((1, weights.shape[1]))
    _, _, hessian = problem.evaluate(center[None], one)
    gradient = weights @ problem.scores(center, one[0])
    theta = center + np.linalg.solve(-hessian[0], gradient.T).T
    settled = np.zeros(len(theta), dtype=bool)
    for _ in range(10):
        _, gradient, hessian = problem.evaluate(theta, weights)
        move = _solve(hessian, gradient)
        theta = theta + move
        largest = np.abs(move).max(axis=1)
        settled = largest < NEARBY_TOLERANCE
        # One that runs away does not hold up the others.
        if (settled | ~(largest < 1)).all():
            break
    return theta, settled


def _solve(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Newton direction; a singular Hessian gets a small ridge instead of an error."""
    information = np.where(np.isfinite(hessian), -hessian, 0.0)
    gradient = np.where(np.isfinite(gradient), gradient, 0.0)
    try:
        return np.linalg.solve(information, gradient[..., None])[..., 0]
    except np.linalg.LinAlgError:
        size = hessian.shape[-1]
        scale = np.maximum(np.trace(information, axis1=1, axis2=2) / size, 1.0)
        ridged = information + 1e-8 * scale[:, None, None] * np.eye(size)
        return np.linalg.solve(ridged, gradient[..., None])[..., 0]
