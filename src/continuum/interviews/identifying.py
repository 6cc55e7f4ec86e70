"""Does an excerpt name somebody, a place or an organization? Rules that withhold too much rather than too little.

No model knows a region's shelters, so a word with a capital letter counts as a name unless it cannot be one, and people
decide from the review list. Where a model of names is installed, what it finds is added (:mod:`.name_model`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from ..ingest.personal import find_personal

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_CAPITAL = r"[^\W\d_a-zß-ÿ][\w'’&.-]*"
#: What must not be in an excerpt, in the order in which it is reported.
_PATTERNS = (
    ("web address", re.compile(r"https?://|www\.|\b\w+\.(?:com|org|net|gov|edu)\b", re.I)),
    ("date", re.compile(
        rf"\b\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}\b|\b(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b"
        rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})\b"
        rf"|\b(?:{_DAYS}),? (?:the )?\d{{1,2}}(?:st|nd|rd|th)\b", re.I
    )),
    ("year", re.compile(r"\b(?:19|20)\d\d\b")),
    ("street address", re.compile(
        r"\b\d{1,5} (?:[NSEW]\.? |north |south |east |west )?[\w.]+(?: [\w.]+)? "
        r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|terrace|parkway|pkwy|highway|hwy)\b", re.I
    )),
    ("organization", re.compile(
        rf"\b{_CAPITAL}(?: (?:of|for|and|the|{_CAPITAL}))* (?:Inc|LLC|Ltd|Center|Centre|Hospital|Clinic|Shelter|House|"
        r"Church|Ministry|Ministries|Foundation|Coalition|Services|School|University|College|Department|Police|Agency|"
        r"Motel|Hotel|Farms?|Restaurant)\b|\b[A-Z]{3,}\b"
    )),
    ("place", re.compile(rf"\b(?:in|near|from|to|at|outside|around|of) {_CAPITAL}(?:,? [A-Z]{{2}}\b)?")),
    ("name", re.compile(
        rf"\b(?:[Mm]y name is|[Nn]amed|[Cc]alled|[Mm]r\.?|[Mm]rs\.?|[Mm]s\.?|[Dd]r\.?|[Ss]ister|[Ff]ather|[Oo]fficer|"
        rf"[Jj]udge|[Dd]etective|[Pp]astor) {_CAPITAL}"
    )),
    ("long number", re.compile(r"(?:\d[\s().-]?){5,}")),
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SENTENCE_END = re.compile(r"[.!?:…\"“”()\[\]]\s*$|^\s*$|[-–—]\s*$")
#: English words written with a capital letter that name nobody.
_NAMELESS = frozenset({"i", "i'm", "i've", "i'd", "i'll", "ok"})
#: Words that open an English sentence; others at its start are names unless the study writes them small elsewhere.
_OPENERS = frozenset(
    "a about after again all also although always an and another any anybody anyone anything are as ask at away "
    "back be because been before being between both but by can cannot clearly could day did different do does "
    "don't down during each either especially even every everybody everyone everything few finally first for from "
    "get getting give go going had has have having he hence her here hers him his how however if in instead into "
    "is it it's its just kids last later less let like look lots many may maybe me men might more most mostly "
    "much must my neither never next no nobody none nor not nothing now of off often on once one only or other "
    "others our out over parents people perhaps please probably quite rather really same say see she should since "
    "so some somebody someone something sometimes soon still such take than that that's the their them then there "
    "there's therefore these they they're thing things this those though three through to today together too two "
    "under unless until up us usually very was we we're well went were what what's whatever when where whether "
    "which while who whoever why will with within without women work would yeah yes yet you you're young your "
    "youth".split()
)


def identifying(text: str, names: Iterable[str] = (), ordinary: Set[str] = frozenset()) -> list[str]:
    """Why an excerpt might identify somebody; empty if nothing was found.

    Parameters
    ----------
    text : str
    names : iterable of str
        Names known from the study: interviewers, organizations, sites, cases.
    ordinary : set of str
        Words that the study writes with a small letter somewhere, see :func:`ordinary_words`: at the start of a
        sentence they are no names. Empty, only names inside sentences are found.

    Returns
    -------
    list of str
        Such as "e-mail address", "organization" or "possible name". A word with a capital letter inside a sentence
        counts as a possible name: the screen withholds too much rather than too little.
    """
    found = list(dict.fromkeys(piece.kind for piece in find_personal(text)))
    found += [reason for reason, pattern in _PATTERNS if pattern.search(text)]
    lower = text.lower()
    if any(re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", lower) for name in names if len(name.strip()) > 1):
        found.append("name known from the study")
    for word in _WORD.finditer(text):
        plain = word.group().lower().replace("’", "'")
        if not word.group()[0].isupper() or plain in _NAMELESS:
            continue
        inside = not _SENTENCE_END.search(text[: word.start()])
        if inside or (ordinary and plain not in ordinary and plain not in _OPENERS):
            found.append("possible name")
            break
    return found


def ordinary_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that stand somewhere in the texts with a small letter."""
    return frozenset(word.replace("’", "'") for text in texts for word in _WORD.findall(str(text)) if word[0].islower())
