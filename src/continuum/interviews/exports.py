"""Files researchers ask for: the 0/1 matrix, co-occurrence counts, disagreements, and a table for a manuscript.

What names interviews or counts few of them goes to the team's own folder, which is never published.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pandas as pd

from ..atomic import write_bytes, write_text
from ..charts import figure
from ..charts.heatmap import case_grid
from ..errors import Refusal
from ..ingest.tables import CodedInterviews
from ..tables import safe_for_spreadsheets
from ..word_tables import apa_document
from .coded import code_names
from .cooccurrence import CoOccurrence
from .quotes import quotes_review
from .units import disagreements

TEAM_NOTE = (
    "For the team only. These files name interviews, quote what people said without asking whether they may be quoted, "
    "or count few interviews. Nothing in this folder is published; do not copy it into paper or site.\n"
)


def write_team_files(
    folder: Path,
    coded: CodedInterviews,
    matrix: pd.DataFrame,
    found: CoOccurrence,
    *,
    synthetic: bool,
    cases: Literal["group", "total", "given"] = "group",
    decisions: pd.DataFrame | None = None,
) -> list[str]:
    """Write everything the team works with and nobody else sees.

    Parameters
    ----------
    folder : Path
    coded : CodedInterviews
    matrix : DataFrame of 0 and 1, shape (interviews, codes)
    found : CoOccurrence
    synthetic : bool
    cases : {"group", "total", "given"}
        Order of the interviews in the picture: by sector, by how many codes they mention, or as in the matrix.
    decisions : DataFrame, optional
        What the team decided on excerpts so far, see :func:`continuum.interviews.anchor_quotes`.

    Returns
    -------
    list of str
        Names of the files written; no disagreements where no two coders coded the same interview.
    """
    names = code_names(coded)
    tables = {
        "case-by-code.csv": matrix.rename(columns=names).reset_index(),
        "co-occurrence.csv": found.counts.rename(index=names, columns=names).rename_axis("code").reset_index(),
        "pairs.csv": found.pairs.assign(
            code_a=found.pairs["code_a"].map(names), code_b=found.pairs["code_b"].map(names)
        ),
    }
    with suppress(Refusal):  # of a single coder there is none
        tables["disagreements.csv"] = disagreements(coded)
    tables["quotes-review.csv"] = quotes_review(coded, decisions, synthetic=synthetic)
    write_text(folder / "READ-ME.txt", TEAM_NOTE)
    for name, table in tables.items():
        write_text(folder / name, csv_text(table))
    sectors = coded.interviews.set_index("interview_id")["sector"].reindex(matrix.index)
    picture = figure(
        case_grid(matrix.rename(columns=names), sectors, sort=cases), title="Codes by interview", synthetic=synthetic,
        alt="Grid of interviews and codes; filled cells are codes that an interview mentions.",
        note="For the team only",
    )  # fmt: skip
    picture.write(folder / "case-by-code")
    return sorted(["READ-ME.txt", *tables, *(f"case-by-code.{kind}" for kind in ("json", "svg", "png"))])


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV that a spreadsheet opens without running anything in it."""
    text = io.StringIO()
    renamed = table.rename(columns=lambda name: safe_for_spreadsheets(pd.DataFrame([[name]])).iat[0, 0])
    safe_for_spreadsheets(renamed).to_csv(text, index=False, lineterminator="\n")
    return text.getvalue()


def write_apa_table(path: Path, table: pd.DataFrame, *, number: int, title: str, note: str = "") -> Path:
    """A Word document with one table in the style of the APA: number, title in italics, three rules, note.

    Parameters
    ----------
    path : Path
        Ends in ``.docx``.
    table : DataFrame
        Protected; cells as text or whole numbers, first column left, the others centered.
    number : int
    title, note : str
    """
    cells = [[str(value) for value in row] for row in table.itertuples(index=False)]
    write_bytes(path, apa_document([str(c) for c in table.columns], cells, number=number, title=title, note=note))
    return path
