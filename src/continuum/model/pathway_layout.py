"""Which parameters a panel has: transitions between the states that were seen, covariates, and observed pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput
from . import markov
from .markov import Floats, Ints
from .pathways import FAMILIES, covariate_patterns, intensity_names

KINDS = {"panel": markov.PANEL, "exact": markov.EXACT}
#: A transition: from, to, and {parameter: covariate or ""} of its log intensity.
Term = tuple[int, int, dict[str, str]]


@dataclass(frozen=True)
class Rows:
    """A panel as arrays, in order of person and time; a row's covariate pattern holds until the next row."""

    person: Ints
    time: Floats
    state: Ints
    kind: Ints
    member: Ints
    patterns: list[dict[str, float]]

    @classmethod
    def of(cls, panel: pd.DataFrame, covariates: Mapping[str, Sequence[str]]) -> Rows:
        """From a panel; stops if a covariate is unknown or times do not increase."""
        for covariate, families in covariates.items():
            if covariate not in panel or not set(families) <= set(FAMILIES):
                raise BadInput(f"no covariate {covariate!r} acting on {', '.join(families)}",
                               fix=f"name a column, and families among {', '.join(FAMILIES)}")  # fmt: skip
        person, time = pd.factorize(panel["person_id"])[0].astype(np.int64), panel["time"].to_numpy(float)
        if (np.diff(time)[person[1:] == person[:-1]] <= 0).any():
            raise BadInput("times are not increasing within a person", fix="sort by person and time")
        patterns, member = covariate_patterns(panel[list(covariates)], len(panel))
        state = (2 * panel["level"] + panel["engaged"]).to_numpy(np.int64)
        kind = np.array([KINDS[seen] for seen in panel["obs_type"]], dtype=np.int64)
        return cls(person, time, state, kind, member, patterns)

    def pairs(self) -> markov.Observed:
        """Consecutive rows of one person, collapsed."""
        at = np.flatnonzero(self.person[1:] == self.person[:-1])
        step = self.time[at + 1] - self.time[at]
        return markov.collapse(self.state[at], self.state[at + 1], step, self.kind[at + 1], self.member[at])


@dataclass(frozen=True)
class Layout:
    """Parameters, transitions and rows of one panel."""

    names: list[str]
    missing: list[str]
    terms: list[Term]
    rows: Rows
    levels: int

    @classmethod
    def of(cls, panel: pd.DataFrame, levels: int, covariates: Mapping[str, Sequence[str]], pipeline: bool) -> Layout:
        """Parameters of the transitions between states that somebody was seen in."""
        rows = Rows.of(panel, covariates)
        terms = transitions_of(levels, set(np.unique(rows.state).tolist()), covariates, pipeline)
        found = dict.fromkeys(name for _, _, parts in terms for name in parts)
        wanted = [name for some in intensity_names(levels).values() for name in some]
        order = [*wanted, "served.up", "served.down"]
        names = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
        missing = [n for n in wanted if n not in names and not (pipeline and n.startswith("opt_out") and n[-1] != "0")]
        return cls(names, missing, terms, rows, levels)

    @property
    def effects(self) -> NDArray[np.bool_]:
        """Which parameters are log hazard ratios."""
        return np.array(["." in name for name in self.names])

    def model(self) -> markov.Model:
        """The process whose states are seen."""
        return model_of(2 * self.levels, self.terms, self.names, self.rows.patterns)

    def start(self) -> Floats:
        """Log of a crude common rate of change for intensities, zero for effects."""
        data = self.rows.pairs()
        moved = data.count[data.origin != data.target].sum()
        rate = max(moved, 1.0) / float(data.count @ data.step) / 2
        return np.where(self.effects, 0.0, np.log(rate))


def model_of(
    states: int, terms: Sequence[Term], names: Sequence[str], patterns: Sequence[Mapping[str, float]]
) -> markov.Model:
    """Transitions and designs; parameters that act on no transition have columns of zeros."""
    designs = np.zeros((len(patterns), len(terms), len(names)))
    place = {name: k for k, name in enumerate(names)}
    for g, pattern in enumerate(patterns):
        for t, (_, _, parts) in enumerate(terms):
            for name, covariate in parts.items():
                designs[g, t, place[name]] = pattern[covariate] if covariate else 1.0
    transitions = np.array([(a, b) for a, b, _ in terms], dtype=np.int64).reshape(-1, 2)
    return markov.Model(states, transitions, designs)


def transitions_of(
    levels: int, visited: set[int], covariates: Mapping[str, Sequence[str]], pipeline: bool
) -> list[Term]:
    """Transitions among visited states: from, to, and {parameter: covariate or ""} of the log intensity."""
    names = intensity_names(levels)
    moves: list[tuple[str, int, int, dict[str, str]]] = []
    for level in range(levels):
        moves.append(("opt_in", 2 * level, 2 * level + 1, {names["opt_in"][level]: ""}))
        if level == 0 or not pipeline:
            moves.append(("opt_out", 2 * level + 1, 2 * level, {names["opt_out"][level]: ""}))
        for engaged in (0, 1):
            here = 2 * level + engaged
            if level + 1 < levels:
                served = {"served.up": ""} if engaged else {}
                moves.append(("up", here, here + 2, {names["up"][level]: "", **served}))
            if level:
                served = {"served.down": ""} if engaged else {}
                moves.append(("down", here, here - 2, {names["down"][level - 1]: "", **served}))
    terms = []
    for family, a, b, parts in moves:
        if a in visited and b in visited:
            acting = {f"{name}.{family}": name for name, families in covariates.items() if family in families}
            terms.append((a, b, parts | acting))
    return terms
