"""The team's review page: read, filtered, decided and downloaded with the keyboard; what it gives is a label file."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from support import ROOT

from continuum.citations import apply_labels, classify, extract_all, read_labels
from continuum.publish.review_page import review_page

from .test_site import RULES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def contexts():
    articles = sorted((ROOT / "data" / "demo" / "citations" / "articles").glob("*.xml"))
    classed = classify(extract_all(articles).contexts)
    return apply_labels(classed, classed.head(0).assign(labeler=""))


@pytest.fixture
def file(tmp_path: Path, contexts) -> Path:
    (tmp_path / "review.html").write_text(review_page(contexts, "A study <of ours>"), encoding="utf-8")
    return tmp_path / "review.html"


def shown(page: Page) -> int:
    return page.locator("ol > li:visible").count()


def test_decisions_made_by_keyboard_come_down_as_a_label_file(browser: Browser, file: Path, contexts):
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    page.get_by_label("Your initials").focus()
    page.keyboard.type("AB")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past the button, to the first statement's choice
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.type('a "note", with a comma')
    assert "1 decisions to download" in page.get_by_role("status").inner_text()
    page.reload()
    assert "1 decisions to download" in page.get_by_role("status").inner_text()
    page.get_by_label("Your initials").fill("AB")
    page.get_by_label("Your initials").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(file.parent / "labels.csv")
    labels = read_labels(file.parent / "labels.csv")
    assert labels[["label", "labeler", "note", "sample"]].values.tolist() == [
        ["mentioning", "AB", 'a "note", with a comma', "queue"]
    ]
    decided = apply_labels(contexts, labels)
    assert (decided["label_source"] == "human").any()
    assert errors == []
    page.close()


def test_statements_are_filtered_by_class_probability_source_and_words(browser: Browser, file: Path, contexts):
    page = browser.new_page()
    page.goto(file.as_uri())
    statements = contexts.drop_duplicates("statement_id")
    page.get_by_label("Chance of a stance").fill("0")
    assert shown(page) == len(statements)
    page.get_by_label("Machine's class").select_option("supporting")
    assert shown(page) == (statements["label_auto"] == "supporting").sum()
    page.get_by_label("Machine's class").select_option("")
    source = statements["source_title"].iloc[0]
    page.get_by_label("Citing work").select_option(source)
    assert shown(page) == (statements["source_title"] == source).sum()
    page.get_by_label("Citing work").select_option("")
    page.get_by_label("Words").fill("no such words anywhere")
    assert shown(page) == 0
    page.get_by_label("Words").fill("")
    page.get_by_label("Chance of a stance").fill("0.9")
    page.get_by_label("Order").select_option("random")
    assert shown(page) == len(statements)  # a limit would make the sample less than random
    ids = page.eval_on_selector_all("ol > li", "rows => rows.map(row => row.dataset.id)")
    assert ids == sorted(ids, key=lambda name: name[::-1])
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_is_accessible_and_asks_nobody_else(browser: Browser, file: Path, scheme: str, width: int):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    foreign: list[str] = []
    page.on("request", lambda r: foreign.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page, options=RULES).response["violations"] == []
    assert foreign == []
    page.close()


def test_without_scripts_everything_can_be_read(browser: Browser, file: Path, contexts):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert shown(page) == contexts["statement_id"].nunique()
    assert "review.csv" in page.locator("noscript").inner_text()
    context.close()
