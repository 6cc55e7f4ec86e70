"""Class of each citation context, with its probability and where the label comes from."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..errors import BadInput
from .features import LABELS
from .marks import Mark, find_marks, masked
from .model import load
from .rules import Reading, read, verdict

LONGEST = 2000
#: Words below which a sentence says too little to be sure of.
SHORT = 5
_FEW_ENGLISH_WORDS = 0.05
_ENGLISH = frozenset(
    """the of and in to a is that for with as was were by on are be this we from or it not at an have has which these
    our their also been than can but may between more study who they there his her its no""".split()
)


def classify(contexts: pd.DataFrame, mode: Literal["model", "rules"] = "model") -> pd.DataFrame:
    """Class each context as supporting, contrasting or mentioning.

    Parameters
    ----------
    contexts : DataFrame
        At least ``sentence`` and either ``masked`` or ``target_start`` and ``target_end``; other columns are kept.
    mode : {"model", "rules"}
        The trained model with calibrated probabilities, or cues alone (no probabilities).

    Returns
    -------
    DataFrame
        The input in its order, with p_supporting, p_contrasting, p_mentioning, label_auto, cues, flags, model_id,
        label, label_source (``model``, ``rules``, ``author`` or ``none``) and status.

    Raises
    ------
    BadInput
        If a needed column is missing, the mode is unknown, or the model file is unusable.
    """
    if mode not in ("model", "rules"):
        raise BadInput(f"unknown mode {mode!r}", fix="use mode='model' or mode='rules'")
    texts = _masked_texts(contexts)
    model = load() if mode == "model" else None
    readings = [read(text) for text in texts]
    troubles = [_trouble(text) for text in texts]
    usable = np.array([trouble is None for trouble in troubles], dtype=bool)
    result = contexts.copy()
    result["masked"] = texts
    probabilities = np.full((len(texts), 3), np.nan)
    if model is not None:
        scores = np.array([model.scores(t, r) for t, r in zip(texts, readings, strict=True)]).reshape(-1, 3)
        labels = [LABELS[i] for i in scores.argmax(axis=1)]
        probabilities[usable] = model.probabilities(scores)[usable]
    else:
        labels = [verdict(reading) for reading in readings]
    for place, name in enumerate(LABELS):
        result[f"p_{name}"] = probabilities[:, place]
    result["label_auto"] = [label if ok else None for label, ok in zip(labels, usable, strict=True)]
    result["model_id"] = model.model_id if model is not None else None
    result["cues"] = [[*r.agreement, *r.contrast] for r in readings]
    refs = contexts["n_refs"] if "n_refs" in contexts else [1] * len(texts)
    result["flags"] = [_flags(*row) for row in zip(texts, readings, refs, troubles, strict=True)]
    return _final(result, mode)


def _masked_texts(contexts: pd.DataFrame) -> list[str]:
    """The masked sentence of each row: as given, or made from the target's place."""
    if "sentence" not in contexts:
        raise BadInput("contexts without a column 'sentence'", fix="pass what extract() returns")
    given = contexts["masked"].fillna("").astype(str) if "masked" in contexts else pd.Series("", index=contexts.index)
    if "masked" not in contexts and not {"target_start", "target_end"} <= set(contexts):
        raise BadInput("contexts without a target", fix="add 'masked', or 'target_start' and 'target_end'")
    sentences = contexts["sentence"].fillna("").astype(str)
    starts, ends = (
        pd.to_numeric(contexts[name], errors="coerce") if name in contexts else pd.Series(None, index=contexts.index)
        for name in ("target_start", "target_end")
    )
    rows = zip(given, sentences, starts, ends, strict=True)
    return [text or _mask(sentence, start, end) for text, sentence, start, end in rows]


def _mask(sentence: str, start: Any, end: Any) -> str:
    if pd.isna(start) or pd.isna(end) or not 0 <= int(start) < int(end) <= len(sentence):
        return masked(sentence, find_marks(sentence), "")[0]
    target = Mark(int(start), int(end), ("target",))
    others = [m for m in find_marks(sentence) if m.end <= target.start or m.start >= target.end]
    return masked(sentence, [*others, target], "target")[0]


def _trouble(text: str) -> str | None:
    """Why a sentence cannot be classed: ``empty``, ``long`` or ``not_english``; None if it can."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if not words or len(text) > LONGEST:
        return "long" if words else "empty"
    foreign = len(words) >= 8 and sum(w in _ENGLISH for w in words) / len(words) < _FEW_ENGLISH_WORDS
    return "not_english" if foreign else None


def _flags(text: str, reading: Reading, references: int, trouble: str | None) -> list[str]:
    flags = {
        "third_party": reading.third_party, "negated": reading.negated, "multi_target": references > 1,
        "no_target": not reading.target, "short": trouble is None and len(text.split()) < SHORT,
    }  # fmt: skip
    return [name for name, holds in flags.items() if holds] + ([trouble] if trouble else [])


def _final(result: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Author over automatic; people's labels come later and win over both."""
    author = result["label_author"] if "label_author" in result else pd.Series(None, index=result.index, dtype=object)
    declared = author.notna()
    automatic = result["label_auto"].notna()
    result["label"] = author.where(declared, result["label_auto"])
    result["label_source"] = np.select([declared, automatic], ["author", mode], "none")
    result["status"] = np.select([declared, automatic], ["declared", "automatic"], "unlabeled")
    return result
