"""Synthetic case-level data: exposures with ages, positions on the continuum, service contacts, reports received."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import worlds

Floats = NDArray[np.float64]

#: Exposures in the order in which they can occur, with the ages at which they do (assumption).
EXPOSURES = (
    ("interrupted schooling", 11, 14),
    ("leaving home or care", 15, 17),
    ("loss of housing", 18, 20),
    ("loss of income", 21, 24),
    ("debt to an employer or recruiter", 25, 29),
)
LEVELS = ("stable", "vulnerable", "violence or exploitation", "trafficking")

#: Monthly intensities of moving up and down the four levels, of opting in and of opting out, by level (assumption):
#: people opt in when vulnerable and opt out when resilient.
UP = (0.10, 0.07, 0.04)
DOWN = (0.14, 0.09, 0.06)
SERVED_UP, SERVED_DOWN = -0.3, 0.4
OPT_IN = (0.05, 0.10, 0.16, 0.20)
OPT_OUT = (0.20, 0.12, 0.08, 0.06)
PEOPLE, VISITS = 120, 10

#: People in the synthetic population, their chances to be on each of four lists, and of referral from first to third.
HIDDEN_POPULATION = 900
LIST_CHANCES = (0.22, 0.15, 0.10, 0.12)
LIST_REFERRAL = 0.25

REPORT_SITES = ("Kansas City, Missouri", "Kansas City, Kansas")
PERIODS = tuple(f"2018-Q{k}" for k in range(1, 5)) + tuple(f"2019-Q{k}" for k in range(1, 5))
REPORT_SECTORS = ("legal", "medical", "social")
#: Reports per 1000 people served (assumption).
REPORT_RATES = {("suspected", "labor"): 2.6, ("suspected", "sex"): 3.1, ("confirmed", "labor"): 0.8,
                ("confirmed", "sex"): 1.1}  # fmt: skip


def life_course(world: str, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exposures with ages, and outcomes, of ``n`` synthetic people.

    Returns
    -------
    exposures : DataFrame
        person_id, exposure, age, synthetic: one row per exposure met.
    outcomes : DataFrame
        person_id, level (0 to 3), sector, synthetic: one row per person.
    """
    exposed = worlds.exposures(world, n, rng)
    levels = worlds.outcomes(world, exposed, rng)
    people = [f"SYN-P{k + 1:04d}" for k in range(n)]
    rows = []
    for k, person in enumerate(people):
        for j, (name, low, high) in enumerate(EXPOSURES):
            age = int(rng.integers(low, high + 1))
            if exposed[k, j]:
                rows.append((person, name, age, "true"))
    exposures = pd.DataFrame(rows, columns=["person_id", "exposure", "age", "synthetic"])
    sector = rng.choice(["legal", "medical", "social"], n)
    return exposures, pd.DataFrame({"person_id": people, "level": levels, "sector": sector, "synthetic": "true"})


def intensities() -> Floats:
    """Generator matrix over the eight states ``level * 2 + engaged``, per month; rows sum to zero."""
    matrix = np.zeros((8, 8))
    for level in range(4):
        for engaged in (0, 1):
            here = 2 * level + engaged
            if level < 3:
                matrix[here, here + 2] = UP[level] * np.exp(SERVED_UP * engaged)
            if level > 0:
                matrix[here, here - 2] = DOWN[level - 1] * np.exp(SERVED_DOWN * engaged)
            matrix[here, here + 1 - 2 * engaged] = OPT_OUT[level] if engaged else OPT_IN[level]
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


def panel(people: int, visits: int, rng: np.random.Generator) -> pd.DataFrame:
    """Monthly states of people: person_id, time (months), level, engaged (0/1), obs_type (``panel``), synthetic."""
    from scipy.linalg import expm

    step = expm(intensities()).cumsum(axis=1)
    state = np.where(rng.random(people) < 0.7, 2, 0)  # most are vulnerable, none is in services at the start
    rows = []
    for visit in range(visits):
        rows += [(f"SYN-S{k + 1:03d}", visit, int(s) // 2, int(s) % 2) for k, s in enumerate(state)]
        draws = rng.random(people)
        state = np.array([int(np.searchsorted(step[s], u)) for s, u in zip(state, draws, strict=True)])
    frame = pd.DataFrame(rows, columns=["person_id", "time", "level", "engaged"])
    frame = frame.sort_values(["person_id", "time"], ignore_index=True)
    return frame.assign(obs_type="panel", synthetic="true")


def overlaps(rng: np.random.Generator) -> pd.DataFrame:
    """Who stands on which of four synthetic lists: outreach, clinic, legal aid, hotline (0/1), n, synthetic."""
    listed = rng.random((HIDDEN_POPULATION, len(LIST_CHANCES))) < LIST_CHANCES
    listed[:, 2] |= listed[:, 0] & (rng.random(HIDDEN_POPULATION) < LIST_REFERRAL)
    names = ["outreach", "clinic", "legal aid", "hotline"]
    seen = pd.DataFrame(listed[listed.any(axis=1)].astype(int), columns=names)
    return seen.value_counts(sort=False).rename("n").reset_index().assign(synthetic="true")


def surveillance(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reports received, and people served, by site and quarter.

    Returns
    -------
    reports : DataFrame
        site, period, status (suspected, confirmed), exploitation (labor, sex), source_sector, n, synthetic.
    denominators : DataFrame
        site, period, persons_served, synthetic; one quarter of one site is not known.
    """
    served = [(s, p, int(rng.integers(2200, 3600))) for s in REPORT_SITES for p in PERIODS]
    rows = []
    for site, period, persons in served:
        for (status, exploitation), rate in REPORT_RATES.items():
            for sector in REPORT_SECTORS:
                expected = rate * persons / 1000 / len(REPORT_SECTORS)
                rows.append((site, period, status, exploitation, sector, int(rng.poisson(expected)), "true"))
    reports = pd.DataFrame(
        rows, columns=["site", "period", "status", "exploitation", "source_sector", "n", "synthetic"]
    )
    denominators = pd.DataFrame(served, columns=["site", "period", "persons_served"]).assign(synthetic="true")
    return reports, denominators.drop(index=len(denominators) - 1)
