"""How far people and machine agree on the class of a citation, and people with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import NotCollected
from .features import LABELS
from .labels import CONSENSUS

#: Labels of the study's own field that justify fitting the model again.
ENOUGH_FOR_REFIT = 200
_ADVICE = (
    "decide on sentences in the notebook, on the private review page, or in the sheet that `compendium cite` writes"
)


def quality(classified: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of the automatic label on people's labels, with Wilson intervals.

    Only a random sample tells how many stances the machine misses: in the review queue there are none that it put
    far from a stance, so recall there is left empty.

    Parameters
    ----------
    classified : DataFrame
        What :func:`continuum.citations.apply_labels` returns.

    Returns
    -------
    DataFrame
        One row per sample (``random``, ``queue``) with labels, and class: sample, label, called (statements the
        machine calls so), labeled (statements people call so), precision, precision_low, precision_high, recall,
        recall_low, recall_high.

    Raises
    ------
    NotCollected
        If no person has labeled a statement.
    """
    known = _compared(classified)
    from statsmodels.stats.proportion import proportion_confint  # late: it takes longer than all that is left to do

    rows = []
    for sample, part in known.groupby("sample", sort=False):
        for name in LABELS:
            hits = int(((part["label_human"] == name) & (part["label_auto"] == name)).sum())
            called, labeled = int((part["label_auto"] == name).sum()), int((part["label_human"] == name).sum())
            row: dict[str, object] = {"sample": sample, "label": name, "called": called, "labeled": labeled}
            for measure, base in (("precision", called), ("recall", labeled if sample == "random" else 0)):
                low, high = proportion_confint(hits, base, method="wilson") if base else (np.nan, np.nan)
                row |= {measure: hits / base if base else np.nan, f"{measure}_low": low, f"{measure}_high": high}
            rows.append(row)
    return pd.DataFrame(rows)


def _compared(classified: pd.DataFrame) -> pd.DataFrame:
    """Statements with both a person's and an automatic label, random ones first."""
    if "label_human" not in classified:
        raise NotCollected("not checked: no person has labeled a citation yet", _ADVICE)
    known = classified[classified["label_human"].notna() & classified["label_auto"].notna()]
    if known.empty:
        raise NotCollected("not checked: no person has labeled a citation yet", _ADVICE)
    if "statement_id" in known:
        known = known.drop_duplicates("statement_id")
    drawn = ["random" in str(sample) for sample in known["label_sample"]]
    return known.assign(sample=np.where(drawn, "random", "queue")).sort_values("sample", ascending=False, kind="stable")


def agreement(classified: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Agreement of people with the machine, and of every two people, on the statements both labeled.

    Parameters
    ----------
    classified : DataFrame
        What :func:`continuum.citations.classify` or :func:`continuum.citations.apply_labels` returns.
    labels : DataFrame
        What :func:`continuum.citations.read_labels` returns.

    Returns
    -------
    DataFrame
        One row for the machine and the people's decision, one for all labelers together, and one per pair of them:
        between, statements (both labeled), percent (share with equal labels; pairs only), alpha (Krippendorff,
        nominal; empty where everything has one label).

    Raises
    ------
    NotCollected
        If no person has labeled a statement.
    """
    known = _compared(classified)
    rows = [_agreement("people's decision and machine", known[["label_human", "label_auto"]])]
    unit = classified["statement_id"] if "statement_id" in classified else classified["context_id"]
    place = dict(zip(classified["context_id"], unit, strict=True))
    single = labels[(labels["labeler"] != CONSENSUS) & labels["context_id"].isin(place)]
    votes = single.assign(unit=single["context_id"].map(place)).drop_duplicates(["unit", "labeler"])
    table = votes.pivot(index="unit", columns="labeler", values="label")
    both = table[table.notna().sum(axis=1) > 1]
    if len(both):
        rows.append(_agreement("all labelers", both))
        names = list(table.columns)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
        parts = [(a, b, table[[a, b]].dropna()) for a, b in pairs]
        rows += [_agreement(f"{a} and {b}", part) for a, b, part in parts if len(part) and len(names) > 2]
    return pd.DataFrame(rows)


def _agreement(between: str, table: pd.DataFrame) -> dict[str, object]:
    from ..interviews import krippendorff_alpha

    values = table.to_numpy(dtype=object)
    two = values.shape[1] == 2
    return {
        "between": between, "statements": len(table),
        "percent": float((values[:, 0] == values[:, 1]).mean()) if two else np.nan,
        "alpha": krippendorff_alpha(values.T),
    }  # fmt: skip
