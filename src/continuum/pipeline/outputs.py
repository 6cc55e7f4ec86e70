"""Executed notebooks as they are kept: without times, hosts and paths, captions labeled, and moved in as a whole."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import paths
from ..atomic import write_text
from ..cell import options
from ..provenance import label_caption, shows_synthetic
from . import places

_CAPTIONS = ("fig-cap", "tbl-cap")
_CELL_FILE = re.compile(r"[^\s'\"]*ipykernel_\d+[/\\]\d+\.py")
_PACKAGES = re.compile(r"[^\s'\"]*[/\\]site-packages[/\\]")
_ERROR_MARK = "papermill-error-cell-tag"
_INJECTED_TAG = "injected-parameters"


def cleaned(notebook: Any, *, synthetic: bool) -> dict[str, Any]:
    """An executed notebook as plain JSON that is the same wherever and whenever it ran.

    Parameters
    ----------
    notebook : NotebookNode
        As papermill leaves it.
    synthetic : bool
        Whether captions have to say that the data are synthetic; otherwise they must not.
    """
    content = json.loads(json.dumps(notebook))
    content["metadata"] = _metadata(content["metadata"])
    content["cells"] = [c for c in content["cells"] if _ERROR_MARK not in c["metadata"].get("tags", ())]
    count = 0
    for cell in content["cells"]:
        for key in ("papermill", "execution"):
            cell["metadata"].pop(key, None)
        if not cell["metadata"].get("tags", True):
            del cell["metadata"]["tags"]
        if cell["cell_type"] != "code":
            continue
        if _INJECTED_TAG in cell["metadata"].get("tags", ()):
            cell["id"] = _INJECTED_TAG
        cell["source"] = labeled("".join(cell["source"]), synthetic=synthetic)
        if cell["execution_count"] is not None:
            count += 1
            cell["execution_count"] = count
        for output in cell["outputs"]:
            _without_places(output)
            if "execution_count" in output:
                output["execution_count"] = cell["execution_count"]
    return content


def labeled(source: str, *, synthetic: bool) -> str:
    """Source of a cell with its caption lines labeled exactly if the data are synthetic."""
    given = options(source)
    synthetic = shows_synthetic(given, synthetic=synthetic)
    for key in _CAPTIONS:
        caption = given.get(key)
        if isinstance(caption, str) and (wanted := label_caption(caption, synthetic=synthetic)) != caption:
            line = f"#| {key}: {json.dumps(wanted, ensure_ascii=False)}"
            # an option can continue on lines indented deeper than its key
            pattern = rf"^#\| {key}:.*(\n#\|  .*)*$"
            source = re.sub(pattern, line.replace("\\", r"\\"), source, count=1, flags=re.MULTILINE)
    return source


def write_notebook(path: Path, content: Mapping[str, Any]) -> None:
    """Write a notebook in Jupyter's own layout, line by line for readable differences, in one step."""
    cells = [_in_lines(cell, "source") for cell in content["cells"]]
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [_output_in_lines(output) for output in cell["outputs"]]
    write_text(path, json.dumps({**content, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook file as plain JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def publish(stage: Path, study: str, run: str, name: str, previous: list[str]) -> list[str]:
    """Move everything one execution wrote into the results; its part and its notebook come last.

    Parameters
    ----------
    stage : path
        Where the execution wrote.
    study, run, name : str
        Of the execution.
    previous : list of str
        Outputs of the execution before; those that are not made any more are removed.

    Returns
    -------
    list of str
        Paths of the outputs as seen from the results folder.
    """
    base = paths.results(study, run)
    files = [p for p in stage.rglob("*") if p.is_file() and p.name != "results.json" and not p.name.startswith(".")]
    files.sort(key=lambda p: (p.parent.name in {"parts", "notebooks"}, p.as_posix()))
    made = [file.relative_to(stage).as_posix() for file in files]
    for file, relative in zip(files, made, strict=True):
        target = base / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)
    for relative in set(previous) - set(made):
        (base / relative).unlink(missing_ok=True)
    places.failed(study, run, name).unlink(missing_ok=True)
    return made


def with_new_prose(source: Mapping[str, Any], done: Mapping[str, Any], *, synthetic: bool) -> dict[str, Any] | None:
    """The executed notebook with the Markdown of ``source``; None if its code cells are not those of ``source``."""
    by_id = {cell["id"]: cell for cell in done["cells"] if cell["cell_type"] == "code"}
    cells = []
    for cell in source["cells"]:
        if cell["cell_type"] != "code":
            cells.append({**cell, "source": "".join(cell["source"])})
            continue
        finished = by_id.pop(cell.get("id"), None)
        if finished is None:
            return None
        cells.append({**finished, "source": labeled("".join(cell["source"]), synthetic=synthetic)})
        if "parameters" in cell["metadata"].get("tags", ()) and _INJECTED_TAG in by_id:
            cells.append(by_id.pop(_INJECTED_TAG))
    return {**done, "cells": cells} if not by_id else None


def _in_lines(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    if key not in holder:
        return dict(holder)
    return {**holder, key: "".join(holder[key]).splitlines(keepends=True)}


def _output_in_lines(output: Mapping[str, Any]) -> dict[str, Any]:
    output = _in_lines(output, "text")
    for mime, value in output.get("data", {}).items():
        if isinstance(value, str) and not mime.startswith("image/png"):
            output["data"] = _in_lines(output["data"], mime)
    return output


def _metadata(found: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in found.items() if key not in {"papermill", "language_info", "widgets"}}
    kept["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    kept["language_info"] = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
    return kept


def _without_places(output: dict[str, Any]) -> None:
    """Replace machine paths in the texts of one output."""
    output.get("metadata", {}).pop("papermill", None)
    for holder, key in ((output, "text"), (output, "evalue"), (output.get("data", {}), "text/plain")):
        if key in holder:
            holder[key] = portable("".join(holder[key]))
    if "traceback" in output:
        output["traceback"] = [portable(line) for line in output["traceback"]]


def portable(text: str) -> str:
    """``text`` without paths of this machine."""
    text = _CELL_FILE.sub("<cell>", text)
    text = _PACKAGES.sub("site-packages/", text)
    return text.replace(f"{paths.root()}{os.sep}", "").replace(str(paths.root()), ".")
