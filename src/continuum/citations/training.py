"""Train and score the stance model: ``python -m continuum.citations.training train|evaluate FOLDER``.

Needs scikit-learn and the SciCite files; both are absent where the compendium is only used.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .features import LABELS, build_vocabulary, cue_vector, word_weights
from .model import StanceModel, dump, load
from .rules import read, verdict
from .training_data import load as load_split

SEED = 20190101
FOLDS = 5
#: N-grams kept after a first fit; the second fit has its norms over these alone.
KEPT_WORDS = 12_000
MIN_DOCUMENTS = 2
INVERSE_PENALTY = 4.0
WEIGHTS = Path(__file__).with_name("weights") / "stance-v1.json"
#: Scores of the released model, as the site's model card prints them.
SCORES = WEIGHTS.with_name("stance-v1-scores.json")


def fit(rows: pd.DataFrame) -> StanceModel:
    """Fit words and cues on labeled rows (masked, label), twice: all words, then the ones that matter.

    Pruning and then renormalizing would change every row, so the model is fitted again on what is kept.
    """
    labels = rows["label"].map(LABELS.index).to_numpy()
    vocabulary, idf = build_vocabulary(rows["masked"].tolist(), MIN_DOCUMENTS)
    cues = np.array([cue_vector(text) for text in rows["masked"]])
    if len(vocabulary) > KEPT_WORDS:
        coefficients, _ = _logistic(rows["masked"], vocabulary, idf, cues, labels)
        size = np.abs(coefficients[: len(vocabulary)]).max(axis=1)
        kept = np.sort(np.argsort(-size, kind="stable")[:KEPT_WORDS])
        names = sorted(vocabulary, key=vocabulary.__getitem__)
        vocabulary = {names[place]: new for new, place in enumerate(kept)}
        idf = idf[kept]
    coefficients, intercept = _logistic(rows["masked"], vocabulary, idf, cues, labels)
    words = len(vocabulary)
    return StanceModel(vocabulary, idf, coefficients[:words], coefficients[words:], intercept, 1.0, np.zeros(3), "", {})


def _logistic(
    texts: pd.Series,
    vocabulary: dict[str, int],
    idf: NDArray[np.float64],
    cues: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    columns, values, starts = [], [], [0]
    for text in texts:
        where, weights = word_weights(text, vocabulary, idf)
        columns.append(where)
        values.append(weights)
        starts.append(starts[-1] + len(where))
    words = csr_matrix((np.concatenate(values), np.concatenate(columns), starts), (len(texts), len(vocabulary)))
    model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=3000, tol=1e-5)
    model.fit(hstack([words, csr_matrix(cues)]).tocsr(), labels)
    return np.ascontiguousarray(model.coef_.T), model.intercept_


def out_of_fold(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Scores of every row from a model that has not seen its citing paper (5 folds)."""
    from sklearn.model_selection import GroupKFold

    scores = np.zeros((len(rows), 3))
    folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(rows, groups=rows["paper"])
    for train, test in folds:
        model = fit(rows.iloc[train])
        scores[test] = [model.scores(text) for text in rows["masked"].iloc[test]]
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


def report(labels: Any, predicted: Any) -> dict[str, float]:
    """Macro-F1, and precision, recall and F1 per class."""
    truth, guess = np.asarray(labels), np.asarray(predicted)
    result: dict[str, float] = {}
    for name in LABELS:
        hit = float(((truth == name) & (guess == name)).sum())
        precision = hit / max(float((guess == name).sum()), 1.0)
        recall = hit / max(float((truth == name).sum()), 1.0)
        result |= {f"{name}_precision": precision, f"{name}_recall": recall}
        result[f"{name}_f1"] = 2 * precision * recall / max(precision + recall, 1e-12)
    result["macro_f1"] = float(np.mean([result[f"{name}_f1"] for name in LABELS]))
    return result


def calibration_error(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error of the top class in equal bins."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            (place == b).mean() * abs(correct[place == b].mean() - confidence[place == b].mean())
            for b in range(bins)
            if (place == b).any()
        )
    )


def brier(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Mean squared distance between probabilities and the 0/1 truth, summed over classes."""
    return float(((probabilities - np.eye(3)[labels]) ** 2).sum(axis=1).mean())


def bootstrap_interval(
    rows: pd.DataFrame, predicted: NDArray[Any], measure: str, draws: int = 1000
) -> tuple[float, float]:
    """95 % interval of a score over resampled citing papers."""
    rng = np.random.default_rng(SEED)
    places = [np.flatnonzero(rows["paper"].to_numpy() == paper) for paper in rows["paper"].unique()]
    truth = rows["label"].to_numpy()
    values = []
    for _ in range(draws):
        take = np.concatenate([places[i] for i in rng.integers(0, len(places), len(places))])
        values.append(report(truth[take], predicted[take])[measure])
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def scores_of(model: StanceModel, rows: pd.DataFrame) -> dict[str, Any]:
    """Every figure the model card prints, for one set of rows, in both modes."""
    scores = np.array([model.scores(text) for text in rows["masked"]])
    labels = rows["label"].map(LABELS.index).to_numpy()
    predicted = np.array(LABELS)[scores.argmax(axis=1)]
    probabilities = model.probabilities(scores)
    sure = probabilities[:, 0] >= 0.8
    rules = np.array([verdict(read(text)) for text in rows["masked"]])
    return {
        "n": len(rows),
        "model": report(rows["label"], predicted)
        | {
            "macro_f1_interval": bootstrap_interval(rows, predicted, "macro_f1"),
            "ece": calibration_error(probabilities, labels),
            "brier": brier(probabilities, labels),
            "supporting_precision_at_80": float((labels[sure] == 0).mean()) if sure.any() else None,
            "supporting_n_at_80": int(sure.sum()),
        },
        "rules": report(rows["label"], rules) | {"macro_f1_interval": bootstrap_interval(rows, rules, "macro_f1")},
    }


def train(folder: Path, target: Path = WEIGHTS) -> dict[str, Any]:
    """Choose nothing, fit everything: out-of-fold scores, calibration, final weights on train and dev."""
    parts = {name: load_split(folder, name) for name in ("train", "dev")}
    rows = parts["train"].rows
    fold_scores = out_of_fold(rows)
    predicted = np.array(LABELS)[fold_scores.argmax(axis=1)]
    out = report(rows["label"], predicted) | {"n": len(rows)}
    both = pd.concat([rows, parts["dev"].rows], ignore_index=True)
    both_scores = out_of_fold(both)
    labels = both["label"].map(LABELS.index).to_numpy()
    scale, bias = calibrate(both_scores, labels)
    final = fit(both)
    fitted = StanceModel(
        final.vocabulary, final.idf, final.weights, final.cues, final.intercept, scale, bias, "",
        {"out_of_fold": {k: round(v, 4) for k, v in out.items()}},
    )  # fmt: skip
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
    return out


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["train", "evaluate"])
    parser.add_argument("folder", type=Path, help="folder with train.jsonl, dev.jsonl and test.jsonl of SciCite")
    chosen = parser.parse_args(arguments)
    if chosen.action == "train":
        result: Any = train(chosen.folder)
    else:
        test = load_split(chosen.folder, "test").rows
        seen = {p for part in ("train", "dev") for p in load_split(chosen.folder, part).rows["paper"]}
        model = load()
        fresh = test[~test["paper"].isin(seen)].reset_index(drop=True)
        result = {
            "model_id": model.model_id, "out of fold (train)": model.metrics["out_of_fold"],
            "test": scores_of(model, test), "test without papers seen in training": scores_of(model, fresh),
        }  # fmt: skip
        SCORES.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
