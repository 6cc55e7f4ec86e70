"""Services are off by default, answer from records in tests, and never turn the unknown into zero."""

from __future__ import annotations

import io
import json
import socket
import urllib.error
from pathlib import Path

import pytest

from continuum.citations import adapters
from continuum.citations.adapters import SERVICES, fetch
from continuum.errors import BadInput

DOI = "10.5555/continuum.demo"
ANSWERS = {
    "scite": {"doi": DOI.upper(), "total": 1909, "supporting": 21, "contradicting": 1, "mentioning": 1878,
              "unclassified": 9, "citingPublications": 1700},
    "crossref": {"message": {"DOI": DOI, "updated-by": [{"DOI": "10.5555/notice", "type": "retraction"}]}},
    "openalex": {"is_retracted": False, "cited_by_count": 3},
    "semantic-scholar": {"data": [{"citingPaper": {"title": "T", "year": 2024, "externalIds": {"DOI": "10.5555/C"}},
                                   "contexts": ["Our synthetic data agree with it."], "intents": ["result"]}]},
    "europe-pmc": {"resultList": {"result": [{"title": "T", "pubYear": "2024", "doi": "10.5555/c",
                                              "isOpenAccess": "Y"}]}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a test tried to open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(adapters.time, "sleep", lambda _: None)


def reply(monkeypatch: pytest.MonkeyPatch, body: object) -> list[object]:
    """Let the next requests be answered with ``body`` and collect them."""
    asked: list[object] = []

    class Reply(io.BytesIO):
        status = 200

        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None: ...

    def answer(request, timeout):
        asked.append(request)
        return Reply(json.dumps(body).encode())

    monkeypatch.setattr(adapters.urllib.request, "urlopen", answer)
    return asked


def test_nothing_is_asked_unless_told_to():
    answers = fetch("scite", [DOI])
    assert answers.records == []
    assert answers.unchecked == [DOI]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_an_answer_is_recorded_and_read_back_without_a_network(service, tmp_path: Path, monkeypatch):
    asked = reply(monkeypatch, ANSWERS[service])
    monkeypatch.setenv("SCITE_TOKEN", "not-to-be-stored")
    first = fetch(service, [DOI], mode="record", fixtures=tmp_path)
    assert len(asked) == 1
    assert first.records
    monkeypatch.undo()
    again = fetch(service, [DOI], mode="fixture", fixtures=tmp_path)
    assert again.records == first.records
    assert "not-to-be-stored" not in "".join(p.read_text() for p in tmp_path.rglob("*.json"))


def test_the_services_word_for_contrasting_is_translated_and_the_tally_adds_up(tmp_path: Path, monkeypatch):
    reply(monkeypatch, ANSWERS["scite"])
    row = fetch("scite", [DOI], mode="live").records[0]
    assert row["contrasting"] == 1
    assert row["doi"] == DOI
    assert row["total"] == row["supporting"] + row["contrasting"] + row["mentioning"] + row["unclassified"]


def test_a_notice_is_not_mistaken_for_a_retracted_work(monkeypatch):
    reply(monkeypatch, {"message": {"DOI": DOI, "update-to": [{"DOI": "10.5555/other", "type": "retraction"}]}})
    assert fetch("crossref", [DOI], mode="live").records[0]["status"] == "no notice"


def test_unknown_is_not_zero(monkeypatch):
    def missing(*_: object, **__: object):
        raise urllib.error.HTTPError("u", 404, "not found", {}, None)  # type: ignore[arg-type]

    monkeypatch.setattr(adapters.urllib.request, "urlopen", missing)
    answers = fetch("scite", [DOI], mode="live")
    assert answers.records == []
    assert answers.unchecked == [DOI]


def test_a_busy_service_is_asked_again_three_times_and_then_left_alone(monkeypatch):
    tries = []

    def busy(*_: object, **__: object):
        tries.append(1)
        raise urllib.error.HTTPError("u", 429, "slow down", {}, None)  # type: ignore[arg-type]

    monkeypatch.setattr(adapters.urllib.request, "urlopen", busy)
    assert fetch("openalex", [DOI], mode="live").unchecked == [DOI]
    assert len(tries) == 3


def test_no_connection_is_a_warning_not_a_failure(monkeypatch):
    def cut(*_: object, **__: object):
        raise OSError("no route")

    monkeypatch.setattr(adapters.urllib.request, "urlopen", cut)
    answers = fetch("europe-pmc", [DOI], mode="live")
    assert "could not be looked up" in answers.warnings[0]


def test_a_missing_record_is_a_warning(tmp_path: Path):
    assert "no recorded answer" in fetch("scite", [DOI], mode="fixture", fixtures=tmp_path).warnings[0]


@pytest.mark.parametrize(
    ("service", "options", "message"),
    [
        ("nobody", {}, "unknown citation service"),
        ("scite", {"mode": "guess"}, "unknown mode"),
        ("scite", {"mode": "fixture"}, "needs a folder"),
    ],
)
def test_wrong_use_is_an_error(service: str, options: dict, message: str):
    with pytest.raises(BadInput, match=message):
        fetch(service, [DOI], **options)
