"""We write, the real Taguette imports and exports, and what comes back is what was written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from small_study import STUDY
from taguette_program import single_user

from continuum.errors import BadInput
from continuum.ingest import read_interviews
from continuum.ingest.tables import CodedInterviews
from continuum.ingest.taguette_export import write_taguette

PARTS = {name: STUDY[name] for name in ("codes", "sources", "codings")}


def written(folder: Path, **changes: object) -> Path:
    return write_taguette(folder / "ours.sqlite3", project="SYN demo", description="Synthetic", **{**PARTS, **changes})


def passages(data: CodedInterviews) -> list[tuple[object, ...]]:
    names = dict(zip(data.codebook["code_id"], data.codebook["path"], strict=True))
    columns = data.codings.assign(code=data.codings["code_id"].map(names))
    return sorted(columns[["interview_id", "start", "end", "text", "code"]].itertuples(index=False, name=None))


EXPECTED = [
    ("SYN-01", 7, 13, "afraid", "Housing <b>& > Evicted, again"),
    ("SYN-01", 7, 13, "afraid", "Housing <b>& > Evicted, again"),
    ("SYN-01", 14, 15, "👍", "Housing <b>& > Evicted, again (2)"),
]


def test_what_is_written_is_read_back_with_texts_coders_and_definitions(tmp_path):
    data = read_interviews(written(tmp_path))
    assert passages(data) == EXPECTED
    assert data.documents["text"].tolist() == ["Line 1\nafraid 👍 José.", "Nothing here."]
    assert sorted(data.codings["coder_id"]) == ["admin", "coder-1", "coder-2"]
    assert data.codebook.set_index("name").loc["Housing <b>&", "definition"] == "Where people stay"
    assert not any("snippets" in line for line in data.report.warnings)


def test_the_same_study_gives_the_same_bytes(tmp_path):
    assert written(tmp_path).read_bytes() == written(tmp_path).read_bytes()


def test_the_real_taguette_imports_it_and_exports_the_same(tmp_path):
    path = written(tmp_path)
    with single_user(tmp_path) as server:
        browser = server.browser()
        browser.open_form("/project/new")
        listed = browser.upload("/api/import", "ours.sqlite3", path.read_bytes())
        assert listed["projects"] == [{"id": 1, "name": "SYN demo"}]
        number = browser.upload("/api/import", "ours.sqlite3", path.read_bytes(), project_id="1")["project_id"]
        exported = tmp_path / "exported.sqlite3"
        exported.write_bytes(browser.get(f"/project/{number}/export/project.sqlite3"))
        highlights = tmp_path / "highlights.csv"
        highlights.write_bytes(browser.get(f"/project/{number}/export/highlights/.csv"))
    assert passages(read_interviews(exported)) == sorted(set(EXPECTED))  # it knows one coder only
    table = pd.read_csv(highlights)
    assert sorted(table["content"]) == ["afraid", "afraid", "👍"]
    assert table["tag"].str.startswith("Housing").all()


def test_long_names_are_cut_and_stay_apart_and_dots_make_no_levels(tmp_path):
    sources = {"A" * 60 + end: "text" for end in "xy"}
    codings = [{"source": name, "start": 0, "end": 4, "code_id": 1, "coder": "Ann B."} for name in sources]
    codes = [{"code_id": 1, "name": "T1. Edge", "definition": ""}]
    data = read_interviews(written(tmp_path, sources=sources, codings=codings, codes=codes))
    assert len(set(data.interviews["interview_id"])) == 2
    assert data.interviews["interview_id"].str.len().max() <= 50
    assert data.codebook["name"].tolist() == ["T1․ Edge"]
    assert set(data.codings["coder_id"]) == {"ann-b."}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes": [{"code_id": "evicted", "name": "x" * 201}]}, "201 characters"),
        ({"codings": [{**STUDY["codings"][0], "end": 99}]}, "outside the text"),
        ({"codings": [{**STUDY["codings"][0], "code_id": "none"}]}, "unknown code 'none'"),
    ],
)
def test_what_taguette_could_not_hold_is_refused_and_nothing_is_written(tmp_path, changes, message):
    with pytest.raises(BadInput, match=message):
        written(tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []


def test_times_of_coding_are_kept_where_they_are_times(tmp_path):
    codings = [{**STUDY["codings"][0], "created": at} for at in ("2024-05-06T07:08:09Z",)]
    with sqlite3.connect(written(tmp_path, codings=codings)) as database:
        assert database.execute("SELECT date FROM commands").fetchall() == [("2024-05-06 07:08:09.000000",)]


def test_a_folder_that_was_coded_to_all_the_same_is_a_tag(tmp_path):
    codings = [{**STUDY["codings"][0], "code_id": "folder"}]
    data = read_interviews(written(tmp_path, codings=codings))
    assert data.codings["code_id"].tolist() == ["macro"]
    assert "Macro" not in set(read_interviews(written(tmp_path)).codebook["name"])
