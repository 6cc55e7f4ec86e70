"""A team's own path through the analysis of pathways: from an empty form to reports, and from ledgers to verdicts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support import ROOT, compendium

STUDY = "field-test"
FIELDS = {
    "perspective": "public budget",
    "jurisdiction": "nowhere",
    "provenance": "USER_ASSUMPTION",
    "rationale": "a test",
}


def ledger(name: str, cost: float) -> str:
    """A break-even ledger in which prevention costs this much for every person reached."""
    free = {"currency": "none", "price_year": "none", "distribution": "fixed", **FIELDS}
    money = {**free, "currency": "USD", "price_year": 2019, "unit": "money"}
    return yaml.safe_dump({"ledger": name, "parameters": {
        "prevention.cost_per_person": {"value": cost, **money, "distribution": {"family": "gamma", "sd": cost / 10}},
        "downstream.cost_per_outcome": {"value": 50_000, **money},
        "prevention.base_rate": {"value": 0.02, "unit": "probability", **free},
        "prevention.reduction": {"value": 0.3, "unit": "probability", **free},
    }})  # fmt: skip


def filled_forms(items: pd.DataFrame) -> pd.DataFrame:
    """An export of a form server: two raters of each of three organizations."""
    rows = [
        {"start": "2019-05-01", "org_id": org, "respondent_id": f"{org}-{k}", "role": "intake", "wave": 1}
        | {f"domain_1/{item}": (k + n) % 4 for n, item in enumerate(items["item_id"])}
        for org in ("north", "south", "west") for k in range(2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scaffolded without data, answered, given two ledgers, and run, by the command line alone."""
    root = tmp_path_factory.mktemp("pathways")
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "40-pathways.ipynb", root / "notebooks")
    (root / "src").symlink_to(ROOT / "src")
    (root / "data").mkdir()
    (root / "data" / "published").symlink_to(ROOT / "data" / "published")
    made = compendium("new", STUDY, "--self-assessment", root=root)
    assert made.returncode == 0, made.stderr
    assert "results/field-test/team/self-assessment/form.xlsx" in made.stdout
    folder = root / "data" / STUDY
    filled_forms(pd.read_csv(folder / "instrument.csv")).to_excel(folder / "export.xlsx", index=False)
    (folder / "cheap.yml").write_text(ledger("cheap", 50), encoding="utf-8")
    (folder / "dear.yml").write_text(ledger("dear", 5_000), encoding="utf-8")
    written = (folder / "study.yaml").read_text(encoding="utf-8")
    assert "files: []" in written
    (folder / "study.yaml").write_text(
        written.replace("files: []", "files: [export.xlsx]") + "pathways:\n  ledgers: [cheap.yml, dear.yml]\n",
        encoding="utf-8",
    )
    for arguments in (("check", STUDY), ("run", STUDY, "-n", "1")):
        ended = compendium(*arguments, root=root)
        assert ended.returncode == 0, f"{arguments}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return root


@pytest.mark.slow
def test_the_team_gets_its_form_and_a_page_for_every_organization(project: Path):
    folder = project / "results" / STUDY / "team" / "self-assessment"
    assert sorted(file.name for file in folder.iterdir()) == ["READ-ME.txt", "form.html", "form.xlsx", "reports"]
    assert sorted(file.name for file in (folder / "reports").iterdir()) == ["north.pdf", "south.pdf", "west.pdf"]
    assert (folder / "reports" / "north.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_opposite_ledgers_give_opposite_conclusions_in_the_rendered_table(project: Path):
    results = json.loads((project / "results" / STUDY / "results.json").read_text(encoding="utf-8"))["results"]
    said = {name: results[f"pathways.scenario.{name}.conclusion"]["value"] for name in ("cheap", "dear", "all_ledgers")}
    assert said == {
        "cheap": "prevention costs less", "dear": "prevention costs more", "all_ledgers": "not determined",
    }  # fmt: skip
    shown = (project / "results" / STUDY / "tables" / "tbl-scenario-conclusion.csv").read_text(encoding="utf-8")
    assert all(words in shown for words in said.values())


@pytest.mark.slow
def test_every_cost_in_a_scenario_traces_to_a_line_of_its_ledger(project: Path):
    results = json.loads((project / "results" / STUDY / "results.json").read_text(encoding="utf-8"))["results"]
    assert results["pathways.break_even.prevention_cost.value"]["value"] == 50
    assert results["pathways.break_even.downstream_cost.value"]["value"] == 50_000
    assert results["pathways.break_even.threshold.value"]["value"] == pytest.approx(50 / 50_000)
    assert {entry["provenance"] for key, entry in results.items() if key.startswith("pathways.scenario")} <= {
        "USER_ASSUMPTION", "USER_DATA",
    }  # fmt: skip


@pytest.mark.slow
def test_stripping_the_label_from_a_synthetic_ledger_stops_the_run(project: Path):
    folder = project / "data" / STUDY
    shipped = (ROOT / "data" / "demo" / "example_SYNTHETIC.yml").read_text(encoding="utf-8")
    (folder / "example.yml").write_text(shipped.replace("synthetic: true\n", ""), encoding="utf-8")
    spec = folder / "study.yaml"
    before = spec.read_text(encoding="utf-8")
    spec.write_text(before.replace("[cheap.yml, dear.yml]", "[example.yml]"), encoding="utf-8")
    ended = compendium("run", STUDY, "-n", "1", root=project)
    spec.write_text(before, encoding="utf-8")
    assert ended.returncode in {2, 3}
    assert "synthetic, but the ledger does not say synthetic: true" in ended.stdout + ended.stderr
