"""A notebook depends on the modules behind the names it uses, also where a package imports names late."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuum.pipeline.fingerprints import Fingerprints
from continuum.pipeline.modules import reach

LATE = """
from importlib import import_module
_HOME = {"fit": "fitting", "draw": "drawing"}
__all__ = sorted(_HOME)
def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(name)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "continuum"
    for name, text in {
        "__init__.py": "", "model/__init__.py": LATE, "model/fitting.py": "from .shared import base\n",
        "model/drawing.py": "", "model/shared.py": "", "model/alone.py": "", "other.py": "from .model import draw\n",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def models(package: Path, source: str) -> set[str]:
    found = reach(source, Fingerprints(package / "none.json"), package).files
    return {name.removeprefix("continuum.model.") for name in found if name.startswith("continuum.model.")}


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("from continuum.model import fit", {"fitting", "shared"}),
        ("from continuum.model import alone", {"alone"}),
        ("from continuum import other", {"drawing"}),
        ("from continuum.model.fitting import base", {"fitting", "shared"}),
        ("from continuum import model\nmodel.fit()", {"fitting", "shared", "drawing"}),
        ("import continuum.model as m", {"fitting", "shared", "drawing"}),
        ("import continuum.model.alone\ncontinuum.model.fit", {"alone", "fitting", "shared", "drawing"}),
        ("import continuum.model.alone as a", {"alone"}),
        ("from continuum.model import *", {"fitting", "shared", "drawing"}),
        ("def late():\n    from continuum.model import draw", {"drawing"}),
    ],
)
def test_names_that_are_imported_late_reach_their_own_modules(package: Path, source: str, reached: set[str]):
    assert models(package, source) == reached


@pytest.mark.parametrize(
    "change",
    [
        ("raise AttributeError(name)", "return import_module('.' + name, __name__)\n_MORE = {1: 2}"),
        ("raise AttributeError(name)", 'return import_module("." + name, __name__)'),
        ("_HOME[name]}", "name}"),
        ('"drawing"}', 'str("drawing")}'),
        ("def __getattr__", "def load(name):\n    return import_module(name)\ndef __getattr__"),
        ("def __getattr__", "def get"),
    ],
)
def test_a_table_that_cannot_be_read_means_every_module(package: Path, change: tuple[str, str]):
    file = package / "model" / "__init__.py"
    file.write_text(LATE.replace(*change), encoding="utf-8")
    assert models(package, "from continuum.model import fit") == {"fitting", "shared", "drawing", "alone"}


EARLY_AND_LATE = """
import os, pandas
from .model import fit
try:
    import lxml
except ImportError:
    import html5lib
if TYPE_CHECKING:
    import pingouin
class Loader:
    import yaml
def draw():
    import altair
    from .model import draw
"""


def test_what_importing_needs_is_known_apart_from_what_calling_needs(package: Path):
    (package / "both.py").write_text(EARLY_AND_LATE, encoding="utf-8")
    prints = Fingerprints(package / "none.json")
    first = reach("from continuum.both import draw", prints, package, at_import=True)
    assert first.others == {"pandas", "lxml", "html5lib", "yaml"}
    assert "continuum.model.fitting" in first.files
    assert "continuum.model.drawing" not in first.files
    later = reach("from continuum.both import draw", prints, package)
    assert later.others - first.others == {"altair"}
    assert "continuum.model.drawing" in later.files
