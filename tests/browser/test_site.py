"""Readers with a browser: every page loads clean, charts answer, and nothing needs a mouse, a script or another server."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def page_names(site: Path) -> list[str]:
    return sorted(page.relative_to(site).as_posix() for page in site.rglob("*.html"))


def test_every_page_loads_without_errors_or_requests_elsewhere(site: Path, visit: Visitor, address: str):
    names = page_names(site)
    assert {"index.html", "paper/index.html", "404.html"} <= set(names)
    assert sum(name.startswith("notebooks/") for name in names) == 5
    for name in names:
        seen = visit(name)
        seen.settle()
        assert seen.errors == [], name
        assert [url for url in seen.requests if not url.startswith((address, "data:"))] == [], name
        assert seen.page.locator("main h1").count() == 1, name
        seen.page.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_window(site: Path, visit: Visitor, width: int):
    for name in page_names(site):
        seen = visit(name, viewport={"width": width, "height": 800})
        seen.settle()
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, name
        seen.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible(site: Path, visit: Visitor, scheme: str, width: int):
    rules = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    }
    problems = []
    for name in page_names(site):
        seen = visit(name, viewport={"width": width, "height": 900}, color_scheme=scheme)
        seen.settle()
        found = Axe().run(seen.page, options=rules).response["violations"]
        problems += [f"{name}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]
        seen.page.context.close()
    assert problems == []


def test_charts_are_drawn_and_answer(site: Path, visit: Visitor):
    seen = visit("notebooks/20-survey.html")
    seen.settle()
    figure = seen.page.locator("figure[data-live=yes]").first
    assert figure.locator("svg.marks, .vega-embed svg").count() == 1
    marks = figure.locator(".mark-rect path, .mark-symbol path")
    assert marks.count() > 3
    marks.nth(2).hover(force=True)
    seen.page.wait_for_selector("#vg-tooltip-element.visible", timeout=5_000)


def test_every_figure_of_the_site_has_a_live_version_that_draws(site: Path, visit: Visitor):
    for name in page_names(site):
        seen = visit(name)
        wanted = seen.page.evaluate("(window.continuumCharts || []).length")
        seen.settle()
        assert seen.page.locator("figure[data-live=yes]").count() == wanted, name
        seen.page.context.close()


@pytest.mark.parametrize("name", ["interviews", "survey", "continuum", "break-even"])
def test_explorer_is_worked_by_keyboard_and_stands_as_a_table(visit: Visitor, name: str):
    seen = visit("pages/explore.html")
    seen.settle()
    figure = seen.page.locator(f"#fig-explore-{name}")
    before = figure.locator("svg").inner_html()
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        if figure.evaluate("figure => figure.contains(document.activeElement) && 'value' in document.activeElement"):
            break
    seen.page.keyboard.press("ArrowDown" if name in {"interviews", "survey"} else "ArrowRight")
    seen.page.wait_for_function(
        "([id, before]) => document.querySelector(`#${id} svg`).innerHTML !== before",
        arg=[f"fig-explore-{name}", before],
    )
    table = seen.page.locator(f"#fig-explore-{name} + details.data-table")
    table.locator("summary").focus()
    seen.page.keyboard.press("Enter")
    assert table.locator("tbody tr").count() > 5
    assert seen.errors == []


def test_phone_keeps_the_picture_until_the_live_chart_is_asked_for(visit: Visitor):
    seen = visit("notebooks/20-survey.html", viewport={"width": 360, "height": 740})
    seen.settle()
    button = seen.page.get_by_role("button", name="Interactive version").first
    figure = button.locator("xpath=ancestor::figure")
    assert figure.locator("img").count() == 1
    identifier = figure.get_attribute("id")
    button.focus()
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector(f"#{identifier}[data-live=yes]", timeout=20_000)


def test_search_works_by_keyboard(visit: Visitor):
    seen = visit("index.html")
    seen.page.keyboard.press("/")
    seen.page.wait_for_selector("dialog.search[open]")
    seen.page.keyboard.type("Krippendorff alpha")
    seen.page.wait_for_selector("dialog.search li a")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/*.html*")
    assert "index.html" not in seen.page.url or "paper" in seen.page.url
    assert seen.errors == []


def test_menus_open_and_close_by_keyboard(visit: Visitor):
    seen = visit("index.html")
    summary = seen.page.locator(".wide summary", has_text="Analyses")
    summary.focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.locator(".wide details[open]").count() == 1
    seen.page.keyboard.press("Escape")
    assert seen.page.locator(".wide details[open]").count() == 0


def test_first_tab_stop_skips_to_the_content(visit: Visitor):
    seen = visit("paper/index.html")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "content"


def test_chosen_colors_stay_on_the_next_page(visit: Visitor):
    seen = visit("index.html", color_scheme="light")
    seen.page.get_by_role("button", name="Switch to dark colors").click()
    seen.page.get_by_role("link", name="Read the paper").click()
    seen.page.wait_for_url("**/paper/index.html")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_site_is_complete_without_scripts(site: Path, visit: Visitor):
    for name in page_names(site):
        seen = visit(name, java_script_enabled=False)
        seen.page.wait_for_load_state("load")
        assert (
            seen.page.locator("figure.chart").count()
            == seen.page.locator("figure.chart img[alt]:not([alt=''])").count()
        )
        assert not seen.page.locator("button.search-open").is_visible()
        seen.page.context.close()
    seen = visit("index.html", java_script_enabled=False)
    seen.page.locator(".wide summary", has_text="Analyses").click()
    seen.page.get_by_role("link", name="Survey", exact=True).first.click()
    seen.page.wait_for_url("**/notebooks/20-survey.html")


def test_site_opens_from_a_folder_without_a_server(site: Path, visit: Visitor):
    seen = visit("index.html")
    seen.page.goto((site / "notebooks" / "20-survey.html").as_uri())
    seen.settle()
    assert seen.page.locator("figure[data-live=yes]").count() > 0
    assert seen.errors == []


def test_site_is_small(site: Path):
    assert sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) < 15_000_000
