"""Words of answer scales: which answers are ordered, which are "don't know", and when two spellings are one level."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

_DONT_KNOW = re.compile(
    r"^\W*(i\s+)?(really\s+)?(don'?t|do not|can'?t|cannot)\s+(know|remember|recall|say|judge|tell)\b"
    r"|^\W*(unsure|not sure|no opinion|no idea|unknown|undecided/don'?t know|prefer not to (say|answer)|refused|"
    r"decline(d)? to (answer|say)|rather not say|wei(ß|ss) nicht|no s[eé]|ne sais pas)\W*$",
    re.I,
)
_NOT_APPLICABLE = re.compile(r"\bnot applicable\b|\bdoes(n'?t| not) apply\b|^\W*n\s*/\s*a\W*$", re.I)

#: Ordered vocabularies, lowest first; words in one set stand for the same place on the scale.
_ORDERS: dict[str, tuple[set[str], ...]] = {
    "frequency": (
        {"never"}, {"almost never", "hardly ever"}, {"rarely", "seldom"}, {"occasionally"},
        {"sometimes", "about half the time"}, {"often", "frequently"}, {"usually", "most of the time"},
        {"very often"}, {"almost always"}, {"always"},
    ),
    "agreement": (
        {"strongly disagree", "totally disagree", "completely disagree"}, {"disagree"},
        {"somewhat disagree", "slightly disagree", "rather disagree"},
        {"neither agree nor disagree", "neutral", "undecided", "neither"},
        {"somewhat agree", "slightly agree", "rather agree"}, {"agree"},
        {"strongly agree", "totally agree", "completely agree"},
    ),
    "importance": (
        {"not at all important", "not important", "unimportant"}, {"slightly important", "of little importance"},
        {"somewhat important"}, {"moderately important"}, {"important"}, {"very important"},
        {"extremely important", "essential"},
    ),
    "likelihood": (
        {"very unlikely", "extremely unlikely"}, {"unlikely"}, {"somewhat unlikely"},
        {"neither likely nor unlikely", "neutral"}, {"somewhat likely"}, {"likely"},
        {"very likely", "extremely likely"},
    ),
    "familiarity": (
        {"not at all familiar", "not familiar"}, {"slightly familiar"}, {"somewhat familiar"}, {"moderately familiar"},
        {"familiar"}, {"quite familiar"}, {"very familiar"}, {"extremely familiar"},
    ),
    "confidence": (
        {"not at all confident", "not confident"}, {"slightly confident"}, {"somewhat confident"},
        {"moderately confident"}, {"confident", "fairly confident"}, {"very confident"}, {"extremely confident"},
    ),
    "satisfaction": (
        {"very dissatisfied"}, {"dissatisfied"}, {"somewhat dissatisfied"},
        {"neither satisfied nor dissatisfied", "neutral"}, {"somewhat satisfied"}, {"satisfied"}, {"very satisfied"},
    ),
    "extent": (
        {"not at all", "none", "none at all"}, {"a little", "slightly", "to a small extent", "very little"},
        {"somewhat", "some", "to some extent"}, {"a moderate amount", "moderately"}, {"quite a bit"},
        {"a lot", "to a large extent", "very much"}, {"a great deal", "completely", "extremely"},
    ),
    "quality": ({"very poor"}, {"poor"}, {"fair"}, {"average"}, {"good"}, {"very good"}, {"excellent"}),
    "difficulty": (
        {"very difficult"}, {"difficult"}, {"somewhat difficult"}, {"neutral"}, {"somewhat easy"}, {"easy"},
        {"very easy"},
    ),
    "met need": ({"not met", "unmet"}, {"partly met", "partially met"}, {"met", "fully met"}),
    "capacity": (
        {"cannot", "not available", "not able to meet", "unable to meet"},
        {"by referral", "partly able to meet", "able to meet partly or by referral"},
        {"in house", "in-house", "able to meet"},
    ),
    "level": ({"very low"}, {"low"}, {"medium", "moderate"}, {"high"}, {"very high"}),
}  # fmt: skip


def spelling(text: str) -> str:
    """What two spellings of one level have in common: no case, outer or double blanks, typographic quotes or dashes."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("’‘`´–—", "''''--"))
    return " ".join(text.replace("\u00ad", "").split()).casefold()


def is_dont_know(label: str) -> bool:
    """Whether an answer says that the person does not know or does not say."""
    return bool(_DONT_KNOW.search(spelling(label)))


def is_not_applicable(label: str) -> bool:
    """Whether an answer says that the question does not apply."""
    return bool(_NOT_APPLICABLE.search(spelling(label)))


def known_order(labels: Iterable[str]) -> tuple[str, list[str]] | None:
    """Name of the vocabulary that holds all ``labels``, and the labels in its order; None if there is none.

    Labels such as "Strongly agree (5)" or "5 - Strongly agree" are compared without their number.
    """
    words = {label: _without_number(spelling(label)) for label in labels}
    for name, order in _ORDERS.items():
        place = {word: i for i, group in enumerate(order) for word in group}
        places = {place.get(word, -1) for word in words.values()}
        if len(words) > 1 and len(places) == len(words) and -1 not in places:
            return name, sorted(words, key=lambda label: place[words[label]])
    return None


def numbered(labels: Sequence[str]) -> bool:
    """Whether labels carry consecutive numbers of a rating scale: "(1)", "2 - Agree", "Strongly agree (5)"."""
    found = [re.search(r"^\W*(\d+)\b|\((\d+)\)\W*$", label) for label in labels]
    if not labels or not all(found):
        return False
    values = [int(match[1] or match[2]) for match in found if match]
    return len(values) > 2 and values == list(range(values[0], values[0] + len(values)))


def _without_number(text: str) -> str:
    return re.sub(r"^\W*\d+\W+(?=\w)|\s*\(\d+\)\W*$", "", text).strip(" .-")


def neutral_level(levels: Sequence[str]) -> str | None:
    """The middle level if its words call it neutral, else None."""
    if len(levels) % 2 == 0:
        return None
    middle = levels[len(levels) // 2]
    words = spelling(middle)
    return middle if re.search(r"\bneither\b|\bneutral\b|\bundecided\b|^\(\d+\)$|^\d+$", words) else None


def nearest(text: str, levels: Iterable[str]) -> str:
    """``(did you mean 'Sometimes'?)`` or a list of the levels, for an error."""
    levels = list(levels)
    by_spelling = {spelling(level): level for level in levels}
    near = difflib.get_close_matches(spelling(text), list(by_spelling), n=1)
    if near:
        return f"did you mean {by_spelling[near[0]]!r}?"
    shown = ", ".join(repr(level) for level in levels[:8])
    return f"its levels are {shown}" + (" ..." if len(levels) > 8 else "")
