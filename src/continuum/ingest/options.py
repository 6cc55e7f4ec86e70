"""Options of the interview importers, as given under ``options:`` in study.yaml or to ``read_interviews``."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from ..errors import BadInput

#: Options whose value is the name of a file or folder beside study.yaml.
PATHS = ("codebook", "folder", "documents")

CHOICES = {
    "unit": ("document", "case"),
    "speech": ("all", "respondents"),
    "offset_unit": ("auto", "codepoints", "utf16", "bytes"),
}


@dataclass(frozen=True)
class ReadOptions:
    """What a reader may be told; every default is found from the file.

    Attributes
    ----------
    offset_unit : {"auto", "codepoints", "utf16", "bytes"}
        How positions are counted.
    codebook : path, optional
        Codes and definitions that the export itself lacks.
    folder : path, optional
        Folder of sources that a REFI-QDA project only points to.
    documents : path, optional
        Folder of plain-text transcripts, to find the positions of passages that came without.
    project : str
        Which project of a Taguette database.
    coder : str
        Who coded, where the export does not say.
    coders : dict of file name to str
        The same for several files.
    delimiter : str
        Separator of a CSV.
    columns : dict of str to str
        Column names of a plain table: document, code, text, start, end, unit, coder, case -> the table's name.
    unit : {"document", "case"}
        What an interview is.
    interviewers : list of str
        Labels of speakers who ask ("Int", "I1"), where they are not the usual ones.
    speech : {"all", "respondents"}
        Whether the text of passages holds all that was said, or only what respondents said.
    mask_text : bool
        Replace e-mail addresses, phone numbers and IP addresses in passages.
    allow_new_codes : bool
        ATLAS.ti: take codes that are not in the codebook as they stand.
    speaker_codings : bool
        QualCoder: import the program's own marking of speakers.
    skip_mismatches : bool
        QualCoder: leave out codings whose stored text is not the text at their place.
    """

    offset_unit: str = "auto"
    codebook: Path | None = None
    folder: Path | None = None
    documents: Path | None = None
    project: str = ""
    coder: str = ""
    coders: dict[str, str] = field(default_factory=dict)
    delimiter: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    unit: str = "document"
    interviewers: list[str] = field(default_factory=list)
    speech: str = "all"
    mask_text: bool = False
    allow_new_codes: bool = False
    speaker_codings: bool = False
    skip_mismatches: bool = False


def advice(name: str, value: str) -> str:
    """How to give an option, for the fix of an error: in a study that exists, and while one is made."""
    return f"options: {{{name}: {value}}} in study.yaml (compendium new: --option {name}={value})"


def given_options(assignments: Sequence[str]) -> dict[str, Any]:
    """Options given as ``NAME=VALUE``, with values as YAML reads them: ``allow_new_codes=true``.

    Raises
    ------
    BadInput
        For text without ``=``, an unknown option, a value of the wrong type, or an option that names files.
    """
    given: dict[str, Any] = {}
    for text in assignments:
        name, sign, value = text.partition("=")
        if not sign or name in PATHS:
            what = "names files, which lie in the folder of a study" if sign else "has no value"
            raise BadInput(f"{name!r} {what}", place="--option", fix="give NAME=VALUE; name files in study.yaml")
        types = {entry.name: entry.default for entry in fields(ReadOptions)}
        given[name] = value if isinstance(types.get(name), str) else yaml.safe_load(value)
    read_options(given, file="--option")
    return given


def read_options(given: dict[str, Any], *, file: str = "study.yaml") -> ReadOptions:
    """Check names and types of options.

    Raises
    ------
    BadInput
        For an unknown option or a value of the wrong type.
    """
    types = {
        entry.name: entry.default_factory if callable(entry.default_factory) else type(entry.default)
        for entry in fields(ReadOptions)
    }
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name not in types:
            near = difflib.get_close_matches(name, types, n=1)
            raise BadInput(
                f"unknown option {name!r}", file=file, place="interviews.options",
                fix=f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(sorted(types))}",
            )  # fmt: skip
        if name in PATHS:
            checked[name] = None if value is None else Path(value)
        elif not isinstance(value, types[name]):  # type: ignore[arg-type]
            raise BadInput(
                f"option {name!r} is {value!r}", file=file, place="interviews.options",
                fix=f"give a {types[name].__name__}",  # type: ignore[union-attr]
            )  # fmt: skip
        elif value not in CHOICES.get(name, (value,)):
            raise BadInput(
                f"option {name!r} is {value!r}", file=file, place="interviews.options",
                fix=f"use one of: {', '.join(CHOICES[name])}",
            )  # fmt: skip
        else:
            checked[name] = value
    return ReadOptions(**checked)
