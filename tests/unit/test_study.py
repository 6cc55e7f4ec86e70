"""study.yaml: typed, and wrong keys and values are reported with file, line and fix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from continuum.errors import BadInput, ManyProblems
from continuum.study import load_study

GOOD = """\
study: example
title: An example
seed: 7
disclosure:
  threshold: 6
survey:
  files: [survey.csv]
  scales:
    often: {levels: [never, sometimes, often], dont_know: [unsure]}
  items:
    signs: {columns: [Q1, Q2], kind: scale, scale: often}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_good_file_becomes_typed_objects(tmp_path: Path):
    study = load_study(write(tmp_path, GOOD))
    assert study.disclosure.threshold == 6
    assert study.survey is not None
    assert study.survey.scales["often"].levels == ["never", "sometimes", "often"]
    assert study.interviews is None


def test_an_unknown_key_names_line_and_nearest_key(tmp_path: Path):
    with pytest.raises(ManyProblems) as caught:
        load_study(write(tmp_path, GOOD.replace("  threshold: 6", "  treshold: 6")))
    assert "line 5" in caught.value.message
    assert "did you mean 'threshold'?" in caught.value.message


def test_an_unknown_key_deep_inside_is_placed_too(tmp_path: Path):
    with pytest.raises(ManyProblems, match=r"line 9.*survey\.scales\.often\.dontknow.*did you mean 'dont_know'"):
        load_study(write(tmp_path, GOOD.replace("dont_know", "dontknow")))


def test_all_problems_are_reported_at_once(tmp_path: Path):
    bad = GOOD.replace("seed: 7", "seed: -1").replace("kind: scale", "kind: skale")
    with pytest.raises(ManyProblems) as caught:
        load_study(write(tmp_path, bad))
    assert len(caught.value.problems) == 2
    assert "line 3" in caught.value.message
    assert "line 11" in caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected 'key: value'"),
        ("study: [1", "not valid YAML"),
        ("study: a\nstudy: b\ntitle: t\n", r"line 2: the key 'study' stands twice \(first on line 1\)"),
        ("study: a\ntitle: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
    ],
)
def test_what_is_not_a_study_file_is_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(BadInput, match=message):
        load_study(write(tmp_path, text))


def test_a_file_in_another_encoding_is_refused_with_the_fix(tmp_path: Path):
    (tmp_path / "study.yaml").write_bytes("study: a\ntitle: caf\xe9\n".encode("latin-1"))
    with pytest.raises(BadInput, match=r"not UTF-8.*Fix: save the file as UTF-8"):
        load_study(tmp_path)


def test_an_unknown_study_names_those_that_exist():
    with pytest.raises(BadInput, match="there is no study 'demmo'"):
        load_study("demmo")


def test_a_missing_raw_file_is_placed_at_the_line_that_names_it(tmp_path: Path):
    write(tmp_path, GOOD)
    (tmp_path / "survey.cvs").write_text("x")
    with pytest.raises(BadInput, match=r"study\.yaml: line 7: no such file.*did you mean 'survey.cvs'"):
        load_study(tmp_path).path("survey.csv")


def test_a_raw_file_outside_the_folder_is_refused(tmp_path: Path):
    study = load_study(write(tmp_path, GOOD))
    with pytest.raises(BadInput, match="outside the study's folder"):
        study.path("../../etc/passwd")


def test_random_numbers_depend_on_seed_and_task_alone(tmp_path: Path):
    study = load_study(write(tmp_path, GOOD))
    first = study.rng("survey.bootstrap").random(3)
    study.rng("interviews.alpha").random(100)
    assert np.array_equal(study.rng("survey.bootstrap").random(3), first)
    assert not np.array_equal(study.rng("survey.other").random(3), first)
