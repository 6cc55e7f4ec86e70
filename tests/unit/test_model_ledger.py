"""Ledgers and break-even sets: complete lines or nothing, and conclusions that follow the ledger, not the claim."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from continuum.errors import BadInput, LedgerIncomplete, NotCollected
from continuum.model import Ledger, break_even
from continuum.model.break_even_sets import conclusion, probability_cheaper
from continuum.model.ledger import UNITS, load_ledgers
from continuum.provenance import Provenance
from continuum.study import Study, load_study

FIELDS = {"currency": "none", "price_year": "none", "perspective": "public budget", "jurisdiction": "nowhere",
          "provenance": "USER_ASSUMPTION", "rationale": "a test"}  # fmt: skip


def line(value: float, unit: str, spread: float = 0.0, **more: object) -> dict:
    family = {"probability": "beta", "relative risk": "lognormal"}.get(unit, "gamma")
    key = "sd_log" if family == "lognormal" else "sd"
    money = {"currency": "USD", "price_year": 2019} if unit.startswith("money") else {}
    distribution = {"family": family, key: spread} if spread else "fixed"
    return {"value": value, "distribution": distribution, "unit": unit, **FIELDS, **money, **more}


def content(
    cost: float = 100, downstream: float = 50_000, rate: float = 0.02, reduction: float = 0.3, spread: float = 0.1
):
    return {"ledger": "test", "parameters": {
        "prevention.cost_per_person": line(cost, "money", spread * cost),
        "downstream.cost_per_outcome": line(downstream, "money", spread * downstream),
        "prevention.base_rate": line(rate, "probability", spread * rate),
        "prevention.reduction": line(reduction, "probability", spread * reduction),
    }}  # fmt: skip


def test_the_break_even_identity_holds_exactly():
    found = break_even(Ledger.of(content()))
    assert found.threshold == 100 / 50_000
    assert found.cheaper(0.02, 0.3)
    assert not found.cheaper(0.02, 0.1)  # equal costs are not lower costs
    assert found.cost_per_case_averted(0.02, 0.3) == pytest.approx(100 / 0.006)


@given(st.floats(1, 1e6), st.floats(1, 1e8), st.floats(1e-4, 1), st.floats(1e-4, 1))
def test_prevention_is_cheaper_exactly_when_an_averted_case_costs_less_than_the_case(cost, downstream, rate, reduction):
    found = break_even(prevention_cost=cost, downstream_cost=downstream)
    averted = found.cost_per_case_averted(rate, reduction)
    if abs(averted - downstream) > 1e-9 * downstream:
        assert found.cheaper(rate, reduction) == (averted < downstream)


def test_the_curve_shows_where_the_claim_fails():
    curve = break_even(prevention_cost=5000, downstream_cost=50_000).curve()
    assert not curve["reachable"].all()
    assert curve["reachable"].any()
    assert (curve["base_rate"] * curve["reduction"]).to_numpy() == pytest.approx(0.1)


def test_two_ledgers_with_opposite_truths_give_opposite_conclusions():
    cheap, dear = Ledger.of(content(cost=20)), Ledger.of(content(cost=20_000))
    table = conclusion([cheap, dear])["conclusion"].tolist()
    assert table == ["prevention costs less", "prevention costs more", "not determined"]


def test_a_wide_ledger_determines_nothing():
    wide = Ledger.of(content(cost=300, spread=0.9))
    assert 0.2 < probability_cheaper(wide) < 0.8
    assert conclusion([wide])["conclusion"].tolist() == ["not determined"]


def test_draws_follow_their_distributions_and_do_not_depend_on_other_lines():
    ledger = Ledger.of(content())
    drawn = ledger.draw(40_000, seed=1)
    for name, parameter in ledger.parameters.items():
        assert drawn[name].mean() == pytest.approx(parameter.value, rel=0.01)
        assert drawn[name].std() == pytest.approx(parameter.spread[0], rel=0.02)
    fewer = content()
    del fewer["parameters"]["prevention.base_rate"]
    assert np.array_equal(
        Ledger.of(fewer).draw(10, 1)["prevention.reduction"], ledger.draw(10, 1)["prevention.reduction"]
    )


def test_a_relative_risk_has_its_median_at_the_value():
    ledger = Ledger.of({"parameters": {"served.up": line(0.8, "relative risk", 0.5)}})
    assert np.median(ledger.draw(40_000, 0)["served.up"]) == pytest.approx(0.8, rel=0.02)


@pytest.mark.parametrize("field", ["value", "distribution", "unit", "currency", "price_year", "perspective",
                                   "jurisdiction", "provenance", "rationale"])  # fmt: skip
def test_a_line_without_any_field_is_refused(field):
    broken = content()
    del broken["parameters"]["prevention.base_rate"][field]
    with pytest.raises(LedgerIncomplete, match=r"prevention\.base_rate: (no|neither)"):
        Ledger.of(broken)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("prevention.cost_per_person", {"value": -5}, "-5 is negative"),
        ("prevention.base_rate", {"value": 1.2, "distribution": "fixed"}, "above one"),
        ("prevention.base_rate", {"value": "many"}, "is not a number"),
        ("prevention.base_rate", {"unit": "percent"}, "unknown unit 'percent'"),
        ("prevention.base_rate", {"distribution": {"family": "gamma", "sd": 1}}, "has the distribution beta"),
        ("prevention.base_rate", {"distribution": {"family": "beta"}}, "beta needs sd"),
        ("prevention.base_rate", {"distribution": {"family": "beta", "sd": 0.5}}, "no beta distribution has mean"),
        ("prevention.base_rate", {"distribution": {"family": "uniform", "low": 0.5, "high": 0.6}}, "does not hold"),
        ("prevention.base_rate", {"provenance": "HEARSAY"}, "unknown provenance 'HEARSAY'"),
        ("prevention.base_rate", {"provenance": "SOURCED_PARAM"}, "SOURCED_PARAM needs a citation"),
        ("prevention.base_rate", {"provenance": "SYNTHETIC"}, "does not say synthetic: true"),
        ("prevention.cost_per_person", {"currency": "GBP"}, "mixed currencies: GBP, USD"),
        ("prevention.cost_per_person", {"price_year": 2017}, "mixed price years: 2017, 2019"),
        ("prevention.cost_per_person", {"perspective": "society"}, "mixed perspectives"),
        ("prevention.cost_per_person", {"currency": "none"}, "money needs currency"),
    ],
)  # fmt: skip
def test_wrong_lines_are_one_clear_error(name, change, message):
    broken = content()
    broken["parameters"][name] |= change
    with pytest.raises(LedgerIncomplete, match=message) as caught:
        Ledger.of(broken)
    assert caught.value.exit_code == 2


def test_probabilities_of_one_group_may_not_sum_above_one():
    lines = {f"start.level_{k}": line(0.5, "probability", group="start") for k in (1, 2, 3)}
    with pytest.raises(LedgerIncomplete, match=r"probabilities of 'start' sum to 1\.5"):
        Ledger.of({"parameters": lines})


def test_the_shipped_example_is_synthetic_in_every_line_and_in_its_name():
    ledger = load_ledgers(load_study("demo"))[0]
    assert ledger.synthetic
    assert {line.provenance for line in ledger.parameters.values()} == {Provenance.SYNTHETIC}
    assert break_even(ledger).provenance is Provenance.SYNTHETIC


def test_stripping_the_label_from_a_synthetic_ledger_stops_everything(tmp_path):
    demo = load_study("demo")
    text = demo.path("example_SYNTHETIC.yml").read_text(encoding="utf-8")
    renamed = tmp_path / "costs.yml"
    renamed.write_text(text, encoding="utf-8")
    with pytest.raises(LedgerIncomplete, match="must contain SYNTHETIC"):
        Ledger.read(renamed)
    stripped = tmp_path / "stripped_SYNTHETIC.yml"
    stripped.write_text(text.replace("synthetic: true\n", ""), encoding="utf-8")
    with pytest.raises(LedgerIncomplete, match="does not say synthetic: true"):
        Ledger.read(stripped)


def test_errors_name_the_line_of_the_file(tmp_path):
    file = tmp_path / "ledger.yml"
    file.write_text(yaml.safe_dump(content()).replace("unit: probability", "unit: percent"), encoding="utf-8")
    with pytest.raises(LedgerIncomplete, match=r"ledger\.yml: line \d+, prevention\.base_rate: unknown unit"):
        Ledger.read(file)


def test_the_hash_names_exactly_these_numbers():
    here, there = content(), copy.deepcopy(content())
    assert Ledger.of(here).hash == Ledger.of(there).hash
    there["parameters"]["prevention.base_rate"]["value"] = 0.021
    assert Ledger.of(here).hash != Ledger.of(there).hash


def test_missing_lines_and_ledgers_are_named_not_defaulted():
    with pytest.raises(LedgerIncomplete, match=r"no line prevention\.cost_per_person"):
        break_even(Ledger.of({"parameters": {"served.up": line(1, "relative risk")}}))
    with pytest.raises(NotCollected, match="no default costs"):
        load_ledgers(Study(study="x", title="X"))
    with pytest.raises(BadInput, match="needs two costs"):
        break_even(prevention_cost=3.0)
    with pytest.raises(BadInput, match="must not be negative"):
        break_even(prevention_cost=-3.0, downstream_cost=1.0)


def test_every_unit_allows_a_known_value():
    assert all("fixed" in families for families in UNITS.values())
