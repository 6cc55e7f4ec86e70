"""Parameters are checked before a kernel starts, and every message lists what exists."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline.project import Project, notebook

from continuum.errors import BadInput, ManyProblems
from continuum.pipeline import parameters

NAMES = ["10-scores", "20-draws", "50-citing"]


@pytest.fixture(autouse=True)
def here(built: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTINUUM_ROOT", str(built.folder))


def test_the_signature_is_read_from_the_parameters_cell():
    found = parameters.signature("10-scores")
    assert list(found) == ["factor", "method", "replicates"]
    assert (found["factor"].low, found["factor"].high) == (0, 10)
    assert found["method"].choices == ("a", "b")
    assert found["replicates"].described == "replicates: int = 5  (number of draws [1..100])"


def test_values_are_typed_and_defaults_change_nothing():
    chosen = parameters.resolve(["10.factor=2", "scores.replicates=7", "10-scores.method=a"], NAMES)
    assert chosen == {"10-scores": {"factor": 2.0, "replicates": 7}}


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("scores.replicate=3", ["did you mean 'replicates'?", "factor: float = 1.0", "method: str = 'a'"]),
        ("scores.replicates=0", ["0 is outside 1 to 100"]),
        ("scores.replicates=x", ["'x' is not a number"]),
        ("scores.replicates=1.5", ["'1.5' is not a whole number"]),
        ("scores.method=c", ["'c' is not one of a, b"]),
        ("scorse.method=a", ["there is no notebook 'scorse'", "did you mean 'scores'?", "20-draws"]),
        ("method=a", ["not NOTEBOOK.NAME=VALUE"]),
        ("scores.run=x", ["is set by the command"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_assignment_is_said_in_one_message(assignment: str, words: list[str]):
    with pytest.raises(BadInput) as error:
        parameters.resolve([assignment], NAMES)
    for word in words:
        assert word in str(error.value)


def test_all_wrong_assignments_are_reported_together():
    with pytest.raises(ManyProblems, match=r"(?s)outside 1 to 100.*not one of a, b"):
        parameters.resolve(["scores.replicates=0", "scores.method=c"], NAMES)


def test_the_command_stops_with_exit_code_2_before_anything_runs(built: Project):
    before = (built.results / "run.json").stat().st_mtime_ns
    text = built.command("run", "--force", "-p", "scores.replicates=1000", expect=2)
    assert "1000 is outside 1 to 100" in text
    assert "Traceback" not in text
    assert (built.results / "run.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("size = 3", "it has no type"),
        ("size: int = 300  # size [1..10]", "300 is outside 1 to 10"),
        ("size: complex = 3", "its type 'complex' is not one of"),
    ],
)
def test_an_unusable_parameters_cell_is_the_notebooks_fault(tmp_path: Path, monkeypatch, line: str, words: str):
    project = Project(tmp_path / "p")
    monkeypatch.setenv("CONTINUUM_ROOT", str(project.folder))
    project.write("10-x", notebook(("a", "1"), parameters=line))
    with pytest.raises(BadInput, match=r"notebooks/10-x.ipynb: parameters cell: .*" + words):
        parameters.signature("10-x")


def test_lists_and_truth_values_are_understood():
    made = parameters.Parameter("p", "list[int]", [1], "", 0, 9)
    assert made.parse("1,2") == made.parse("[1, 2]") == [1, 2]
    with pytest.raises(ValueError, match="10 is outside 0 to 9"):
        made.parse("1,10")
    assert parameters.Parameter("p", "bool", True, "").parse("no") is False
