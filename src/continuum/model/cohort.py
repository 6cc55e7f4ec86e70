"""A cohort on the pathway states, month by month, under strategies that change named rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, LedgerIncomplete, NotCollected
from ..provenance import Provenance
from .ledger import Ledger

Floats = NDArray[np.float64]

LEVELS = 4
NOW = "as now"
#: Levers a strategy may pull: the family of rates it multiplies.
LEVERS = ("up", "down", "opt_in", "opt_out")

#: Lines every pathway ledger needs (``strategy.NAME.cost`` and ``strategy.NAME.LEVER`` come on top).
LINES = (
    *(f"start.level_{level}" for level in range(1, LEVELS)),
    *(f"up.{level}" for level in range(LEVELS - 1)),
    *(f"down.{level}" for level in range(1, LEVELS)),
    *(f"opt_in.{level}" for level in range(LEVELS)),
    *(f"opt_out.{level}" for level in range(LEVELS)),
    "served.up", "served.down", "cost.services", "cost.level_2", "cost.level_3", "discount",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Discounted costs and effects of every strategy in every draw.

    Attributes
    ----------
    strategies : list of str
        ``as now`` first.
    cost : array, shape (strategies, draws)
        Per person, in the ledger's currency.
    effect : array, shape (strategies, draws)
        Months per person without violence, exploitation or trafficking (levels 0 and 1).
    provenance : Provenance
        Class of the ledger.
    """

    strategies: list[str]
    cost: Floats
    effect: Floats
    provenance: Provenance = Provenance.USER_ASSUMPTION

    def net_benefit(self, willingness: float) -> Floats:
        """willingness x effect - cost, shape (strategies, draws)."""
        return willingness * self.effect - self.cost


def strategies(ledger: Ledger) -> dict[str, list[str]]:
    """Strategies of a ledger and the levers each pulls, ``as now`` first.

    Raises
    ------
    LedgerIncomplete
        If a strategy has no cost, or pulls an unknown lever.
    """
    found: dict[str, list[str]] = {NOW: []}
    for line in ledger.parameters:
        if line.startswith("strategy."):
            _, name, lever = line.split(".", 2)
            found.setdefault(name, []).append(lever)
    for name, levers in found.items():
        unknown = sorted(set(levers) - {*LEVERS, "cost"})
        if unknown:
            raise LedgerIncomplete(f"strategy {name!r} pulls {unknown[0]!r}", fix=f"use {', '.join(LEVERS)} and cost")
        if name != NOW and "cost" not in levers:
            raise LedgerIncomplete(f"strategy {name!r} has no cost", fix=f"add strategy.{name}.cost")
    return {name: [lever for lever in levers if lever != "cost"] for name, levers in found.items()}


def with_strategies(ledger: Ledger) -> Ledger:
    """The ledger, if it compares strategies at all.

    Raises
    ------
    NotCollected
        If it has no strategy: then it says where prevention breaks even, and nothing more.
    """
    if len(strategies(ledger)) == 1:
        raise NotCollected(
            f"The ledger {ledger.name!r} compares no strategies; it only says where prevention breaks even.",
            "lines strategy.NAME.cost and strategy.NAME.LEVER, and the rates of the pathways",
        )
    return ledger


def run_cohort(ledger: Ledger, draws: Mapping[str, Floats], *, months: int = 120) -> Outcome:
    """Expected costs and effects per person over ``months``, for every strategy and draw.

    Parameters
    ----------
    ledger : Ledger
        With the lines of :data:`LINES`.
    draws : mapping of line to array of shape (n,)
        From :meth:`Ledger.draw` or :meth:`Ledger.central`.
    months : int
        Cycles; states are counted at the beginning of each, the first included.

    Returns
    -------
    Outcome

    Notes
    -----
    Transition probabilities are exact, exp(Q) per month; the discounted sum of their powers is built by doubling, so
    240 cycles cost eight matrix products. Source: Briggs, Claxton, Sculpher 2006.
    """
    ledger.require(LINES)
    if months < 1:
        raise BadInput("a cohort needs at least one month", fix="give months of 1 or more")
    known = strategies(ledger)
    n = len(next(iter(draws.values())))
    begin = start_shares(draws)
    factor = 1 / (1 + draws["discount"])
    costs, effects = [], []
    for name, levers in known.items():
        step = exponentials(generators(draws, {lever: draws[f"strategy.{name}.{lever}"] for lever in levers}))
        spent = np.einsum("ni,nij->nj", begin, discounted_sum(step * factor[:, None, None], months))
        programme = draws[f"strategy.{name}.cost"] if name != NOW else np.zeros(n)
        costs.append((spent * state_costs(draws, programme)).sum(axis=1))
        effects.append(spent[:, :4].sum(axis=1))
    return Outcome(list(known), np.array(costs), np.array(effects), ledger.provenance)


def trace(ledger: Ledger, strategy: str = NOW, *, months: int = 120) -> pd.DataFrame:
    """Shares of states over time at the ledger's central values: month, level, engaged, share."""
    ledger.require(LINES)
    draws = ledger.central()
    known = strategies(ledger)
    if strategy not in known:
        raise BadInput(f"no strategy {strategy!r}", fix=f"one of {', '.join(known)}")
    step = exponentials(generators(draws, {k: draws[f"strategy.{strategy}.{k}"] for k in known[strategy]}))[0]
    share, rows = start_shares(draws)[0], []
    for month in range(months + 1):
        rows += [(month, state // 2, state % 2, float(value)) for state, value in enumerate(share)]
        share = share @ step
    return pd.DataFrame(rows, columns=["month", "level", "engaged", "share"])


def start_shares(draws: Mapping[str, Floats]) -> Floats:
    """Shares of states at the beginning, shape (n, 8): out of services, at level 0 unless the ledger says otherwise."""
    higher = np.column_stack([draws[f"start.level_{level}"] for level in range(1, LEVELS)])
    higher = higher / np.maximum(1.0, higher.sum(axis=1))[:, None]
    shares = np.zeros((len(higher), 2 * LEVELS))
    shares[:, 0] = 1 - higher.sum(axis=1)
    shares[:, 2::2] = higher
    return shares


def generators(draws: Mapping[str, Floats], levers: Mapping[str, Floats]) -> Floats:
    """Generator matrices per month, shape (n, 8, 8), with families of rates multiplied by the levers."""
    n = len(draws["up.0"])
    one = np.ones(n)
    matrices = np.zeros((n, 2 * LEVELS, 2 * LEVELS))
    for level in range(LEVELS):
        out, served = 2 * level, 2 * level + 1
        matrices[:, out, served] = draws[f"opt_in.{level}"] * levers.get("opt_in", one)
        matrices[:, served, out] = draws[f"opt_out.{level}"] * levers.get("opt_out", one)
        if level + 1 < LEVELS:
            up = draws[f"up.{level}"] * levers.get("up", one)
            down = draws[f"down.{level + 1}"] * levers.get("down", one)
            matrices[:, out, out + 2], matrices[:, served, served + 2] = up, up * draws["served.up"]
            matrices[:, out + 2, out], matrices[:, served + 2, served] = down, down * draws["served.down"]
    diagonal = np.arange(2 * LEVELS)
    matrices[:, diagonal, diagonal] = -matrices.sum(axis=2)
    return matrices


def state_costs(draws: Mapping[str, Floats], programme: Floats) -> Floats:
    """Cost of a month in each state, shape (n, 8); a strategy's cost falls on everyone."""
    costs = np.zeros((len(programme), 2 * LEVELS))
    costs[:, 1::2] += draws["cost.services"][:, None]
    costs[:, 4:6] += draws["cost.level_2"][:, None]
    costs[:, 6:8] += draws["cost.level_3"][:, None]
    return costs + programme[:, None]


def exponentials(matrices: Floats) -> Floats:
    """Matrix exponentials of a stack, shape (n, s, s): Taylor series of degree 12 after scaling, then squaring."""
    size = float(np.abs(matrices).sum(axis=2).max(initial=0.0))
    squarings = max(0, int(np.ceil(np.log2(max(size, 1e-12) / 0.25))))
    scaled = matrices / 2.0**squarings
    total = np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape).copy()
    power = total
    for k in range(1, 13):
        power = power @ scaled / k
        total = total + power
    for _ in range(squarings):
        total = total @ total
    return total


def discounted_sum(step: Floats, cycles: int) -> Floats:
    """I + A + A^2 + ... + A^(cycles - 1) for a stack of matrices, by doubling."""
    identity = np.broadcast_to(np.eye(step.shape[1]), step.shape)
    total, power = np.zeros_like(step), identity
    for bit in bin(cycles)[2:]:
        total, power = total + power @ total, power @ power
        if bit == "1":
            total, power = total @ step + identity, power @ step
    return total
