"""Rates of a level x engagement process from visits and exact times, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import MonotoneLikelihood, TooFewCases
from . import markov
from .climb import Fit, Prior
from .markov import Floats
from .pathway_hidden import Misread, misread_levels, share_and_error
from .pathway_layout import Layout
from .pathways import Pathways, intensity_names

#: Estimating misread levels needs more than rates alone.
MISREAD_PEOPLE, MISREAD_VISITS = 200, 12
#: Correlation of a share of misreading with a rate beyond which the data can hardly tell them apart.
TIED = 0.9


def fit_panel(
    panel: pd.DataFrame,
    *,
    levels: int,
    covariates: Mapping[str, Sequence[str]],
    misread: Misread,
    pipeline: bool,
    prior: str,
    min_people: int,
    min_visits: int,
) -> PathwayFit:
    """See :meth:`continuum.model.pathways.Pathways.fit`."""
    people = _enough(panel, levels, min_people, min_visits, "Rates")
    layout = Layout.of(panel, levels, covariates, pipeline)
    if misread is None:
        model, data, start = layout.model(), layout.rows.pairs(), layout.start()
        markov.refuse_impossible(data.origin, data.target, data.kind, model.transitions)

        def climb_once(weak: bool) -> Fit:
            before = Prior.weak(layout.effects, start) if weak else None
            return markov.maximize(model, data, start, prior=before, names=layout.names)

        found, weak = _with_prior_where_needed(climb_once, layout.effects, layout.names, prior)
        return PathwayFit(layout.names, found, layout.missing, levels, people, pipeline, _reentered(panel), weak)
    if isinstance(misread, str):
        _enough(panel, levels, MISREAD_PEOPLE, MISREAD_VISITS, "Shares of misread levels and rates")
    problem = misread_levels(layout, misread)
    found, weak = _with_prior_where_needed(problem.maximize, problem.effects, problem.names, prior)
    return PathwayFit(
        layout.names, _first(found, len(layout.names)), layout.missing, levels, people, pipeline, _reentered(panel),
        weak, misread=True, shares=_shares(problem.shares, found, len(layout.names)),
    )  # fmt: skip


def _enough(panel: pd.DataFrame, levels: int, min_people: int, min_visits: int, what: str) -> int:
    """Number of people, if they and their visits suffice."""
    visits = panel.groupby("person_id", sort=False).size()
    if len(visits) < min_people or visits.median() < min_visits:
        raise TooFewCases(
            f"{what} between {2 * levels} states need {min_people} people with {min_visits} visits each; here "
            f"{len(visits)} people have {visits.median() if len(visits) else 0:g} (median).",
            "more people, or more visits of each",
        )
    return len(visits)


def _with_prior_where_needed(
    climb_once: Callable[[bool], Fit], effects: NDArray[np.bool_], names: list[str], prior: str
) -> tuple[Fit, bool]:
    """The fit, and whether it took the weak prior."""
    if prior != "weak":
        try:
            found = climb_once(False)
            markov.check_effects(found.parameters[: len(names)], effects, names)
        except MonotoneLikelihood:
            if prior == "none":
                raise
        else:
            return found, False
    return climb_once(True), True


def _first(found: Fit, size: int) -> Fit:
    """The fit of the first ``size`` parameters; the others stay in their variances."""
    return replace(
        found, parameters=found.parameters[:size], errors=found.errors[:size], covariance=found.covariance[:size, :size]
    )


def _shares(names: list[str], found: Fit, offset: int, level: float = 0.95) -> pd.DataFrame:
    """Probabilities of misreading with intervals, and how strongly each is tied to a rate."""
    from scipy.stats import norm

    z, at = norm.ppf(0.5 + level / 2), slice(offset, offset + len(names))
    rows = []
    for k, (share, odds, error) in enumerate(share_and_error(names, found.parameters[at], found.covariance[at, at])):
        tied = found.covariance[offset + k, :offset] / (found.errors[offset + k] * found.errors[:offset])
        low, high = (float(1 / (1 + np.exp(-odds - side * z * error))) for side in (-1, 1))
        rows.append((names[k], "probability", share, low, high, float(np.abs(tied).max())))
    return pd.DataFrame(rows, columns=["parameter", "kind", "estimate", "low", "high", "tied"])


@dataclass(frozen=True)
class PathwayFit:
    """Estimated intensities.

    Attributes
    ----------
    names : list of str
        Parameters: ``up 0-1`` ..., ``down 1-0`` ..., ``opt_in 0`` ..., ``opt_out 0`` ... (log intensities),
        ``served.up``, ``served.down`` and ``covariate.family`` (log hazard ratios).
    fit : continuum.model.climb.Fit
    missing : list of str
        Intensities that could not be estimated because nobody was seen in their state.
    levels, people : int
    pipeline : bool
    reentered : int
        People seen in services, then out, then in again.
    weak_prior : bool
        Whether the likelihood had no finite maximum without the weak prior.
    misread : bool
        Whether levels were taken to be seen with error.
    shares : DataFrame
        Estimated probabilities of misreading: parameter, kind, estimate, low, high, tied (largest correlation with a
        rate).
    """

    names: list[str]
    fit: Fit
    missing: list[str]
    levels: int
    people: int
    pipeline: bool
    reentered: int
    weak_prior: bool = False
    misread: bool = False
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def note(self) -> str:
        """What a reader must know about these estimates."""
        said = []
        if self.weak_prior:
            said.append("The likelihood has no finite maximum; a weak prior (half a move on every rate) bounds it.")
        if self.misread:
            said.append(
                "Levels may be misread, engagement not. A quick move there and back looks like a misread level; more "
                "frequent visits, or a known matrix of misreading, tell them apart."
            )
        if len(self.shares) and self.shares["tied"].max() > TIED:
            worst = self.shares["parameter"].iloc[int(self.shares["tied"].to_numpy().argmax())]
            said.append(f"Here the data can hardly tell '{worst}' from a rate.")
        return " ".join(said) or "Maximum likelihood."

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
        shares = [self.shares.drop(columns="tied")] if len(self.shares) else []
        return pd.concat([known, *shares, lost], ignore_index=True).assign(n=self.people)

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


def _reentered(panel: pd.DataFrame) -> int:
    """People seen in services, later out, and later in again."""
    change = panel.groupby("person_id", sort=False)["engaged"].diff()
    entries = (change == 1).groupby(panel["person_id"], sort=False).sum()
    first = panel.groupby("person_id", sort=False)["engaged"].first()
    return int((entries + first >= 2).sum())
