"""A reader who sets out to compute hidden counts back from everything that is published.

The reader knows which groups add up to everyone, collects each published number in every form (CSV, chart data,
results.json), turns shares of published bases back into counts, and asks an integer solver for the smallest and the
largest value that each hidden count can have. Nothing here uses the project's own disclosure code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

HIDDEN = "[c]"
EVERY = "*"

Cell = tuple[str, ...]


@dataclass
class Published:
    """What is known about the cells of one cross-classified table.

    A cell names one value of each dimension, several joined by ``|`` for their sum, or ``*`` for the sum of all.

    Attributes
    ----------
    levels : sequence of sequences of str
        Values of each dimension; everyone has exactly one of each.
    """

    levels: Sequence[Sequence[str]]
    known: dict[Cell, float] = field(default_factory=dict)
    hidden: set[Cell] = field(default_factory=set)
    most: dict[Cell, float] = field(default_factory=dict)
    #: Pairs of cells of which the first cannot be larger than the second.
    ordered: list[tuple[list[Cell], list[Cell]]] = field(default_factory=list)

    def tell(self, cell: Cell, value: Any) -> None:
        """Take note of one published cell, shown or hidden."""
        text = str(value).strip()
        if text.startswith(HIDDEN):
            self.hidden.add(cell)
        elif (number := re.match(r"-?\d+(\.\d+)?", text)) is not None:
            value = float(number.group(0))
            assert self.known.setdefault(cell, value) == value, f"{cell} is published as {self.known[cell]} and {value}"

    def recovered(self, threshold: int) -> list[str]:
        """Hidden cells that follow from what is published: as a number, as one of two, or as certainly small."""
        unknown = [cell for cell in sorted(self.hidden) if cell not in self.known]
        found = [f"{cell} is hidden here and {self.known[cell]:g} there" for cell in self.hidden if cell in self.known
                 if 0 < self.known[cell] < threshold]  # fmt: skip
        for cell in unknown:
            low, high = self.range(cell)
            if 0 < high < threshold or (low < threshold and 0 < high < low + 2):
                found.append(f"{cell} is from {low:g} to {high:g}")
        return found

    def range(self, cell: Cell) -> tuple[float, float]:
        """Smallest and largest whole number that agrees with everything published."""
        if not hasattr(self, "_rows"):
            self._build()
        ends = []
        for sign in (1, -1):
            solved = milp(
                sign * self._members(cell), integrality=np.ones(len(self._cells)), bounds=self._bounds,
                constraints=self._rows,
            )  # fmt: skip
            assert solved.status in (0, 3), f"the published numbers contradict each other: {solved.message}"
            ends.append(sign * solved.fun if solved.status == 0 else np.inf)
        return round(ends[0]), ends[1] if ends[1] == np.inf else round(ends[1])

    def _members(self, cell: Cell) -> np.ndarray:
        wanted = [(want == EVERY, want.split("|")) for want in cell]
        return np.array([all(every or have in names for (every, names), have in zip(wanted, one, strict=True))
                         for one in self._cells], float)  # fmt: skip

    def _build(self) -> None:
        self._cells = list(product(*self.levels))
        rows, low, high = [], [], []
        for cell, value in self.known.items():
            rows.append(self._members(cell))
            low.append(value)
            high.append(value)
        for cell, value in self.most.items():
            rows.append(self._members(cell))
            low.append(0)
            high.append(value)
        for smaller, larger in self.ordered:
            rows.append(sum(map(self._members, larger)) - sum(map(self._members, smaller)))
            low.append(0)
            high.append(np.inf)
        self._rows = [LinearConstraint(np.array(rows), low, high)] if rows else []
        self._bounds = Bounds(0, np.inf)


def media(folder: Path, label: str) -> Iterator[pd.DataFrame]:
    """A published table or figure in each form that has its columns: CSV, and the data inside the chart."""
    kind = "figures" if label.startswith("fig-") else "tables"
    csv = folder / kind / f"{label}.csv"
    if not csv.is_file():
        return
    table = pd.read_csv(csv, dtype=str, keep_default_na=False)
    yield table
    chart = csv.with_suffix(".json")
    if chart.is_file():
        for rows in json.loads(chart.read_text(encoding="utf-8")).get("datasets", {}).values():
            inside = pd.DataFrame(rows)
            shared = [column for column in table.columns if column in inside]
            if len(shared) > 1:
                yield inside[shared].astype(str)


def hidden_in_one_form_only(folder: Path) -> list[str]:
    """Tables and figures whose HTML shows a cell that their CSV hides, or whose chart holds a number for it."""
    found = []
    for csv in sorted([*folder.glob("tables/*.csv"), *folder.glob("figures/*.csv")]):
        table = pd.read_csv(csv, dtype=str, keep_default_na=False)
        hidden = table.apply(lambda column: column.str.startswith(HIDDEN)).to_numpy().sum()
        html = csv.with_suffix(".html").read_text(encoding="utf-8")
        if len(re.findall(r"<td[^>]*>\[c\]", html)) < hidden:
            found.append(f"{csv.stem}: fewer hidden cells in HTML than in CSV")
        for inside in list(media(folder, csv.stem))[1:]:
            shared = list(inside.columns)
            masked = table[shared].apply(lambda column: column.str.startswith(HIDDEN))
            names = [column for column in shared if not masked[column].any() and not _numeric(table[column])]
            for row, mask in zip(table.to_dict("records"), masked.to_dict("records"), strict=True):
                same = (
                    inside[(inside[names] == pd.Series({n: row[n] for n in names})).all(axis=1)]
                    if names
                    else inside[:0]
                )
                for column in shared:
                    if mask[column] and len(same) == 1 and _is_number(same[column].iloc[0]):
                        found.append(f"{csv.stem}: {[row[n] for n in names]} has {column} in the chart")
    return found


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", str(text)) is not None


def _numeric(column: pd.Series) -> bool:
    return bool(column.map(_is_number).any())


def header_groups(table: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Columns such as ``legal (n = 9)``: the group and its base."""
    found = {}
    for column in table.columns:
        if match := re.fullmatch(r"(.+) \(n = ([\d,]+|\[c\])\)", str(column)):
            base = match.group(2).replace(",", "")
            found[column] = (match.group(1), np.inf if base == HIDDEN else float(base))
    return found


def from_share(share: Any, base: Any) -> Any:
    """The count behind a published share of a published base; None where there is none."""
    try:
        return str(round(float(share) * float(base)))
    except (TypeError, ValueError):
        return HIDDEN if HIDDEN in f"{share}" else None


def interviews(folder: Path) -> dict[str, Published]:
    """Codes and areas by sector and site, from every table that counts them."""
    tables = {label: list(media(folder, label)) for label in _INTERVIEWS}
    if not tables["fig-interviews-sectors"]:
        return {}
    areas = {row["name"]: row["area"] for row in tables["fig-interviews-sectors"][0].to_dict("records")}
    sectors, sites = _groups(tables["tbl-interviews-areas"], "sector"), _groups(tables["tbl-interviews-sites"], "site")
    systems: dict[str, Published] = {}
    for area in dict.fromkeys(areas.values()):
        codes = [name for name, of in areas.items() if of == area]
        systems[area] = one = Published([[f"area {area}", *codes], list(sectors), list(sites) or ["everywhere"]])
        for item in one.levels[0]:
            one.most |= {(item, name, EVERY): base for name, base in sectors.items()}
            one.most |= {(item, EVERY, name): base for name, base in sites.items()}
        for sector in sectors:
            for site in one.levels[2]:
                cells = [(code, sector, site) for code in codes]
                one.ordered += [([cell], [(f"area {area}", sector, site)]) for cell in cells]
                one.ordered.append(([(f"area {area}", sector, site)], cells))
    for label, forms in tables.items():
        for table in forms:
            for item, group, value in _INTERVIEWS[label](table):
                area = item.removeprefix("area ") if item.startswith("area ") else areas.get(item)
                if area in systems:
                    if group.startswith("!"):
                        group = "|".join(name for name in sectors if name != group[1:])
                    place = (EVERY, group) if group in sites else (group if group != "all" else EVERY, EVERY)
                    systems[area].tell((item, *place), value)
    return systems


def _groups(forms: Iterable[pd.DataFrame], _: str) -> dict[str, float]:
    found = {name: base for table in forms for name, base in header_groups(table).values()}
    return {name: base for name, base in found.items() if name != "all"}


Claims = Iterator[tuple[str, str, Any]]


def _wide_areas(table: pd.DataFrame) -> Claims:
    for row in table.to_dict("records"):
        for column, (group, _) in header_groups(table).items():
            yield f"area {row['area']}", group, row[column]


def _overall(item: str, count: str) -> Any:
    def read(table: pd.DataFrame) -> Claims:
        if {item, count} <= set(table.columns):
            for row in table.to_dict("records"):
                yield row[item].rpartition(" > ")[2], EVERY, row[count]

    return read


def _sector_cells(table: pd.DataFrame) -> Claims:
    if {"name", "column", "interviews"} <= set(table.columns):
        for row in table.to_dict("records"):
            yield row["name"], row["column"].rpartition(" (n =")[0], row["interviews"]


def _contrasts(table: pd.DataFrame) -> Claims:
    for row in table.to_dict("records"):
        yield row["code"], row["group"], row["here"]
        yield row["code"], f"!{row['group']}", row["elsewhere"]


_INTERVIEWS = {
    "tbl-interviews-areas": _wide_areas,
    "tbl-interviews-sites": _wide_areas,
    "fig-interviews-sectors": _sector_cells,
    "tbl-interviews-contrasts": _contrasts,
    "tbl-interviews-codes": _overall("code", "interviews"),
    "tbl-interviews-codebook": _overall("code", "interviews"),
    "fig-interviews-codes": _overall("name", "interviews"),
    "fig-code-scalability": _overall("code", "interviews"),
}


def pairs(folder: Path) -> tuple[dict[frozenset[str], float], set[frozenset[str]], dict[str, float]]:
    """Pairs of codes: known counts, hidden pairs, and the count of each code."""
    known: dict[frozenset[str], float] = {}
    hidden: set[frozenset[str]] = set()
    for table in media(folder, "fig-interviews-cooccurrence"):
        for row in table.to_dict("records"):
            pair = frozenset((row["row"], row["column"]))
            if HIDDEN in f"{row['text']}{row.get('effect', '')}":
                hidden.add(pair)
            elif row["text"].isdigit():
                known[pair] = float(row["text"])
    single: dict[str, float] = {}
    for table in media(folder, "fig-interviews-codes"):
        if "interviews" in table:
            single |= {row["name"]: float(row["interviews"]) for row in table.to_dict("records")
                       if str(row["interviews"]).replace(".0", "").isdigit()}  # fmt: skip
    return known, hidden, single


def recovered_pairs(folder: Path, n: float, threshold: int) -> list[str]:
    """Hidden pairs that follow from single codes and other pairs: every three sets must fit together."""
    known, hidden, single = pairs(folder)
    low: dict[frozenset[str], float] = {}
    high: dict[frozenset[str], float] = {}
    for pair in hidden:
        a, b = sorted(pair)
        low[pair] = max(0.0, single.get(a, 0) + single.get(b, 0) - n)
        high[pair] = min(single.get(a, n), single.get(b, n))
    for pair in known:
        low[pair] = high[pair] = known[pair]
    changed = True
    while changed:
        changed = False
        for pair in hidden:
            a, b = sorted(pair)
            for c in single:
                one, two = frozenset((a, c)), frozenset((b, c))
                if c in pair or one not in low or two not in low:
                    continue
                at_least = low[one] + low[two] - single[c]
                at_most = min(single.get(a, n) - low[one] + high[two], single.get(b, n) - low[two] + high[one])
                if at_least > low[pair] or at_most < high[pair]:
                    low[pair], high[pair] = max(low[pair], at_least), min(high[pair], at_most)
                    changed = True
    return [f"{sorted(pair)}: {low[pair]:g} to {high[pair]:g}" for pair in hidden
            if low[pair] > 0 and high[pair] < threshold]  # fmt: skip


def abilities(folder: Path) -> dict[str, Published]:
    """Each need: ability by sector and state, with what other tables say of its margins."""
    systems: dict[str, Published] = {}
    for table in media(folder, "tbl-survey-ability"):
        groups = [c for c in ("sector", "state", "site") if c in table]
        levels = [list(dict.fromkeys(table[c])) for c in groups]
        ways = [c for c in ("not met", "partly", "met") if c in table]
        table["need_"] = table["need_"].replace("", np.nan).ffill()
        for row in table.to_dict("records"):
            one = systems.setdefault(row["need_"], Published([ways, *levels]))
            place = tuple(row[c] for c in groups)
            one.tell((EVERY, *place), row["n"])
            for way in ways:
                one.tell((way, *place), row[way])
    for table in media(folder, "tbl-survey-gaps"):
        for row in table.to_dict("records"):
            if one := systems.get(row["need_"]):
                everyone = (EVERY,) * (len(one.levels) - 1)
                one.tell((EVERY, *everyone), row["n_capacity"])
                one.tell(("met", *everyone), from_share(row["in_house"], row["n_capacity"]))
    return systems


def everyone_by_group(folder: Path) -> dict[str, Published]:
    """Characteristics of respondents by group."""
    systems: dict[str, Published] = {}
    for table in media(folder, "tbl-survey-respondents"):
        groups = header_groups(table)
        table["characteristic"] = table["characteristic"].replace("", np.nan).ffill()
        for name, rows in table.groupby("characteristic", sort=False):
            rows = rows[~rows["level"].str.contains("mean|median")]
            names = [group for group, _ in groups.values() if group != "overall"]
            one = systems[str(name)] = Published([[*rows["level"], "answered otherwise"], names])
            for group, base in groups.values():
                one.tell((EVERY, EVERY if group == "overall" else group), base)
            for row in rows.to_dict("records"):
                for column, (group, _) in groups.items():
                    one.tell((row["level"], EVERY if group == "overall" else group), row[column])
            for group in names if len(rows) > 1 else []:
                one.tell(("answered otherwise", group), 0)
    return systems


def items(folder: Path) -> dict[str, Published]:
    """Scale items: level and way of not answering, by group, in every table and in results.json."""
    systems: dict[str, Published] = {}
    sectors = sorted({row for table in media(folder, "fig-survey-by-group") for row in table.get("sector", [])})
    for table in media(folder, "fig-survey-likert"):
        if not {"item", "level", "count"} <= set(table.columns):
            continue
        levels = list(dict.fromkeys(table["level"]))
        for item, rows in table.groupby("item", sort=False):
            ways = ["dont_know", "not_applicable", "missing"]
            one = systems.setdefault(str(item), Published([[*levels, *ways], sectors or ["everyone"]]))
            for row in rows.to_dict("records"):
                one.tell((row["level"], EVERY), row["count"])
                for way in ways:
                    if way in row:
                        one.tell((way, EVERY), row[way])
    for table in media(folder, "tbl-survey-missing"):
        for row in table.to_dict("records"):
            if one := systems.get(row["item"]):
                one.tell(("missing", EVERY), row["missing"])
                one.tell((EVERY, EVERY), row["asked"])
    for table in media(folder, "tbl-survey-items"):
        for row in table.to_dict("records"):
            if one := systems.get(row["item"]):
                for way in ("dont_know", "not_applicable", "missing"):
                    one.tell((way, EVERY), row[way])
    return systems


def options(folder: Path) -> dict[str, Published]:
    """Options of a multiple-choice question by group."""
    systems: dict[str, Published] = {}
    contrasts = list(media(folder, "tbl-survey-option-contrasts"))
    groups = sorted({group for table in contrasts for group in table["group"]})
    for table in media(folder, "tbl-survey-options"):
        for row in table.to_dict("records"):
            one = systems.setdefault(row["option"], Published([["chosen", "not chosen"], groups or ["everyone"]]))
            one.tell(("chosen", EVERY), row["count"])
            one.tell((EVERY, EVERY), row["n"])
    for table in contrasts:
        for row in table.to_dict("records"):
            systems[row["option"]].tell(("chosen", row["group"]), row["count"])
            systems[row["option"]].tell((EVERY, row["group"]), row["n"])
    return systems


def combinations(folder: Path) -> list[str]:
    """What is left of each option after the combinations that are shown: rare combinations that this gives away."""
    chosen: dict[str, float] = {}
    for table in media(folder, "tbl-survey-options"):
        chosen = {row["option"]: float(row["count"]) for row in table.to_dict("records") if row["count"] != HIDDEN}
    for table in media(folder, "fig-survey-combinations"):
        if {"combination", "count"} <= set(table.columns):
            for option in list(chosen):
                has = table["combination"].map(lambda text, option=option: option in text.split(" + "))
                chosen[option] -= pd.to_numeric(table.loc[has, "count"], errors="coerce").sum()
            return [f"{option}: {left:g} people in combinations that are not shown" for option, left in chosen.items()
                    if 0 < left < 5]  # fmt: skip
    return []


def reports(folder: Path) -> dict[str, Published]:
    """Reports by kind of exploitation and by period, within site and status."""
    systems: dict[str, Published] = {}
    rates = list(media(folder, "tbl-report-rates"))
    charts = [
        t for t in media(folder, "fig-report-control") if {"site", "status", "period", "reports"} <= set(t.columns)
    ]
    kinds = sorted({kind for table in rates for kind in table["exploitation"]})
    periods = sorted({period for table in charts for period in table["period"]})
    for table, column, place in [(t, "exploitation", 0) for t in rates] + [(t, "period", 1) for t in charts]:
        for row in table.to_dict("records"):
            one = systems.setdefault(f"{row['site']}, {row['status']}", Published([kinds, periods or ["always"]]))
            cell = [EVERY, EVERY]
            cell[place] = row[column]
            one.tell((cell[0], cell[1]), row["reports"])
            if place == 0:
                one.tell((row[column], EVERY), from_share(row["rate"], float(row["persons_served"]) / 1000))
    return systems


def recovered(folder: Path, threshold: int, interviews_n: float | None = None) -> tuple[list[str], int]:
    """Everything that could be computed back from a study's published results, and how many hidden cells were tried."""
    found: list[str] = []
    tried = 0
    for name, read in _FAMILIES.items():
        for item, system in read(folder).items():
            tried += len(system.hidden)
            found += [f"{name}: {item}: {text}" for text in system.recovered(threshold)]
    if interviews_n is not None:
        tried += len(pairs(folder)[1])
        found += [f"pairs: {text}" for text in recovered_pairs(folder, interviews_n, threshold)]
    found += [f"combinations: {text}" for text in combinations(folder)]
    return found, tried


_FAMILIES: Mapping[str, Any] = {
    "interviews": interviews, "abilities": abilities, "respondents": everyone_by_group, "items": items,
    "options": options, "reports": reports,
}  # fmt: skip
