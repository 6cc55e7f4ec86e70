"""Excerpts are shown with consent only, after a screen that withholds too much rather than too little."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from interview_data import small_study, world

from continuum.disclosure import Rule, protect
from continuum.interviews import anchor_quotes, code_summary, codebook_history, codebook_page, compare_codebooks
from continuum.interviews import presentation as show
from continuum.interviews.identifying import identifying, ordinary_words
from continuum.interviews.quotes import NONE_QUOTABLE, pseudonyms, quotes_review

LONG = "people who were promised work found that the work was not what they had been told"


def quoted(study, **how):
    return anchor_quotes(study, synthetic=False, **how)


def with_texts(rows):
    study = small_study()
    codings = pd.DataFrame(rows, columns=["interview_id", "start", "end", "text", "code_id", "coder_id"])
    codings["segment_id"] = [f"s{i}" for i in range(len(codings))]
    sectors = study.interviews.assign(sector=["legal", "social", "medical", "legal"], consent_quote=True)
    return replace(study, codings=codings, interviews=sectors)


def test_without_consent_nothing_is_quoted():
    study = with_texts([("I1", 0, 80, LONG, "debt", "A")])
    assert quoted(study).set_index("id").at["debt", "excerpt"] == LONG
    silent = replace(study, interviews=study.interviews.assign(consent_quote=False))
    assert set(quoted(silent)["excerpt"]) == {NONE_QUOTABLE}


def test_missing_consent_is_no_consent():
    study = with_texts([("I1", 0, 80, LONG, "debt", "A")])
    silent = replace(study, interviews=study.interviews.assign(consent_quote=None))
    assert set(quoted(silent)["excerpt"]) == {NONE_QUOTABLE}


def test_excerpts_of_twelve_words_or_fewer_are_not_anchors():
    twelve = " ".join(LONG.split()[:12])
    assert (
        quoted(with_texts([("I1", 0, 9, twelve, "debt", "A")])).set_index("id").at["debt", "excerpt"] == NONE_QUOTABLE
    )


def test_coded_by_both_comes_first_then_the_shortest_and_each_sector_once():
    longer = LONG + " by the person who hired them"
    rows = [
        ("I1", 0, 80, LONG, "debt", "A"),  # legal, one coder, short
        ("I4", 0, 99, longer, "debt", "A"),  # legal, both coders, long
        ("I4", 5, 99, longer, "debt", "B"),
        ("I2", 0, 85, LONG + " twice", "debt", "A"),  # social
    ]
    table = quoted(with_texts(rows))
    table = table[(table["kind"] == "code") & (table["id"] == "debt")]
    assert list(table["sector"]) == ["legal", "social"]
    assert list(table["excerpt"]) == [longer, LONG + " twice"]


def test_at_most_three_excerpts_and_none_twice():
    table = quoted(world())
    assert table.groupby(["kind", "id"]).size().max() <= 3
    real = table[table["excerpt"] != NONE_QUOTABLE]
    assert not real.duplicated(["kind", "id", "excerpt"]).any()
    assert not real.duplicated(["kind", "id", "sector"]).any()


def test_synthetic_excerpts_say_so_and_no_interview_is_named():
    study = world()
    table = anchor_quotes(study, synthetic=True)
    real = table[table["excerpt"] != NONE_QUOTABLE]
    assert real["excerpt"].str.startswith("[synthetic] ").all()
    assert not real["interview"].isin(study.interviews["interview_id"]).any()
    assert real["interview"].str.fullmatch(r"Provider \d\d").all()


def test_pseudonyms_do_not_follow_the_order_of_the_interviews():
    names = [f"I{i}" for i in range(42)]
    given = pseudonyms(names, 3)
    assert len(set(given.values())) == 42
    assert [given[n] for n in names] != sorted(given.values())
    assert given == pseudonyms(names, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("you can write to help@shelter.example for that", "e-mail address"),
        ("they found it on www.rooms.example last week", "web address"),
        ("it was on 12/03/2015 that she came", "date"),
        ("her number was 816 555 0100 at the time", "long number"),
        ("that was in 2014 or so", "year"),
        ("and then Maria came to our office", "possible name"),
        ("they moved to Wichita after that", "possible name"),
        ("we call the harbor house when beds are full", "name known from the study"),
    ],
)
def test_the_screen_finds(text, reason):
    assert reason in identifying(text, ["Harbor House"])


@pytest.mark.parametrize(
    "text",
    [
        "Debt comes up early. People owe before they arrive.",
        "what I saw is that I'm called late",
        '"We are full," they say.',
    ],
)
def test_the_screen_lets_ordinary_sentences_pass(text):
    assert identifying(text) == []


def test_withheld_excerpts_are_counted():
    study = with_texts([("I1", 0, 80, LONG + " in Wichita", "debt", "A")])
    row = quoted(study).set_index("id").loc["debt"]
    assert row["excerpt"] == NONE_QUOTABLE
    assert row["withheld"] == 1


def test_the_codebook_page_has_a_row_per_code_with_its_definition_and_excerpts():
    study = world()
    summary = protect(code_summary(study), Rule(), **show.SUMMARY_CELLS)
    page = codebook_page(summary, study, anchor_quotes(study, synthetic=True))
    assert len(page) == 24
    assert (page["definition"] != "").all()
    assert page["excerpts"].str.contains("synthetic|no quotable excerpt").all()


def test_changes_between_versions_are_named():
    before = small_study().codebook
    after = before.copy()
    after.loc[1, "name"] = "Withheld wages"
    after.loc[2, ["parent_id", "definition"]] = [None, "Money owed to anyone."]
    after = after.drop(index=3)
    new = pd.DataFrame([{"code_id": "new", "name": "Eviction", "definition": "Losing a home."}])
    changes = compare_codebooks(before, pd.concat([after, new], ignore_index=True))
    assert {(r.code, r.change) for r in changes.itertuples()} == {
        ("Withheld wages", "renamed"), ("Debt", "moved"), ("Debt", "redefined"), ("Eviction", "added"),
        ("High rents", "removed"),
    }  # fmt: skip


def test_codes_are_matched_by_name_and_definition_where_ids_changed():
    before = small_study().codebook
    other_ids = before.assign(code_id=["m2", "w2", "d2", "r2"], parent_id=[None, "m2", "m2", None])
    assert compare_codebooks(before, other_ids).empty
    renamed = other_ids.assign(name=["Money", "Unpaid wages", "Debt", "Rents"])
    assert list(compare_codebooks(before, renamed)["change"]) == ["renamed"]


def test_a_history_compares_each_version_with_the_one_before():
    first = small_study().codebook
    second = first.assign(definition=["a", *first["definition"][1:]])
    history = codebook_history([("v1", first), ("v2", second), ("v3", second.iloc[:3])])
    assert history[["version", "change"]].to_numpy().tolist() == [["v2", "redefined"], ["v3", "removed"]]
    assert codebook_history([("v1", first)]).empty


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("she said call me at (816) 555-0100 when you can", "phone number"),
        ("they wrote to intake@refuge.example about it", "e-mail address"),
        ("it happened on March 3rd after the shift", "date"),
        ("on the 14th of July she came back to us", "date"),
        ("since 2017 it was like that for everybody", "year"),
        ("they lived at 415 west pine street with six others", "street address"),
        ("we sent them to Hope House for the night", "organization"),
        ("the people at KCPD would not listen to them", "organization"),
        ("he came up from Joplin, MO to look for work", "place"),
        ("there was a girl named Ashley who stayed with us", "name"),
        ("then Officer Diaz took the papers away", "name"),
        ("the case number was 4471 882 if I remember", "long number"),
    ],
)
def test_the_screen_says_why(text: str, reason: str):
    assert reason in identifying(text)


def test_a_name_at_the_start_of_a_sentence_is_found_with_the_study_s_own_words():
    ordinary = ordinary_words(["they told us about housing and the job", LONG])
    assert identifying("Housing was gone. They told us so.", ordinary=ordinary) == []
    assert identifying("Maria told us about the job.", ordinary=ordinary) == ["possible name"]
    assert identifying("They left. Maria told us.", ordinary=ordinary) == ["possible name"]


def test_the_review_list_holds_what_was_withheld_and_only_with_consent():
    named = LONG + " in Springfield"
    study = with_texts(
        [("I1", 0, 80, LONG, "debt", "A"), ("I2", 0, 90, named, "debt", "A"), ("I2", 0, 90, named, "rent", "B")]
    )
    table = quotes_review(study)
    assert table[["interview_id", "codes", "excerpt", "status", "decision"]].values.tolist() == [
        ["I2", "Debt; High rents", named, "withheld", ""], ["I1", "Debt", LONG, "quoted", ""],
    ]  # fmt: skip
    assert "place" in table.at[0, "reasons"]
    assert quotes_review(replace(study, interviews=study.interviews.assign(consent_quote=False))).empty
