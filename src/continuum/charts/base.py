"""Theme, palette and rendering shared by every chart.

A figure is stored as Vega-Lite v5 JSON, SVG, PNG and text together: the one form that draws in JupyterLab offline,
in an untrusted notebook, and in HTML, PDF and DOCX.
"""

from __future__ import annotations

import base64
import json
import math
import re
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..memory import remembered
from ..provenance import SYNTHETIC_NOTE
from . import small_font
from .picture import picture
from .rendering import draw

if TYPE_CHECKING:
    import altair as alt

#: Okabe and Ito 2008: distinguishable with every common form of color vision deficiency; ordered to differ in
#: lightness too, so that neighbors stay apart in grayscale print.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5E5E5E")
#: Low to high, through a neutral middle; readable in grayscale by its lightness.
DIVERGING = ("#8C510A", "#D8B365", "#DDDDDD", "#5AB4AC", "#01665E")
SEQUENTIAL = "blues"
INK = "#222222"
FONT = f"{small_font.ORIGINAL}, Arial, Helvetica, sans-serif"

#: JupyterLab 4 bundles Vega-Lite 5; the constructs used here are the same in 5 and 6 (tested in a browser).
LAB_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.20.1.json"
LAB_MIME = "application/vnd.vegalite.v5+json"
PNG_SCALE = 2.0

_CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "labelColor": INK, "titleColor": INK, "labelLimit": 320,
             "gridColor": "#E5E5E5", "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260},
    "header": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260},
    "title": {"anchor": "start", "fontSize": 15, "color": INK, "subtitleFontSize": 12, "subtitleColor": "#8A2E00",
              "subtitleFontWeight": "bold", "offset": 12},
    "range": {"category": list(PALETTE)},
}  # fmt: skip


class Figure:
    """A finished chart in every form it is shown in.

    Parameters
    ----------
    spec : dict
        Complete Vega-Lite specification.
    alt : str
        What the figure shows, in words, for people who do not see it.
    memory : Path, optional
        Folder with charts that were drawn before; what is drawn now is kept there.
    """

    def __init__(self, spec: dict[str, Any], alt: str, memory: Path | None = None) -> None:
        self.spec = spec
        self.alt = alt
        drawn, self.png = _drawn(json.dumps(spec), memory)
        # vl-convert writes no title or description: without them a screen reader says only "image".
        self.svg = _accessible(drawn, alt)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {
            LAB_MIME: self.spec,
            "image/svg+xml": self.svg,
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "text/plain": f"Figure: {self.alt}",
        }
        return data, {"image/png": {"alt": self.alt}}

    def write(self, stem: Path) -> None:
        """Write ``stem.json``, ``stem.svg`` and ``stem.png``."""
        stem.parent.mkdir(parents=True, exist_ok=True)
        stem.with_suffix(".json").write_text(json.dumps(self.spec, sort_keys=True) + "\n", encoding="utf-8")
        stem.with_suffix(".svg").write_text(self.svg, encoding="utf-8")
        stem.with_suffix(".png").write_bytes(self.png)


def figure(
    chart: alt.TopLevelMixin, *, title: str, alt: str, synthetic: bool, note: str = "", memory: Path | None = None
) -> Figure:
    """Finish a chart: title, synthetic label inside the image, theme, and all stored forms.

    Parameters
    ----------
    chart : altair chart
        Without a title of its own.
    title : str
        What the figure shows; stands above it.
    alt : str
        Text alternative.
    synthetic : bool
        Whether the data are synthetic; the image then says so.
    note : str
        A line under the title, such as the base of the percentages.
    memory : Path, optional
        Folder with charts that were drawn before.

    Raises
    ------
    ValueError
        If title or text alternative is empty.
    """
    if not title or not alt:
        raise ValueError("a figure needs a title and a text alternative")
    spec = chart.to_dict()
    subtitle = [line for line in (SYNTHETIC_NOTE if synthetic else "", note) if line]
    spec["title"] = {"text": title, "subtitle": subtitle} if subtitle else {"text": title}
    spec["description"] = alt
    spec["$schema"] = LAB_SCHEMA
    spec["config"] = {**_CONFIG, **{k: v for k, v in spec.get("config", {}).items() if k not in _CONFIG}}
    return Figure(_without_nan(_stable_names(spec)), alt, memory)


def _stable_names(spec: dict[str, Any]) -> dict[str, Any]:
    """Altair numbers views and parameters by how many were made before; number them by appearance instead."""
    seen: dict[str, str] = {}

    def renumber(match: re.Match[str]) -> str:
        kind = match.group(1)
        return seen.setdefault(match.group(0), f"{kind}_{sum(n.startswith(kind) for n in seen) + 1}")

    return json.loads(re.sub(r"\b(view|param)_\d+\b", renumber, json.dumps(spec)))


def _without_nan(value: Any) -> Any:
    """``value`` with null in place of NaN and infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _drawn(text: str, memory: Path | None) -> tuple[str, bytes]:
    """SVG and PNG of a specification."""
    svg = remembered(memory, [_drawn_by(), text], lambda: draw(text).encode()).decode()
    return svg, remembered(memory, [_drawn_by(), str(PNG_SCALE), svg], lambda: picture(svg, PNG_SCALE))


@cache
def _drawn_by() -> str:
    """Programs and code that decide what a drawing looks like."""
    programs = [f"{name} {version(name)}" for name in ("vl-convert-python", "typst", "pillow")]
    code = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("rendering.py", "picture.py")]
    return "\n".join([*programs, *code])


def _accessible(svg: str, alt: str) -> str:
    label = escape(alt, quote=True)
    head, tail = svg.split(">", 1)
    return f'{head} role="img" aria-label="{label}"><title>{escape(alt)}</title>{tail}'
