"""People decide: their labels win over everything, and are test data for the automatic ones."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput, ManyProblems
from ..ingest.safe import read_csv_rows
from .features import LABELS

COLUMNS = ("context_id", "label", "labeler", "date", "note")
CONSENSUS = "consensus"


def read_labels(path: Path) -> pd.DataFrame:
    """Labels that people gave: context_id, label, labeler, date, note.

    Raises
    ------
    BadInput, ManyProblems
        For a missing column, an unknown label, or two rows of one labeler for one context; with the row.
    """
    table = read_csv_rows(path)
    frame = pd.DataFrame(table.rows, columns=table.header)
    missing = [c for c in ("context_id", "label", "labeler") if c not in frame]
    if missing:
        raise BadInput(f"no column {missing[0]!r}", file=path.name, place="row 1", fix=f"columns: {', '.join(COLUMNS)}")
    frame = frame.reindex(columns=[*COLUMNS, *[c for c in frame if c not in COLUMNS]], fill_value="")
    problems = []
    for number, row in enumerate(frame.itertuples(index=False), start=2):
        if row.label not in LABELS:
            near = difflib.get_close_matches(str(row.label), LABELS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(LABELS)}"
            problems.append(
                BadInput(f"unknown label {row.label!r}", file=path.name, place=f"row {number}, column label", fix=hint)
            )
    twice = frame[frame.duplicated(["context_id", "labeler"], keep="first")]
    problems += [
        BadInput(
            f"{row.labeler} labels {row.context_id} twice", file=path.name, place=f"row {int(str(index)) + 2}",
            fix="keep one of the rows",
        )
        for index, row in twice.iterrows()
    ]  # fmt: skip
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return frame


def apply_labels(
    classified: pd.DataFrame, labels: pd.DataFrame, *, file: str = "labels.csv", allow_orphans: bool = False
) -> pd.DataFrame:
    """Put people's labels over the author's and the automatic ones.

    Two people who disagree leave the context ``disputed`` and without a label until a row by ``consensus`` decides.

    Raises
    ------
    BadInput
        If a label belongs to a context that does not exist (any more), unless ``allow_orphans``; the nearest context
        of the same wording is offered where the row has a sentence.
    """
    result = classified.copy()
    known = set(result["context_id"])
    orphans = [row for row in labels.to_dict("records") if row["context_id"] not in known]
    if orphans and not allow_orphans:
        raise _orphan(orphans[0], result, file)
    people: dict[str, dict[str, str]] = {}
    for row in labels.to_dict("records"):
        people.setdefault(row["context_id"], {})[row["labeler"]] = row["label"]
    human = {context: _decide(votes) for context, votes in people.items()}
    result["label_human"] = result["context_id"].map(human)
    result["labelers"] = [sorted(people.get(context, {})) for context in result["context_id"]]
    labeled = result["context_id"].isin(people)
    decided = result["label_human"].notna()
    disputed = labeled & ~decided
    before = result["label"]
    overrides = decided & before.notna() & (before != result["label_human"])
    result.loc[decided, "label"] = result.loc[decided, "label_human"]
    result.loc[disputed, "label"] = None
    result.loc[labeled, "label_source"] = "human"
    result.loc[decided, "status"] = "confirmed"
    result.loc[overrides, "status"] = "overridden"
    result.loc[disputed, "status"] = "disputed"
    return result


def _decide(votes: Mapping[str, str]) -> str | None:
    if CONSENSUS in votes:
        return votes[CONSENSUS]
    return next(iter(votes.values())) if len(set(votes.values())) == 1 else None


def _orphan(row: Mapping[Any, Any], contexts: pd.DataFrame, file: str) -> BadInput:
    words = set(str(row.get("sentence", "")).lower().split())
    fix = "remove the row, or use --allow-orphans"
    if words:
        overlap = contexts["sentence"].map(lambda s: len(words & set(s.lower().split())) / max(len(words), 1))
        if len(overlap) and overlap.max() >= 0.8:
            fix = f"the same sentence is now {contexts['context_id'].iloc[int(overlap.to_numpy().argmax())]}; {fix}"
    return BadInput(f"the context {row['context_id']} does not exist", file=file, place="column context_id", fix=fix)


def review_sheet(classified: pd.DataFrame, *, limit: float = 0.15) -> pd.DataFrame:
    """Contexts worth a person's time, most likely stance first, with empty columns to fill in.

    Parameters
    ----------
    limit : float
        Contexts whose probabilities of supporting and contrasting add up to at least this are listed.
    """
    chance = classified["p_supporting"].fillna(0) + classified["p_contrasting"].fillna(0)
    waiting = ~classified["status"].isin(["confirmed", "overridden"])
    queue = classified[waiting & (chance >= limit)].assign(chance=chance)
    queue = queue.sort_values(["chance", "context_id"], ascending=[False, True], kind="stable")
    columns = ["context_id", "sentence", "title", "label_auto", "p_supporting", "p_contrasting"]
    sheet = queue.reindex(columns=columns)
    return sheet.assign(label="", labeler="", date="", note="").reset_index(drop=True)


def quality(classified: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of the automatic label on people's labels, with Wilson intervals.

    Returns
    -------
    DataFrame
        One row per class: labeled, precision, precision_low, precision_high, recall, recall_low, recall_high.
    """
    from statsmodels.stats.proportion import proportion_confint

    known = classified[classified["label_human"].notna() & classified["label_auto"].notna()]
    rows = []
    for name in LABELS:
        hits = int(((known["label_human"] == name) & (known["label_auto"] == name)).sum())
        row: dict[str, object] = {"label": name, "labeled": int((known["label_human"] == name).sum())}
        for measure, column in (("precision", "label_auto"), ("recall", "label_human")):
            base = int((known[column] == name).sum())
            low, high = proportion_confint(hits, base, method="wilson") if base else (float("nan"), float("nan"))
            row |= {measure: hits / base if base else float("nan"), f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)
