"""Training and scoring: measures against scikit-learn, paired intervals, and a JSON file that is the fitted model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import shared_data

from continuum.citations import card
from continuum.citations.features import LABELS
from continuum.citations.model import dump, load, released_scores
from continuum.citations.scoring import calibration_error, interval, of_probabilities, paired, reliability, report
from continuum.citations.training import fit, prototype_out_of_fold
from continuum.citations.training_data import citelling, self_written


@pytest.fixture(scope="module")
def labeled() -> pd.DataFrame:
    """Labels of 40 papers, and two predictions of them: one right in four of five rows, one in half."""
    rng = np.random.default_rng(5)
    truth = rng.choice(LABELS, 400)
    frame = pd.DataFrame({"label": truth, "paper": rng.integers(0, 40, 400).astype(str)})
    for name, right in (("good", 0.8), ("poor", 0.5)):
        frame[name] = np.where(rng.random(400) < right, truth, rng.choice(LABELS, 400))
    return frame


def test_the_report_agrees_with_scikit_learn(labeled):
    from sklearn.metrics import f1_score, precision_score, recall_score

    found = report(labeled["label"], labeled["good"])
    assert found["macro_f1"] == pytest.approx(f1_score(labeled["label"], labeled["good"], average="macro"))
    for name in LABELS:
        given = {"labels": [name], "average": "macro"}
        assert found[f"{name}_precision"] == pytest.approx(precision_score(labeled["label"], labeled["good"], **given))
        assert found[f"{name}_recall"] == pytest.approx(recall_score(labeled["label"], labeled["good"], **given))


def test_the_interval_holds_the_estimate_and_differs_from_a_worse_one(labeled):
    low, high = interval(labeled, labeled["good"].to_numpy())
    assert low < report(labeled["label"], labeled["good"])["macro_f1"] < high
    assert interval(labeled, labeled["poor"].to_numpy())[1] < low


def test_a_paired_difference_is_of_the_same_rows(labeled):
    good, poor = labeled["good"].to_numpy(), labeled["poor"].to_numpy()
    same = paired(labeled, good, good)["macro_f1"]
    assert same == {"difference": 0, "low": 0, "high": 0}
    better = paired(labeled, good, poor)["macro_f1"]
    expected = report(labeled["label"], good)["macro_f1"] - report(labeled["label"], poor)["macro_f1"]
    assert better["difference"] == pytest.approx(expected)
    assert 0 < better["low"] < expected < better["high"]


def test_calibration_by_hand():
    chances = np.array([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.2, 0.2, 0.6], [0.2, 0.2, 0.6]])
    labels = np.array([0, 1, 2, 2])
    assert calibration_error(chances, labels) == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)
    assert [row["n"] for row in reliability(chances, labels)] == [2, 2]
    found = of_probabilities(chances, labels)
    assert (found["supporting_precision_at_80"], found["supporting_n_at_80"]) == (0.5, 2)
    assert found["contrasting_precision_at_80"] is None


def test_the_file_is_the_fitted_model(tmp_path: Path):
    rows = self_written()
    fitted = fit(rows)
    (tmp_path / "model.json").write_text(dump(fitted), encoding="utf-8")
    read = load(tmp_path / "model.json")
    first, second = (np.array([model.scores(text) for text in rows["masked"]]) for model in (fitted, read))
    assert (first.argmax(axis=1) == second.argmax(axis=1)).all()
    assert np.abs(fitted.probabilities(first) - read.probabilities(second)).max() < 1e-6
    assert dump(fitted) == dump(fit(rows))


def test_the_plain_model_learns_and_never_sees_what_it_scores():
    rows = self_written()
    scores = prototype_out_of_fold(rows)
    assert report(rows["label"], np.array(LABELS)[scores.argmax(axis=1)])["macro_f1"] > 0.4
    shuffled = rows.assign(label=np.random.default_rng(1).permutation(rows["label"]))
    assert report(shuffled["label"], np.array(LABELS)[prototype_out_of_fold(shuffled).argmax(axis=1)])["macro_f1"] < 0.5


def test_the_card_prints_the_stored_scores_of_the_shipped_model():
    scores = released_scores()
    text = card.CARD.read_text(encoding="utf-8")
    assert card.figures(scores) in text
    assert f"{scores['training']['out_of_fold']['macro_f1']:.3f}" in text
    for word in ("no social science", "refit", "must do", "errs"):
        assert word in text.lower()


def test_self_written_sentences_name_their_target_and_know_no_one():
    rows = self_written()
    assert rows["masked"].str.contains("TREF").all()
    assert set(rows["label"]) == set(LABELS)
    assert rows["masked"].is_unique


def test_sentences_of_another_field_keep_one_target_each():
    rows = citelling(shared_data("citations/citelling"))
    assert rows.groupby("intent").size().to_dict() == dict.fromkeys(
        ["analyze", "compare", "extend", "propose", "use"], 276
    )
    assert (rows["masked"].str.count("TREF") <= 1).all()
    assert not rows["masked"].str.contains("@@CITATION").any()
