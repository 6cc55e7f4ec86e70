"""Where a number comes from, how strong that makes it, and the words it may be put in (methods.md, section E)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

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


@dataclass(frozen=True)
class Origin:
    """Where a result comes from: the class of its weakest input and the identity of all of them.

    Origins form a join-semilattice under ``|``: whatever is computed from inputs, in whatever order and however often
    one is used, has the weakest class among them and names every one. No function of inputs can raise the class.

    Attributes
    ----------
    provenance : Provenance
    inputs : frozenset of str
        Names with content hashes, such as ``survey.csv@3f2a09c1``; empty for the identity.
    """

    provenance: Provenance = Provenance.PUBLISHED
    inputs: frozenset[str] = frozenset()

    def __or__(self, other: Origin) -> Origin:
        """Origin of a result computed from both."""
        return Origin(self.provenance | other.provenance, self.inputs | other.inputs)

    @classmethod
    def of_file(cls, path: Path, provenance: Provenance) -> Origin:
        """Origin of what is read from one file, identified by name and content."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        return cls(provenance, frozenset({f"{path.name}@{digest}"}))


def combined(origins: Iterable[Origin]) -> Origin:
    """Origin of a result computed from all of ``origins``; the identity for none."""
    result = Origin()
    for one in origins:
        result = result | one
    return result


def shows_synthetic(options: Mapping[str, object], *, synthetic: bool) -> bool:
    """Whether the output of a cell must say that it is synthetic.

    A cell that shows published facts or the paper's own references says so with ``#| provenance: PUBLISHED``.
    """
    return synthetic and options.get("provenance") != Provenance.PUBLISHED.name


def label_caption(caption: str, *, synthetic: bool) -> str:
    """``caption`` with the synthetic note exactly when it applies; applying it twice changes nothing."""
    plain = caption.replace(SYNTHETIC_NOTE, "").rstrip()
    if not synthetic:
        return plain
    return f"{plain}{'' if plain.endswith(('.', '?', '!')) else '.'} {SYNTHETIC_NOTE}"
