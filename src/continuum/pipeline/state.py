"""What a notebook's results depend on; two equal states mean that running again would change nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import continuum

from .. import paths
from ..errors import BadInput
from ..provenance import SYNTHETIC_NOTE
from ..sidecar import check_generated
from ..study import Section, Study
from . import modules, places
from .fingerprints import Fingerprints, digest_of

#: Functions of ``continuum.ingest`` and the section of study.yaml each of them reads.
LOADERS = {"load_interviews": "interviews", "load_codebooks": "interviews", "load_survey": "survey"}
SECTIONS = ("interviews", "survey", "self_assessment", "continuum", "pathways", "citations")
#: Functions of ``continuum.paths`` that name a folder outside the study.
SHARED_FOLDERS = {"published": paths.published, "paper": paths.paper}

_LONGEST_NAME = 200

State = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Notebook:
    """A notebook as written by hand."""

    name: str
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Notebook:
        """Read a notebook file.

        Raises
        ------
        BadInput
            If it is not a notebook or its name cannot be embedded in the paper.
        """
        shown = paths.relative(path)
        if not places.NOTEBOOK_NAME.fullmatch(path.stem):
            raise BadInput(
                "a notebook's name is two digits, a hyphen and lower-case words", file=shown,
                fix="rename it, for example 10-interviews.ipynb",
            )  # fmt: skip
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            content["cells"]
        except (ValueError, KeyError, TypeError):
            raise BadInput(
                "this is not a notebook (nbformat 4)", file=shown, fix="save it again in JupyterLab"
            ) from None
        return cls(path.stem, content)

    @cached_property
    def code_cells(self) -> list[tuple[str, str]]:
        """Name and source of each code cell, in order; the name is its label, else its id."""
        from ..cell import options

        cells = []
        for number, cell in enumerate(self.content["cells"], start=1):
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                label = options(source).get("label") if source.startswith("#|") else None
                cells.append((str(label or cell.get("id") or f"cell {number}"), source))
        return cells

    @cached_property
    def code(self) -> str:
        """All code as one source; lines of IPython syntax are left out."""
        lines = "\n".join(source for _, source in self.code_cells).splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!", "?")))

    @property
    def prose(self) -> str:
        """Digest of the Markdown cells and their places: what readers see and no result depends on."""
        cells = self.content["cells"]
        return digest_of([("".join(c["source"]) if c["cell_type"] == "markdown" else c.get("id")) for c in cells])


def all_notebooks() -> list[Notebook]:
    """Every notebook of the project, in the order of their numbers.

    Raises
    ------
    BadInput
        If there is none.
    """
    found = [Notebook.read(path) for path in sorted(paths.notebooks().glob("*.ipynb"))]
    if not found:
        raise BadInput("there is no notebook here", file="notebooks/", fix="add one named like 10-interviews.ipynb")
    return found


def notebook_state(notebook: Notebook, study: Study, parameters: Mapping[str, Any], prints: Fingerprints) -> State:
    """Everything one notebook's results depend on, by kind and name.

    Parameters
    ----------
    notebook : Notebook
    study : Study
    parameters : mapping
        Values that differ from the notebook's defaults.
    prints : Fingerprints

    Returns
    -------
    dict
        ``cells``, ``parameters``, ``settings``, ``files``, ``modules`` and ``packages``, each name -> digest or value.
    """
    reached = modules.reach(notebook.code, prints, package_folder())
    sections = declared_sections(notebook, reached)
    cells = {name: digest_of(_without_note(source)) for name, source in notebook.code_cells}
    return {
        "cells": {**cells, "(order)": digest_of(list(cells))},
        "parameters": dict(parameters),
        "settings": _settings(study, sections),
        "files": _raw_files(study, sections, prints) | _shared_files(reached, prints),
        "modules": _module_digests(reached, prints),
        "packages": _packages(reached),
    }


def ingest_state(section: str, study: Study, prints: Fingerprints) -> State:
    """Everything the tidy tables of one section depend on."""
    reached = modules.reach("import continuum.ingest", prints, package_folder())
    return {
        "settings": _settings(study, [section]),
        "files": _raw_files(study, [section], prints),
        "modules": _module_digests(reached, prints),
        "packages": _packages(reached),
    }


def declared_sections(notebook: Notebook, reached: modules.Reach) -> list[str]:
    """Sections of study.yaml a notebook depends on.

    Declared in the notebook's metadata (``"continuum": {"inputs": ["survey"]}``), or recognized by the loaders and
    sections its code and the modules behind it name; all of them if there is no sign at all.

    Raises
    ------
    BadInput
        If the metadata names a section that does not exist.
    """
    declared = notebook.content.get("metadata", {}).get("continuum", {}).get("inputs")
    if declared is not None:
        unknown = [name for name in declared if name not in SECTIONS]
        if unknown:
            raise BadInput(
                f"metadata.continuum.inputs names {unknown[0]!r}", file=f"notebooks/{notebook.name}.ipynb",
                fix=f"use names among {', '.join(SECTIONS)}",
            )  # fmt: skip
        return list(declared)
    named = {section for loader, section in LOADERS.items() if loader in reached.names}
    named |= reached.names & set(SECTIONS)
    return [section for section in SECTIONS if section in named] or list(SECTIONS)


def check_files(study: Study) -> None:
    """Stop before anything runs if a raw file is not there, or generated files are not what the generator made.

    Raises
    ------
    BadInput
        Naming file and line of study.yaml.
    SyntheticAsUserData
        If files of a generated study were changed, or its sidecar is gone.
    """
    for name in SECTIONS:
        for file in getattr(getattr(study, name), "files", ()):
            study.path(file)
    check_generated(study.folder)


def package_folder() -> Path:
    """Where this package's sources are."""
    return Path(continuum.__file__).parent


def _settings(study: Study, sections: list[str]) -> dict[str, str]:
    """Digests of the general settings and of each key of these sections."""
    dumped = study.model_dump(mode="json")
    settings = {key: digest_of(value) for key, value in dumped.items() if key not in SECTIONS}
    for section in sections:
        if dumped[section] is None:
            settings[section] = "absent"
        else:
            settings |= {f"{section}.{key}": digest_of(value) for key, value in dumped[section].items()}
    return settings


def _raw_files(study: Study, sections: list[str], prints: Fingerprints) -> dict[str, str]:
    """Digests of every file and folder of the study that these sections name."""
    files = {}
    folder = study.folder.resolve()
    for section in sections:
        for text in _texts(getattr(study, section)):
            if not 0 < len(text) < _LONGEST_NAME or "\n" in text:
                continue
            if not (folder / text).exists():
                continue
            path = (folder / text).resolve()
            if path != folder and path.is_relative_to(folder):
                files[paths.relative(path)] = prints.digest(path)
    return files


def _shared_files(reached: modules.Reach, prints: Fingerprints) -> dict[str, str]:
    """Digests of the files in folders outside the study that the code reads."""
    folders = [folder() for name, folder in SHARED_FOLDERS.items() if name in reached.names]
    return {
        paths.relative(path): prints.digest(path)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "_"))
    }


def _module_digests(reached: modules.Reach, prints: Fingerprints) -> dict[str, str]:
    digests = {name: prints.digest(file) for name, file in reached.files.items()}
    folder = package_folder()
    data = modules.data_files(reached.files)
    return digests | {f"{modules.PACKAGE}/{f.relative_to(folder).as_posix()}": prints.digest(f) for f in data}


def _packages(reached: modules.Reach) -> dict[str, str]:
    return {"python": ".".join(map(str, sys.version_info[:2])), **modules.versions(reached.others)}


def _texts(value: Any) -> Iterator[str]:
    """Every text in a section that could name a file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Section):
        for part in value.__dict__.values():
            yield from _texts(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _without_note(source: str) -> str:
    """Source as it was before a synthetic study's caption got its note."""
    lines = [line.replace(f" {SYNTHETIC_NOTE}", "") if line.startswith("#|") else line for line in source.splitlines()]
    return "\n".join(line.rstrip() for line in lines).strip()
