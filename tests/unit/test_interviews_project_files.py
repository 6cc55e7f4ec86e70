"""A study's coding as projects for other tools: nothing is lost between our tables and the files, and back."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from interview_data import small_study
from small_study import STUDY

from continuum.ingest import read_interviews
from continuum.ingest.options import ReadOptions
from continuum.ingest.refi_export import write_qdpx
from continuum.interviews import write_project_files

COLUMNS = ["interview_id", "start", "end", "text", "code_id"]


def rows(data, *more: str) -> list[tuple[object, ...]]:
    return sorted(data.codings[[*COLUMNS, *more]].itertuples(index=False, name=None))


def test_projects_for_refi_tools_and_for_taguette_hold_every_coding(tmp_path):
    first = read_interviews(write_qdpx(tmp_path / "in.qdpx", **STUDY))
    assert write_project_files(tmp_path, first, name="Study") == ["codebook.qdc", "project.qdpx", "taguette.sqlite3"]
    again = read_interviews(tmp_path / "project.qdpx")
    assert rows(again, "coder_id", "memo") == rows(first, "coder_id", "memo")
    shared = ["interview_id", "sector", "year", "consent_quote"]
    pd.testing.assert_frame_equal(again.interviews[shared], first.interviews[shared])
    assert rows(read_interviews(tmp_path / "taguette.sqlite3")) == rows(first)
    codes = ["name", "path", "definition", "is_codable", "source_guid"]
    pd.testing.assert_frame_equal(read_interviews(tmp_path / "codebook.qdc").codebook[codes], first.codebook[codes])


def test_interviews_of_several_documents_go_back_to_their_documents(tmp_path):
    cases = [{"name": "Case", "sources": list(STUDY["sources"]), "variables": {}}]
    codings = [*STUDY["codings"], {"source": "SYN-02", "start": 0, "end": 7, "code_id": "evicted", "coder": "coder-1"}]
    path = write_qdpx(tmp_path / "in.qdpx", **{**STUDY, "cases": cases, "codings": codings})
    joined = read_interviews(path, options=ReadOptions(unit="case"))
    assert len(joined.interviews) == 1
    write_project_files(tmp_path, joined, name="Study")
    assert rows(read_interviews(tmp_path / "project.qdpx"), "coder_id") == rows(read_interviews(path), "coder_id")


def test_without_transcripts_only_the_codebook_is_written(tmp_path):
    assert write_project_files(tmp_path, small_study(), name="Study") == ["codebook.qdc"]


def test_names_taguette_cannot_hold_leave_the_other_project(tmp_path):
    data = read_interviews(write_qdpx(tmp_path / "in.qdpx", **STUDY))
    long = data.codebook.assign(name=data.codebook["name"] + "x" * 200)
    written = write_project_files(tmp_path, replace(data, codebook=long), name="S")
    assert written[:2] == ["codebook.qdc", "project.qdpx"]
    assert "Taguette allows 200" in written[2]
    assert not (tmp_path / "taguette.sqlite3").exists()


@pytest.mark.parametrize("written", ["3/4/25", "2024-05-06", "2024-05-06T07:08:09Z"])
def test_only_clear_times_of_coding_are_exported(tmp_path, written):
    data = read_interviews(write_qdpx(tmp_path / "in.qdpx", **STUDY))
    write_project_files(tmp_path, replace(data, codings=data.codings.assign(created=written)), name="S")
    kept = set(read_interviews(tmp_path / "project.qdpx").codings["created"])
    assert kept == ({written} if written.endswith("Z") else {""})
