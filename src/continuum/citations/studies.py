"""A study's citing articles, labels and notices, as ``study.yaml`` names them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import NotCollected
from ..study import Study
from .documents import Extraction, extract_all, read_document
from .labels import apply_labels, read_labels
from .references import check_references, read_notices

_SUFFIXES = {".xml", ".nxml"}


def citing(study: Study) -> Extraction:
    """Citation contexts of the articles that cite a study.

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
    return extract_all(files, synthetic=study.synthetic)


def decided(study: Study, classified: pd.DataFrame) -> pd.DataFrame:
    """``classified`` with the labels that people gave, if the study has a ``labels.csv``."""
    spec = study.citations
    if spec is None or spec.labels is None:
        return apply_labels(classified, pd.DataFrame(columns=["context_id", "label", "labeler"]))
    path = study.path(spec.labels)
    return apply_labels(classified, read_labels(path), file=path.name)


def check_bibliography(study: Study, manuscript: Path, contexts: pd.DataFrame) -> pd.DataFrame:
    """The manuscript's reference list, checked against the study's list of notices if it has one."""
    spec = study.citations
    notices = read_notices(study.path(spec.retractions)) if spec is not None and spec.retractions else None
    document = read_document(manuscript)
    listed = frozenset(w.split()[1].removeprefix("@") for w in document.warnings if w.startswith("nocite: "))
    return check_references(document.references, contexts, notices, nocite=listed)
