"""Executed notebooks as the publishers see them: cells with labels, captions and outputs."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from ..cell import options
from ..charts.base import LAB_MIME
from ..errors import BadInput
from ..paths import relative
from ..provenance import label_caption, shows_synthetic

_PARAMETER = re.compile(r"^(\w+)\s*(?::\s*([^=]+?))?\s*=\s*(.+?)\s*(?:#\s*(.*))?$")
#: What Vega writes on every mark of a drawing for readers that take it apart; a picture has one description.
_PART_NAMES = re.compile(
    r' (?:aria-label="[^"]*"|role="graphics-[a-z]+"|aria-roledescription="[^"]*"|aria-hidden="true")'
)


@dataclass(frozen=True)
class Cell:
    """One cell of an executed notebook.

    Attributes
    ----------
    kind : str
        ``markdown`` or ``code``.
    source : str
        As written.
    options : dict
        The ``#|`` options of a code cell.
    outputs : list
        Output nodes of a code cell.
    tags : tuple of str
    executed : bool
        False for a code cell without execution count.
    """

    kind: str
    source: str
    options: dict[str, str]
    outputs: list[Any]
    tags: tuple[str, ...]
    executed: bool

    @property
    def label(self) -> str:
        """Label such as ``fig-saturation``; empty if the cell has none."""
        return str(self.options.get("label", ""))

    @property
    def code(self) -> str:
        """The source without its option lines."""
        lines = self.source.splitlines()
        return "\n".join(line for line in lines if not line.startswith("#|")).strip("\n")

    def bundle(self, mime: str) -> Mapping[str, Any] | None:
        """Data of the first output that holds ``mime``."""
        for output in self.outputs:
            if mime in output.get("data", {}):
                return output["data"]
        return None


@dataclass(frozen=True)
class Parameter:
    """A parameter that a notebook declares."""

    name: str
    type: str
    default: str
    help: str


@dataclass(frozen=True)
class Notebook:
    """An executed notebook."""

    file: Path
    name: str
    cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """Text of the first heading."""
        for cell in self.cells:
            if cell.kind == "markdown" and (match := re.search(r"^#\s+(.+)$", cell.source, re.M)):
                return match.group(1).strip()
        return self.name

    @property
    def labels(self) -> dict[str, Cell]:
        """Labeled cells in order."""
        return {cell.label: cell for cell in self.cells if cell.label}

    @property
    def parameters(self) -> list[Parameter]:
        """What the cell tagged ``parameters`` declares."""
        for cell in self.cells:
            if "parameters" in cell.tags:
                found = [_PARAMETER.match(line) for line in cell.source.splitlines()]
                return [Parameter(m[1], m[2] or "", m[3], m[4] or "") for m in found if m]
        return []


def read_notebook(file: Path) -> Notebook:
    """Read an executed notebook.

    Raises
    ------
    BadInput
        If it is not a notebook, or two cells have one label.
    """
    shown = relative(file)
    try:
        # reading without validation keeps notebooks of other tools readable; ours are validated by their tests
        node = nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)
    except Exception as error:  # nbformat raises several kinds for a damaged file
        raise BadInput(f"is not a notebook: {error}", file=shown, fix="run: compendium run --force") from None
    cells = tuple(_cell(one) for one in node.cells if one.source.strip())
    labels = [cell.label for cell in cells if cell.label]
    for label in labels:
        if labels.count(label) > 1:
            raise BadInput(f"two cells have the label {label!r}", file=shown, fix="rename one of them")
    return Notebook(file, file.stem, cells)


def figure_files(cell: Cell) -> dict[str, bytes]:
    """The picture of a figure cell in every stored form: ``svg``, ``png`` and, for charts, ``json``."""
    import json

    files: dict[str, bytes] = {}
    if svg := cell.bundle("image/svg+xml"):
        files["svg"] = described_once(_text(svg["image/svg+xml"])).encode("utf-8")
    if png := cell.bundle("image/png"):
        files["png"] = base64.b64decode(_text(png["image/png"]))
    if chart := cell.bundle(LAB_MIME):
        files["json"] = (json.dumps(chart[LAB_MIME], sort_keys=True) + "\n").encode("utf-8")
    return files


def described_once(svg: str) -> str:
    """A drawing whose parts have no names beside the one description of the whole; they are half of its size."""
    start = svg.find(">") + 1
    return svg[:start] + _PART_NAMES.sub("", svg[start:])


def embed(cell: Cell, notebook: Notebook, *, figures: str, synthetic: bool) -> str:
    """What ``{{< embed >}}`` puts on a page: the cell's figure, table or other output as Markdown.

    Parameters
    ----------
    cell : Cell
    notebook : Notebook
        For messages.
    figures : str
        Path of the folder of figures as seen from the page.
    synthetic : bool
        Whether captions have to say so.

    Raises
    ------
    BadInput
        If a figure has no picture, caption or text alternative, or a table no caption.
    """
    label = cell.label
    if not label.startswith(("fig-", "tbl-")):
        return outputs(cell, notebook)
    _required(cell, notebook, f"{label[:3]}-cap")
    caption = caption_of(cell, synthetic=synthetic)
    files = figure_files(cell)
    if label.startswith("fig-") and files:
        return _figure(cell, notebook, files, f"{figures}/{label}.svg", caption)
    text = outputs(cell, notebook)
    if not text:
        raise BadInput(
            "the cell has stored neither picture nor table", file=relative(notebook.file), place=label,
            fix="show it with results.figure or results.table and run: compendium run",
        )  # fmt: skip
    # a question the data cannot answer leaves its refusal in the place of the figure or table
    kind = "" if re.search(r"^\|", text, re.M) else " .refused"
    return f"::::: {{#{label}{kind}}}\n:::: {{.cell-caption}}\n{caption}\n::::\n\n{text}\n:::::\n"


def outputs(cell: Cell, notebook: Notebook) -> str:
    """Text outputs of a cell as Markdown."""
    parts = []
    for output in cell.outputs:
        if output["output_type"] == "error":
            raise BadInput(
                f"a cell ended in {output.get('ename')}: {output.get('evalue')}", file=relative(notebook.file),
                place=cell.label or "cell without label", fix="mend it and run: compendium run",
            )  # fmt: skip
        data = output.get("data", {})
        if "text/markdown" in data:
            parts.append(_text(data["text/markdown"]).strip())
        elif "text/html" in data:
            raise BadInput(
                "an output is HTML, which makes pages load foreign scripts", file=relative(notebook.file),
                place=cell.label or "cell without label", fix="show it with results.table or results.figure",
            )  # fmt: skip
        elif output["output_type"] == "stream":
            parts.append(_fenced(_text(output["text"]), "output"))
        elif "text/plain" in data:
            parts.append(_fenced(_text(data["text/plain"]), "output"))
    return "\n\n".join(parts)


def _figure(cell: Cell, notebook: Notebook, files: Mapping[str, bytes], picture: str, caption: str) -> str:
    alt = _required(cell, notebook, "fig-alt")
    if not {"svg", "png"} <= set(files):
        raise BadInput(
            "the figure has no stored picture", file=relative(notebook.file), place=cell.label,
            fix="show it with results.figure and run: compendium run",
        )  # fmt: skip
    width, height = (size / 2 for size in png_size(files["png"]))
    return (
        f'::: {{#{cell.label} .chart width={width:.0f} height={height:.0f} alt="{attribute(alt)}"}}\n'
        f"![]({picture})\n\n{caption}\n:::\n"
    )


def caption_of(cell: Cell, *, synthetic: bool) -> str:
    """Caption of a figure or table cell as a sentence, with the synthetic note exactly where it applies."""
    plain = label_caption(
        str(cell.options.get("fig-cap") or cell.options.get("tbl-cap") or "").strip(), synthetic=False
    )
    ended = plain if not plain or plain[-1] in ".?!" else f"{plain}."
    return label_caption(ended, synthetic=shows_synthetic(cell.options, synthetic=synthetic))


def attribute(text: str) -> str:
    """``text`` inside a quoted Markdown attribute."""
    return re.sub(r"\s+", " ", text).replace("\\", "\\\\").replace('"', '\\"').strip()


def _required(cell: Cell, notebook: Notebook, key: str) -> str:
    value = str(cell.options.get(key, "")).strip()
    if not value:
        raise BadInput(
            f"the cell has no {key}", file=relative(notebook.file), place=cell.label, fix=f"add a line '#| {key}: ...'"
        )
    return value


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _fenced(text: str, language: str) -> str:
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{ticks}{{.{language}}}\n{text.rstrip()}\n{ticks}"


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _cell(node: Any) -> Cell:
    code = node.cell_type == "code"
    return Cell(
        kind="code" if code else "markdown",
        source=node.source,
        options=options(node.source) if code else {},
        outputs=list(node.get("outputs", [])),
        tags=tuple(node.metadata.get("tags", [])),
        executed=not code or node.get("execution_count") is not None,
    )
