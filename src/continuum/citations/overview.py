"""What the citations notebook shows: tables and counts of one set of classed contexts."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from .classes import classify
from .documents import Extraction
from .features import LABELS
from .records import SECTIONS
from .tallies import counted


def by_reference(contexts: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    """Each reference of a document: how often, and where, it is cited.

    Returns
    -------
    DataFrame
        ref_id, title, year, doi, contexts, sections (names in reading order), declared (stances the author declared).
    """
    rows: list[dict[str, Any]] = []
    for reference in references.itertuples(index=False):
        own = contexts[contexts["ref_id"] == reference.ref_id]
        sections = [s for s in SECTIONS if s in set(own["section"])]
        declared = own["label_author"].dropna().value_counts()
        rows.append(
            {
                "ref_id": reference.ref_id, "title": reference.title, "year": reference.year, "doi": reference.doi,
                "contexts": len(own), "sections": ", ".join(sections) or "not cited",
                "declared": ", ".join(f"{name} {number}" for name, number in declared.items()) or "none",
            }
        )  # fmt: skip
    columns = ["ref_id", "title", "year", "doi", "contexts", "sections", "declared"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["contexts", "ref_id"], ascending=[False, True], kind="stable", ignore_index=True)


def by_section(classified: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Statements per section and class; labels that are not certain enough are ``unclassified``.

    Returns
    -------
    DataFrame
        section, label, statements, share (of the section's statements).
    """
    statements = classified.assign(counted=counted(classified, threshold)).drop_duplicates("statement_id")
    shown = statements["label"].where(statements["counted"], "unclassified").fillna("unclassified")
    counts = pd.crosstab(statements["section"], shown)
    counts = counts.reindex(index=[s for s in SECTIONS if s in counts.index], fill_value=0)
    counts = counts.reindex(columns=[*LABELS, "unclassified"], fill_value=0)
    tidy = counts.rename_axis(index="section").reset_index().melt("section", var_name="label", value_name="statements")
    tidy["section"] = pd.Categorical(tidy["section"], list(counts.index))
    tidy = tidy.sort_values("section", kind="stable", ignore_index=True).astype({"section": str})
    totals = tidy.groupby("section")["statements"].transform("sum")
    return tidy.assign(share=tidy["statements"] / totals.where(totals > 0, 1))


def classified(found: Extraction, mode: Literal["model", "rules"]) -> pd.DataFrame:
    """The contexts of an extraction with their classes."""
    return classify(found.contexts, mode)


def tally_table(tallies: pd.DataFrame) -> pd.DataFrame:
    """The columns of a tally that a reader needs."""
    return tallies[["title", *LABELS, "unclassified", "total", "citing_works"]]


def changed(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """How many contexts two ways of classing label differently, as a sentence."""
    labels = first.set_index("context_id")["label"], second.set_index("context_id")["label"]
    different = int((labels[0] != labels[1].reindex(labels[0].index)).sum())
    return f"{different} of {len(first)} contexts get another label."


def excerpts(
    classified: pd.DataFrame, labels: tuple[str, ...] = ("supporting", "contrasting"), most: int = 12
) -> pd.DataFrame:
    """Sentences with a stance, for reading: those that people decided first, then the most certain.

    An automatic *contrasting* is something to review, not a finding, and says so in ``standing``.
    """
    rows = classified[classified["label"].isin(labels)].drop_duplicates("statement_id").copy()
    people = rows["label_source"].isin(["human", "author"])
    chance = rows[["p_supporting", "p_contrasting"]].max(axis=1).fillna(0)
    rows["standing"] = ["decided by people" if p else "automatic, to review" for p in people]
    rows = rows.assign(order=chance + people).sort_values(
        ["order", "context_id"], ascending=[False, True], kind="stable"
    )
    rows["probability"] = chance
    columns = ["sentence", "source_title", "section", "label", "probability", "standing"]
    return rows[columns].head(most).reset_index(drop=True)


def counts(classified: pd.DataFrame, found: Extraction, threshold: float) -> pd.DataFrame:
    """Numbers of documents, references, contexts and counted labels.

    Returns
    -------
    DataFrame
        what, n, base (number of statements, or of documents given).
    """
    read = [entry for entry in found.report if "records" in entry]
    statements = classified.assign(counted=counted(classified, threshold)).drop_duplicates("statement_id")
    base = len(statements)
    rows = [
        ("articles", len(read), len(found.report)), ("contexts", len(classified), len(read)),
        ("statements", base, len(read)),
        ("references", sum(int(entry["references"]) for entry in read), len(read)),
        ("unresolved", sum(len(entry["unresolved"]) for entry in read), len(read)),
        ("from_ranges", int(classified["from_range"].eq(True).sum()), len(classified)),
        *((name, int((statements["counted"] & (statements["label"] == name)).sum()), base) for name in LABELS),
        ("unclassified", int((~statements["counted"]).sum()), base),
        ("confirmed", int(statements["label_source"].eq("human").sum()), base),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "n", "base"])
