"""Which modules of this package a notebook reaches, found by reading sources, not by importing them."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from .fingerprints import Fingerprints
from .references import PACKAGE, Scan, scan

#: Distributions whose name is not the name they are imported by.
_DISTRIBUTIONS = {"yaml": "pyyaml", "sklearn": "scikit-learn", "vl_convert": "vl-convert-python", "PIL": "pillow"}
#: They compute nothing themselves but stand behind nearly everything that does.
_ALWAYS = ("numpy", "pandas", "scipy")


@dataclass(frozen=True)
class Reach:
    """Everything a source reaches: module name -> file, other packages, names used along the way."""

    files: dict[str, Path]
    others: frozenset[str]
    names: frozenset[str]


def reach(source: str, prints: Fingerprints, package_folder: Path, *, at_import: bool = False) -> Reach:
    """All modules of the package that ``source`` imports, directly or through others.

    Parameters
    ----------
    source : str
        Code of a notebook.
    prints : Fingerprints
        Remembers the scan of each unchanged module.
    package_folder : path
        Folder of this package's ``__init__.py``.
    at_import : bool
        Only what is loaded once all import statements outside of functions have run.
    """
    start = _seen(scan(source), at_import=at_import)
    known = prints.once(f"modules of {package_folder}", partial(_modules_of, package_folder))
    waiting, seen, files = list(start.modules), set(start.modules), {}
    others, names, whole = set(start.others), set(start.names), set(start.whole)
    lazy: dict[str, dict[str, str]] = {}
    while waiting:
        name = waiting.pop()
        file = known.get(name)
        # importing a.b.c imports a and a.b, too; the last part may be a name inside of a module
        found = [name.rpartition(".")[0]] if "." in name else []
        if file is not None:
            files[name] = file
            scanned = Scan(**prints.fact("references, also at import", file, partial(_scan_file, name)))
            scanned = _seen(scanned, at_import=at_import)
            found += scanned.modules
            if scanned.dynamic:
                package = name if file.name == "__init__.py" else name.rpartition(".")[0]
                found += [module for module in known if module.rpartition(".")[0] == package]
            if scanned.lazy:
                lazy[name] = {key: f"{name}.{module}" for key, module in scanned.lazy.items()}
            others.update(scanned.others)
            whole.update(scanned.whole)
            if not _is_plumbing(name):
                names.update(scanned.names)
        waiting += [module for module in found if module not in seen]
        seen.update(found)
        if not waiting:
            waiting = sorted(_first_used(lazy, whole) - seen)
            seen.update(waiting)
    return Reach(dict(sorted(files.items())), frozenset(others), frozenset(names))


def _seen(scanned: Scan, *, at_import: bool) -> Scan:
    if not at_import:
        return scanned
    first = scanned.at_import
    return Scan(first.get("modules", []), first.get("others", []), whole=first.get("whole", []), lazy=scanned.lazy)


def data_files(modules: dict[str, Path]) -> list[Path]:
    """Files other than Python that lie in the folders of these modules' packages, such as model coefficients."""
    folders = {file.parent for name, file in modules.items() if name != PACKAGE and file.name == "__init__.py"}
    return sorted(
        path
        for folder in folders
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in {".py", ".pyc"} and not path.name.startswith(".")
    )


def versions(others: frozenset[str]) -> dict[str, str]:
    """Installed versions of the packages behind these import names; the standard library has none."""
    found = {}
    for name in sorted({other.split(".")[0] for other in others} | set(_ALWAYS)):
        distribution = _DISTRIBUTIONS.get(name, name)
        try:
            found[distribution] = _version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@cache
def _version(distribution: str) -> str:
    return importlib.metadata.version(distribution)


def _is_plumbing(module: str) -> bool:
    """Modules that name every section because they serve all of them; they say nothing about one notebook."""
    return module.split(".")[1:2] in (["ingest"], ["study"], ["paths"], ["results"], ["synthetic"], ["disclosure"], [])


def _scan_file(module: str, path: Path) -> dict[str, Any]:
    found = scan(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
    return vars(found)


def _first_used(lazy: dict[str, dict[str, str]], whole: set[str]) -> set[str]:
    """Modules behind the names that are used of packages that import them late; all where any name may be used."""
    return {
        module
        for package, home in lazy.items()
        for name, module in home.items()
        if package in whole or f"{package}.{name}" in whole
    }


def _modules_of(package_folder: Path) -> dict[str, Path]:
    """Every module below the package's folder and its file."""
    found = {}
    for file in package_folder.rglob("*.py"):
        parts = [PACKAGE, *file.relative_to(package_folder).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found
