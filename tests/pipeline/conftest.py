"""Projects for the pipeline's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline.project import Project, three_notebooks


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that has not run."""
    made = Project(tmp_path / "project")
    three_notebooks(made)
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has run; tests that use it leave it up to date."""
    made = Project(tmp_path_factory.mktemp("built") / "project")
    three_notebooks(made)
    made.command("run", "-n", "2")
    return made
