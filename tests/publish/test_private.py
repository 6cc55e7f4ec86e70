"""The team's own edition stays the team's own: apart from the public site, marked on every page, refused by the scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuum.cli import main
from continuum.disclosure import scan
from continuum.disclosure.inspection import PRIVATE_MARK
from continuum.errors import DisclosureRefused
from continuum.publish.private import FOLDER
from continuum.publish.site import build_site, digest

LEFT_OUT = "they lived at 415 west pine street with six others"


@pytest.fixture
def team(project: Path) -> Path:
    """A project whose last run wrote lists for the team."""
    folder = project / "results" / "demo" / "team"
    folder.mkdir(parents=True)
    (folder / "quotes-review.csv").write_text(
        f"interview_id,sector,codes,excerpt,reasons,decision\nI7,legal,Debt,{LEFT_OUT},street address,\n",
        encoding="utf-8",
    )
    return project


def test_the_private_site_is_made_apart_and_every_page_says_whose_it_is(team: Path):
    build_site("demo", engine="portable")
    before = digest([team / "_site"])
    assert main(["site", "demo", "--private"]) == 0
    private = team / "results" / "demo" / FOLDER
    pages = sorted(private.rglob("*.html"))
    assert len(pages) > 3
    for page in pages:
        assert PRIVATE_MARK in page.read_text(encoding="utf-8"), page
    assert LEFT_OUT in (private / "private.html").read_text(encoding="utf-8")
    assert "no such list" in (private / "private.html").read_text(encoding="utf-8")
    assert digest([team / "_site"]) == before
    public = "".join(page.read_text(encoding="utf-8") for page in (team / "_site").rglob("*.html"))
    assert PRIVATE_MARK not in public
    assert LEFT_OUT not in public
    assert not (team / "_site" / "private.html").exists()


def test_the_scan_refuses_a_private_site(team: Path):
    assert main(["site", "demo", "--private"]) == 0
    assert main(["scan", str(team / "results" / "demo" / FOLDER), "--study", "demo"]) == 4
    assert "page of the team's own" in {leak.kind for leak in scan(team / "results" / "demo" / FOLDER)}


def test_a_page_of_the_team_stops_the_public_site(team: Path):
    build_site("demo", engine="portable")
    before = digest([team / "_site"])
    start = team / "index.qmd"
    start.write_text(start.read_text(encoding="utf-8") + f"\n{PRIVATE_MARK}\n", encoding="utf-8")
    with pytest.raises(DisclosureRefused, match="page of the team's own"):
        build_site("demo", engine="portable")
    assert digest([team / "_site"]) == before
