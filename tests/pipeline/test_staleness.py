"""What makes a notebook run again, what does not, and the words for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from pipeline.project import Project, notebook

from continuum.pipeline import modules, state
from continuum.pipeline import plan as plans
from continuum.pipeline.fingerprints import Fingerprints
from continuum.pipeline.plan import Plan, make_plan
from continuum.pipeline.state import Notebook, declared_sections
from continuum.study import load_study


@pytest.fixture
def fresh(built: Project, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the built project in which this process plans."""
    folder = tmp_path / "copy"
    shutil.copytree(built.folder, folder)
    copy = object.__new__(Project)
    copy.folder, copy.source = folder, source
    monkeypatch.setenv("CONTINUUM_ROOT", str(folder))
    monkeypatch.setattr(state, "package_folder", lambda: source / "continuum")
    monkeypatch.setattr(plans, "package_folder", lambda: source / "continuum")
    return copy


def plan(**options: object) -> Plan:
    return make_plan(load_study("demo"), **options)  # type: ignore[arg-type]


def reasons(**options: object) -> dict[str, str]:
    return {step.task: "; ".join(step.reasons) for step in plan(**options).notebooks if step.stale}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_nothing_is_stale_after_a_run_even_in_a_moved_project(fresh: Project):
    assert reasons() == {}


def test_the_longest_notebooks_go_first_even_if_none_has_run_before(fresh: Project):
    shutil.rmtree(fresh.results)
    fresh.write("90-long", notebook(*((f"cell-{n}", "1 + 1") for n in range(30))))
    tasks = [step.task for step in plan().stale]
    assert tasks[0] == "90-long"
    assert len(tasks) > 1


def test_editing_a_markdown_cell_runs_nothing_and_refreshes_the_text(fresh: Project):
    edit(fresh.folder / "notebooks" / "10-scores.ipynb", "A question.", "A better question.")
    assert reasons() == {}
    before = fresh.executed("10-scores")["cells"]
    assert "10-scores: text refreshed, nothing to run" in fresh.command("run")
    after = fresh.executed("10-scores")["cells"]
    assert after[0]["source"] == ["A better question."]
    assert after[1:] == before[1:]
    assert "text refreshed" not in fresh.command("run")


def test_editing_a_code_cell_runs_that_notebook_and_names_the_cell(fresh: Project):
    edit(fresh.folder / "notebooks" / "10-scores.ipynb", "mean() * factor", "median() * factor")
    assert reasons() == {"10-scores": "code cell 'val-mean' changed"}


def test_a_synthetic_note_in_a_caption_is_not_a_change(fresh: Project):
    edit(
        fresh.folder / "notebooks" / "10-scores.ipynb",
        "Scores by group.",
        "Scores by group. Synthetic data, not a finding.",
    )
    assert reasons() == {}


def test_moving_a_cell_is_a_change(fresh: Project):
    file = fresh.folder / "notebooks" / "10-scores.ipynb"
    content = nbformat.read(file, as_version=4)
    content.cells[3], content.cells[4] = content.cells[4], content.cells[3]
    nbformat.write(content, file)
    assert reasons() == {"10-scores": "the order of the code cells changed"}


def test_changing_a_raw_file_runs_only_what_reads_its_section(fresh: Project):
    (fresh.folder / "data" / "demo" / "articles" / "b.xml").write_text("<b/>")
    assert reasons() == {"50-citing": "input file data/demo/articles changed"}
    edit(fresh.folder / "data" / "demo" / "scores.csv", "o3,3", "o3,4")
    assert set(reasons()) == {"10-scores", "20-draws", "50-citing"}


def test_changing_a_setting_names_the_key(fresh: Project):
    edit(fresh.folder / "data" / "demo" / "study.yaml", "instrument: short", "instrument: long")
    assert reasons() == {
        "10-scores": "study.yaml: self_assessment.instrument changed",
        "20-draws": "study.yaml: self_assessment.instrument changed",
    }


def test_the_seed_concerns_every_notebook(fresh: Project):
    edit(fresh.folder / "data" / "demo" / "study.yaml", "seed: 7", "seed: 8")
    assert set(reasons().values()) == {"study.yaml: seed changed"}


def test_a_parameter_runs_its_notebook_and_leaving_it_out_again_runs_it_back(fresh: Project):
    chosen = {"10-scores": {"factor": 2.0}}
    assert reasons(parameters=chosen) == {"10-scores": "parameter factor changed from default to 2.0"}
    fresh.command("run", "-p", "scores.factor=2")
    assert fresh.values()["scores.mean"] == 19.0
    assert reasons(parameters=chosen) == {}
    assert reasons() == {"10-scores": "parameter factor changed from 2.0 to default"}


def test_a_missing_output_is_made_again(fresh: Project):
    (fresh.results / "tables" / "tbl-scores.csv").unlink()
    assert reasons() == {"10-scores": "output results/demo/tables/tbl-scores.csv is missing"}


def test_another_version_of_a_package_is_named(fresh: Project):
    edit(fresh.results / ".state" / "20-draws.json", '"pandas": "', '"pandas": "0.')
    assert reasons()["20-draws"].startswith("package pandas changed from 0.3")


def test_force_runs_what_is_up_to_date(fresh: Project):
    assert set(reasons(force=True).values()) == {"it is forced to"}


def test_editing_one_source_module_runs_only_the_notebooks_that_reach_it(source: Path, tmp_path: Path):
    original, source = source, tmp_path / "src"
    shutil.copytree(original, source, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "continuum" / "ours.py").write_text("def one():\n    from .inner import two\n    return two()\n")
    (source / "continuum" / "inner.py").write_text("def two():\n    return 2\n")
    project = Project(tmp_path / "project", source)
    project.write("10-uses", notebook(("use", "from continuum.ours import one\none()")))
    project.write("20-other", notebook(("other", "from continuum import paths\nstudy")))
    project.command("run")
    edit(source / "continuum" / "inner.py", "return 2", "return 3")
    text = project.command("run", "--explain")
    assert "10-uses will run: source module continuum.inner changed" in text
    assert "20-other is up to date" in text
    assert project.executed("10-uses")["cells"][2]["outputs"][0]["data"]["text/plain"] == ["3"]
    assert "2 up to date" in project.command("run")


def _reach(tmp_path: Path, code: str, **files: str) -> modules.Reach:
    package = tmp_path / "continuum"
    for name, text in {"__init__": "", **files}.items():
        file = package / f"{name.replace('__', '/') if not name.startswith('__') else name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return modules.reach(code, Fingerprints(tmp_path / "prints.json"), package)


def test_imports_inside_functions_and_in_parents_are_followed(tmp_path: Path):
    reached = _reach(
        tmp_path,
        "import continuum.a",
        a="def f():\n    from .b import g\n",
        b="import pingouin\nfrom . import c\n",
        c="",
        d="",
    )
    assert list(reached.files) == ["continuum", "continuum.a", "continuum.b", "continuum.c"]
    assert "pingouin" in reached.others


def test_type_checking_imports_never_run_and_do_not_count(tmp_path: Path):
    reached = _reach(
        tmp_path,
        "import continuum.a",
        a="if TYPE_CHECKING:\n    from .b import g\nelse:\n    from . import c",
        b="",
        c="",
    )
    assert "continuum.b" not in reached.files
    assert "continuum.c" in reached.files


def test_a_computed_import_reaches_all_modules_of_its_package(tmp_path: Path):
    (tmp_path / "continuum" / "p").mkdir(parents=True)
    (tmp_path / "continuum" / "p" / "x.py").write_text("")
    (tmp_path / "continuum" / "p" / "__init__.py").write_text(
        "import importlib\nimportlib.import_module(f'{__name__}.{kind}')"
    )
    reached = _reach(tmp_path, "from continuum.p import load")
    assert "continuum.p.x" in reached.files


def test_data_beside_a_package_is_part_of_it(tmp_path: Path):
    (tmp_path / "continuum" / "p").mkdir(parents=True)
    (tmp_path / "continuum" / "p" / "__init__.py").write_text("")
    (tmp_path / "continuum" / "p" / "weights.json").write_text("{}")
    reached = _reach(tmp_path, "import continuum.p")
    assert [f.name for f in modules.data_files(reached.files)] == ["weights.json"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from continuum.ingest import load_survey\nload_survey(study)", ["survey"]),
        ("s.continuum.order_limit; load_interviews(s)", ["interviews", "continuum"]),
        ("1 + 1", ["interviews", "survey", "self_assessment", "continuum", "pathways", "citations"]),
    ],
)
def test_declared_sections_are_recognized_and_no_sign_means_all(code: str, expected: list[str], tmp_path: Path):
    made = Notebook("10-x", {"cells": [{"cell_type": "code", "source": code, "id": "a"}], "metadata": {}})
    assert declared_sections(made, _reach(tmp_path, made.code)) == expected


def test_an_unchanged_file_is_read_once(tmp_path: Path):
    file = tmp_path / "a"
    file.write_text("1")
    os.utime(file, (1, 1))
    prints = Fingerprints(tmp_path / "p.json")
    first = prints.digest(file)
    prints.save()
    again = Fingerprints(tmp_path / "p.json")
    assert again.fact("sha256", file, lambda path: pytest.fail("read again")) == first
    file.write_text("2")
    assert again.digest(file) != first
