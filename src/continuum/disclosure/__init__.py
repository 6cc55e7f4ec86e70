"""What may be shown to whom: small cells are hidden before anything is stored, and everything publishable is scanned.

``suppress`` hides cells, ``audit`` proves that what is hidden cannot be computed back, ``inspection`` reads whatever is
about to be published and looks for what must not be in it.
"""

from .inspection import Leak, scan
from .magnitudes import sum_table
from .suppress import SUPPRESSED, Rule, protect, shown

__all__ = ["SUPPRESSED", "Leak", "Rule", "protect", "scan", "shown", "sum_table"]
