"""Under which assumptions prevention costs less: the region is the answer, not a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..provenance import Provenance, weakest
from .ledger import Ledger

#: Lines a ledger needs for the break-even set.
LINES = ("prevention.cost_per_person", "downstream.cost_per_outcome", "prevention.base_rate", "prevention.reduction")
#: If the probability of a claim lies between these, the ledger does not settle it.
UNDETERMINED = (0.2, 0.8)


@dataclass(frozen=True)
class BreakEven:
    """The break-even set of one prevention cost and one downstream cost.

    Attributes
    ----------
    prevention_cost : float
        Per person reached.
    downstream_cost : float
        Per outcome that prevention would avert.
    currency : str
    provenance : Provenance
    ledger : str
        Hash of the ledger; empty for plain numbers.
    """

    prevention_cost: float
    downstream_cost: float
    currency: str = ""
    provenance: Provenance = Provenance.USER_ASSUMPTION
    ledger: str = ""

    @property
    def threshold(self) -> float:
        """Prevention costs less if and only if base rate x relative reduction exceeds this."""
        return self.prevention_cost / self.downstream_cost

    def cheaper(self, base_rate: float, reduction: float) -> bool:
        """Whether prevention costs less at this base rate (of the group reached) and relative reduction."""
        return bool(base_rate * reduction > self.threshold)

    def needed_reduction(self, base_rate: float) -> float:
        """Relative reduction at which costs are equal; above 1 it cannot be reached (NaN at a base rate of 0)."""
        return self.threshold / base_rate if base_rate > 0 else float("nan")

    def cost_per_case_averted(self, base_rate: float, reduction: float) -> float:
        """Upstream cost of one averted outcome, c / (p0 rho); infinite if nothing is averted."""
        averted = base_rate * reduction
        return self.prevention_cost / averted if averted > 0 else float("inf")

    def curve(self, base_rates: Sequence[float] | None = None) -> pd.DataFrame:
        """The curve of equal costs: base_rate, reduction, reachable (reduction at most 1)."""
        rates = np.geomspace(0.001, 0.5, 60) if base_rates is None else np.asarray(base_rates, dtype=float)
        needed = np.array([self.needed_reduction(rate) for rate in rates])
        table = pd.DataFrame({"base_rate": rates, "reduction": needed, "reachable": needed <= 1})
        table.attrs["provenance"] = self.provenance
        return table

    def summary(self) -> pd.DataFrame:
        """The costs and what they ask for: quantity, value, unit, n."""
        table = pd.DataFrame({
            "quantity": ["prevention cost", "downstream cost", "threshold"],
            "value": [self.prevention_cost, self.downstream_cost, self.threshold],
            "unit": [self.currency, self.currency, "base rate x relative reduction"],
            "n": 0,
        })  # fmt: skip
        table.attrs["provenance"] = self.provenance
        return table


def break_even(
    ledger: Ledger | None = None, *, prevention_cost: float | None = None, downstream_cost: float | None = None
) -> BreakEven:
    """The break-even set of a ledger, or of two costs.

    Parameters
    ----------
    ledger : Ledger, optional
        With the lines ``prevention.cost_per_person`` and ``downstream.cost_per_outcome``.
    prevention_cost, downstream_cost : float, optional
        Used where no ledger is given.

    Raises
    ------
    LedgerIncomplete
        If a line is missing.
    BadInput
        If a cost is missing, negative, or the downstream cost is zero.
    """
    if ledger is not None:
        cost, downstream = ledger.value(LINES[0]), ledger.value(LINES[1])
        found = BreakEven(cost, downstream, ledger.currency, ledger.provenance, ledger.hash)
    elif prevention_cost is None or downstream_cost is None:
        raise BadInput("a break-even set needs two costs", fix="give a ledger, or prevention_cost and downstream_cost")
    else:
        found = BreakEven(float(prevention_cost), float(downstream_cost))
    if not (found.prevention_cost >= 0 and found.downstream_cost > 0):
        raise BadInput(
            f"costs must not be negative, and the downstream cost not zero: {found.prevention_cost:g}, "
            f"{found.downstream_cost:g}",
            fix="correct the costs",
        )
    return found


def probability_cheaper(ledger: Ledger, *, draws: int = 10_000, seed: int = 0) -> float:
    """Share of joint draws of the ledger in which prevention costs less: a statement given this ledger only."""
    ledger.require(LINES)
    drawn = ledger.draw(draws, seed)
    cost, downstream, rate, reduction = (drawn[name] for name in LINES)
    return float(np.mean(rate * reduction * downstream > cost))


def conclusion(ledgers: Sequence[Ledger], *, draws: int = 10_000, seed: int = 0) -> pd.DataFrame:
    """What each ledger says, and what all of them say together.

    Parameters
    ----------
    ledgers : sequence of Ledger
        All that are admissible to the reader.
    draws, seed : int

    Returns
    -------
    DataFrame
        ledger, hash, probability, conclusion (``prevention costs less``, ``prevention costs more`` or ``not
        determined``), provenance. With several ledgers a last row ``all ledgers``: their common conclusion, and
        ``not determined`` where they disagree.
    """
    if not ledgers:
        raise BadInput("no ledger was given", fix="name ledgers under pathways: in study.yaml")
    rows = []
    for ledger in ledgers:
        share = probability_cheaper(ledger, draws=draws, seed=seed)
        rows.append({"ledger": ledger.name, "hash": ledger.hash, "probability": share, "conclusion": _words(share),
                     "provenance": ledger.provenance.name, "draws": draws})  # fmt: skip
    lowest = weakest(*(ledger.provenance for ledger in ledgers))
    if len(rows) > 1:
        said = {str(row["conclusion"]) for row in rows}
        rows.append({"ledger": "all ledgers", "hash": "", "probability": float("nan"),
                     "conclusion": said.pop() if len(said) == 1 else "not determined",
                     "provenance": lowest.name, "draws": draws})  # fmt: skip
    table = pd.DataFrame(rows)
    table.attrs["provenance"] = lowest
    return table


def _words(share: float) -> str:
    if share > UNDETERMINED[1]:
        return "prevention costs less"
    return "prevention costs more" if share < UNDETERMINED[0] else "not determined"
