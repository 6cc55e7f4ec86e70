"""QualCoder projects of old and new versions read alike, by column name."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from continuum.errors import CompendiumError
from continuum.ingest import read_interviews
from continuum.ingest.options import ReadOptions
from continuum.ingest.qualcoder import SPEAKER_CODING

TEXT = "Int: Hello, José.\nR: I was 👍 afraid of the landlord."

#: Columns as QualCoder makes them; those of later versions stand in V17.
V8 = {
    "project": "databaseversion, date, memo, about, bookmarkfile, bookmarkpos, codername",
    "source": "id integer primary key, name, fulltext, mediapath, memo, owner, date, av_text_id, risid",
    "code_cat": "catid integer primary key, name, owner, date, memo, supercatid integer",
    "code_name": "cid integer primary key, name, memo, catid integer, owner, date, color",
    "code_text": "ctid integer primary key, cid, fid, seltext, pos0, pos1, owner, date, memo, avid, important",
    "code_image": "imid integer primary key, id, x1, y1, width, height, cid, memo, date, owner, important",
    "code_av": "avid integer primary key, id, pos0, pos1, cid, memo, date, owner, important",
    "cases": "caseid integer primary key, name, memo, owner, date",
    "case_text": "id integer primary key, caseid, fid, pos0, pos1, owner, date, memo",
    "attribute_type": "name, date, owner, memo, caseOrFile, valuetype",
    "attribute": "attrid integer primary key, name, attr_type, value, id, date, owner",
}
V17 = {
    **V8,
    "project": f"{V8['project']}, recently_used_codes",
    "code_name": f"{V8['code_name']}, supercid integer",
    "code_image": f"{V8['code_image']}, pdf_page",
    "coder_names": "name, visibility integer",
}

ROWS: dict[str, list[dict[str, Any]]] = {
    "source": [
        {"id": 1, "name": "I 1.txt", "fulltext": TEXT, "owner": "ana"},
        {"id": 2, "name": "call.mp3", "fulltext": None, "mediapath": "/audio/call.mp3"},
        {"id": 3, "name": "short", "fulltext": "."},
    ],
    "code_cat": [
        {"catid": 1, "name": "Risk", "memo": "What endangers"},
        {"catid": 2, "name": "Home", "supercatid": 1},
    ],
    "code_name": [
        {"cid": 1, "name": "Fear", "memo": "Being afraid", "catid": 1},
        {"cid": 2, "name": "Landlord", "catid": 2},
        {"cid": 3, "name": "Hope"},
    ],
    "code_text": [
        {"cid": 1, "fid": 1, "seltext": "afraid", "pos0": 29, "pos1": 35, "owner": "ana"},
        {"cid": 1, "fid": 1, "seltext": "afraid", "pos0": 29, "pos1": 35, "owner": "ben"},
        {"cid": 2, "fid": 1, "seltext": "landlord", "pos0": 43, "pos1": 51, "owner": "ana"},
        {"cid": 3, "fid": 9, "seltext": "x", "pos0": 0, "pos1": 1, "owner": "ana"},
        {"cid": 3, "fid": 1, "seltext": "Int", "pos0": 0, "pos1": 3, "owner": SPEAKER_CODING},
    ],
    "code_av": [{"id": 2, "pos0": 100, "pos1": 200, "cid": 3, "owner": "ana"}],
    "cases": [{"caseid": 1, "name": "Ms. A"}],
    "case_text": [{"caseid": 1, "fid": 1, "pos0": 0, "pos1": 10}],
    "attribute_type": [
        {"name": "sector", "caseOrFile": "case", "valuetype": "character"},
        {"name": "hours", "caseOrFile": "case", "valuetype": "numeric"},
        {"name": "year", "caseOrFile": "file", "valuetype": "numeric"},
    ],
    "attribute": [
        {"name": "sector", "attr_type": "case", "value": "legal", "id": 1},
        {"name": "hours", "attr_type": "case", "value": "1.5", "id": 1},
        {"name": "year", "attr_type": "file", "value": "2014", "id": 1},
    ],
}


def fill(database: Path, rows: dict[str, list[dict[str, Any]]], *changes: str) -> None:
    with sqlite3.connect(database) as connection:
        for table, records in rows.items():
            for record in records:
                marks = ", ".join("?" * len(record))
                connection.execute(f"INSERT INTO {table} ({', '.join(record)}) VALUES ({marks})", list(record.values()))
        for change in changes:
            connection.execute(change)
    connection.close()


def make(tmp_path: Path, version: str = "v17", *changes: str) -> Path:
    folder = tmp_path / "study.qda"
    (folder / "documents").mkdir(parents=True)
    tables = V8 if version == "v8" else V17
    with sqlite3.connect(folder / "data.qda") as connection:
        for table, columns in tables.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
    connection.close()
    fill(folder / "data.qda", {"project": [{"databaseversion": version}], **ROWS}, *changes)
    return folder


def problem(path: Path, **options: Any) -> str:
    with pytest.raises(CompendiumError) as error:
        read_interviews(path, options=ReadOptions(**options))
    assert error.value.exit_code == 2
    return str(error.value)


@pytest.mark.parametrize("version", ["v8", "v17"])
def test_both_versions_give_the_same_tables(tmp_path, version):
    data = read_interviews(make(tmp_path, version))
    coded = data.codings[data.codings["start"].notna()]
    assert coded[["text", "code_id", "coder_id"]].values.tolist() == [
        ["afraid", "fear", "ana"], ["afraid", "fear", "ben"], ["landlord", "landlord", "ana"],
    ]  # fmt: skip
    assert all(TEXT[row.start : row.end] == row.text for row in coded.itertuples())
    assert data.codebook[["path", "is_codable", "definition"]].values.tolist() == [
        ["Risk", False, "What endangers"],
        ["Risk > Home", False, ""],
        ["Risk > Fear", True, "Being afraid"],
        ["Risk > Home > Landlord", True, ""],
        ["Hope", True, ""],
    ]


def test_the_folder_and_its_database_read_alike(tmp_path):
    folder = make(tmp_path)
    assert read_interviews(folder).codings.equals(read_interviews(folder / "data.qda").codings)


def test_cases_and_files_give_attributes_numbers_as_numbers(tmp_path):
    row = read_interviews(make(tmp_path)).interviews.set_index("interview_id").loc["I 1"]
    assert (row["sector"], row["hours"], row["year"]) == ("legal", 1.5, 2014)


def test_what_is_left_out_and_what_has_no_text_is_counted(tmp_path):
    data = read_interviews(make(tmp_path))
    warnings = " ".join(data.report.warnings)
    assert "the program's own speaker codings, left out (1)" in warnings
    assert "codings of deleted documents, left out (1: table code_text, ctid 4)" in warnings
    assert "codings of images, audio and video, kept without text (1" in warnings
    assert data.report.read["interviews"] == 3


def test_speaker_codings_come_only_when_asked_for(tmp_path):
    data = read_interviews(make(tmp_path), options=ReadOptions(speaker_codings=True))
    assert SPEAKER_CODING in set(data.codings["coder_id"])


def test_hidden_coders_are_imported_and_reported(tmp_path):
    path = make(tmp_path, "v17", "INSERT INTO coder_names VALUES ('ben', 0), ('ana', 1)")
    data = read_interviews(path)
    assert set(data.codings["coder_id"]) == {"ana", "ben"}
    assert any("coders that the project hides, imported all the same (1: ben)" in w for w in data.report.warnings)


def test_from_version_16_a_code_may_hang_under_a_code(tmp_path):
    data = read_interviews(make(tmp_path, "v17", "UPDATE code_name SET supercid = 1, catid = NULL WHERE cid = 2"))
    assert "Risk > Fear > Landlord" in set(data.codebook["path"])


def test_a_stored_text_that_is_not_at_its_place_stops_the_import_unless_skipped(tmp_path):
    path = make(tmp_path, "v17", "UPDATE code_text SET pos0 = 28, pos1 = 34 WHERE ctid = 2")
    assert "data.qda: table code_text, ctid 2: the stored text is not the text at 28 to 34 of source 1" in problem(path)
    data = read_interviews(path, options=ReadOptions(skip_mismatches=True))
    assert "1 codings whose stored text is not the text at their place" in data.report.skipped


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE code_cat SET supercatid = 2 WHERE catid = 1", "'Risk' (category 1) is part of a cycle"),
        (
            "UPDATE code_name SET catid = 8 WHERE cid = 3",
            "'Hope' (code 3) hangs under category 8, which does not exist",
        ),
        ("UPDATE code_text SET cid = 8 WHERE ctid = 1", "refers to code 8, which does not exist (source 1)"),
        ("UPDATE code_text SET pos1 = NULL WHERE ctid = 1", "ctid 1, pos1: None is not a whole number"),
        ("UPDATE code_text SET pos1 = 999 WHERE ctid = 1", "the stored text is not the text at 29 to 999 of source 1"),
        ("DROP TABLE code_cat", "table code_cat: this table is missing (supported: QualCoder databases v1 to v17)"),
        ("ALTER TABLE code_text DROP COLUMN owner", "table code_text: the columns owner are missing"),
    ],
)
def test_broken_trees_references_and_columns_name_table_and_key(tmp_path, change, expected):
    assert expected in problem(make(tmp_path, "v17", change))


def test_a_folder_without_a_database_is_named(tmp_path):
    (tmp_path / "x.qda").mkdir()
    assert "data.qda: there is no such file" in problem(tmp_path / "x.qda")


@pytest.mark.program
def test_a_project_made_by_exegete_for_qualcoder_4_reads(tmp_path):
    """exegete 0.15.1a1 writes the empty project of QualCoder 4.0 (v17)."""
    python = os.environ.get("EXEGETE_PYTHON", "")
    if not shutil.which(python):
        pytest.skip("needs exegete: set EXEGETE_PYTHON to a Python that has it")
    script = (
        "import sys; from exegete.new_project import build_database, creation_statements; "
        "build_database(sys.argv[1], creation_statements('ana', 'about', '2024-01-01 00:00:00'))"
    )
    folder = tmp_path / "real.qda"
    folder.mkdir()
    subprocess.run([python, "-c", script, str(folder / "data.qda")], check=True, timeout=60)
    with sqlite3.connect(folder / "data.qda") as connection:
        made = {table: [c[1] for c in connection.execute(f"PRAGMA table_info({table})")] for table in V17}
    connection.close()
    assert all(c.split()[0] in made[table] for table, columns in V17.items() for c in columns.split(", "))
    fill(folder / "data.qda", ROWS)
    assert read_interviews(folder).codings.equals(read_interviews(make(tmp_path)).codings)
