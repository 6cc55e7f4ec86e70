"""Renders the staged sources with Quarto, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from ..atomic import write_bytes, write_text
from ..errors import AnalysisFailed, BadInput
from .layout import ICON, focusable
from .stage import Stage, prefix_of

OLDEST = (1, 8)
_TIMEOUT = 1800
_COLOR = re.compile(r"\x1b\[\d+m")
_WARNING = re.compile(r"^\W*WARN(?:ING)?\b\W*(.+)$", re.M)
#: A link, reference, picture or theme that leads nowhere: Quarto goes on, a reader would not.
_MISSING = re.compile(r"unable to resolve|could not (convert|fetch|find)|not found|unknown|undefined|unresolved", re.I)
#: The output of a cell that is a table: on a narrow screen it scrolls sideways.
_WIDE = re.compile(r'<div((?: id="[^"]*")? class="cell-output[^"]*"[^>]*>\s*<table\b)')
_WRITTEN = re.compile(r'<table class="caption-top table[^"]*">.*?</table>', re.S)
_MAIN = re.compile(r'<main\b(?=[^>]*\bid="quarto-document-content")')
_SKIP = '<a class="skip visually-hidden-focusable" href="#quarto-document-content">Skip to content</a>'
#: Quarto copies the picture of a figure beside every page that shows it.
_COPIES = "*_files/figure-html"
_COPY = re.compile(r'(?<=src=")[^"]*_files/figure-html/[^"]*?(fig-[\w-]+?)-output-1\.svg(?=")')


def available() -> tuple[str, str]:
    """Version of the Quarto on PATH, and why it cannot be used; one of the two is empty."""
    program = shutil.which("quarto")
    if not program:
        return "", "quarto is not on PATH"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"quarto does not start: {error}"
    found = re.match(r"(\d+)\.(\d+)", done.stdout.strip())
    if done.returncode or not found:
        return "", "quarto does not tell its version"
    if (int(found[1]), int(found[2])) < OLDEST:
        return "", f"quarto {done.stdout.strip()} is older than {'.'.join(map(str, OLDEST))}"
    return done.stdout.strip(), ""


def render(staged: Stage, out: Path) -> None:
    """Render the stage with Quarto into ``out``.

    Raises
    ------
    BadInput
        If Quarto is missing or too old.
    AnalysisFailed
        If Quarto reports an error; with the end of what it printed.
    """
    _, problem = available()
    if problem:
        raise BadInput(problem, fix="install Quarto, or use --engine portable")
    done = subprocess.run(
        ["quarto", "render", str(staged.folder), "--no-execute"],
        capture_output=True, text=True, timeout=_TIMEOUT, cwd=staged.folder,
    )  # fmt: skip
    said = _COLOR.sub("", done.stderr or done.stdout).strip()
    if done.returncode:
        tail = "\n".join(said.splitlines()[-15:])
        raise AnalysisFailed(f"quarto render failed:\n{tail}", fix="mend it, or use --engine portable")
    warnings = sorted({warning.replace(f"{staged.folder}/", "") for warning in _WARNING.findall(said)})
    if missing := [warning for warning in warnings if _MISSING.search(warning)]:
        listed = "\n".join(missing[:20])
        raise AnalysisFailed(f"quarto render warned of:\n{listed}", fix="mend it, or use --engine portable")
    for warning in warnings:
        print(f"Quarto warns: {warning}", flush=True)
    made = staged.folder / staged.project.config["project"].get("output-dir", "_site")
    shutil.copytree(made, out, dirs_exist_ok=True)
    for page in out.rglob("*.html"):
        _mend(page, prefix_of(page.relative_to(out).as_posix()))
    for copies in list(out.rglob(_COPIES)):
        shutil.rmtree(copies.parent)
    for file in sorted((staged.folder / "figures").glob("*.svg")):
        write_bytes(out / "figures" / file.name, file.read_bytes())


def _mend(page: Path, prefix: str) -> None:
    """What a page of Quarto's needs to be read from any folder, and by keyboard; with one picture for each figure."""
    text = _COPY.sub(lambda m: f"{prefix}figures/{m[1]}.svg", page.read_text(encoding="utf-8"))
    if page.name == "404.html":  # Quarto takes it for granted that a site has a whole server to itself
        text = re.sub(r'\b(href|src|content)="/(?:\./)?(?!/)', r'\1="./', text)
    text = text.replace('<nav class="navbar', '<nav aria-label="Main" class="navbar')
    text = re.sub(r'(<button class="navbar-toggler"[^>]*?) role="menu"', r"\1", text)
    text = re.sub(r"(<body\b[^>]*>)", rf"\1\n{_SKIP}", text, count=1)
    text = _MAIN.sub('<main tabindex="-1"', text)
    text = _WRITTEN.sub(lambda m: f'<div class="table-scroll" tabindex="0">{m[0]}</div>', text)
    text = _WIDE.sub(r'<div tabindex="0"\1', text)
    write_text(page, focusable(text.replace("</head>", f"{ICON}\n</head>", 1)))
