"""Sources that would break a page are refused with file, line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from continuum.publish.contract import check
from continuum.publish.stage import stage
from continuum.study import load_study

from .conftest import BIBLIOGRAPHY, PAPER, QUARTO, write_notebook


def problems(project: Path) -> list[str]:
    return [
        one.message for one in check(stage(load_study("demo"), project / "results" / "demo" / "publish" / "source"))
    ]


def page(project: Path, text: str, *, formats: str = "") -> None:
    (project / "index.qmd").write_text(f"---\ntitle: Start\n{formats}---\n{text}\n", encoding="utf-8")


def test_the_small_project_keeps_the_contract(project: Path):
    assert problems(project) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("See @fig-nowhere.", "index.qmd: line 4: refers to 'fig-nowhere', which is not on this page"),
        ("As [@nobody2020] says.", "index.qmd: line 4: cites 'nobody2020', which is not in the bibliography"),
        ("\n{{< include other.qmd >}}", "index.qmd: line 5: shortcode 'include'"),
        ("\n::: {.column-screen}\n:::", "index.qmd: line 5: block class 'column-screen'"),
        ("```{python}\n1\n```", "index.qmd: line 4: executable code block 'python'"),
        ("See @thm-x.", "index.qmd: line 4: cross-reference 'thm-x'"),
        ("{{< embed notebooks/20-survey.ipynb#fig-no >}}", "index.qmd: line 4: embeds 'fig-no', which 20-survey does not"),
        ("{{< embed /notebooks/20-survey.ipynb#fig-who >}}", "which is not an executed notebook"),
        ("{{< embed notebooks/99-none.ipynb#fig-who >}}", "known: 20-survey.ipynb"),
        ("Here are {{< var survey.n >}} people.", "stands in a sentence that does not say so"),
        ("[x]{.claim result=\"survey.wrong\"}", "'survey.wrong', which is not a result"),
        ("{{< var fact.int-999 >}}", "'fact.int-999' is not in results.json"),
        ("A section @sec-a.\n\n## A {#sec-a}", "refers to 'sec-a'. Fix: set number-sections"),
    ],
)  # fmt: skip
def test_wrong_construct_is_refused_with_its_line(project: Path, text: str, complaint: str):
    page(project, text)
    assert any(complaint in problem for problem in problems(project)), problems(project)


@pytest.mark.parametrize(
    "text",
    [
        "`{{< include x >}}` and `@fig-nowhere` are only shown.",
        "```\n::: {.column-screen}\n@nobody\n```",
        "An address: someone@example.org.",
        "In synthetic data {{< var survey.n >}} answered, {{< var interval.survey.share >}}.",
    ],
)
def test_what_is_only_shown_or_right_is_accepted(project: Path, text: str):
    page(project, text)
    assert problems(project) == []


def test_raw_html_is_refused_only_where_a_page_is_also_printed(project: Path):
    page(project, "<div>x</div>")
    assert problems(project) == []
    page(project, "<div>x</div>", formats="format: {html: default, typst: default}\n")
    assert any("raw HTML on a page that is also printed" in one for one in problems(project))


def test_reference_nobody_cites_is_reported(project: Path):
    extra = BIBLIOGRAPHY.replace("benshlomo2002", "uncited2000")
    (project / "paper" / "references.bib").write_text(BIBLIOGRAPHY + extra, encoding="utf-8")
    assert any("nothing cites uncited2000" in one for one in problems(project))


def test_figure_embedded_twice_is_reported(project: Path):
    line = "{{< embed ../notebooks/20-survey.ipynb#fig-who >}}"
    (project / "paper" / "index.qmd").write_text(f"{PAPER}\n{line}\n", encoding="utf-8")
    assert any("the label 'fig-who' stands twice" in one for one in problems(project))


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('#| fig-cap: "Respondents by sector."\n', "", "fig-who: the cell has no fig-cap"),
        ('#| tbl-cap: "Respondents by *sector*."\n', "", "tbl-who: the cell has no tbl-cap"),
    ],
)
def test_figure_or_table_without_caption_is_reported(project: Path, before: str, after: str, complaint: str):
    def change(notebook):  # type: ignore[no-untyped-def]
        for cell in notebook.cells:
            cell.source = cell.source.replace(before, after)

    write_notebook(project, change)
    assert any(complaint in one for one in problems(project)), problems(project)


def test_figure_without_stored_picture_is_reported(project: Path):
    def change(notebook):  # type: ignore[no-untyped-def]
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                output.data.pop("image/svg+xml", None)

    write_notebook(project, change)
    assert any("the figure has no stored picture" in one for one in problems(project))


def test_html_output_is_refused_because_it_brings_foreign_scripts(project: Path):
    def change(notebook):  # type: ignore[no-untyped-def]
        notebook.cells[4].outputs[0].data = {"text/html": "<b>x</b>"}

    write_notebook(project, change)
    assert any("an output is HTML" in one for one in problems(project))


def test_cell_that_was_never_executed_is_reported(project: Path):
    def change(notebook):  # type: ignore[no-untyped-def]
        notebook.cells[2].execution_count = None

    write_notebook(project, change)
    assert any("tbl-who: a cell was never executed" in one for one in problems(project))


def test_unknown_setting_of_the_site_is_reported(project: Path):
    settings = yaml.safe_load(QUARTO)
    settings["website"]["sitemapp"] = True
    settings["website"]["navbar"]["left"].append({"text": "Gone", "href": "gone.qmd"})
    (project / "_quarto.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    found = problems(project)
    assert any("_quarto.yml: website: unknown key 'sitemapp'" in one for one in found)
    assert any("links to gone.qmd, which is no page" in one for one in found)


@pytest.mark.parametrize(
    ("section", "value", "complaint"),
    [
        ("project", {"render": ["index.qmd", "notebooks/*.ipynb"]}, "begin it with a slash: /notebooks/*.ipynb"),
        ("format", {"html": {"toc": True}, "typst": "default"}, "prints every page as typst"),
    ],
)
def test_settings_that_would_make_quarto_publish_more_are_reported(
    project: Path, section: str, value: dict, complaint: str
):
    settings = yaml.safe_load(QUARTO)
    settings[section] = {**settings.get(section, {}), **value}
    (project / "_quarto.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert any(complaint in one for one in problems(project))
