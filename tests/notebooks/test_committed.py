"""The committed notebooks: executed, clean, and giving the same outputs again in every cell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from continuum.pipeline.places import NOTEBOOK_NAME

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_PLACE = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|var|work|Users)/|[A-Z]:\\\\|site-packages/")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


@each
def test_names_can_be_embedded(path: Path):
    assert NOTEBOOK_NAME.fullmatch(path.stem)


@each
def test_every_code_cell_was_executed_in_order_without_error(path: Path):
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert "error" not in kinds


@each
def test_no_output_brings_foreign_scripts_to_a_page(path: Path):
    mimes = {mime for cell in code_cells(path) for output in cell["outputs"] for mime in output.get("data", {})}
    assert "text/html" not in mimes


@each
def test_no_machine_path_time_or_papermill_record_is_kept(path: Path):
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    text = json.dumps(content)
    assert not _PLACE.search(text)
    assert not _TIME.search(text)
    assert "papermill" not in text
    assert "injected-parameters" not in text


@each
def test_cell_ids_are_names_and_parameters_come_first(path: Path):
    cells = json.loads(path.read_text())["cells"]
    assert not [cell["id"] for cell in cells if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", cell["id"])]
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    assert first["metadata"]["tags"] == ["parameters"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nbval_finds_every_cell_unchanged(tmp_path: Path):
    if not NOTEBOOKS:
        pytest.skip("no notebook is committed yet")
    command = [
        sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-p", "no:cacheprovider",
        "-n", "2", "--dist", "loadscope", str(ROOT / "notebooks"),
    ]  # fmt: skip
    environment = os.environ | {"CONTINUUM_STAGE": str(tmp_path / "stage")}  # results/ stays as it is
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
