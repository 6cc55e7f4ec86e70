"""The Word template: real styles for headings, captions, notes and tables, in the look of a manuscript."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

from lxml import etree

from ..atomic import write_bytes
from ..pandoc_program import found_pandoc

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STAMP = (1980, 1, 1, 0, 0, 0)
_EDITION = 1


def reference_document(memory: Path) -> Path:
    """Pandoc's own template with the fonts, spacing and table rules of an APA manuscript; made once."""
    program, version = found_pandoc()
    target = memory / f"reference-{version}-{_EDITION}.docx"
    if not target.is_file():
        command = [program, "--print-default-data-file=reference.docx"]
        original = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        write_bytes(target, _restyled(original))
    return target


def _restyled(original: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(original)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/styles.xml":
                content = _styles(content)
            target.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _styles(content: bytes) -> bytes:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    for style in root.iterfind(f"{{{_W}}}style"):
        identifier = style.get(f"{{{_W}}}styleId")
        if identifier in _LOOK:
            for tag in ("pPr", "rPr"):
                for old in style.findall(f"{{{_W}}}{tag}"):
                    style.remove(old)
            for part in _parse(_LOOK[identifier]):
                style.append(part)
    for identifier, name, look in _ADDED:
        style = etree.SubElement(root, f"{{{_W}}}style", {f"{{{_W}}}type": "paragraph", f"{{{_W}}}customStyle": "1"})
        style.set(f"{{{_W}}}styleId", identifier)
        for part in _parse(f'<w:name w:val="{name}"/><w:basedOn w:val="Normal"/><w:qFormat/>{look}'):
            style.append(part)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _parse(text: str) -> list[etree._Element]:
    return list(etree.fromstring(f'<w:x xmlns:w="{_W}">{text}</w:x>'))


def _font(size: int, *, bold: bool = False, italic: bool = False) -> str:
    marks = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    face = "Times New Roman"
    return (
        f'<w:rPr><w:rFonts w:ascii="{face}" w:hAnsi="{face}" w:cs="{face}" w:eastAsia="{face}"/>{marks}'
        f'<w:color w:val="000000"/><w:sz w:val="{2 * size}"/><w:szCs w:val="{2 * size}"/></w:rPr>'
    )


def _space(before: int, after: int, line: int = 360, extra: str = "") -> str:
    return f'<w:pPr>{extra}<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/></w:pPr>'


_KEEP = "<w:keepNext/><w:keepLines/>"
_LOOK = {
    "Normal": _space(0, 0) + _font(12),
    "BodyText": _space(0, 120) + _font(12),
    "FirstParagraph": _space(0, 120) + _font(12),
    "Compact": _space(20, 20, 240) + _font(10),
    "Title": _space(0, 120, 300, _KEEP) + _font(18, bold=True),
    "Subtitle": _space(0, 120, 300, _KEEP) + _font(13, italic=True),
    "Author": _space(0, 240, 300) + _font(12),
    "Heading1": _space(360, 120, 300, _KEEP + '<w:outlineLvl w:val="0"/>') + _font(14, bold=True),
    "Heading2": _space(280, 100, 300, _KEEP + '<w:outlineLvl w:val="1"/>') + _font(12, bold=True),
    "Heading3": _space(240, 80, 300, _KEEP + '<w:outlineLvl w:val="2"/>') + _font(12, bold=True, italic=True),
    "TableCaption": _space(240, 80, 260, _KEEP) + _font(11),
    "ImageCaption": _space(60, 240, 260) + _font(11),
    "Bibliography": '<w:pPr><w:spacing w:after="120" w:line="300" w:lineRule="auto"/>'
    '<w:ind w:left="720" w:hanging="720"/></w:pPr>' + _font(12),
}
_ADDED = [
    ("TableNote", "Table Note", _space(60, 240, 240) + _font(10, italic=True)),
    ("Callout", "Callout", '<w:pPr><w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="155E63"/></w:pBdr>'
     '<w:spacing w:before="60" w:after="60" w:line="280" w:lineRule="auto"/><w:ind w:left="240"/></w:pPr>' + _font(11)),
]  # fmt: skip
