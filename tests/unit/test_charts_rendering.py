"""Charts have the same bytes, whoever draws them and whatever was drawn before."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from continuum.charts import rendering, small_font
from continuum.charts.base import FONT

SERVE = "import sys; from continuum.charts.rendering import serve; serve(sys.argv[1])"


def chart(scheme: str = "blues") -> str:
    """A chart with a gradient in its legend."""
    return json.dumps(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.20.1.json",
            "data": {"values": [{"x": x, "y": x * x} for x in range(5)]},
            "mark": "point",
            "encoding": {
                "x": {"field": "x", "type": "quantitative"},
                "color": {"field": "y", "type": "quantitative", "scale": {"scheme": scheme}},
            },
        }
    )


@pytest.fixture
def renderer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The socket of a process that draws."""
    address = tmp_path / "charts"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(address)])
    deadline = time.monotonic() + 60
    while not address.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    monkeypatch.setenv(rendering.RENDERER_VARIABLE, str(address))
    yield address
    process.kill()
    process.wait()


def test_the_shared_process_draws_what_a_notebook_draws_itself(renderer: Path, monkeypatch: pytest.MonkeyPatch):
    asked = rendering._ask(str(renderer), chart())
    assert asked.startswith(b"<svg")
    shared = [rendering.draw(chart()) for _ in range(2)]
    monkeypatch.delenv(rendering.RENDERER_VARIABLE)
    assert {*shared} == {rendering.draw(chart())}


def labeled(words: str) -> str:
    """A chart of words, in the font of all charts and in bold."""
    return json.dumps(
        {
            "data": {"values": [{"x": words}]},
            "mark": {"type": "text", "fontWeight": "bold"},
            "encoding": {"text": {"field": "x"}, "y": {"field": "x", "type": "nominal"}},
            "title": {"text": words, "subtitle": words[::-1]},
            "config": {"font": FONT},
        }
    )


@pytest.mark.parametrize("words", ["AVATAR Toffee, Wäffle office: 1.50 %", "−3 ≤ x ≥ 2 … “so”", "日本 ✓ ∑", 'a"b\\c\n'])
def test_the_small_font_changes_no_drawing(words: str, tmp_path: Path):
    draw = rendering._quick(tmp_path / "fonts")
    assert draw is not rendering._draw
    assert small_font.suffices(labeled(words)) == ("日" not in words)
    drawn = draw(labeled(words))
    assert small_font.FAMILY not in drawn
    assert rendering._numbered_from_zero(drawn) == rendering.draw(labeled(words))


def test_where_a_small_font_would_change_drawings_it_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = (
        "import sys, pathlib; from continuum.charts import rendering, small_font\n"
        "small_font.FILES = ('DejaVuSansMono.ttf',)\n"
        "assert rendering._quick(pathlib.Path(sys.argv[1])) is rendering._draw"
    )
    subprocess.run([sys.executable, "-c", other, str(tmp_path / "fonts")], check=True)  # the engine keeps its fonts
    monkeypatch.setattr(small_font, "make", lambda folder, source: 1 / 0)
    assert rendering._quick(tmp_path / "other") is rendering._draw


def test_what_was_drawn_before_leaves_no_trace():
    first = rendering.draw(chart())
    rendering.draw(chart("reds"))
    assert rendering.draw(chart()) == first
    assert "gradient_0" in first


def test_a_wrong_specification_is_named_although_another_process_draws(renderer: Path):
    with pytest.raises(ValueError, match=r"."):
        rendering.draw('{"mark": 3}')
    assert rendering._ask(str(renderer), chart()).startswith(b"<svg")


@pytest.mark.parametrize("listening", [False, True])
def test_a_chart_is_drawn_where_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listening: bool):
    address = tmp_path / "charts"
    monkeypatch.setenv(rendering.RENDERER_VARIABLE, str(address))
    monkeypatch.setattr(rendering, "_ANSWER_SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as deaf:
        if listening:
            deaf.bind(str(address))
            deaf.listen(1)
        assert rendering.draw(chart()).startswith("<svg")
