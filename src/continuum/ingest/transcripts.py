"""Transcripts beside an export that has no positions: where each passage stands, if it stands there once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .offsets import normalize, same_text
from .projects import Document, Project, Tally, without_ending
from .safe import clean_text
from .word_files import ENDINGS, transcript


def place_passages(project: Project, folder: Path) -> Project:
    """Give passages without positions those at which their text stands exactly once in the document.

    Parameters
    ----------
    project : Project
    folder : path
        Holds one file per document: ``NAME.txt``, ``NAME.docx`` or ``NAME.odt`` for a document called ``NAME``, with
        or without such an ending.

    Returns
    -------
    Project
        The report counts passages that were found, not found, and found more than once.

    Raises
    ------
    BadInput, ManyProblems
        If a transcript cannot be read.
    """
    tally = Tally()
    texts: dict[str, str] = {}
    for document in project.documents:
        path = _file_of(document, folder)
        if document.text is not None or path is None:
            if document.text is None:
                tally.add("documents without a transcript in the folder", document.name)
            continue
        document.text = clean_text(normalize(transcript(path)))[0]
        texts[document.key] = document.text
    placed = 0
    for number, mark in enumerate(project.marks):
        text = texts.get(mark.document)
        if text is None or not mark.text.strip():
            continue
        if mark.start is not None:  # positions that were given: the transcript's own white space is taken
            there = text[mark.start : mark.end]
            project.marks[number] = replace(mark, text=there) if same_text(mark.text, there) else mark
            continue
        found = _places(mark.text, text)
        if len(found) == 1:
            start, end = found[0]
            project.marks[number] = replace(mark, start=start, end=end, text=text[start:end])
            placed += 1
        else:
            tally.add("passages that stand " + ("nowhere" if not found else "several times") + " in their document")
    project.report.guesses["positions"] = f"{placed} of {len(project.marks)} found in the transcripts"
    project.report.warnings += tally.lines()
    return project


def _file_of(document: Document, folder: Path) -> Path | None:
    """The transcript of a document; names that would leave the folder have none."""
    name = without_ending(document.name)
    wanted = [document.name, *(f"{stem}{ending}" for stem in (document.name, name) for ending in ENDINGS)]
    files = {file.name: file for file in folder.iterdir() if file.is_file() and file.suffix.lower() in ENDINGS}
    return next((files[candidate] for candidate in wanted if candidate in files), None)


def _places(passage: str, text: str) -> list[tuple[int, int]]:
    """Up to two places of a passage, as it is or without the quotes some programs put around it."""
    for form in (passage, passage.strip(), passage.strip().removeprefix('"').removesuffix('"')):
        found: list[tuple[int, int]] = []
        at = text.find(form)
        while at >= 0 and form and len(found) < 2:
            found.append((at, at + len(form)))
            at = text.find(form, at + 1)
        if found:
            return found
    return []
