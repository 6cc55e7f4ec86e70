"""Readers with a browser: every page loads clean, charts answer, and nothing needs a mouse, a script or another server."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]}}
#: A drawing has one description and no parts of its own.
OUTSIDE_DRAWINGS = {"exclude": [[".live svg > *"]]}
WIDTHS = (1280, 360)
#: Every rule at these, and at the other two the rules that width and colors can change.
WHOLE = {(1280, "light"), (360, "dark")}
#: Tests of a site whoever publishes it; the others are about the frame of the portable edition.
both = pytest.mark.parametrize("site", ["portable", "quarto"], indirect=True)


def page_names(site: Path, folder: str = "") -> list[str]:
    names = sorted(page.relative_to(site).as_posix() for page in site.rglob("*.html"))
    return [name for name in names if name.rpartition("/")[0] == folder] if folder else names


@both
def test_site_has_its_pages(site: Path):
    names = page_names(site)
    assert {"index.html", "paper/index.html", "404.html", "pages/explore.html", "pages/results.html"} <= set(names)
    assert len(page_names(site, "notebooks")) == 5


@both
@pytest.mark.parametrize("folder", ["notebooks", "pages", "paper"])
def test_every_page_loads_clean_draws_its_charts_and_is_accessible(
    site: Path, visit: Visitor, address: str, folder: str
):
    """No console error, no request elsewhere, no sideways scrolling, no finding of axe: light, dark, wide and narrow."""
    problems = []
    for name in [*page_names(site, folder), *(["index.html", "404.html"] if folder == "paper" else [])]:
        seen = visit(name)
        page = seen.page
        wanted = page.evaluate("(window.continuumCharts || []).length")
        seen.settle()
        # what is far from the screen is laid out when the reader comes near; axe looks at all of it at once
        page.add_style_tag(content="* { content-visibility: visible !important; }")
        # charts wider than their column are pictures until the reader asks
        page.evaluate("document.querySelectorAll('button.make-live').forEach((button) => button.click())")
        page.wait_for_function("!document.querySelector('[data-live=loading]')", timeout=60_000)
        if page.locator("[data-live=yes]").count() != wanted:
            problems.append(f"{name}: not all of its {wanted} charts were drawn")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                problems.append(f"{name}: wider than {width} pixels")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                options = RULES if (width, scheme) in WHOLE else CONTRAST
                found = Axe().run(page, context=OUTSIDE_DRAWINGS, options=options).response["violations"]
                problems += [f"{name}, {width}, {scheme}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]
        problems += [f"{name}: {error}" for error in seen.errors]
        problems += [f"{name}: requests {url}" for url in seen.requests if not url.startswith((address, "data:"))]
        if page.locator("main h1").count() != 1:
            problems.append(f"{name}: not one heading of the first level")
        page.context.close()
    assert not problems, "\n".join(problems)


@both
def test_charts_answer_to_the_pointer(visit: Visitor):
    seen = visit("pages/explore.html")
    seen.settle()
    bar = seen.page.locator("#fig-explore-interviews .mark-rect path").first
    bar.scroll_into_view_if_needed()
    bar.hover(position={"x": 6, "y": 6}, force=True)
    seen.page.wait_for_selector("#vg-tooltip-element.visible", timeout=20_000)
    assert "share" in seen.page.locator("#vg-tooltip-element").inner_text()


@both
@pytest.mark.parametrize("name", ["interviews", "survey", "pairs", "continuum", "break-even"])
def test_explorer_is_worked_by_keyboard_and_stands_as_a_table(visit: Visitor, name: str):
    seen = visit("pages/explore.html")
    seen.settle()
    figure = seen.page.locator(f"#fig-explore-{name}")
    figure.scroll_into_view_if_needed()  # on a busy machine a page that is scrolled through fast may miss one
    figure.locator("svg").wait_for(timeout=60_000)
    seen.page.evaluate("window.scrollTo(0, 0)")
    before = figure.locator("svg").inner_html()
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        if figure.evaluate("figure => figure.contains(document.activeElement) && 'value' in document.activeElement"):
            break
    seen.page.keyboard.press("ArrowDown" if name in {"interviews", "survey", "pairs"} else "ArrowRight")
    seen.page.wait_for_function(
        "([id, before]) => document.querySelector(`#${id} svg`).innerHTML !== before",
        arg=[f"fig-explore-{name}", before],
    )
    table = seen.page.locator(f"#fig-explore-{name} + details.data-table")
    table.locator("summary").focus()
    seen.page.keyboard.press("Enter")
    assert table.locator("tbody tr").count() > 5
    assert seen.errors == []


@both
def test_phone_keeps_the_picture_until_the_live_chart_is_asked_for(visit: Visitor):
    seen = visit("notebooks/20-survey.html", viewport={"width": 360, "height": 740})
    seen.settle()
    button = seen.page.get_by_role("button", name="Interactive version").first
    figure = button.locator("xpath=ancestor::*[starts-with(@id, 'fig-')][1]")
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
    first = seen.page.locator("dialog.search li a").first.get_attribute("href")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url(f"**/{first}")
    assert seen.errors == []


def test_menus_open_and_close_by_keyboard(visit: Visitor):
    seen = visit("index.html")
    summary = seen.page.locator(".wide summary", has_text="Analyses")
    summary.focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.locator(".wide details[open]").count() == 1
    seen.page.keyboard.press("Escape")
    assert seen.page.locator(".wide details[open]").count() == 0


@both
def test_first_tab_stop_skips_to_the_content(visit: Visitor):
    seen = visit("paper/index.html")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.textContent") == "Skip to content"
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_function("document.activeElement.tagName === 'MAIN'")


def test_chosen_colors_stay_on_the_next_page(visit: Visitor):
    seen = visit("index.html", color_scheme="light")
    seen.page.get_by_role("button", name="Switch to dark colors").click()
    seen.page.get_by_role("link", name="Read the paper").click()
    seen.page.wait_for_url("**/paper/index.html")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"


@both
def test_site_is_complete_without_scripts(site: Path, visit: Visitor):
    for name in ("paper/index.html", "notebooks/20-survey.html", "pages/explore.html"):
        seen = visit(name, java_script_enabled=False)
        seen.page.wait_for_load_state("load")
        pictures = "main img[src*='figures/fig-']"
        described = seen.page.locator(f"{pictures}[alt]:not([alt=''])").count()
        assert seen.page.locator(pictures).count() == described > 0
        assert not seen.page.locator("button.search-open").is_visible()
        seen.page.context.close()


def test_menus_open_without_scripts(visit: Visitor):
    seen = visit("index.html", java_script_enabled=False)
    seen.page.locator(".wide summary", has_text="Analyses").click()
    seen.page.get_by_role("link", name="Survey", exact=True).first.click()
    seen.page.wait_for_url("**/notebooks/20-survey.html")


def test_site_opens_from_a_folder_without_a_server(site: Path, visit: Visitor):
    seen = visit("index.html")
    seen.page.goto((site / "notebooks" / "20-survey.html").as_uri())
    seen.settle()
    assert seen.page.locator("[data-live=yes]").count() > 0
    assert seen.errors == []


@both
def test_site_is_small(site: Path):
    assert sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) < 15_000_000
