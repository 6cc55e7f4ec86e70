"""Every defensible analysis at once: how far a conclusion depends on choices nobody can justify alone.

A specification chooses how the outcome is coded, how exposures are coded, what is adjusted for, and the link. The curve
shows the effects of all of them; permuting exposures between people shows what the same choices give by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput
from .cumulative import Link
from .exposures import order_exposures
from .group_fits import GroupFit, fit_group, permuted_z
from .matrix import Seed
from .outcomes import covariate_columns, read_outcome

LINKS: tuple[Link, ...] = ("logit", "probit", "cloglog")
#: Standard deviation of the latent error of each link, by which effects become comparable.
LATENT_SD = {"logit": np.pi / np.sqrt(3), "probit": 1.0, "cloglog": np.pi / np.sqrt(6)}
MOST_COVARIATES = 8


@dataclass(frozen=True)
class Multiverse:
    """Effects under every specification, and what chance gives.

    Attributes
    ----------
    specifications : DataFrame
        outcome, exposure, covariates, link, effect (latent standard deviations per unit), se, z (score test), p,
        rank (by effect), converged.
    summary : DataFrame
        statistic, observed, expected (mean under permutation), p: median effect, share of positive effects, share of
        positive effects with p < .05, share of negative ones with p < .05.
    n, permutations : int
    """

    specifications: pd.DataFrame
    summary: pd.DataFrame
    n: int
    permutations: int


def specification_curve(
    outcome: pd.DataFrame | pd.Series,
    exposures: pd.DataFrame,
    covariates: pd.DataFrame | None = None,
    *,
    links: Sequence[Link] = LINKS,
    permutations: int = 200,
    seed: Seed = 0,
) -> Multiverse:
    """Fit every combination of outcome coding, exposure coding, covariate set and link.

    Parameters
    ----------
    outcome, exposures
        As for :func:`continuum.model.life_course`; exposures need no common order here beyond having times.
    covariates : DataFrame, optional
        Indexed by person or with person_id; every subset of its columns is a covariate set.
    links : sequence of str
    permutations : int
        Permutations of exposures between people; 0 for none.
    seed : int or numpy Generator

    Raises
    ------
    BadInput
        More than 8 covariates, or what the tables themselves are refused for.
    TooFewCases, OrderNotIdentified
        See :func:`continuum.model.exposures.order_exposures`.

    Source: Simonsohn, Simmons and Nelson 2020, 10.1038/s41562-020-0912-z; Steegen et al. 2016,
    10.1177/1745691616658637.
    """
    y = read_outcome(outcome)
    met = order_exposures(exposures, y.people, y.time)
    labels, columns = exposure_codings(met.met, met.names)
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(len(y.people)) for _ in range(permutations)], dtype=np.int64)
    tables, null_z = [], []
    for coding, level in outcome_codings(y.level, y.levels):
        for names, adjusted in covariate_sets(covariates, y.people):
            for link in links:
                fit = fit_group(level, columns, adjusted, link)
                tables.append(_rows(fit, labels, coding, names, link))
                if permutations:
                    null_z.append(permuted_z(fit, columns, orders))
    table = pd.concat(tables, ignore_index=True)
    table["rank"] = table["effect"].rank(method="first").astype("Int64")
    null = np.concatenate(null_z, axis=1) if null_z else np.empty((0, len(table)))
    return Multiverse(table, _summary(table, null), len(y.people), permutations)


def outcome_codings(level: NDArray, levels: Sequence[str]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The ordinal outcome, and the outcome split at each of its levels."""
    yield "all levels", level
    if len(levels) > 2:
        for split in range(1, len(levels)):
            yield f"{levels[split]} or more", (level >= split).astype(np.int64)


def exposure_codings(met: NDArray, names: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Each exposure alone, their number, and being met by at least 1, 2, ... of them; shape (codings, people)."""
    x = met.astype(float).T
    score = x.sum(axis=0)
    labels = [*names, "number of exposures"]
    columns = [*x, score]
    for least in range(1, len(x)):
        coded = (score >= least).astype(float)
        if 0 < coded.mean() < 1:
            labels.append(f"{least} or more exposures")
            columns.append(coded)
    return labels, np.stack(columns)


def covariate_sets(covariates: pd.DataFrame | None, people: list[str]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Every subset of the covariates with its columns, shape (people, columns); the empty one first."""
    yield "none", np.zeros((len(people), 0))
    if covariates is None:
        return
    table = covariates.set_index("person_id") if "person_id" in covariates else covariates
    if table.shape[1] > MOST_COVARIATES:
        raise BadInput(f"{table.shape[1]} covariates make {2 ** table.shape[1]:,} sets", fix="at most 8")
    coded = {str(name): covariate_columns(table[[name]], people) for name in table.columns}
    for size in range(1, len(coded) + 1):
        for chosen in combinations(coded, size):
            yield ", ".join(chosen), np.column_stack([coded[name] for name in chosen])


def count_specifications(codings: int, exposures: int, covariates: int, links: int = len(LINKS)) -> int:
    """How many specifications there are."""
    return len(list(product(range(codings), range(exposures), range(2**covariates), range(links))))


def _rows(fit: GroupFit, labels: list[str], coding: str, names: str, link: Link) -> pd.DataFrame:
    from scipy.stats import norm

    scale = LATENT_SD[link]
    return pd.DataFrame(
        {
            "outcome": coding, "exposure": labels, "covariates": names, "link": link, "effect": fit.effect / scale,
            "se": fit.se / scale, "z": fit.z, "p": 2 * norm.sf(np.abs(fit.z)), "converged": fit.converged,
        }
    )  # fmt: skip


def _summary(table: pd.DataFrame, null: NDArray) -> pd.DataFrame:
    def describe(z: NDArray) -> NDArray:
        return np.stack(
            [np.median(z, axis=1), (z > 0).mean(axis=1), (z > 1.96).mean(axis=1), (z < -1.96).mean(axis=1)], axis=1
        )

    observed = describe(table["z"].to_numpy()[None])[0]
    drawn = describe(null) if len(null) else np.full((0, 4), np.nan)
    reached = (drawn >= observed - 1e-12).sum(axis=0)
    p = (1 + reached) / (1 + len(drawn)) if len(drawn) else np.full(4, np.nan)
    names = ["median z", "share positive", "share positive with p < .05", "share negative with p < .05"]
    expected = drawn.mean(axis=0) if len(drawn) else np.full(4, np.nan)
    return pd.DataFrame({"statistic": names, "observed": observed, "expected": expected, "p": p})
