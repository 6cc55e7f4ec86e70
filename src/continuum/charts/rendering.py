"""Draws specifications as SVG: in this process, or in one that several notebooks share.

Starting the JavaScript engine costs as much as drawing three charts, so the notebooks of a run ask one process. What it
draws has the same bytes as what a notebook draws itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from . import small_font
from .picture import fonts

#: Names the socket of the process that draws; where it is missing or does not answer, everyone draws alone.
RENDERER_VARIABLE = "CONTINUUM_RENDERER"

_LENGTH = struct.Struct("!Q")
#: Others are being served for longer than this: drawing alone is faster.
_CONNECT_SECONDS = 0.5
_ANSWER_SECONDS = 30.0
_WAITING = 1
_NUMBERED = re.compile(r"\b(gradient|clip|pattern)_?(\d+)\b")
_FONT = f"{small_font.ORIGINAL}, "
#: Letters that stand close to each other or are drawn as one, in both weights.
_SAMPLE = json.dumps(
    {
        "data": {"values": [{"a": "AVATAR Toffee, Waffle office: 1.50 %"}]},
        "mark": {"type": "text", "font": f"{_FONT}sans-serif"},
        "encoding": {"text": {"field": "a"}, "y": {"field": "a", "type": "nominal"}},
        "config": {"font": f"{_FONT}sans-serif", "axis": {"titleFontWeight": "bold"}},
    }
)


def draw(spec: str) -> str:
    """A Vega-Lite specification as SVG.

    Parameters
    ----------
    spec : str
        JSON.

    Raises
    ------
    ValueError
        If it is not a specification.
    """
    address = os.environ.get(RENDERER_VARIABLE)
    drawn = _ask(address, spec) if address else b""
    return _numbered_from_zero(drawn.decode() if drawn else _draw(spec))


def serve(address: str) -> None:
    """Draw for everyone who asks at a socket, one after another, until this process is ended."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(_WAITING)
        draw_one = _quick(Path(address).with_name("fonts"))  # the engine is ready before the first notebook asks
        while True:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_ANSWER_SECONDS)
                try:
                    drawn = draw_one(_receive(connection).decode()).encode()
                except ValueError:
                    drawn = b""  # who asked finds out what is wrong by drawing alone
                connection.sendall(_LENGTH.pack(len(drawn)) + drawn)


def _ask(address: str, spec: str) -> bytes:
    """What the shared process draws; empty if it does not."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_CONNECT_SECONDS)
            connection.connect(address)
            connection.settimeout(_ANSWER_SECONDS)
            text = spec.encode()
            connection.sendall(_LENGTH.pack(len(text)) + text)
            return _receive(connection)
    except OSError:
        return b""


def _receive(connection: socket.socket) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = connection.recv(min(length, 1 << 20))
        if not part:
            raise ConnectionError("the other end closed")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _draw(spec: str) -> str:
    return str(_engine().vegalite_to_svg(spec))


def _quick(folder: Path) -> Callable[[str], str]:
    """Draws with a small font wherever that makes no difference; as everyone draws, where there is no such font."""
    source = fonts()
    try:
        if source is None:
            return _draw
        small_font.make(folder, source)
        _engine().register_font_directory(str(folder))
        if _with_small_font(_SAMPLE) != _draw(_SAMPLE):  # an installed font of that name has other letters
            return _draw
    except Exception:  # nothing depends on it
        return _draw
    return lambda spec: _with_small_font(spec) if small_font.suffices(spec) else _draw(spec)


def _with_small_font(spec: str) -> str:
    return _draw(spec.replace(_FONT, f"{small_font.FAMILY}, {_FONT}")).replace(f"{small_font.FAMILY}, {_FONT}", _FONT)


@cache
def _engine() -> Any:
    import vl_convert

    folder = fonts()
    if folder is not None:
        vl_convert.register_font_directory(str(folder))
    return vl_convert


def _numbered_from_zero(svg: str) -> str:
    """The engine counts gradients over all charts it has drawn; count those of this chart."""
    seen: dict[str, str] = {}

    def renumber(match: re.Match[str]) -> str:
        kind = match.group(1)
        return seen.setdefault(match.group(0), f"{kind}_{sum(name.startswith(kind) for name in seen)}")

    return _NUMBERED.sub(renumber, svg)
