"""Words, codes, signs, places and claims give no small count away: not alone, not by subtraction, not by their digits."""

from __future__ import annotations

from pathlib import Path

import attack_words
import numpy as np
import pandas as pd
import pytest
from survey_cases import scale, survey

import continuum.survey as sv
from continuum.disclosure import SUPPRESSED, Rule, protect
from continuum.interviews import krippendorff_alpha
from continuum.survey import presentation as show
from continuum.survey.open_answers import CODE_COLUMNS
from continuum.tables import Table

RULE = Rule(5)
SECTORS = ["foster care", "legal", "medical", "social"]


def guarded(frame: pd.DataFrame, **how: object) -> pd.DataFrame:
    return protect(frame, RULE, **how)


def open_survey(sectors: list[str], texts: list[str | None]):
    item = {"item_id": "why", "kind": "open", "values": texts, "text": "Why?"}
    return survey({"sector": sectors}, [item])


def word_table(data) -> pd.DataFrame:
    return show.word_rows(guarded(sv.all_keyness(data, "sector"), **show.WORD_CELLS))


def written(words: dict[str, dict[str, int]], sizes: dict[str, int]):
    """A survey in which so many respondents of each sector use each word; ``extra`` answers say nothing."""
    sectors, texts = [], []
    for sector, size in sizes.items():
        for place in range(size):
            used = [word for word, counts in words.items() if place < counts.get(sector, 0)]
            sectors.append(sector)
            texts.append(" ".join([*used, "yes"]))
    return open_survey(sectors + ["legal"] * 9, texts + [None] * 9)


@pytest.mark.parametrize("seed", range(20))
def test_no_word_of_a_random_survey_can_be_counted_in_a_sector_with_few_users(seed: int, tmp_path: Path):
    rng = np.random.default_rng(seed)
    sizes = dict(zip(SECTORS, [int(rng.integers(1, 8)), *rng.integers(8, 60, 3).tolist()], strict=True))
    names = ["shelter", "money", "time", "everyone", "total", "court"]
    share = {(word, sector): rng.beta(0.4, 2) for word in names for sector in SECTORS}
    words = {w: {s: int(rng.binomial(sizes[s], share[w, s])) for s in SECTORS} for w in names}
    data = written(words, sizes)
    Table(word_table(data)).write(tmp_path / "tables/tbl-survey-words", "x")
    for word, system in attack_words.words(tmp_path, SECTORS, sum(sizes.values())).items():
        assert system.recovered(5) == [], (word, words[word], sizes)


@pytest.mark.parametrize("word", ["shelter", "everyone", "total"])
def test_the_users_of_a_word_in_the_last_sector_are_hidden_with_those_of_another(word: str):
    data = written({word: {"legal": 30, "medical": 9, "social": 2}}, {"legal": 40, "medical": 40, "social": 40})
    shown = word_table(data)
    assert "social" not in set(shown["group"])
    assert set(shown["group"]) <= {"legal"}  # 41 users in all, 30 of them here: eleven elsewhere, however they divide


def test_words_of_a_sector_in_which_few_wrote_an_answer_are_hidden_with_its_size():
    data = written(
        {"shelter": {"legal": 30, "medical": 5}}, {"legal": 40, "medical": 40, "social": 3, "foster care": 20}
    )
    shown = word_table(data)
    assert not {"social", "foster care"} & set(shown["group"])  # of two hidden sizes only the sum is known
    assert {"legal", "medical"} == set(shown["group"])


def test_where_few_left_a_question_blank_no_base_tells_how_many():
    texts = ["shelter beds"] * 40 + ["court cases"] * 57
    data = open_survey(["legal"] * 50 + ["social"] * 50, texts + [None] * 3)
    assert word_table(data).empty
    codes = pd.DataFrame([(r, "why", "beds", c) for r in data.answers["respondent_id"][:40] for c in "AB"],
                         columns=list(CODE_COLUMNS))  # fmt: skip
    rows = show.code_rows(show.protected_codes(sv.all_open_codes(data, codes), guarded)).iloc[0]
    assert rows[["n", "blank", "share", "interval"]].tolist() == [SUPPRESSED] * 4
    assert rows["count"] == 40
    agreement = guarded(sv.coder_agreement(data, codes, krippendorff_alpha), **show.AGREEMENT_CELLS)
    assert agreement["answers"].tolist() == [SUPPRESSED]
    clusters = guarded(sv.all_answer_clusters(data, rng=np.random.default_rng(1), clusters=2), **show.CLUSTER_CELLS)
    assert set(clusters["n"]) == set(clusters["count"]) == {SUPPRESSED}


@pytest.mark.parametrize(
    ("codes", "answers", "count", "uncodable"),
    [
        (17, 20, SUPPRESSED, SUPPRESSED),
        (3, 20, SUPPRESSED, SUPPRESSED),
        (20, 20, 20, 0),
        (12, 20, 12, 8),
        (4, 4, None, SUPPRESSED),
    ],
)
def test_a_code_is_hidden_where_few_got_it_or_all_but_few(codes: int, answers: int, count: object, uncodable: object):
    data = open_survey(["legal"] * 50, ["text"] * answers + [None] * (50 - answers))
    given = [(r, "why", "beds" if k < codes else None, "A")
             for k, r in enumerate(data.answers["respondent_id"][:answers])]  # fmt: skip
    table = sv.all_open_codes(data, pd.DataFrame(given, columns=list(CODE_COLUMNS)))
    row = show.protected_codes(table, guarded).iloc[0]
    if answers >= 10:
        assert [row["count"], row["uncodable"]] == [count, uncodable]
    assert (row["n"] == SUPPRESSED) == (answers < 5)


def test_answers_that_share_no_word_stand_apart_so_that_no_difference_tells_how_few_they_are():
    texts = ["shelters are full"] * 30 + ["legal advice takes months"] * 12 + ["zebra", "quagga", "okapi"] + [None] * 10
    data = open_survey(["legal"] * 55, texts)
    raw = sv.all_answer_clusters(data, rng=np.random.default_rng(1), clusters=2)
    assert raw["count"].tolist() == [30, 12, 3]
    shown = guarded(raw, **show.CLUSTER_CELLS)
    assert shown["count"].tolist() == [30, SUPPRESSED, SUPPRESSED]
    assert "zebra" not in show.cluster_rows(shown).to_string()


def test_words_that_look_like_names_are_left_out():
    texts = (
        ["Shelters are full. Ask Halloway"] * 20 + ["ask detective halloway, or Springfield"] * 4 + ["Springfield"] * 9
    )
    data = open_survey(["legal"] * 20 + ["social"] * 23, [*texts, *["Money"] * 10])
    words = set(sv.keyness(data, "why", "sector")["word"])
    assert {"shelters", "halloway", "money"} <= words  # somebody writes it small
    assert "springfield" not in words
    shown = sv.all_answer_clusters(data, rng=np.random.default_rng(1), clusters=2)["words"]
    assert not shown.str.contains("springfield").any()


def signs(n: int, first: int, second: int, both: int):
    """Two signs, one of them asked about labor and about sex trafficking with the given answers in common."""
    place = np.arange(n)
    labor = place < first
    sex = (place >= first - both) & (place < first - both + second)
    ways = [*np.where(labor, 4, 0)], [*np.where(sex, 4, 0)]
    return survey({"state": ["A"] * n}, [
        scale(f"{kind}_0", codes, text="Owes a debt", exploitation=kind)
        for kind, codes in zip(("labor", "sex"), ways, strict=True)
    ])  # fmt: skip


def sign_row(data) -> pd.Series:
    return show.labor_and_sex_rows(guarded(sv.labor_and_sex(data), **show.PAIR_CELLS)).iloc[0]


def test_the_digits_of_an_interval_would_tell_how_many_answered_alike():
    data = signs(60, 20, 25, 18)
    raw = sv.labor_and_sex(data)
    told = show.labor_and_sex_rows(raw)["interval"].iloc[0]
    assert attack_words.alike(60, 20, 25, told) == [18]  # so two noticed it for labor only
    row = sign_row(data)
    assert row["interval"] == SUPPRESSED
    assert row[["labor", "sex"]].tolist() == pytest.approx([20 / 60, 25 / 60])  # the shares stand elsewhere as well


@pytest.mark.parametrize("seed", range(30))
def test_an_interval_is_shown_only_where_no_way_of_answering_both_is_that_of_few(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 90))
    first, second = (int(rng.integers(0, n + 1)) for _ in range(2))
    both = int(rng.integers(max(0, first + second - n), min(first, second) + 1))
    row = sign_row(signs(n, first, second, both))
    ways = {both, first - both, second - both, n - first - second + both}
    counts = {first, second, n - first, n - second}
    few = any(0 < k < 5 for k in counts)
    assert (row["interval"] == SUPPRESSED) == (few or any(0 < k < 5 for k in ways))
    assert (SUPPRESSED in {row["labor"], row["sex"]}) == few
    assert (row["difference"] == SUPPRESSED) == few


def test_signs_hide_what_the_table_of_items_hides():
    rng = np.random.default_rng(5)
    items = [
        scale(f"{kind}_{j}", np.where(np.arange(60) < k, 4, 0), text=f"Sign {j}", exploitation=kind, block="micro")
        for kind in ("labor", "sex") for j, k in enumerate(rng.choice([0, 1, 4, 5, 30, 55, 56, 59, 60], 9, replace=False))
    ]  # fmt: skip
    data = survey({"state": ["A"] * 60}, items)
    alone = guarded(sv.item_table(data, [i["item_id"] for i in items]), **show.ITEM_CELLS).set_index("item_id")["share"]
    beside = guarded(sv.labor_and_sex(data), **show.PAIR_CELLS)
    for kind in ("labor", "sex"):
        hidden = [alone[f"{kind}_{j}"] == SUPPRESSED for j in range(9)]
        assert (beside.set_index("item").loc[[f"Sign {j}" for j in range(9)], kind] == SUPPRESSED).tolist() == hidden
        assert 0 < sum(hidden) < 9


def test_dots_of_signs_hold_no_count_and_no_hidden_share():
    drawn = show.labor_and_sex_dots(guarded(sv.labor_and_sex(signs(60, 3, 25, 3)), **show.PAIR_CELLS))
    assert drawn["kind"].tolist() == ["sex trafficking"]
    assert not {"count_labor", "count_sex", "fewest_labor", "fewest_together"} & set(drawn)


def ranked(counts: list[int], n: int = 60) -> pd.DataFrame:
    items = [scale(f"q{j}", np.where(np.arange(n) < k, 4, 0), text=f"Factor {j}") for j, k in enumerate(counts)]
    data = survey({"state": ["A"] * n}, items)
    places = sv.rank_intervals(
        data, [f"q{j}" for j in range(len(counts))], rng=np.random.default_rng(1), replicates=200
    )
    return guarded(places, **show.RANK_CELLS)


def test_places_of_hidden_counts_would_put_them_in_order():
    counts = [40, 4, 20, 3, 2, 1]
    shares = [f"{k / 60}" if k >= 5 else SUPPRESSED for k in counts]
    told = ["1", "3", "2", "4", "5", "6"]
    assert attack_words.orders(shares, told, 60, 5) == [(4, 3, 2, 1)]
    rows = show.rank_rows(ranked(counts)).set_index("item").loc[[f"Factor {j}" for j in range(6)]]
    assert rows["place"].tolist() == ["1", SUPPRESSED, "2", *[SUPPRESSED] * 3]
    assert len(attack_words.orders(shares, rows["place"].tolist(), 60, 5)) == 4**4
    assert rows["places"].eq(SUPPRESSED).tolist() == rows["overlaps"].eq(SUPPRESSED).tolist()


@pytest.mark.parametrize("small", [3, 57])
def test_an_item_that_few_chose_or_did_not_takes_no_place_from_the_others(small: int):
    rows = show.rank_rows(ranked([40, small, 20, 30])).set_index("item")
    assert rows.loc[["Factor 0", "Factor 3", "Factor 2"], "place"].tolist() == ["1", "2", "3"]
    assert rows.loc["Factor 1", ["share", "place", "places", "overlaps"]].tolist() == [SUPPRESSED] * 4


def test_hidden_places_are_stored_without_an_interval():
    stored = {row["key"]: row for row in sv.rank_results(ranked([40, 3, 20]), str)}
    assert stored["survey.ranks.q1"]["value"] == SUPPRESSED
    assert "low" not in stored["survey.ranks.q1"]
    assert stored["survey.ranks.q0"]["low"] == 1


def claims(first: list[int], second: list[int], n: int = 40) -> pd.DataFrame:
    """Claims on items of which so many respondents of two states chose the top levels."""
    place = np.tile(np.arange(n), 2)
    state = np.repeat(["A", "B"], n)
    items = [scale(f"q{j}", np.where(place < np.where(state == "A", a, b), 4, 0))
             for j, (a, b) in enumerate(zip(first, second, strict=True))]  # fmt: skip
    data = survey({"state": list(state)}, items)
    made = sv.claims_by(data, [i["item_id"] for i in items], ["state"], margin=0.15, concordance=0.7,
                        rng=np.random.default_rng(1), replicates=200)  # fmt: skip
    return guarded(made, **show.CLAIM_CELLS)


def test_the_largest_difference_is_hidden_where_it_is_one_of_few_people():
    shares, ranking = claims([30, 3, 20], [29, 25, 21]).to_dict("records")
    assert [shares[c] for c in ("value", "low", "high")] == [SUPPRESSED] * 3
    assert shares["sentence"].startswith("Not shown to be similar in shares")
    assert ranking["value"] == 1.0  # of the two items that can be ranked
    assert ranking["sentence"].endswith("left out: 1.")
    stored = sv.claim_results(claims([30, 3, 20], [29, 25, 21]), str)
    assert "low" not in stored[0]


def test_the_largest_difference_of_many_people_is_shown():
    shares, ranking = claims([30, 10, 20], [29, 25, 21]).to_dict("records")
    assert shares["value"] == pytest.approx(15 / 40)
    assert ranking["value"] < 1
    assert "left out" not in ranking["sentence"]


def test_of_fewer_than_two_items_that_can_be_ranked_no_ranking_is_claimed():
    ranking = claims([30, 3, 2], [29, 4, 1]).to_dict("records")[1]
    assert np.isnan(ranking["value"])
    assert not ranking["shown"]
