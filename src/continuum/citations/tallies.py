"""How often each work is supported, contrasted and mentioned: statements counted, never probabilities summed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .features import LABELS

THRESHOLD = 0.8
_PEOPLE = ("human", "author")


def counted(classified: pd.DataFrame, threshold: float = THRESHOLD) -> pd.Series:
    """Which contexts enter a tally as their label.

    Labels of people and authors do; automatic ones only at a calibrated probability of at least ``threshold``.
    Without probabilities (rules mode) no automatic stance counts. A stance that rests on a synthetic result, text
    read from PDF, and contexts without a label never do.
    """
    best = classified[[f"p_{name}" for name in LABELS]].max(axis=1).fillna(0)
    by_people = classified["label_source"].isin(_PEOPLE)
    trusted = classified["parse_quality"] != "low" if "parse_quality" in classified else True
    illustration = classified["stance_synthetic"].fillna(False) if "stance_synthetic" in classified else False
    return classified["label"].notna() & (by_people | ((best >= threshold) & trusted)) & ~illustration


def tally(classified: pd.DataFrame, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Counts of statements per cited work.

    Parameters
    ----------
    classified : DataFrame
        What :func:`continuum.citations.classify` or :func:`continuum.citations.apply_labels` returns.
    threshold : float
        Calibrated probability from which an automatic label counts.

    Returns
    -------
    DataFrame
        One row per cited work: cited_id (or ref_id), doi, title, supporting, contrasting, mentioning, unclassified,
        total (their sum), confirmed_supporting, confirmed_contrasting, confirmed_mentioning, citing_works,
        self_citations.
    """
    key = "cited_id" if "cited_id" in classified else "ref_id"
    statements = _statements(classified.assign(counted=counted(classified, threshold)))
    enters, people = statements["counted"].astype(bool), statements["label_source"].isin(_PEOPLE)
    counts = pd.DataFrame({key: statements[key]})
    for name in LABELS:
        counts[name] = enters & (statements["label"] == name)
    counts = counts.assign(unclassified=~enters, total=True)
    for name in LABELS:
        counts[f"confirmed_{name}"] = people & counts[name]
    if "self_citation" in statements:
        counts["self_citations"] = statements["self_citation"] == "yes"
    sums = counts.groupby(key, sort=True, dropna=False).sum().astype(int)
    marks = classified.groupby(key, sort=True, dropna=False)
    for column in ("doi", "title", "year"):
        sums[column] = marks[column].first() if column in classified else None
    sums["citing_works"] = marks["source_id"].nunique() if "source_id" in classified else None
    columns = [
        key, "doi", "title", "year", *LABELS, "unclassified", "total", *(f"confirmed_{n}" for n in LABELS),
        "citing_works", "self_citations",
    ]  # fmt: skip
    return sums.reset_index().reindex(columns=columns)


def as_service_shape(tallies: pd.DataFrame) -> list[dict[str, Any]]:
    """Tallies with the field names that scite's interface uses, where "contradicting" is contrasting."""
    return [
        {
            "doi": row.doi, "total": row.total, "supporting": row.supporting, "contradicting": row.contrasting,
            "mentioning": row.mentioning, "unclassified": row.unclassified, "citingPublications": row.citing_works,
        }
        for row in tallies.itertuples(index=False) if isinstance(row.doi, str)
    ]  # fmt: skip


def _statements(classified: pd.DataFrame) -> pd.DataFrame:
    """One row per statement: marks of one sentence and reference count once, a person's label first."""
    if "statement_id" not in classified:
        return classified
    rank = classified["label_source"].map({"human": 0, "author": 1}).fillna(2)
    return classified.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates("statement_id")
