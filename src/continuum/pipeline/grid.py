"""Grids of parameter values: read from YAML, JSON or CSV, checked as a whole, one named run per combination."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BadInput, CompendiumError, ManyProblems
from . import parameters
from .plan import GENERAL

_LONGEST_NAME = 90
_GENERAL_SIGNATURE = {"seed": parameters.Parameter("seed", "int", None, "instead of study.yaml's", 0, 2**32)}


@dataclass(frozen=True)
class Grid:
    """Runs of a sweep.

    Attributes
    ----------
    runs : dict
        Name of the run -> notebook -> parameter -> value; every value is given, also where it is the default.
    show : str
        Key of the result that the figure draws; empty to choose one.
    """

    runs: dict[str, dict[str, dict[str, Any]]]
    show: str = ""
    notebooks: list[str] = field(default_factory=list)


def read_grid(file: Path, notebooks: Sequence[str]) -> Grid:
    """Read a grid and check every value against its notebook's signature.

    Parameters
    ----------
    file : path
        YAML or JSON: ``NOTEBOOK.NAME: [values]`` and ``study.seed: [values]``, all combinations, and optionally
        ``show: RESULT.KEY``.
        CSV: one column per ``NOTEBOOK.NAME``, one run per row.
    notebooks : sequence of str
        Names of all notebooks.

    Raises
    ------
    BadInput, ManyProblems
        If the file cannot be read, or with every name and value in it that is not allowed.
    """
    if not file.is_file():
        raise BadInput("no such file", file=file.name, fix="give a YAML, JSON or CSV file with --grid")
    show = ""
    if file.suffix.lower() == ".csv":
        rows = _csv_rows(file)
    else:
        content = _mapping(file)
        show = str(content.pop("show", ""))
        columns = {key: value if isinstance(value, list) else [value] for key, value in content.items()}
        rows = [dict(zip(columns, values, strict=True)) for values in itertools.product(*columns.values())]
    if not rows or not rows[0]:
        raise BadInput("the grid has no runs", file=file.name, fix="name a parameter: 20-survey.replicates: [200, 500]")
    checked = _check(rows, notebooks, file)
    return Grid(
        {_name(run): run for run in checked}, show, sorted({name for run in checked for name in run} - {GENERAL})
    )


def settings(run: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A run's values by full name, ``20-survey.replicates``."""
    return {f"{notebook}.{key}": value for notebook, chosen in run.items() for key, value in chosen.items()}


def _check(rows: list[dict[str, Any]], notebooks: Sequence[str], file: Path) -> list[dict[str, dict[str, Any]]]:
    signatures: dict[str, parameters.Signature] = {}
    problems: dict[str, CompendiumError] = {}
    runs = []
    for row in rows:
        run: dict[str, dict[str, Any]] = {}
        for target, value in row.items():
            given, _, key = str(target).strip().rpartition(".")
            try:
                name, checked = _checked(given, key, value, notebooks, signatures)
                run.setdefault(name, {})[key] = checked
            except CompendiumError as error:
                problems.setdefault(error.message, BadInput(error.message, file=file.name))
        runs.append(dict(sorted(run.items())))
    if problems:
        raise ManyProblems(list(problems.values()))
    return runs


def _checked(
    given: str, key: str, value: Any, notebooks: Sequence[str], signatures: dict[str, parameters.Signature]
) -> tuple[str, Any]:
    """Name of the notebook meant and the value of its parameter, or the study's seed."""
    if given == GENERAL:
        name, known = GENERAL, _GENERAL_SIGNATURE
    else:
        name = parameters.find_notebook(given, notebooks)
        known = signatures[name] if name in signatures else signatures.setdefault(name, parameters.signature(name))
    chosen: dict[str, Any] = {}
    parameters.check(name, {key: value}, known, chosen)
    return name, chosen.get(key, known[key].default)


def _name(run: Mapping[str, Mapping[str, Any]]) -> str:
    """A folder name that says the parameters; the same parameters give the same name."""
    full = settings(run)
    words = "_".join(
        f"{key.partition('.')[0].partition('-')[0]}-{key.rpartition('.')[2]}-{value}"
        for key, value in sorted(full.items())
    )
    digest = hashlib.sha256(json.dumps(full, sort_keys=True).encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', words)[:_LONGEST_NAME]}_{digest}"


def _mapping(file: Path) -> dict[str, Any]:
    if file.suffix.lower() == ".json":
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadInput(f"this is not JSON: {error}", file=file.name) from None
    else:
        from ..yaml_lines import read_yaml

        content = read_yaml(file).value
    if not isinstance(content, dict):
        raise BadInput("a grid is a mapping of NOTEBOOK.NAME to lists of values", file=file.name)
    return dict(content)


def _csv_rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise BadInput("the row has another number of cells than the header", file=file.name, place=f"row {number}")
    return rows
