"""How good labels and probabilities are: F1, calibration, and intervals over resampled citing papers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .features import LABELS

SEED = 20190101
DRAWS = 2000
#: Calibrated probability from which an automatic label counts.
SURE = 0.8


def report(labels: Any, predicted: Any) -> dict[str, float]:
    """Macro-F1, and precision, recall and F1 per class."""
    return _measures(_confusion(labels, predicted))


def _confusion(labels: Any, predicted: Any) -> NDArray[np.float64]:
    """Counts, truth by prediction."""
    truth, guess = np.asarray(labels), np.asarray(predicted)
    return np.array([[((truth == a) & (guess == b)).sum() for b in LABELS] for a in LABELS], dtype=float)


def _measures(counts: NDArray[np.float64]) -> dict[str, Any]:
    """Measures of one table of counts (3, 3), or of many (..., 3, 3)."""
    result: dict[str, Any] = {}
    for place, name in enumerate(LABELS):
        hit = counts[..., place, place]
        precision = hit / np.maximum(counts[..., :, place].sum(axis=-1), 1.0)
        recall = hit / np.maximum(counts[..., place, :].sum(axis=-1), 1.0)
        result |= {f"{name}_precision": precision, f"{name}_recall": recall}
        result[f"{name}_f1"] = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    result["macro_f1"] = np.mean([result[f"{name}_f1"] for name in LABELS], axis=0)
    return result if counts.ndim > 2 else {name: float(value) for name, value in result.items()}


def calibration_error(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error of the top class in equal bins."""
    return sum(row["share"] * abs(row["right"] - row["confidence"]) for row in reliability(probabilities, labels, bins))


def reliability(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = 15
) -> list[dict[str, float]]:
    """Per bin of the top class's probability: its share of the rows, mean confidence, and share that is right."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "share": float((place == b).mean()), "n": int((place == b).sum()),
            "confidence": float(confidence[place == b].mean()), "right": float(correct[place == b].mean()),
        }
        for b in range(bins) if (place == b).any()
    ]  # fmt: skip


def brier(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Mean squared distance between probabilities and the 0/1 truth, summed over classes."""
    return float(((probabilities - np.eye(3)[labels]) ** 2).sum(axis=1).mean())


def of_probabilities(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Calibration, and precision of the stances that are certain enough to be counted."""
    found: dict[str, Any] = {"ece": calibration_error(probabilities, labels), "brier": brier(probabilities, labels)}
    for place, name in enumerate(LABELS[:2]):
        sure = probabilities[:, place] >= SURE
        found[f"{name}_precision_at_80"] = float((labels[sure] == place).mean()) if sure.any() else None
        found[f"{name}_n_at_80"] = int(sure.sum())
    return found


def _by_paper(rows: pd.DataFrame, predicted: NDArray[Any]) -> NDArray[np.float64]:
    papers = pd.factorize(rows["paper"])[0]
    counts = np.zeros((papers.max() + 1, 3, 3))
    truth, guess = (pd.Series(values).map(LABELS.index).to_numpy() for values in (rows["label"].to_numpy(), predicted))
    np.add.at(counts, (papers, truth, guess), 1)
    return counts


def interval(rows: pd.DataFrame, predicted: NDArray[Any], measure: str = "macro_f1") -> tuple[float, float]:
    """95 % interval of a measure over resampled citing papers.

    Parameters
    ----------
    rows : DataFrame
        label, paper.
    predicted : ndarray of str
    measure : str
        A key of :func:`report`.
    """
    counts = _by_paper(rows, predicted)
    drawn = _measures(np.tensordot(_weights(len(counts)), counts, axes=1))[measure]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def paired(rows: pd.DataFrame, ours: NDArray[Any], theirs: NDArray[Any]) -> dict[str, dict[str, float]]:
    """What we are better by: differences of the F1 measures, with 95 % intervals over resampled citing papers.

    Both predictions are of the same rows, and each draw takes the same papers for both, so what is hard for both
    cancels out.
    """
    weights = _weights(rows["paper"].nunique())
    tables = [_by_paper(rows, predicted) for predicted in (ours, theirs)]
    first, second = (_measures(np.tensordot(weights, table, axes=1)) for table in tables)
    whole, other = (_measures(table.sum(axis=0)) for table in tables)
    result = {}
    for name in ("macro_f1", "supporting_f1", "contrasting_f1"):
        low, high = np.quantile(first[name] - second[name], [0.025, 0.975])
        result[name] = {"difference": whole[name] - other[name], "low": float(low), "high": float(high)}
    return result


def _weights(papers: int) -> NDArray[np.float64]:
    """How often each paper is drawn, one row a draw."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(papers, np.full(papers, 1 / papers), size=DRAWS).astype(float)
