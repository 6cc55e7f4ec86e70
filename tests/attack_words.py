"""What a reader learns from words, from two questions answered by the same people, and from places of items."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from attack_system import EVERY, HIDDEN, Published, from_share, media

from continuum.survey.paired import paired_difference
from continuum.tables import interval, percent


def words(folder: Path, groups: list[str], answers: float) -> dict[str, Published]:
    """Each word by group; a group without a row is a hidden count, or one that tells nothing.

    Parameters
    ----------
    folder : Path
    groups : list of str
    answers : float
        Respondents who wrote an answer, as the table of codes tells.
    """
    systems: dict[str, Published] = {}
    for table in media(folder, "tbl-survey-words"):
        bases = {row["group"]: row["n"] for row in table.to_dict("records")}
        for word, rows in table.groupby("word", sort=False):
            one = systems[str(word)] = Published([["used", "not used"], groups])
            one.tell((EVERY, EVERY), answers)
            for group in groups:
                one.tell((EVERY, group), bases.get(group, HIDDEN))
                if group not in set(rows["group"]):
                    one.tell(("used", group), HIDDEN)
            for row in rows.to_dict("records"):
                one.tell(("used", row["group"]), row["count"])
                others = "|".join(group for group in groups if group != row["group"])
                one.tell(("used", others), from_share(row["other_share"], answers - float(row["n"])))
    return systems


def alike(n: int, first: int, second: int, shown: str) -> list[int]:
    """How many may have said yes to both questions, if ``n`` answered both and the interval is the one shown."""
    found = []
    everyone = np.ones(n, dtype=bool)
    for both in range(max(0, first + second - n), min(first, second) + 1):
        one, other = np.arange(n) < first, (np.arange(n) >= first - both) & (np.arange(n) < first - both + second)
        guess = paired_difference(one, everyone, other, everyone)
        if interval(guess["low"], guess["high"], percent) == shown:
            found.append(both)
    return found


def orders(shares: list[str], places: list[str], n: int, threshold: int) -> list[tuple[int, ...]]:
    """All hidden counts below the threshold that agree with the places shown; one is enough to know them."""
    hidden = [k for k, share in enumerate(shares) if share.startswith(HIDDEN)]
    found = []
    for guess in product(range(1, threshold), repeat=len(hidden)):
        counts = np.array([0.0 if k in hidden else float(shares[k]) * n for k in range(len(shares))])
        counts[hidden] = guess
        ranks = (counts[None, :] > counts[:, None]).sum(axis=1) + (
            (counts[None, :] == counts[:, None]).sum(axis=1) + 1
        ) / 2
        if all(place.startswith(HIDDEN) or float(place) == rank for place, rank in zip(places, ranks, strict=True)):
            found.append(guess)
    return found
