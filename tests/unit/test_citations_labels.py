"""People decide: their labels win, are checked row by row, written whole, and measure the machine."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from continuum.citations import (
    agreement,
    apply_labels,
    classify,
    quality,
    read_labels,
    review_sheet,
    save_labels,
    tally,
    to_review,
)
from continuum.errors import BadInput, ManyProblems, NotCollected

SENTENCES = [
    "Our results are consistent with the findings of TREF.",
    "In contrast to TREF, our study found no such difference.",
    "We used the method of TREF.",
    "",
]


def contexts(texts: list[str] = SENTENCES) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "context_id": [f"c{i}" for i in range(len(texts))], "source_id": "s1", "ref_id": "r1", "sentence": texts,
            "masked": texts, "self_citation": "no",
        }
    )  # fmt: skip


def labels(**rows: str) -> pd.DataFrame:
    return pd.DataFrame([{"context_id": c, "label": label, "labeler": "AB"} for c, label in rows.items()])


def test_a_person_wins_over_the_machine():
    table = apply_labels(classify(contexts()), labels(c0="mentioning")).set_index("context_id")
    assert table.loc["c0", ["label", "label_source", "status"]].tolist() == ["mentioning", "human", "overridden"]
    assert table.loc["c1", "label_source"] == "model"


def test_two_people_who_disagree_leave_it_open_until_a_consensus():
    given = pd.DataFrame({"context_id": ["c0", "c0"], "label": ["mentioning", "supporting"], "labeler": ["one", "two"]})
    table = apply_labels(classify(contexts()), given).set_index("context_id")
    assert table.loc["c0", "status"] == "disputed"
    assert pd.isna(table.loc["c0", "label"])
    agreed = pd.concat([given, pd.DataFrame({"context_id": ["c0"], "label": ["supporting"], "labeler": ["consensus"]})])
    assert apply_labels(classify(contexts()), agreed).set_index("context_id").loc["c0", "label"] == "supporting"


def test_a_label_of_a_vanished_context_offers_the_nearest_one():
    given = pd.DataFrame(
        {"context_id": ["gone"], "label": ["supporting"], "labeler": ["one"], "sentence": [SENTENCES[0]]}
    )
    with pytest.raises(BadInput, match="the same sentence is now c0"):
        apply_labels(classify(contexts()), given)
    assert len(apply_labels(classify(contexts()), given, allow_orphans=True)) == len(SENTENCES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("context_id,label\nc0,supporting\n", "no column 'labeler'"),
        ("context_id,label,labeler\nc0,suporting,one\n", "row 2, column label.*did you mean 'supporting'"),
        ("context_id,label,labeler\nc0,mentioning,one\nc0,supporting,one\n", "labels c0 twice"),
    ],
)
def test_a_wrong_label_file_is_placed(tmp_path: Path, text: str, message: str):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises((BadInput, ManyProblems), match=message):
        read_labels(tmp_path / "labels.csv")


def test_precision_is_told_everywhere_and_recall_of_a_random_sample_only():
    given = labels(c0="supporting", c1="supporting", c2="mentioning")
    queue = quality(apply_labels(classify(contexts()), given)).set_index("label")
    assert queue.loc["contrasting", "precision"] == 0
    assert queue["recall"].isna().all()
    drawn = quality(apply_labels(classify(contexts()), given.assign(sample="random"))).set_index("label")
    assert drawn.loc["supporting", "recall"] == 0.5
    assert drawn.loc["supporting", "recall_low"] == pytest.approx(0.0945, abs=1e-4)  # Wilson, 1 of 2


def test_the_review_sheet_lists_what_may_be_a_stance():
    sheet = review_sheet(classify(contexts()))
    assert set(sheet["context_id"]) >= {"c0", "c1"}
    assert "c3" not in set(sheet["context_id"])


def test_a_label_holds_for_every_mark_of_its_statement():
    table = classify(contexts([SENTENCES[0]] * 2).assign(statement_id="s"))
    decided = apply_labels(table, labels(c1="mentioning"))
    assert decided["label"].tolist() == ["mentioning", "mentioning"]


def test_a_label_changes_the_tally():
    before = tally(classify(contexts()[:3])).iloc[0]
    after = tally(apply_labels(classify(contexts()[:3]), labels(c0="contrasting"))).iloc[0]
    assert (before["supporting"], after["supporting"]) == (1, 0)
    assert (after["confirmed_contrasting"], after["contrasting"]) == (1, before["contrasting"] + 1)


def test_a_review_sheet_filled_in_halfway_is_a_label_file(tmp_path: Path):
    sheet = review_sheet(classify(contexts()))
    sheet.loc[0, ["label", "labeler"]] = ["supporting", "AB"]
    sheet.to_csv(tmp_path / "review.csv", index=False)
    found = read_labels(tmp_path / "review.csv")
    assert found[["context_id", "label", "sample"]].values.tolist() == [
        [sheet.loc[0, "context_id"], "supporting", "queue"]
    ]


def test_new_decisions_join_a_file_and_replace_only_ones_own(tmp_path: Path):
    path = tmp_path / "citations" / "labels.csv"
    save_labels(path, labels(c0="supporting", c1="mentioning"))
    save_labels(
        path, pd.DataFrame({"context_id": ["c0"], "label": ["contrasting"], "labeler": ["CD"], "note": ["=1+1"]})
    )
    save_labels(path, labels(c0="mentioning"))
    found = read_labels(path).sort_values(["context_id", "labeler"])
    assert found[["context_id", "labeler", "label"]].values.tolist() == [
        ["c0", "AB", "mentioning"], ["c0", "CD", "contrasting"], ["c1", "AB", "mentioning"],
    ]  # fmt: skip
    assert "'=1+1" in path.read_text()
    assert [p.name for p in path.parent.iterdir()] == ["labels.csv"]


@pytest.mark.parametrize("wrong", [labels(c1="maybe"), labels(c1="mentioning").assign(labeler="")])
def test_a_wrong_decision_leaves_the_file_as_it_was(tmp_path: Path, wrong: pd.DataFrame):
    path = tmp_path / "labels.csv"
    save_labels(path, labels(c0="supporting"))
    before = path.read_bytes()
    with pytest.raises(BadInput):
        save_labels(path, wrong)
    assert path.read_bytes() == before


def test_the_random_order_holds_everything_and_does_not_follow_the_machine():
    table = classify(contexts()).assign(context_id=["a9", "b3", "c7", "d1"])
    drawn = to_review(table, "random")
    assert drawn["context_id"].tolist() == ["d1", "b3", "c7", "a9"]
    assert set(to_review(table)["context_id"]) == {"a9", "b3"}


def test_by_rules_the_queue_holds_what_the_cues_call_a_stance():
    assert set(to_review(classify(contexts(), "rules"))["context_id"]) == {"c0", "c1"}


def test_agreement_of_labelers_is_krippendorffs_alpha():
    given = pd.concat([labels(c0="supporting", c1="contrasting", c2="mentioning"), labels(c0="supporting",
        c1="mentioning", c2="mentioning").assign(labeler="CD")])  # fmt: skip
    table = agreement(apply_labels(classify(contexts()), given), given).set_index("between")
    assert table.loc["all labelers", "percent"] == pytest.approx(2 / 3)
    # by hand: coincidences ss 2, cm 2, mm 2; Do = 2/6; De = (36 - 4 - 1 - 9) / (6 * 5) = 22/30
    assert table.loc["all labelers", "alpha"] == pytest.approx(1 - (2 / 6) / (22 / 30))
    assert table.loc["people's decision and machine", "statements"] == 2
    assert table.loc["people's decision and machine", "percent"] == 1


def test_one_label_for_everything_is_no_agreement_beyond_chance():
    given = labels(c2="mentioning")
    assert math.isnan(agreement(apply_labels(classify(contexts()), given), given)["alpha"].iloc[0])


def test_without_labels_quality_is_not_checked():
    for question in (lambda t: quality(t), lambda t: agreement(t, labels())):
        with pytest.raises(NotCollected, match="no person has labeled"):
            question(classify(contexts()))
