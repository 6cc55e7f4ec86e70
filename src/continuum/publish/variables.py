"""Numbers for prose: ``_variables.yml`` from ``results.json`` and the published facts, so that nobody types one.

``{{< var survey.n >}}`` prints a result in the number format of its unit. The same key below ``interval.``,
``percent.``, ``whole.``, ``count.`` or ``p.`` prints it in that form, and ``fact.int-001`` prints a published fact.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .. import paths
from ..entries import say_value
from ..errors import BadInput
from ..study import Study
from ..tables import number

#: Where a key is both a result and the beginning of other keys, its own value stands below this name.
OWN_VALUE = "value"


def variables(study: Study, results: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """Everything ``{{< var >}}`` may print for one study.

    Parameters
    ----------
    study : Study
    results : mapping
        The ``results`` part of ``results.json``: key to entry.
    run : mapping
        ``run.json``; may be empty.
    """
    tree: dict[str, Any] = {}
    for key, entry in results.items():
        for dotted, text in _forms(key, entry):
            _put(tree, dotted.split("."), text)
    for identifier, text in published_facts().items():
        _put(tree, ["fact", identifier], text)
    _put(tree, ["study", "name"], study.study)
    _put(tree, ["study", "title"], study.title)
    _put(tree, ["study", "threshold"], str(study.disclosure.threshold))
    _put(tree, ["study", "seed"], str(study.seed))
    _put(tree, ["run", "commit"], str(run.get("commit") or "not recorded")[:12])
    _put(tree, ["run", "python"], str(run.get("python") or "not recorded"))
    for package, release in sorted((run.get("packages") or {}).items()):
        _put(tree, ["run", "packages", package], str(release))
    return tree


def lookup(tree: Mapping[str, Any], key: str) -> str | None:
    """Value of a dotted key; None if there is none or if it only begins other keys, as Quarto has it."""
    node: Any = tree
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    return None if isinstance(node, Mapping) else str(node)


def published_facts() -> dict[str, str]:
    """Value of each published fact that has one, by its id in lower case."""
    file = paths.published() / "published_facts.csv"
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["id"].lower(): _fact(row) for row in csv.DictReader(stream) if row["value"]}


def to_yaml(tree: Mapping[str, Any]) -> str:
    """``_variables.yml``; every leaf is quoted text, so that YAML changes no digit."""
    dumper = getattr(
        yaml, "CSafeDumper", yaml.SafeDumper
    )  # the same text, written by a library in C where there is one
    return yaml.dump(dict(tree), Dumper=dumper, default_style='"', allow_unicode=True, sort_keys=True, width=10_000)


def read_results(folder: Path) -> dict[str, Any]:
    """Entries of ``results.json``, with synthetic ones marked by their provenance; empty if nothing has run."""
    return _read(folder / "results.json").get("results", {})


def read_run(folder: Path) -> dict[str, Any]:
    """What ran, from ``run.json``, without the team's own files, whose names can name who took part; empty if none."""
    run = _read(folder / "run.json")
    for record in (run.get("notebooks") or {}).values():
        record["outputs"] = [name for name in record.get("outputs") or [] if not name.startswith("team/")]
    return run


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BadInput(
            f"is not JSON: {error.msg}", file=paths.relative(file), place=f"line {error.lineno}",
            fix="delete the file and run: compendium run",
        ) from None  # fmt: skip


def _forms(key: str, entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    forms = [(key, say_value(entry))]
    value = entry.get("value")
    if entry.get("interval"):
        forms.append((f"interval.{key}", say_value(entry, "interval")))
    if isinstance(value, int | float) and not isinstance(value, bool):
        forms += [(f"{name}.{key}", say_value(entry, form)) for name, form in _NUMBER_FORMS.items()]
    if entry.get("n") is not None:
        forms.append((f"base.{key}", f"{entry['n']:,}"))
    return forms


_NUMBER_FORMS = {"percent": "percent", "whole": "whole_percent", "count": "count", "number": "number", "p": "p"}


def _put(tree: dict[str, Any], parts: list[str], value: str) -> None:
    node = tree
    for part in parts[:-1]:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            child = node[part] = {OWN_VALUE: child}
        node = child
    if isinstance(node.get(parts[-1]), dict):
        node[parts[-1]][OWN_VALUE] = value
    else:
        node[parts[-1]] = value


def _fact(row: Mapping[str, str]) -> str:
    value = float(row["value"])
    if row["unit"] == "year":
        return f"{value:.0f}"
    return f"{value:,.0f}" if value.is_integer() else (number(value) if abs(value) < 1 else f"{value:,g}")
