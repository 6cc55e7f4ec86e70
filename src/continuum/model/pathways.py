"""How people move between levels of the continuum and in and out of services, in their own order and back again.

A continuous-time process over level (0 stable ... L-1) and engagement (out of services, in services). Opting out is a
transition like any other: never failure, drop-out or censoring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ..errors import BadInput
from . import markov
from .markov import Floats, Ints

if TYPE_CHECKING:
    from .pathway_fit import PathwayFit
    from .pathway_hidden import Misread

FAMILIES = ("up", "down", "opt_in", "opt_out")
MIN_PEOPLE, MIN_VISITS = 100, 8


@dataclass(frozen=True)
class Pathways:
    """Intensities of a level x engagement process, per unit of time.

    Attributes
    ----------
    up : tuple of float, length L - 1
        From level l to l + 1, out of services.
    down : tuple of float, length L - 1
        From level l + 1 to l, out of services.
    opt_in, opt_out : tuple of float, length L
        Into and out of services, at each level.
    served_up, served_down : float
        Log hazard ratio of moving up and down while in services.
    effects : mapping of covariate to mapping of family to float
        Log hazard ratios; families are ``up``, ``down``, ``opt_in`` and ``opt_out``.

    States are numbered ``2 * level + engaged``.
    """

    up: tuple[float, ...]
    down: tuple[float, ...]
    opt_in: tuple[float, ...]
    opt_out: tuple[float, ...]
    served_up: float = 0.0
    served_down: float = 0.0
    effects: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        levels = len(self.opt_in)
        if not (len(self.up) == len(self.down) == levels - 1 and len(self.opt_out) == levels and levels >= 2):
            raise BadInput("up and down need one intensity less than opt_in and opt_out", fix="give one per step")
        if min(*self.up, *self.down, *self.opt_in, *self.opt_out) < 0:
            raise BadInput("an intensity is negative", fix="intensities are rates per unit of time, zero or more")

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self.opt_in)

    def generator(self, covariates: Mapping[str, float] | None = None) -> Floats:
        """Generator matrix, shape (2 L, 2 L); rows sum to zero."""
        factor = {name: 1.0 for name in FAMILIES}
        for covariate, value in (covariates or {}).items():
            for family, effect in self.effects.get(covariate, {}).items():
                factor[family] *= float(np.exp(effect * value))
        matrix = np.zeros((2 * self.levels, 2 * self.levels))
        for level in range(self.levels):
            out, served = 2 * level, 2 * level + 1
            matrix[out, served] = self.opt_in[level] * factor["opt_in"]
            matrix[served, out] = self.opt_out[level] * factor["opt_out"]
            if level + 1 < self.levels:
                matrix[out, out + 2] = self.up[level] * factor["up"]
                matrix[served, served + 2] = self.up[level] * factor["up"] * np.exp(self.served_up)
                matrix[out + 2, out] = self.down[level] * factor["down"]
                matrix[served + 2, served] = self.down[level] * factor["down"] * np.exp(self.served_down)
        np.fill_diagonal(matrix, -matrix.sum(axis=1))
        return matrix

    def scaled(self, **multipliers: float) -> Pathways:
        """The same process with whole families of intensities multiplied: what a strategy would change.

        ``up=0.8`` is prevention upstream, ``opt_in=1.5`` easier access, ``down=1.2`` faster recovery.
        """
        unknown = sorted(set(multipliers) - set(FAMILIES))
        if unknown or min(multipliers.values(), default=1.0) < 0:
            raise BadInput(f"no such lever: {unknown or multipliers}", fix=f"use {', '.join(FAMILIES)}, not negative")
        changed: dict[str, Any] = {k: tuple(m * v for v in getattr(self, k)) for k, m in multipliers.items()}
        return replace(self, **changed)

    def simulate(
        self,
        people: int,
        times: Sequence[float],
        rng: np.random.Generator,
        *,
        start: Floats | None = None,
        covariates: Mapping[str, Floats] | None = None,
    ) -> pd.DataFrame:
        """Synthetic people seen at fixed times; between visits they move freely.

        Parameters
        ----------
        people : int
        times : sequence of float
            Visits, increasing.
        rng : Generator
        start : array, shape (2 L,), optional
            Shares of states at the first visit; all states equally if not given.
        covariates : mapping of name to array of shape (people,), optional

        Returns
        -------
        DataFrame
            person_id (``SYN-S...``), time, level, engaged, obs_type, and the covariates.
        """
        size = 2 * self.levels
        share = np.full(size, 1 / size) if start is None else np.asarray(start) / np.sum(start)
        state = rng.choice(size, people, p=share)
        values = pd.DataFrame({name: np.asarray(column) for name, column in (covariates or {}).items()})
        patterns, member = covariate_patterns(values, people)
        steps = [self.generator(pattern) for pattern in patterns]
        seen = [state.copy()]
        for earlier, later in pairwise(times):
            chances = np.stack([markov.transition_probabilities(q, later - earlier).cumsum(axis=1) for q in steps])
            draws = rng.random((people, 1))
            state = np.minimum((chances[member, state] < draws).sum(axis=1), size - 1)
            seen.append(state.copy())
        states = np.stack(seen, axis=1).ravel()
        table = pd.DataFrame({
            "person_id": np.repeat([f"SYN-S{k + 1:06d}" for k in range(people)], len(times)),
            "time": np.tile(np.asarray(times, dtype=float), people),
            "level": states // 2,
            "engaged": states % 2,
            "obs_type": "panel",
        })  # fmt: skip
        for name in values:
            table[name] = np.repeat(values[name].to_numpy(), len(times))
        return table

    @staticmethod
    def fit(
        panel: pd.DataFrame,
        *,
        levels: int = 4,
        covariates: Mapping[str, Sequence[str]] | None = None,
        misread: Misread = None,
        pipeline: bool = False,
        prior: Literal["needed", "weak", "none"] = "needed",
        min_people: int = MIN_PEOPLE,
        min_visits: int = MIN_VISITS,
    ) -> PathwayFit:
        """Maximum likelihood from visits and exact times.

        Parameters
        ----------
        panel : DataFrame
            person_id, time, level, engaged, obs_type (``panel`` or ``exact``), and covariates; in order of person and
            time. A covariate holds from a row until the next.
        levels : int
        covariates : mapping of column to families, optional
            Which intensities each covariate acts on, such as ``{"age": ("up", "down")}``.
        misread : "estimate" or array, shape (levels, levels), optional
            Levels that are seen with error, engagement without. ``estimate``: each level may be taken for a neighbor,
            with its own probabilities. An array: known probabilities of the level that is seen, by true level.
        pipeline : bool
            The nested linear model: people leave services only when stable (opting out is impossible above level 0).
        prior : {"needed", "weak", "none"}
            ``weak``: half a move at the crude rate on every intensity, normal(0, 1) on every effect. ``needed``: only
            where the likelihood has no finite maximum without it, and the fit then says so. ``none``: never.
        min_people, min_visits : int
            Smallest number of people, and of visits of the median person.

        Returns
        -------
        PathwayFit
            Intensities out of states that nobody was seen in are not estimated (missing).

        Raises
        ------
        TooFewCases
            Below the minima: with 42 people and 4 visits estimates were off by a factor of 30 in simulation. Estimating
            how levels are misread needs 200 people with 12 visits.
        MonotoneLikelihood, NonConvergence
            Where there is no finite maximum, and the prior may not help.
        """
        from .pathway_fit import fit_panel

        return fit_panel(
            panel,
            levels=levels,
            covariates=covariates or {},
            misread=misread,
            pipeline=pipeline,
            prior=prior,
            min_people=min_people,
            min_visits=min_visits,
        )


def intensity_names(levels: int) -> dict[str, list[str]]:
    """Names of the log intensities by family, such as ``up 0-1`` and ``opt_in 2``."""
    return {
        "up": [f"up {k}-{k + 1}" for k in range(levels - 1)],
        "down": [f"down {k + 1}-{k}" for k in range(levels - 1)],
        "opt_in": [f"opt_in {k}" for k in range(levels)],
        "opt_out": [f"opt_out {k}" for k in range(levels)],
    }


def covariate_patterns(values: pd.DataFrame, rows: int) -> tuple[list[dict[str, float]], Ints]:
    """Distinct rows of the covariates, and which one each row has."""
    if values.shape[1] == 0:
        return [{}], np.zeros(rows, dtype=np.int64)
    distinct, member = np.unique(values.to_numpy(float), axis=0, return_inverse=True)
    names = [str(name) for name in values]
    return [dict(zip(names, row, strict=True)) for row in distinct.tolist()], member.ravel().astype(np.int64)
