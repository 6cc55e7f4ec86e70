"""What a ledger's uncertainty means for a decision: plane, acceptability, value of information, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput
from .cohort import NOW, Outcome, run_cohort, strategies
from .ledger import Ledger

Floats = NDArray[np.float64]


def plane(outcome: Outcome) -> pd.DataFrame:
    """Cost-effectiveness plane against ``as now``: strategy, draw, extra_cost, extra_effect."""
    parts = [
        pd.DataFrame({
            "strategy": name,
            "draw": np.arange(outcome.cost.shape[1]),
            "extra_cost": outcome.cost[k] - outcome.cost[0],
            "extra_effect": outcome.effect[k] - outcome.effect[0],
        })
        for k, name in enumerate(outcome.strategies)
        if name != NOW
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def acceptability(outcome: Outcome, willingness: Sequence[float]) -> pd.DataFrame:
    """Probability that each strategy has the highest net benefit, by willingness to pay for one month.

    Returns
    -------
    DataFrame
        willingness, strategy, probability; sums to one over strategies. Ties go to the earlier strategy.
    """
    rows = []
    for value in willingness:
        best = outcome.net_benefit(float(value)).argmax(axis=0)
        share = np.bincount(best, minlength=len(outcome.strategies)) / outcome.cost.shape[1]
        rows += [(float(value), name, float(share[k])) for k, name in enumerate(outcome.strategies)]
    table = pd.DataFrame(rows, columns=["willingness", "strategy", "probability"])
    table.attrs["provenance"] = outcome.provenance
    return table


def scenario_summary(outcome: Outcome, willingness: float) -> pd.DataFrame:
    """Means over draws, and what perfect information would be worth.

    Returns
    -------
    DataFrame
        strategy, cost, effect (months), extra_cost and extra_effect against ``as now``, best (probability to have the
        highest net benefit), and a last row ``perfect information`` with its value in ``cost``; n (draws).
    """
    curve = acceptability(outcome, [willingness])
    table = pd.DataFrame({
        "strategy": outcome.strategies,
        "cost": outcome.cost.mean(axis=1),
        "effect": outcome.effect.mean(axis=1),
        "extra_cost": (outcome.cost - outcome.cost[0]).mean(axis=1),
        "extra_effect": (outcome.effect - outcome.effect[0]).mean(axis=1),
        "best": curve["probability"].to_numpy(),
    })  # fmt: skip
    value = pd.DataFrame({"strategy": ["perfect information"], "cost": [evpi(outcome.net_benefit(willingness))]})
    table = pd.concat([table, value], ignore_index=True).assign(n=outcome.cost.shape[1])
    table.attrs["provenance"] = outcome.provenance
    return table


def acceptability_range(outcome: Outcome, willingness: float, steps: int = 21) -> pd.DataFrame:
    """Acceptability from nothing to four times ``willingness``."""
    return acceptability(outcome, np.linspace(0, 4 * willingness, steps).round(6).tolist())


def determined(curve: pd.DataFrame, bounds: tuple[float, float] = (0.2, 0.8)) -> str:
    """The strategy that is best everywhere on the curve beyond doubt, or ``not determined``."""
    lowest = curve.groupby("strategy", sort=False)["probability"].min()
    sure = lowest[lowest > bounds[1]]
    return str(sure.index[0]) if len(sure) else "not determined"


def evpi(net_benefit: Floats) -> float:
    """Expected value of perfect information: mean of the best in each draw minus the best of the means.

    Parameters
    ----------
    net_benefit : array, shape (strategies, draws)
    """
    return float(net_benefit.max(axis=0).mean() - net_benefit.mean(axis=1).max())


def evppi(net_benefit: Floats, line: Floats, degree: int = 4) -> float:
    """Expected value of knowing one line, by regression of net benefits on it.

    Parameters
    ----------
    net_benefit : array, shape (strategies, draws)
    line : array, shape (draws,)
        Draws of the line.
    degree : int
        Degree of the polynomial in the line's standardized rank-free values.

    Notes
    -----
    Source: Strong, Oakley, Brennan 2014 (Medical Decision Making 34:311-326), with a polynomial in place of splines.
    """
    spread = line.std()
    if spread == 0:
        return 0.0
    basis = np.polynomial.hermite_e.hermevander((line - line.mean()) / spread, degree)
    fitted = basis @ np.linalg.lstsq(basis, net_benefit.T, rcond=None)[0]
    return max(0.0, float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max()))


def tornado(
    ledger: Ledger, strategy: str = "", *, willingness: float, months: int = 120, top: int | None = None
) -> pd.DataFrame:
    """Extra net benefit of a strategy when one line at a time moves to its 2.5 and 97.5 percentiles.

    Parameters
    ----------
    ledger : Ledger
    strategy : str
        The ledger's first strategy if empty.
    willingness : float
        Worth of a month without violence or exploitation.
    months : int
    top : int, optional
        Most lines to return.

    Returns
    -------
    DataFrame
        line, at_low, at_high, central, span; largest span first. Lines without a distribution are left out.
    """
    strategy = strategy or next((name for name in strategies(ledger) if name != NOW), NOW)
    center = ledger.central()
    lines = [name for name, line in ledger.parameters.items() if line.family != "fixed"]
    shares = np.array([0.025, 0.975])
    draws = {name: np.repeat(value, 2 * len(lines) + 1) for name, value in center.items()}
    for k, name in enumerate(lines):
        draws[name][2 * k : 2 * k + 2] = ledger.parameters[name].quantile(shares)
    outcome = run_cohort(ledger, draws, months=months)
    if strategy not in outcome.strategies:
        raise BadInput(f"no strategy {strategy!r}", fix=f"one of {', '.join(outcome.strategies)}")
    benefit = outcome.net_benefit(willingness)
    extra = benefit[outcome.strategies.index(strategy)] - benefit[0]
    table = pd.DataFrame({
        "line": lines, "at_low": extra[0:-1:2], "at_high": extra[1:-1:2], "central": extra[-1],
    })  # fmt: skip
    table["span"] = (table["at_high"] - table["at_low"]).abs()
    table = table.sort_values(["span", "line"], ascending=[False, True], ignore_index=True).head(top or len(table))
    table.attrs["provenance"] = ledger.provenance
    return table


def sobol(
    ledger: Ledger, strategy: str, willingness: float, *, months: int = 120, n: int = 512, seed: int = 0
) -> pd.DataFrame:
    """Share of the variance of the extra net benefit that each line explains, alone and with interactions.

    Returns
    -------
    DataFrame
        line, first, total; largest total first.

    Notes
    -----
    ``scipy.stats.sobol_indices`` (Saltelli et al. 2010) on the lines' quantiles; n is a power of two.
    """
    from scipy import stats

    lines = [name for name, line in ledger.parameters.items() if line.family != "fixed"]
    center = ledger.central()

    def extra(shares: Floats) -> Floats:
        draws = {name: np.repeat(value, shares.shape[1]) for name, value in center.items()}
        draws |= {name: ledger.parameters[name].quantile(shares[k]) for k, name in enumerate(lines)}
        outcome = run_cohort(ledger, draws, months=months)
        benefit = outcome.net_benefit(willingness)
        return benefit[outcome.strategies.index(strategy)] - benefit[0]

    uniform = [stats.uniform(1e-6, 1 - 2e-6)] * len(lines)
    found = stats.sobol_indices(func=extra, n=n, dists=uniform, rng=np.random.default_rng(seed))
    table = pd.DataFrame({"line": lines, "first": found.first_order, "total": found.total_order})
    return table.sort_values(["total", "line"], ascending=[False, True], ignore_index=True)
