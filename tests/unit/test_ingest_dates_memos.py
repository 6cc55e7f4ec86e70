"""Dates of coding are read only where their order is proven; memos, colors and positions as written are kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from small_study import STUDY
from support import shared_data

from continuum.ingest import read_interviews
from continuum.ingest.dates import clear_dates
from continuum.ingest.options import ReadOptions
from continuum.ingest.refi_export import write_qdpx


@pytest.mark.parametrize(
    ("written", "read", "warned"),
    [
        (["3/25/25", "4/1/2025"], ["2025-03-25", "2025-04-01"], ""),
        (["25.3.25", "1.4.25 10:15"], ["2025-03-25", "2025-04-01 10:15"], ""),
        (["3/4/25"], ["3/4/25"], "no value above 12"),
        (["13/4/25", "4/13/25"], ["13/4/25", "4/13/25"], "both orders"),
        (["2025-03-04", ""], ["2025-03-04", ""], ""),
    ],
)
def test_slashed_dates_are_read_only_if_a_value_above_twelve_proves_the_order(written, read, warned):
    dates, warning = clear_dates(written)
    assert dates == read
    assert warned in warning
    assert bool(warned) == bool(warning)


@pytest.mark.shared
def test_atlasti_dates_are_read_month_first_because_days_above_twelve_prove_it():
    folder = shared_data("interviews/atlasti")
    options = ReadOptions(codebook=folder / "codebook_full.csv", allow_new_codes=True)
    data = read_interviews(folder / "quotation_export.csv", options=options)
    assert data.codings["created"].str.fullmatch(r"20\d\d-\d\d-\d\d").all()
    assert not any("dates of coding" in line for line in data.report.warnings)


def test_memos_dates_and_colors_of_a_project_are_carried(tmp_path):
    codes = [{**STUDY["codes"][0], "color": "#112233"}, *STUDY["codes"][1:]]
    codings = [{**STUDY["codings"][0], "memo": "ask again", "created": "2024-05-06T07:08:09Z"}, *STUDY["codings"][1:]]
    path = write_qdpx(tmp_path / "a.qdpx", **{**STUDY, "codes": codes, "codings": codings})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    note = b'<Notes><Note guid="0f0f0f0f-0000-4000-8000-000000000001" name="n"><PlainTextContent>see notes' \
           b"</PlainTextContent></Note></Notes></Project>"  # fmt: skip
    text = members["project.qde"].replace(b"</Project>", note)
    reference = b'</Coding>\n        <NoteRef targetGUID="0F0F0F0F-0000-4000-8000-000000000001"/>'
    members["project.qde"] = text.replace(b"</Coding>", reference, 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    data = read_interviews(path)
    assert "2024-05-06T07:08:09Z" in set(data.codings["created"])
    assert any("ask again" in memo for memo in data.codings["memo"])
    assert any("see notes" in memo for memo in data.codings["memo"])
    assert "#112233" in set(data.codebook["color"])
    assert not any("notes" in line for line in data.report.skipped)


def test_columns_of_a_plain_table_give_memo_and_date(tmp_path):
    path = tmp_path / "codings.csv"
    path.write_text("document,code,text,memo,created\nI1,Debt,owed money,look up,3/25/25\n")
    row = read_interviews(path).codings.iloc[0]
    assert (row["memo"], row["created"]) == ("look up", "2025-03-25")


def test_maxqda_gives_the_date_beside_the_coder(tmp_path):
    path = tmp_path / "maxqda.csv"
    path.write_text('Document group,Document name,Code,Segment,Created\nG,I1,Debt,owed,"Ann, 25.03.2024"\n')
    row = read_interviews(path).codings.iloc[0]
    assert (row["coder_id"], row["created"]) == ("Ann", "2024-03-25")


@pytest.mark.shared
def test_positions_as_the_tool_wrote_them_stand_beside_those_in_code_points():
    data = read_interviews(Path(shared_data("interviews/refi_qda/oltas.qdpx")))
    segments = data.segments
    assert (segments["source_start"] >= segments["start"]).all()
    moved = int(((segments["source_start"] != segments["start"]) | (segments["source_end"] != segments["end"])).sum())
    assert moved > 0
    assert data.report.guesses["positions"].startswith(f"{moved} of {len(segments)} passages counted otherwise (")
    assert data.report.guesses["offset unit"].startswith("utf16")
    texts = dict(zip(data.documents["document_id"], data.documents["text"], strict=True))
    assert all(texts[row.interview_id][row.start : row.end] == row.text for row in segments.itertuples())
