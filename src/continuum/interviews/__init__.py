"""Coded interviews: what was mentioned, by whom and together with what, and how far the coding can be relied on.

Every function takes the tidy tables of :mod:`continuum.ingest`, or the case-by-code matrix made from them, and
returns tables or small result objects. The unit of analysis is a provider's account, not a survivor's life.
"""

from .agreement import agreement, lowest
from .codebook import codebook_history, codebook_page, compare_codebooks
from .coded import resampling_units
from .coefficients import bootstrap_alpha, gwet_ac1, intraclass, kappa, krippendorff_alpha, percent_agreement
from .contrasts import detectable_effect, sector_contrasts
from .cooccurrence import CoOccurrence, cooccurrence
from .exports import write_apa_table, write_team_files
from .matrix import any_code, code_matrix, segment_matrix
from .network import Network, network, operating_characteristics
from .project_files import write_project_files
from .quotes import anchor_quotes, quote_note
from .saturation import (
    StoppingRule,
    chao2,
    rarefaction,
    saturation,
    saturation_recovery,
    saturation_summary,
    stopping_points,
)
from .summary import code_summary, group_of
from .units import disagreements

__all__ = [
    "CoOccurrence",
    "Network",
    "StoppingRule",
    "agreement",
    "anchor_quotes",
    "any_code",
    "bootstrap_alpha",
    "chao2",
    "code_matrix",
    "code_summary",
    "codebook_history",
    "codebook_page",
    "compare_codebooks",
    "cooccurrence",
    "detectable_effect",
    "disagreements",
    "group_of",
    "gwet_ac1",
    "intraclass",
    "kappa",
    "krippendorff_alpha",
    "lowest",
    "network",
    "operating_characteristics",
    "percent_agreement",
    "quote_note",
    "rarefaction",
    "resampling_units",
    "saturation",
    "saturation_recovery",
    "saturation_summary",
    "sector_contrasts",
    "segment_matrix",
    "stopping_points",
    "write_apa_table",
    "write_project_files",
    "write_team_files",
]
