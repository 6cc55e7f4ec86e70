"""Runs pandoc and typst from their wheels, and remembers what they made of unchanged input."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ..atomic import write_bytes
from ..errors import AnalysisFailed
from ..memory import remembered
from ..pandoc_program import found_pandoc

ASSETS = Path(__file__).parent / "assets"
#: In this order: what both publishers do with a page, then what only Quarto has built in.
FILTERS = (ASSETS / "content.lua", ASSETS / "portable.lua")
_FILTERED = [f"--lua-filter={file}" for file in FILTERS]
#: Quarto's reader: Pandoc's Markdown; smart quotes in notebooks and pages alike.
READER = "markdown+smart"
_TIMEOUT = 120


@dataclass(frozen=True)
class Press:
    """Turns Markdown into HTML, PDF and Word files, with a memory.

    Parameters
    ----------
    root : Path
        The staged sources; nothing outside is read.
    folder : Path
        Folder of the page, below ``root``: where relative paths of images, bibliography and style begin.
    memory : Path
        Folder for what was made before; the key of an entry is everything that went into it.
    """

    root: Path
    folder: Path
    memory: Path

    def html(self, text: str, arguments: Sequence[str], *, depends: Sequence[Path] = ()) -> str:
        """Body of an HTML page."""
        how = ["--to=html5", "--mathml", "--section-divs", *_FILTERED, "--citeproc", *arguments]
        return self._pandoc(text, how, [*FILTERS, *depends]).decode("utf-8")

    def docx(self, text: str, arguments: Sequence[str], *, depends: Sequence[Path] = ()) -> bytes:
        """A Word file; the same bytes for the same input."""
        how = ["--to=docx", *_FILTERED, "--citeproc", *arguments, "--output=-"]
        return self._pandoc(text, how, [*FILTERS, *depends])

    def pdf(self, text: str, arguments: Sequence[str], *, depends: Sequence[Path] = ()) -> bytes:
        """A tagged PDF through typst; the same bytes for the same input."""
        template = ASSETS / "paper.typ"
        how = ["--to=typst-citations", *_FILTERED, "--citeproc", "--standalone", f"--template={template}", *arguments]
        source = self._pandoc(text, how, [*FILTERS, template, *depends])
        return self._remembered([b"typst", source], depends, lambda: self._typst(source))

    def _typst(self, source: bytes) -> bytes:
        import typst

        file = self.folder / ".paper.typ"
        file.write_bytes(source)
        try:
            # PDF/UA-1 is the accessible PDF: typst stops if a picture has no text alternative.
            return typst.compile(file, root=self.root, timestamp=0, ignore_system_fonts=True, pdf_standards="ua-1")
        except Exception as error:  # typst raises its own kind, with the whole message
            raise AnalysisFailed(
                f"typst could not set the PDF: {error}", fix="see the line of the text it names"
            ) from None
        finally:
            file.unlink(missing_ok=True)

    def _pandoc(self, text: str, arguments: Sequence[str], depends: Sequence[Path]) -> bytes:
        program, known = found_pandoc()
        command = [program, f"--from={READER}", *arguments]
        key = [known.encode(), repr([self._portable(a) for a in arguments]).encode(), text.encode()]
        return self._remembered(key, depends, lambda: self._run(command, text))

    def _run(self, command: list[str], text: str) -> bytes:
        # SOURCE_DATE_EPOCH fixes the times inside a Word file.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "0"}
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, cwd=self.folder, env=environment, timeout=_TIMEOUT
        )
        warnings = done.stderr.decode(errors="replace").strip()
        if done.returncode or "[WARNING]" in warnings:
            raise AnalysisFailed(f"pandoc: {warnings}", fix="see the page named before this message")
        return done.stdout

    def _portable(self, argument: str) -> str:
        """An argument without this machine's folders, so that a memory may move."""
        return argument.replace(str(self.root), "").replace(str(ASSETS), "")

    def _remembered(self, parts: Sequence[bytes], depends: Sequence[Path], make: Callable[[], bytes]) -> bytes:
        return remembered(self.memory, [*parts, *(file.read_bytes() for file in depends if file.is_file())], make)


def vega_bundle(memory: Path) -> bytes:
    """The one script that draws interactive charts: Vega, Vega-Lite and their embedder, as ``continuumVega``.

    Wrapped in a function, because its top-level names would otherwise collide with those of the page.
    """
    import vl_convert

    file = memory / f"vega-embed-{version('vl-convert-python')}.js"
    if not file.is_file():
        bundle = vl_convert.javascript_bundle("window.continuumVega = vegaEmbed;")
        write_bytes(file, f"(function () {{\n{bundle}\n}})();\n".encode())
    return file.read_bytes()
