"""Readers sort tables of results: by pointer or keyboard, whichever publisher made the page, and hidden counts last."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator

from continuum.publish.pandoc import ASSETS

from .conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: As Quarto frames a table; the portable edition's own pages are the demonstration site.
QUARTO = """<div id="tbl-small" class="quarto-float"><figure><table class="caption-top table">
<thead><tr class="header"><th style="text-align: left;">Code</th><th>Interviews</th><th>p</th></tr></thead>
<tbody><tr><td>rent 10</td><td>[c]</td><td>.034</td></tr><tr><td>rent 9</td><td>1,200</td><td>&lt; .001</td></tr>
<tr><td>debt</td><td>13 (2%)</td><td>–</td></tr><tr><td>wages</td><td>−5</td><td>.001</td></tr></tbody></table></figure></div>
<div id="tbl-groups"><table><thead><tr><th>Question</th><th>Share</th></tr></thead>
<tbody><tr><td>First</td><td>1</td></tr><tr><td></td><td>2</td></tr><tr><td>Second</td><td>3</td></tr></tbody></table></div>"""


def column(table: Locator, number: int) -> list[str]:
    return [text.strip() for text in table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()]


def test_a_table_is_sorted_by_keyboard_and_returns_to_its_order(visit: Visitor):
    seen = visit("notebooks/10-interviews.html")
    table = seen.page.locator("#tbl-interviews-codes table")
    as_published = column(table, 1)
    head = table.locator("th", has_text="Segments")
    head.locator("button").focus()
    for said in ("descending", "ascending"):
        seen.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == said
        numbers = [int(text) for text in column(table, 7)]
        assert numbers == sorted(numbers, reverse=said == "descending")
    seen.page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") is None
    assert column(table, 1) == as_published
    assert seen.errors == []


def test_areas_sort_by_sector_and_only_one_column_says_so(visit: Visitor):
    table = visit("notebooks/10-interviews.html").page.locator("#tbl-interviews-areas table")
    for name in ("Legal", "Area"):
        table.locator("th", has_text=name).locator("button").click()
    assert table.locator("th[aria-sort]").count() == 1
    assert column(table, 1) == sorted(column(table, 1))


def test_without_scripts_the_table_is_whole_and_has_no_buttons(visit: Visitor):
    page = visit("notebooks/10-interviews.html", java_script_enabled=False).page
    assert page.locator("#tbl-interviews-codes tbody tr").count() > 3
    assert page.locator("th button").count() == 0


def test_tables_of_the_other_publisher_sort_and_hidden_or_missing_values_come_last(browser: Browser):
    page = browser.new_page()
    page.set_content(QUARTO)
    page.add_script_tag(path=ASSETS / "site.js")
    table = page.locator("#tbl-small table")
    for _ in range(2):
        table.locator("th", has_text="Interviews").locator("button").click()
    assert column(table, 2) == ["−5", "13 (2%)", "1,200", "[c]"]
    for _ in range(2):
        table.locator("th", has_text="p").last.locator("button").click()
    assert column(table, 3) == ["< .001", ".001", ".034", "–"]
    table.locator("th", has_text="Code").locator("button").click()
    assert column(table, 1) == ["debt", "rent 9", "rent 10", "wages"]
    assert page.locator("#tbl-groups button").count() == 0, "rows that belong under one another stay together"
    page.close()


def test_the_rows_of_the_heat_map_follow_the_menu(visit: Visitor):
    seen = visit("notebooks/10-interviews.html", viewport={"width": 1600, "height": 1000})
    seen.settle()
    figure = seen.page.locator("#fig-interviews-sectors")
    if figure.locator("button.make-live").count():
        figure.locator("button.make-live").click()
    seen.page.wait_for_selector("#fig-interviews-sectors[data-live=yes] select", timeout=20_000)
    menu = figure.locator("select")
    menu.focus()
    menu.select_option("by name")
    labels = """figure => Array.from(figure.querySelectorAll('.role-axis-label text'))
        .map(text => [text.getBoundingClientRect().top, text.textContent]).sort((a, b) => a[0] - b[0])
        .map(pair => pair[1]).filter(text => !text.includes('(n ='))"""
    seen.page.wait_for_function(
        f"() => {{ const names = ({labels})(document.querySelector('#fig-interviews-sectors'));"
        " const sorted = names.slice().sort((a, b) => a.localeCompare(b, 'en'));"
        " return names.length > 5 && names.join() === sorted.join(); }",
        timeout=20_000,
    )
    assert seen.errors == []
