"""Files researchers ask for: the 0/1 matrix, co-occurrence counts, disagreements, and a table for a manuscript.

What names interviews or counts few of them goes to the team's own folder, which is never published.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd

from ..atomic import write_bytes, write_text
from ..charts import figure
from ..charts.heatmap import case_grid
from ..errors import AnalysisFailed
from ..ingest.tables import CodedInterviews
from ..tables import safe_for_spreadsheets
from .cooccurrence import CoOccurrence
from .quotes import quotes_review

_FENCE = "`" * 8
TEAM_NOTE = (
    "For the team only. These files name interviews, quote what people said without asking whether they may be quoted, "
    "or count few interviews. Nothing in this folder is published; do not copy it into paper or site.\n"
)


def write_team_files(
    folder: Path,
    coded: CodedInterviews,
    matrix: pd.DataFrame,
    found: CoOccurrence,
    disagreements: pd.DataFrame | object,
    *,
    synthetic: bool,
) -> list[str]:
    """Write everything the team works with and nobody else sees.

    Parameters
    ----------
    folder : Path
    coded : CodedInterviews
    matrix : DataFrame of 0 and 1, shape (interviews, codes)
    found : CoOccurrence
    disagreements : DataFrame
        From :func:`continuum.interviews.disagreements`; anything else (a refusal) is left out.
    synthetic : bool

    Returns
    -------
    list of str
        Names of the files written.
    """
    names = dict(zip(coded.codebook["code_id"], coded.codebook["name"], strict=True))
    tables = {
        "case-by-code.csv": matrix.rename(columns=names).reset_index(),
        "co-occurrence.csv": found.counts.rename(index=names, columns=names).rename_axis("code").reset_index(),
        "pairs.csv": found.pairs.assign(
            code_a=found.pairs["code_a"].map(names), code_b=found.pairs["code_b"].map(names)
        ),
    }
    if isinstance(disagreements, pd.DataFrame):
        tables["disagreements.csv"] = disagreements
    tables["quotes-review.csv"] = quotes_review(coded)
    write_text(folder / "READ-ME.txt", TEAM_NOTE)
    for name, table in tables.items():
        write_text(folder / name, csv_text(table))
    sectors = coded.interviews.set_index("interview_id")["sector"].reindex(matrix.index)
    picture = figure(
        case_grid(matrix.rename(columns=names), sectors), title="Codes by interview", synthetic=synthetic,
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

    Source: Publication Manual of the American Psychological Association, 7th edition, section 7.
    """
    write_bytes(path, apa_document(table, number=number, title=title, note=note))
    return path


def apa_document(table: pd.DataFrame, *, number: int, title: str, note: str = "") -> bytes:
    """The bytes of :func:`write_apa_table`; the same table gives the same bytes."""
    import pypandoc

    parts = [_paragraph((f"Table {number}", "<w:b/>")), _paragraph((title, "<w:i/>")), _table(table)]
    if note:
        parts.append(_paragraph(("Note. ", "<w:i/>"), (note, "")))
    source = f"{_FENCE}{{=openxml}}\n{''.join(parts)}\n{_FENCE}\n"
    command = [pypandoc.get_pandoc_path(), "--from=markdown", "--to=docx", "--output=-"]
    # Without a fixed time the document holds the moment it was written.
    environment = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}
    done = subprocess.run(command, input=source.encode(), env=environment, capture_output=True, check=False)
    if done.returncode:
        raise AnalysisFailed(f"pandoc could not write the Word table: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _table(table: pd.DataFrame) -> str:
    """A table with rules above and below the head and below the last row, and no others."""
    rule = '<w:{} w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
    borders = f"<w:tblBorders>{rule.format('top')}{rule.format('bottom')}</w:tblBorders>"
    head = _row([str(column) for column in table.columns], f"<w:tcBorders>{rule.format('bottom')}</w:tcBorders>")
    body = "".join(_row([str(value) for value in row], "") for row in table.itertuples(index=False))
    width = '<w:tblW w:w="5000" w:type="pct"/>'
    grid = "<w:tblGrid>" + "<w:gridCol/>" * table.shape[1] + "</w:tblGrid>"
    return f"<w:tbl><w:tblPr>{width}{borders}</w:tblPr>{grid}{head}{body}</w:tbl>"


def _row(cells: list[str], borders: str) -> str:
    """One row; with ``borders`` it is the head, which repeats on every page."""
    repeat = "<w:trPr><w:tblHeader/></w:trPr>" if borders else ""
    shown = "".join(
        f"<w:tc><w:tcPr>{borders}</w:tcPr>{_paragraph((text, ''), align='left' if k == 0 else 'center')}</w:tc>"
        for k, text in enumerate(cells)
    )
    return f"<w:tr>{repeat}{shown}</w:tr>"


def _paragraph(*runs: tuple[str, str], align: str = "left") -> str:
    """A double-spaced paragraph of (text, run properties)."""
    font = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
    shown = "".join(
        f'<w:r><w:rPr>{font}{style}<w:sz w:val="24"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(_printable(text))}</w:t></w:r>'
        for text, style in runs
    )
    layout = f'<w:spacing w:before="0" w:after="0" w:line="480" w:lineRule="auto"/><w:jc w:val="{align}"/>'
    return f"<w:p><w:pPr>{layout}</w:pPr>{shown}</w:p>"


def _printable(text: str) -> str:
    """Text on one line, without characters that XML forbids or that could end the fence it is passed in."""
    return "".join(c for c in re.sub(r"\s+", " ", text) if c.isprintable()).replace("`", "'")
