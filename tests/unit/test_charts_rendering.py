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

from continuum.charts import rendering

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
