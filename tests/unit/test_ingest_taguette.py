"""The real Taguette writes, we read: text by bytes, coders by its log; and its database damaged."""

from __future__ import annotations

import shutil
import sqlite3
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import shared_data
from taguette_program import Browser, single_user, with_accounts

from continuum.errors import CompendiumError
from continuum.ingest import read_interviews
from continuum.ingest.options import ReadOptions
from continuum.ingest.refi_export import write_qdc
from continuum.ingest.taguette import HtmlText

HTML = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>T</title></head><body>
<h1>Interview 1</h1>
<p>Int: Hello, José.</p><p>R: I was 👍 afraid — very. &amp; <b>tired</b></p>
<ul><li>first</li><li>second</li></ul>
<table><tr><td>left</td><td>right</td></tr></table><pre>
  kept  blanks</pre>
</body></html>"""
WORDS = ("José", "afraid", "very", "tired", "second", "right", "blanks")


def create_project(browser: Browser, name: str = "Test") -> None:
    browser.open_form("/project/new")
    assert browser.form("/project/new", name=name, description="") == 303
    created = browser.upload(
        "/api/project/1/document/new", "i1.html", HTML.encode(), name="Interview 1", description="",
        text_direction="LEFT_TO_RIGHT",
    )  # fmt: skip
    assert created["created"] == 1


def add_tag(browser: Browser, path: str, description: str = "") -> int:
    return int(browser.json("POST", "/api/project/1/tag/new", {"path": path, "description": description})["id"])


def highlight(browser: Browser, stored: str, word: str, *tags: int, id: int | None = None) -> int:
    """Highlight a word at the bytes a browser would send for it: text nodes only, as the page holds them."""
    start = len(stored[: stored.index(word)].encode())
    where = "new" if id is None else str(id)
    content = {"start_offset": start, "end_offset": start + len(word.encode()), "tags": list(tags)}
    answer = browser.json("POST", f"/api/project/1/document/1/highlight/{where}", content)
    return int(answer["id"]) if answer else int(id or 0)


def stored_text(database: Path) -> str:
    """Text nodes of the stored document with nothing between blocks, in the simplest way that is right for it."""
    import lxml.html

    with sqlite3.connect(database) as connection:
        html = connection.execute("SELECT contents FROM documents WHERE id = 1").fetchone()[0]
    return "".join(lxml.html.fragment_fromstring(html.strip(), create_parent="div").itertext())


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """What one user makes: a database and every export."""
    folder = tmp_path_factory.mktemp("taguette")
    with single_user(folder) as server:
        browser = server.browser()
        create_project(browser)
        barriers = add_tag(browser, "Barriers", "What stops people")
        cost = add_tag(browser, "Barriers.Cost, time", "Money and hours")
        odd = add_tag(browser, 'Odd..name "x"')
        stored = stored_text(server.database)
        for word in WORDS:
            highlight(browser, stored, word, cost)
        both = highlight(browser, stored, "first", barriers, odd)
        highlight(browser, stored, "left")
        highlight(browser, stored, "Hello", barriers, id=both)  # moved: the snippet stays as it was
        gone = highlight(browser, stored, "kept", barriers)
        browser.json("DELETE", f"/api/project/1/document/1/highlight/{gone}")
        merged = add_tag(browser, "Merged")
        highlight(browser, stored, "Int", merged)
        browser.json("POST", "/api/project/1/tag/merge", {"src": merged, "dest": barriers})
        for name in (
            "codebook.qdc", "codebook.csv", "codebook.xlsx", "highlights/.csv", "highlights/.xlsx", "project.sqlite3",
        ):  # fmt: skip
            (folder / name.replace("/", "")).write_bytes(browser.get(f"/project/1/export/{name}"))
    return folder


@pytest.fixture(scope="module")
def team(tmp_path_factory) -> Path:
    """What two coders make on a server with accounts."""
    folder = tmp_path_factory.mktemp("team")
    with with_accounts(folder) as server:
        first, second = server.register("coder.a"), server.register("coder.b")
        create_project(first)
        first.json("PATCH", "/api/project/1/members", {"coder.b": {"privileges": "TAG"}})
        tag = add_tag(first, "Trust", "Being believed")
        second.open_form("/project/new")
        stored = stored_text(server.database)
        highlight(first, stored, "afraid", tag)
        mine = highlight(second, stored, "afraid", tag)
        highlight(second, stored, "very", tag)
        highlight(first, stored, "second", tag, id=mine)
        (folder / "export.sqlite3").write_bytes(first.get("/project/1/export/project.sqlite3"))
    return folder


@pytest.mark.program
def test_bytes_of_the_real_program_become_the_words_that_were_highlighted(alone):
    data = read_interviews(alone / "server.sqlite3")
    tagged = data.codings[data.codings["code_id"] == "cost-time"]
    assert sorted(tagged["text"]) == sorted(WORDS)
    assert data.report.read == {"interviews": 1, "codes": 4, "codings": 9, "coders": 0}
    assert "1 passages without a code, kept as segments" in data.report.warnings
    assert (data.segments["codings"] == 0).sum() == 1


@pytest.mark.program
def test_paragraphs_of_the_real_program_are_lines(alone):
    with sqlite3.connect(alone / "server.sqlite3") as connection:
        html = connection.execute("SELECT contents FROM documents").fetchone()[0]
    lines = [line for line in HtmlText(html).text.split("\n") if line]
    assert lines == [
        "Interview 1", "Int: Hello, José.", "R: I was 👍 afraid — very. & tired", "first", "second", "left", "right",
        "  kept  blanks",
    ]  # fmt: skip


@pytest.mark.program
def test_moved_deleted_and_merged_highlights_are_as_the_program_shows_them(alone):
    data = read_interviews(alone / "server.sqlite3")
    barriers = data.codings[data.codings["code_id"] == "barriers"]
    assert sorted(barriers["text"]) == ["Hello", "Int"]
    assert any("stored snippets that are older than the passage" in line for line in data.report.warnings)


@pytest.mark.program
def test_one_user_alone_is_no_coder_unless_named(alone):
    report = read_interviews(alone / "server.sqlite3").report
    assert report.guesses["coder"] == "unknown: every command in the log is by 'admin'"
    named = read_interviews(alone / "server.sqlite3", options=ReadOptions(coder="A"))
    assert named.codings["coder_id"].unique().tolist() == ["A"]


@pytest.mark.program
def test_the_exported_database_reads_as_the_servers_own(alone):
    own, exported = read_interviews(alone / "server.sqlite3"), read_interviews(alone / "project.sqlite3")
    assert own.codings.equals(exported.codings)
    assert own.codebook.equals(exported.codebook)


@pytest.mark.program
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_exported_tables_hold_the_same_codings_but_no_untagged_passages(alone, ending):
    options = ReadOptions(codebook=alone / f"codebook.{ending}")
    table = read_interviews(alone / f"highlights.{ending}", options=options)
    database = read_interviews(alone / "server.sqlite3")

    def counts(data: Any) -> dict[tuple[str, str], int]:
        return data.codings.groupby(["code_id", "text"]).size().to_dict()

    # Exports show the stored snippet: the moved highlight has its old text there.
    moved = {("barriers", "Hello"): 1}, {("barriers", "first"): 1}
    assert {k: v for k, v in counts(table).items() if k not in moved[1]} == {
        k: v for k, v in counts(database).items() if k not in moved[0]
    }
    assert table.codebook.set_index("code_id")["definition"]["cost-time"] == "Money and hours"


@pytest.mark.program
def test_the_exported_codebook_is_read_although_it_breaks_the_schema(alone):
    data = read_interviews(alone / "codebook.qdc")
    assert "Barriers > Cost, time" in set(data.codebook["path"])
    assert any("an empty list of sets" in warning for warning in data.report.warnings)


@pytest.mark.program
def test_two_coders_are_told_apart_by_who_made_a_highlight_first(team):
    data = read_interviews(team / "team.sqlite3")
    assert sorted(data.codings[["text", "coder_id"]].itertuples(index=False, name=None)) == [
        ("afraid", "coder.a"), ("second", "coder.b"), ("very", "coder.b"),
    ]  # fmt: skip
    assert any("edited by another coder" in line for line in data.report.warnings)


@pytest.mark.program
def test_an_exported_database_names_no_coders(team):
    data = read_interviews(team / "export.sqlite3")
    assert data.codings["coder_id"].unique().tolist() == [""]
    assert any("exports replace them by 'admin'" in line for line in data.report.warnings)


@pytest.mark.program
@pytest.mark.shared
def test_its_codes_leave_as_a_valid_refi_codebook_and_come_back_equal(alone):
    from lxml import etree

    first = read_interviews(alone / "server.sqlite3").codebook
    path = write_qdc(alone / "ours.qdc", first)
    schema = etree.XMLSchema(etree.parse(shared_data("interviews/refi_qda/Codebook-from-spec-1.5.xsd")))
    schema.assertValid(etree.parse(path))
    assert not schema.validate(etree.parse(alone / "codebook.qdc"))
    pd.testing.assert_frame_equal(
        first.drop(columns="source_guid"), read_interviews(path).codebook.drop(columns="source_guid")
    )


def make(path: Path, *, version: str = "db5e31a0233d", projects: int = 1, **changes: str) -> Path:
    """A database with the tables of Taguette 1.5.2 and one highlighted word."""
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"""
            CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('{version}');
            CREATE TABLE projects (id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE documents (id INTEGER PRIMARY KEY, name TEXT, project_id INTEGER, contents TEXT);
            CREATE TABLE tags (id INTEGER PRIMARY KEY, project_id INTEGER, path TEXT, description TEXT);
            CREATE TABLE highlights (id INTEGER PRIMARY KEY, document_id INTEGER, start_offset INTEGER,
                                     end_offset INTEGER, snippet TEXT);
            CREATE TABLE highlight_tags (highlight_id INTEGER, tag_id INTEGER);
            CREATE TABLE commands (id INTEGER PRIMARY KEY, user_login TEXT, project_id INTEGER, payload TEXT);
            CREATE TABLE users (login TEXT, email TEXT); INSERT INTO users VALUES ('a', 'secret@example.org');
            INSERT INTO highlights VALUES (7, 1, 0, 5, 'afraid');
            INSERT INTO highlight_tags VALUES (7, 3);
            INSERT INTO commands VALUES (1, 'ana', 1,
                '{{"type": "highlight_add", "highlight_id": 7, "start_offset": 0, "end_offset": 5, "tags": [3]}}');
            """
        )
        for number in range(1, projects + 1):
            connection.execute("INSERT INTO projects VALUES (?, ?)", (number, f"P{number}"))
            connection.execute("INSERT INTO documents VALUES (?, 'D', ?, '<p>Hello you</p>')", (number, number))
            connection.execute("INSERT INTO tags VALUES (?, ?, 'Greeting', '')", (number + 2, number))
        for statement in changes.values():
            connection.execute(statement)
    connection.close()
    return path


def problem(path: Path, **options: Any) -> str:
    with pytest.raises(CompendiumError) as error:
        read_interviews(path, options=ReadOptions(**options))
    assert error.value.exit_code == 2
    return str(error.value)


def test_a_database_of_the_older_schema_reads_too(tmp_path):
    data = read_interviews(make(tmp_path / "a.sqlite3", version="09c662cd9483"))
    assert data.codings[["text", "code_id", "coder_id"]].values.tolist() == [["Hello", "greeting", "ana"]]


def test_a_newer_schema_is_read_with_a_warning_while_its_columns_are_there(tmp_path):
    warnings = read_interviews(make(tmp_path / "a.sqlite3", version="ffff")).report.warnings
    assert any("schema version ffff is not among those tested" in line for line in warnings)
    text = problem(make(tmp_path / "b.sqlite3", version="ffff", cut="ALTER TABLE highlights DROP COLUMN snippet"))
    assert "b.sqlite3: table highlights: the columns snippet are missing (supported: Taguette up to 1.5.2)" in text
    assert "export the codebook and the highlights as CSV" in text


def test_several_projects_need_a_name(tmp_path):
    path = make(tmp_path / "a.sqlite3", projects=2)
    assert (
        "the database holds 2 projects. Fix: options: {project: NAME} in study.yaml (compendium new: --option project=NAME), one of: 'P1', 'P2'"
        in problem(path)
    )
    assert "there is no project 'P3'" in problem(path, project="P3")
    assert len(read_interviews(path, options=ReadOptions(project="P1")).codings) == 1
    assert len(read_interviews(path, options=ReadOptions(project="P2")).codings) == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE highlights SET document_id = 9", "highlight 7 refers to document 9, which does not exist"),
        ("UPDATE highlight_tags SET tag_id = 9", "highlight 7 refers to tag 9, which does not exist"),
        ("UPDATE highlights SET end_offset = 99", "positions 0 to 99 lie outside of its document (9 bytes)"),
        ("UPDATE highlights SET start_offset = 'x'", "'x' is not a whole number"),
        ("DROP TABLE commands", "table commands: this table is missing"),
    ],
)
def test_broken_references_and_positions_name_table_and_key(tmp_path, change, expected):
    assert expected in problem(make(tmp_path / "a.sqlite3", change=change), project="P1")


def test_a_view_does_not_pass_as_a_table(tmp_path):
    path = make(
        tmp_path / "a.sqlite3", drop="DROP TABLE commands",
        view="CREATE VIEW commands AS SELECT 1 AS id, 'x' AS user_login, 1 AS project_id, '' AS payload",
    )  # fmt: skip
    assert "table commands: this table is missing" in problem(path)


def test_a_locked_encrypted_or_foreign_database_is_named(tmp_path):
    path = make(tmp_path / "a.sqlite3")
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        assert "(database is locked). Fix: close the coding tool and try again" in problem(path)
    finally:
        blocker.close()
    (tmp_path / "b.sqlite3").write_bytes(bytes(range(1, 255)) * 20)
    assert "Fix:" in problem(tmp_path / "b.sqlite3")
    with sqlite3.connect(tmp_path / "c.sqlite3") as other:
        other.execute("CREATE TABLE x (y)")
    assert "an SQLite database without the tables of Taguette or QualCoder" in problem(tmp_path / "c.sqlite3")
    (tmp_path / "d.sqlite3").write_bytes(path.read_bytes()[:5000])
    assert "Fix:" in problem(tmp_path / "d.sqlite3")


def test_nothing_is_written_beside_a_database_and_its_log_is_read_with_it(tmp_path):
    path = make(tmp_path / "a.sqlite3")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE tags SET path = 'Changed'")
    (tmp_path / "copy").mkdir()
    for file in tmp_path.glob("a.sqlite3*"):
        shutil.copyfile(file, tmp_path / "copy" / file.name)
    writer.close()
    before = {file.name: file.read_bytes() for file in (tmp_path / "copy").iterdir()}
    data = read_interviews(tmp_path / "copy" / "a.sqlite3")
    assert data.codebook["name"].tolist() == ["Changed"]
    assert {file.name: file.read_bytes() for file in (tmp_path / "copy").iterdir()} == before


blocks = st.lists(st.text(alphabet=st.sampled_from("ab é👍&<\n "), min_size=1, max_size=8), min_size=1, max_size=5)


@given(blocks, st.data())
def test_any_byte_range_cuts_out_the_characters_it_was_counted_over(paragraphs, data):
    """Known truth: count bytes over the joined text nodes, convert back; line ends we add are between blocks only."""
    joined = "x" + "".join(paragraphs)
    html = "<p>x" + "</p><p>".join(escape(part) for part in paragraphs) + "</p>"
    first = data.draw(st.integers(0, len(joined) - 1))
    last = data.draw(st.integers(first + 1, len(joined)))
    text = HtmlText(html)
    found = text.span(len(joined[:first].encode()), len(joined[:last].encode()))
    assert found is not None
    assert text.text[found[0] : found[1]].replace("\n", "") == joined[first:last].replace("\n", "")
    assert text.length == len(joined.encode())
