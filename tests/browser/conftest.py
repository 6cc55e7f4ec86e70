"""A browser, and the demonstration site made from nothing in a folder of its own."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from support import ROOT

from continuum import paths
from continuum.charts.picture import fonts
from continuum.publish import quarto

#: Without them Chromium looks for its maker's servers at every start.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


COMPENDIUM = [sys.executable, "-m", "continuum"]

#: What the tests' browser takes for the families that pages ask for in general.
FAMILIES = {"sans-serif": "DejaVu Sans", "serif": "DejaVu Serif", "monospace": "DejaVu Sans Mono"}


def same_fonts(folder: Path) -> Path:
    """A font configuration with the fonts of the charts and no others, so that lines break alike on every machine."""
    aliases = "".join(
        f"<alias binding='same'><family>{asked}</family><prefer><family>{given}</family></prefer></alias>"
        for asked, given in FAMILIES.items()
    )
    file = folder / "fonts.conf"
    file.write_text(f"<fontconfig><dir>{fonts()}</dir><cachedir>{folder}</cachedir>{aliases}</fontconfig>")
    return file


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("needs chromium, which is not installed")
    surroundings = os.environ | {"FONTCONFIG_FILE": str(same_fonts(tmp_path_factory.mktemp("fonts")))}
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET, env=surroundings)
        yield started
        started.close()


def once(root: Path, make: Callable[[], None]) -> Path:
    """``root`` filled by ``make``, by one worker whatever their number; the others wait."""
    done, lock = root / ".done", root / ".lock"
    root.mkdir(exist_ok=True)
    try:
        lock.mkdir()
    except FileExistsError:
        while not done.exists():
            time.sleep(0.5)
        return root
    try:
        make()
    finally:
        done.touch()
    return root


def shared(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all workers of a test run see."""
    own = factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name


def compendium(root: Path, *arguments: str) -> None:
    """Run a command in a project, or fail with what it said."""
    ended = subprocess.run(
        [*COMPENDIUM, *arguments], env=os.environ | {paths.ROOT_VARIABLE: str(root)}, capture_output=True, text=True,
        timeout=900,
    )  # fmt: skip
    if ended.returncode:
        pytest.fail(f"compendium {' '.join(arguments)} failed:\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")


def link_sources(root: Path) -> None:
    """A project in ``root`` whose sources are those of this one."""
    for name in ("_quarto.yml", "index.qmd", "404.qmd", "pages", "paper", "src", "data", "notebooks", "CITATION.cff"):
        if (ROOT / name).exists():
            (root / name).symlink_to(ROOT / name)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project in which the demo study was run and published; made once, whatever the number of workers.

    While working on a page, name one that is there already in ``CONTINUUM_DEMO_PROJECT``.
    """
    if given := os.environ.get("CONTINUUM_DEMO_PROJECT"):
        return Path(given)
    root = shared(tmp_path_factory, "demo-project")

    def make() -> None:
        link_sources(root)
        compendium(root, "run", "demo", "-n", "2")
        compendium(root, "site", "demo", "--engine", "portable")

    return once(root, make)


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration site: the portable edition, or Quarto's if the test asks for it.

    Name one of Quarto's that is there already in ``CONTINUUM_QUARTO_SITE``; else it is made if Quarto is installed.
    """
    if getattr(request, "param", "portable") == "portable":
        demo: Path = request.getfixturevalue("demo")
        return demo / "_site"
    if given := os.environ.get("CONTINUUM_QUARTO_SITE"):
        return Path(given)
    if problem := quarto.available()[1]:
        pytest.skip(f"needs Quarto: {problem}")
    made = request.getfixturevalue("demo")
    root = shared(tmp_path_factory, "quarto-project")

    def make() -> None:
        link_sources(root)
        results = Path("results", "demo")
        shutil.copytree(made / results, root / results, ignore=shutil.ignore_patterns("publish"))
        compendium(root, "site", "demo", "--engine", "quarto")

    return once(root, make) / "_site"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


@dataclass
class Visit:
    """A page and everything that went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Scroll to every chart, and wait until its live version has been drawn or offered."""
        self.page.wait_for_load_state("load")
        self.page.evaluate(
            """async () => { for (const id of window.continuumCharts || []) {
                 const figure = document.getElementById(id);
                 const waiting = () => !figure.dataset.live && !figure.querySelector('.make-live');
                 for (let tries = 0; tries < 200 && waiting(); tries++) {
                   figure.scrollIntoView({ behavior: 'instant', block: tries % 2 ? 'center' : 'start' });
                   await new Promise((done) => setTimeout(done, 50)); } }
               window.scrollTo(0, 0); }"""
        )
        self.page.wait_for_function("!document.querySelector('[data-live=loading]')", timeout=60_000)


Visitor = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visitor]:
    """Open a page of the site in a fresh context."""
    contexts: list[BrowserContext] = []

    def go(name: str, **options: Any) -> Visit:
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.goto(address + name)
        return seen

    yield go
    for context in contexts:
        context.close()
