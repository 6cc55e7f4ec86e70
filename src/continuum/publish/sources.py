"""Reads the sources of site and paper, and refuses what only one of the two publishers would understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import BadInput

#: Div classes that both publishers render; lead and what follows is the site's own vocabulary.
DIV_CLASSES = {
    "callout-note", "callout-tip", "callout-warning", "callout-important", "callout-caution", "panel-tabset",
    "column-margin", "lead", "cards", "card", "facts", "muted", "buttons", "generated",
}  # fmt: skip
SHORTCODES = {"embed", "var", "meta"}
REFERENCE_PREFIXES = {"fig", "tbl", "sec", "eq"}
#: Prefixes that Quarto would number and the portable edition would not.
FOREIGN_PREFIXES = "lst|thm|lem|cor|prp|cnj|def|exm|exr|sol|rem|alg|tip|nte|wrn|imp|cau"
SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(\S+)\s*(.*?)\s*>\}\}")
REFERENCE = re.compile(r"(?<![\w@\\])-?@((?:fig|tbl|sec|eq)-[A-Za-z0-9_-]*[A-Za-z0-9])")
CITATION = re.compile(r"(?<![\w@\\.])-?@([A-Za-z][\w:.#$%&+?<>~/-]*\w)")
_FENCE = re.compile(r"^\s*(```+|~~~+)\s*(.*)$")
_DIV = re.compile(r"^\s*:{3,}\s*(\S.*)$")
_RAW_HTML = re.compile(r"^\s*</?[A-Za-z][^>\s]*(\s[^>]*)?/?>")
_FOREIGN = re.compile(rf"(?<![\w@\\])@((?:{FOREIGN_PREFIXES})-[\w-]+)")


@dataclass(frozen=True)
class Source:
    """A page as written.

    Attributes
    ----------
    file : Path
        Where it stands.
    name : str
        Path from the project folder, with forward slashes: ``paper/index.qmd``.
    meta : dict
        Front matter.
    body : str
        Markdown below the front matter.
    first_line : int
        Line of the file on which ``body`` begins, counted from 1.
    """

    file: Path
    name: str
    meta: dict[str, Any]
    body: str
    first_line: int = 1

    @property
    def target(self) -> str:
        """Path of the HTML page on the site."""
        return re.sub(r"\.(qmd|ipynb|md)$", ".html", self.name)

    @property
    def formats(self) -> tuple[str, ...]:
        """Output formats: ``html`` first, then what the front matter asks for."""
        wanted = self.meta.get("format", "html")
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return ("html", *(name for name in names if name != "html"))

    def problem(self, what: str, line: int, fix: str) -> BadInput:
        """An error at a line of the body (counted from 0)."""
        return BadInput(what, file=self.name, place=f"line {self.first_line + line}", fix=fix)


@dataclass(frozen=True)
class Line:
    """One line of prose, outside code blocks."""

    number: int
    text: str


@dataclass(frozen=True)
class NavItem:
    """An entry of the navigation bar: a page, or a menu of pages."""

    text: str
    href: str = ""
    menu: tuple[NavItem, ...] = field(default=())


@dataclass(frozen=True)
class Project:
    """What ``_quarto.yml`` says, as far as both publishers use it."""

    folder: Path
    config: dict[str, Any]

    @property
    def title(self) -> str:
        """Title of the site."""
        return str(self.config["website"]["title"])

    @property
    def description(self) -> str:
        """One sentence about the site, for search engines and previews."""
        return str(self.config["website"].get("description", ""))

    @property
    def footer(self) -> str:
        """Markdown of the page footer."""
        footer = self.config["website"].get("page-footer", "")
        return str(footer.get("left", "") if isinstance(footer, dict) else footer)

    @property
    def navigation(self) -> tuple[NavItem, ...]:
        """The navigation bar from left to right."""
        return tuple(_nav_item(item) for item in self.config["website"].get("navbar", {}).get("left", []))

    def pages(self) -> list[str]:
        """Names of the pages to render, in the order of ``project: render:``; patterns are expanded.

        A pattern begins with ``/``: Quarto looks for others in every folder, results and copies included.
        """
        names: list[str] = []
        for pattern in self.config["project"]["render"]:
            found = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.glob(pattern.lstrip("/")))
            names += [name for name in found if name not in names]
        return names

    def file(self, key: str) -> Path:
        """A file named by a top-level key, such as ``bibliography``."""
        return self.folder / str(self.config[key])


def read_project(folder: Path) -> Project:
    """Read ``_quarto.yml``.

    Raises
    ------
    BadInput
        If it is missing or is not a website project.
    """
    file = folder / "_quarto.yml"
    if not file.is_file():
        raise BadInput("there is no _quarto.yml", file=folder, fix="run the command in a compendium folder")
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BadInput(f"is not YAML: {error}", file="_quarto.yml", fix="mend the line named above") from None
    for part in ("project", "website"):
        if not isinstance(config, dict) or not isinstance(config.get(part), dict):
            raise BadInput(f"has no section {part!r}", file="_quarto.yml", fix="see the one that came with the project")
    return Project(folder, config)


def read_source(file: Path, folder: Path) -> Source:
    """Read one ``.qmd`` page.

    Raises
    ------
    BadInput
        If the front matter is not closed, is not YAML, or has no title.
    """
    name = file.relative_to(folder).as_posix()
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise BadInput("the page has no front matter", file=name, place="line 1", fix="begin with ---, title: ..., ---")
    end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "---")
    try:
        meta = yaml.safe_load("\n".join(lines[1:end])) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 2}" if mark else "front matter"
        raise BadInput("the front matter is not YAML", file=name, place=place, fix="quote text with a colon") from None
    if "title" not in meta:
        raise BadInput("the page has no title", file=name, place="line 1", fix="add title: to the front matter")
    return Source(file, name, meta, "\n".join(lines[end + 1 :]) + "\n", end + 2)


def prose(body: str) -> Iterator[Line]:
    """Lines of ``body`` that are not inside a code block, with inline code blanked out."""
    fence = ""
    for number, text in enumerate(body.splitlines()):
        match = _FENCE.match(text)
        if fence:
            if match and match.group(1).startswith(fence) and not match.group(2):
                fence = ""
            continue
        if match:
            fence = match.group(1)
            continue
        yield Line(number, re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", lambda m: " " * len(m.group(0)), text))


def check_constructs(source: Source) -> list[BadInput]:
    """What in a page only one publisher would understand; empty if all is well."""
    problems = [
        source.problem(f"executable code block {language!r}", number, "put the code into a notebook and embed its cell")
        for number, language in _executable_blocks(source.body)
    ]
    for line in prose(source.body):
        problems += _line_problems(source, line)
    return problems


def _line_problems(source: Source, line: Line) -> Iterator[BadInput]:
    for match in SHORTCODE.finditer(line.text):
        if match.group(1) not in SHORTCODES:
            yield source.problem(f"shortcode {match.group(1)!r}", line.number, f"use {', '.join(sorted(SHORTCODES))}")
    if div := _DIV.match(line.text):
        attributes = div.group(1).strip("{} ")
        classes = re.findall(r"\.([\w-]+)", attributes) or ([attributes] if re.fullmatch(r"[\w-]+", attributes) else [])
        for unknown in sorted(set(classes) - DIV_CLASSES):
            yield source.problem(
                f"block class {unknown!r}", line.number, f"use one of {', '.join(sorted(DIV_CLASSES))}"
            )
    if len(source.formats) > 1 and _RAW_HTML.match(line.text):
        yield source.problem("raw HTML on a page that is also printed", line.number, "write it as Markdown")
    if "{=" in line.text and re.search(r"\{=\w+\}", line.text):
        yield source.problem("raw block of one format", line.number, "write it as Markdown")
    for match in _FOREIGN.finditer(line.text):
        yield source.problem(f"cross-reference {match.group(1)!r}", line.number, "refer to fig-, tbl-, sec- or eq-")


def _executable_blocks(body: str) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, text in enumerate(body.splitlines()):
        match = _FENCE.match(text)
        if match and not fence:
            fence = match.group(1)
            if language := re.match(r"\{(\w+)", match.group(2)):
                yield number, language.group(1)
        elif match and match.group(1).startswith(fence) and not match.group(2):
            fence = ""


def _nav_item(item: Any) -> NavItem:
    if isinstance(item, str):
        return NavItem(item, item)
    menu = tuple(_nav_item(part) for part in item.get("menu", []))
    return NavItem(str(item.get("text", item.get("href", ""))), str(item.get("href", "")), menu)
