"""Open answers: codes counted by respondent, agreement prepared, words tested exactly, raw text never shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from survey_cases import survey

from continuum.errors import BadInput, NotCollected
from continuum.ingest.open_codes import load_open_codes, read_open_codes
from continuum.interviews import krippendorff_alpha
from continuum.study import load_study
from continuum.survey import open_answers as oa


@pytest.fixture
def data():
    text = ["shelter beds are full"] * 20 + ["court cases take long"] * 20 + [None] * 10
    return survey(
        {"sector": ["social"] * 20 + ["legal"] * 30}, [{"item_id": "barrier", "kind": "open", "values": text}]
    )


def codes_of(data, given):
    rows = [(data.answers["respondent_id"][i], "barrier", code, coder) for i, coder, code in given]
    return pd.DataFrame(rows, columns=list(oa.CODE_COLUMNS))


@pytest.fixture
def codes(data):
    given = [(i, c, "capacity") for i in range(20) for c in "AB"] + [
        (i, c, "time") for i in range(20, 38) for c in "AB"
    ]
    return codes_of(data, [*given, (38, "A", "uncodable"), (39, "A", None), (39, "B", "time")])


def test_the_base_is_who_wrote_an_answer(data, codes):
    table = oa.open_code_table(data, codes, "barrier").set_index("code")
    assert set(table["n"]) == {40}
    assert set(table["blank"]) == {10}
    assert set(table["uncodable"]) == {1}
    assert table["count"].to_dict() == {"capacity": 20, "time": 19}
    assert table.loc["capacity", "share"] == 0.5


@pytest.mark.parametrize(("n", "shown"), [(9, "suppressed"), (10, "counts"), (29, "counts"), (30, "percent")])
def test_small_bases_of_codes_are_not_shown(n, shown):
    data = survey({"state": ["A"] * n}, [{"item_id": "barrier", "kind": "open", "values": ["text"] * n}])
    table = oa.open_code_table(data, codes_of(data, [(i, "A", "x") for i in range(n)]), "barrier")
    assert table["shown"].tolist() == [shown]
    assert table["share"].isna().all() == (n < 30)
    assert table["count"].isna().all() == (n < 10)


def test_codes_differ_between_groups(data, codes):
    table = oa.code_contrasts(data, codes, "barrier", "sector", rng=np.random.default_rng(1), permutations=499)
    assert table["p_max"].max() < 0.05
    known = oa.code_contrasts(
        data, codes, "barrier", "sector", rng=np.random.default_rng(1), permutations=99, blind=False
    )
    assert set(known["note"]) == {"coders knew the sector"}


def test_agreement_of_coders_is_computed_as_for_interviews(data, codes):
    ratings = oa.coder_ratings(codes, "barrier")
    assert list(ratings.index) == ["A", "B"]
    assert ratings.notna().all(axis=0).sum() == 2 * 39
    alpha = krippendorff_alpha(ratings.to_numpy(dtype=float))
    assert 0.9 < alpha < 1


def test_codes_of_strangers_and_of_blank_answers_are_refused(data):
    with pytest.raises(BadInput, match="wrote no answer"):
        oa.open_code_table(data, codes_of(data, [(45, "A", "x")]), "barrier")
    stranger = pd.DataFrame([("nobody", "barrier", "x", "A")], columns=list(oa.CODE_COLUMNS))
    with pytest.raises(BadInput, match="not in the survey"):
        oa.open_code_table(data, stranger, "barrier")
    with pytest.raises(NotCollected, match="'hopes' has been coded"):
        oa.open_code_table(data, stranger, "hopes")


def test_keyness_counts_respondents_and_tests_exactly(data):
    table = oa.keyness(data, "barrier", "sector").set_index(["word", "group"])
    hit = table.loc[("shelter", "social")]
    assert hit[["count", "n", "other_count", "other_n"]].tolist() == [20, 20, 0, 20]
    assert hit["p"] == pytest.approx(stats.fisher_exact([[20, 0], [0, 20]]).pvalue)
    assert "are" not in table.index.get_level_values(0)


def test_a_repeated_word_counts_once_and_rare_words_are_left_out():
    text = ["money money money"] * 6 + ["time"] * 6 + ["a particular agency"] * 4
    data = survey({"sector": ["legal", "social"] * 8}, [{"item_id": "barrier", "kind": "open", "values": text}])
    table = oa.keyness(data, "barrier", "sector")
    assert set(table["word"]) == {"money", "time"}
    assert table.groupby("word")["count"].sum().to_dict() == {"money": 6, "time": 6}


def test_without_common_words_keyness_is_refused():
    data = survey({"sector": ["legal", "social"]}, [{"item_id": "barrier", "kind": "open", "values": ["one", "two"]}])
    with pytest.raises(NotCollected, match="5 respondents"):
        oa.keyness(data, "barrier", "sector")


def test_open_codes_are_read_with_the_survey_s_pseudonyms(tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text("respondent_id,question_id,code_id,coder_id,extra\nr1, q ,x,A,1\nr2,q,,B,2\n", encoding="utf-8")
    table = read_open_codes(file)
    assert table["question_id"].tolist() == ["q", "q"]
    assert table["code_id"].isna().tolist() == [False, True]
    assert list(table) == list(oa.CODE_COLUMNS)
    file.write_text("respondent_id,question_id,code_id\nr1,q,x\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no column 'coder_id'"):
        read_open_codes(file)
    file.write_text("respondent_id,question_id,code_id,coder_id\nr1,q,x,A\n,q,x,A\n", encoding="utf-8")
    with pytest.raises(BadInput, match="row 3, column respondent_id"):
        read_open_codes(file)


def test_the_demo_has_coded_answers():
    codes = load_open_codes(load_study("demo"))
    assert codes["coder_id"].nunique() == 2
    assert list(oa.questions_with_codes(codes)) == ["open_barrier", "open_prevention"]


def test_many_words_and_groups_are_counted_without_overflow():
    words = [f"{a}{b}word" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghij"]
    sectors = [f"sector {chr(97 + i)}" for i in range(10)]
    text = [" ".join(words)] * 50
    data = survey(
        {"sector": [sectors[i % 10] for i in range(50)]}, [{"item_id": "barrier", "kind": "open", "values": text}]
    )
    table = oa.keyness(data, "barrier", "sector")
    assert len(table) == 260 * 10
    assert set(table["count"]) == {5}
