"""Clusters of open answers: the same on every machine, nothing that identifies, and never taken for coding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from survey_cases import survey

from continuum.errors import BadInput, NotCollected
from continuum.survey import all_answer_clusters, answer_clusters
from continuum.survey import presentation as show

TOPICS = ["shelters are full every night", "legal advice takes months", "nobody speaks the language here"]


def open_survey(texts):
    return survey({}, [{"item_id": "why", "kind": "open", "values": texts, "text": "Why?"}])


def three_topics(n=60, seed=1):
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, 3, n)
    return open_survey([f"{TOPICS[t]} {'really' if rng.random() < 0.3 else ''}" for t in topic]), topic


def test_answers_on_three_planted_topics_fall_apart_into_them():
    data, topic = three_topics()
    table = answer_clusters(data, "why", rng=np.random.default_rng(2), clusters=3)
    assert sorted(table["count"]) == sorted(np.bincount(topic))
    assert any("shelters" in words for words in table["words"])
    assert table["n"].tolist() == [60] * 3


def test_the_same_seed_gives_the_same_clusters_although_answers_are_equally_far_apart():
    data, _ = three_topics()
    tables = [answer_clusters(data, "why", rng=np.random.default_rng(3), clusters=4) for _ in range(2)]
    pd.testing.assert_frame_equal(*tables)


def test_no_word_of_fewer_than_five_respondents_is_shown():
    texts = [TOPICS[0]] * 20 + [TOPICS[1]] * 20 + ["Springfield shelters are full every night"] * 4
    table = answer_clusters(open_survey(texts), "why", rng=np.random.default_rng(4), clusters=2)
    assert not table["words"].str.contains("springfield").any()


def test_every_row_says_that_a_machine_made_it():
    data, _ = three_topics()
    table = all_answer_clusters(data, rng=np.random.default_rng(5), clusters=3)
    assert table["basis"].str.startswith("machine-made reading aid, not coding").all()
    assert show.cluster_rows(table)["basis"].equals(table["basis"])
    assert "really" not in "".join(table.drop(columns="words").astype(str).sum())


def test_vectors_made_elsewhere_take_the_place_of_words():
    data, _ = three_topics()
    people = data.answers["respondent_id"]
    side = np.arange(60) % 2
    vectors = pd.DataFrame({"respondent_id": people, "question_id": "why", "d1": side, "d2": 1 - side}).iloc[:50]
    table = answer_clusters(data, "why", rng=np.random.default_rng(6), clusters=2, vectors=vectors)
    assert table["count"].tolist() == [25, 25, 10]
    assert table["basis"].str.endswith("vectors made elsewhere").all()


@pytest.mark.parametrize(("clusters", "texts"), [(0, [TOPICS[0]] * 30), (5, [TOPICS[0]] * 12), (3, ["no"] * 30)])
def test_too_few_answers_or_none_asked_for_is_a_refusal(clusters, texts):
    with pytest.raises(NotCollected):
        answer_clusters(open_survey(texts), "why", rng=np.random.default_rng(7), clusters=clusters)
    with pytest.raises(NotCollected, match="No open question has enough answers"):
        all_answer_clusters(open_survey(texts), rng=np.random.default_rng(7), clusters=clusters)


def test_only_open_questions_have_answers_to_put_side_by_side():
    data = survey({}, [{"item_id": "age", "kind": "number", "values": [1.0] * 20}])
    with pytest.raises(BadInput, match="number item"):
        answer_clusters(data, "age", rng=np.random.default_rng(8))
