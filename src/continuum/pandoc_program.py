"""Which pandoc there is: the one its package brings, which the lock pins, else one on PATH."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from . import paths
from .errors import BadInput
from .memory import remembered

OLDEST = (2, 17)
_OLDEST = ".".join(map(str, OLDEST))
#: Names another pandoc, as it does for the package.
PROGRAM_VARIABLE = "PYPANDOC_PANDOC"


@lru_cache(maxsize=1)
def found_pandoc() -> tuple[str, str]:
    """Path and version, such as ``3.9``.

    The version is asked for once for each program file: starting pandoc takes longer than many of the texts it reads.

    Raises
    ------
    BadInput
        If there is none, it does not run, or it is older than 2.17.
    """
    program = _program()
    file = program.stat()
    parts = ["pandoc --version", str(program), str(file.st_size), str(file.st_mtime_ns)]
    version = remembered(paths.memory(), parts, lambda: _ask(program).encode()).decode()
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise BadInput(f"the pandoc found is {version}, which is too old", fix=f"install {_OLDEST} or later")
    return str(program), version


def _program() -> Path:
    asked = os.environ.get(PROGRAM_VARIABLE)
    found = shutil.which(asked) if asked else _brought() or shutil.which("pandoc")
    if found:
        return Path(found)
    if asked:
        raise BadInput(f"{PROGRAM_VARIABLE} names a pandoc that is not there", file=Path(asked).name, fix="unset it")
    fix = f"set the environment up again (its package pypandoc-binary brings pandoc), or install {_OLDEST} or later"
    raise BadInput("there is no pandoc, which reads texts and sets pages", fix=fix)


def _brought() -> str | None:
    """The program in its package, if that is installed and has one for this system."""
    package = importlib.util.find_spec("pypandoc")
    if package is None or package.origin is None:
        return None
    name = "pandoc.exe" if sys.platform == "win32" else "pandoc"
    return shutil.which(str(Path(package.origin).parent / "files" / name))


def _ask(program: Path) -> str:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        said = ""
    found = re.search(r"\d+(\.\d+)+", said.partition("\n")[0])
    if found is None:
        raise BadInput("this pandoc does not say its version", file=program.name, fix=f"install {_OLDEST} or later")
    return found.group()
