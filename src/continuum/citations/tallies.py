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
    rows: list[dict[str, Any]] = []
    work = classified.assign(counted=counted(classified, threshold))
    for cited, group in work.groupby(key, sort=True, dropna=False):
        statements = _statements(group)
        enters = statements["counted"]
        row: dict[str, Any] = {
            key: cited, "doi": _first(group, "doi"), "title": _first(group, "title"), "year": _first(group, "year"),
        }  # fmt: skip
        for name in LABELS:
            row[name] = int((enters & (statements["label"] == name)).sum())
        row["unclassified"] = int((~enters).sum())
        row["total"] = len(statements)
        people = statements["label_source"].isin(_PEOPLE) & enters
        for name in LABELS:
            row[f"confirmed_{name}"] = int((people & (statements["label"] == name)).sum())
        row["citing_works"] = int(group["source_id"].nunique()) if "source_id" in group else None
        row["self_citations"] = int((statements["self_citation"] == "yes").sum()) if "self_citation" in group else None
        rows.append(row)
    columns = [
        key, "doi", "title", "year", *LABELS, "unclassified", "total", *(f"confirmed_{n}" for n in LABELS),
        "citing_works", "self_citations",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def as_service_shape(tallies: pd.DataFrame) -> list[dict[str, Any]]:
    """Tallies with the field names that scite's interface uses, where "contradicting" is contrasting."""
    return [
        {
            "doi": row.doi, "total": row.total, "supporting": row.supporting, "contradicting": row.contrasting,
            "mentioning": row.mentioning, "unclassified": row.unclassified, "citingPublications": row.citing_works,
        }
        for row in tallies.itertuples(index=False) if isinstance(row.doi, str)
    ]  # fmt: skip


def _statements(group: pd.DataFrame) -> pd.DataFrame:
    """One row per statement: marks of one sentence and reference count once, a person's label first."""
    if "statement_id" not in group:
        return group
    rank = group["label_source"].map({"human": 0, "author": 1}).fillna(2)
    order = group.assign(rank=rank).sort_values("rank", kind="stable")
    return order.drop_duplicates("statement_id")


def _first(group: pd.DataFrame, column: str) -> Any:
    values = group[column].dropna() if column in group else pd.Series(dtype=object)
    return None if values.empty else values.iloc[0]
