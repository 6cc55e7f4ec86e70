"""A real second study, from exports of NVivo and SPSS to a published site, without a line of code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import compendium, project_without_studies, shared_data

STUDY = "field-test"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the second study was scaffolded, checked, run and published by the command line alone."""
    interviews = shared_data("interviews/refi_qda/oltas.qdpx")
    survey = shared_data("survey/osm_obp/obp_mock_data.sav")
    root = project_without_studies(tmp_path_factory.mktemp("second"))
    for arguments in (
        ("new", STUDY, "--interviews", str(interviews), "--survey", str(survey)),
        ("check", STUDY),
        ("run", STUDY, "-n", "2"),
        ("site", STUDY, "--engine", "portable"),
    ):
        ended = compendium(*arguments, root=root)
        assert ended.returncode == 0, f"{arguments}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return root


@pytest.mark.slow
@pytest.mark.shared
def test_real_exports_become_a_published_site(project: Path):
    for page in ("index.html", "paper/index.html", "paper/index.pdf", "paper/index.docx", "notebooks/20-survey.html"):
        assert (project / "_site" / page).is_file(), page


@pytest.mark.slow
@pytest.mark.shared
def test_the_numbers_are_those_of_the_exports(project: Path):
    results = json.loads((project / "results" / STUDY / "results.json").read_text(encoding="utf-8"))["results"]
    assert results["survey.n"]["value"] == 52
    assert results["interviews.n"]["value"] == 1
    assert {entry["provenance"] for entry in results.values()} <= {"USER_DATA", "PUBLISHED", "USER_ASSUMPTION",
                                                                   "SOURCED_PARAM", "SYNTHETIC"}  # fmt: skip


@pytest.mark.slow
@pytest.mark.shared
def test_what_one_interview_cannot_answer_is_refused(project: Path):
    results = json.loads((project / "results" / STUDY / "results.json").read_text(encoding="utf-8"))["results"]
    refused = {entry["refusal"]["code"] for entry in results.values() if "refusal" in entry}
    assert "TooFewInterviews" in refused


@pytest.mark.slow
@pytest.mark.shared
def test_the_scaffold_is_all_that_was_written(project: Path):
    written = (project / "data" / STUDY / "study.yaml").read_text(encoding="utf-8").splitlines()
    assert 20 < len(written) < 400
    assert sum(line.lstrip().startswith("#") for line in written) > 10
