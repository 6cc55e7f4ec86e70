"""The Smart citations and Claims pages: filtered by keyboard, complete without scripts, each claim traced to its cell."""

from __future__ import annotations

import pytest

from .conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROWS = "table.citations tbody tr"


def test_sentences_are_filtered_with_the_keyboard_alone(visit: Visitor):
    seen = visit("pages/citations.html")
    page = seen.page
    everything = page.locator(f"{ROWS}:visible").count()
    assert everything > 20
    label = page.get_by_role("combobox", name="Label")
    for _ in range(80):
        page.keyboard.press("Tab")
        if label.evaluate("field => field === document.activeElement"):
            break
    page.keyboard.type("supporting")
    page.wait_for_function("document.querySelector('.filters [role=status]').textContent.startsWith('4 of')")
    assert set(page.locator(f"{ROWS}:visible").evaluate_all("rows => rows.map(r => r.dataset.label)")) == {"supporting"}
    page.keyboard.press("Tab")
    names = page.locator(".filters label").all_inner_texts()
    assert [name.split()[0] for name in names] == ["Label", "Standing", "Section", "Year", "Source", "Work", "Words"]
    details = page.locator(f"{ROWS}:visible details summary").first
    details.focus()
    page.keyboard.press("Enter")
    assert page.locator(f"{ROWS}:visible details[open]").count() == 1
    assert seen.errors == []


def test_each_sentence_shows_its_target_class_probability_and_standing(visit: Visitor):
    page = visit("pages/citations.html").page
    rows = page.locator(ROWS)
    assert rows.locator("mark").count() == rows.count()
    contrasting = page.locator(f"{ROWS}[data-label=contrasting]").first.inner_text()
    assert "p = 0." in contrasting
    assert "automatic, to review" in contrasting


def test_badges_tell_counts_in_words_and_how_much_was_read(visit: Visitor):
    page = visit("pages/citations.html").page
    badge = page.locator("ul.works .badge").first
    assert "supporting" in badge.inner_text()
    assert "in 8 of 8 articles read" in badge.inner_text()
    assert badge.get_attribute("aria-label").startswith("Citation statements, automatic:")


def test_without_scripts_the_table_is_complete(visit: Visitor):
    page = visit("pages/citations.html", java_script_enabled=False).page
    assert page.locator(f"{ROWS}:visible").count() > 20
    assert page.locator(".filters").count() == 0


def test_every_claim_leads_to_its_words_results_cell_and_class(visit: Visitor):
    seen = visit("pages/claims.html")
    rows = seen.page.locator("main table tbody tr")
    assert rows.count() > 5
    for cells in rows.evaluate_all("rows => rows.map(r => Array.from(r.cells).map(c => c.innerHTML))"):
        claim, results, cell, provenance, literature, checked = cells
        assert "paper/index.html" in claim or "<a" not in claim
        assert "pages/results.html#" in results
        assert "notebooks/" in cell
        assert provenance
        assert literature
        assert checked in {"agrees", "refused, so not checkable"}
    seen.page.locator("main table tbody tr td:nth-child(3) a").first.click()
    seen.page.wait_for_url("**/notebooks/*.html#*")
    assert seen.errors == []
