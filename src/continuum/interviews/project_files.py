"""The study's coding as projects that coding tools open: for a colleague with another tool, or an archive."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput
from ..ingest.refi_export import write_qdc, write_qdpx
from ..ingest.tables import CODING_COLUMNS, CodedInterviews, complete
from ..ingest.taguette_export import write_taguette

CODEBOOK, REFI, TAGUETTE = "codebook.qdc", "project.qdpx", "taguette.sqlite3"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_ABOUT_INTERVIEWS = ("sector", "site", "year", "interviewer", "organisation_id", "consent_quote")


def write_project_files(folder: Path, coded: CodedInterviews, *, name: str) -> list[str]:
    """Write the codebook (REFI-QDA), and the whole project for REFI-QDA tools and for Taguette.

    Transcripts and memos are in the projects: they are for the team.

    Parameters
    ----------
    folder : Path
    coded : CodedInterviews
    name : str
        Name of the project.

    Returns
    -------
    list of str
        Names of the files written: only the codebook where the export held no transcripts; where Taguette cannot hold
        the study, why, in place of its file.
    """
    codes = coded.codebook
    write_qdc(folder / CODEBOOK, codes)
    held = coded.documents.dropna(subset=["text"])
    sources: dict[str, str] = dict(zip(held["document_id"], held["text"], strict=True))
    codings = _placed(coded)
    if not sources or codings.empty:
        return [CODEBOOK]
    coders = sorted(coder for coder in codings["coder"].unique() if coder)
    given: dict[str, Any] = {"project": name, "codes": codes, "sources": sources, "codings": codings}
    write_qdpx(folder / REFI, **given, users=coders, cases=_cases(coded, set(sources)))
    try:
        write_taguette(folder / TAGUETTE, **given)
    except BadInput as error:  # the REFI-QDA project has it all
        return [CODEBOOK, REFI, f"no {TAGUETTE}: {error.what}"]
    return [CODEBOOK, REFI, TAGUETTE]


def _placed(coded: CodedInterviews) -> pd.DataFrame:
    """Codings with positions in a transcript: source, start, end, code_id, coder, memo, created."""
    codings = complete(coded.codings, (*CODING_COLUMNS, "created", "memo"), created="", memo="")
    documents = coded.documents.dropna(subset=["text"])
    documents = documents.assign(ends=documents["begins"].astype(int) + documents["text"].str.len())
    placed = codings.dropna(subset=["start", "end"]).merge(documents, on="interview_id", suffixes=("", "_of_document"))
    placed = placed[(placed["start"] >= placed["begins"]) & (placed["end"] <= placed["ends"])]
    clear = placed["created"].fillna("").str.fullmatch(_TIME)
    return pd.DataFrame({
        "source": placed["document_id"], "start": placed["start"] - placed["begins"],
        "end": placed["end"] - placed["begins"], "code_id": placed["code_id"], "coder": placed["coder_id"].fillna(""),
        "memo": placed["memo"].fillna(""), "created": placed["created"].where(clear, ""),
    })  # fmt: skip


def _cases(coded: CodedInterviews, sources: set[str]) -> list[dict[str, Any]]:
    """One case per interview, with what is known of it."""
    of_interview = coded.documents.groupby("interview_id")["document_id"].agg(list)
    return [
        {
            "name": row["interview_id"],
            "sources": [name for name in of_interview.get(row["interview_id"], []) if name in sources],
            "variables": {variable: row[variable] for variable in _ABOUT_INTERVIEWS if pd.notna(row.get(variable))},
        }
        for row in coded.interviews.to_dict("records")
    ]
