"""How do exposures hang together: a chain in which each leads to the next, one common cause, or nothing?

A chain implies that an exposure is independent of all earlier ones given the one just before it; a common cause does
not. Which way a chain runs is not in these data: forward and backward have the same likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

STRUCTURES = ("independence", "chain", "common cause", "saturated")
#: Nodes of the quadrature over the common cause.
NODES = 41
STEPS = 60
#: Loadings beyond this describe exposures that always come together; the likelihood is flat there.
LOADING_LIMIT = 8.0


@dataclass(frozen=True)
class StructureFits:
    """Log-likelihoods of the structures for many tables of patterns.

    Attributes
    ----------
    loglik, parameters : dict of str to array, shape (tables,); of str to int
    bic : array, shape (tables, 4)
        In the order of :data:`STRUCTURES`.
    """

    loglik: dict[str, NDArray[np.float64]]
    parameters: dict[str, int]
    bic: NDArray[np.float64]


def patterns(count: int) -> NDArray[np.int64]:
    """All 0/1 patterns of ``count`` exposures, shape (2**count, count), the first exposure changing slowest."""
    return np.array(list(product((0, 1), repeat=count)))


def pattern_counts(exposed: NDArray, weights: NDArray | None = None) -> NDArray[np.float64]:
    """How many people have each pattern, in the order of :func:`patterns`."""
    count = exposed.shape[1]
    code = exposed.astype(np.int64) @ (1 << np.arange(count)[::-1])
    return np.bincount(code, weights=weights, minlength=2**count).astype(float)


def fit_structures(counts: NDArray, *, common_cause: bool = True) -> StructureFits:
    """Fit all structures to tables of pattern counts.

    Parameters
    ----------
    counts : array, shape (tables, 2**exposures)
    common_cause : bool
        Whether to fit the one-factor model, the only one without a closed form; its BIC is infinite if not.

    Returns
    -------
    StructureFits
    """
    cells = patterns(int(np.log2(counts.shape[1])))
    people, number = counts.sum(axis=1), cells.shape[1]
    loglik = {
        "independence": _independence(counts, cells),
        "chain": _chain(counts, cells),
        "common cause": fit_common_cause(counts)[0] if common_cause else np.full(len(counts), -np.inf),
        "saturated": _entropy(counts),
    }
    parameters = {
        "independence": number, "chain": 2 * number - 1, "common cause": 2 * number, "saturated": 2**number - 1,
    }  # fmt: skip
    bic = np.stack([-2 * loglik[s] + parameters[s] * np.log(people) for s in STRUCTURES], axis=1)
    return StructureFits(loglik, parameters, bic)


def fit_common_cause(counts: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """One-factor logistic model, P(exposure k | cause t) = 1 / (1 + exp(-(intercept_k + loading_k t))).

    Marginal maximum likelihood by Fisher scoring over the table of patterns.

    Returns
    -------
    loglik : array, shape (tables,)
    intercepts, loadings : arrays, shape (tables, exposures)
        Loadings are limited to 8 in size, beyond which the likelihood is flat; their common sign is free.
    """
    cells = patterns(int(np.log2(counts.shape[1]))).astype(float)
    people = counts.sum(axis=1, keepdims=True)
    number = cells.shape[1]
    share = np.clip((counts @ cells) / people, 0.5 / people, 1 - 0.5 / people)
    theta = np.concatenate([np.log(share / (1 - share)) * 1.2, np.ones((len(counts), number))], axis=1)
    nodes, mass = np.polynomial.hermite_e.hermegauss(NODES)
    mass = mass / mass.sum()
    loglik, probability, slope = _common_cause(theta, counts, cells, nodes, mass)
    active = np.ones(len(counts), dtype=bool)
    for _ in range(STEPS):
        k = np.flatnonzero(active)
        across = slope[k].transpose(0, 2, 1)
        gradient = (across @ (counts[k] / probability[k])[:, :, None])[:, :, 0]
        information = across @ (slope[k] * (people[k] / probability[k])[:, :, None])
        step = np.linalg.solve(information + 1e-6 * np.eye(2 * number), gradient[:, :, None])[:, :, 0]
        scale = np.minimum(1.0, 2 / np.maximum(np.abs(step).max(axis=1), 1e-300))
        best = np.zeros(len(k), dtype=bool)
        for _ in range(12):
            left = np.flatnonzero(~best)
            trial = theta[k[left]] + scale[left, None] * step[left]
            trial[:, number:] = np.clip(trial[:, number:], -LOADING_LIMIT, LOADING_LIMIT)
            value, p, s = _common_cause(trial, counts[k[left]], cells, nodes, mass)
            good = value >= loglik[k[left]] - 1e-12
            take = k[left[good]]
            active[take] = value[good] - loglik[take] > 1e-8
            theta[take], loglik[take], probability[take], slope[take] = trial[good], value[good], p[good], s[good]
            best[left[good]] = True
            scale /= 2
            if best.all():
                break
        active[k[~best]] = False
        if not active.any():
            break
    return loglik, theta[:, :number], theta[:, number:]


def common_cause_probabilities(shares: NDArray, loadings: NDArray) -> NDArray[np.float64]:
    """Pattern probabilities of a common cause whose exposures have the given shares, shape (2**exposures,)."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(NODES)
    mass = mass / mass.sum()
    low, high = np.full(len(shares), -30.0), np.full(len(shares), 30.0)
    for _ in range(80):  # bisection: the share met rises with the intercept
        middle = (low + high) / 2
        met = (mass / (1 + np.exp(-(middle[:, None] + loadings[:, None] * nodes)))).sum(axis=1)
        low, high = np.where(met < shares, middle, low), np.where(met < shares, high, middle)
    cells = patterns(len(shares)).astype(float)
    theta = np.concatenate([(low + high) / 2, loadings])[None]
    probability = _common_cause(theta, np.zeros((1, len(cells))), cells, nodes, mass)[1][0]
    return probability / probability.sum()


def _common_cause(
    theta: NDArray, counts: NDArray, cells: NDArray, nodes: NDArray, mass: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """Log-likelihood, pattern probabilities, and their derivatives, shape (tables, patterns, parameters)."""
    number = cells.shape[1]
    eta = theta[:, :number, None] + theta[:, number:, None] * nodes
    met = 0.5 * (1 + np.tanh(eta / 2))
    log_not = -np.logaddexp(0, eta)  # the log odds of meeting it are eta
    given = np.exp(cells @ eta + log_not.sum(axis=1)[:, None]) * mass
    probability = np.maximum(given.sum(axis=2), 1e-300)
    # d log P(pattern | t) / d intercept_k = x_k - P(x_k = 1 | t)
    by_node = np.stack([given.sum(axis=2), given @ nodes], axis=1)
    slope = [
        cells[None] * by_node[:, part, :, None] - given @ (met * nodes**part).transpose(0, 2, 1) for part in (0, 1)
    ]
    loglik = (counts * np.log(probability)).sum(axis=1)
    return loglik, probability, np.concatenate(slope, axis=2)


def _independence(counts: NDArray, cells: NDArray) -> NDArray:
    return np.sum([_entropy(_margin(counts, cells, (k,))) for k in range(cells.shape[1])], axis=0)


def _chain(counts: NDArray, cells: NDArray) -> NDArray:
    number = cells.shape[1]
    pairs = np.sum([_entropy(_margin(counts, cells, (k, k + 1))) for k in range(number - 1)], axis=0)
    inner = [_entropy(_margin(counts, cells, (k,))) for k in range(1, number - 1)]
    return pairs - np.sum(inner, axis=0) if inner else pairs


def _margin(counts: NDArray, cells: NDArray, which: tuple[int, ...]) -> NDArray:
    code = cells[:, which] @ (1 << np.arange(len(which)))
    return counts @ np.eye(2 ** len(which))[code]


def _entropy(counts: NDArray) -> NDArray:
    total = counts.sum(axis=1, keepdims=True)
    return (counts * np.log(np.where(counts > 0, counts, 1) / total)).sum(axis=1)
