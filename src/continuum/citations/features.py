"""A masked sentence as numbers: what its cues say, and which words stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .rules import AGREEMENT, CONTRAST, Reading, read, verdict

LABELS = ("supporting", "contrasting", "mentioning")
_TOKEN = re.compile(r"\w+|[;%]")
_NEGATED = tuple(f"not_{name}" for name in (*AGREEMENT, "inconsistent", "contradict", "differ"))
_SIDES = (*AGREEMENT, *CONTRAST)
CUES = (
    *(f"cue:{name}" for name in (*_SIDES, *_NEGATED)),
    *(f"far:{name}" for name in _SIDES),
    "negated", "anchored", "own", "prior", "hypothetical", "third_party", "reuse", "target", "rule:supporting",
    "rule:contrasting", "several agreements", "several contrasts", "agreement and own", "contrast and own",
    "agreement and contrast", "agreement and anchor", "contrast and anchor", "length",
)  # fmt: skip
#: Cue features are weighted against the words, whose rows have length one.
CUE_SCALE = 0.35


def tokens(masked: str) -> list[str]:
    """Words in lower case; TREF and OREF stay tokens of their own."""
    return [w if w in {"TREF", "OREF"} else w.lower() for w in _TOKEN.findall(masked)]


def ngrams(masked: str) -> Iterator[str]:
    """Runs of one, two and three tokens."""
    words = tokens(masked)
    yield from words
    for size in (2, 3):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def cue_vector(masked: str, reading: Reading | None = None) -> NDArray[np.float64]:
    """Cue features of one sentence, in the order of :data:`CUES`."""
    reading = reading or read(masked)
    rule = verdict(reading)
    found = {*reading.agreement, *reading.contrast}
    far = set(reading.far)
    agree, differ = bool(reading.agreement), bool(reading.contrast)
    values = [name in found for name in (*_SIDES, *_NEGATED)] + [name in far for name in _SIDES]
    values += [
        reading.negated, reading.anchored, reading.own, reading.prior, reading.hypothetical, reading.third_party,
        reading.reuse, reading.target, rule == "supporting", rule == "contrasting", len(reading.agreement) > 1,
        len(reading.contrast) > 1, agree and reading.own, differ and reading.own, agree and differ,
        agree and reading.anchored, differ and reading.anchored,
    ]  # fmt: skip
    return CUE_SCALE * np.array([*values, min(len(masked) / 300, 2.0)], dtype=float)


def word_weights(
    masked: str, vocabulary: Mapping[str, int], idf: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """TF-IDF of one sentence over a vocabulary: sublinear counts, rows of length one.

    Returns
    -------
    (positions, weights)
        Positions in the vocabulary and their weights.
    """
    counts: dict[int, int] = {}
    for gram in ngrams(masked):
        place = vocabulary.get(gram)
        if place is not None:
            counts[place] = counts.get(place, 0) + 1
    where = np.fromiter(counts, dtype=np.int64, count=len(counts))
    weights = (1.0 + np.log(np.fromiter(counts.values(), dtype=float, count=len(counts)))) * idf[where]
    length = float(np.sqrt(weights @ weights))
    return where, weights / length if length else weights


def build_vocabulary(sentences: Sequence[str], min_documents: int) -> tuple[dict[str, int], NDArray[np.float64]]:
    """N-grams that stand in at least ``min_documents`` sentences, and their smoothed inverse document frequency."""
    documents: dict[str, int] = {}
    for sentence in sentences:
        for gram in set(ngrams(sentence)):
            documents[gram] = documents.get(gram, 0) + 1
    kept = sorted(gram for gram, number in documents.items() if number >= min_documents)
    idf = np.array([np.log((1 + len(sentences)) / (1 + documents[gram])) + 1 for gram in kept])
    return {gram: place for place, gram in enumerate(kept)}, idf
