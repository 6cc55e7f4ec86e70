"""What the team decided about excerpts: the review list, filled in and laid beside the study's raw files."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pandas as pd

from ..errors import BadInput, CompendiumError
from ..study import InterviewSpec, Study
from .interview_study import load_interviews
from .personal import find_personal
from .projects import interview_name, raise_problems
from .safe import TableRows
from .spreadsheets import read_table
from .tables import CodedInterviews

#: Columns that are read; those that the review list holds beside them are for people.
COLUMNS = ("interview_id", "excerpt", "decision", "shown_as")
DECISIONS = ("approve", "redact", "drop")
#: Why a decision counts for nothing.
NOT_CODED, NO_CONSENT = "text no longer coded", "no consent to be quoted"
#: What people put in place of words that identify: their own words in brackets, or an omission.
_REPLACED = re.compile(r"\[[^\]]*\]|…|\.\.\.")


def load_quote_decisions(study: Study) -> pd.DataFrame:
    """Decisions on excerpts, from the file that ``study.yaml`` names under ``interviews: quote_decisions:``.

    Returns
    -------
    DataFrame
        ``interview_id``, ``excerpt``, ``decision`` (approve, redact or drop), ``shown_as`` (what a redacted excerpt
        says) and ``void`` (why a decision counts for nothing: no code stands at this text any more, or the interview
        may not be quoted; empty otherwise). No rows without a file; one that ``study.yaml`` names must be there.

    Raises
    ------
    NotCollected
        If the study has no interviews.
    BadInput, ManyProblems
        For a missing column, an unknown interview or decision, two decisions on one excerpt, a redaction that says
        what nobody said, or an approved text with an address or a number to call.
    """
    data = load_interviews(study)
    spec = study.interviews
    assert spec is not None  # or there would be no interviews
    file = _file(study, spec)
    return read_quote_decisions(file, data) if file is not None else pd.DataFrame(columns=[*COLUMNS, "void"])


def _file(study: Study, spec: InterviewSpec) -> Path | None:
    named = "quote_decisions" in spec.model_fields_set
    return study.path(spec.quote_decisions) if named or (study.folder / spec.quote_decisions).is_file() else None


def read_quote_decisions(path: Path, data: CodedInterviews) -> pd.DataFrame:
    """Read the filled-in review list; rows without a decision are left out. See :func:`load_quote_decisions`."""
    table = read_table(path)
    header = [name.strip().casefold() for name in table.header]
    lacking = [name for name in COLUMNS if name not in header]
    if lacking:
        raise BadInput(
            f"there is no column {lacking[0]!r} among {', '.join(table.header)}", file=table.file, place="row 1",
            fix=f"copy the review list of the last run; columns: {', '.join(COLUMNS)}",
        )  # fmt: skip
    known = set(data.interviews["interview_id"])
    coded = set(zip(data.codings["interview_id"], data.codings["text"].fillna("").map(one_line), strict=True))
    consent = dict(zip(data.interviews["interview_id"], data.interviews["consent_quote"].eq(True), strict=True))
    problems: list[CompendiumError] = []
    found: dict[tuple[str, str], dict[str, object]] = {}
    for number, cells in enumerate(table.rows):
        row = {name: one_line(_as_written(cells[header.index(name)])) for name in COLUMNS}
        if not row["decision"] and not row["shown_as"]:
            continue
        row |= {"interview_id": interview_name(row["interview_id"], known), "decision": row["decision"].casefold()}
        key = (row["interview_id"], row["excerpt"])
        wrong = _wrong(row, known) or _against(row, found.get(key))
        if wrong:
            problems.append(_problem(table, number, *wrong))
        else:
            void = NOT_CODED if key not in coded else "" if consent[key[0]] else NO_CONSENT
            found[key] = {**row, "void": void}
    raise_problems(problems)
    return pd.DataFrame(list(found.values()), columns=[*COLUMNS, "void"])


def one_line(text: str) -> str:
    """Text with single blanks, as excerpts are shown."""
    return " ".join(str(text).split())


def _as_written(text: str) -> str:
    """Without the apostrophe that the review list puts before what a spreadsheet would run."""
    return text[1:] if re.match(r"'[=+\-@\t\r]", text) else text


Wrong = tuple[str, str, str]


def _wrong(row: dict[str, str], known: set[str]) -> Wrong | None:
    """What is wrong with a row: the column, what, and what to do."""
    decision, shown = row["decision"], row["shown_as"]
    if row["interview_id"] not in known:
        near = difflib.get_close_matches(row["interview_id"], known, n=1)
        return (
            "interview_id", f"there is no interview {row['interview_id']!r}",
            f"did you mean {near[0]!r}?" if near else "use the names of the review list",
        )  # fmt: skip
    if decision not in DECISIONS:
        near = difflib.get_close_matches(decision, DECISIONS, n=1)
        return (
            "decision", f"{decision!r} is not a decision" if decision else "there is a text to show, but no decision",
            f"did you mean {near[0]!r}?" if near else f"write {', '.join(DECISIONS[:2])} or drop, or leave both empty",
        )  # fmt: skip
    if decision != "redact" and shown:
        return "shown_as", f"a text to show, but the decision is {decision!r}", "write redact, or empty shown_as"
    if decision == "redact" and (said := _not_said(shown, row["excerpt"])) is not None:
        if not shown:
            return "shown_as", "the excerpt is to be redacted, but to what is not said", "write the text to show"
        return "shown_as", f"the excerpt does not say {said!r} there", "put words of your own in [brackets]"
    personal = find_personal(shown or row["excerpt"])
    if decision != "drop" and personal:
        return "decision", f"the text to show holds a {personal[0].kind}", "redact it as well, or drop the excerpt"
    return None


def _not_said(shown: str, excerpt: str) -> str | None:
    """The first piece of a redaction that does not stand in the excerpt, after the pieces before it; None if all do."""
    pieces = [one_line(piece) for piece in _REPLACED.split(shown)]
    if not any(pieces):
        return ""
    place = 0
    for piece in pieces:
        found = excerpt.find(piece, place)
        if found < 0:
            return piece
        place = found + len(piece)
    return None


def _against(row: dict[str, str], before: dict[str, object] | None) -> Wrong | None:
    """A second, other decision on the same excerpt."""
    if before is None or all(before[name] == row[name] for name in ("decision", "shown_as")):
        return None
    return "decision", f"another row decides otherwise on this excerpt: {before['decision']}", "keep one of the rows"


def _problem(table: TableRows, number: int, column: str, what: str, fix: str) -> BadInput:
    return BadInput(what, file=table.file, place=table.place(number, column), fix=fix)
