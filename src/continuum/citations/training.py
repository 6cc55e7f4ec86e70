"""Train and score the stance model: ``python -m continuum.citations.training train|evaluate|card FOLDER``.

Needs scikit-learn and the SciCite files; both are absent where the compendium is only used.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import card, prototype
from .features import LABELS, build_vocabulary, cue_vector, word_weights
from .model import StanceModel, dump, load, released_scores
from .rules import read, verdict
from .scoring import SEED, SURE, interval, of_probabilities, paired, reliability, report
from .training_data import citelling, self_written
from .training_data import load as load_split

FOLDS = 5
#: N-grams kept after a first fit; the second fit has its norms over these alone.
KEPT_WORDS = 25_000
MIN_DOCUMENTS = 2
INVERSE_PENALTY = 4.0
WEIGHTS = Path(__file__).with_name("weights") / "stance-v1.json"
#: Scores of the released model, as the site's model card prints them.
SCORES = WEIGHTS.with_name("stance-v1-scores.json")

Features = Callable[[str], NDArray[np.float64]]
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def fit(rows: pd.DataFrame) -> StanceModel:
    """Fit words and cues on labeled rows (masked, label), twice: all words, then the ones that matter.

    Pruning and then renormalizing would change every row, so the model is fitted again on what is kept.
    """
    vocabulary, idf = build_vocabulary(rows["masked"].tolist(), MIN_DOCUMENTS)
    if len(vocabulary) > KEPT_WORDS:
        coefficients, _ = _logistic(rows, vocabulary, idf, cue_vector)
        size = np.abs(coefficients[: len(vocabulary)]).max(axis=1)
        kept = np.sort(np.argsort(-size, kind="stable")[:KEPT_WORDS])
        names = sorted(vocabulary, key=vocabulary.__getitem__)
        vocabulary = {names[place]: new for new, place in enumerate(kept)}
        idf = idf[kept]
    return _model(rows, vocabulary, idf)


def _model(rows: pd.DataFrame, vocabulary: dict[str, int], idf: NDArray[np.float64]) -> StanceModel:
    coefficients, intercept = _logistic(rows, vocabulary, idf, cue_vector)
    words = len(vocabulary)
    return StanceModel(vocabulary, idf, coefficients[:words], coefficients[words:], intercept, 1.0, np.zeros(3), "", {})


def _logistic(
    rows: pd.DataFrame, vocabulary: dict[str, int], idf: NDArray[np.float64], features: Features
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (features, 3) and intercept of a multinomial regression in which each class weighs the same."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    labels = rows["label"].map(LABELS.index).to_numpy()
    words = _sparse(rows["masked"], vocabulary, idf)
    cues = csr_matrix(np.array([features(text) for text in rows["masked"]]))
    model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=2000, tol=1e-4)
    model.fit(hstack([words, cues]).tocsr(), labels)
    return np.ascontiguousarray(model.coef_.T), model.intercept_


def _sparse(texts: pd.Series, vocabulary: dict[str, int], idf: NDArray[np.float64]) -> Any:
    from scipy.sparse import csr_matrix

    columns, values, starts = [], [], [0]
    for text in texts:
        where, weights = word_weights(text, vocabulary, idf)
        columns.append(where)
        values.append(weights)
        starts.append(starts[-1] + len(where))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), starts), (len(texts), len(vocabulary)))


def folds(rows: pd.DataFrame) -> Iterator[Fold]:
    """Positions of rows to learn from and to score, no citing paper in both (5 folds)."""
    from sklearn.model_selection import GroupKFold

    yield from GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(rows, groups=rows["paper"])


def out_of_fold(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Scores of every row from a model that has not seen its citing paper."""
    scores = np.zeros((len(rows), 3))
    for train, test in folds(rows):
        model = fit(rows.iloc[train])
        scores[test] = [model.scores(text) for text in rows["masked"].iloc[test]]
    return scores


def prototype_out_of_fold(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Scores of every row from the plain model of :mod:`continuum.citations.prototype`, on the same folds."""
    scores = np.zeros((len(rows), 3))
    for train, test in folds(rows):
        seen = rows.iloc[train]
        vocabulary, idf = build_vocabulary(seen["masked"].tolist(), MIN_DOCUMENTS)
        coefficients, intercept = _logistic(seen, vocabulary, idf, prototype.features)
        texts = rows["masked"].iloc[test]
        cues = np.array([prototype.features(text) for text in texts])
        words = _sparse(texts, vocabulary, idf) @ coefficients[: len(vocabulary)]
        scores[test] = intercept + words + cues @ coefficients[len(vocabulary) :]
    return scores


def calibrate(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """One scale and one bias per stance class that maximize the likelihood of out-of-fold scores."""
    from scipy.optimize import minimize

    def loss(parameters: NDArray[np.float64]) -> float:
        shifted = parameters[0] * scores + np.array([parameters[1], parameters[2], 0.0])
        top = shifted.max(axis=1)
        logs = shifted - top[:, None] - np.log(np.exp(shifted - top[:, None]).sum(axis=1))[:, None]
        return -float(logs[np.arange(len(labels)), labels].mean())

    found = minimize(loss, np.array([1.0, 0.0, 0.0]), method="BFGS")
    return round(float(found.x[0]), 6), np.array([round(float(b), 6) for b in (*found.x[1:], 0.0)])


def _labels(scores: NDArray[np.float64]) -> NDArray[np.str_]:
    return np.array(LABELS)[scores.argmax(axis=1)]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(float(value), 4) if isinstance(value, float) else value


def train(folder: Path, target: Path = WEIGHTS) -> dict[str, Any]:
    """Choose nothing, fit everything: out-of-fold scores, calibration, final weights on train and dev."""
    parts = {name: load_split(folder, name) for name in ("train", "dev")}
    rows, own = parts["train"].rows, self_written()
    ours, plain = _labels(out_of_fold(rows)), _labels(prototype_out_of_fold(rows))
    both = pd.concat([part.rows for part in parts.values()], ignore_index=True)
    both_scores, truth = out_of_fold(both), both["label"].map(LABELS.index).to_numpy()
    scale, bias = calibrate(both_scores, truth)
    final = fit(both)
    fitted = StanceModel(final.vocabulary, final.idf, final.weights, final.cues, final.intercept, scale, bias, "", {})
    chances = fitted.probabilities(both_scores)
    own_scores = np.array([fitted.scores(text) for text in own["masked"]])
    found = report(rows["label"], ours) | {"n": len(rows), "macro_f1_interval": interval(rows, ours)}
    fitted.metrics.update(_rounded({
        "out_of_fold": found | of_probabilities(chances, truth),
        "reliability": reliability(chances, truth, 10),
        "prototype": report(rows["label"], plain) | {"n": len(rows), "macro_f1_interval": interval(rows, plain)},
        "against_prototype": paired(rows, ours, plain),
        "self_written": report(own["label"], _labels(own_scores)) | {"n": len(own)},
        "self_written_rules": report(own["label"], [verdict(read(text)) for text in own["masked"]]),
    }))  # fmt: skip
    about = {
        "training": {
            "files": {f"{n}.jsonl": _sha256(folder / f"{n}.jsonl") for n in parts},
            "rows": len(both),
            "repair": "stance swapped where label2_confidence is missing",
            "repaired": sum(p.repaired for p in parts.values()),
            "without_target": sum(p.without_target for p in parts.values()),
        }
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(dump(fitted, **about), encoding="utf-8")
    return fitted.metrics


def scores_of(model: StanceModel, rows: pd.DataFrame) -> dict[str, Any]:
    """Every figure the model card prints, for one set of rows, in both modes."""
    scores = np.array([model.scores(text) for text in rows["masked"]])
    labels = rows["label"].map(LABELS.index).to_numpy()
    rules = np.array([verdict(read(text)) for text in rows["masked"]])
    found = report(rows["label"], _labels(scores)) | {"macro_f1_interval": interval(rows, _labels(scores))}
    return {
        "n": len(rows),
        "model": found | of_probabilities(model.probabilities(scores), labels),
        "rules": report(rows["label"], rules) | {"macro_f1_interval": interval(rows, rules)},
        "model_minus_rules": paired(rows, _labels(scores), rules),
    }


def shift(model: StanceModel, sentences: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Share of sentences called a stance, by the intent that other annotators gave them: no stance is known here."""
    found: dict[str, dict[str, float]] = {}
    for intent, part in sentences.groupby("intent"):
        scores = np.array([model.scores(text) for text in part["masked"]])
        labels, chances = _labels(scores), model.probabilities(scores)
        found[str(intent)] = {"n": len(part)}
        for place, name in enumerate(LABELS[:2]):
            found[str(intent)] |= {
                name: float((labels == name).mean()),
                f"{name}_at_80": float((chances[:, place] >= SURE).mean()),
            }
    return found


def evaluate(folder: Path) -> dict[str, Any]:
    """Scores of the shipped model on the test part, once for each released model, and off its field."""
    test = load_split(folder, "test").rows
    seen = {p for part in ("train", "dev") for p in load_split(folder, part).rows["paper"]}
    model = load()
    fresh = test[~test["paper"].isin(seen)].reset_index(drop=True)
    result = {
        "model_id": model.model_id, "test": scores_of(model, test),
        "test without papers seen in training": scores_of(model, fresh), "training": model.metrics,
        "citelling": shift(model, citelling(folder.parent / "citelling")),
    }  # fmt: skip
    return _rounded(result)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["train", "evaluate", "card"])
    parser.add_argument("folder", type=Path, help="folder with train.jsonl, dev.jsonl and test.jsonl of SciCite")
    chosen = parser.parse_args(arguments)
    if chosen.action == "train":
        print(json.dumps(train(chosen.folder), indent=1))
    elif chosen.action == "evaluate":
        result = evaluate(chosen.folder)
        SCORES.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(result, indent=1))
    else:
        card.write(released_scores())


if __name__ == "__main__":
    main()
