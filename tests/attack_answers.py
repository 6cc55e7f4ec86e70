"""What a reader learns of respondents: abilities, characteristics, items, options, and what is left of combinations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from attack_system import EVERY, HIDDEN, Published, from_share, header_groups, media

#: Whoever states no group: a group that is never shown, and may be as small as any.
NONE = "in no group"


def ungrouped(folder: Path, column: str) -> list[str]:
    """One more group for those who state none, unless a table of respondents says that there is nobody."""
    for label in ("tbl-survey-respondents", "tbl-survey-respondents-other"):
        for table in media(folder, label):
            rows = table.assign(characteristic=table["characteristic"].replace("", np.nan).ffill())
            rows = rows[(rows["characteristic"] == column) & (rows["level"] == "missing")]
            overall = [name for name, (group, _) in header_groups(table).items() if group == "overall"]
            if len(rows) and overall and re.match(r"0\b", rows[overall[0]].iloc[0]):
                return []
    return [NONE]


def abilities(folder: Path) -> dict[str, Published]:
    """Each need: ability by sector and state, with what other tables say of its margins."""
    systems: dict[str, Published] = {}
    for table in media(folder, "tbl-survey-ability"):
        groups = [c for c in ("sector", "state", "site") if c in table]
        levels = [[*dict.fromkeys(table[c]), *ungrouped(folder, c)] for c in groups]
        ways = [c for c in ("not met", "partly", "met") if c in table]
        table["need_"] = table["need_"].replace("", np.nan).ffill()
        for row in table.to_dict("records"):
            one = systems.setdefault(row["need_"], Published([ways, *levels]))
            place = tuple(row[c] for c in groups)
            one.tell((EVERY, *place), row["n"])
            for way in ways:
                one.tell((way, *place), row[way])
        for one in systems.values():
            one.never_shown(NONE)
    for table in media(folder, "tbl-survey-gaps"):
        for row in table.to_dict("records"):
            if one := systems.get(row["need_"]):
                everyone = (EVERY,) * (len(one.levels) - 1)
                one.tell((EVERY, *everyone), row["n_capacity"])
                one.tell(("met", *everyone), from_share(row["in_house"], row["n_capacity"]))
                one.tell(("partly|met", *everyone), from_share(row["with_referral"], row["n_capacity"]))
                one.hidden |= {(way, *everyone) for way in ("not met", "partly", "met")}
    return systems


def everyone_by_group(folder: Path) -> dict[str, Published]:
    """Characteristics of respondents by group, with the sizes of groups that tests and factor models tell."""
    systems: dict[str, Published] = {}
    for label, figure in _GROUPED:
        column = grouping(folder, label, figure)
        for table in media(folder, label):
            groups = header_groups(table)
            table["characteristic"] = table["characteristic"].replace("", np.nan).ffill()
            for name, rows in table.groupby("characteristic", sort=False):
                answers = [level for level in rows["level"] if not re.search("mean|median", level)]
                names = [group for group, _ in groups.values() if group != "overall"]
                other = ["answered otherwise"]
                one = Published([[*answers, *other], [*names, *ungrouped(folder, column)]])
                systems[f"{name}, {label}"] = one
                for group, base in groups.values():
                    one.tell((EVERY, EVERY if group == "overall" else group), base)
                for row in rows[rows["level"].isin(answers)].to_dict("records"):
                    for header, (group, _) in groups.items():
                        one.tell((row["level"], EVERY if group == "overall" else group), row[header])
                for group in names if len(answers) > 1 else []:
                    one.tell(("answered otherwise", group), 0)
                if len(answers) > 1:
                    one.tell(("answered otherwise", EVERY), 0)
                one.never_shown(NONE)
                _tell_sizes(folder, column, str(name), one)
    return systems


def _tell_sizes(folder: Path, column: str, name: str, one: Published) -> None:
    """How many of the groups a test or a factor model of this grouping rests on."""
    named = [group for group in one.levels[1] if group != NONE]
    answered = "|".join(level for level in one.levels[0] if level != "missing")
    for table in media(folder, "tbl-survey-respondent-tests"):
        for row in table[table["item"] == name].to_dict("records"):
            if row["family"].endswith(f" by {column}"):
                one.tell((answered, "|".join(_compared(row, named))), row["n"])
    modeled: set[str] = set()
    for table in media(folder, "tbl-survey-factor-models"):
        for row in table.to_dict("records"):
            if row["group"] in named and re.match(r"\d|\[c\]", row["respondents"]):
                modeled.add(row["group"])
                one.tell((EVERY, row["group"]), row["respondents"])
    for table in media(folder, "tbl-survey-invariance"):
        for text in table["respondents"] if modeled else []:
            one.tell((EVERY, "|".join(sorted(modeled))), text)


def _compared(row: dict, named: list[str]) -> list[str]:
    """The groups that a test compared: all but those its note leaves out."""
    out = re.search(r"left out, fewer than \d+ answers: (.*)", row.get("note", ""))
    gone = set(re.split(r", |; ", out.group(1))) if out else set()
    return [group for group in named if group not in gone]


def groups(folder: Path, label: str, figure: str) -> list[str]:
    """Groups of respondents: as the table of respondents names them, else as far as a figure draws them."""
    for table in media(folder, label):
        return [group for group, _ in header_groups(table).values() if group != "overall"]
    drawn = [table[c] for table in media(folder, figure) for c in ("sector", "state", "site") if c in table]
    return sorted({name for column in drawn for name in column}) or ["everyone"]


def grouping(folder: Path, label: str, figure: str) -> str:
    """The column that groups respondents in a table and a figure."""
    for table in media(folder, figure):
        for column in ("sector", "state", "site"):
            if column in table:
                return column
    return "state" if label.endswith("other") else "sector"


_GROUPED = (
    ("tbl-survey-respondents", "fig-survey-by-group"),
    ("tbl-survey-respondents-other", "fig-survey-by-other-group"),
)


def items(folder: Path) -> dict[str, Published]:
    """Scale items: level and way of not answering, by both groupings, in every table, as counts and as shares."""
    systems: dict[str, Published] = {}
    ways = ["dont_know", "not_applicable", "missing"]
    everyone = (EVERY, EVERY)
    first, second = (
        [*groups(folder, *labels), *ungrouped(folder, grouping(folder, *labels))] for labels in _GROUPED
    )  # fmt: skip
    levels: dict[str, list[str]] = {}
    for table in media(folder, "fig-survey-likert"):
        if not {"item", "level", "count", "n"} <= set(table.columns):
            continue
        for item, rows in table.groupby("item", sort=False):
            levels.setdefault(str(item), list(dict.fromkeys(rows["level"])))  # a chart lacks hidden levels
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
    for table in media(folder, "tbl-survey-imputed"):
        for row in table.to_dict("records"):
            if one := systems.get(row["item"]):
                one.tell(("missing", *everyone), row["blank"])
    tops: dict[str, str] = {}
    for table in media(folder, "tbl-survey-items"):
        for row in table.to_dict("records"):
            if one := systems.get(row["item"]):
                one.tell((EVERY, *everyone), row["asked"])
                for way in ways:
                    one.tell((way, *everyone), row[way])
                top = tops[row["item"]] = _top(levels[row["item"]], row["answer"])
                one.tell((top, *everyone), row["count"])
                if "design_effect" not in table:
                    one.tell((top, *everyone), from_share(row["share"], row["n"]))
    for place, (names, labels) in enumerate(zip((first, second), _GROUPED, strict=True)):
        _tell_groups(folder, labels, names, place, systems, tops, levels)
    _tell_means(folder, systems, tops, levels)
    return systems


def _top(levels: list[str], answer: str) -> str:
    """The levels that the words of an answer name, joined."""
    said = re.split(r", | or ", answer)
    return "|".join(level for level in levels if level in said)


def _tell_means(
    folder: Path, systems: dict[str, Published], tops: dict[str, str], levels: dict[str, list[str]]
) -> None:  # fmt: skip
    """The mean of the level codes times its base: how often each level was chosen, weighted by its place."""
    file = folder / "results.json"
    results = json.loads(file.read_text(encoding="utf-8"))["results"] if file.is_file() else {}
    for key, mean in results.items():
        share = results.get(f"{key.removesuffix('.mean')}.share")
        if not key.endswith(".mean") or share is None or not mean["n"]:
            continue
        same = [
            item for item, one in systems.items()
            if item in tops and one.known.get((tops[item], EVERY, EVERY)) == round(share["value"] * mean["n"])
            and one.known.get(("|".join(levels[item]), EVERY, EVERY)) == mean["n"]
        ]  # fmt: skip
        if len(same) == 1:
            places = {(level, EVERY, EVERY): place for place, level in enumerate(levels[same[0]], start=1)}
            systems[same[0]].weighted.append((places, round(mean["value"] * mean["n"])))


def _tell_groups(
    folder: Path, labels: tuple[str, str], names: list[str], place: int, systems: dict[str, Published],
    tops: dict[str, str], levels: dict[str, list[str]],
) -> None:  # fmt: skip
    """What the dots of one grouping and its tests say; a dot that is not drawn is a hidden count.

    What is not chosen in a group, and whoever is in no group, is never shown and must not follow.
    """
    column = grouping(folder, *labels)

    def at(name: str) -> tuple[str, str]:
        return (name, EVERY) if place == 0 else (EVERY, name)

    for table in media(folder, labels[1]):
        if column not in table or not {"item", "n", "count", "share"} <= set(table.columns):
            continue
        for item, rows in table.groupby("item", sort=False):
            if item not in tops:
                continue
            one, top = systems[str(item)], tops[str(item)]
            answered, drawn = levels[str(item)], rows.set_index(column)
            lower = "|".join(level for level in answered if level not in top.split("|"))
            for name in names:
                one.hidden |= {(top, *at(name)), (lower, *at(name))}
                if name in drawn.index:
                    one.tell(("|".join(answered), *at(name)), drawn.loc[name, "n"])
                    one.tell((top, *at(name)), drawn.loc[name, "count"])
            if NONE in names:
                one.hidden |= {("|".join(answered), *at(NONE)), (EVERY, *at(NONE))}
    for table in media(folder, labels[0]):
        for one in systems.values():
            total = one.known.get((EVERY, EVERY, EVERY))
            sizes = {"overall" if g == "overall" else g: n for g, n in header_groups(table).values()}
            for name in names if total == sizes.get("overall") else []:
                if np.isfinite(sizes.get(name, np.inf)):
                    one.tell((EVERY, *at(name)), sizes[name])
    for table in media(folder, "tbl-survey-tests"):
        for row in table[table["family"].str.endswith(f" by {column}")].to_dict("records"):
            if one := systems.get(row["item"]):
                compared = "|".join(_compared(row, [name for name in names if name != NONE]))
                one.tell(("|".join(levels[row["item"]]), *at(compared)), row["n"])


def options(folder: Path) -> dict[str, Published]:
    """Options of a multiple-choice question by group."""
    systems: dict[str, Published] = {}
    contrasts = list(media(folder, "tbl-survey-option-contrasts"))
    compared = {group for table in contrasts for group in table["group"]}
    labels = next((labels for labels in _GROUPED if compared <= set(groups(folder, *labels))), _GROUPED[0])
    named = groups(folder, *labels) if compared <= set(groups(folder, *labels)) else sorted(compared)
    named = named + ungrouped(folder, grouping(folder, *labels)) if named else ["everyone"]
    for table in media(folder, "tbl-survey-options"):
        for row in table.to_dict("records"):
            one = systems.setdefault(row["option"], Published([["chosen", "not chosen", "missing", "excluded"], named]))
            answered = "chosen|not chosen"
            one.tell(("chosen", EVERY), row["count"])
            one.tell((answered, EVERY), row["n"])
            for way in ("missing", "excluded"):
                one.tell((way, EVERY), row[way])
            if "design_effect" not in table:
                one.tell(("chosen", EVERY), from_share(row["share"], row["n"]))
            one.hidden |= {(way, group) for way in ("chosen", "not chosen") for group in (*named, EVERY)}
            one.hidden |= {(answered, NONE)} if NONE in named else set()
    for table in contrasts:
        for row in table.to_dict("records"):
            one = systems[row["option"]]
            one.tell(("chosen", row["group"]), row["count"])
            one.tell(("chosen|not chosen", row["group"]), row["n"])
            one.tell(("chosen", row["group"]), from_share(row["share"], row["n"]))
            elsewhere = ("chosen", "|".join(group for group in named if group != row["group"]))
            if (
                HIDDEN not in f"{row['other_share']}{row['n']}"
                and ("chosen|not chosen", EVERY) in one.known
                and len(named) > 1
            ):  # a share of the others is a count of them
                base = one.known["chosen|not chosen", EVERY] - float(row["n"])
                one.tell(elsewhere, from_share(row["other_share"], base))
    return systems


def needs(folder: Path) -> dict[str, Published]:
    """Who meets with a need often, from the gaps and from the table of items."""
    systems: dict[str, Published] = {}
    asked = [row for table in media(folder, "tbl-survey-items") for row in table.to_dict("records")]
    for table in media(folder, "tbl-survey-gaps"):
        for row in table.to_dict("records"):
            one = systems.setdefault(row["need_"], Published([["often", "not often"]]))
            one.tell((EVERY,), row["n_need"])
            one.tell(("often",), from_share(row["need"], row["n_need"]))
            if HIDDEN in row["need"] and HIDDEN not in f"{row['gap']}{row['in_house']}":
                one.tell(("often",), from_share(float(row["gap"]) + float(row["in_house"]), row["n_need"]))
            one.hidden |= {("often",), ("not often",)}
            same = [other for other in asked if (other["item"], other["n"]) == (row["need_"], row["n_need"])]
            if len(same) == 1:
                one.tell(("often",), same[0]["count"])
    return systems


def telling_digits(folder: Path) -> list[str]:
    """Differences of shares by group, whose counts are not published, with digits enough to work the counts out."""
    return [
        f"{row['item']}: {column} {row[column]}"
        for table in media(folder, "fig-survey-gaps")
        for row in table.to_dict("records")
        for column in ("gap", "low", "high")
        if column in row and re.search(r"\.\d{3}", row[column])
    ]


def combinations(folder: Path) -> list[str]:
    """What is left of each option, or of the blanks of each item, after the combinations that are shown: too few."""
    totals = {row["option"]: row["count"] for table in media(folder, "tbl-survey-options")
              for row in table.to_dict("records")}  # fmt: skip
    found = _left(folder, "fig-survey-combinations", "combination", " + ", totals)
    items = [row for table in media(folder, "fig-survey-likert") for row in table.to_dict("records") if "n" in row]
    asked = {
        row["item"]: row["asked"] for table in media(folder, "tbl-survey-items") for row in table.to_dict("records")
    }
    blank = {row["item"]: f"{float(asked[row['item']]) - float(row['n']):g}" for row in items if row["item"] in asked}
    return found + _left(folder, "tbl-survey-missing-patterns", "missing", ", ", blank)


def _left(folder: Path, label: str, column: str, joined: str, totals: dict[str, str]) -> list[str]:
    """Names of which a few people are left; not where no combination is shown and the total says it."""
    left = {name: float(total) for name, total in totals.items() if HIDDEN not in str(total)}
    for table in media(folder, label):
        if {column, "count"} <= set(table.columns):
            for name in left:
                has = table[column].map(lambda text, name=name: name in text.split(joined) or text == "every item")
                left[name] -= pd.to_numeric(table.loc[has, "count"], errors="coerce").sum()
            return [f"{name}: {few:g} people in {label} that are not shown" for name, few in left.items()
                    if 0 < few < 5 and few != float(totals[name])]  # fmt: skip
    return []
