"""The example ledger: every number made up, every line complete, and the file name says so."""

from __future__ import annotations

LEDGER = "example_SYNTHETIC.yml"

#: line, value, unit, spread: made up, so that the scenario pages have something to show.
LINES: tuple[tuple[str, float, str, float], ...] = (
    ("prevention.cost_per_person", 300, "money", 80),
    ("prevention.base_rate", 0.04, "probability", 0.012),
    ("prevention.reduction", 0.25, "probability", 0.09),
    ("downstream.cost_per_outcome", 42000, "money", 12000),
    ("start.level_1", 0.50, "probability", 0),
    ("start.level_2", 0.12, "probability", 0),
    ("start.level_3", 0.03, "probability", 0),
    ("up.0", 0.06, "rate per month", 0.010),
    ("up.1", 0.05, "rate per month", 0.010),
    ("up.2", 0.03, "rate per month", 0.008),
    ("down.1", 0.10, "rate per month", 0.015),
    ("down.2", 0.08, "rate per month", 0.015),
    ("down.3", 0.06, "rate per month", 0.015),
    ("opt_in.0", 0.05, "rate per month", 0.010),
    ("opt_in.1", 0.10, "rate per month", 0.015),
    ("opt_in.2", 0.14, "rate per month", 0.025),
    ("opt_in.3", 0.16, "rate per month", 0.040),
    ("opt_out.0", 0.20, "rate per month", 0.030),
    ("opt_out.1", 0.12, "rate per month", 0.020),
    ("opt_out.2", 0.09, "rate per month", 0.020),
    ("opt_out.3", 0.07, "rate per month", 0.020),
    ("served.up", 0.75, "relative risk", 0.15),
    ("served.down", 1.40, "relative risk", 0.15),
    ("cost.services", 310, "money per month", 60),
    ("cost.level_2", 520, "money per month", 140),
    ("cost.level_3", 1900, "money per month", 500),
    ("discount", 0.0025, "rate per month", 0),
    ("strategy.upstream.cost", 70, "money per month", 20),
    ("strategy.upstream.up", 0.82, "relative risk", 0.20),
    ("strategy.easier access.cost", 15, "money per month", 5),
    ("strategy.easier access.opt_in", 1.50, "relative risk", 0.15),
    ("strategy.downstream.cost", 30, "money per month", 8),
    ("strategy.downstream.down", 1.15, "relative risk", 0.10),
)
_FAMILY = {"probability": "beta", "relative risk": "lognormal", "rate per month": "gamma", "money": "gamma",
           "money per month": "gamma"}  # fmt: skip

_HEAD = """\
# A SYNTHETIC ledger: every number in it is made up. It shows the form of a ledger and says nothing about prevention,
# services or costs anywhere. Copy the form, never the numbers; there are no default costs or effects.
#
# Every line needs: value (mean; median of a lognormal), distribution (fixed, beta/gamma with sd, lognormal with sd_log,
# uniform with low and high), unit, currency, price_year, perspective, jurisdiction, provenance, and a citation or a
# rationale. Money has one currency, price year and perspective throughout; anything else has none.
ledger: example
synthetic: true
parameters:
"""


def ledger_yaml() -> str:
    """Text of ``example_SYNTHETIC.yml``."""
    return _HEAD + "".join(_line(*line) for line in LINES)


def _line(name: str, value: float, unit: str, spread: float) -> str:
    key = "sd_log" if unit == "relative risk" else "sd"
    distribution = f"{{family: {_FAMILY[unit]}, {key}: {spread:g}}}" if spread else "{family: fixed}"
    money = unit.startswith("money")
    group = "    group: start\n" if name.startswith("start.") else ""
    return (
        f"  {name}:\n"
        f"    value: {value:g}\n"
        f"    distribution: {distribution}\n"
        f"    unit: {unit}\n"
        f"    currency: {'SYN' if money else 'none'}\n"
        f"    price_year: {'2019' if money else 'none'}\n"
        f"    perspective: {'public budget' if money else 'none'}\n"
        f"    jurisdiction: nowhere (synthetic)\n"
        f"    provenance: SYNTHETIC\n"
        f"    rationale: made up for the example\n{group}"
    )
