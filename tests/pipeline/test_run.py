"""``compendium run`` end to end, in a temporary project."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time

import pytest
from pipeline.project import Project, notebook

from continuum.errors import BadInput
from continuum.pipeline.locking import only_writer


def test_a_run_executes_everything_and_says_where_the_results_are(built: Project):
    assert built.values()["scores.mean"] == 9.5
    assert built.values()["citing.n"] == 1
    assert {p.name for p in (built.results / "tables").iterdir()} >= {"tbl-scores.csv", "tbl-scores.html"}


def test_a_second_run_executes_nothing_and_leaves_every_byte(built: Project):
    before = {p: p.read_bytes() for p in built.results.rglob("*") if p.is_file() and p.name != ".lock"}
    assert "3 up to date" in built.command("run")
    assert {p: p.read_bytes() for p in built.results.rglob("*") if p.is_file() and p.name != ".lock"} == before


def test_a_no_op_run_takes_under_a_second_and_a_half(built: Project):
    def processor_seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        before = used.ru_utime + used.ru_stime
        built.command("run")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime - before

    # it waits for nothing, so these are its wall seconds on a machine that does nothing else
    assert min(processor_seconds() for _ in range(3)) < 1.5


def test_results_hold_no_time_host_or_path(built: Project):
    kept = [p for p in built.results.rglob("*") if p.is_file() and p.suffix in {".ipynb", ".csv", ".html"}]
    for file in [built.results / "results.json", *kept]:
        text = file.read_text()
        assert str(built.folder) not in text
        assert os.uname().nodename not in text
        assert "papermill" not in text
        assert not re.search(r"\d{4}-\d\d-\d\dT", text)


def test_captions_of_a_synthetic_study_say_so_and_the_source_is_left_alone(built: Project):
    cells = {cell["id"]: "".join(cell["source"]) for cell in built.executed("10-scores")["cells"]}
    assert '#| tbl-cap: "Scores by group. Synthetic data, not a finding."' in cells["table"]
    assert "Synthetic" not in (built.folder / "notebooks" / "10-scores.ipynb").read_text()


def test_execution_counts_are_the_order_of_the_cells(built: Project):
    counts = [c["execution_count"] for c in built.executed("10-scores")["cells"] if c["cell_type"] == "code"]
    assert counts == [1, 2, 3, 4, 5]


def test_run_json_says_what_ran_from_what_and_how_long(built: Project):
    record = json.loads((built.results / "run.json").read_text())
    entry = record["notebooks"]["10-scores"]
    assert "data/demo/scores.csv" in record["inputs"]
    assert record["packages"]["pandas"]
    assert entry["seconds"]["total"] >= entry["seconds"]["cells"] > 0
    assert [cell["cell"] for cell in entry["cells"]][2] == "val-mean"
    assert {"imports", "kernel", "cells", "saving", "cpu", "total"} == set(entry["seconds"])
    assert entry["late_imports"] >= 0
    assert record["last_run"]["imports"] > 0
    assert record["last_run"]["executed"] == ["10-scores", "20-draws", "50-citing"]


def test_dry_run_and_explain_run_nothing_and_name_the_cause(project: Project):
    text = project.command("run", "--dry-run", "--explain", "--only", "scores")
    assert "10-scores will run: it has not run yet" in text
    assert not (project.results / "results.json").exists()


def test_explain_says_where_the_time_of_the_last_execution_went(built: Project):
    text = built.command("run", "--explain")
    assert re.search(
        r"10-scores: imports [0-9.]+ s, kernel [0-9.]+ s, cells [0-9.]+ s, saving [0-9.]+ s, processor [0-9.]+ s", text
    )


def test_results_are_the_same_bytes_with_one_and_two_workers_and_in_another_folder(project: Project, built: Project):
    project.command("run", "-n", "1")
    for name in ("results.json", "notebooks/10-scores.ipynb", "notebooks/20-draws.ipynb", "tables/tbl-scores.csv"):
        assert (project.results / name).read_bytes() == (built.results / name).read_bytes(), name


def test_a_failure_stops_only_itself_and_ends_with_one_recap(project: Project):
    project.write("20-draws", notebook(("boom", "#| label: val-boom\nraise ValueError('the third wheel came off')")))
    text = project.command("run", expect=3)
    recap = text[text.index("did not succeed") :]
    assert "20-draws, cell val-boom: ValueError: the third wheel came off" in recap
    assert "results/demo/failed/20-draws.ipynb" in recap
    assert "Traceback" not in text
    assert set(project.values()) == {"scores.mean", "citing.n"}


def test_bad_input_met_inside_a_notebook_exits_with_2(project: Project):
    code = "from continuum.errors import BadInput\nraise BadInput('row 3 is empty', file='scores.csv')"
    project.write("20-draws", notebook(("check", code)))
    assert "20-draws, cell check: scores.csv: row 3 is empty" in project.command("run", "--only", "20", expect=2)


def test_a_failure_leaves_the_earlier_results_whole(project: Project):
    project.command("run")
    before = {p: p.read_bytes() for p in project.results.rglob("*.*") if p.suffix in {".csv", ".ipynb"}}
    whole = (project.results / "results.json").read_bytes()
    broken = notebook(
        ("load", "import pandas as pd\nfrom continuum.results import Results"),
        ("table", '#| label: tbl-scores\n#| tbl-cap: "Other."\nr = Results(study, "10-scores")\nr.table(pd.DataFrame({"n": [1]}))'),
        ("stop", "1 / 0"),
    )  # fmt: skip
    project.write("10-scores", broken)
    project.command("run", expect=3)
    assert {p: p.read_bytes() for p in before} == before
    assert (project.results / "results.json").read_bytes() == whole


def test_outputs_that_are_not_made_any_more_are_removed(project: Project):
    project.command("run", "--only", "10")
    project.write("10-scores", notebook(("say", "study")))
    project.command("run", "--only", "10")
    assert not list((project.results / "tables").glob("*"))
    assert project.values() == {}


def test_a_killed_run_is_completed_by_the_next(project: Project):
    project.write("30-slow", notebook(("wait", "import time\ntime.sleep(60)")))
    process = subprocess.Popen(
        [sys.executable, "-m", "continuum", "run", "-n", "2"], env=project.environment(), stdout=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(project.results.glob(".stage-30-slow-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    project.write("30-slow", notebook(("wait", "study")))
    project.command("run")
    assert not list(project.results.glob(".stage-*"))
    assert len(list((project.results / "notebooks").glob("*.ipynb"))) == 4
    assert "4 up to date" in project.command("run")


def test_two_runs_at_once_do_not_mix(project: Project):
    project.write("30-slow", notebook(("wait", "import time\ntime.sleep(6)")))
    process = subprocess.Popen(
        [sys.executable, "-m", "continuum", "run", "--only", "30"], env=project.environment(), stdout=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 60
        while not list(project.results.glob(".stage-30-slow-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        text = project.command("run", "--only", "10", "--only", "30")
        assert f"another run of demo is under way (process {process.pid}); waiting until it has ended" in text
        assert "1 executed, 1 up to date" in text
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()


def test_a_run_that_never_ends_is_named(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CONTINUUM_ROOT", str(project.folder))
    with (
        only_writer("demo"),
        pytest.raises(BadInput, match=f"another run of demo is under way .process {os.getpid()}."),
        only_writer("demo", patience=0.1),
    ):
        pass


def test_update_notebooks_commits_what_was_executed(project: Project):
    project.command("run", "--update-notebooks")
    source = json.loads((project.folder / "notebooks" / "10-scores.ipynb").read_text())
    assert source == project.executed("10-scores")
    assert not any("injected-parameters" in cell["metadata"].get("tags", []) for cell in source["cells"])
    assert "3 up to date" in project.command("run", "--update-notebooks")


def test_update_notebooks_refuses_another_study(project: Project):
    other = project.folder / "data" / "other"
    other.mkdir()
    for file in (project.folder / "data" / "demo").glob("*.*"):
        (other / file.name).write_text(file.read_text().replace("study: demo", "study: other"))
    (other / "articles").mkdir()
    assert "show the demo study" in project.command("run", "other", "--update-notebooks", expect=2)
    injected = json.loads((project.folder / "results/other/notebooks/10-scores.ipynb").read_text())["cells"][2]
    assert injected["id"] == "injected-parameters"
    assert "".join(injected["source"]) == '# Parameters\nstudy = "other"\n'
