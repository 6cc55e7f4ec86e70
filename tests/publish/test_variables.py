"""Numbers reach prose by key, in one format each."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from continuum.publish.variables import lookup, read_run, to_yaml, variables
from continuum.results import Interval, Results
from continuum.study import load_study


def tree(project: Path) -> dict:
    results = Results("demo", "20-survey")
    results.value("a.share", 0.12345, unit="share", n=1234, estimator="share", interval=Interval(0.1, 0.2))
    results.value("a.share.detail", 3, unit="items", n=None, estimator="count")
    results.value("a.negative", -0.5, unit="difference", n=10, estimator="difference")
    return variables(load_study("demo"), results._entries, {"commit": "0123456789abcdef"})


def test_each_form_has_a_place(project: Path):
    numbers = tree(project)
    assert lookup(numbers, "a.share.value") == "12.3%"
    assert lookup(numbers, "interval.a.share") == "95% interval 10.0% to 20.0%"
    assert lookup(numbers, "whole.a.share.value") == "12%"
    assert lookup(numbers, "base.a.share") == "1,234"
    assert lookup(numbers, "a.negative") == "−0.50"
    assert lookup(numbers, "run.commit") == "0123456789ab"


def test_key_that_only_begins_others_has_no_value_of_its_own(project: Path):
    assert lookup(tree(project), "a.share") is None
    assert lookup(tree(project), "a.nothing") is None


def test_yaml_keeps_every_digit(project: Path):
    numbers = tree(project)
    assert yaml.safe_load(to_yaml(numbers)) == numbers


def test_published_facts_are_printed_by_id(project: Path):
    folder = project / "data" / "published"
    folder.mkdir()
    (folder / "published_facts.csv").write_text(
        "id,value,unit\nINT-001,42,interviews\nINT-002,2013,year\nPUB-018,328720,GBP\nCIT-016,78.5,percent\nINT-004,,\n",
        encoding="utf-8",
    )
    numbers = tree(project)
    assert lookup(numbers, "fact.int-001") == "42"
    assert lookup(numbers, "fact.int-002") == "2013"
    assert lookup(numbers, "fact.pub-018") == "328,720"
    assert lookup(numbers, "fact.cit-016") == "78.5"
    assert lookup(numbers, "fact.int-004") is None


def test_what_ran_does_not_name_the_files_of_the_team(tmp_path: Path):
    ran = {"notebooks": {"40-pathways": {"outputs": ["tables/a.csv", "team/reports/KCX-O01.pdf"]}}}
    (tmp_path / "run.json").write_text(json.dumps(ran), encoding="utf-8")
    assert read_run(tmp_path)["notebooks"]["40-pathways"]["outputs"] == ["tables/a.csv"]
    assert read_run(tmp_path / "nothing") == {}
