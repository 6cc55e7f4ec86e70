"""Cues of the plain stance model that ours has to beat: the usual phrases, an own-work anchor, and their verdict.

With the same words, folds, and weighted regression it tells, sentence by sentence, what our further cues are worth.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

AGREEMENT = (
    r"consistent with",
    r"in (?:good |close )?line with",
    r"in (?:good |close )?agreement with|agree(?:s|d)? with",
    r"confirm(?:s|ed|ing)?\b",
    r"corroborat\w+",
    r"replicat(?:es|ed)\b",
    r"lends? support|supports? (?:the|this|our|previous)",
    r"similar (?:findings|results|observations)",
    r"similar to",
    r"as (?:previously|also) (?:reported|shown|described)",
    r"in accordance with|in keeping with",
)
CONTRAST = (
    r"in contrast (?:to|with)",
    r"contrary to",
    r"inconsistent with|not consistent with",
    r"differ(?:s|ed)? from",
    r"unlike (?:\w+ ){0,3}(?:stud\w+|TREF|OREF|previous)",
    r"(?:higher|greater|larger|more) than (?:\w+ ){0,4}report\w*",
    r"(?:lower|less|smaller|fewer) than (?:\w+ ){0,4}report\w*",
    r"(?:could|did) not replicate|unable to replicate",
    r"fail(?:s|ed)? to (?:confirm|replicate|find)",
    r"(?:do|does|did) not support",
    r"whereas (?:\w+ ){0,6}(?:found|reported)",
    r"contradict\w*|conflict\w* with",
    r"opposite (?:to|result|effect|direction)|discrepan\w+",
)
_CUES = [re.compile(pattern, re.IGNORECASE) for pattern in (*AGREEMENT, *CONTRAST)]
_OWN = re.compile(r"\bour\b|\bwe found\b|\bthis study\b|\bpresent (?:study|results|findings|data)\b", re.IGNORECASE)


def features(masked: str) -> NDArray[np.float64]:
    """Cues found, own-work anchor, the two verdicts by cues, target present, and length of one masked sentence."""
    found = [bool(pattern.search(masked)) for pattern in _CUES]
    own = bool(_OWN.search(masked))
    agree, differ = sum(found[: len(AGREEMENT)]), sum(found[len(AGREEMENT) :])
    verdicts = (bool(agree and own) or agree > 1, bool(differ and own) or differ > 1)
    return np.array([*found, own, *verdicts, "TREF" in masked, min(len(masked) / 300, 2.0)], dtype=float)
