"""Where a number comes from, how strong that makes it, and the words it may be put in (methods.md, section E)."""

from __future__ import annotations

from enum import Enum

#: Appended to captions and printed inside every image made from synthetic input.
SYNTHETIC_NOTE = "Synthetic data, not a finding."


class Provenance(Enum):
    """Classes of evidence, strongest first; a result has the weakest class of its inputs."""

    PUBLISHED = 4
    USER_DATA = 3
    SOURCED_PARAM = 2
    USER_ASSUMPTION = 1
    SYNTHETIC = 0

    def __or__(self, other: Provenance) -> Provenance:
        """The class of a result computed from both: the weaker one (a join-semilattice)."""
        return self if self.value <= other.value else other

    @property
    def wording(self) -> str:
        """How a sentence about such a result has to begin."""
        return _WORDING[self]


_WORDING = {
    Provenance.PUBLISHED: "as published,",
    Provenance.USER_DATA: "in this data set,",
    Provenance.SOURCED_PARAM: "given the cited parameter,",
    Provenance.USER_ASSUMPTION: "if the stated assumption holds,",
    Provenance.SYNTHETIC: "in synthetic data,",
}


def weakest(*classes: Provenance) -> Provenance:
    """Class of a result that uses inputs of all these classes; PUBLISHED, the identity, for none."""
    result = Provenance.PUBLISHED
    for one in classes:
        result = result | one
    return result


def label_caption(caption: str, *, synthetic: bool) -> str:
    """``caption`` with the synthetic note exactly when it applies; applying it twice changes nothing."""
    plain = caption.replace(SYNTHETIC_NOTE, "").rstrip()
    return f"{plain} {SYNTHETIC_NOTE}" if synthetic else plain
