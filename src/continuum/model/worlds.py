"""Case-by-code matrices of known truth, by which every ordering method is judged: nothing in them is about people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

World = Literal["cumulative", "cumulative-equal", "unfolding", "independent", "clusters", "groups"]


def code_world(
    world: World, n: int, codes: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """One simulated matrix and the true position of its codes.

    Parameters
    ----------
    world : str
        ``cumulative`` (slopes vary, lognormal .4, .5), ``cumulative-equal`` (slopes 1.5), ``unfolding`` (accounts
        mention what lies near them), ``independent`` (codes unrelated), ``clusters`` (four unrelated groups of
        codes), ``groups`` (four kinds of accounts, each with its own codes).
    n, codes : int
    rng : numpy Generator

    Returns
    -------
    matrix : array of 0 and 1, shape (n, codes)
    positions : array, shape (codes,)
        All 0 where codes have no order.
    """
    return _WORLDS[world](n, codes, rng)


def _cumulative(n: int, codes: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    return _logistic(n, codes, rng, rng.lognormal(0.4, 0.5, codes))


def _cumulative_equal(n: int, codes: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    return _logistic(n, codes, rng, np.full(codes, 1.5))


def _logistic(n: int, codes: int, rng: np.random.Generator, slopes: NDArray) -> tuple[NDArray, NDArray]:
    place = np.linspace(-2, 2, codes)
    eta = slopes * (rng.standard_normal(n)[:, None] - place)
    return (rng.random((n, codes)) < 1 / (1 + np.exp(-eta))).astype(int), place


def _unfolding(n: int, codes: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    place = np.linspace(-2, 2, codes)
    distance = rng.uniform(-2.2, 2.2, n)[:, None] - place
    return (rng.random((n, codes)) < 0.9 * np.exp(-(distance**2) / (2 * 0.8**2))).astype(int), place


def _independent(n: int, codes: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    place = np.linspace(-2, 2, codes)
    return (rng.random((n, codes)) < 1 / (1 + np.exp(place))).astype(int), place


def _clusters(n: int, codes: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    place = np.linspace(-2, 2, codes)
    topic = rng.standard_normal((n, 4))[:, np.arange(codes) % 4]
    return (rng.random((n, codes)) < 1 / (1 + np.exp(-1.5 * (topic - place)))).astype(int), place


def _groups(n: int, codes: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    kind = rng.integers(0, 4, n)
    own = np.arange(codes) % 4 == kind[:, None]
    return (rng.random((n, codes)) < np.where(own, 0.5, 0.15)).astype(int), np.zeros(codes)


_WORLDS: dict[str, Callable[[int, int, np.random.Generator], tuple[NDArray, NDArray]]] = {
    "cumulative": _cumulative,
    "cumulative-equal": _cumulative_equal,
    "unfolding": _unfolding,
    "independent": _independent,
    "clusters": _clusters,
    "groups": _groups,
}
