"""Everything the team takes away from its interviews, in one folder that is never published."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from ...ingest.tables import CodedInterviews
from ..cooccurrence import CoOccurrence
from ..exports import write_apa_table, write_team_files
from ..project_files import write_project_files
from .counts import apa_codes, synthetic_note


def write_team_folder(
    folder: Path,
    coded: CodedInterviews,
    matrix: pd.DataFrame,
    found: CoOccurrence,
    summary: pd.DataFrame,
    *,
    title: str,
    synthetic: bool,
    cases: Literal["group", "total", "given"] = "group",
    decisions: pd.DataFrame | None = None,
) -> str:
    """Write tables, projects for other tools, and the table of codes for a manuscript.

    Parameters
    ----------
    folder : Path
    coded : CodedInterviews
    matrix, found, synthetic, cases, decisions
        See :func:`continuum.interviews.write_team_files`.
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    title : str
        Title of the study: the name of the projects.

    Returns
    -------
    str
        Names of the files written.
    """
    written = write_team_files(folder, coded, matrix, found, synthetic=synthetic, cases=cases, decisions=decisions)
    written += write_project_files(folder, coded, name=title)
    word = write_apa_table(
        folder / "codes.docx", apa_codes(summary), number=1, title="Interviews that mention each code",
        note=synthetic_note(synthetic),
    )  # fmt: skip
    return ", ".join([*written, word.name])
