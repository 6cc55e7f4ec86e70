"""People decide: their labels win over everything, and are test data for the automatic ones."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ..atomic import write_text
from ..errors import BadInput, CompendiumError, ManyProblems
from ..ingest.safe import read_csv_rows
from ..tables import safe_for_spreadsheets
from .features import LABELS

#: ``sentence`` finds a label again whose context has changed; ``sample`` says how the context came to be looked at.
COLUMNS = ("context_id", "label", "labeler", "date", "note", "sentence", "sample")
CONSENSUS = "consensus"
#: Contexts whose probabilities of supporting and contrasting add up to this are worth a person's time.
WORTH_REVIEW = 0.15
_DECIDED = ("confirmed", "overridden")


def read_labels(path: Path) -> pd.DataFrame:
    """Labels that people gave: context_id, label, labeler, date, note, sentence, sample and further columns.

    Rows without label and labeler are left out: so a review sheet can be given back half filled in.

    Raises
    ------
    BadInput, ManyProblems
        For a missing column, an unknown label, or two rows of one labeler for one context; with the row.
    """
    table = read_csv_rows(path)
    frame = pd.DataFrame(table.rows, columns=table.header)
    missing = [c for c in ("context_id", "label", "labeler") if c not in frame]
    if missing:
        columns = ", ".join(COLUMNS)
        raise BadInput(f"no column {missing[0]!r}", file=path.name, place="row 1", fix=f"columns: {columns}")
    frame = frame.reindex(columns=[*COLUMNS, *[c for c in frame if c not in COLUMNS]], fill_value="")
    frame = frame[(frame["label"] != "") | (frame["labeler"] != "")]
    problems = [*_wrong_rows(frame, path.name)]
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return frame.reset_index(drop=True)


def _wrong_rows(frame: pd.DataFrame, file: str) -> list[CompendiumError]:
    """Unknown labels, nobody's labels, and second labels by one person; row 1 is the header."""
    problems: list[CompendiumError] = []
    for place, row in enumerate(frame.to_dict("records")):
        number = int(str(frame.index[place])) + 2
        if row["label"] not in LABELS:
            near = difflib.get_close_matches(str(row["label"]), LABELS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(LABELS)}"
            what = f"unknown label {row['label']!r}"
            problems.append(BadInput(what, file=file, place=f"row {number}, column label", fix=hint))
        if not row["labeler"]:
            what, hint = "a label without a labeler", "write who decided, for example initials"
            problems.append(BadInput(what, file=file, place=f"row {number}, column labeler", fix=hint))
    for index, second in frame[frame.duplicated(["context_id", "labeler"])].iterrows():
        what = f"{second.labeler} labels {second.context_id} twice"
        problems.append(BadInput(what, file=file, place=f"row {int(str(index)) + 2}", fix="keep one of the rows"))
    return problems


def save_labels(path: Path, decisions: pd.DataFrame) -> pd.DataFrame:
    """Add decisions to a label file; a person's new label of a context replaces the old one.

    The file is written whole or not at all, so a reader never sees half of it.

    Parameters
    ----------
    path : path
        ``labels.csv``; made if it does not exist.
    decisions : DataFrame
        context_id, label, labeler and any of the further columns of :data:`COLUMNS`.

    Returns
    -------
    DataFrame
        All labels now in the file.

    Raises
    ------
    BadInput, ManyProblems
        If the file or the decisions are wrong; the file stays as it was.
    """
    known = read_labels(path) if path.is_file() else pd.DataFrame(columns=list(COLUMNS))
    new = decisions.reindex(columns=[*COLUMNS, *[c for c in known if c not in COLUMNS]], fill_value="").fillna("")
    problems = _wrong_rows(new.reset_index(drop=True), "decisions")
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    merged = pd.concat([known, new]).drop_duplicates(["context_id", "labeler"], keep="last", ignore_index=True)
    write_text(path, safe_for_spreadsheets(merged).to_csv(index=False, lineterminator="\n"))
    return merged


def apply_labels(
    classified: pd.DataFrame, labels: pd.DataFrame, *, file: str = "labels.csv", allow_orphans: bool = False
) -> pd.DataFrame:
    """Put people's labels over the author's and the automatic ones.

    A label holds for every mark of its statement. Two people who disagree leave it ``disputed`` and without a label
    until a row by ``consensus`` decides.

    Raises
    ------
    BadInput
        If a label belongs to a context that does not exist (any more), unless ``allow_orphans``; the nearest context
        of the same wording is offered where the row has a sentence.
    """
    result = classified.copy()
    known = set(result["context_id"])
    given = labels.to_dict("records")
    orphans = [row for row in given if row["context_id"] not in known]
    if orphans and not allow_orphans:
        raise _orphan(orphans[0], result, file, len(orphans))
    unit = result["statement_id"] if "statement_id" in result else result["context_id"]
    unit_of = dict(zip(result["context_id"], unit, strict=True))
    people: dict[str, list[Mapping[Any, Any]]] = {}
    for row in given:
        if row["context_id"] in known:
            people.setdefault(unit_of[row["context_id"]], []).append(row)
    result["label_human"] = unit.map({place: _decide(votes) for place, votes in people.items()})
    result["labelers"] = [sorted({str(v["labeler"]) for v in people.get(place, ())}) for place in unit]
    result["label_note"] = unit.map({place: _joined(votes, "note") for place, votes in people.items()})
    result["label_sample"] = unit.map({place: _joined(votes, "sample") for place, votes in people.items()})
    labeled = unit.isin(people)
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


def _decide(votes: Sequence[Mapping[Any, Any]]) -> str | None:
    agreed = {str(vote["label"]) for vote in votes if vote["labeler"] == CONSENSUS}
    said = agreed or {str(vote["label"]) for vote in votes}
    return said.pop() if len(said) == 1 else None


def _joined(votes: Sequence[Mapping[Any, Any]], column: str) -> str | None:
    return "; ".join(dict.fromkeys(str(vote[column]) for vote in votes if vote.get(column))) or None


def _orphan(row: Mapping[Any, Any], contexts: pd.DataFrame, file: str, number: int) -> BadInput:
    words = set(str(row.get("sentence", "")).lower().split())
    fix = "remove the row, or use --allow-orphans"
    if words and len(contexts):
        overlap = contexts["sentence"].map(lambda s: len(words & set(s.lower().split())) / len(words))
        if overlap.max() >= 0.8:
            fix = f"the same sentence is now {contexts['context_id'].iloc[int(overlap.to_numpy().argmax())]}; {fix}"
    more = f", nor do {number - 1} others" if number > 1 else ""
    what = f"the context {row['context_id']} does not exist{more}"
    return BadInput(what, file=file, place="column context_id", fix=fix)


def to_review(
    classified: pd.DataFrame, sample: Literal["queue", "random"] = "queue", *, limit: float = WORTH_REVIEW
) -> pd.DataFrame:
    """Statements that wait for a person, with the chance that they carry a stance.

    Parameters
    ----------
    classified : DataFrame
    sample : {"queue", "random"}
        The queue holds what may be a stance, the most likely first: it finds stances, and tells how often the
        machine is right. A random order tells in addition how many it misses. It is that of the ids read
        backwards, which are hashes, so everybody draws the same sentences.
    limit : float
        Contexts whose probabilities of supporting and contrasting add up to at least this enter the queue.

    Returns
    -------
    DataFrame
        One row per statement, with ``chance`` and ``sample`` added.
    """
    chance = classified["p_supporting"] + classified["p_contrasting"]
    by_rules = classified["label_auto"].isin(["supporting", "contrasting"]).astype(float)
    chance = chance.where(chance.notna(), by_rules)
    waiting = classified.assign(chance=chance, sample=sample)[~classified["status"].isin(_DECIDED)]
    if "statement_id" in waiting:
        waiting = waiting.drop_duplicates("statement_id")
    if sample == "random":
        return waiting.sort_values("context_id", key=lambda ids: ids.str[::-1], ignore_index=True)
    queue = waiting[waiting["chance"] >= limit]
    return queue.sort_values(["chance", "context_id"], ascending=[False, True], kind="stable", ignore_index=True)


def review_sheet(classified: pd.DataFrame, *, limit: float = WORTH_REVIEW) -> pd.DataFrame:
    """The queue of :func:`to_review` with empty columns to fill in; :func:`read_labels` takes the sheet back."""
    queue = to_review(classified, limit=limit)
    columns = ["context_id", "sentence", "title", "label_auto", "p_supporting", "p_contrasting", "sample"]
    return queue.reindex(columns=columns).assign(label="", labeler="", date="", note="")
