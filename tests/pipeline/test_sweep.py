"""``compendium sweep``: named runs, resumable, compared in one table without revealing single cases."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pipeline.project import Project, notebook

from continuum.pipeline.comparison import protect_across

GRID = "10-scores.factor: [1, 2]\n10-scores.method: [a, b]\nstudy.seed: [1, 2]\nshow: scores.mean\n"


def write(project: Project, text: str, name: str = "grid.yaml") -> str:
    file = project.folder / name
    file.write_text(text)
    return str(file)


def comparison(project: Project) -> pd.DataFrame:
    return pd.read_csv(project.results / "runs" / "comparison.csv")


def test_every_combination_is_a_named_run_and_one_row_of_the_comparison(project: Project):
    text = project.command("sweep", "demo", "--grid", write(project, GRID))
    assert "8 of 8 runs complete" in text
    table = comparison(project)
    assert len(table) == 8
    assert set(table["provenance"]) == {"SYNTHETIC"}
    by_factor = table.groupby("10-scores.factor")["value"].unique()
    assert list(by_factor[1.0]) == [9.5]
    assert list(by_factor[2.0]) == [19.0]
    figure = json.loads((project.results / "runs" / "specification.json").read_text())
    assert "Synthetic data, not a finding." in figure["title"]["subtitle"]
    run = table["run"][0]
    assert run.startswith("10-factor-1.0_10-method-a_study-seed-1_")
    assert (project.results / "runs" / run / "notebooks" / "10-scores.ipynb").exists()
    assert not (project.results / "results.json").exists()

    assert "8 of them were up to date" in project.command("sweep", "demo", "--grid", write(project, GRID))
    wider = GRID.replace("[1, 2]\n10", "[1, 2, 3]\n10")
    assert "12 of 12 runs complete, 8 of them" in project.command("sweep", "demo", "--grid", write(project, wider))


def test_a_seed_of_the_grid_changes_draws_and_nothing_else(project: Project):
    grid = "study.seed: [7, 8]\n"
    project.command("sweep", "demo", "--grid", write(project, grid))
    project.command("run", "--only", "20")
    table = comparison(project).pivot(index="key", columns="study.seed", values="value")
    assert table.loc["draws.first", 7] == pytest.approx(project.values()["draws.first"])
    assert table.loc["draws.first", 8] != table.loc["draws.first", 7]
    assert table.loc["scores.mean", 7] == table.loc["scores.mean", 8]


def test_a_grid_may_be_a_table_with_one_run_per_row(project: Project):
    file = write(project, "10-scores.factor,10-scores.method\n1,a\n3,b\n", "grid.csv")
    project.command("sweep", "demo", "--grid", file)
    assert list(comparison(project)["value"]) == [9.5, 28.5]


def test_everything_wrong_with_a_grid_is_said_before_anything_runs(project: Project):
    bad = "10-scores.factr: [1]\n10-scores.method: [a, z]\n60-none.x: [1]\nstudy.seed: [-1]\n"
    text = project.command("sweep", "demo", "--grid", write(project, bad), expect=2)
    for words in ("did you mean 'factor'", "'z' is not one of a, b", "there is no notebook '60-none'", "-1 is outside"):
        assert words in text
    assert not (project.results / "runs").exists()


def test_a_run_that_fails_leaves_the_others_and_is_taken_up_again(project: Project):
    code = "r = Results(study, '10-scores', run=run)\nr.value('x', 1 / (factor - 2), unit='', n=9, estimator='e')\nr.save()"
    cells = [("load", "from continuum.results import Results"), ("go", code)]
    project.write("10-scores", notebook(*cells, parameters="factor: float = 1.0  # f [0..10]"))
    file = write(project, "10-scores.factor: [1, 2, 3]\n")
    text = project.command("sweep", "demo", "--grid", file, expect=3)
    assert "2 of 3 runs complete" in text
    assert "10-factor-2.0" in text
    assert "ZeroDivisionError" in text
    assert len(comparison(project)) == 2
    cells[1] = ("go", code.replace("(factor - 2)", "max(1, factor - 2)"))
    project.write("10-scores", notebook(*cells, parameters="factor: float = 1.0  # f [0..10]"))
    assert "3 of 3 runs complete" in project.command("sweep", "demo", "--grid", file)


def test_bases_that_differ_by_a_few_cases_are_hidden_across_runs():
    table = pd.DataFrame(
        {"run": list("abcd"), "key": ["k", "k", "k", "other"], "value": [0.5, 0.6, 0.7, 0.1], "low": [0.1] * 4,
         "high": [0.9] * 4, "n": [100, 97, 80, 98]}
    )  # fmt: skip
    hidden = protect_across(table, threshold=5)
    assert list(hidden["value"]) == [0.5, "[c]", 0.7, 0.1]
    assert list(hidden["n"]) == [100, "[c]", 80, 98]
    assert list(protect_across(table.assign(n=[100, 100, 80, 98]), threshold=5)["value"]) == [0.5, 0.6, 0.7, 0.1]


def test_the_results_of_a_sweep_are_the_same_with_one_and_two_workers(project: Project, built: Project, tmp_path: Path):
    grid = "10-scores.factor: [1, 2]\nstudy.seed: [7]\n"
    project.command("sweep", "demo", "--grid", write(project, grid), "-n", "1")
    built.command("sweep", "demo", "--grid", write(built, grid), "-n", "2")
    for name in ("comparison.csv", "specification.json"):
        assert (project.results / "runs" / name).read_bytes() == (built.results / "runs" / name).read_bytes()


def sector_runs(counts: list[int], bases: list[int], unit: str = "respondents") -> pd.DataFrame:
    """The same result for everyone and for one run of each sector."""
    return pd.DataFrame({
        "run": ["all", *(f"sector-{k}" for k in range(len(counts) - 1))], "key": "survey.met", "unit": unit,
        "value": counts if unit != "share" else [c / n for c, n in zip(counts, bases, strict=True)], "low": None,
        "high": None, "n": bases,
    })  # fmt: skip


@pytest.mark.parametrize("unit", ["respondents", "share"])
def test_a_run_on_one_sector_hides_where_the_others_are_few(unit: str):
    # 40 of 100 and, in one sector, 37 of 60: three of the other forty, so the sector's result is hidden.
    shown = protect_across(sector_runs([40, 37], [100, 60], unit), threshold=5)
    assert list(shown["value"])[1:] == ["[c]"]
    assert list(shown["n"]) == [100, "[c]"]
    # Twenty of the others: nothing to hide.
    assert "[c]" not in list(protect_across(sector_runs([40, 20], [100, 60], unit), threshold=5)["value"])


def test_runs_on_every_sector_but_one_do_not_tell_of_the_last():
    # 30 + 28 of 61 leave three cases of a sector that has no run.
    shown = protect_across(sector_runs([40, 20, 17], [61, 30, 28]), threshold=5)
    assert list(shown["value"]) == [40, 20, "[c]"]
    assert list(protect_across(sector_runs([40, 20, 12], [70, 30, 20]), threshold=5)["value"]) == [40, 20, 12]


def test_a_rest_of_few_answers_is_as_good_as_a_rest_of_few_cases():
    # Twenty cases are left over, and two of them give this answer.
    shown = protect_across(sector_runs([42, 22, 18], [80, 32, 28]), threshold=5)
    assert list(shown["value"]) == [42, 22, "[c]"]
