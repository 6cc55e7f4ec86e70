"""The team's edition of the site: what consent and the disclosure rule keep from readers, for the team's own eyes.

It is made beside the public one, never in its place. Every page carries :data:`PRIVATE_MARK`, by which the scan, and so
the gate of the public site, knows it.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pandas as pd

from .. import paths
from ..atomic import staged_folder, write_text
from ..disclosure.inspection import PRIVATE_MARK
from ..errors import BadInput, ManyProblems, NotCollected
from ..study import Study, load_study
from . import portable
from .contract import check
from .finish import check_links, finish, pages
from .generated import html_table
from .portable import Page
from .review_page import review_page
from .stage import Stage, prefix_of, stage

#: Name of the folder below ``results/<study>/``.
FOLDER = "private-site"
_PAGE = "private.html"
_REVIEW = "review.html"
#: Lists of the team's folder that the private page shows: file, heading, what it is for.
_LISTS = (
    ("quotes-review.csv", "Excerpts to decide on",
     "These interviews may be quoted, but an excerpt that is withheld may name a person, a place or an organization. "
     "Copy the list into the study's folder and write approve, redact or drop: the next run reads it there."),
    ("disagreements.csv", "Where coders disagree",
     "One row for each stretch that one coder gave a code and the other did not."),
)  # fmt: skip


def build_private_site(study: str | Study) -> Path:
    """The site with quotes, disagreements and the review of citations, in ``results/<study>/private-site/``.

    Parameters
    ----------
    study : str or Study

    Returns
    -------
    Path
        The folder. It passes every check of the public site except the disclosure gate.

    Raises
    ------
    BadInput, ManyProblems
        If a source is wrong; the old folder stays.
    """
    study = load_study(study) if isinstance(study, str) else study
    target = paths.results(study.study) / FOLDER
    if target.resolve().is_relative_to(paths.site().resolve()):
        raise BadInput("the private site would lie in the public one", file=target, fix="keep results outside _site/")
    work = paths.results(study.study) / "publish"
    staged = stage(study, work / "private-source")
    if problems := check(staged):
        raise ManyProblems(problems)
    with staged_folder(target) as new:
        portable.render(staged, new, work / "memory", extra=[_team_page(staged)])
        if review := _citation_review(staged):
            write_text(new / _REVIEW, review)
        finish(staged, new, work / "memory")
        for page in pages(new):
            _mark(page, prefix_of(page.relative_to(new).as_posix()))
        check_links(new, work / "memory")
    print(f"Private site, for the team only: {paths.relative(target)}/{_PAGE}", flush=True)
    return target


def _team_page(staged: Stage) -> Page:
    team = paths.results(staged.study.study) / "team"
    blocks = [
        "What this study keeps from its public site: excerpts under review, disagreements, and citations to label."
    ]
    for name, heading, words in _LISTS:
        blocks.append(f"## {heading}\n\n{words}")
        if not (team / name).is_file():
            blocks.append(f"There is no such list: `compendium run {staged.study.study}` writes `team/{name}`.")
            continue
        table = pd.read_csv(team / name, dtype=str, keep_default_na=False)
        rows = [tuple(escape(cell) for cell in row) for row in table.itertuples(index=False)]
        heads = tuple(escape(str(column).replace("_", " ")) for column in table.columns)
        blocks.append(html_table(heads, rows, heading) if rows else "Nothing is on this list.")
    if _citation_review(staged):
        blocks.append(f"## Citations to review\n\n[Open the review page]({_REVIEW}) to label statements by hand.")
    return Page("private.qmd", _PAGE, {"title": "For the team"}, "\n\n".join(blocks))


def _citation_review(staged: Stage) -> str:
    """The review page; empty for a study without citing articles."""
    try:
        return review_page(staged.contexts, staged.study.title, home="index.html")
    except NotCollected:
        return ""


def _mark(page: Path, prefix: str) -> None:
    """Say on a page who it is for, and keep it out of search engines should it ever be put anywhere."""
    banner = (
        f'\\1\n<aside aria-label="{PRIVATE_MARK}" style="background:#7a1020;color:#fff;padding:.5rem 1rem">'
        f'<strong>{PRIVATE_MARK}</strong> <a href="{prefix}{_PAGE}" style="color:#fff">Lists for the team</a></aside>'
    )
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"(<body[^>]*>)", banner, text, count=1)
    text = text.replace("<head>", '<head>\n<meta name="robots" content="noindex, nofollow">', 1)
    write_text(page, text)
