"""SciCite (Cohan et al. 2019), labels repaired: the shipped model and the rules reach the required scores."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from support import shared_data

from continuum.citations.features import LABELS
from continuum.citations.model import load, released_scores
from continuum.citations.rules import read, verdict
from continuum.citations.scoring import brier, calibration_error, report
from continuum.citations.training_data import load as load_split

AGREEING = re.compile(
    r"consistent with|in (?:line|agreement|accordance|keeping) with|similar to|agree with|similar (?:results|findings)|"
    r"supported (?:by )?the",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def test_part():
    return load_split(shared_data("citations/scicite"), "test").rows


@pytest.fixture(scope="module")
def scores(test_part):
    model = load()
    return np.array([model.scores(text) for text in test_part["masked"]])


@pytest.mark.parametrize(
    ("part", "counts", "repaired"),
    [("train", (678, 149, 7134), 518), ("dev", (80, 12, 793), 57), ("test", (209, 35, 1602), 0)],
)
def test_the_repaired_labels_have_the_documented_counts(part: str, counts: tuple[int, ...], repaired: int):
    split = load_split(shared_data("citations/scicite"), part)
    assert tuple((split.rows["label"] == name).sum() for name in LABELS) == counts
    assert split.repaired == repaired


def test_words_of_agreement_stand_on_the_right_side_after_the_repair():
    rows = load_split(shared_data("citations/scicite"), "train").rows
    shares = rows.groupby("label")["sentence"].agg(lambda s: s.str.contains(AGREEING).mean())
    assert shares["supporting"] > 0.4
    assert shares["contrasting"] < 0.2


def test_the_model_reaches_the_required_scores(test_part, scores):
    labels = test_part["label"].map(LABELS.index).to_numpy()
    found = report(test_part["label"], np.array(LABELS)[scores.argmax(axis=1)])
    probabilities = load().probabilities(scores)
    sure = probabilities[:, 0] >= 0.8
    assert found["macro_f1"] >= 0.72
    assert calibration_error(probabilities, labels) <= 0.025
    assert brier(probabilities, labels) <= 0.100
    assert (labels[sure] == 0).mean() >= 0.92


def test_out_of_fold_the_model_beats_the_plain_one_beyond_chance():
    metrics = load().metrics
    assert metrics["out_of_fold"]["macro_f1"] >= 0.752
    assert metrics["prototype"]["macro_f1"] >= 0.73
    assert metrics["against_prototype"]["macro_f1"]["low"] > 0
    assert metrics["out_of_fold"]["ece"] <= 0.025
    assert metrics["out_of_fold"]["supporting_precision_at_80"] >= 0.92


def test_the_stored_scores_are_those_of_the_shipped_model(test_part, scores):
    stored = released_scores()["test"]["model"]
    found = report(test_part["label"], np.array(LABELS)[scores.argmax(axis=1)])
    for name in ("macro_f1", "supporting_f1", "contrasting_f1"):
        assert stored[name] == pytest.approx(found[name], abs=1e-4)


def test_off_the_field_reuse_is_hardly_ever_called_a_stance_for_certain():
    shift = released_scores()["citelling"]
    for intent in ("use", "propose", "extend"):
        assert shift[intent]["supporting_at_80"] + shift[intent]["contrasting_at_80"] <= 0.03
    assert released_scores()["training"]["self_written"]["macro_f1"] >= 0.75


def test_the_rules_reach_the_required_scores(test_part):
    found = report(test_part["label"], [verdict(read(text)) for text in test_part["masked"]])
    assert found["macro_f1"] >= 0.70
    assert found["supporting_precision"] >= 0.83


def test_inference_needs_neither_scikit_learn_nor_pickle():
    import subprocess

    code = (
        "import sys, pandas as pd; from continuum.citations import classify;"
        "classify(pd.DataFrame({'sentence': ['We agree with TREF.'], 'masked': ['We agree with TREF.']}));"
        "sys.exit('sklearn' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
