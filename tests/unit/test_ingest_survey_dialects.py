"""Dialects 4 and 5 made from dialect 1, statuses, free text, and what counts as personal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.ingest.levels import is_dont_know, is_not_applicable, known_order, neutral_level, numbered, spelling
from continuum.ingest.multiple_response import match_options
from continuum.ingest.personal import find_personal, is_personal, mask, pseudonyms
from continuum.ingest.survey import read_survey

NAMES = [
    "StartDate",
    "Status",
    "IPAddress",
    "Progress",
    "Finished",
    "ResponseId",
    "Q1",
    "Q2_1",
    "Q2_2",
    "Q3",
    "Q3 - Topics",
]
LABELS = ["Start Date", "Response Type", "IP Address", "Progress", "Finished", "Response ID", "How often, \n\"really\"?",
          "Which? - Shelter", "Which? - None of these", "Why?", "Q3 - Topics"]  # fmt: skip
IDS = ["startDate", "status", "ipAddress", "progress", "finished", "_recordId", "QID1", "QID2_1", "QID2_2", "QID3_TEXT",
       "QID3_TEXT_eae5a8d0e7fd4bd183e983"]  # fmt: skip
ROWS = [
    ["2024-03-04 09:05:00", "0", "203.0.113.7", "100", "1", "R_a", "Never", "Shelter", "", "line one\nline two", "x"],
    ["2024-03-04 09:06:00", "0", "203.0.113.8", "100", "1", "R_b", "Often", "", "None of these", "", ""],
    ["2024-03-04 09:07:00", "0", "203.0.113.9", "60", "0", "R_c", "Don't know", "", "", "", ""],
]


def as_csv(*records) -> str:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in record] for record in records]
    return "".join(",".join(record) + "\n" for record in quoted)


def dialect(number: int, rows=ROWS) -> str:
    if number == 1:
        return as_csv(NAMES, LABELS, ['{"ImportId":"' + name + '"}' for name in IDS], *rows)
    if number == 2:
        return as_csv(NAMES, LABELS, ["{'ImportId': '" + name.replace("_", "-") + "'}" for name in IDS], *rows)
    edited = [["3/4/24 9:05", *row[1:5], *row[6:10]] for row in rows]
    kept = [*range(5), *range(6, 10)]
    if number == 4:
        return as_csv([NAMES[i] for i in kept], [LABELS[i] for i in kept], *edited)
    return as_csv([NAMES[i] for i in kept], *edited)


@pytest.mark.parametrize("number", [1, 2, 4, 5])
def test_every_dialect_gives_the_same_answers(tmp_path, number):
    path = tmp_path / "survey.csv"
    path.write_text(dialect(number), encoding="utf-8")
    data = read_survey(path)
    assert data.report.guesses["dialect"].startswith(str(number))
    assert data.report.read["responses"] == 3
    assert data.items["item_id"].tolist() == ["Q1", "Q2_1", "Q2_2", "Q3"]
    assert data.items["kind"].tolist() == ["scale", "multiple", "multiple", "open"]
    assert data.answers["Q1"].tolist()[:2] == ["Never", "Often"]
    assert data.answers[["Q2_1", "Q2_2"]].sum().tolist() == [1, 1]
    assert data.status["Q1"].tolist()[2] == "dont_know"
    assert any("1 responses are unfinished" in line for line in data.report.warnings)
    assert data.report.guesses["answers set apart from the levels"] == '"Don\'t know" (1 items)'
    assert "203.0.113" not in data.answers.to_csv()
    assert data.answers["respondent_id"].is_unique


def test_previews_are_left_out_and_unknown_statuses_are_kept_and_listed(tmp_path):
    rows = [ROWS[0], [*ROWS[1][:1], "1", *ROWS[1][2:]], [*ROWS[2][:1], "9", *ROWS[2][2:]]]
    path = tmp_path / "survey.csv"
    path.write_text(dialect(1, rows), encoding="utf-8")
    data = read_survey(path)
    assert len(data.answers) == 2
    assert any("1 previews (row 5)" in line for line in data.report.skipped)
    assert any("unknown Status '9'" in line for line in data.report.warnings)


def test_the_third_row_is_never_evaluated(tmp_path):
    text = dialect(1).replace('{""ImportId"":""startDate""}', "{'ImportId': __import__('os').getcwd()}")
    path = tmp_path / "survey.csv"
    path.write_text(text, encoding="utf-8")
    data = read_survey(path)
    assert str(tmp_path) not in data.items.to_csv()
    assert data.report.guesses["dialect"].startswith("4")


@pytest.mark.parametrize(
    ("name", "extra", "expected"),
    [
        ("IPAddress", {}, True),
        ("V6", {"label": "IPAddress"}, True),
        ("x", {"import_id": "panel-RecipientEmail"}, True),
        ("agent_phone", {}, True),
        ("prs_MailingStreet", {}, True),
        ("Q7", {"label": "What is your e-mail?", "question": True}, True),
        ("Q7", {"label": "Please name the services you offer", "question": True}, False),
        ("rename_1", {"question": True}, False),
        ("sector", {}, False),
        ("latitude_of_decisions", {}, False),
    ],
)
def test_personal_columns_are_found_by_name_label_and_import_id(name, extra, expected):
    assert is_personal(name, **extra) is expected


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to a.b+c@mail.example.org.", ["e-mail address"]),
        ("call (816) 555-0148 or +44 20 7946 0958", ["phone number", "phone number"]),
        ("from 203.0.113.7 yesterday", ["IP address"]),
        ("in 2016-2019, 667 people, 12.5 %, 1.2.3, 10:30, case 816555014", []),
        ("2001:0db8:0000:0000:0000:ff00:0042:8329", ["IP address"]),
    ],
)
def test_identifying_words_in_free_text(text, kinds):
    assert [piece.kind for piece in find_personal(text)] == kinds


@given(st.text())
def test_masking_leaves_nothing_to_mask(text):
    assert find_personal(mask(f"{text} a@example.org {text}")) == find_personal(
        mask(text) + mask(text)
    ) or not find_personal(mask(f"{text} a@example.org {text}"))


@given(st.lists(st.text(min_size=1), unique=True), st.text(min_size=1))
def test_pseudonyms_are_stable_distinct_and_depend_on_the_key(ids, key):
    ids = [text for text in ids if not text.startswith("SYN-")]
    first = pseudonyms(ids, key)
    assert first == pseudonyms(ids, key)
    assert len(set(first)) == len(ids)
    assert not set(first) & set(pseudonyms(ids, key + "x"))


def test_synthetic_ids_stay_recognizable():
    assert pseudonyms(["SYN-R-001"], "k") == ["SYN-R-001"]


@pytest.mark.parametrize(
    "label", ["Don't know", "I don’t know", "Unsure", "Not sure", "Prefer not to say", "I do not know (DK)"]
)
def test_dont_know_in_its_spellings(label):
    assert is_dont_know(label)


@pytest.mark.parametrize(
    "label", ["I am unsure whether I am involved", "Neutral", "Never", "People don't know their rights"]
)
def test_points_of_a_scale_that_only_sound_like_dont_know(label):
    assert not is_dont_know(label)


def test_not_applicable_in_its_spellings():
    assert all(map(is_not_applicable, ["N/A", "Not applicable to my work", "Does not apply"]))
    assert not is_not_applicable("Applicable")


def test_known_vocabularies_are_put_in_order():
    assert known_order(["Often", "Never", "Sometimes"]) == ("frequency", ["Never", "Sometimes", "Often"])
    assert known_order(["Agree (4)", "Disagree (2)"]) == ("agreement", ["Disagree (2)", "Agree (4)"])
    assert known_order(["Red", "Green"]) is None
    assert known_order(["Often", "Frequently"]) is None


def test_numbered_labels_are_a_scale():
    assert numbered(["Not at all (1)", "(2)", "Very (3)"])
    assert not numbered(["A (1)", "B (3)", "C (4)"])
    assert neutral_level(["Not at all (1)", "(2)", "Very (3)"]) == "(2)"
    assert neutral_level(["Never", "Often"]) is None


@given(st.text())
def test_a_spelling_is_its_own_spelling(text):
    assert spelling(spelling(text)) == spelling(text)


LABELS_WITH_COMMAS = ["Legal aid", "Legal aid, court support", "Shelter", "Shelter, food, clothes", "Food"]


@given(st.lists(st.sampled_from(LABELS_WITH_COMMAS), min_size=1, unique=True))
def test_joined_options_come_apart_into_labels_that_join_to_the_same_text(chosen):
    known = {spelling(label): label for label in LABELS_WITH_COMMAS}
    found = match_options(", ".join(chosen), ",", known)
    assert found is not None
    assert ", ".join(found) == ", ".join(chosen)


def test_joined_options_that_do_not_fit_are_refused():
    known = {spelling(label): label for label in LABELS_WITH_COMMAS}
    assert match_options("Legal aid, Rent", ",", known) is None
    assert match_options("1 3", " ", {"1": "A", "3": "C"}) == ["A", "C"]
