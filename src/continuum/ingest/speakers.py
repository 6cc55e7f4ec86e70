"""Who speaks where in a transcript: turns that begin with "Int:" or "P1:", and passages cut to what respondents said.

A speaker is never a coder. Labels stay in the text, because positions of passages count them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from .projects import Project
from .tables import ImportReport

#: Labels, in lower case and without numbers, that stand for whoever asks.
INTERVIEWERS = frozenset(
    "i int iv interviewer interviewerin interview m mod moderator moderatorin q question researcher facilitator "
    "entrevistador entrevistadora e enquêteur".split()
)
#: A label stands at the start of a paragraph: up to four words that begin with a capital letter, numbers before or
#: after them, a blank or no-break space before the colon.
_LABEL = re.compile(
    r"^[^\S\n]*(?:[\[(]?[\d:.]+[\])]?[^\S\n]+)?"
    r"(?P<label>[^\W\d_][\w.'’-]{0,24}(?:[^\S\n][\w.'’-]{1,24}){0,3})[^\S\n]*:(?!//)[^\S\n]*",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Turn:
    """One speaker's words: code points of the document, from after the label to the next turn."""

    label: str
    start: int
    end: int


def turns(text: str, labels: Collection[str]) -> list[Turn]:
    """Turns of a transcript, in order; what stands before the first belongs to nobody.

    Parameters
    ----------
    text : str
        With LF line ends.
    labels : collection of str
        Who may speak, as :func:`find_labels` returns them.
    """
    found = [match for match in _LABEL.finditer(text) if match["label"] in labels]
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [Turn(match["label"], match.end(), end) for match, end in zip(found, ends, strict=True)]


def find_labels(texts: Sequence[str], declared: Collection[str] = ()) -> tuple[Counter[str], list[str]]:
    """Labels of speakers with their numbers of turns, and labels seen only once, which are taken as plain words.

    Parameters
    ----------
    texts : sequence of str
        All transcripts of a study: a label may stand once in each.
    declared : collection of str
        Labels that are speakers however rarely they stand.
    """
    seen = Counter(match["label"] for text in texts for match in _LABEL.finditer(text))
    known = Counter({label: number for label, number in seen.items() if number > 1 or label in declared})
    return known, sorted(label for label in seen if label not in known)


def asks(label: str, interviewers: Collection[str] = ()) -> bool:
    """Whether a label stands for an interviewer: one of those declared, or else a usual name, numbered or not."""
    if interviewers:
        return label in interviewers
    return label.casefold().rstrip("0123456789 .") in INTERVIEWERS


def attribute_speech(
    projects: Sequence[Project], report: ImportReport, *, interviewers: Collection[str] = (), respondents_only: bool
) -> list[Project]:
    """Report who speaks, and, if asked for, cut passages to what respondents said.

    Parameters
    ----------
    projects : sequence of Project
    report : ImportReport
        Gains the labels with their turns and words.
    interviewers : collection of str
        Labels of those who ask; the usual ones if none are given.
    respondents_only : bool
        Passages keep their positions; their text loses what interviewers say in them, and passages in which no
        respondent speaks are left out.
    """
    texts = {
        (number, document.key): document.text
        for number, project in enumerate(projects)
        for document in project.documents
        if document.text
    }
    labels, once = find_labels(list(texts.values()), interviewers)
    if not labels:
        return list(projects)
    spoken = {key: turns(text, labels) for key, text in texts.items()}
    _tell(spoken, texts, once, interviewers, report)
    if not respondents_only:
        return list(projects)
    cut = [_cut(project, number, spoken, interviewers) for number, project in enumerate(projects)]
    lost = sum(len(before.marks) - len(after.marks) for before, after in zip(projects, cut, strict=True))
    if lost:
        report.skipped.append(f"{lost} codings of passages in which only interviewers speak")
    return cut


Spoken = Mapping[tuple[int, str], Sequence[Turn]]


def _tell(
    spoken: Spoken,
    texts: Mapping[tuple[int, str], str],
    once: Sequence[str],
    interviewers: Collection[str],
    report: ImportReport,
) -> None:
    turns_of: Counter[str] = Counter()
    words: Counter[bool] = Counter()
    for key, found in spoken.items():
        for turn in found:
            turns_of[turn.label] += 1
            words[asks(turn.label, interviewers)] += len(texts[key][turn.start : turn.end].split())
    named = ", ".join(
        f"{label} ({number} turns{', asks' if asks(label, interviewers) else ''})"
        for label, number in turns_of.most_common()
    )
    report.guesses["speakers"] = (
        f"{named}; {words[False]} words of respondents, {words[True]} of interviewers; override with interviewers"
    )
    if once:
        shown = ", ".join(map(repr, once[:3])) + (", ..." if len(once) > 3 else "")
        report.warnings.append(f"labels of speakers seen only once, taken as plain words ({len(once)}: {shown})")


def _cut(project: Project, number: int, spoken: Spoken, interviewers: Collection[str]) -> Project:
    texts = {document.key: document.text or "" for document in project.documents}
    marks = []
    for mark in project.marks:
        found = spoken.get((number, mark.document))
        if mark.start is None or mark.end is None or not found:
            marks.append(mark)
            continue
        said = " ".join(
            part
            for turn in found
            if not asks(turn.label, interviewers)
            and (part := texts[mark.document][max(mark.start, turn.start) : min(mark.end, turn.end)].strip())
        )
        if said:
            marks.append(replace(mark, text=said))
    return replace(project, marks=marks)
