"""Results: values with provenance, sentences from values, and a results.json that is the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from continuum.claims import keyed
from continuum.entries import plain, slug
from continuum.errors import AnalysisFailed, NoOrderSupported, NotCollected
from continuum.provenance import SYNTHETIC_NOTE, Provenance, label_caption, shows_synthetic, weakest
from continuum.results import Interval, Results, merge
from continuum.study import Study


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONTINUUM_ROOT", str(tmp_path))
    return tmp_path


def study(*, synthetic: bool = True) -> Study:
    return Study(study="example", title="Example", synthetic=synthetic)


def saved(project: Path) -> dict:
    return json.loads((project / "results" / "example" / "results.json").read_text())["results"]


def test_a_value_carries_base_estimator_interval_and_class(project: Path):
    results = Results(study(), "10-interviews")
    results.value("survey.share", 0.25, unit="share", n=40, estimator="proportion",
                  interval=Interval(0.1, 0.4, method="wilson"), seed=3)  # fmt: skip
    results.save()
    entry = saved(project)["survey.share"]
    assert entry["value"] == 0.25
    assert entry["interval"] == {"low": 0.1, "high": 0.4, "level": 0.95, "method": "wilson"}
    assert (entry["provenance"], entry["n"], entry["seed"]) == ("SYNTHETIC", 40, 3)


def test_a_published_fact_keeps_its_class_in_a_synthetic_study(project: Path):
    results = Results(study(), "10-interviews")
    results.value("published.n", 42, unit="interviews", n=42, estimator="published", provenance=Provenance.PUBLISHED)
    results.save()
    assert saved(project)["published.n"]["provenance"] == "PUBLISHED"


def test_an_assumption_lowers_the_class_of_user_data(project: Path):
    results = Results(study(synthetic=False), "40-pathways")
    results.value("x", 1, unit="", n=1, estimator="e", provenance=Provenance.USER_ASSUMPTION)
    results.save()
    assert saved(project)["x"]["provenance"] == "USER_ASSUMPTION"


def test_a_sentence_takes_its_numbers_from_results_and_says_synthetic(project: Path):
    results = Results(study(), "10-interviews")
    results.value("a.n", 1234, unit="interviews", n=1234, estimator="count")
    results.value("a.share", 0.256, unit="share", n=10, estimator="p", interval=Interval(0.1, 0.4))
    sentence = results.say("{a.n} interviews, {a.share} ({a.share:interval}).")
    assert sentence.text.startswith("1,234 interviews, 25.6% (95% interval 10.0% to 40.0%).")
    assert "Synthetic data, not a finding" in sentence.text


def test_real_data_carry_no_synthetic_label(project: Path):
    results = Results(study(synthetic=False), "10-interviews")
    results.value("a.n", 2, unit="interviews", n=2, estimator="count")
    assert results.say("{a.n}").text == "2"


def test_a_sentence_with_an_unknown_key_is_an_error(project: Path):
    with pytest.raises(AnalysisFailed, match=r"names 'no\.such'"):
        Results(study(), "10-interviews").say("{no.such}")


def test_a_refusal_is_stored_with_its_code_and_without_a_value(project: Path):
    results = Results(study(), "30-continuum")
    box = results.refuse("continuum.order", NoOrderSupported("neither mechanism is supported", "more interviews"))
    results.save()
    entry = saved(project)["continuum.order"]
    assert entry["value"] is None
    assert entry["refusal"]["code"] == "NoOrderSupported"
    assert "NoOrderSupported" in box._repr_mimebundle_()["text/markdown"]


def test_what_depends_on_a_refused_answer_is_refused_for_the_same_reason(project: Path):
    def refuses(_: Study) -> pd.DataFrame:
        raise NotCollected("this study has no survey", "add one")

    results = Results(study(), "20-survey")
    answers = results.ask("survey.available", refuses, results.study)
    table = results.protect(results.ask("survey.table", lambda frame: frame, answers))
    assert results.table(table) is results.figure(table, answers) is results.say("{survey.n}", given=answers) is answers
    results.save()
    assert {key: entry["refusal"]["code"] for key, entry in saved(project).items()} == {
        "survey.available": "NotCollected"
    }


@pytest.mark.parametrize(
    ("synthetic", "provenance", "labeled"),
    [
        (True, None, True), (False, None, False), (True, Provenance.PUBLISHED, False),
        (False, Provenance.SYNTHETIC, True), (True, Provenance.USER_ASSUMPTION, True),
    ],
)  # fmt: skip
def test_published_facts_are_never_labeled_synthetic_and_synthetic_ledgers_always(
    project: Path, synthetic: bool, provenance: Provenance | None, labeled: bool
):
    frame = pd.DataFrame({"a": [7]})
    results = Results(study(synthetic=synthetic), "40-pathways")
    table = results.table(frame, label="tbl-a", caption="A", provenance=provenance)
    assert (SYNTHETIC_NOTE in table.note) is labeled


def test_a_sentence_of_published_numbers_is_not_labeled_synthetic(project: Path):
    results = Results(study(), "40-pathways")
    frame = pd.DataFrame({"what": ["a"], "value": [42], "n": [42]})
    frame.attrs["provenance"] = Provenance.PUBLISHED
    results.values("facts", frame, name="what", value="value", unit="count", n="n", estimator="published")
    assert results.say("{facts.a.value} interviews were published.").text == "42 interviews were published."


def test_an_answered_question_is_just_its_answer(project: Path):
    assert Results(study(), "20-survey").ask("a.b", max, 1, 2) == 2


def test_results_come_as_rows_with_their_own_units_and_intervals(project: Path):
    results = Results(study(), "20-survey")
    base = {"unit": "share", "n": 40, "estimator": "share"}
    results.record([
        {"key": "a.b", "value": 0.5, "low": 0.4, "high": 0.6, "method": "Wilson", **base},
        {"key": "a.c", "value": None, "low": float("nan"), "high": float("nan"), **base},
    ])  # fmt: skip
    results.record(results.refuse("a.d", NotCollected("no answers")))
    results.save()
    entries = saved(project)
    assert entries["a.b"]["interval"] == {"low": 0.4, "high": 0.6, "level": 0.95, "method": "Wilson"}
    assert "interval" not in entries["a.c"]


def test_the_same_results_give_the_same_bytes_in_any_order(project: Path):
    def run(keys: list[str]) -> bytes:
        for notebook in ("10-a", "20-b"):
            results = Results(study(), notebook)
            for key in keys:
                results.value(f"{notebook[3:]}.{key}", 1 / 3, unit="", n=1, estimator="e")
            results.save()
        return (project / "results" / "example" / "results.json").read_bytes()

    assert run(["x", "y"]) == run(["y", "x"])


def test_two_notebooks_cannot_save_one_key(project: Path):
    for notebook in ("10-a", "20-b"):
        results = Results(study(), notebook)
        results.value("same.key", 1, unit="", n=1, estimator="e")
        if notebook == "10-a":
            results.save()
        else:
            with pytest.raises(AnalysisFailed, match="saved by 10-a and 20-b"):
                results.save()


def test_a_table_needs_a_label_and_a_caption(project: Path):
    with pytest.raises(AnalysisFailed, match="needs a label tbl-"):
        Results(study(), "10-interviews").table(pd.DataFrame({"n": [10]}))


def test_a_table_is_stored_as_csv_and_html_with_its_label(project: Path):
    results = Results(study(), "10-interviews")
    shown = results.table(pd.DataFrame({"code": ["<b>"], "n": [10]}), label="tbl-codes", caption="Codes")
    folder = project / "results" / "example" / "tables"
    assert (folder / "tbl-codes.csv").read_text().splitlines() == ["code,n", "<b>,10"]
    assert "&lt;b&gt;" in (folder / "tbl-codes.html").read_text()
    assert SYNTHETIC_NOTE in shown.markdown()


def test_captions_are_labelled_once_and_unlabelled_for_real_data():
    once = label_caption("Codes by sector.", synthetic=True)
    assert label_caption(once, synthetic=True) == once
    assert label_caption(once, synthetic=False) == "Codes by sector."


def test_the_weakest_class_wins():
    assert weakest(Provenance.USER_DATA, Provenance.SYNTHETIC, Provenance.PUBLISHED) is Provenance.SYNTHETIC
    assert weakest() is Provenance.PUBLISHED


def test_missing_values_become_null_and_floats_keep_twelve_digits():
    assert plain(float("nan")) is None
    assert plain(1 / 3) == 0.333333333333
    assert slug("Lack of housing (youth)") == "lack_of_housing_youth"


def test_merging_nothing_gives_an_empty_result(project: Path):
    target = merge(project / "results" / "example", "example")
    assert json.loads(target.read_text()) == {"results": {}, "schema": 1, "study": "example"}


def test_published_outputs_of_a_synthetic_study_are_not_called_synthetic():
    assert shows_synthetic({}, synthetic=True)
    assert not shows_synthetic({"provenance": "PUBLISHED"}, synthetic=True)
    assert not shows_synthetic({}, synthetic=False)


def test_a_base_that_is_a_small_cell_or_hidden_is_not_stored(project: Path):
    results = Results(study(), "10-interviews")
    results.value("a.share", 0.5, unit="share", n=4, estimator="p")
    results.value("b.share", 0.5, unit="share", n=5, estimator="p")
    results.value("c.share", "[c]", unit="share", n="[c]", estimator="p")
    results.save()
    assert [saved(project)[f"{key}.share"]["n"] for key in "abc"] == [None, 5, None]


def test_marks_of_a_chart_are_keyed_to_the_results_that_back_them(project: Path):
    results = Results(study(), "10-interviews")
    pairs = pd.DataFrame({"first": ["Debt", "Rent"], "second": ["Job loss", "Debt"], "support": [0.97, 0.99], "n": 42})
    results.values(
        "a.pairs", pairs, name=["first", "second"], value="support", unit="support", n="n", estimator="bootstrap"
    )
    drawn = keyed(pairs, "a.pairs", name=["first", "second"], value="support")
    results.save()
    assert drawn["result"].tolist() == list(saved(project))
    refused = results.refuse("a.none", NoOrderSupported("No.", ""))
    assert keyed(refused, "a.pairs", name="first", value="support") is refused
