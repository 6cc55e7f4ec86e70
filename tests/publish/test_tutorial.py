"""The tutorial, carried out to the letter: its commands, its notes, its highlights in the real Taguette, its site."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import lxml.html
import pytest
from support import ROOT, project_without_studies
from taguette_program import INSTALLED, Browser, program, single_user

PAGE = (ROOT / "pages" / "tutorial.qmd").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S)
INSTALL, NOTES, START, *STEPS = BLOCKS
HIGHLIGHTS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in re.findall(r"^\| note-.*\|$", PAGE, re.M)
]  # fmt: skip


def shell(block: str, folder: Path) -> str:
    """Carry out a block of commands in ``folder``, where ``.venv/bin/compendium`` is this project's own."""
    environment = os.environ | {"CONTINUUM_ROOT": str(folder)}
    ended = subprocess.run(
        ["bash", "-e", "-c", block], cwd=folder, env=environment, capture_output=True, text=True, timeout=900
    )
    assert ended.returncode == 0, f"{block}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout


def words_of(database: Path, document: int) -> str:
    """The text in which a browser would count, without what stands between paragraphs."""
    with sqlite3.connect(database) as connection:
        html = connection.execute("SELECT contents FROM documents WHERE id = ?", (document,)).fetchone()[0]
    return "".join(lxml.html.fragment_fromstring(html.strip(), create_parent="div").itertext())


def code(browser: Browser, notes: Path, database: Path) -> None:
    """What the page asks to be done with the mouse."""
    name = re.search(r"project called `([^`]+)`", PAGE)
    assert name is not None
    browser.open_form("/project/new")
    assert browser.form("/project/new", name=name[1], description="") == 303
    files = sorted(notes.glob("*.html"))
    numbers = {
        file.stem: browser.upload(
            "/api/project/1/document/new", file.name, file.read_bytes(), name=file.stem, description="",
            text_direction="LEFT_TO_RIGHT",
        )["created"]
        for file in files
    }  # fmt: skip
    tags = {
        tag: int(browser.json("POST", "/api/project/1/tag/new", {"path": tag, "description": ""})["id"])
        for tag in dict.fromkeys(tag for _, _, tag in HIGHLIGHTS)
    }
    for document, words, tag in HIGHLIGHTS:
        text = words_of(database, numbers[document])
        start = len(text[: text.index(words)].encode())
        where = {"start_offset": start, "end_offset": start + len(words.encode()), "tags": [tags[tag]]}
        browser.json("POST", f"/api/project/1/document/{numbers[document]}/highlight/new", where)


def test_the_page_names_the_version_that_is_locked():
    version = re.search(r"taguette==([\d.]+)", INSTALL)
    assert version is not None
    assert f"taguette=={version[1]} " in (ROOT / "requirements-taguette.lock").read_text(encoding="utf-8")
    assert START.strip() == str(INSTALLED.relative_to(ROOT))


@pytest.mark.slow
@pytest.mark.program
def test_every_step_of_the_tutorial_works(tmp_path: Path):
    program()
    project_without_studies(tmp_path)
    command = tmp_path / ".venv" / "bin" / "compendium"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m continuum "$@"\n')
    command.chmod(0o755)

    shell(NOTES, tmp_path)
    server_folder = tmp_path / "taguette"
    server_folder.mkdir()
    with single_user(server_folder) as server:
        browser = server.browser()
        code(browser, tmp_path / "notes", server.database)
        (tmp_path / "first-study.sqlite3").write_bytes(browser.get("/project/1/export/project.sqlite3"))
    said = "".join(shell(block, tmp_path) for block in STEPS)

    assert "3 interviews" in said
    assert "4 codes" in said
    assert "6 codings" in said
    assert "nothing found that must not be published" in said
    site = tmp_path / "_site"
    assert (site / "index.html").is_file()
    assert not (site / "private.html").exists()
    assert (tmp_path / "results" / "first-study" / "private-site" / "private.html").is_file()
    shown = "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    assert not any(words in shown for _, words, _ in HIGHLIGHTS if words not in PAGE)
