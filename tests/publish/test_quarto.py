"""What is done around Quarto, with a stand-in for the program: it runs here without Quarto being installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from support import ROOT

from continuum.errors import AnalysisFailed
from continuum.publish import quarto
from continuum.publish.contract import check
from continuum.publish.stage import SYNTHETIC_BANNER, Stage, stage
from continuum.study import load_study

_PAGE = (
    '<html><head><link href="/site.css"><meta name="quarto:offset" content="/"></head><body>'
    '<nav class="navbar"><button class="navbar-toggler" type="button" role="menu"></button></nav>'
    '<main class="content" id="quarto-document-content"></main><div class="cell-output"><table></table></div><pre>x</pre>'
    '<table class="caption-top table"><tr></tr></table>'
    '<img src="404_files/figure-html/notebooks-20-survey-fig-who-output-1.svg"></body></html>'
)


@pytest.fixture
def staged(project: Path) -> Stage:
    return stage(load_study("demo"), project / "results" / "demo" / "publish" / "source")


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """A program called quarto that writes two pages and says ``words``."""
    program = folder / "bin" / "quarto"
    program.parent.mkdir()
    page = program.with_name("page.html")
    page.write_text(_PAGE, encoding="utf-8")
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo 1.10.18 && exit\n'
        f"mkdir -p _site/404_files/figure-html && cat '{page}' | tee _site/index.html > _site/404.html\n"
        f"echo '<svg/>' > _site/404_files/figure-html/notebooks-20-survey-fig-who-output-1.svg\nprintf '{words}' >&2\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


def test_pages_of_quarto_are_mended_for_any_folder_and_the_keyboard(
    staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pretend(tmp_path, monkeypatch, "Output created: _site/index.html")
    quarto.render(staged, tmp_path / "out")
    page = (tmp_path / "out" / "404.html").read_text(encoding="utf-8")
    assert 'href="./site.css"' in page
    assert 'content="./"' in page
    assert '<pre tabindex="0">' in page
    assert '<body>\n<a class="skip' in page
    assert '<main tabindex="-1" class="content" id="quarto-document-content">' in page
    assert '<div tabindex="0" class="cell-output"><table>' in page
    assert '<div class="table-scroll" tabindex="0"><table class="caption-top table">' in page
    assert 'role="menu"' not in page
    assert '<link rel="icon" href="data:' in page
    assert '<nav aria-label="Main" class="navbar">' in page
    assert 'href="/site.css"' in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_figure_has_one_picture_whatever_the_number_of_pages_that_show_it(
    staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pretend(tmp_path, monkeypatch, "Output created: _site/index.html")
    quarto.render(staged, tmp_path / "out")
    assert '<img src="figures/fig-who.svg">' in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert [file.name for file in (tmp_path / "out").rglob("*.svg")] == ["fig-who.svg"]
    assert not (tmp_path / "out" / "404_files").exists()


@pytest.mark.parametrize(
    "words",
    [
        "\\033[33mWARN: Unable to resolve link target: pages/gone.qmd\\033[39m",
        "[WARNING] Could not convert image a.svg",
    ],
)
def test_what_quarto_only_warns_of_stops_the_site(
    staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
):
    pretend(tmp_path, monkeypatch, words)
    with pytest.raises(AnalysisFailed, match=r"quarto render warned of:\n(Unable to resolve|Could not convert)"):
        quarto.render(staged, tmp_path / "out")


def test_other_warnings_of_quarto_are_passed_on(
    staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pretend(tmp_path, monkeypatch, "WARN: a newer version is out")
    quarto.render(staged, tmp_path / "out")
    assert "Quarto warns: a newer version is out" in capsys.readouterr().out


def test_first_theme_stays_first(project: Path):
    config = yaml.safe_load((project / "_quarto.yml").read_text(encoding="utf-8"))
    config["format"] = {"html": {"theme": {"light": "cosmo", "dark": "darkly"}}}
    (project / "_quarto.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    made = stage(load_study("demo"), project / "results" / "demo" / "publish" / "source")
    assert list(made.project.config["format"]["html"]["theme"]) == ["light", "dark"]
    assert not check(made)


def test_the_projects_own_settings_ask_for_one_format_no_preview_and_the_banner():
    config = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
    assert list(config["format"]) == ["html"]
    assert config["format"]["html"]["notebook-links"] is False
    assert config["website"]["announcement"]["content"] == SYNTHETIC_BANNER


def test_quarto_stops_with_advice_where_nothing_was_run(tmp_path: Path):
    if problem := quarto.available()[1]:
        pytest.skip(f"needs Quarto: {problem}")
    ready = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))["project"]["pre-render"]
    project = {"project": {"type": "website", "pre-render": "ready.lua"}}
    (tmp_path / "_quarto.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    (tmp_path / "ready.lua").write_bytes((ROOT / ready).read_bytes())
    (tmp_path / "index.qmd").write_text("---\ntitle: A page\n---\n", encoding="utf-8")
    done = subprocess.run(["quarto", "render"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode
    assert "Run `make`, or `compendium run`" in done.stderr
    assert not (tmp_path / "_site").exists()
