"""Ten pages look as they should, on a phone and on a desk, by day and by night: compared with small committed pictures.

Each reference is the first screen of a page at 1/20 of its size in 16 grays, so that a changed number does not matter
and a lost style sheet, menu or figure does. The browser has the same fonts on every machine (``same_fonts``), for other
fonts break lines elsewhere. To renew the references after a wanted change:
``CONTINUUM_NEW_PICTURES=1 pytest tests/browser/test_pictures.py``.
"""

from __future__ import annotations

import base64
import io
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REFERENCES = Path(__file__).parent / "pictures.json"
PAGES = (
    "index.html", "paper/index.html", "notebooks/10-interviews.html", "notebooks/20-survey.html", "pages/explore.html",
    "pages/results.html", "pages/methods.html", "pages/data.html", "pages/reproduce.html", "404.html",
)  # fmt: skip
WIDTHS = {1280: 900, 360: 740}
SCHEMES = ("light", "dark")
SHRINK, GRAYS = 20, 16
#: Least correlation of a small picture with the one kept: the same page has 1.00, another page .4, an unstyled one .0.
ALIKE = 0.75
#: Longest stretch of a page without anything on it, in pixels.
EMPTY = 700


def taken(visit: Visitor, name: str) -> Iterator[tuple[str, Image.Image, Image.Image]]:
    """First screen and whole page in every width and color scheme."""
    for width, height in WIDTHS.items():
        seen = visit(name, viewport={"width": width, "height": height})
        for scheme in SCHEMES:
            seen.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            seen.settle()
            first = Image.open(io.BytesIO(seen.page.screenshot()))
            whole = Image.open(io.BytesIO(seen.page.screenshot(full_page=True)))
            yield f"{name} {width} {scheme}", first, whole
        seen.page.context.close()


def small(picture: Image.Image) -> np.ndarray:
    """A picture at 1/20 of its size in 16 grays."""
    size = (picture.width // SHRINK, picture.height // SHRINK)
    return np.asarray(picture.convert("L").resize(size, Image.Resampling.BOX)) // (256 // GRAYS)


def packed(points: np.ndarray) -> str:
    return base64.b85encode(zlib.compress(points.astype(np.uint8).tobytes(), 9)).decode()


def unpacked(text: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), np.uint8).reshape(shape)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1])


def longest_empty(picture: Image.Image) -> int:
    """Rows in the longest stretch in which all points of a row are alike."""
    gray = np.asarray(picture.convert("L"), int)
    lines = np.flatnonzero(np.ptp(gray, axis=1) > 8)
    return int(np.diff([-1, *lines, len(gray)]).max()) if len(lines) else len(gray)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_should(visit: Visitor, name: str):
    references = json.loads(REFERENCES.read_text(encoding="utf-8")) if REFERENCES.is_file() else {}
    problems = []
    for key, first, whole in taken(visit, name):
        points = small(first)
        light = float(np.median(points))
        if (light > GRAYS * 0.75) is not key.endswith("light"):
            problems.append(f"{key}: paper of gray {light:.0f} of {GRAYS - 1}")
        if (empty := longest_empty(whole)) > EMPTY:
            problems.append(f"{key}: {empty} pixels without anything on them")
        if os.environ.get("CONTINUUM_NEW_PICTURES"):
            references[key] = packed(points)
            continue
        if (likeness := alike(points, unpacked(references[key], points.shape))) < ALIKE:
            problems.append(f"{key}: the first screen has a correlation of {likeness:.2f} with the picture kept")
    if os.environ.get("CONTINUUM_NEW_PICTURES"):
        REFERENCES.write_text(json.dumps(dict(sorted(references.items())), indent=0) + "\n", encoding="utf-8")
    assert problems == []


def test_a_page_without_its_style_sheet_does_not_pass(visit: Visitor):
    seen = visit("paper/index.html")
    seen.settle()
    seen.page.evaluate("document.querySelector('link[rel=stylesheet]').remove()")
    points = small(Image.open(io.BytesIO(seen.page.screenshot())))
    reference = unpacked(
        json.loads(REFERENCES.read_text(encoding="utf-8"))["paper/index.html 1280 light"], points.shape
    )
    assert alike(points, reference) < ALIKE
