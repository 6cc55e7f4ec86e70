"""A drawing (SVG) as a picture (PNG).

typst draws it with the same renderer as vl-convert, pixel for pixel, but keeps its fonts in memory: vl-convert opens
the font's file for every letter, which makes it five times as slow.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

#: Points in an inch: a picture at so many dots per inch has as many pixels as the drawing has units.
_POINTS = 72
_SIZE = re.compile(r'(<svg[^>]*?) width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"')


def picture(svg: str, scale: float) -> bytes:
    """``svg`` with ``scale`` pixels for each of its units, as PNG in 256 colors.

    Raises
    ------
    ValueError
        If it is not a drawing that states its size.
    """
    import typst

    size = _SIZE.match(svg)
    if size is None:
        raise ValueError("a drawing has to begin with its width, height and box")
    head, width, height = size.groups()
    # typst takes the height from width and proportions, which rounds some drawings to one more row; a square stays one
    side = width if float(width) >= float(height) else height
    square = f'{head} width="{side}" height="{side}" viewBox="0 0 {side} {side}"{svg[size.end() :]}'
    page = (
        f"#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: none)\n"
        f'#place(top + left, image("chart.svg", width: {side}pt, height: {side}pt))'
    )
    files = {"main.typ": page.encode(), "chart.svg": square.encode()}
    drawn = typst.compile(files, format="png", ppi=_POINTS * scale, font_paths=found_fonts())
    return _smaller(bytes(drawn))


def fonts() -> Path | None:
    """Folder with the charts' first font where matplotlib, which pingouin needs, has brought it.

    A machine may have no fonts of its own, and then every chart would be set in another one.
    """
    found = find_spec("matplotlib")
    places = [] if found is None else found.submodule_search_locations or []
    folders = [Path(place) / "mpl-data" / "fonts" / "ttf" for place in places]
    return next((folder for folder in folders if (folder / "DejaVuSans.ttf").is_file()), None)


@cache
def found_fonts() -> Any:
    """All fonts, as typst wants them; looking for them takes as long as drawing a small chart."""
    import typst

    folder = fonts()
    return typst.Fonts(include_system_fonts=True, font_paths=[str(folder)] if folder else [])


def _smaller(png: bytes) -> bytes:
    """The same picture in 256 colors: flat charts lose nothing, and notebooks and pages are a tenth as large."""
    from PIL import Image

    flat = Image.open(BytesIO(png)).convert("RGB")
    # an octree is four times as fast as cutting by the median, and no color moves as far
    reduced = flat.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, first = reduced.getpalette() or [], 3 * reduced.tobytes()[0]
    # it blends nearly white edges into white; the background stays exactly what it is
    palette[first : first + 3] = flat.tobytes()[:3]
    reduced.putpalette(palette)
    out = BytesIO()
    reduced.save(out, "PNG")
    return out.getvalue()
