"""The charts' font with its usual letters only.

vl-convert opens the font's file for every letter it measures; opening a file of a twentieth of the size takes half of
the time that drawing takes. A process that draws for many notebooks saves what making it costs; it is used only where
drawings come out the same.
"""

from __future__ import annotations

import re
from pathlib import Path

#: A name of its own, for otherwise an installed font could stand in its place.
FAMILY = "Compendium Charts"
#: The family it stands for: the first that charts ask for.
ORIGINAL = "DejaVu Sans"
FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
_RANGES = ((0x20, 0x7E), (0xA0, 0x17F), (0x2010, 0x2027))
_SIGNS = "←→−≈≤≥●▲"
LETTERS = frozenset(chr(code) for low, high in _RANGES for code in range(low, high + 1)) | frozenset(_SIGNS)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_NAMES = (1, 16)  # family, typographic family


def make(folder: Path, source: Path) -> None:
    """Write the small fonts to ``folder``, taken from those in ``source``."""
    from fontTools import subset

    folder.mkdir(exist_ok=True)
    for name in FILES:
        options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True)
        options.drop_tables += ["FFTM"]  # the font editor's own
        font = subset.load_font(str(source / name), options)
        names = font["name"]
        del font["name"]  # finding out which names are needed would take half of the time
        letters = subset.Subsetter(options)
        letters.populate(unicodes=[ord(letter) for letter in LETTERS])
        letters.subset(font)
        for record in names.names:
            if record.nameID in _NAMES:
                record.string = FAMILY
        font["name"] = names
        font.save(folder / name)


def suffices(spec: str) -> bool:
    """Whether a specification, as JSON, has no other letters."""
    plain = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), spec)
    return LETTERS.issuperset(plain.replace("\n", " "))
