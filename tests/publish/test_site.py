"""A site is built whole from one set of sources, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_output

from continuum.errors import AnalysisFailed, BadInput, DisclosureRefused, ManyProblems
from continuum.publish import pandoc, site
from continuum.publish.finish import check_links
from continuum.publish.site import build_site, choose

from .conftest import write_notebook


@pytest.fixture
def built(project: Path, run_record: dict) -> Path:
    return build_site("demo", engine="portable")


def test_paper_appears_in_three_formats(built: Path):
    assert (built / "index.html").is_file()
    assert (built / "paper" / "index.html").is_file()
    assert (built / "paper" / "index.pdf").read_bytes().startswith(b"%PDF")
    assert zipfile.is_zipfile(built / "paper" / "index.docx")


def test_numbers_references_and_citations_are_resolved(built: Path):
    html = re.sub(r"[ \n]+", " ", (built / "paper" / "index.html").read_text(encoding="utf-8"))
    assert "In synthetic data, 667 people answered" in re.sub("<[^>]+>", "", html)
    assert '<a href="#fig-who">Figure\u00a01</a>' in html
    assert '<a href="#tbl-who">Table\u00a01</a>' in html
    assert '<a href="#eq-x">Equation\u00a01</a>' in html
    assert "Ben-Shlomo &amp; Kuh</a>" in html or "Ben-Shlomo &amp; Kuh, 2002, p. 286" in re.sub("<[^>]+>", "", html)
    assert "https://doi.org/10.1093/ije/31.2.285" in html
    assert 'data-result="survey.n"' in html
    assert "{{<" not in html
    assert "@fig" not in html


def test_figures_keep_their_text_alternative_in_every_format(built: Path):
    assert 'alt="Bars; &quot;social&quot; is longest."' in (built / "paper" / "index.html").read_text(encoding="utf-8")
    with zipfile.ZipFile(built / "paper" / "index.docx") as word:
        assert 'descr="Bars; &quot;social&quot; is longest."' in word.read("word/document.xml").decode()
    assert b"/StructTreeRoot" in _inflated(built / "paper" / "index.pdf")
    assert b"/Alt" in _inflated(built / "paper" / "index.pdf")


def test_captions_of_synthetic_figures_and_tables_say_so(built: Path):
    text = re.sub(r"\s+", " ", (built / "paper" / "index.html").read_text(encoding="utf-8"))
    assert "Respondents by sector. Synthetic data, not a finding." in text
    assert "Respondents by <em>sector</em>. Synthetic data, not a finding." in text
    assert 'class="synthetic"' in (built / "404.html").read_text(encoding="utf-8")


def test_word_file_has_real_caption_styles(built: Path):
    with zipfile.ZipFile(built / "paper" / "index.docx") as word:
        document = word.read("word/document.xml").decode()
    assert '<w:pStyle w:val="TableCaption"' in document
    assert '<w:pStyle w:val="ImageCaption"' in document
    assert '<w:pStyle w:val="Heading1"' in document


def test_notebook_page_folds_its_code_and_lists_its_parameters(built: Path):
    html = (built / "notebooks" / "20-survey.html").read_text(encoding="utf-8")
    assert '<details class="code">' in html
    assert "resamples [200..20000]" in html
    assert 'href="../downloads/notebooks/20-survey.ipynb"' in html
    assert 'href="../downloads/figures/fig-who.csv"' in html


def test_published_notebook_holds_no_path_of_the_machine_that_ran_it(built: Path):
    assert "somewhere" not in (built / "downloads" / "notebooks" / "20-survey.ipynb").read_text(encoding="utf-8")


def test_menu_leaves_out_notebooks_the_study_does_not_have(built: Path):
    html = (built / "index.html").read_text(encoding="utf-8")
    assert "notebooks/20-survey.html" in html
    assert "30-continuum" not in html


def test_charts_come_alive_from_the_sites_own_files(built: Path):
    html = (built / "paper" / "index.html").read_text(encoding="utf-8")
    assert 'window.continuumCharts=["fig-who"]' in html
    assert (built / "assets" / "charts" / "fig-who.js").is_file()
    assert (built / "assets" / "vega.js").read_text(encoding="utf-8").startswith("(function () {")


def test_downloads_match_their_checksums(built: Path):
    for line in (built / "downloads" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((built / "downloads" / name).read_bytes()).hexdigest() == digest


def test_search_finds_sections(built: Path):
    index = (built / "assets" / "search.js").read_text(encoding="utf-8")
    entries = json.loads(index.removeprefix("window.continuumSearch = ").rstrip(";\n"))
    assert {"A small paper: with a colon", "Results"} <= {entry["title"] for entry in entries}
    assert "paper/index.html#sec-results" in {entry["url"] for entry in entries}


def test_research_object_lists_files_software_and_inputs(built: Path):
    graph = json.loads((built / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    assert by_id["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert all(part["@id"] in by_id for part in by_id["./"]["hasPart"])
    assert by_id["#software-pandas"]["version"] == "3.1.1"
    assert by_id["#input-survey.csv"]["identifier"] == "sha256:ab12"


def test_second_build_gives_the_same_bytes_without_running_pandoc(built: Path, monkeypatch: pytest.MonkeyPatch):
    before = {f.relative_to(built): f.read_bytes() for f in built.rglob("*") if f.is_file()}

    def refuse(*_: object) -> bytes:
        raise AssertionError("pandoc was started for an unchanged page")

    monkeypatch.setattr(pandoc.Press, "_run", refuse)
    monkeypatch.setattr(pandoc.Press, "_typst", refuse)
    (built / "index.html").write_text("changed by hand", encoding="utf-8")
    build_site("demo", engine="portable")
    assert {f.relative_to(built): f.read_bytes() for f in built.rglob("*") if f.is_file()} == before


def test_site_is_left_alone_while_nothing_it_was_made_from_changes(built: Path, project: Path, capsys):  # type: ignore[no-untyped-def]
    stamp = (built / "index.html").stat().st_mtime_ns
    build_site("demo", engine="portable")
    assert "Site: up to date in _site/" in capsys.readouterr().out
    assert (built / "index.html").stat().st_mtime_ns == stamp
    (project / "404.qmd").write_text("---\ntitle: Not here\n---\n\nAnother text.\n", encoding="utf-8")
    build_site("demo", engine="portable")
    assert "Another text." in (built / "404.html").read_text(encoding="utf-8")


def test_refused_site_leaves_the_old_one(built: Path, monkeypatch: pytest.MonkeyPatch):
    before = (built / "index.html").read_bytes()
    monkeypatch.setattr("continuum.disclosure.scan", lambda *_, **__: ["index.html: line 1: small cell (3)"])
    shutil.rmtree(built.parent / "results" / "demo" / "publish" / "source")
    (built.parent / "results" / "demo" / "publish" / "built.json").unlink()
    with pytest.raises(DisclosureRefused, match="small cell"):
        build_site("demo", engine="portable")
    assert (built / "index.html").read_bytes() == before
    assert not list(built.parent.glob("._site.*"))


def test_wrong_source_leaves_the_old_site(built: Path, project: Path):
    before = (built / "index.html").read_bytes()
    (project / "index.qmd").write_text(
        "---\ntitle: Start\n---\n\n{{< var survey.m >}} in synthetic data.\n", encoding="utf-8"
    )
    with pytest.raises(
        ManyProblems, match=r"index.qmd: line 5: 'survey.m' is not in results.json. Fix: did you mean survey.n"
    ):
        build_site("demo", engine="portable")
    assert (built / "index.html").read_bytes() == before


def test_study_without_results_is_told_what_to_run(project: Path):
    (project / "data" / "other").mkdir()
    (project / "data" / "other" / "study.yaml").write_text("study: other\ntitle: Other\n", encoding="utf-8")
    with pytest.raises(BadInput, match="compendium run other"):
        build_site("other", engine="portable")


def test_study_without_a_paper_gets_a_report_of_its_results(project: Path):
    data = project / "data" / "other"
    data.mkdir()
    (data / "study.yaml").write_text("study: other\ntitle: Other\n", encoding="utf-8")
    folder = project / "results" / "other" / "notebooks"
    folder.mkdir(parents=True)
    (folder / "20-survey.ipynb").write_bytes(write_notebook(project).read_bytes())
    out = build_site("other", engine="portable", out=project / "_other")
    html = (out / "paper" / "index.html").read_text(encoding="utf-8")
    assert 'id="fig-who"' in html
    assert "<title>Other – Other</title>" in html
    assert 'class="synthetic"' not in html


def test_failed_cell_stops_the_site(project: Path):
    def fail(notebook):  # type: ignore[no-untyped-def]
        notebook.cells[2].outputs = [new_output("error", ename="ValueError", evalue="no", traceback=[])]

    write_notebook(project, fail)
    with pytest.raises(ManyProblems, match=r"20-survey.ipynb: tbl-who: a cell ended in ValueError: no"):
        build_site("demo", engine="portable")


def test_publisher_is_named_with_the_reason(project: Path, monkeypatch: pytest.MonkeyPatch, capsys):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("continuum.publish.quarto.shutil.which", lambda _: None)
    build_site("demo")
    assert re.search(
        r"Publisher: portable edition \(pandoc .*\), because quarto is not on PATH", capsys.readouterr().out
    )


def test_quarto_is_taken_where_it_is_and_refused_where_it_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(site.quarto, "available", lambda: ("1.10.18", ""))
    assert choose("auto") == ("quarto", "Quarto 1.10.18, found on PATH")
    monkeypatch.setattr(site.quarto, "available", lambda: ("", "quarto is not on PATH"))
    with pytest.raises(BadInput, match="not on PATH"):
        choose("quarto")
    with pytest.raises(BadInput, match="no publisher 'latex'"):
        choose("latex")


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ('<a href="nowhere.html">x</a>', "nowhere.html, which does not exist"),
        ('<a href="#nowhere">x</a>', "no such place"),
        ('<script src="https://example.org/x.js"></script>', "another origin"),
    ],
)
def test_dead_links_and_foreign_requests_are_found(tmp_path: Path, html: str, complaint: str):
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    with pytest.raises(AnalysisFailed, match=complaint):
        check_links(tmp_path)


def test_style_sheets_request_nothing_from_elsewhere(tmp_path: Path):
    style = '@import "https://fonts.example.org/a.css"; a { background: url(data:image/png;base64,AA) }'
    (tmp_path / "theme.css").write_text(style, encoding="utf-8")
    with pytest.raises(AnalysisFailed, match=r"theme.css: requests https://fonts.example.org/a.css"):
        check_links(tmp_path)


def _inflated(file: Path) -> bytes:
    """A PDF with its compressed streams spelled out."""
    import zlib

    data = file.read_bytes()
    parts = io.BytesIO()
    parts.write(data)
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S):
        try:
            parts.write(zlib.decompress(stream))
        except zlib.error:
            continue
    return parts.getvalue()
