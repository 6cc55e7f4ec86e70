"""Intervals of shares and of their differences, for one share and for whole columns of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


def wilson(count: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval; NaN where ``n`` is 0.

    Source: Wilson 1927 (10.1080/01621459.1927.10502953).
    """
    count, n = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    z = special.ndtri(0.5 + level / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = count / n
        center = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)


def newcombe(
    count1: ArrayLike, n1: ArrayLike, count2: ArrayLike, n2: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Newcombe's interval (his method 10) of the difference ``count1/n1 - count2/n2``.

    Source: Newcombe 1998 (10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    """
    low1, high1 = wilson(count1, n1, level)
    low2, high2 = wilson(count2, n2, level)
    p1, p2 = np.asarray(count1) / np.asarray(n1), np.asarray(count2) / np.asarray(n2)
    difference = p1 - p2
    return (
        difference - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2),
        difference + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2),
    )


def smallest_detectable(n1: float, n2: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Cohen's h that two shares must differ by to be found with the given power (normal approximation).

    Source: Cohen 1988, chapter 6.
    """
    z = special.ndtri(1 - alpha / 2) + special.ndtri(power)
    return float(z * np.sqrt(1 / n1 + 1 / n2))


def share_at_distance(share: float, h: float) -> float:
    """The larger share at distance ``h`` from ``share`` on Cohen's arcsine scale; 1 if there is none."""
    angle = 2 * np.arcsin(np.sqrt(share)) + h
    return float(np.sin(min(angle, np.pi) / 2) ** 2)
