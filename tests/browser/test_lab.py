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
    page.wait_for_function(
        "document.querySelector('#jp-bottom-panel, .jp-StatusBar-Widget')?.innerText.includes('| Idle')", timeout=90_000
    )
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
