"""Both publishers show beside every analysis, figure and table where it comes from, from the same staged sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from continuum.publish.generated import _shortened
from continuum.publish.stage import Stage, stage
from continuum.study import load_study

from .conftest import write_notebook


def store_in_cell(project: Path, keys: int) -> None:
    """Let the cell of the table have stored ``keys`` results, as it has when a kernel runs it."""
    file = project / "results" / "demo" / "results.json"
    stored = json.loads(file.read_text(encoding="utf-8"))
    entry = stored["results"]["survey.n"]
    stored["results"] |= {f"survey.k{i}": entry | {"cell": "tbl-who"} for i in range(keys)}
    file.write_text(json.dumps(stored), encoding="utf-8")


def staged(project: Path) -> Stage:
    return stage(load_study("demo"), project / "results" / "demo" / "publish" / "source")


def cells(made: Stage) -> dict[str, Any]:
    node = nbformat.read(made.notebooks["20-survey"].file, as_version=4)
    nbformat.validate(node)
    return {cell.id: cell.source for cell in node.cells}


def test_notebook_page_opens_with_study_seed_parameters_and_ways_to_get_it(project: Path):
    found = cells(staged(project))
    assert list(found)[:2] == ["title", "page-about"]
    about = found["page-about"]
    assert "Study: demo, synthetic data" in about
    assert "Seed: 20190101" in about
    assert "Parameters: all at their defaults" in about
    assert "[2 stored results](../pages/results.qmd#numbers-20-survey)" in about
    assert "../downloads/notebooks/20-survey.ipynb" in about
    assert "`compendium run demo --only 20-survey`" in about
    assert "resamples [200..20000]" in found["page-parameters"]


def test_parameters_of_the_run_are_named(project: Path):
    run = {"notebooks": {"20-survey": {"parameters": {"by": "state"}}}}
    (project / "results" / "demo" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert "Parameters: `by = state`" in cells(staged(project))["page-about"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (0, ""),
        (1, "Result: [`survey.k0`](../pages/results.qmd#survey.k0) ·"),
        (5, "#survey.k1), [and more](../pages/results.qmd#numbers-20-survey) ·"),
    ],
)
def test_every_output_leads_to_its_data_its_stored_results_and_its_command(project: Path, keys: int, said: str):
    store_in_cell(project, keys)
    below = cells(staged(project))["page-origin-tbl-who"]
    assert "[Data, CSV](../downloads/tables/tbl-who.csv)" in below
    assert "`compendium run demo --only 20-survey`" in below
    assert said in below
    assert ("Result" in below) is bool(keys)


def test_notebook_for_download_stays_as_it_was_executed(project: Path):
    original = nbformat.read(write_notebook(project), as_version=4)
    made = staged(project)
    kept = nbformat.read(made.folder / "downloads" / "notebooks" / "20-survey.ipynb", as_version=4)
    assert [cell.source for cell in kept.cells] == [cell.source for cell in original.cells]


def test_a_card_ends_with_a_sentence_where_one_fits():
    assert _shortened("One. Two is long. Three.", 12) == "One."
    assert _shortened("One. Two is long. Three.", 18) == "One. Two is long."
    assert _shortened("No sentence fits here", 12) == "No sentence …"
