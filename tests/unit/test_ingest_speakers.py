"""Transcripts: who speaks is found and counted, never taken for a coder, and passages can be cut to respondents' words."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuum.errors import BadInput
from continuum.ingest import read_interviews
from continuum.ingest.options import ReadOptions, read_options
from continuum.ingest.refi_export import write_qdpx
from continuum.ingest.speakers import asks, find_labels, turns

TEXT = (
    "Transcript of a talk\n"
    "Int: Where do people sleep?\n"
    "P1: With friends. They pay 300: that is a lot.\n"
    "Int\u00a0: And then?\n"
    "12 P1: They move on.\nAnd on.\n"
    "Note: the tape ends here.\n"
)


def study(path: Path, passages: list[str], text: str = TEXT) -> Path:
    return write_qdpx(
        path, project="p", users=["A"], codes=[{"code_id": 1, "name": "Code"}], sources={"one": text},
        codings=[
            {"source": "one", "start": text.index(p), "end": text.index(p) + len(p), "code_id": 1, "coder": "A"}
            for p in passages
        ],
    )  # fmt: skip


def test_turns_run_from_label_to_label_and_keep_further_paragraphs():
    found = turns(TEXT, {"Int", "P1"})
    assert [turn.label for turn in found] == ["Int", "P1", "Int", "P1"]
    assert [TEXT[turn.start : turn.end].split("\n")[0] for turn in found] == [
        "Where do people sleep?", "With friends. They pay 300: that is a lot.", "And then?", "They move on.",
    ]  # fmt: skip
    assert TEXT[found[3].start : found[3].end].splitlines()[1] == "And on."


def test_a_label_seen_once_is_plain_words_unless_it_is_declared():
    labels, once = find_labels([TEXT])
    assert labels == {"Int": 2, "P1": 2}
    assert once == ["Note"]
    assert find_labels([TEXT], {"Note"})[0]["Note"] == 1


@pytest.mark.parametrize(("label", "who"), [("Int", True), ("Int 2", True), ("I1", True), ("R", False), ("P12", False)])
def test_usual_labels_of_interviewers_are_known(label, who):
    assert asks(label) is who
    assert asks(label, {"R"}) is (label == "R")


def test_speakers_are_reported_and_are_no_coders(tmp_path):
    data = read_interviews(study(tmp_path / "a.qdpx", ["With friends"]))
    told = data.report.guesses["speakers"]
    assert told.startswith("Int (2 turns, asks), P1 (2 turns); ")
    assert told.endswith("6 of interviewers; override with interviewers")
    assert any("seen only once" in line and "'Note'" in line for line in data.report.warnings)
    assert data.codings["coder_id"].tolist() == ["A"]
    assert data.documents["text"].tolist() == [TEXT]


def test_passages_can_be_cut_to_what_respondents_said(tmp_path):
    whole = "Where do people sleep?\nP1: With friends."
    path = study(tmp_path / "a.qdpx", [whole, "And then?", "They move on."])
    data = read_interviews(path, options=ReadOptions(speech="respondents"))
    assert data.codings["text"].tolist() == ["With friends.", "They move on."]
    assert data.codings["start"].iloc[0] == TEXT.index(whole)
    assert "1 codings of passages in which only interviewers speak" in data.report.skipped
    everything = read_interviews(path)
    assert everything.codings["text"].tolist() == [whole, "And then?", "They move on."]


def test_declared_interviewers_replace_the_usual_ones(tmp_path):
    path = study(tmp_path / "a.qdpx", ["And then?", "They move on."])
    data = read_interviews(path, options=ReadOptions(speech="respondents", interviewers=["P1"]))
    assert data.codings["text"].tolist() == ["And then?"]


def test_a_text_without_labels_has_no_speakers(tmp_path):
    data = read_interviews(study(tmp_path / "a.qdpx", ["tape"], "The tape: nothing but noise."))
    assert "speakers" not in data.report.guesses
    assert data.codings["text"].tolist() == ["tape"]


def test_an_unknown_choice_of_speech_is_refused():
    with pytest.raises(BadInput, match="respondents"):
        read_options({"speech": "mine"})
