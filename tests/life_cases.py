"""Life-course data of known truth or from publications."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Mishra et al. 2009, 10.1093/ije/dyn229: eight trajectories with size, mean and standard error of the outcome.
MISHRA_PATTERNS = ["000", "100", "010", "001", "110", "101", "011", "111"]
MISHRA_N = [141, 20, 88, 80, 40, 35, 317, 367]
MISHRA_MEAN = [28.7, 27.5, 29.1, 27.8, 28.3, 27.1, 27.6, 26.0]
MISHRA_SE = [0.5, 1.1, 0.7, 0.7, 0.8, 0.9, 0.3, 0.2]


def mishra() -> tuple[np.ndarray, np.ndarray]:
    """Values with exactly the published cell means and standard deviations, and the exposures."""
    values, met = [], []
    for pattern, n, mean, se in zip(MISHRA_PATTERNS, MISHRA_N, MISHRA_MEAN, MISHRA_SE, strict=True):
        shape = np.linspace(-1, 1, n)
        values.append(mean + (shape - shape.mean()) / shape.std(ddof=1) * se * np.sqrt(n))
        met += [[int(c) for c in pattern]] * n
    return np.concatenate(values), np.array(met)


def long_table(met: np.ndarray, names: str = "abcdefgh") -> pd.DataFrame:
    """Exposures as a study has them: one row per exposure met, with an age."""
    person, exposure = np.nonzero(met)
    return pd.DataFrame(
        {"person_id": [f"P{p}" for p in person], "exposure": [names[e] for e in exposure], "age": 10 + 3 * exposure}
    )


def people(level: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"person_id": [f"P{p}" for p in range(len(level))], "level": level})


def chain(n: int, exposures: int, rng: np.random.Generator, stay: float = 0.75) -> np.ndarray:
    met = np.zeros((n, exposures), dtype=int)
    met[:, 0] = rng.random(n) < 0.5
    for k in range(1, exposures):
        met[:, k] = rng.random(n) < np.where(met[:, k - 1] == 1, stay, 1 - stay)
    return met


def common_cause(n: int, exposures: int, rng: np.random.Generator, loading: float = 1.7) -> np.ndarray:
    cause = rng.standard_normal(n)[:, None]
    return (rng.random((n, exposures)) < 1 / (1 + np.exp(-loading * cause))).astype(int)


def levels(effect: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Four levels of equal size whose log odds rise with ``effect``."""
    latent = effect + rng.logistic(size=len(effect))
    return np.digitize(latent, np.quantile(latent, [0.25, 0.5, 0.75]))
