"""The rooms of the package: imports run downwards only, files stay readable, and nothing names this machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from support import ROOT

PACKAGE = ROOT / "src" / "continuum"
#: Rooms from the top of the house down; a module imports from its own room and from those below it.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"pipeline"},
    {"publish", "scaffold", "assessments"},
    {"interviews", "survey", "model", "citations"},
    {"synthetic"},
    {"results"},
    {"claims"},
    {"charts"},
    {"entries"},
    {"tables", "disclosure", "published", "checks"},
    {"word_tables"},
    {"ingest"},
    {"sidecar"},
    {"study", "provenance", "cell", "nullmodels", "ordinal_kernel"},
    {"yaml_lines"},
    {"pandoc_program"},
    {"memory"},
    {"paths", "errors", "atomic", "cluster", "garbage"},
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported_rooms(path: Path) -> set[str]:
    """Rooms that a module imports from, also inside functions; imports for type checkers alone do not count."""
    package = ("continuum", *path.relative_to(PACKAGE).parent.parts)
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            full = (*base, *(node.module or "").split(".")) if node.module else base
            if full[:1] == ("continuum",):
                found |= {full[1]} if len(full) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {n.name.split(".")[1] for n in node.names if n.name.startswith("continuum.")}
    return found & set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_run_downwards(path: Path):
    own = room(path)
    if own == "__init__":
        return
    assert own in LEVEL, f"{own} has no floor: add it to the picture"
    upwards = {name for name in imported_rooms(path) if name != own and LEVEL[name] <= LEVEL[own]}
    assert upwards <= {"interviews"} if own == "citations" else upwards == set()


def test_no_file_is_longer_than_a_reader_can_hold():
    long = {p.relative_to(PACKAGE).as_posix(): len(p.read_text().splitlines()) for p in modules()}
    assert {name: lines for name, lines in long.items() if lines > 450} == {}


def test_nothing_names_a_personal_folder():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    here = re.escape(str(ROOT.parent)) + "/"
    home = re.escape(str(Path.home())) + "/"
    naming = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix in {".qdpx", ".png"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        if re.search(rf"(?<![\w.]){here}|{home}", text):
            naming.append(name)
    assert naming == []
