"""What the team decides about an excerpt is done: approved, redacted or dropped, as long as the excerpt stays the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from interview_data import small_study

from continuum.errors import BadInput, ManyProblems
from continuum.ingest.quote_decisions import NO_CONSENT, NOT_CODED, read_quote_decisions
from continuum.interviews import anchor_quotes, quote_note
from continuum.interviews.exports import csv_text
from continuum.interviews.quotes import NONE_QUOTABLE, quotes_review

PLAIN = "people who were promised work found that the work was not what they had been told"
NAMED = "people who were promised work near Wichita found that the work was not what they had been told"
REDACTED = "people who were promised work near [a city] found that the work was not what they had been told"
HEAD = "interview_id,excerpt,decision,shown_as\n"


@pytest.fixture
def study():
    base = small_study()
    rows = [("I1", 0, 80, PLAIN, "debt", "A"), ("I2", 0, 90, NAMED, "rent", "A"), ("I3", 0, 90, NAMED, "rent", "A")]
    codings = pd.DataFrame(rows, columns=["interview_id", "start", "end", "text", "code_id", "coder_id"])
    codings["segment_id"] = [f"s{i}" for i in range(len(codings))]
    people = base.interviews.assign(
        sector=["legal", "social", "medical", "legal"], consent_quote=[True, True, False, True]
    )
    return replace(base, codings=codings, interviews=people)


def decided(study, tmp_path: Path, rows: str, head: str = HEAD) -> pd.DataFrame:
    file = tmp_path / "quotes-review.csv"
    file.write_text(head + rows, encoding="utf-8")
    return read_quote_decisions(file, study)


def excerpts(study, decisions: pd.DataFrame) -> dict[str, str]:
    table = anchor_quotes(study, synthetic=False, decisions=decisions)
    return table[table["kind"] == "code"].set_index("id")["excerpt"].to_dict()


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (f"I2,{NAMED},approve,\n", NAMED),
        (f"I2,{NAMED},Approve ,\n", NAMED),
        (f"I2,{NAMED},redact,{REDACTED}\n", REDACTED),
        (f"I2,{NAMED},drop,\n", NONE_QUOTABLE),
        (f"I2,{NAMED},,\n", NONE_QUOTABLE),
        (f"I2,  {NAMED.replace(' work', '  work')},approve,\n", NAMED),
    ],
)
def test_a_decision_is_done(study, tmp_path: Path, row: str, shown: str):
    assert excerpts(study, decided(study, tmp_path, row))["rent"] == shown


def test_an_excerpt_that_the_screen_let_pass_can_be_dropped(study, tmp_path: Path):
    assert excerpts(study, decided(study, tmp_path, ""))["debt"] == PLAIN
    assert excerpts(study, decided(study, tmp_path, f"I1,{PLAIN},drop,\n"))["debt"] == NONE_QUOTABLE


def test_a_decision_on_a_text_that_has_changed_counts_for_nothing(study, tmp_path: Path):
    changed = study.codings.assign(text=study.codings["text"].str.replace("Wichita", "Wichita and Topeka"))
    decisions = decided(replace(study, codings=changed), tmp_path, f"I2,{NAMED},approve,\n")
    assert decisions["void"].tolist() == [NOT_CODED]
    assert excerpts(replace(study, codings=changed), decisions)["rent"] == NONE_QUOTABLE
    assert quote_note(decisions, synthetic=True).endswith(
        "1 void, because the text is no longer coded or may not be quoted."
    )


def test_nobody_can_approve_what_an_interview_did_not_consent_to(study, tmp_path: Path):
    decisions = decided(study, tmp_path, f"I3,{NAMED},approve,\n")
    assert decisions["void"].tolist() == [NO_CONSENT]
    assert excerpts(study, decisions)["rent"] == NONE_QUOTABLE


def test_the_review_list_holds_the_decisions_so_far_and_reads_back_as_it_is(study, tmp_path: Path):
    rows = f"I2,{NAMED},redact,{REDACTED}\nI1,{PLAIN},drop,\nI2,gone from the coding,drop,\n"
    decisions = decided(study, tmp_path, rows)
    listed = quotes_review(study, decisions)
    assert listed[["interview_id", "status", "decision"]].values.tolist() == [
        ["I1", "withheld", "drop"], ["I2", "quoted", "redact"], ["I2", NOT_CODED, "drop"],
    ]  # fmt: skip
    file = tmp_path / "again.csv"
    file.write_text(csv_text(listed), encoding="utf-8")
    again = read_quote_decisions(file, study)
    keys = ["interview_id", "excerpt", "decision", "shown_as", "void"]
    pd.testing.assert_frame_equal(
        again[keys].sort_values(keys, ignore_index=True), decisions[keys].sort_values(keys, ignore_index=True)
    )
    assert (
        quote_note(decisions, synthetic=True).find("Excerpts that the team decided on: 1 redacted, 1 dropped, 1 void")
        > 0
    )


def test_the_review_list_names_what_is_quoted_and_what_is_withheld(study):
    table = quotes_review(study).set_index("excerpt")
    assert table["status"].to_dict() == {NAMED: "withheld", PLAIN: "quoted"}
    assert "possible name" in table.at[NAMED, "reasons"]


def test_text_that_a_spreadsheet_would_run_is_found_again(study, tmp_path: Path):
    said = f"- {NAMED}"
    data = replace(study, codings=study.codings.assign(text=[PLAIN, said, said]))
    file = tmp_path / "quotes-review.csv"
    file.write_text(csv_text(quotes_review(data).assign(decision="approve")), encoding="utf-8")
    assert "'- people" in file.read_text(encoding="utf-8")
    assert excerpts(data, read_quote_decisions(file, data))["rent"] == said


@pytest.mark.parametrize(
    ("rows", "place", "what", "fix"),
    [
        (f"I2,{NAMED},aprove,\n", "row 2, column decision", "'aprove' is not a decision", "'approve'"),
        (f"I2,{NAMED},maybe,\n", "row 2, column decision", "'maybe' is not a decision", "approve, redact or drop"),
        (f"I2,{NAMED},,{REDACTED}\n", "row 2, column decision", "no decision", "approve"),
        (f"X9,{NAMED},drop,\n", "row 2, column interview_id", "no interview 'X9'", "review list"),
        (f"I2,{NAMED},redact,\n", "row 2, column shown_as", "to what is not said", "write the text"),
        (f"I2,{NAMED},redact,[all of it]\n", "row 2, column shown_as", "does not say", "brackets"),
        (f"I2,{NAMED},redact,people were sold near [a city]\n", "row 2, column shown_as", "'people were sold near'", "brackets"),
        (f"I2,{NAMED},approve,{REDACTED}\n", "row 2, column shown_as", "'approve'", "write redact"),
        (f"I2,{NAMED},drop,\nI2,{NAMED},approve,\n", "row 3, column decision", "otherwise", "keep one"),
        ("I2,write to her at home@shelter.example,approve,\n", "row 2, column decision", "e-mail address", "redact"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_one_clear_error(study, tmp_path: Path, rows: str, place: str, what: str, fix: str):
    with pytest.raises(BadInput) as caught:
        decided(study, tmp_path, rows)
    message = str(caught.value)
    assert all(part in message for part in ("quotes-review.csv", place, what, fix)), message


def test_all_wrong_rows_are_named_at_once(study, tmp_path: Path):
    with pytest.raises(ManyProblems) as caught:
        decided(study, tmp_path, f"I2,{NAMED},aprove,\nX9,{PLAIN},drop,\n")
    assert len(caught.value.problems) == 2


def test_a_list_without_a_column_is_refused(study, tmp_path: Path):
    with pytest.raises(BadInput, match="no column 'shown_as'"):
        decided(study, tmp_path, f"I2,{NAMED},drop\n", "interview_id,excerpt,decision\n")


def test_the_same_decision_twice_is_no_error(study, tmp_path: Path):
    assert len(decided(study, tmp_path, f"I2,{NAMED},drop,\nI2,{NAMED},drop,\n")) == 1
