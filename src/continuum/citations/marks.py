"""Citation marks of a paragraph: ranges expanded, and the sentence seen from one reference (masking)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

DASHES = "–—‑−‒-"
#: The longest range that is expanded; a longer one is more likely a misprint.
LONGEST_RANGE = 60
TARGET, OTHER = "TREF", "OREF"

_BETWEEN_RANGE_ENDS = re.compile(rf"[\])\s]*[{DASHES}][\[(\s]*")
_WHOLE_RANGE = re.compile(rf"[\[(\s]*(\d+)\s*[{DASHES}]\s*(\d+)[\])\s]*")
_YEAR = r"(?:19|20)\d\d[a-z]?"
_MARK_BY_FORM = re.compile(
    rf"\[\d[\d,;\s{DASHES}]*\]"  # [3], [3, 4], [3-5]
    rf"|\([^()]*\b{_YEAR}[^()]*\)"  # (Lee et al., 2016; Park 2001), also (2016) after a name
    rf"|(?<=[A-Za-z.])\(\d{{1,3}}(?:[,;\s{DASHES}]+\d{{1,3}})*\)"  # et al.(16)
)
#: Author names right before a mark: "Lee et al.", "Lee and Park", "Lee and colleagues".
_NARRATIVE = re.compile(r"[A-ZÀ-Þ][\w’'-]+(?: et al\.?|,? (?:and|&) (?:[A-ZÀ-Þ][\w’'-]+|co-workers|colleagues))\s?$")
_BETWEEN_MARKS = re.compile(rf"[\])\s]*[,;{DASHES}]?[\[(\s]*")


@dataclass(frozen=True)
class Mark:
    """One citation mark in a paragraph.

    Attributes
    ----------
    start, end : int
        Place in the paragraph's text.
    refs : tuple of str
        Ids of the references it points to.
    ranged : frozenset of str
        Those of ``refs`` that only a range implies.
    mode, prefix, locator : str or None
        What an author's own source says about the citation.
    stance : str or None
        ``supporting``, ``contrasting`` or ``mentioning`` where the author declares it, with the result it rests on.
    """

    start: int
    end: int
    refs: tuple[str, ...]
    ranged: frozenset[str] = field(default_factory=frozenset)
    mode: str | None = None
    prefix: str | None = None
    locator: str | None = None
    stance: str | None = None
    stance_result: str | None = None


def expand_ranges(text: str, marks: Sequence[Mark], order: Sequence[str]) -> tuple[list[Mark], list[str]]:
    """Add the references between the two ends of each printed range.

    Two forms occur: two neighboring marks with only brackets, blanks and one dash between them, and one mark whose
    own text is a range. A dash followed by words is no range, nor is one between author-year marks.

    Parameters
    ----------
    text : str
        The paragraph.
    marks : sequence of Mark
        In order of appearance.
    order : sequence of str
        Ids in the order of the reference list.

    Returns
    -------
    marks, warnings
        References in between are added to the mark that ends the range (or to the mark that is the range).
    """
    place = {ref: index for index, ref in enumerate(order)}
    expanded: list[Mark] = []
    warnings: list[str] = []
    for mark in marks:
        own = _WHOLE_RANGE.fullmatch(text[mark.start : mark.end])
        if own and len(mark.refs) <= 2:
            first, last = int(own.group(1)), int(own.group(2))
            start = place.get(mark.refs[0])
            between = _between(order, start, None if start is None else start + last - first, len(mark.refs) == 2)
        elif expanded and _numeric(text, mark) and _numeric(text, expanded[-1]):
            gap = text[expanded[-1].end : mark.start]
            if not _BETWEEN_RANGE_ENDS.fullmatch(gap):
                expanded.append(mark)
                continue
            between = _between(order, place.get(expanded[-1].refs[-1]), place.get(mark.refs[0]), True)
        else:
            expanded.append(mark)
            continue
        if between is None:
            warnings.append(f"range_unresolved: {text[mark.start : mark.end]!r}")
            between = ()
        new = tuple(ref for ref in between if ref not in mark.refs)
        expanded.append(replace(mark, refs=(*mark.refs, *new), ranged=mark.ranged | frozenset(new)))
    return expanded, warnings


def find_marks(text: str) -> list[Mark]:
    """Citation marks by their form alone: "[3, 4]", "(Lee et al., 2016; Park 2001)", "Lee et al. (2016)", "Lee (2016)".

    For text whose marks are not known from its source. All get the reference id ``"other"``.
    """
    return [Mark(m.start(), m.end(), ("other",)) for m in _MARK_BY_FORM.finditer(text)]


def masked(sentence: str, marks: Sequence[Mark], ref: str) -> tuple[str, Mark | None]:
    """The sentence as seen from one reference: its marks become TREF, runs of other marks one OREF.

    Parameters
    ----------
    sentence : str
    marks : sequence of Mark
        Places within ``sentence``.
    ref : str
        The reference looked at.

    Returns
    -------
    text, mark
        The masked sentence and the first mark that points to ``ref`` (None if there is none).
    """
    groups = _runs(sentence, _in_groups(sentence, marks))
    own = next((m for m in marks if ref in m.refs), None)
    pieces: list[str] = []
    position = 0
    for group in groups:
        start, end = _with_brackets(sentence, group[0].start, group[-1].end)
        pieces.append(sentence[position:start])
        pieces.append(TARGET if any(ref in m.refs for m in group) else OTHER)
        position = end
    pieces.append(sentence[position:])
    text = re.sub(rf"(?<=[\w.,;])(?={TARGET}|{OTHER})", " ", "".join(pieces))
    return re.sub(rf"({TARGET}|{OTHER})(?=\w)", r"\1 ", text), own


def _in_groups(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """Marks in order, each widened to the parenthesized group of citations it stands in."""
    spans = [(m.start(), m.end()) for m in _MARK_BY_FORM.finditer(text)]
    widened = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        around = next(((a, b) for a, b in spans if a <= mark.start and mark.end <= b), (mark.start, mark.end))
        widened.append(replace(mark, start=around[0], end=around[1]))
    return widened


def _between(order: Sequence[str], first: int | None, last: int | None, both_ends: bool) -> tuple[str, ...] | None:
    if first is None or last is None or last <= first or last - first > LONGEST_RANGE or last >= len(order):
        return None
    return tuple(order[first + 1 : last if both_ends else last + 1])


def _numeric(text: str, mark: Mark) -> bool:
    return bool(re.fullmatch(r"[\[(\s]*\d+[\])\s]*", text[mark.start : mark.end]))


def _runs(text: str, marks: Sequence[Mark]) -> list[list[Mark]]:
    """Neighboring marks with the same target set stay apart only where words stand between them."""
    runs: list[list[Mark]] = []
    for mark in marks:
        if runs and _BETWEEN_MARKS.fullmatch(text[runs[-1][-1].end : mark.start]):
            runs[-1].append(mark)
        else:
            runs.append([mark])
    return runs


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """Take the brackets around a run of marks, and the author names of a narrative mark, into the mask."""
    while start > 0 and end < len(text) and (text[start - 1], text[end]) in {("[", "]"), ("(", ")")}:
        start, end = start - 1, end + 1
    names = _NARRATIVE.search(text[:start])
    return (names.start(), end) if names is not None else (start, end)
