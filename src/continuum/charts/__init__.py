"""One look for every figure: theme, palette, and rendering that shows offline, in print and to a screen reader.

``base`` draws and stores; the other modules are the compendium's chart types, one family each.
"""

from .base import PALETTE, Figure, figure

__all__ = ["PALETTE", "Figure", "figure"]
