"""Reviewing in the notebook: what is shown without asking, what a decision writes, and what never enters the file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from continuum.citations import Review, apply_labels, classify, read_labels
from continuum.citations.labels import COLUMNS
from continuum.citations.reviewing import WIDGET_MIME, highlighted
from continuum.citations.studies import labels_file, people_labels
from continuum.errors import BadInput
from continuum.study import load_study

SENTENCES = [
    "Our results are consistent with [1].",
    "In contrast to [1], our study found <no> such difference.",
    "See [1].",
]


def classed(labels: pd.DataFrame | None = None) -> pd.DataFrame:
    starts = [text.index("[1]") for text in SENTENCES]
    table = pd.DataFrame(
        {
            "context_id": ["a1", "b2", "c3"], "source_id": "s", "ref_id": "r", "sentence": SENTENCES, "before": "",
            "after": "", "section": "results", "source_title": "A citing work", "title": "A cited work",
            "target_start": starts, "target_end": [start + 3 for start in starts],
        }
    )  # fmt: skip
    return apply_labels(classify(table), pd.DataFrame(columns=list(COLUMNS)) if labels is None else labels)


def test_without_being_asked_it_shows_counts_and_no_sentence(tmp_path: Path):
    review = Review(classed(), tmp_path / "labels.csv")
    assert "3 statements wait for a person, 2 of them" in review._repr_markdown_()
    assert not any(text[:15] in repr(review) for text in SENTENCES)
    assert not (tmp_path / "labels.csv").exists()


def test_the_target_is_highlighted_and_text_is_escaped():
    row = classed().iloc[1]
    assert highlighted(row) == "In contrast to <mark>[1]</mark>, our study found &lt;no&gt; such difference."
    assert highlighted(row, 5) == "… t to <mark>[1]</mark>, our …"


def test_nobody_cannot_decide(tmp_path: Path):
    with pytest.raises(BadInput, match="nobody decides"):
        Review(classed(), tmp_path / "labels.csv").begin(" ")


def pressed(box, name: str) -> None:
    buttons = {button.description: button for button in box.children[-1].children}
    buttons[name].click()


def test_each_decision_is_saved_at_once_and_can_be_taken_back(tmp_path: Path):
    pytest.importorskip("ipywidgets")
    box = Review(classed(), tmp_path / "labels.csv", hint="name it").begin("AB")
    box.children[2].value = "clear"
    pressed(box, "Mentioning")
    written = read_labels(tmp_path / "labels.csv")[["context_id", "label", "labeler", "note"]]
    assert written.values.tolist() == [["a1", "mentioning", "AB", "clear"]]
    assert "name it" in box.children[0].value
    pressed(box, "Back")
    pressed(box, "Contrasting")
    pressed(box, "Skip")
    assert read_labels(tmp_path / "labels.csv")["label"].tolist() == ["contrasting"]
    assert "Nothing is left" in box.children[1].value


def test_what_one_has_decided_is_not_asked_again_but_others_are(tmp_path: Path):
    pytest.importorskip("ipywidgets")
    given = pd.DataFrame({"context_id": ["b2", "b2"], "label": ["mentioning", "contrasting"], "labeler": ["AB", "CD"]})
    review = Review(classed(given), tmp_path / "labels.csv")
    assert "1 of 1" in review.begin("AB").children[0].value
    assert "1 of 2" in review.begin("EF").children[0].value
    assert "1 of 1" in review.begin("consensus").children[0].value


def test_the_notebook_file_keeps_no_sentence(tmp_path: Path):
    pytest.importorskip("ipywidgets")
    bundle = Review(classed(), tmp_path / "labels.csv").begin("AB")._repr_mimebundle_()
    assert set(bundle) == {WIDGET_MIME, "text/plain"}
    assert not any(text[:15] in str(bundle) for text in SENTENCES)


def test_labels_nobody_named_are_never_passed_over(tmp_path: Path):
    (tmp_path / "study.yaml").write_text("study: own\ntitle: T\ncitations: {articles: a}\n", encoding="utf-8")
    study = load_study(tmp_path)
    assert people_labels(study).empty
    labels_file(study).parent.mkdir()
    labels_file(study).write_text("context_id,label,labeler\na1,mentioning,AB\n", encoding="utf-8")
    with pytest.raises(BadInput, match="labels: citations/labels"):
        people_labels(study)
    text = "study: own\ntitle: T\ncitations: {articles: a, labels: citations/labels.csv}\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    assert len(people_labels(load_study(tmp_path))) == 1
