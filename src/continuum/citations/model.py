"""The trained stance model at work: weights from JSON, numpy only, and a probability that means what it says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from .features import CUES, LABELS, cue_vector, word_weights
from .rules import Reading

SCHEMA = "stance-1"


@dataclass(frozen=True)
class StanceModel:
    """A multinomial logistic model over words and cues.

    Attributes
    ----------
    vocabulary : dict
        N-gram -> row of ``weights``.
    idf : ndarray (words,)
    weights : ndarray (words, 3)
    cues : ndarray (cues, 3)
    intercept : ndarray (3,)
    scale : float
        Calibration: factor of the scores.
    bias : ndarray (3,)
        Calibration: shift per class (mentioning 0).
    model_id : str
        Hash of the content.
    metrics : dict
        Scores reported when it was trained.
    """

    vocabulary: dict[str, int]
    idf: NDArray[np.float64]
    weights: NDArray[np.float64]
    cues: NDArray[np.float64]
    intercept: NDArray[np.float64]
    scale: float
    bias: NDArray[np.float64]
    model_id: str
    metrics: dict[str, Any]

    def scores(self, masked: str, reading: Reading | None = None) -> NDArray[np.float64]:
        """Class-weighted scores of one sentence; the label is their argmax."""
        where, words = word_weights(masked, self.vocabulary, self.idf)
        return self.intercept + words @ self.weights[where] + cue_vector(masked, reading) @ self.cues

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probabilities of scores (n, 3); rows sum to one."""
        shifted = self.scale * scores + self.bias
        shifted -= shifted.max(axis=-1, keepdims=True)
        raw = np.exp(shifted)
        return raw / raw.sum(axis=-1, keepdims=True)


def dump(model: StanceModel, **about: Any) -> str:
    """The model as JSON; the same model gives the same bytes."""
    order = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    content = {
        "schema": SCHEMA, "labels": list(LABELS), "vocabulary": order, "idf": _rounded(model.idf),
        "weights": _rounded(model.weights), "cues": {"names": list(CUES), "weights": _rounded(model.cues)},
        "intercept": _rounded(model.intercept), "calibration": {"scale": model.scale, "bias": _rounded(model.bias)},
        "decision": "argmax of the class-weighted scores", "metrics": model.metrics, **about,
    }  # fmt: skip
    return json.dumps({"model_id": _identity(content), **content}, ensure_ascii=False, separators=(",", ":")) + "\n"


def load(path: Path | None = None) -> StanceModel:
    """Read a model file; the one shipped with the package if none is named.

    Raises
    ------
    BadInput
        If it is missing, of another schema, or was changed after it was written.
    """
    return _shipped() if path is None else _parse(path)


def released_scores() -> dict[str, Any]:
    """Scores of the shipped model and of the rules, measured once when it was released.

    Raises
    ------
    BadInput
        If they belong to another model.
    """
    text = (resources.files("continuum.citations") / "weights" / "stance-v1-scores.json").read_text(encoding="utf-8")
    scores = json.loads(text)
    if scores["model_id"] != load().model_id:
        raise BadInput(
            "the stored scores are of another model", file="stance-v1-scores.json",
            fix="run: python -m continuum.citations.training evaluate FOLDER",
        )  # fmt: skip
    return scores


@lru_cache(maxsize=1)
def _shipped() -> StanceModel:
    with resources.as_file(resources.files("continuum.citations") / "weights" / "stance-v1.json") as path:
        return _parse(path)


def _parse(path: Path) -> StanceModel:
    fix = "restore the file, or classify with mode='rules'"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"no usable stance model ({error})", file=path.name, fix=fix) from None
    stored = content.pop("model_id", None)
    if content.get("schema") != SCHEMA or tuple(content.get("labels", ())) != LABELS:
        raise BadInput(f"a model of schema {content.get('schema')!r}, not {SCHEMA!r}", file=path.name, fix=fix)
    if tuple(content["cues"]["names"]) != CUES or stored != _identity(content):
        raise BadInput("the model does not match its own checksum or this version's cues", file=path.name, fix=fix)
    return StanceModel(
        vocabulary={gram: place for place, gram in enumerate(content["vocabulary"])},
        idf=np.array(content["idf"]), weights=np.array(content["weights"]), cues=np.array(content["cues"]["weights"]),
        intercept=np.array(content["intercept"]), scale=content["calibration"]["scale"],
        bias=np.array(content["calibration"]["bias"]), model_id=stored, metrics=content["metrics"],
    )  # fmt: skip


def _identity(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rounded(values: NDArray[np.float64]) -> Any:
    """Seven significant digits: labels and probabilities stay the same to 1e-6, the file is half as large."""
    return np.vectorize(lambda v: float(f"{v:.7g}"))(values).tolist()
