"""Is service use a linear pipeline, or do people opt in when vulnerable, opt out when resilient, and come back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..errors import BadInput
from .pathway_fit import PathwayFit
from .pathway_hidden import RETURN, Problem, with_history
from .pathway_layout import Layout

#: The ideas as a reader meets them, with what their hazard ratio compares.
IDEAS = {
    "opt_in": "opt in when vulnerable (per level higher)",
    "opt_out": "opt out when resilient (per level higher)",
    "return": "come back (against a first entry)",
}
#: Parts of the linear pipeline: whether people leave only when stable, and whether they may come back.
RESTRICTIONS = {"leave only when stable": (True, True), "nobody comes back": (False, False),
                "linear pipeline": (True, False)}  # fmt: skip


def pipeline_test(
    panel: pd.DataFrame, free: PathwayFit, *, covariates: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Likelihood-ratio tests of the linear pipeline and of both of its parts, nested in a process with history.

    Parameters
    ----------
    panel : DataFrame
        As for :meth:`continuum.model.pathways.Pathways.fit`.
    free : PathwayFit
        Of the same panel.
    covariates : mapping, optional
        As in that fit.

    Returns
    -------
    DataFrame
        restriction (``leave only when stable``: opting out is impossible above level 0; ``nobody comes back``;
        ``linear pipeline``: both), statistic, df, p, contradicted_by (people seen to come back), n. Who was seen to
        come back has probability zero under the last two: the statistic is then infinite (missing), and p is 0.
        Restrictions lie on the boundary, so p is conservative.
    """
    from scipy.stats import chi2

    if free.pipeline or free.misread:
        raise BadInput("give the fit without restrictions", fix="fit the panel without pipeline and misread")
    problems = {
        name: with_history(Layout.of(panel, free.levels, covariates or {}, only_stable), come_back=back)
        for name, (only_stable, back) in RESTRICTIONS.items()
    }
    general = _general(panel, free, covariates)
    weak = _without_maximum(free)
    most = general.maximize(weak).loglik
    rows = []
    for name, problem in problems.items():
        came_back = 0 if RESTRICTIONS[name][1] else free.reentered
        df, statistic, p = len(general.names) - len(problem.names), np.nan, 0.0
        if not came_back:
            statistic = max(0.0, 2 * (most - problem.maximize(weak).loglik))
            p = float(chi2.sf(statistic, df)) if df else np.nan
        rows.append((name, statistic, df, p, came_back, free.people))
    return pd.DataFrame(rows, columns=["restriction", "statistic", "df", "p", "contradicted_by", "n"])


def service_ideas(
    panel: pd.DataFrame,
    free: PathwayFit,
    *,
    covariates: Mapping[str, Sequence[str]] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The published ideas of nonlinear service use, as hazard ratios with intervals.

    Returns
    -------
    DataFrame
        family, idea (key and value of :data:`IDEAS`), hazard_ratio, low, high, levels (number behind a slope), n. Above
        1 for opting in: services are entered at higher levels. Below 1 for opting out: they are left at lower levels.
        Above 1 for coming back: whoever has left enters again sooner than others enter at first.
    """
    from scipy.stats import norm

    slopes = free.slopes(level)
    general = _general(panel, free, covariates)
    fit, at = general.maximize(_without_maximum(free)), general.names.index(RETURN)
    z, log, error = norm.ppf(0.5 + level / 2), fit.parameters[at], fit.errors[at]
    back = {
        "family": "return", "hazard_ratio": np.exp(log), "low": np.exp(log - z * error),
        "high": np.exp(log + z * error), "levels": free.levels, "n": free.people,
    }  # fmt: skip
    table = pd.concat([slopes, pd.DataFrame([back])], ignore_index=True)
    return table.assign(idea=table["family"].map(IDEAS))[
        ["family", "idea", "hazard_ratio", "low", "high", "levels", "n"]
    ]


def _general(panel: pd.DataFrame, free: PathwayFit, covariates: Mapping[str, Sequence[str]] | None) -> Problem:
    """The process in which people leave at every level and come back at their own rate."""
    return with_history(Layout.of(panel, free.levels, covariates or {}, pipeline=False))


def _without_maximum(free: PathwayFit) -> bool:
    """Whether a weak prior is needed: it was before, or nobody came back and the rate of coming back has no maximum."""
    return free.weak_prior or free.reentered == 0
