"""What the rates of a pathway mean over time: entries, returns, time out while safe, how open the paths are.

Nothing here counts leaving services as failure.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from ..errors import BadInput, NotCollected
from ..provenance import Provenance
from .markov import Floats, transition_probabilities
from .pathway_fit import PathwayFit
from .pathways import Pathways

#: What is summarized, with its unit; the order of the table.
SUMMARIES = {
    "service entries": "entries per person",
    "return to services": "probability",
    "time in services": "months",
    "time out of services while stable": "months",
    "time at the highest level": "months",
    "openness of paths": "nats per month",
}
#: Places in the history of services, which begins with the record.
HISTORY = ("not yet in services", "in services", "left services", "back in services")


def occupancy(generator: Floats, start: Floats, horizon: float) -> Floats:
    """Expected time in each state until ``horizon``: the integral of start exp(Q t).

    Parameters
    ----------
    generator : array, shape (s, s)
    start : array, shape (s,)
        Probabilities.
    horizon : float

    Returns
    -------
    array, shape (s,)
        Sums to ``horizon``. From one exponential of the generator bordered by the identity (Van Loan 1978).
    """
    size = len(generator)
    bordered = np.zeros((2 * size, 2 * size))
    bordered[:size, :size] = generator
    bordered[:size, size:] = np.eye(size)
    return start @ transition_probabilities(bordered, horizon)[:size, size:]


def stationary(generator: Floats) -> Floats:
    """Long-run share of time in each state; states that cannot be reached or left forever follow the equations."""
    size = len(generator)
    system = np.vstack([generator.T, np.ones(size)])
    shares = np.linalg.lstsq(system, np.r_[np.zeros(size), 1.0], rcond=None)[0]
    return np.maximum(shares, 0) / np.maximum(shares, 0).sum()


def entropy_rate(generator: Floats) -> float:
    """How hard the next move and its time are to foresee, in nats per unit of time.

    Notes
    -----
    h = sum_i pi_i sum_j q_ij (1 - log q_ij). Source: Girardin and Limnios 2003 (Journal of Applied Probability 40).
    """
    rates = np.where(np.eye(len(generator), dtype=bool), 0.0, generator)
    terms = np.where(rates > 0, rates * (1 - np.log(np.where(rates > 0, rates, 1.0))), 0.0)
    return float(stationary(generator) @ terms.sum(axis=1))


def summarize(process: Pathways, horizon: float, start: Floats | None = None) -> dict[str, float]:
    """Summaries of one process over ``horizon`` units of time.

    Parameters
    ----------
    process : Pathways
    horizon : float
        Positive.
    start : array, shape (2 L,), optional
        Shares of states at the beginning; everyone at level 1 and out of services if not given.

    Returns
    -------
    dict of str to float
        The names of :data:`SUMMARIES`. ``return to services``: probability that someone who has just left services
        enters again within ``horizon``, over the levels at which people leave.
    """
    if not horizon > 0:
        raise BadInput("the horizon must be positive", fix="give a number of months")
    generator = process.generator()
    size = len(generator)
    begin = np.eye(size)[2] if start is None else np.asarray(start, dtype=float) / np.sum(start)
    spent = occupancy(generator, begin, horizon)
    out, served = np.arange(0, size, 2), np.arange(1, size, 2)
    leaving = spent[served] * np.array(process.opt_out)
    staying = transition_probabilities(generator[np.ix_(out, out)], horizon).sum(axis=1)
    returns = float(leaving @ (1 - staying) / leaving.sum()) if leaving.sum() > 0 else float("nan")
    values = (
        float(spent[out] @ np.array(process.opt_in)), returns, float(spent[served].sum()), float(spent[0]),
        float(spent[-2:].sum()), entropy_rate(generator),
    )  # fmt: skip
    return dict(zip(SUMMARIES, values, strict=True))


def summary_table(
    fit: PathwayFit,
    rng: np.random.Generator,
    *,
    horizon: float = 12.0,
    start: Floats | None = None,
    draws: int = 500,
) -> pd.DataFrame:
    """Summaries of a fitted process with intervals.

    Parameters
    ----------
    fit : PathwayFit
    rng : Generator
    horizon : float
        Units of time of the panel.
    start : array, shape (2 L,), optional
        See :func:`summarize`.
    draws : int
        Parameter vectors drawn from the normal approximation of the estimates.

    Returns
    -------
    DataFrame
        summary, unit, estimate, low, high (2.5 and 97.5 percentiles over draws), n.
    """
    center = summarize(fit.process(), horizon, start)
    cholesky = np.linalg.cholesky(fit.fit.covariance)
    vectors = fit.fit.parameters + rng.standard_normal((draws, len(fit.names))) @ cholesky.T
    drawn = pd.DataFrame([summarize(fit.process(vector), horizon, start) for vector in vectors])
    return pd.DataFrame({
        "summary": list(SUMMARIES),
        "unit": list(SUMMARIES.values()),
        "estimate": [center[name] for name in SUMMARIES],
        "low": [float(drawn[name].quantile(0.025)) for name in SUMMARIES],
        "high": [float(drawn[name].quantile(0.975)) for name in SUMMARIES],
        "n": fit.people,
    })  # fmt: skip


def start_shares(panel: pd.DataFrame, levels: int = 4) -> Floats:
    """Shares of states at each person's first visit, shape (2 L,)."""
    first = panel.groupby("person_id", sort=False).first()
    counts = np.bincount(2 * first["level"] + first["engaged"], minlength=2 * levels)
    return counts / counts.sum()


def service_flows(
    fit: PathwayFit, *, horizon: float = 12.0, start: Floats | None = None, columns: int = 4
) -> pd.DataFrame:
    """Who enters, leaves and comes back between a few evenly spaced months, as the fitted rates expect it.

    Parameters
    ----------
    fit : PathwayFit
    horizon : float
        Last month.
    start : array, shape (2 L,), optional
        See :func:`summarize`; the history begins there, so nobody has left services before.
    columns : int
        Months shown.

    Returns
    -------
    DataFrame
        from_month, to_month, from_state, to_state (values of :data:`HISTORY`), share (of all people), n. Expected
        shares, not counts: flows of few people can be shown.
    """
    generator = fit.process().generator()
    size = len(generator)
    lifted, states = np.zeros((2 * size, 2 * size)), np.arange(size)
    served = states % 2 == 1
    # States of the first round, then of those who have left before; leaving leads from the first to the second.
    stays = served[:, None] & ~served[None, :]
    lifted[:size, :size], lifted[:size, size:] = np.where(stays, 0.0, generator), np.where(stays, generator, 0.0)
    lifted[size:, size:] = generator
    place = np.r_[states % 2, 2 + states % 2]
    begin = np.eye(size)[2] if start is None else np.asarray(start, dtype=float) / np.sum(start)
    share = np.r_[begin, np.zeros(size)]
    months = np.linspace(0, horizon, columns).round(1).tolist()
    rows = []
    for earlier, later in pairwise(months):
        moved = share[:, None] * transition_probabilities(lifted, later - earlier)
        flows = np.zeros((len(HISTORY), len(HISTORY)))
        np.add.at(flows, (place[:, None], place[None, :]), moved)
        rows += [
            (earlier, later, HISTORY[a], HISTORY[b], float(flows[a, b]), fit.people)
            for a, b in np.argwhere(flows > 5e-4).tolist()
        ]
        share = moved.sum(axis=0)
    return pd.DataFrame(rows, columns=["from_month", "to_month", "from_state", "to_state", "share", "n"])


def transition_rates(fit: PathwayFit) -> pd.DataFrame:
    """Every estimated rate as an arrow: from_level, from_engaged, to_level, to_engaged, rate (per unit of time), n."""
    generator = fit.process().generator()
    rows = [
        (a // 2, a % 2, b // 2, b % 2, float(generator[a, b]), fit.people)
        for a in range(len(generator))
        for b in range(len(generator))
        if a != b and generator[a, b] > 0
    ]
    return pd.DataFrame(rows, columns=["from_level", "from_engaged", "to_level", "to_engaged", "rate", "n"])


def misread_comparison(panel: pd.DataFrame, fit: PathwayFit, share: float) -> pd.DataFrame:
    """How much the rates rest on levels being seen right.

    Parameters
    ----------
    panel : DataFrame
        Of visits.
    fit : PathwayFit
        Of the same panel, without covariates.
    share : float
        Share of visits at which a level is taken for a neighboring one, divided evenly where there are two.

    Returns
    -------
    DataFrame
        parameter, as_seen, misread (estimates), low, high (of the latter), n.

    Raises
    ------
    NotCollected
        If the panel holds exact times: whoever records when a level changed saw it without error.
    """
    if (panel["obs_type"] != "panel").any():
        raise NotCollected(
            "Exact times say that levels were seen without error, so there is nothing to compare.",
            "visits in the panel",
        )
    neighbors = np.eye(fit.levels, k=1) + np.eye(fit.levels, k=-1)
    matrix = (1 - share) * np.eye(fit.levels) + share * neighbors / neighbors.sum(axis=1, keepdims=True)
    seen, other = fit.table(), Pathways.fit(panel, levels=fit.levels, misread=matrix).table()
    table = seen[["parameter", "estimate", "n"]].rename(columns={"estimate": "as_seen"})
    other = other[["parameter", "estimate", "low", "high"]].rename(columns={"estimate": "misread"})
    return table.merge(other, on="parameter", how="left")[["parameter", "as_seen", "misread", "low", "high", "n"]]


def simulated_people(
    fit: PathwayFit, rng: np.random.Generator, *, people: int = 24, months: int = 24, start: Floats | None = None
) -> pd.DataFrame:
    """Made-up people who move at the fitted rates: what such rates look like in single lives, and nobody's record.

    Returns
    -------
    DataFrame
        person (``person 1`` ...), month, level, engaged; labeled synthetic whatever the study is.
    """
    table = fit.process().simulate(people, [float(k) for k in range(months + 1)], rng, start=start)
    numbers = table["person_id"].str.removeprefix("SYN-S").astype(int)
    shown = pd.DataFrame({
        "person": "person " + numbers.astype(str), "month": table["time"].astype(int), "level": table["level"],
        "engaged": table["engaged"],
    })  # fmt: skip
    shown.attrs["provenance"] = Provenance.SYNTHETIC
    return shown
