"""A drawing becomes the same picture on every machine, and the one that vl-convert would make of it."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
import vl_convert
from PIL import Image

from continuum.charts import rendering
from continuum.charts.picture import fonts, picture

SPECIFICATION = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.20.1.json",
    "data": {"values": [{"need": "Housing", "share": 0.4}, {"need": "Legal help", "share": 0.7}]},
    "mark": "bar",
    "encoding": {"y": {"field": "need"}, "x": {"field": "share", "type": "quantitative", "title": "Share"}},
    "config": {"font": "DejaVu Sans", "background": "white"},
}


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"), dtype=int)


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("size", [(300, 120), (259, 173), (120, 301)])  # wide, rounded up by typst, and high
def test_it_is_the_picture_that_vl_convert_makes(scale: float, size: tuple[int, int]):
    svg = rendering.draw(json.dumps({**SPECIFICATION, "width": size[0], "height": size[1]}))
    theirs = pixels(vl_convert.svg_to_png(svg, scale=scale))  # vl-convert 1.9
    ours = pixels(picture(svg, scale))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 15  # 256 colors instead of all


def test_words_are_drawn():
    sheet = '<rect width="90" height="20" fill="white"/>'
    words = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20" viewBox="0 0 90 20">{}</svg>'
    text = '<text y="15" font-family="DejaVu Sans" font-size="14">Housing</text>'
    empty, written = (pixels(picture(words.format(sheet + inner), 1.0)) for inner in ("", text))
    assert (empty != written).any()


def test_the_font_of_the_charts_comes_with_a_library():
    folder = fonts()
    assert folder is not None
    assert (folder / "DejaVuSans-Bold.ttf").is_file()


def test_a_drawing_without_size_is_refused():
    with pytest.raises(ValueError, match="width, height and box"):
        picture("<svg></svg>", 1.0)
