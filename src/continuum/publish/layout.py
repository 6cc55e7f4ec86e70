"""The frame around every page of the portable site: navigation, banner, contents, footer; usable without scripts."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..atomic import write_bytes
from .pandoc import ASSETS
from .sources import NavItem
from .stage import SYNTHETIC_BANNER, Stage, prefix_of

if TYPE_CHECKING:
    from .portable import Page

FORMAT_NAMES = {"typst": ("PDF", ".pdf"), "docx": ("Word", ".docx")}
#: Runs before the first paint, so that a chosen theme does not flash.
_THEME = "try{var t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch(e){}"


def write_assets(out: Path) -> None:
    """Style sheets and scripts of the frame."""
    css = (ASSETS / "site.css").read_bytes() + (ASSETS / "content.scss").read_bytes()
    write_bytes(out / "assets" / "site.css", css)
    write_bytes(out / "assets" / "site.js", (ASSETS / "site.js").read_bytes())


def page(one: Page, staged: Stage, toc: str, body: str) -> str:
    """A complete HTML page.

    Parameters
    ----------
    one : Page
    staged : Stage
    toc : str
        List of the page's sections as HTML; empty if there are none.
    body : str
        The page's content as HTML.
    """
    site = staged.project.title
    title = str(one.meta["title"])
    prefix = prefix_of(one.target)
    home = one.name == "index.qmd"
    full_title = site if home else f"{title} – {site}"
    description = str(one.meta.get("description") or staged.project.description)
    contents = (
        f'<nav class="toc" aria-label="On this page"><h2>On this page</h2>{toc}</nav>' if _worth(toc, one) else ""
    )
    kind = "home" if home else "paper" if len(one.formats) > 1 else one.name.split("/")[0].removesuffix(".qmd")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(full_title)}</title>
<meta name="description" content="{escape(description, quote=True)}">
<meta name="color-scheme" content="light dark">
{ICON}
<link rel="stylesheet" href="{prefix}assets/site.css">
<script>{_THEME}</script>
<script defer src="{prefix}assets/site.js"></script>
</head>
<body class="{kind}" data-root="{prefix}">
<a class="skip" href="#content">Skip to content</a>
<header class="site-header">
<div class="bar">
<a class="brand" href="{prefix}index.html">{escape(site)}</a>
{_navigation(staged, one, prefix)}
<div class="tools">
<button type="button" class="search-open" hidden>Search</button>
<button type="button" class="theme" hidden>Dark</button>
</div>
</div>
</header>
{_banner(staged)}
<div class="page{" with-toc" if contents else ""}">
{contents}
<main id="content" tabindex="-1">
{_title_block(one, title)}
{focusable(body)}
</main>
</div>
<footer class="site-footer">
{_footer(staged, prefix)}
</footer>
</body>
</html>
"""


def focusable(body: str) -> str:
    """Code that scrolls sideways has to be reachable by keyboard."""
    return re.sub(r"<pre\b(?![^>]*tabindex)", '<pre tabindex="0"', body)


def key_code(key: str) -> str:
    """A long key as code that breaks at its dots and underscores, if it must."""
    breakable = re.sub("([._])", r"\1<wbr>", escape(key))
    return f"<code>{breakable}</code>"


def _title_block(one: Page, title: str) -> str:
    subtitle = f'<p class="subtitle">{escape(str(one.meta["subtitle"]))}</p>' if one.meta.get("subtitle") else ""
    author = f'<p class="author">{escape(_names(one.meta["author"]))}</p>' if one.meta.get("author") else ""
    stem = Path(one.target).stem
    links = [
        f'<a href="{stem}{suffix}" download>{name}</a>'
        for name, suffix in (FORMAT_NAMES[f] for f in one.formats if f in FORMAT_NAMES)
    ]
    formats = f'<p class="formats">Also as {" and ".join(links)}</p>' if links else ""
    return f'<div class="title-block"><h1>{escape(title)}</h1>{subtitle}{author}{formats}</div>'


def _names(author: Any) -> str:
    people = author if isinstance(author, list) else [author]
    return ", ".join(str(p.get("name", "")) if isinstance(p, dict) else str(p) for p in people)


def _navigation(staged: Stage, one: Page, prefix: str) -> str:
    items = "".join(_entry(item, one, prefix) for item in staged.project.navigation)
    links = f'<nav aria-label="Main"><ul class="menu">{items}</ul></nav>'
    return f'<details class="drawer"><summary>Menu</summary>{links}</details><div class="wide">{links}</div>'


def _entry(item: NavItem, one: Page, prefix: str) -> str:
    if not item.menu:
        here = ' aria-current="page"' if item.href == one.name else ""
        return f'<li><a href="{prefix}{html_name(item.href)}"{here}>{escape(item.text)}</a></li>'
    inside = any(part.href == one.name for part in item.menu)
    entries = "".join(_entry(part, one, prefix) for part in item.menu)
    mark = ' class="here"' if inside else ""
    return f"<li><details{mark}><summary>{escape(item.text)}</summary><ul>{entries}</ul></details></li>"


def html_name(href: str) -> str:
    """Where a source appears on the site."""
    return re.sub(r"\.(qmd|ipynb)(?=$|#)", ".html", href)


def _banner(staged: Stage) -> str:
    if not staged.study.synthetic:
        return ""
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", SYNTHETIC_BANNER)
    return f'<aside class="synthetic" aria-label="About these data"><p>{text}</p></aside>'


def _footer(staged: Stage, prefix: str) -> str:
    text = escape(staged.project.footer)

    def link(match: re.Match[str]) -> str:
        target = match.group(2) if ":" in match.group(2) else prefix + html_name(match.group(2).lstrip("/"))
        return f'<a href="{target}">{match.group(1)}</a>'

    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", link, text)
    return f"<p>{text}</p>"


def _worth(toc: str, one: Page) -> bool:
    return one.meta.get("toc", True) is not False and toc.count("<li>") > 1


def json_script(value: Any) -> str:
    """JSON that is safe inside a script element."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")


#: In the page itself, so that no browser asks the server for one.
ICON = (
    '<link rel="icon" href="data:image/svg+xml,'
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' "
    "fill='%23155e63'/%3E%3Cg fill='%23fff'%3E%3Ccircle cx='7' cy='22' r='2.2'/%3E%3Ccircle cx='13' cy='19' r='2.8'/%3E"
    "%3Ccircle cx='19.5' cy='14.5' r='3.4'/%3E%3Ccircle cx='26' cy='8.5' r='3.4'/%3E%3C/g%3E%3C/svg%3E"
    '">'
)
