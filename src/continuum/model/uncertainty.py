"""What a ledger's uncertainty means for a decision: plane, acceptability, value of information, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput
from ..provenance import weakest
from .cohort import LINES, NOW, Outcome, run_cohort, strategies, with_strategies
from .ledger import Ledger

Floats = NDArray[np.float64]
#: What is said where ledgers, or draws of one, disagree.
NOT_DETERMINED = "not determined"


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
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    table.attrs["provenance"] = outcome.provenance
    return table


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
    """The strategy that is best everywhere on the curve beyond doubt, or :data:`NOT_DETERMINED`."""
    lowest = curve.groupby("strategy", sort=False)["probability"].min()
    sure = lowest[lowest > bounds[1]]
    return str(sure.index[0]) if len(sure) else NOT_DETERMINED


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


def information_value(
    ledger: Ledger, draws: Mapping[str, Floats], outcome: Outcome, willingness: float, *, top: int | None = None
) -> pd.DataFrame:
    """What it would be worth to know everything, and to know one line of the ledger.

    Parameters
    ----------
    ledger : Ledger
    draws : mapping of line to array of shape (draws,)
        Those the outcome was made from.
    outcome : Outcome
    willingness : float
        Worth of a month without violence or exploitation.
    top : int, optional
        Most lines to return.

    Returns
    -------
    DataFrame
        line (first ``all lines``: EVPI; then one line each: EVPPI), value (per person, in the ledger's currency), share
        (of the EVPI), n (draws); largest first. A line that is worth nothing need not be studied for this decision.
    """
    benefit = outcome.net_benefit(willingness)
    everything = evpi(benefit)
    used = {*LINES, *(name for name in ledger.parameters if name.startswith("strategy."))}
    lines = [name for name, line in ledger.parameters.items() if line.family != "fixed" and name in used]
    table = pd.DataFrame({"line": lines, "value": [evppi(benefit, draws[name]) for name in lines]})
    table = table.sort_values(["value", "line"], ascending=[False, True], ignore_index=True).head(top or len(table))
    table = pd.concat([pd.DataFrame({"line": ["all lines"], "value": [everything]}), table], ignore_index=True)
    table["share"] = table["value"] / everything if everything > 0 else np.nan
    table["n"] = benefit.shape[1]
    table.attrs["provenance"] = outcome.provenance
    return table


def decisions(
    ledgers: Sequence[Ledger], *, willingness: float, months: int = 120, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Which strategy each ledger calls best, and what all of them say together.

    Parameters
    ----------
    ledgers : sequence of Ledger
        All that are admissible to the reader.
    willingness : float
        Worth of a month without violence or exploitation.
    months, draws, seed : int

    Returns
    -------
    DataFrame
        ledger, hash, leading (strategy with the highest net benefit most often), probability, conclusion (that
        strategy, or ``not determined`` where its probability is below .8), draws. With several ledgers a last row
        ``all ledgers``: the common conclusion, and ``not determined`` where they disagree.
    """
    rows: list[dict[str, object]] = []
    for ledger in map(with_strategies, ledgers):
        outcome = run_cohort(ledger, ledger.draw(draws, seed), months=months)
        curve = acceptability(outcome, [willingness])
        first = curve.iloc[int(curve["probability"].to_numpy().argmax())]
        rows.append({"ledger": ledger.name, "hash": ledger.hash, "leading": str(first["strategy"]),
                     "probability": float(first["probability"]), "conclusion": determined(curve),
                     "draws": draws})  # fmt: skip
    if len(rows) > 1:
        said = {str(row["conclusion"]) for row in rows}
        rows.append({"ledger": "all ledgers", "hash": "", "leading": "", "probability": float("nan"),
                     "conclusion": said.pop() if len(said) == 1 else NOT_DETERMINED, "draws": draws})  # fmt: skip
    table = pd.DataFrame(rows)
    table.attrs["provenance"] = weakest(*(ledger.provenance for ledger in ledgers))
    return table


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
    strategy = strategy or _first_strategy(ledger)
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
    ledger: Ledger,
    strategy: str = "",
    *,
    willingness: float,
    months: int = 120,
    n: int = 512,
    seed: int = 0,
    top: int | None = None,
) -> pd.DataFrame:
    """Share of the variance of the extra net benefit that each line explains, alone and with interactions.

    Returns
    -------
    DataFrame
        line, first, total; largest total first, at most ``top`` of them.

    Notes
    -----
    ``scipy.stats.sobol_indices`` (Saltelli et al. 2010) on the lines' quantiles; n is a power of two.
    """
    from scipy import stats

    strategy = strategy or _first_strategy(ledger)
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
    table = table.sort_values(["total", "line"], ascending=[False, True], ignore_index=True).head(top or len(table))
    table.attrs["provenance"] = ledger.provenance
    return table


def _first_strategy(ledger: Ledger) -> str:
    return next((name for name in strategies(ledger) if name != NOW), NOW)
