"""Tables as Word documents in the style of the APA: number, title in italics, three rules, note.

Source: Publication Manual of the American Psychological Association, 7th edition, section 7.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OPEN = "http://schemas.openxmlformats.org"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: A fixed time, so that the same table gives the same bytes.
_STAMP = (1980, 1, 1, 0, 0, 0)
#: Tables with more columns lie on their side.
WIDEST_UPRIGHT = 6

_TYPES = (
    f'{_HEAD}<Types xmlns="{_OPEN}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_OPEN}/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{_OPEN}/officeDocument/2006/relationships/{{}}" Target="{{}}"/></Relationships>'
)
_FONT = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
_STYLES = (
    f'{_HEAD}<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>{_FONT}<w:sz w:val="24"/></w:rPr>'
    '</w:rPrDefault></w:docDefaults>'
    + "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"{default}><w:name w:val="{name}"/>'
        f'<w:pPr>{keep}<w:spacing w:before="0" w:after="{after}" w:line="{line}" w:lineRule="auto"/></w:pPr>'
        f"<w:rPr>{run}</w:rPr></w:style>"
        for name, default, keep, after, line, run in (
            ("Normal", ' w:default="1"', "", 0, 480, ""),
            ("Table Number", "", "<w:keepNext/>", 0, 480, "<w:b/>"),
            ("Table Title", "", "<w:keepNext/>", 0, 480, "<w:i/>"),
            ("Table Cell", "", "", 0, 288, '<w:sz w:val="22"/>'),
            ("Table Note", "", "", 0, 480, '<w:sz w:val="22"/>'),
        )
    )
    + "</w:styles>"
)  # fmt: skip


def apa_document(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, number: int, title: str, note: str = "",
    numeric: Sequence[bool] = (),
) -> bytes:  # fmt: skip
    """A Word document with one table; the same table gives the same bytes.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequence of str
        Cells as text, already formatted and under the disclosure rule.
    number : int
        Of the table.
    title, note : str
    numeric : sequence of bool
        Columns that are centered; without it all but the first.
    """
    centered = list(numeric) or [k > 0 for k in range(len(headers))]
    body = _paragraph("TableNumber", f"Table {number}") + _paragraph("TableTitle", title)
    body += _table(headers, rows, centered)
    said = _run("Note. ", "<w:i/>") + _run(note) if note else ""
    # A document ends in a paragraph, be it an empty one.
    body += f'<w:p><w:pPr><w:pStyle w:val="TableNote"/></w:pPr>{said}</w:p>'
    size = (15840, 12240) if len(headers) > WIDEST_UPRIGHT else (12240, 15840)
    turned = ' w:orient="landscape"' if size[0] > size[1] else ""
    page = (
        f'<w:sectPr><w:pgSz w:w="{size[0]}" w:h="{size[1]}"{turned}/>'
        '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="720" w:footer="720" '
        'w:gutter="0"/></w:sectPr>'
    )
    document = f'{_HEAD}<w:document xmlns:w="{_W}"><w:body>{body}{page}</w:body></w:document>'
    return _package({
        "[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS.format("officeDocument", "word/document.xml"),
        "word/document.xml": document, "word/styles.xml": _STYLES,
        "word/_rels/document.xml.rels": _RELATIONS.format("styles", "styles.xml"),
    })  # fmt: skip


def _package(parts: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text.encode("utf-8"), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], centered: Sequence[bool]) -> str:
    """A table with rules above and below the head and below the last row, and no others."""
    rule = '<w:{} w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
    layout = (
        f'<w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{rule.format("top")}{rule.format("bottom")}'
        "</w:tblBorders></w:tblPr><w:tblGrid>" + "<w:gridCol/>" * len(headers) + "</w:tblGrid>"
    )
    head = _row(headers, centered, f"<w:tcBorders>{rule.format('bottom')}</w:tcBorders>")
    return f"<w:tbl>{layout}{head}{''.join(_row(row, centered, '') for row in rows)}</w:tbl>"


def _row(cells: Sequence[str], centered: Sequence[bool], borders: str) -> str:
    """One row; with ``borders`` it is the head, which repeats on every page. No row breaks across pages."""
    marks = "<w:cantSplit/>" + ("<w:tblHeader/>" if borders else "")
    shown = "".join(
        f"<w:tc><w:tcPr>{borders}</w:tcPr>{_paragraph('TableCell', text, centered=middle)}</w:tc>"
        for text, middle in zip(cells, centered, strict=True)
    )
    return f"<w:tr><w:trPr>{marks}</w:trPr>{shown}</w:tr>"


def _paragraph(style: str, text: str, *, centered: bool = False) -> str:
    place = '<w:jc w:val="center"/>' if centered else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{place}</w:pPr>{_run(text)}</w:p>'


def _run(text: str, look: str = "") -> str:
    """Text on one line, without characters that XML forbids."""
    line = "".join(c for c in re.sub(r"\s+", " ", text) if c.isprintable())
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(line)}</w:t></w:r>'
