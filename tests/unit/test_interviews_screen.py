"""How well the screen for identifiers does, on 70 invented excerpts labeled by hand; nothing here names anybody."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest
from interview_data import small_study

from continuum.interviews import anchor_quotes, name_model, quote_note
from continuum.interviews.identifying import identifying, ordinary_words
from continuum.interviews.quotes import NONE_QUOTABLE, quotes_review

with (Path(__file__).parents[1] / "screen_cases.csv").open(encoding="utf-8", newline="") as _file:
    CASES = list(csv.DictReader(_file))
TEXTS = [case["text"] for case in CASES]
HARMLESS = {case["text"] for case in CASES if case["holds"] == "nothing"}
#: Small letters, and a name that is a number of a road: no rule finds these.
BEYOND_RULES = ("maria said", "It was jessica", "there is a truck stop off i-70")


def flagged(screen: Callable[[str], object]) -> tuple[set[str], set[str]]:
    """Identifying excerpts that were missed, and harmless ones that were withheld."""
    found = {text for text in TEXTS if screen(text)}
    return set(TEXTS) - HARMLESS - found, found & HARMLESS


def test_the_rules_find_all_but_three_of_forty_identifying_excerpts():
    ordinary = ordinary_words(TEXTS)
    missed, withheld = flagged(lambda text: identifying(text, ordinary=ordinary))
    assert len(TEXTS) - len(HARMLESS) == 40
    assert len(missed) == 3
    assert all(text.startswith(BEYOND_RULES) for text in missed)
    assert len(withheld) <= 7  # of 30: people approve these from the review list


@pytest.mark.skipif(not name_model.model_in_words(), reason="no model of names is installed; it is optional")
def test_rules_and_model_together_miss_none():
    ordinary = ordinary_words(TEXTS)
    modeled = name_model.found_by_model(TEXTS)
    missed, withheld = flagged(lambda text: [*identifying(text, ordinary=ordinary), *modeled[text]])
    assert missed == set()
    assert len(withheld) <= 8


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A stand-in for spaCy with three pipelines, of which the best English one with names knows one name."""
    spacy = ModuleType("spacy")
    spacy.__spec__ = SimpleNamespace(name="spacy")  # type: ignore[assignment]
    spacy.util = SimpleNamespace(  # type: ignore[attr-defined]
        get_installed_models=lambda: ["de_core_news_lg", "en_core_web_sm", "en_tags_md"]
    )

    def pipe(texts: list[str]) -> Iterator[SimpleNamespace]:
        for text in texts:
            labels = [label for word, label in (("maria", "PERSON"), ("one", "CARDINAL")) if word in text]
            yield SimpleNamespace(ents=[SimpleNamespace(label_=label) for label in labels])

    def load(name: str) -> SimpleNamespace:
        meta = {"lang": name[:2], "name": name[3:], "version": "3.8.0"}
        return SimpleNamespace(meta=meta, pipe_names=["ner"] if name != "en_tags_md" else [], pipe=pipe)

    spacy.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spacy", spacy)
    name_model._pipeline.cache_clear()
    yield spacy
    name_model._pipeline.cache_clear()


def quoted_study():
    text = "maria said that there was no bed for her and that nobody had told her why that was so"
    study = small_study()
    codings = pd.DataFrame(
        [("s0", "I1", 0, 80, text, "debt", "A")],
        columns=["segment_id", "interview_id", "start", "end", "text", "code_id", "coder_id"],
    )
    return replace(study, codings=codings, interviews=study.interviews.assign(consent_quote=True)), text


def test_a_model_that_is_installed_is_asked_beside_the_rules(model: ModuleType):
    assert name_model.model_in_words() == "en_core_web_sm 3.8.0 (spaCy)"
    assert name_model.found_by_model(["maria came", "one bed"]) == {"maria came": ["name (model)"], "one bed": []}
    study, _ = quoted_study()
    assert set(anchor_quotes(study, synthetic=False)["excerpt"]) == {NONE_QUOTABLE}
    assert quotes_review(study)["reasons"].tolist() == ["name (model)"]
    assert "Screened by rules and by en_core_web_sm 3.8.0 (spaCy)." in quote_note(None, synthetic=False)


def test_a_synthetic_study_shows_the_same_with_and_without_a_model(model: ModuleType):
    study, text = quoted_study()
    assert f"[synthetic] {text}" in set(anchor_quotes(study, synthetic=True)["excerpt"])
    assert "Screened" not in quote_note(None, synthetic=True)


def test_without_a_model_rules_screen_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(name_model, "find_spec", lambda name: None)
    name_model._pipeline.cache_clear()
    assert name_model.model_in_words() == ""
    assert name_model.found_by_model(["maria came"]) == {"maria came": []}
    name_model._pipeline.cache_clear()
