"""What one source refers to, found by reading it, not by importing it.

Imports inside functions count: a helper that is imported late changes results as much as one imported early.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

PACKAGE = __name__.split(".")[0]

#: Fields of syntax nodes that hold texts, operators, or whether something is read or assigned.
_WITHOUT_NODES = {"id", "attr", "arg", "ctx", "op", "ops", "kind", "type_comment", "level", "module"}
#: The other fields of every kind of node.
_FIELDS = {
    kind: tuple(name for name in kind._fields if kind is not ast.Constant and name not in _WITHOUT_NODES)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
#: Parts of a statement that hold statements.
_BLOCKS = ("body", "orelse", "finalbody")


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
    at_import : dict
        ``modules``, ``others`` and ``whole`` as far as importing this source needs them, which is before any of its
        functions is called.
    """

    modules: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    dynamic: bool = False
    whole: list[str] = field(default_factory=list)
    lazy: dict[str, str] = field(default_factory=dict)
    at_import: dict[str, list[str]] = field(default_factory=dict)


def scan(source: str, module: str = "__main__", *, is_package: bool = False) -> Scan:
    """Read one source; a source that is not Python refers to nothing."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return Scan()
    base = module.split(".") if is_package else module.split(".")[:-1]
    nodes = _run_time_nodes(tree)
    called, computed = _modules_called_for(nodes, base)
    found, first = _imported(nodes, base, called), _imported(_nodes_at_import(tree), base, set())
    found.at_import = {"modules": first.modules, "others": first.others, "whole": first.whole}
    found.lazy = _lazy_names(tree) if is_package else {}
    found.dynamic = computed and not found.lazy
    names = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Name):
            names.add(node.id)
    found.names = sorted(names)
    return found


def _imported(nodes: Iterable[ast.AST], base: list[str], called: set[str]) -> Scan:
    """What import statements name, and what is called for."""
    modules, whole = set(called), set[str]()
    for node in nodes:
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
    own = {name for name in modules if name.split(".")[0] == PACKAGE}
    others = sorted(m for m in modules - own if m and m.split(".")[0] not in sys.stdlib_module_names)
    return Scan(sorted(own), others, whole=sorted(name for name in whole if name.split(".")[0] == PACKAGE))


def _modules_called_for(nodes: Iterable[ast.AST], base: list[str]) -> tuple[set[str], bool]:
    """Modules imported by calling a function, and whether there are some whose name is computed."""
    named, computed = set[str](), False
    for node in nodes:
        if isinstance(node, ast.Call) and _is_import_call(node):
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                text = argument.value
                named.add(".".join([*base, text.lstrip(".")]) if text.startswith(".") else text)
            else:
                computed = True
    return named, computed


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
        for name in _FIELDS[type(node)]:  # ast.iter_child_nodes takes four times as long
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)
    return found


def _only_for_type_checkers(test: ast.expr) -> bool:
    return any(getattr(node, "id", getattr(node, "attr", "")) == "TYPE_CHECKING" for node in ast.walk(test))


def _nodes_at_import(tree: ast.Module) -> list[ast.stmt]:
    """Statements that run when the source is imported."""
    found: list[ast.stmt] = []
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        blocks = ("orelse",) if isinstance(node, ast.If) and _only_for_type_checkers(node.test) else _BLOCKS
        for name in blocks:
            waiting += getattr(node, name, ())
        for handler in getattr(node, "handlers", ()):
            waiting += handler.body
    return found
