"""Classes, people's labels and tallies: who decides, what counts, and what is never invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from citation_articles import article
from hypothesis import given, settings
from hypothesis import strategies as st

from continuum.citations import as_service_shape, classify, extract, tally
from continuum.citations.features import LABELS
from continuum.citations.model import load
from continuum.errors import BadInput

SENTENCES = [
    "Our results are consistent with the findings of TREF.",
    "In contrast to TREF, our study found no such difference.",
    "We used the method of TREF.",
    "",
    "Nos résultats sont tout à fait conformes aux travaux antérieurs publiés par TREF en France.",
]


def contexts(texts: list[str] = SENTENCES) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "context_id": [f"c{i}" for i in range(len(texts))], "source_id": ["s1"] * len(texts),
            "ref_id": ["r1"] * len(texts), "sentence": texts, "masked": texts, "before": "", "after": "", "section": "",
        }
    )  # fmt: skip


def test_the_model_reads_stance_and_mention():
    labels = classify(contexts())["label"].tolist()
    assert labels[:3] == ["supporting", "contrasting", "mentioning"]


def test_empty_and_foreign_sentences_stay_unlabeled():
    table = classify(contexts())
    assert table.loc[3:, "label"].isna().all()
    assert table.loc[3:, "status"].tolist() == ["unlabeled", "unlabeled"]
    assert table.loc[3:, [f"p_{n}" for n in LABELS]].isna().all(axis=None)


def test_probabilities_sum_to_one_and_rules_give_none():
    table = classify(contexts()[:3])
    assert np.allclose(table[[f"p_{n}" for n in LABELS]].sum(axis=1), 1, atol=1e-6)
    assert classify(contexts(), "rules")[[f"p_{n}" for n in LABELS]].isna().all(axis=None)


def test_the_target_may_be_given_by_its_place():
    text = "Our results agree with Lee et al. (2016) but not with Park et al. (2001)."
    frame = contexts([text, text]).drop(columns="masked")
    frame["target_start"] = [text.index("(2016"), text.index("(2001")]
    frame["target_end"] = frame["target_start"] + 6
    masked = classify(frame, "rules")["masked"].tolist()
    assert masked[0].startswith("Our results agree with TREF but not with OREF")
    assert masked[1].startswith("Our results agree with OREF but not with TREF")


def test_renaming_another_reference_changes_neither_label_nor_id(tmp_path: Path):
    paragraphs = ["Our results agree with {r1}, unlike {r2}.", "In contrast to {r2}, we find what {r1} found."]
    for name, other in (("a", "10.5555/two"), ("b", "10.5555/renamed")):
        (tmp_path / f"{name}.xml").write_text(article("10.5555/x", paragraphs, {"r1": "10.5555/one", "r2": other}))
    first, second = (classify(extract(tmp_path / f"{name}.xml")).set_index("position") for name in "ab")
    same = first["ref_id"] == "r1"
    for column in ("context_id", "label", "p_supporting", "masked"):
        assert first.loc[same, column].tolist() == second.loc[same, column].tolist()


def test_empty_cells_are_no_error_and_leave_the_sentence_unlabeled():
    frame = contexts(["", "Our data agree with (Lee, 2001).", "Our data agree with (Lee, 2001)."]).drop(
        columns="masked"
    )
    frame["target_start"], frame["target_end"] = ["", "20", None], ["", 31, None]
    frame.loc[0, "sentence"] = None
    found = classify(frame)
    assert found["masked"].tolist() == ["", "Our data agree with TREF.", "Our data agree with OREF."]
    assert found["status"].tolist() == ["unlabeled", "automatic", "automatic"]
    assert "no_target" in found["flags"].iloc[2]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(max_size=80).map(lambda text: f"{text} TREF"), max_size=5))
def test_probabilities_of_any_text_sum_to_one(texts: list[str]):
    chances = classify(contexts(texts))[[f"p_{n}" for n in LABELS]].dropna().to_numpy()
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-6)
    assert ((chances >= 0) & (chances <= 1)).all()


def test_order_of_rows_does_not_matter():
    table = classify(contexts())
    mixed = classify(contexts().iloc[::-1])
    assert (
        mixed.set_index("context_id")["label_auto"].to_dict() == table.set_index("context_id")["label_auto"].to_dict()
    )


def test_unknown_modes_and_missing_columns_are_errors():
    with pytest.raises(BadInput, match="unknown mode"):
        classify(contexts(), "guess")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="without a target"):
        classify(pd.DataFrame({"sentence": ["x"]}))


def test_automatic_labels_count_from_the_threshold_only():
    table = classify(contexts()[:3]).assign(self_citation="unknown")
    table["p_supporting"] = [0.79, 0.1, 0.1]
    table["p_contrasting"] = [0.1, 0.1, 0.1]
    table["p_mentioning"] = [0.11, 0.8, 0.8]
    row = tally(table).iloc[0]
    assert (row["supporting"], row["unclassified"], row["total"]) == (0, 1, 3)


def test_rules_never_count_as_a_stance():
    row = tally(classify(contexts()[:3], "rules").assign(self_citation="no")).iloc[0]
    assert (row["supporting"], row["contrasting"], row["unclassified"]) == (0, 0, 3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(SENTENCES), max_size=8))
def test_a_tally_always_adds_up_and_never_falls_when_an_article_is_added(texts: list[str]):
    table = classify(contexts(texts), "model").assign(self_citation="unknown")
    counts = tally(table)
    parts = [*LABELS, "unclassified"]
    assert (counts[parts].sum(axis=1) == counts["total"]).all()
    more = classify(contexts([*texts, SENTENCES[0]]), "model").assign(self_citation="unknown")
    assert tally(more)["total"].sum() == counts["total"].sum() + 1


def test_the_service_shape_names_contrasting_contradicting():
    table = classify(contexts()[:3]).assign(self_citation="no", doi="10.5555/x", cited_id="doi:10.5555/x")
    shape = as_service_shape(tally(table))[0]
    assert shape["total"] == sum(shape[k] for k in ("supporting", "contradicting", "mentioning", "unclassified"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace('"stance-1"', '"stance-9"'), "schema"),
        (lambda t: t.replace('"decision":"argmax', '"decision":"argmin'), "checksum"),
        (lambda t: t[:200], "no usable stance model"),
    ],
)
def test_a_changed_model_file_is_refused_and_names_the_rules(tmp_path: Path, change, message: str):
    import continuum.citations.model as home

    shipped = Path(home.__file__).with_name("weights") / "stance-v1.json"
    (tmp_path / "m.json").write_text(change(shipped.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BadInput, match=f"{message}.*mode='rules'"):
        load(tmp_path / "m.json")
