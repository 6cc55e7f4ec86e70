"""A study's citing articles, labels and notices, as ``study.yaml`` names them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .. import paths
from ..errors import BadInput, NotCollected
from ..study import Study
from .bibliography import read_bibliography
from .documents import Extraction, extract_all, read_document
from .labels import COLUMNS, apply_labels, read_labels
from .people import agreement
from .records import Reference, clean_doi
from .references import check_references, read_notices

_SUFFIXES = {".xml", ".nxml"}


def citing(study: Study) -> Extraction:
    """Citation contexts of the articles that cite a study.

    References without a DOI are found by title and year among the works of :func:`library`.

    Raises
    ------
    NotCollected
        If the study names no articles or the folder holds none.
    """
    spec = study.citations
    if spec is None or spec.articles is None:
        raise NotCollected("no citing articles were given", "put articles (JATS or TEI) under citations: articles:")
    files = [p for p in study.path(spec.articles).iterdir() if p.suffix.lower() in _SUFFIXES]
    if not files:
        raise NotCollected("the folder of citing articles is empty", "add articles as JATS or TEI")
    return extract_all(files, synthetic=study.synthetic, library=library(study))


def library(study: Study) -> list[Reference]:
    """Works whose DOI is known here: the study itself, as ``study.yaml`` cites it, and the paper's reference list."""
    bibliography = paths.paper() / "references.bib"
    works = list(read_bibliography(bibliography).values()) if bibliography.is_file() else []
    own = study.citations.own if study.citations is not None else None
    if own is not None and own.doi and own.title:
        works.append(Reference("own", doi=clean_doi(own.doi), title=own.title, year=own.year))
    return works


def labels_file(study: Study) -> Path:
    """Where the labels that people give are kept: the file ``study.yaml`` names, else ``citations/labels.csv``."""
    spec = study.citations
    return study.folder / (spec.labels if spec is not None and spec.labels else "citations/labels.csv")


def people_labels(study: Study) -> pd.DataFrame:
    """Labels that people gave; none if the study names no file.

    Raises
    ------
    BadInput
        If the file is wrong, or lies at its usual place without being named: labels are never passed over in silence.
    """
    path = labels_file(study)
    if study.citations is not None and study.citations.labels:
        return read_labels(study.path(study.citations.labels))
    if path.is_file():
        raise BadInput(
            "holds labels that study.yaml does not name", file=path.name,
            fix=f"add to study.yaml, under citations: labels: {path.relative_to(study.folder)}",
        )  # fmt: skip
    return pd.DataFrame(columns=list(COLUMNS))


def decided(study: Study, classified: pd.DataFrame) -> pd.DataFrame:
    """``classified`` with the labels that people gave, if the study has a ``labels.csv``."""
    return apply_labels(classified, people_labels(study), file=labels_file(study).name)


def agreed(study: Study, classified: pd.DataFrame) -> pd.DataFrame:
    """Agreement of people and machine on a study's citations; see :func:`continuum.citations.agreement`."""
    return agreement(classified, people_labels(study))


def check_bibliography(study: Study, manuscript: Path, contexts: pd.DataFrame) -> pd.DataFrame:
    """The manuscript's reference list, checked against the study's list of notices if it has one."""
    spec = study.citations
    notices = read_notices(study.path(spec.retractions)) if spec is not None and spec.retractions else None
    document = read_document(manuscript)
    listed = frozenset(w.split()[1].removeprefix("@") for w in document.warnings if w.startswith("nocite: "))
    return check_references(document.references, contexts, notices, nocite=listed)
