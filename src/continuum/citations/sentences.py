"""Sentences of a paragraph, with citation marks kept where they belong."""

from __future__ import annotations

import re
from collections.abc import Sequence

Span = tuple[int, int]

#: Words whose full stop does not end a sentence, without the stop, lower case.
ABBREVIATIONS = frozenset(
    """fig figs tab eq eqs eqn ref refs sec sect no nos vol vols ch chap ed eds pp p para suppl supp app e.g i.e cf
    vs viz approx ca c resp incl excl dr mr mrs ms prof st jr sr ph.d m.d sp spp subsp var u.s u.k u.n e.u d.c
    a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec inc ltd co corp univ dept""".split()
)
_TERMINAL = re.compile(r"[.?!…]+[\"'”’»)\]]*")
_OPENER = re.compile(r"[\"'“‘«(\[\s]*[A-Z0-9À-ÖØ-ÞͰ-ϿА-Я]")
_OPENING_WORD = re.compile(
    r"\s+(?:The|This|These|Those|That|There|We|Our|In|On|By|It|Its|For|From|As|At|However|Although|A|An|To|If|When|"
    r"While|With|Thus|Therefore|Finally|Then|Both|Each|Such|All|Most|Some|Here|Moreover|Furthermore)\b"
)
_WORD_BEFORE = re.compile(r"[\w.]*\w$")
#: A mark printed after the full stop: "[12]", "[3, 4]", or bare superscript digits.
_BRACKET_MARK = re.compile(r"\s?(?:\[\d[\d,;\s–—‑−-]*\])+")
_BARE_MARK = re.compile(r"\d{1,3}(?:[,–—‑−-]\d{1,3})*(?=\s|$)")


def split(text: str, marks: Sequence[Span] = ()) -> list[Span]:
    """Sentence spans of one paragraph.

    Parameters
    ----------
    text : str
        The paragraph as printed.
    marks : sequence of (start, end), optional
        Places of citation marks, with their brackets; found by their form where not given.

    Returns
    -------
    list of (start, end)
        Consecutive spans that together are the whole paragraph; white space belongs to the sentence before it.
    """
    starts = [0]
    ends_of = {start: end for start, end in marks}
    for match in _TERMINAL.finditer(text):
        end = _after_marks(text, match, ends_of)
        rest = text[end:]
        stripped = rest.lstrip()
        if not stripped or (rest[0] == stripped[0]):
            continue
        if _OPENER.match(stripped) and not _abbreviated(text, match, end):
            starts.append(len(text) - len(stripped))
    starts = sorted(set(starts))
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _after_marks(text: str, match: re.Match[str], ends_of: dict[int, int]) -> int:
    """Where the sentence ends once the marks printed after its full stop are counted in."""
    end = match.end()
    while True:
        following = end + (text[end : end + 1] == " ")
        if following in ends_of and _capital_follows(text, ends_of[following]):
            end = ends_of[following]
            continue
        if end in ends_of:  # printed without a space: a superscript
            end = ends_of[end]
            continue
        break
    if end == match.end() and not ends_of:
        bracket = _BRACKET_MARK.match(text, end)
        if bracket and _capital_follows(text, bracket.end()):
            return bracket.end()
        before = text[match.start() - 1 : match.start()]
        bare = _BARE_MARK.match(text, end)
        if bare and (before.isalpha() or before in ')]”"%'):
            return bare.end()
    return end


def _capital_follows(text: str, end: int) -> bool:
    rest = text[end:].lstrip(" ,;")
    return not rest or bool(re.match(r"[\"'“‘(\[]*[A-ZÀ-ÖØ-Þ]", rest)) or rest[0] in "–—-["


def _abbreviated(text: str, match: re.Match[str], end: int) -> bool:
    """Whether the full stop belongs to an abbreviation, an initial or "et al."."""
    if match.group(0)[0] != "." or match.group(0).startswith("..."):
        return False
    word_match = _WORD_BEFORE.search(text[max(0, match.start() - 20) : match.start()])
    word = word_match.group(0) if word_match else ""
    closed = match.group(0)[1:]
    if word.lower() == "al" and re.search(r"\bet\s+al$", text[max(0, match.start() - 8) : match.start()]):
        return end == match.end()
    if closed:
        return False
    if len(word) == 1 and word.isupper():  # an initial, unless a word follows that opens sentences
        return not _OPENING_WORD.match(text[end:])
    if word.isupper() and word.isalpha() and len(word) > 1:
        return False
    return word.lower() in ABBREVIATIONS or bool(re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word))
