"""How soon each page of the site can be used on a slow machine, and how large the site is.

Run beside a built site: ``python benchmarks/site.py [FOLDER]``. Chromium with its processor slowed four times opens
every page from a local server; a page is usable when it has been laid out and the main thread is free to answer
for the first time after that. Bars: 2 s for each page, 15 MB for the site. Exit code 1 if one is missed. Keeps what was
measured in ``benchmarks/results/site.json``, apart for the portable edition and Quarto's.
"""

from __future__ import annotations

import functools
import shutil
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from record import Bar, Row, save

SLOWDOWN = 4
SECONDS = 2.0
MEGABYTES = 15.0
REPEATS = 3
#: Time from the start of navigation until the page has loaded and a task queued behind everything else has run.
USABLE = """() => new Promise((done) => {
  const free = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000), 0));
  if (document.readyState === "complete") free(); else addEventListener("load", free);
})"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def measure(site: Path) -> dict[str, list[float]]:
    """Seconds until each page is usable, in every repeat."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        raise SystemExit("needs chromium, which is not installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = sorted(page.relative_to(site).as_posix() for page in site.rglob("*.html"))
    found: dict[str, list[float]] = {name: [] for name in names}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(REPEATS):
            for name in names:
                context = browser.new_context(viewport={"width": 360, "height": 740})
                page = context.new_page()
                slow = context.new_cdp_session(page)
                slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
                page.goto(f"http://127.0.0.1:{server.server_address[1]}/{name}", wait_until="commit")
                found[name].append(float(page.evaluate(USABLE)))
                context.close()
        browser.close()
    server.shutdown()
    return found


def main() -> int:
    site = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "_site"
    if not (site / "index.html").is_file():
        raise SystemExit(f"no site in {site}: run compendium site first")
    size = sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) / 1e6
    part, edition = (
        ("quarto", "Quarto's edition") if (site / "site_libs").is_dir() else ("portable", "portable edition")
    )
    pages = sorted(
        (Row(name, [round(s, 3) for s in seconds]) for name, seconds in measure(site).items()),
        key=lambda row: -row.median,
    )
    bars = [
        Bar(f"Slowest page: {pages[0].what}", SECONDS, round(pages[0].median, 3), "s"),
        Bar("Whole site", MEGABYTES, round(size, 2), "MB"),
    ]
    title = f"Until a page is usable, {edition}: phone's screen, processor slowed {SLOWDOWN} times"
    save("site", part, title, pages, bars, ["playwright"])
    return 0 if all(bar.met for bar in bars) else 1


if __name__ == "__main__":
    raise SystemExit(main())
