"""Scenario ledgers: every number of a scenario with its unit, place, price year and source, or nothing runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import paths
from ..errors import BadInput, LedgerIncomplete, NotCollected
from ..provenance import Provenance, weakest
from ..study import Study
from ..yaml_lines import read_yaml

Floats = NDArray[np.float64]

#: Kinds of parameters by unit, and the distributions each may have.
UNITS: dict[str, tuple[str, ...]] = {
    "probability": ("beta", "uniform", "fixed"),
    "relative risk": ("lognormal", "uniform", "fixed"),
    "rate per month": ("gamma", "lognormal", "uniform", "fixed"),
    "money": ("gamma", "uniform", "fixed"),
    "money per month": ("gamma", "uniform", "fixed"),
    "persons": ("gamma", "uniform", "fixed"),
    "months": ("gamma", "uniform", "fixed"),
}
FIELDS = (
    "value", "distribution", "unit", "currency", "price_year", "perspective", "jurisdiction", "provenance",
)  # fmt: skip
_SPREAD = {"beta": ("sd",), "gamma": ("sd",), "lognormal": ("sd_log",), "uniform": ("low", "high"), "fixed": ()}


@dataclass(frozen=True)
class Parameter:
    """One line of a ledger.

    Attributes
    ----------
    name : str
    value : float
        Mean (median of a lognormal).
    family : str
        ``beta``, ``gamma``, ``lognormal``, ``uniform`` or ``fixed``.
    spread : tuple of float
        sd; sd of the logarithm; or low and high.
    unit, currency, perspective, jurisdiction, source : str
        ``source`` is the citation or the rationale.
    price_year : int or None
    provenance : Provenance
    group : str
        Probabilities of one group exclude each other and may not sum above one.
    """

    name: str
    value: float
    family: str
    spread: tuple[float, ...]
    unit: str
    currency: str
    price_year: int | None
    perspective: str
    jurisdiction: str
    provenance: Provenance
    source: str
    group: str = ""

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """``n`` values from the parameter's distribution."""
        return self.quantile(rng.random(n))

    def quantile(self, share: Floats) -> Floats:
        """Values below which these shares of the distribution lie."""
        from scipy import stats

        if self.family == "fixed" or self.value == 0:
            return np.full(np.shape(share), self.value)
        if self.family == "uniform":
            low, high = self.spread
            return low + (high - low) * share
        (sd,) = self.spread
        if self.family == "lognormal":
            return self.value * np.exp(sd * stats.norm.ppf(share))
        if self.family == "gamma":
            shape = (self.value / sd) ** 2
            return stats.gamma.ppf(share, shape, scale=self.value / shape)
        total = self.value * (1 - self.value) / sd**2 - 1
        return stats.beta.ppf(share, self.value * total, (1 - self.value) * total)


@dataclass(frozen=True)
class Ledger:
    """All parameters of a scenario.

    Attributes
    ----------
    name : str
    parameters : mapping of name to Parameter
    synthetic : bool
        Whether its numbers are made up; every output then says so.
    """

    name: str
    parameters: Mapping[str, Parameter]
    synthetic: bool = False

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """A ledger from its YAML file; see :meth:`of`, whose problems are then named with their lines.

        Raises
        ------
        LedgerIncomplete
        BadInput
            If the file is not YAML.
        """
        located = read_yaml(path)
        lines = {key: located.line(("parameters", key)) for key in (located.value.get("parameters") or {})}
        return cls.of(located.value, name=path.stem, file=paths.relative(path), lines=lines)

    @classmethod
    def of(
        cls, content: Any, *, name: str = "ledger", file: str = "ledger", lines: Mapping[str, int] | None = None
    ) -> Ledger:
        """A ledger from the content of its YAML file.

        Parameters
        ----------
        content : mapping
            ``ledger`` (name), ``synthetic`` (true or absent), ``parameters``: name -> line with the fields of
            :data:`FIELDS` and ``citation`` or ``rationale``.
        name : str
            Used where the content has none.
        file : str
            Named in errors.
        lines : mapping of name to int, optional
            Line of the file on which each parameter begins.

        Raises
        ------
        LedgerIncomplete
            Listing every line with a missing field, a value its unit does not allow, or a distribution it cannot
            have; units, currencies, price years or perspectives that are mixed; probabilities of one group that sum
            above one; a synthetic line in a ledger that does not say so.
        """
        if not isinstance(content, Mapping) or not isinstance(content.get("parameters"), Mapping):
            raise LedgerIncomplete("a ledger needs parameters:", file=file, fix="see data/demo/example_SYNTHETIC.yml")
        problems: list[str] = []
        known: dict[str, Parameter] = {}
        for key, line in content["parameters"].items():
            found = _parameter(str(key), line)
            if isinstance(found, Parameter):
                known[str(key)] = found
            else:
                where = f"line {lines[key]}, {key}" if lines and key in lines else str(key)
                problems += [f"{where}: {what}" for what in found]
        synthetic = bool(content.get("synthetic", False))
        problems += _mixed(known.values()) + _sums(known.values())
        made_up = [line.name for line in known.values() if line.provenance is Provenance.SYNTHETIC]
        if made_up and not synthetic:
            problems.append(f"{', '.join(made_up[:3])}: synthetic, but the ledger does not say synthetic: true")
        if synthetic and "SYNTHETIC" not in file:
            problems.append("the name of a synthetic ledger's file must contain SYNTHETIC")
        if problems:
            shown = "; ".join(problems[:20])
            raise LedgerIncomplete(shown, file=file, fix="a scenario runs only when every line is complete")
        return cls(str(content.get("ledger", name)), known, synthetic)

    @property
    def hash(self) -> str:
        """Twelve characters that name exactly these numbers; printed with every statement."""
        lines = {key: {**asdict(line), "provenance": line.provenance.name} for key, line in self.parameters.items()}
        return hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def provenance(self) -> Provenance:
        """The weakest class among its lines."""
        return weakest(*(line.provenance for line in self.parameters.values()))

    @property
    def currency(self) -> str:
        """The one currency of its money lines, with the price year; empty without any."""
        money = [line for line in self.parameters.values() if line.unit.startswith("money")]
        return f"{money[0].currency} ({money[0].price_year})" if money else ""

    def value(self, name: str) -> float:
        """The central value of a line.

        Raises
        ------
        LedgerIncomplete
            If the ledger has no such line.
        """
        return self._line(name).value

    def draw(self, n: int, seed: int) -> dict[str, Floats]:
        """``n`` joint draws of all lines; each line has its own random numbers, so a new line changes no other."""
        drawn = {}
        for name, line in self.parameters.items():
            key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
            drawn[name] = line.draw(n, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,))))
        return drawn

    def central(self) -> dict[str, Floats]:
        """One draw that holds every line's central value."""
        return {name: np.array([line.value]) for name, line in self.parameters.items()}

    def require(self, names: Iterable[str]) -> None:
        """Stop unless every one of these lines is there.

        Raises
        ------
        LedgerIncomplete
            Naming all that are missing.
        """
        missing = [name for name in names if name not in self.parameters]
        if missing:
            raise LedgerIncomplete(
                f"the ledger {self.name!r} has no line {', '.join(missing)}", fix="add them; there are no defaults"
            )

    def _line(self, name: str) -> Parameter:
        self.require([name])
        return self.parameters[name]


def load_ledgers(study: Study) -> list[Ledger]:
    """The ledgers that ``study.yaml`` names, in its order.

    Raises
    ------
    NotCollected
        If it names none: there are no default costs or effects.
    LedgerIncomplete
    """
    names = study.pathways.ledgers if study.pathways else []
    if not names:
        raise NotCollected(
            "This study has no scenario ledger, and there are no default costs or effects.",
            "pathways: ledgers: in study.yaml, with a source for every number",
        )
    return [Ledger.read(study.path(name)) for name in names]


def choose_ledger(ledgers: list[Ledger], name: str = "") -> Ledger:
    """The ledger with this name; the first if no name is given.

    Raises
    ------
    BadInput
    """
    for ledger in ledgers:
        if name in {"", ledger.name}:
            return ledger
    raise BadInput(f"no ledger is called {name!r}", fix=f"one of {', '.join(ledger.name for ledger in ledgers)}")


def _parameter(name: str, line: Any) -> Parameter | list[str]:
    """One line, or what is wrong with it."""
    if not isinstance(line, Mapping):
        return ["is not a mapping of fields"]
    wrong = [f"no {field}" for field in FIELDS if line.get(field) in (None, "")]
    source = line.get("citation") or line.get("rationale")
    if not source:
        wrong.append("neither citation nor rationale")
    if wrong:
        return wrong
    unit, value, family = line["unit"], line["value"], _family(line["distribution"])
    if unit not in UNITS:
        return [f"unknown unit {unit!r}; one of {', '.join(UNITS)}"]
    if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
        return [f"value {value!r} is not a number"]
    if family not in UNITS[unit]:
        return [f"a {unit} has the distribution {', '.join(UNITS[unit])}, not {family!r}"]
    money = unit.startswith("money")
    if money == (str(line["currency"]) == "none") or money != isinstance(line["price_year"], int):
        wrong.append("money needs currency and price_year; everything else has none for both")
    if str(line["provenance"]) not in Provenance.__members__:
        return [*wrong, f"unknown provenance {line['provenance']!r}; one of {', '.join(Provenance.__members__)}"]
    provenance = Provenance[str(line["provenance"])]
    if provenance in {Provenance.PUBLISHED, Provenance.SOURCED_PARAM} and not line.get("citation"):
        wrong.append(f"{provenance.name} needs a citation")
    spread, bad = _spread(line["distribution"], family, float(value), unit)
    if value < 0:
        wrong.append(f"{value:g} is negative")
    if unit == "probability" and value > 1:
        wrong.append(f"probability {value:g} is above one")
    if wrong or bad:
        return [*wrong, *bad]
    return Parameter(
        name, float(value), family, spread, unit, str(line["currency"]),
        int(line["price_year"]) if money else None, str(line["perspective"]), str(line["jurisdiction"]), provenance,
        str(source), str(line.get("group", "")),
    )  # fmt: skip


def _family(distribution: Any) -> str:
    return str(distribution.get("family", "")) if isinstance(distribution, Mapping) else str(distribution)


def _spread(distribution: Any, family: str, value: float, unit: str) -> tuple[tuple[float, ...], list[str]]:
    """The numbers of a distribution, and what is wrong with them."""
    given = distribution if isinstance(distribution, Mapping) else {}
    missing = [key for key in _SPREAD[family] if not isinstance(given.get(key), int | float)]
    if missing:
        return (), [f"{family} needs {', '.join(missing)}"]
    spread = tuple(float(given[key]) for key in _SPREAD[family])
    if family == "uniform":
        low, high = spread
        fits = 0 <= low <= value <= high and low < high and (unit != "probability" or high <= 1)
        return spread, [] if fits else [f"uniform {low:g} to {high:g} does not hold the value {value:g}"]
    if spread and spread[0] <= 0:
        return spread, [f"{family} needs a spread above zero; write fixed if it is known"]
    if family == "beta" and 0 < value < 1 and spread[0] ** 2 >= value * (1 - value):
        return spread, [f"no beta distribution has mean {value:g} and sd {spread[0]:g}"]
    return spread, []


def _mixed(lines: Iterable[Parameter]) -> list[str]:
    known = list(lines)
    money = [line for line in known if line.unit.startswith("money")]
    kinds = {
        "currencies": {line.currency for line in money},
        "price years": {str(line.price_year) for line in money},
        "perspectives": {line.perspective for line in money},
    }
    return [f"mixed {kind}: {', '.join(sorted(found))}" for kind, found in kinds.items() if len(found) > 1]


def _sums(lines: Iterable[Parameter]) -> list[str]:
    groups: dict[str, float] = {}
    for line in lines:
        if line.group:
            groups[line.group] = groups.get(line.group, 0.0) + line.value
    return [f"probabilities of {group!r} sum to {total:g}" for group, total in groups.items() if total > 1 + 1e-9]
