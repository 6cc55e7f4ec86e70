"""The cohort, acceptability and value of information against heormodel 0.7.4 (MIT), where that is installed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.model.cohort import exponentials, generators, run_cohort, start_shares, state_costs
from continuum.model.ledger import load_ledgers
from continuum.model.uncertainty import acceptability, evpi
from continuum.study import load_study

markov = pytest.importorskip("heormodel.models.markov", reason="needs heormodel, a peer that is not a dependency")

MONTHS, DRAWS = 36, 25


@pytest.fixture(scope="module")
def both():
    """The same strategies, draws and months in both programs."""
    ledger = load_ledgers(load_study("demo"))[0]
    draws = ledger.draw(DRAWS, 3) | {"discount": np.full(DRAWS, ledger.value("discount"))}
    ours = run_cohort(ledger, draws, months=MONTHS)
    levers = {"as now": None, "upstream": "up", "easier access": "opt_in", "downstream": "down"}

    def one(row: pd.Series, strategy: str):
        k = [int(row["k"])]
        single = {name: values[k] for name, values in draws.items()}
        lever = levers[strategy]
        active = {lever: single[f"strategy.{strategy}.{lever}"]} if lever else {}
        cost = single[f"strategy.{strategy}.cost"] if lever else np.zeros(1)
        return markov.CohortSpec(
            exponentials(generators(single, active))[0], state_costs(single, cost)[0], np.repeat([1.0, 0.0], 4)
        )

    results = []
    for k in range(DRAWS):
        engine = markov.MarkovModel(
            states=[str(s) for s in range(8)], interventions=ours.strategies, transitions_and_rewards=one,
            n_cycles=MONTHS - 1, initial_state=start_shares(draws)[k].tolist(),
            discount_rate=float(ledger.value("discount")), cycle_correction="none",
        )  # fmt: skip
        results.append(engine.evaluate(pd.DataFrame({"k": [k]}, index=pd.RangeIndex(1, name="iteration"))))
    costs, effects = (
        pd.concat([getattr(r, name)() for r in results], ignore_index=True)[ours.strategies]
        for name in ("costs_wide", "effects_wide")
    )
    return ours, costs, effects


def test_costs_and_effects_agree(both):
    ours, costs, effects = both
    np.testing.assert_allclose(ours.cost.T, costs.to_numpy(), rtol=1e-10)
    np.testing.assert_allclose(ours.effect.T, effects.to_numpy(), rtol=1e-10)


def test_acceptability_and_perfect_information_agree(both):
    from heormodel.cea.ceac import ceac
    from heormodel.models import Outcomes
    from heormodel.voi.evpi import evpi as peer_evpi

    ours, costs, effects = both
    peer = Outcomes.from_wide(costs.rename_axis("iteration"), effects.rename_axis("iteration"))
    for value in (0.0, 500.0, 2000.0):
        mine = acceptability(ours, [value])["probability"].to_numpy()
        assert mine == pytest.approx(ceac(peer, [value])[ours.strategies].to_numpy()[0])
        assert evpi(ours.net_benefit(value)) == pytest.approx(peer_evpi(peer, value), rel=1e-9)
