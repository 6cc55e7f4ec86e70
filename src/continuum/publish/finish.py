"""What a rendered site still needs, whichever publisher made it: live charts, search, downloads, checksums, checks."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..atomic import write_bytes, write_text
from ..errors import AnalysisFailed
from ..memory import remembered
from .citation_blocks import with_badges
from .layout import json_script
from .pandoc import ASSETS, vega_bundle
from .stage import Stage, prefix_of

CHECKSUMS = "SHA256SUMS"
_NO_INDEX = {"404.html"}
_OWN_CODE = Path(__file__).read_bytes()
_CSS_REQUEST = re.compile(r"(?:\burl\(|@import)\s*[\"']?([^\"')\s;]+)")


def finish(staged: Stage, out: Path, memory: Path) -> None:
    """Add charts, search, downloads, metadata and checksums to a rendered site."""
    from .metadata import describe_site

    live = _write_charts(staged, out, memory)
    for file in sorted((staged.folder / "downloads").rglob("*")):
        if file.is_file():
            write_bytes(out / "downloads" / file.relative_to(staged.folder / "downloads"), file.read_bytes())
    for page in pages(out):
        _connect(page, out, live)
    paper = out / "paper" / "index.html"
    if paper.is_file():
        write_text(paper, with_badges(paper.read_text(encoding="utf-8"), staged))
    if not (out / "search.json").is_file():  # Quarto searches by itself
        entries = [entry for page in pages(out) for entry in _index(page, out)]
        write_text(out / "assets" / "search.js", f"window.continuumSearch = {json_script(entries)};\n")
    describe_site(staged, out)
    write_text(out / "downloads" / CHECKSUMS, checksums(out / "downloads"))


def pages(out: Path) -> list[Path]:
    """Every HTML page of a site."""
    return sorted(out.rglob("*.html"))


def checksums(folder: Path) -> str:
    """SHA-256 of every file of a folder, in the format of ``sha256sum``."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != CHECKSUMS)
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(folder).as_posix()}" for f in files]
    return "\n".join(lines) + "\n"


def check_links(out: Path, memory: Path | None = None) -> None:
    """Refuse dead links and requests to other origins.

    Parameters
    ----------
    out : Path
    memory : Path, optional
        What links a page has is kept there.

    Raises
    ------
    AnalysisFailed
        Naming the page and the link, for the first twenty.
    """
    parsed = {page.relative_to(out).as_posix(): _links(page.read_bytes(), memory) for page in pages(out)}
    files = {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}
    problems = []
    for name, links in parsed.items():
        problems += [
            f"{name}: requests {address} from another origin" for address in links.requests if _foreign(address)
        ]
        for address in [*links.targets, *links.requests]:
            if not _foreign(address) and (why := _dead(name, address, files, parsed)):
                problems.append(f"{name}: {why}")
    for file in sorted(out.rglob("*.css")):
        asked = [one for one in _CSS_REQUEST.findall(file.read_text(encoding="utf-8")) if _foreign(one)]
        problems += [f"{file.relative_to(out).as_posix()}: requests {one} from another origin" for one in asked]
    if problems:
        listed = "\n".join(sorted(set(problems))[:20])
        raise AnalysisFailed(f"the site has {len(set(problems))} bad links:\n{listed}", fix="mend them in the sources")


def _dead(name: str, address: str, files: set[str], parsed: dict[str, _Links]) -> str:
    parts = urlsplit(address)
    if parts.scheme == "data" or (not parts.path and not parts.fragment):
        return ""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
    if target not in files:
        target = posixpath.normpath(f"{target}/index.html")
    if target not in files:
        return f"links to {address}, which does not exist"
    other = parsed.get(target)
    if parts.fragment and other is not None and unquote(parts.fragment) not in other.ids:
        return f"links to {address}, but there is no such place on that page"
    return ""


def _foreign(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "mailto"}


@dataclass(frozen=True)
class _Links:
    """Ids, link targets and requested files of a page."""

    ids: set[str]
    targets: list[str]
    requests: list[str]


def _links(page: bytes, memory: Path | None) -> _Links:
    def read() -> bytes:
        reader = _LinkReader()
        reader.feed(page.decode("utf-8"))
        return json.dumps([sorted(reader.ids), reader.targets, reader.requests]).encode()

    ids, targets, requests = json.loads(remembered(memory, [_OWN_CODE, page], read))
    return _Links(set(ids), targets, requests)


class _LinkReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.requests: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.targets.append(given["href"])
        elif tag == "link" and given.get("rel") in {"stylesheet", "icon", "preload", "modulepreload"}:
            self.requests.append(given.get("href", ""))
        elif tag in {"script", "img", "iframe", "source", "object", "video", "audio"}:
            self.requests += [given[name] for name in ("src", "data") if given.get(name)]


def _write_charts(staged: Stage, out: Path, memory: Path) -> list[str]:
    specs = sorted((staged.folder / "figures").glob("*.json"))
    for file in specs:
        spec = file.read_text(encoding="utf-8").strip().replace("</", "<\\/")
        register = f'(window.continuumSpecs = window.continuumSpecs || {{}})["{file.stem}"] = {spec};\n'
        write_text(out / "assets" / "charts" / f"{file.stem}.js", register)
    if specs:
        write_bytes(out / "assets" / "vega.js", vega_bundle(memory))
    write_bytes(out / "assets" / "site.js", (ASSETS / "site.js").read_bytes())
    return [file.stem for file in specs]


def _connect(page: Path, out: Path, live: list[str]) -> None:
    """Tell the page's script which of its figures have a live version, and load the script where it is missing."""
    text = page.read_text(encoding="utf-8")
    here = [label for label in live if f'id="{label}"' in text]
    prefix = prefix_of(page.relative_to(out).as_posix())
    added = f"<script>window.continuumCharts={json_script(here)}</script>\n" if here else ""
    if "assets/site.js" not in text:
        added += f'<script>document.documentElement.dataset.siteRoot="{prefix}"</script>\n'
        added += f'<script defer src="{prefix}assets/site.js"></script>\n'
    if added:
        write_text(page, text.replace("</body>", f"{added}</body>"))


_SECTION = re.compile(r'<section[^>]*\bid="([^"]+)"[^>]*>\s*<h[2-4][^>]*>(.*?)</h[2-4]>', re.S)
_SKIP = re.compile(r"<(script|style|pre|nav|details)\b.*?</\1>", re.S)


def _index(page: Path, out: Path) -> Iterator[dict[str, str]]:
    name = page.relative_to(out).as_posix()
    text = page.read_text(encoding="utf-8")
    main = re.search(r"<main\b.*?</main>", text, re.S)
    if name in _NO_INDEX or not main:
        return
    title = re.search(r"<h1[^>]*>(.*?)</h1>", main.group(0), re.S)
    heading = _words(title.group(1)) if title else name
    body = _SKIP.sub(" ", main.group(0))
    marks = list(_SECTION.finditer(body))
    starts = [m.start() for m in marks] + [len(body)]
    yield {"page": heading, "title": heading, "url": name, "text": _words(body[: starts[0]])[:1500]}
    for mark, end in zip(marks, starts[1:], strict=True):
        yield {
            "page": heading, "title": _words(mark.group(2)), "url": f"{name}#{mark.group(1)}",
            "text": _words(body[mark.end() : end])[:1500],
        }  # fmt: skip


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()
