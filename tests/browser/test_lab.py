"""JupyterLab opens every committed notebook untrusted with its charts visible, and runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page
from support import ROOT

from continuum import paths
from continuum.charts.base import LAB_MIME

from .conftest import COMPENDIUM

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOKS = sorted(file.name for file in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
TOKEN = "a-token-for-the-test"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab on a copy of the project, with settings and trust of its own."""
    root = tmp_path_factory.mktemp("lab")
    for name in ("data", "src", "paper"):
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = root / "home"
    home.mkdir()
    log = root / "lab.log"
    environment = os.environ | {
        paths.ROOT_VARIABLE: str(root), "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_DATA_DIR": str(home),
        "JUPYTER_RUNTIME_DIR": str(home), "IPYTHONDIR": str(home),
    }  # fmt: skip
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--allow-root")
    command = [*COMPENDIUM, "lab", "--", "--no-browser", *options]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log.open("w"))
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None:
                    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def charts_of(name: str) -> int:
    cells = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    return sum(LAB_MIME in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))


def until_idle(page: Page) -> None:
    """Wait for the kernel."""
    page.wait_for_function(
        "document.querySelector('#jp-bottom-panel, .jp-StatusBar-Widget')?.innerText.includes('| Idle')", timeout=90_000
    )


def drawn(page: Page) -> int:
    """Charts that the page holds; cells outside the window are drawn when they come into view."""
    return page.evaluate(
        """async () => {
          const seen = new Set(), panel = document.querySelector('.jp-WindowedPanel-outer') || document.querySelector('.jp-Notebook');
          for (let y = 0; y <= panel.scrollHeight; y += 300) {
            panel.scrollTop = y;
            await new Promise(done => setTimeout(done, 120));
            document.querySelectorAll('.jp-RenderedVegaCommon5 svg, .jp-RenderedVegaCommon5 canvas, .jp-RenderedVegaCommon5 img')
              .forEach(chart => seen.add(chart.closest('.jp-Cell')));
          }
          return seen.size;
        }"""
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_opens_untrusted_with_its_charts_and_runs(browser: Browser, lab: str, name: str):
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    foreign: list[str] = []
    page.on("request", lambda r: foreign.append(r.url) if not r.url.startswith((lab, "data:", "blob:")) else None)
    page.goto(f"{lab}/lab/tree/notebooks/{name}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    until_idle(page)
    assert drawn(page) == charts_of(name)

    page.keyboard.press("Escape")
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
    page.wait_for_function(
        """() => { const widget = document.querySelector('.jp-StatusBar-Widget');
             const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.innerText);
             return widget.innerText.includes('| Idle') && prompts.length && !prompts.some(p => p.includes('*')); }""",
        timeout=120_000,
    )
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert drawn(page) == charts_of(name)
    assert foreign == []
    page.close()


REVIEW = """from pathlib import Path
from continuum import citations
from continuum.study import load_study
study = load_study("demo")
classed = citations.decided(study, citations.classified(citations.citing(study), "model"))
citations.Review(classed, Path("labels.csv")).begin("AB")
"""


def contents(lab: str, name: str, body: object = None) -> dict:
    """Read a file through the server, or write it."""
    address = f"{lab}/api/contents/notebooks/{name}?token={TOKEN}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, method="PUT" if data else "GET")) as answer:
        return json.load(answer)


def test_a_citation_is_decided_by_keyboard_and_the_notebook_keeps_no_sentence(browser: Browser, lab: str):
    pytest.importorskip("ipywidgets")
    notebook = new_notebook(cells=[new_code_cell(REVIEW, id="review")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    contents(lab, "review.ipynb", {"type": "notebook", "format": "json", "content": notebook})
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    foreign: list[str] = []
    page.on("request", lambda r: foreign.append(r.url) if not r.url.startswith((lab, "data:", "blob:")) else None)
    page.goto(f"{lab}/lab/tree/notebooks/review.ipynb?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    until_idle(page)  # before that, a question about the kernel takes the keys
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.keyboard.press("Control+Enter")
    choice = page.get_by_role("button", name="Mentioning")
    choice.wait_for(timeout=90_000)
    first = page.locator(".jp-OutputArea-output b").inner_text()
    note = page.get_by_label("Note")
    note.focus()
    page.keyboard.type("a method, not a finding")
    page.keyboard.press("Tab")  # supporting
    page.keyboard.press("Tab")  # contrasting
    page.keyboard.press("Tab")
    assert choice.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_text("Saved 1 in labels.csv").wait_for(timeout=20_000)
    assert page.locator(".jp-OutputArea-output b").inner_text() != first
    assert ",mentioning,AB," in contents(lab, "labels.csv")["content"]
    page.keyboard.press("Control+s")
    page.wait_for_function("!document.querySelector('.jp-mod-dirty')", timeout=20_000)
    kept = json.dumps(contents(lab, "review.ipynb")["content"])
    assert "Review of citations" in kept
    assert first[:30] not in kept
    assert foreign == []
    page.close()
