"""What a reader learns of respondents: abilities, characteristics, items, options, and what is left of combinations."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from attack_system import EVERY, HIDDEN, Published, from_share, header_groups, media


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


def groups(folder: Path, label: str, figure: str) -> list[str]:
    """Groups of respondents: as the table of respondents names them, else as far as a figure draws them."""
    for table in media(folder, label):
        return [group for group, _ in header_groups(table).values() if group != "overall"]
    drawn = [table[c] for table in media(folder, figure) for c in ("sector", "state", "site") if c in table]
    return sorted({name for column in drawn for name in column}) or ["everyone"]


_GROUPED = (
    ("tbl-survey-respondents", "fig-survey-by-group"),
    ("tbl-survey-respondents-other", "fig-survey-by-other-group"),
)


def items(folder: Path) -> dict[str, Published]:
    """Scale items: level and way of not answering, by both groupings, in every table, as counts and as shares."""
    systems: dict[str, Published] = {}
    ways = ["dont_know", "not_applicable", "missing"]
    everyone = (EVERY, EVERY)
    first, second = (groups(folder, *labels) for labels in _GROUPED)
    levels: dict[str, list[str]] = {}
    for table in media(folder, "fig-survey-likert"):
        if not {"item", "level", "count", "n"} <= set(table.columns):
            continue
        for item, rows in table.groupby("item", sort=False):
            levels[str(item)] = list(dict.fromkeys(rows["level"]))
            one = systems.setdefault(str(item), Published([[*levels[str(item)], *ways], first, second]))
            for row in rows.to_dict("records"):
                one.tell((row["level"], *everyone), row["count"])
                one.tell((row["level"], *everyone), from_share(row["percent"], float(row["n"]) / 100))
                one.tell(("|".join(levels[str(item)]), *everyone), row["n"])
                for way in ways:
                    one.tell((way, *everyone), row[way])
    for table in media(folder, "tbl-survey-missing"):
        for row in table.to_dict("records"):
            if one := systems.get(row["item"]):
                one.tell(("missing", *everyone), row["missing"])
                one.tell((EVERY, *everyone), row["asked"])
    tops: dict[str, str] = {}
    for table in media(folder, "tbl-survey-items"):
        for row in table.to_dict("records"):
            if one := systems.get(row["item"]):
                for way in ways:
                    one.tell((way, *everyone), row[way])
                top = tops[row["item"]] = _top(levels[row["item"]], row["answer"])
                one.tell((top, *everyone), row["count"])
                if "design_effect" not in table:
                    one.tell((top, *everyone), from_share(row["share"], row["n"]))
    for place, (names, (_, label)) in enumerate(zip((first, second), _GROUPED, strict=True)):
        _tell_groups(folder, label, names, place, systems, tops, levels)
    return systems


def _top(levels: list[str], answer: str) -> str:
    """The levels that the words of an answer name, joined."""
    said = re.split(r", | or ", answer)
    return "|".join(level for level in levels if level in said)


def _tell_groups(
    folder: Path, label: str, names: list[str], place: int, systems: dict[str, Published], tops: dict[str, str],
    levels: dict[str, list[str]],
) -> None:  # fmt: skip
    """What the dots of one grouping say of the top levels; a dot that is not drawn is a hidden count."""
    for table in media(folder, label):
        column = next((c for c in ("sector", "state", "site") if c in table), None)
        if column is None or not {"item", "n", "count", "share"} <= set(table.columns):
            continue
        for item, rows in table.groupby("item", sort=False):
            if item not in tops:
                continue
            drawn = rows.set_index(column)
            for name in names:
                group = (name, EVERY) if place == 0 else (EVERY, name)
                if name not in drawn.index:
                    systems[str(item)].tell((tops[str(item)], *group), HIDDEN)
                    continue
                row = drawn.loc[name]
                systems[str(item)].tell(("|".join(levels[str(item)]), *group), row["n"])
                systems[str(item)].tell((tops[str(item)], *group), row["count"])


def options(folder: Path) -> dict[str, Published]:
    """Options of a multiple-choice question by group."""
    systems: dict[str, Published] = {}
    contrasts = list(media(folder, "tbl-survey-option-contrasts"))
    compared = {group for table in contrasts for group in table["group"]}
    named = next((names for labels in _GROUPED if compared <= set(names := groups(folder, *labels))), sorted(compared))
    for table in media(folder, "tbl-survey-options"):
        for row in table.to_dict("records"):
            one = systems.setdefault(row["option"], Published([["chosen", "not chosen"], named or ["everyone"]]))
            one.tell(("chosen", EVERY), row["count"])
            one.tell((EVERY, EVERY), row["n"])
            if "design_effect" not in table:
                one.tell(("chosen", EVERY), from_share(row["share"], row["n"]))
    for table in contrasts:
        for row in table.to_dict("records"):
            one = systems[row["option"]]
            one.tell(("chosen", row["group"]), row["count"])
            one.tell((EVERY, row["group"]), row["n"])
            one.tell(("chosen", row["group"]), from_share(row["share"], row["n"]))
            elsewhere = ("chosen", "|".join(group for group in named if group != row["group"]))
            if (
                HIDDEN not in f"{row['other_share']}" and (EVERY, EVERY) in one.known and len(named) > 1
            ):  # a share of the others is a count of them
                one.tell(elsewhere, from_share(row["other_share"], one.known[EVERY, EVERY] - float(row["n"])))
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
