"""Projects for the pipeline's tests, on a copy of the sources: editing a module while tests run changes no state."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pipeline.project import Project, three_notebooks

import continuum


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import a copy of this package from."""
    folder = tmp_path_factory.mktemp("source")
    package = Path(continuum.__file__).parent
    shutil.copytree(package, folder / "continuum", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def project(tmp_path: Path, source: Path) -> Project:
    """A project that has not run."""
    made = Project(tmp_path / "project", source)
    three_notebooks(made)
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Project:
    """A project that has run; tests that use it leave it up to date."""
    made = Project(tmp_path_factory.mktemp("built") / "project", source)
    three_notebooks(made)
    made.command("run", "-n", "2")
    return made
