"""Positions in a text: in which unit a coding tool counted, and what that is in code points over LF text.

Tools count code points, UTF-16 units or UTF-8 bytes, and CRLF as one or two. The unit is found from the file:
from the coded text it stores, or else from how many coded passages begin and end at word boundaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Unit = Literal["codepoints", "utf16", "bytes"]
LineEnds = Literal["kept", "one"]

#: Share of passages the winning unit must explain, and its lead over the next.
NEEDED = 0.90
LEAD = 0.10

UNITS: tuple[Unit, ...] = ("codepoints", "utf16", "bytes")
LINE_ENDS: tuple[LineEnds, ...] = ("kept", "one")


def normalize(text: str) -> str:
    """``text`` without byte order mark, with LF line ends."""
    return lf_only(text.removeprefix("\ufeff"))


def lf_only(text: str) -> str:
    """``text`` with LF line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Positions:
    """Positions of one document in one unit, converted to code points of its LF text.

    Parameters
    ----------
    raw : str
        The document as stored, without byte order mark.
    unit : {"codepoints", "utf16", "bytes"}
    line_ends : {"kept", "one"}
        Whether CRLF counts as two characters or as one.
    """

    def __init__(self, raw: str, unit: Unit, line_ends: LineEnds) -> None:
        points = np.frombuffer(raw.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        width = np.ones(len(points), dtype=np.int64)
        if unit == "utf16":
            width += points > 0xFFFF
        elif unit == "bytes":
            width += (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points > 0xFFFF)
        before_lf = np.zeros(len(points), dtype=bool)
        before_lf[:-1] = (points[:-1] == 0x0D) & (points[1:] == 0x0A)
        if line_ends == "one":
            width[before_lf] = 0
        self._starts = np.concatenate(([0], np.cumsum(width)))
        self._to_lf = np.arange(len(points) + 1) - np.concatenate(([0], np.cumsum(before_lf)))
        self.length = int(self._starts[-1])

    def convert(self, start: int, end: int) -> tuple[int, int, bool] | None:
        """Start and end in code points of the LF text, and whether they had to move out of a character.

        None where the positions are reversed, equal or outside of the text.
        """
        return self.convert_all([start], [end])[0]

    def convert_all(self, starts: Sequence[int], ends: Sequence[int]) -> list[tuple[int, int, bool] | None]:
        """:meth:`convert` for many passages at once."""
        low, high = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
        valid = (low >= 0) & (low < high) & (high <= self.length)
        low, high = np.where(valid, low, 0), np.where(valid, high, 0)
        first = np.searchsorted(self._starts, low, side="right") - 1
        last = np.searchsorted(self._starts, high, side="left")
        moved = (self._starts[first] != low) | (self._starts[last] != high)
        found = zip(self._to_lf[first].tolist(), self._to_lf[last].tolist(), moved.tolist(), strict=True)
        return [span if ok else None for span, ok in zip(found, valid.tolist(), strict=True)]


@dataclass(frozen=True)
class Passage:
    """A coded passage as a tool stored it: positions in an unknown unit, and its text where the tool kept it."""

    start: int
    end: int
    stored: str = ""


@dataclass(frozen=True)
class Score:
    """How well one way of counting explains the passages of a document."""

    unit: Unit
    line_ends: LineEnds
    spans: tuple[tuple[int, int] | None, ...]
    at_boundaries: int
    as_stored: int

    @property
    def name(self) -> str:
        """``utf16`` or ``utf16, CRLF as one``."""
        return self.unit + (", CRLF as one" if self.line_ends == "one" else "")


@dataclass(frozen=True)
class Finding:
    """The way of counting that fits a document, or None where the evidence does not decide; and the evidence."""

    best: Score | None
    evidence: str


def score(raw: str, passages: Sequence[Passage], units: Sequence[Unit] = UNITS) -> list[Score]:
    """Every way of counting, scored on the passages of one document, the specification's (code points) first."""
    text = normalize(raw)
    done: dict[tuple[Unit, LineEnds], Score] = {}
    scores = []
    for unit in units:
        for line_ends in LINE_ENDS:
            # Ways that cannot differ in this document are computed once.
            way = ("codepoints" if raw.isascii() else unit, line_ends if "\r\n" in raw else "kept")
            if way not in done:
                done[way] = _score(raw, text, passages, *way)
            scores.append(replace(done[way], unit=unit, line_ends=line_ends))
    return scores


def _score(raw: str, text: str, passages: Sequence[Passage], unit: Unit, line_ends: LineEnds) -> Score:
    positions = Positions(raw, unit, line_ends)
    converted = positions.convert_all([p.start for p in passages], [p.end for p in passages])
    spans = tuple(found[:2] if found else None for found in converted)
    at_boundaries = sum(span is not None and _at_boundaries(text, *span) for span in spans)
    as_stored = sum(
        span is not None and bool(passage.stored) and same_text(passage.stored, text[slice(*span)])
        for passage, span in zip(passages, spans, strict=True)
    )
    return Score(unit, line_ends, spans, at_boundaries, as_stored)


def pool(documents: Sequence[Sequence[Score]]) -> list[Score]:
    """Scores of several documents of one file, added up by way of counting."""
    return [
        Score(
            ways[0].unit,
            ways[0].line_ends,
            tuple(span for way in ways for span in way.spans),
            sum(way.at_boundaries for way in ways),
            sum(way.as_stored for way in ways),
        )
        for ways in zip(*documents, strict=True)
    ]


def decide(scores: Sequence[Score], passages: Sequence[Passage]) -> Finding:
    """The way of counting that the stored texts or the word boundaries of these passages support.

    Parameters
    ----------
    scores : sequence of Score
        From :func:`score`, or from :func:`pool` for several documents.
    passages : sequence of Passage
        The same passages in the same order.
    """
    distinct: dict[tuple[tuple[int, int] | None, ...], Score] = {}
    for way in scores:
        distinct.setdefault(way.spans, way)
    ways = list(distinct.values())
    total = len(passages)
    if len(ways) == 1:
        return Finding(
            ways[0], f"every unit gives the same result ({ways[0].at_boundaries} of {total} at word boundaries)"
        )
    if len({way.unit for way in scores}) == 1:  # given by the user: only the line ends are left to find
        best = max(ways, key=lambda way: (way.as_stored, way.at_boundaries))
        return Finding(best, f"as given ({best.at_boundaries} of {total} at word boundaries)")
    stored = sum(bool(passage.stored) for passage in passages)
    most = max(way.as_stored for way in ways)
    if 2 * most > stored:
        # Where several ways cut out the same texts, word boundaries decide, and then the specification's order.
        fitting = [way for way in ways if way.as_stored == most]
        best = max(fitting, key=lambda way: way.at_boundaries)
        others = [way for way in ways if way is not best]
        second = max(others, key=lambda way: way.as_stored)
        return Finding(best, f"{most} of {stored} equal the stored text; next: {second.as_stored} ({second.name})")
    best, second = sorted(ways, key=lambda way: -way.at_boundaries)[:2]
    decided = best.at_boundaries >= NEEDED * total and best.at_boundaries - second.at_boundaries >= LEAD * total
    return Finding(
        best if decided else None,
        f"{best.at_boundaries} of {total} begin and end at word boundaries; "
        f"next: {second.at_boundaries} ({second.name})",
    )


def same_text(stored: str, found: str) -> bool:
    """Whether two texts agree but for white space; a stored text cut short ("...") must begin the other."""
    if stored == found:
        return True
    left, right = " ".join(stored.split()), " ".join(found.split())
    if left == right:
        return True
    cut = left.removesuffix("...").removesuffix("…").rstrip()
    return len(cut) >= 20 and cut != left and right.startswith(cut)


def _at_boundaries(text: str, start: int, end: int) -> bool:
    return _boundary(text, start) and _boundary(text, end)


def _boundary(text: str, position: int) -> bool:
    if position in (0, len(text)):
        return True
    return not (_word(text[position - 1]) and _word(text[position]))


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"
