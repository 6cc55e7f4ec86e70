"""A build that is killed at any moment leaves the old site as it was, and the next one needs no help."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from continuum import paths
from continuum.atomic import staged_folder
from continuum.publish.site import build_site, digest

#: The build stops before a step, says so, and waits to be killed.
STOPS = {
    "sources are gathered": "continuum.publish.site:stage",
    "pages are written": "continuum.publish.portable:layout.write_assets",
    "downloads are added": "continuum.publish.site:finish",
    "the gate looks": "continuum.publish.site:gate",
    "the folders are exchanged": "continuum.atomic:_exchange",
    "the old folder is removed": "continuum.atomic:shutil.rmtree",
}
BUILD = """
import pathlib, pkgutil, sys, time
from continuum.publish import site

module, _, place = sys.argv[1].partition(":")
name = place.rpartition(".")[2]
owner = pkgutil.resolve_name(module + ":" + place.rpartition(".")[0]) if "." in place else pkgutil.resolve_name(module)
before = getattr(owner, name)

def stop(*given, **named):
    old = [part for part in given if ".new-" in str(part) or ".old" in str(part)]
    if name == "rmtree" and not (old and pathlib.Path(given[0], "index.html").exists()):
        return before(*given, **named)
    pathlib.Path(sys.argv[2]).touch()
    time.sleep(60)

setattr(owner, name, stop)
site.build_site("demo", engine="portable")
"""


def kill_before(step: str, project: Path) -> None:
    """Start a build in a process of its own and kill it when it comes to ``step``."""
    reached = project / "reached"
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, step, str(reached)], env=os.environ | {paths.ROOT_VARIABLE: str(project)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        while not reached.exists():
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    reached.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("moment", STOPS)
def test_a_killed_build_leaves_the_old_site_and_the_next_one_succeeds(project: Path, moment: str):
    site = build_site("demo", engine="portable")
    old = digest([site])
    start = project / "index.qmd"
    start.write_text(start.read_text(encoding="utf-8") + "\nSomething new.\n", encoding="utf-8")

    kill_before(STOPS[moment], project)
    swapped = moment == "the old folder is removed"
    assert (digest([site]) == old) is not swapped
    assert (site / "index.html").is_file()

    build_site("demo", engine="portable")
    assert "Something new." in (site / "index.html").read_text(encoding="utf-8")
    assert [left.name for left in project.glob("._site*")] == []


def test_folders_are_replaced_where_they_cannot_be_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("continuum.atomic._exchange", lambda one, other: False)
    for text in ("first", "second"):
        with staged_folder(tmp_path / "site") as new:
            (new / "index.html").write_text(text)
    assert (tmp_path / "site" / "index.html").read_text() == "second"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]
