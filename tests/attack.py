"""Everything that could be computed back from what a study publishes: interviews, respondents, reports, results.

See :mod:`attack_system` for the reader who tries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from attack_answers import abilities, combinations, everyone_by_group, items, needs, options, telling_digits
from attack_system import EVERY, HIDDEN, Published, from_share, header_groups, hidden_in_one_form_only, media

__all__ = ["hidden_in_one_form_only", "recovered", "small_in_charts", "small_in_results"]


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


#: What is counted in results and charts but is neither a person nor an interview nor an organization.
_NOT_PEOPLE = ("citations.", "interviews.coders", "survey.tests.")


def small_in_results(folder: Path, threshold: int) -> list[str]:
    """Results whose base, or whose count behind a share, is a few people."""
    found = []
    for key, result in json.loads((folder / "results.json").read_text(encoding="utf-8"))["results"].items():
        value, base = result["value"], result["n"]
        if key.startswith(_NOT_PEOPLE) or result["estimator"] == "refused" or value == HIDDEN:
            continue
        few = {"base": base, "count": value if isinstance(value, int) and result["unit"] == "count" else None,
               "share": from_share(value, base) if result["unit"] == "share" else None}  # fmt: skip
        found += [f"{key}: {name} {number}" for name, number in few.items() if _few(number, threshold)]
    return found


def small_in_charts(folder: Path, threshold: int) -> list[str]:
    """Rows inside charts of a site, explorers among them, that count a few people."""
    found = []
    for file in sorted(folder.glob("assets/charts/*.js")):
        if file.stem.startswith("fig-citations"):
            continue
        spec = json.loads(file.read_text(encoding="utf-8").split("] = ", 1)[1].rstrip().rstrip(";"))
        for rows in spec.get("datasets", {}).values():
            for row in rows:
                found += [f"{file.stem}: {name} {row[name]} in {row}" for name in _COUNTS
                          if name in row and _few(row[name], threshold)]  # fmt: skip
    return found


_COUNTS = (
    "count",
    "interviews",
    "n",
    "reports",
    "base",
    "both",
    "pairs",
    "text",
    "raters",
    "organizations",
    "respondents",
)


def _few(number: Any, threshold: int) -> bool:
    try:
        return 0 < float(number) < threshold and float(number) == round(float(number))
    except (TypeError, ValueError):
        return False


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
    found += [f"digits: {text}" for text in telling_digits(folder)]
    return found, tried


_FAMILIES: Mapping[str, Any] = {
    "interviews": interviews, "abilities": abilities, "respondents": everyone_by_group, "items": items,
    "needs": needs, "options": options, "reports": reports,
}  # fmt: skip
