"""Which modules of this package a notebook reaches, found by reading sources, not by importing them.

Imports inside functions count: a helper that is imported late changes results as much as one imported early.
"""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from .fingerprints import Fingerprints

PACKAGE = __name__.split(".")[0]

#: Distributions whose name is not the name they are imported by.
_DISTRIBUTIONS = {"yaml": "pyyaml", "sklearn": "scikit-learn", "vl_convert": "vl-convert-python", "PIL": "pillow"}
#: They compute nothing themselves but stand behind nearly everything that does.
_ALWAYS = ("numpy", "pandas", "scipy")


@dataclass
class Scan:
    """What one source refers to.

    Attributes
    ----------
    modules : list of str
        Dotted names within this package that may be modules ("continuum.survey", "continuum.survey.likert").
    others : list of str
        Dotted names of other packages' modules, as far as the source tells.
    names : list of str
        Names and attributes used, by which declared inputs are recognized.
    dynamic : bool
        Whether a module is imported by a name computed at run time.
    whole : list of str
        Dotted names that are bound as a whole, so that any of their attributes may be used.
    lazy : dict
        Name -> module of the same package, where a package imports its names when they are first used.
    """

    modules: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    dynamic: bool = False
    whole: list[str] = field(default_factory=list)
    lazy: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reach:
    """Everything a source reaches: module name -> file, other packages, names used along the way."""

    files: dict[str, Path]
    others: frozenset[str]
    names: frozenset[str]


def scan(source: str, module: str = "__main__", *, is_package: bool = False) -> Scan:
    """Read one source; a source that is not Python refers to nothing."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return Scan()
    found = Scan()
    base = module.split(".") if is_package else module.split(".")[:-1]
    modules: set[str] = set()
    names: set[str] = set()
    whole: set[str] = set()
    if is_package:
        found.lazy = _lazy_names(tree)
    for node in _run_time_nodes(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
            for alias in node.names:
                parts = alias.name.split(".")
                # without a name of its own, a.b.c is reached through a, and so is everything else in a
                whole.update(".".join(parts[:n]) for n in range(len(parts) if alias.asname else 1, len(parts) + 1))
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            origin = ".".join([*start, *((node.module or "").split(".") if node.module else [])])
            modules.add(origin)
            whole.update(origin if alias.name == "*" else f"{origin}.{alias.name}" for alias in node.names)
            if node.level or "." not in origin or origin.startswith(f"{PACKAGE}."):
                modules.update(f"{origin}.{alias.name}" for alias in node.names)  # each may be a module
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Call) and _is_import_call(node):
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                text = argument.value
                modules.add(".".join([*base, text.lstrip(".")]) if text.startswith(".") else text)
            elif not found.lazy:
                found.dynamic = True
    own = {m for m in modules if m.split(".")[0] == PACKAGE}
    found.modules = sorted(own)
    found.others = sorted(m for m in modules - own if m and m.split(".")[0] not in sys.stdlib_module_names)
    found.names = sorted(names)
    found.whole = sorted(name for name in whole if name.split(".")[0] == PACKAGE)
    return found


def reach(source: str, prints: Fingerprints, package_folder: Path) -> Reach:
    """All modules of the package that ``source`` imports, directly or through others.

    Parameters
    ----------
    source : str
        Code of a notebook.
    prints : Fingerprints
        Remembers the scan of each unchanged module.
    package_folder : path
        Folder of this package's ``__init__.py``.
    """
    start = scan(source)
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
            scanned = Scan(**prints.fact("references, lazy ones too", file, partial(_scan_file, name)))
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


def _lazy_names(tree: ast.Module) -> dict[str, str]:
    """The table of a package whose module-level ``__getattr__`` imports names when they are first used.

    It is a dictionary of texts, and nothing but that function imports by a computed name; else there is no table.
    """
    tables, late = [], False
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            calls = _computed_imports(node)
            late = len(calls) == 1 and any(isinstance(part, ast.Subscript) for part in ast.walk(calls[0]))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            tables.append(node.value)
        if isinstance(node, ast.FunctionDef) and node.name != "__getattr__" and _computed_imports(node):
            return {}
    if not late or len(tables) != 1:
        return {}
    keys = [key.value for key in tables[0].keys if isinstance(key, ast.Constant)]
    values = [value.value for value in tables[0].values if isinstance(value, ast.Constant)]
    texts = [part for part in (*keys, *values) if isinstance(part, str)]
    if len(texts) != 2 * len(tables[0].keys):
        return {}
    return dict(zip(texts[: len(keys)], texts[len(keys) :], strict=True))


def _computed_imports(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_import_call(node)]


def _modules_of(package_folder: Path) -> dict[str, Path]:
    """Every module below the package's folder and its file."""
    found = {}
    for file in package_folder.rglob("*.py"):
        parts = [PACKAGE, *file.relative_to(package_folder).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def _is_import_call(node: ast.Call) -> bool:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called in {"import_module", "__import__"}


def _run_time_nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes except those under ``if TYPE_CHECKING:``, which never run."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, ast.If) and _only_for_type_checkers(node.test):
            waiting += node.orelse
            continue
        for name in node._fields:  # ast.iter_child_nodes takes twice as long
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [part for part in value if isinstance(part, ast.AST)]
    return found


def _only_for_type_checkers(test: ast.expr) -> bool:
    return any(getattr(node, "id", getattr(node, "attr", "")) == "TYPE_CHECKING" for node in ast.walk(test))
