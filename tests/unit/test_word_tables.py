"""Every table of a notebook is also a Word document that a manuscript can take as it is."""

from __future__ import annotations

import io
import time
import zipfile

import pandas as pd
import pypandoc
import pytest
from lxml import etree

from continuum.disclosure.extract import passages
from continuum.tables import Table
from continuum.word_tables import apa_document

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def body(document):
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(document)).read("word/document.xml"))


def test_a_word_table_has_number_title_three_rules_and_note():
    rows = [["Debt & <rent>", "17 (40%)"], ["`x`\n\x0b", "[c]"]]
    root = body(apa_document(["Code", "Interviews"], rows, number=2, title="Codes", note="n = 42."))
    text = ["".join(p.itertext()) for p in root.iter(f"{W}p")]
    assert text[:2] == ["Table 2", "Codes"]
    assert {"Debt & <rent>", "[c]"} <= set(text)
    assert text[-1] == "Note. n = 42."
    borders = [child.tag for element in root.iter(f"{W}tblBorders") for child in element]
    assert borders == [f"{W}top", f"{W}bottom"]
    head = next(root.iter(f"{W}tr"))
    assert len(list(head.iter(f"{W}tcBorders"))) == 2
    assert head.find(f"{W}trPr/{W}tblHeader") is not None


def test_the_disclosure_scan_reads_every_cell(tmp_path):
    path = tmp_path / "table.docx"
    path.write_bytes(apa_document(["Contact"], [["someone@example.org"]], number=1, title="T", note="A note."))
    read = " ".join(passage.text for passage in passages(path))
    assert "someone@example.org" in read
    assert "A note." in read


def test_the_same_table_gives_the_same_document():
    one, two = (apa_document(["Code"], [["Debt"]], number=1, title="T") for _ in range(2))
    assert one == two


def test_a_word_table_can_be_read_by_another_program(tmp_path):
    path = tmp_path / "table.docx"
    frame = pd.DataFrame({"item": ["Low pay", "Eviction"], "n": [40, 12], "share": [0.5, 0.123]})
    Table(frame, formats={"share": "percent"}, note="Synthetic data, not a finding.").write_word(path, "Shares.", 3)
    text = pypandoc.convert_file(str(path), "plain", format="docx")
    for part in ("Table 3", "Shares", "Low pay", "12.3%", "Note. Synthetic data, not a finding."):
        assert part in text


@pytest.mark.parametrize(("columns", "turned"), [(6, False), (7, True)])
def test_wide_tables_lie_on_their_side(columns, turned):
    names = [f"c{k}" for k in range(columns)]
    size = next(body(apa_document(names, [names], number=1, title="T")).iter(f"{W}pgSz"))
    assert (size.get(f"{W}orient") == "landscape") is turned


def test_a_word_table_costs_less_than_fifty_milliseconds():
    rows = [[f"cell {i} {k}" for k in range(12)] for i in range(100)]
    start = time.process_time()
    apa_document([f"c{k}" for k in range(12)], rows, number=1, title="T")
    assert time.process_time() - start < 0.05
