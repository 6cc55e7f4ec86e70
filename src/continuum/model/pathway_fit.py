"""Rates of a level x engagement process from visits and exact times, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, TooFewCases
from . import markov
from .markov import Floats
from .pathways import FAMILIES, Pathways, covariate_patterns, intensity_names

_KINDS = {"panel": markov.PANEL, "exact": markov.EXACT}


def fit_panel(
    panel: pd.DataFrame,
    *,
    levels: int,
    covariates: Mapping[str, Sequence[str]],
    pipeline: bool,
    penalty: bool,
    min_people: int,
    min_visits: int,
) -> PathwayFit:
    """See :meth:`continuum.model.pathways.Pathways.fit`."""
    visits = panel.groupby("person_id", sort=False).size()
    if len(visits) < min_people or visits.median() < min_visits:
        raise TooFewCases(
            f"Rates between {2 * levels} states need {min_people} people with {min_visits} visits each; here "
            f"{len(visits)} people have {visits.median() if len(visits) else 0:g} (median).",
            "more people, or more visits of each",
        )
    layout = _Layout.of(panel, levels, covariates, pipeline)
    model, data = layout.model, layout.data
    markov.refuse_impossible(data.origin, data.target, data.kind, model.transitions)
    effects = layout.effects if penalty else None
    found = markov.maximize(model, data, layout.start(), penalized=effects, names=layout.names)
    if not penalty:
        markov.check_effects(found.parameters, layout.effects, layout.names)
    return PathwayFit(layout.names, found, layout.missing, levels, len(visits), pipeline, _reentered(panel))


@dataclass(frozen=True)
class PathwayFit:
    """Estimated intensities.

    Attributes
    ----------
    names : list of str
        Parameters: ``up 0-1`` ..., ``down 1-0`` ..., ``opt_in 0`` ..., ``opt_out 0`` ... (log intensities),
        ``served.up``, ``served.down`` and ``covariate.family`` (log hazard ratios).
    fit : continuum.model.markov.Fit
    missing : list of str
        Intensities that could not be estimated because nobody was seen in their state.
    levels, people : int
    pipeline : bool
    reentered : int
        People seen in services, then out, then in again.
    """

    names: list[str]
    fit: markov.Fit
    missing: list[str]
    levels: int
    people: int
    pipeline: bool
    reentered: int

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Estimates with intervals: parameter, kind (``rate`` or ``hazard ratio``), estimate, low, high, n."""
        from scipy.stats import norm

        z = norm.ppf(0.5 + level / 2)
        center, error = self.fit.parameters, self.fit.errors
        known = pd.DataFrame({
            "parameter": self.names,
            "kind": ["hazard ratio" if "." in name else "rate" for name in self.names],
            "estimate": np.exp(center),
            "low": np.exp(center - z * error),
            "high": np.exp(center + z * error),
        })  # fmt: skip
        lost = pd.DataFrame({"parameter": self.missing, "kind": "rate"})
        return pd.concat([known, lost], ignore_index=True).assign(n=self.people)

    def process(self, parameters: Floats | None = None) -> Pathways:
        """The fitted process (or the one with other parameters); intensities that are missing are zero."""
        values = dict(zip(self.names, self.fit.parameters if parameters is None else parameters, strict=True))

        def rates(names: list[str]) -> tuple[float, ...]:
            return tuple(float(np.exp(values[name])) if name in values else 0.0 for name in names)

        effects: dict[str, dict[str, float]] = {}
        for name, value in values.items():
            covariate, _, family = name.rpartition(".")
            if covariate and covariate != "served":
                effects.setdefault(covariate, {})[family] = float(value)
        names = intensity_names(self.levels)
        return Pathways(
            rates(names["up"]),
            rates(names["down"]),
            rates(names["opt_in"]),
            rates(names["opt_out"]),
            float(values.get("served.up", 0.0)),
            float(values.get("served.down", 0.0)),
            effects,
        )

    def slopes(self, level: float = 0.95) -> pd.DataFrame:
        """The published ideas as slopes: do people opt in when vulnerable, and opt out when resilient?

        Returns
        -------
        DataFrame
            family (opt_in, opt_out), hazard_ratio per level, low, high, levels (number behind it): generalized least
            squares of the log intensities on the level. Above 1 for opt_in: services are entered at higher
            levels. Below 1 for opt_out: services are left at lower levels. Missing with fewer than two levels.
        """
        from scipy.stats import norm

        z = norm.ppf(0.5 + level / 2)
        rows = []
        for family in ("opt_in", "opt_out"):
            places = [k for k, name in enumerate(self.names) if name.startswith(f"{family} ")]
            row: dict[str, object] = {"family": family, "levels": len(places), "n": self.people}
            slope = error = np.nan
            if len(places) >= 2:
                at = np.array([float(self.names[k].split()[1]) for k in places])
                design = np.column_stack([np.ones(len(at)), at])
                weight = np.linalg.inv(self.fit.covariance[np.ix_(places, places)])
                covariance = np.linalg.inv(design.T @ weight @ design)
                slope = float((covariance @ design.T @ weight @ self.fit.parameters[places])[1])
                error = float(np.sqrt(covariance[1, 1]))
            rows.append(row | {
                "hazard_ratio": np.exp(slope), "low": np.exp(slope - z * error), "high": np.exp(slope + z * error),
            })  # fmt: skip
        return pd.DataFrame(rows)


def compare_pipeline(free: PathwayFit, linear: PathwayFit) -> pd.DataFrame:
    """Likelihood-ratio test of the linear pipeline, in which people leave services only when stable.

    Returns
    -------
    DataFrame
        One row: statistic, df, p, n, reentered. The restriction lies on the boundary, so p is conservative. A linear
        pipeline also knows no way back: ``reentered`` people contradict it whatever the test says.
    """
    from scipy.stats import chi2

    if not linear.pipeline or free.pipeline:
        raise BadInput("give the free fit first and the pipeline fit second", fix="swap them")
    statistic = max(0.0, 2 * (free.fit.loglik - linear.fit.loglik))
    df = len(free.names) - len(linear.names)
    p = float(chi2.sf(statistic, df)) if df else np.nan
    return pd.DataFrame([{"statistic": statistic, "df": df, "p": p, "n": free.people, "reentered": free.reentered}])


@dataclass(frozen=True)
class _Layout:
    """Parameters, transitions and observed pairs of one panel."""

    names: list[str]
    missing: list[str]
    effects: NDArray[np.bool_]
    model: markov.Model
    data: markov.Observed

    @classmethod
    def of(cls, panel: pd.DataFrame, levels: int, covariates: Mapping[str, Sequence[str]], pipeline: bool) -> _Layout:
        for covariate, families in covariates.items():
            if covariate not in panel or not set(families) <= set(FAMILIES):
                raise BadInput(f"no covariate {covariate!r} acting on {', '.join(families)}",
                               fix=f"name a column, and families among {', '.join(FAMILIES)}")  # fmt: skip
        state = (2 * panel["level"] + panel["engaged"]).to_numpy(np.int64)
        person = pd.factorize(panel["person_id"])[0]
        paired = np.flatnonzero(person[1:] == person[:-1])
        step = panel["time"].to_numpy(float)[paired + 1] - panel["time"].to_numpy(float)[paired]
        if (step <= 0).any():
            raise BadInput("times are not increasing within a person", fix="sort by person and time")
        patterns, member = covariate_patterns(panel[list(covariates)], len(panel))
        kind = panel["obs_type"].map(_KINDS).to_numpy(np.int64)[paired + 1]
        data = markov.collapse(state[paired], state[paired + 1], step, np.asarray(kind, dtype=np.int64), member[paired])
        terms = _terms(levels, set(np.unique(state).tolist()), covariates, pipeline)
        found = dict.fromkeys(name for _, _, parts in terms for name in parts)
        order = [name for some in intensity_names(levels).values() for name in some] + ["served.up", "served.down"]
        names = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
        designs = np.zeros((len(patterns), len(terms), len(names)))
        for g, pattern in enumerate(patterns):
            for t, (_, _, parts) in enumerate(terms):
                for name, covariate in parts.items():
                    designs[g, t, names.index(name)] = pattern[covariate] if covariate else 1.0
        transitions = np.array([(a, b) for a, b, _ in terms], dtype=np.int64).reshape(-1, 2)
        wanted = order[:-2]
        missing = [n for n in wanted if n not in names and not (pipeline and n.startswith("opt_out") and n[-1] != "0")]
        effects = np.array(["." in name for name in names])
        return cls(names, missing, effects, markov.Model(2 * levels, transitions, designs), data)

    def start(self) -> Floats:
        """Log of a crude common rate of change for intensities, zero for effects."""
        moved = self.data.count[self.data.origin != self.data.target].sum()
        rate = max(moved, 1.0) / float(self.data.count @ self.data.step) / 2
        return np.where(self.effects, 0.0, np.log(rate))


def _terms(
    levels: int, visited: set[int], covariates: Mapping[str, Sequence[str]], pipeline: bool
) -> list[tuple[int, int, dict[str, str]]]:
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


def _reentered(panel: pd.DataFrame) -> int:
    """People seen in services, later out, and later in again."""
    change = panel.groupby("person_id", sort=False)["engaged"].diff()
    entries = (change == 1).groupby(panel["person_id"], sort=False).sum()
    first = panel.groupby("person_id", sort=False)["engaged"].first()
    return int((entries + first >= 2).sum())
