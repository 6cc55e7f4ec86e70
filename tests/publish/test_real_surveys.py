"""Real survey exports of SPSS and Qualtrics from the file to tables of results, by the command line alone.

The way on to a site is that of every study; see test_second_study.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from support import ROOT, compendium, shared_data

from continuum.ingest import load_survey
from continuum.results import slug
from continuum.study import load_study
from continuum.survey import item_table

EXPORTS = {
    "spss": ["survey/osm_obp/obp_mock_data.sav"],
    "qualtrics": [
        "survey/qualtrics_simple/better_sample/better_sample_insights.csv",
        "survey/qualtrics_simple/better_sample/better_sample.qsf",
    ],
}


@pytest.fixture(scope="module", params=EXPORTS)
def executed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A project with a study made from one real export: scaffolded, checked, and its survey run."""
    study = request.param
    files = [str(shared_data(name)) for name in EXPORTS[study]]
    root = tmp_path_factory.mktemp(study)
    for name in ("_quarto.yml", "src", "notebooks", "CITATION.cff"):
        (root / name).symlink_to(ROOT / name)
    (root / "data").mkdir()
    (root / "data" / "published").symlink_to(ROOT / "data" / "published")
    options = [part for flag, file in zip(("--survey", "--codebook"), files, strict=False) for part in (flag, file)]
    for arguments in (
        ("new", study, *options),
        ("check", study),
        ("run", study, "--only", "20-survey", "-n", "1"),
    ):
        ended = compendium(*arguments, root=root)
        assert ended.returncode == 0, f"{arguments}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return study, root


def results(root: Path, study: str) -> dict[str, dict]:
    return json.loads((root / "results" / study / "results.json").read_text(encoding="utf-8"))["results"]


def table(root: Path, study: str, name: str) -> pd.DataFrame:
    return pd.read_csv(root / "results" / study / "tables" / f"{name}.csv", dtype="str")


@pytest.mark.slow
@pytest.mark.shared
def test_the_export_becomes_results_of_the_team_s_data(executed):
    study, root = executed
    assert results(root, study)["survey.n"]["value"] == {"spss": 52, "qualtrics": 10}[study]
    assert results(root, study)["survey.n"]["provenance"] == "USER_DATA"


@pytest.mark.slow
@pytest.mark.shared
def test_marginals_are_those_recomputed_from_the_file(executed, monkeypatch):
    study, root = executed
    options = table(root, study, "tbl-survey-options")
    if study == "spss":
        assert sorted(options["count"]) == sorted(["20", "7", "7", "9", "13", "10"])
        assert set(options["n"]) == {"41"}
        # few chose one of its levels, and the mean would tell how few
        assert "survey.items.prac_att_1.mean" not in results(root, study)
        monkeypatch.setenv("CONTINUUM_STAGE", str(root / "results" / study))
        survey = load_survey(load_study(str(root / "data" / study)))
        item = survey.items.loc[survey.items["item_id"].map(slug) == "prac_att_1", "item_id"]
        assert item_table(survey, item)["mean"].max() == pytest.approx(2.706, abs=5e-4)
    else:
        monkeypatch.setenv("CONTINUUM_STAGE", str(root / "results" / study))
        ticked = load_survey(load_study(str(root / "data" / study))).answers[[f"q3_volunteer_{i}" for i in range(1, 5)]]
        assert ticked.sum().tolist() == [1, 0, 1, 5]
        assert set(ticked.notna().sum()) == {6}
        assert set(options["share"].dropna()) <= {"[c]"}, "ten respondents are too few for a percentage"


@pytest.mark.slow
@pytest.mark.shared
def test_tables_are_there_as_csv_and_word(executed):
    study, root = executed
    folder = root / "results" / study / "tables"
    written = {file.stem for file in folder.glob("*.csv")}
    assert written == {file.stem for file in folder.glob("*.docx")}
    assert "tbl-survey-items" in written
