"""Which columns identify a person, which words in free text do, and the pseudonyms that replace identifiers.

One set of rules for the survey and interview importers and for the scan of everything published.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

#: Identifiers that say themselves that they belong to nobody; kept as they are, so that synthetic data stay labelled.
SYNTHETIC_PREFIX = "SYN-"
SYNTHETIC_ID = re.compile(SYNTHETIC_PREFIX)

#: Names and labels that identify a person wherever they stand, compared without case, blanks and punctuation.
_EXACT_NAMES = (
    "ip ipaddress ipadresse locationlatitude locationlongitude locationaccuracy latitude longitude lat lon lng gps "
    "geolocation geopoint recipientlastname recipientfirstname recipientemail emailaddress email mail name fullname "
    "firstname lastname secondname middlename surname familyname givenname nickname externalreference "
    "externaldatareference phone phonenumber telephone mobile cellphone homephone mobilephone address streetaddress "
    "mailingaddress birthdate dateofbirth dob birthday socialsecuritynumber ssn passport passportnumber deviceid "
    "subscriberid simserial simid username submittedby"
)
_EXACT = frozenset(_EXACT_NAMES.split())
#: Parts of a name by which embedded data and columns of plain tables are recognized ("agent_phone", "MailingStreet").
_PARTS = ("mail", "phone", "name", "address", "birth", "postalcode", "zipcode", "geolocation", "ipaddr")
_ASKS = re.compile(
    r"\b(your|respondent'?s?|participant'?s?)\s+((first|last|full|family|given)\s+)?"
    r"(name|e-?mail|phone|telephone|mobile|(home |street |postal )?address|date of birth|birth ?date)\b"
    r"|\bwhat is your name\b",
    re.I,
)

EMAIL = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
IP_ADDRESS = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\w)"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])"
)
#: International form (without separators, ten digits or more), or North American with separators; plain runs of
#: digits, dates, parts of paths and identifiers of articles are not phone numbers.
PHONE = re.compile(
    r"(?<![\w./+-])(?:\+\d{10,15}|\+(?=(?:[ .()-]{0,2}\d){7})\d{1,3}(?:[ .-]|(?=\())"
    r"(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
    r"|(?:1[ .-])?\(\d{3}\)[ .-]?\d{3}[ .-]\d{4}|(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4})(?![\w/-])"
)
_KINDS = {"e-mail address": EMAIL, "IP address": IP_ADDRESS, "phone number": PHONE}
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for pattern in _KINDS.values()))


@dataclass(frozen=True)
class Found:
    """One identifying piece of a text: what it is and where (code points, end exclusive)."""

    kind: str
    start: int
    end: int


def is_personal(name: str, *, label: str = "", import_id: str = "", question: bool = False) -> bool:
    """Whether a column identifies a person.

    Parameters
    ----------
    name : str
        The column's header.
    label : str
        The text of its question, or the second header row.
    import_id : str
        Qualtrics' own identifier of the column.
    question : bool
        True for an answer to a question: then parts of its name ("rename_1") are not enough.
    """
    names = {_plain(name), _plain(import_id), _plain(import_id.removeprefix("panel-").removeprefix("Location-"))}
    if names & _EXACT or _plain(label) in _EXACT or _ASKS.search(label):
        return True
    return not question and any(part in _plain(name) for part in _PARTS)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def find_personal(text: str) -> list[Found]:
    """E-mail addresses, IP addresses and phone numbers in a text, from left to right, without overlap."""
    found: list[Found] = []
    for kind, pattern in _KINDS.items():
        for match in pattern.finditer(text):
            if all(match.end() <= other.start or match.start() >= other.end for other in found):
                found.append(Found(kind, match.start(), match.end()))
    return sorted(found, key=lambda piece: piece.start)


def mask(text: str) -> str:
    """``text`` with each identifying piece replaced by its kind in brackets."""
    for piece in reversed(find_personal(text)):
        text = f"{text[: piece.start]}[{piece.kind}]{text[piece.end :]}"
    return text


def screen(texts: pd.Series) -> tuple[pd.Series, Counter[str]]:
    """Masked copy of a column of free text, and how many identifying pieces of each kind it held.

    Parameters
    ----------
    texts : Series of str
        Missing values stay missing.
    """
    suspicious = texts.str.contains(_ANY, na=False)
    counts: Counter[str] = Counter(piece.kind for text in texts[suspicious] for piece in find_personal(text))
    masked = texts.copy()
    masked[suspicious] = [mask(text) for text in texts[suspicious]]
    return masked, counts


def pseudonyms(ids: Iterable[str], key: str) -> list[str]:
    """Keyed hashes of identifiers: equal for equal identifiers of one study, meaningless outside of it.

    Parameters
    ----------
    ids : iterable of str
        Identifiers that begin with ``SYN-`` are kept: they name nobody and must stay recognizable.
    key : str
        Different keys (studies) give unrelated pseudonyms.

    Returns
    -------
    list of str
        ``"r"`` and 16 hexadecimal digits each (64 bits: a collision among a million is a chance of 3e-8).
    """
    secret = hashlib.blake2b(key.encode(), digest_size=32).digest()
    return [
        text
        if text.startswith(SYNTHETIC_PREFIX)
        else "r" + hashlib.blake2b(text.encode(), key=secret, digest_size=8).hexdigest()
        for text in ids
    ]
