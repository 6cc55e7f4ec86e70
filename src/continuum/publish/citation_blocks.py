"""The Smart citations page and the claims ledger, as blocks of pages; badges for the paper's reference list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..citations.reviewing import highlighted
from ..errors import BadInput, CompendiumError, NotCollected
from .layout import key_code
from .stage import PAPER

if TYPE_CHECKING:
    from .stage import Stage

#: Rows a page shows; all of them are in the downloads.
MOST_ROWS = 200
#: Characters shown of a citing work's sentence around the target.
EXCERPT = 300
_STANDING = {
    "human": "decided by a person", "author": "declared by the author", "model": "automatic", "rules": "automatic"
}  # fmt: skip


def browser(staged: Stage, prefix: str) -> str:
    """Every citing sentence with its class, filtered in the page; a plain table without scripts."""
    try:
        table = staged.contexts
    except NotCollected as nothing:
        return f"Not checked: {nothing.reason}. {nothing.what_would_help.capitalize()}"
    shown = _in_reading_order(table).head(MOST_ROWS)
    rows = "\n".join(_context_row(row) for row in shown.to_dict("records"))
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("Sentence", "Class", "Cited work", "Citing work", "Section"))
    return (
        f"{_counts(table)}\n\n```{{=html}}\n"
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Citation contexts">'
        '<table class="filtered citations" data-filters="label,standing,section,year,source,work">'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></div>\n```\n"
    )


def tallies(staged: Stage, prefix: str) -> str:
    """One card per cited work: a badge with its counts."""
    from ..citations import tally

    try:
        table, read = tally(staged.contexts), staged.contexts["source_id"].nunique()
    except NotCollected as nothing:
        return f"Not checked: {nothing.reason}."
    cards = "\n".join(
        f'<li id="work-{number}"><strong>{escape(row["title"] or row["cited_id"])}</strong> {badge(row, read)}</li>'
        for number, row in enumerate(table.to_dict("records"), start=1)
    )
    return f'```{{=html}}\n<ul class="works">\n{cards}\n</ul>\n```\n'


def badge(row: Mapping[Any, Any] | None, read: int | None = None) -> str:
    """Counts of one work as text and shape, not color alone; dashed where machines decided, solid where people did."""
    if row is None:
        return '<span class="badge none">citing articles: not checked</span>'
    confirmed = sum(int(row[f"confirmed_{name}"]) for name in ("supporting", "contrasting", "mentioning"))
    kind = "confirmed" if confirmed == int(row["total"]) and confirmed else "automatic"
    parts = [f"{int(row['supporting'])} supporting"]
    # an automatic contrasting is something to review, not a finding
    to_review = int(row["contrasting"]) - int(row["confirmed_contrasting"])
    parts.append(f"{int(row['confirmed_contrasting'])} contrasting")
    if to_review:
        parts.append(f"{to_review} to review")
    parts += [f"{int(row['mentioning'])} mentioning", f"{int(row['unclassified'])} not certain"]
    text = ", ".join(parts)
    of = f" of {read}" if read else ""
    works = f" in {int(row['citing_works'])}{of} articles read" if row.get("citing_works") else ""
    label = escape(f"Citation statements, {kind}: {text}{works}", quote=True)
    return f'<span class="badge {kind}" role="img" aria-label="{label}">{escape(text)}{works}</span>'


def claims(staged: Stage, prefix: str) -> str:
    """Every claim of the paper with its result, cell, class and verdict."""
    ledger = staged.ledger
    table = ledger.claims
    if table.empty:
        return "The paper makes no marked claims yet."
    rows = "\n".join(
        _claim_row(row, _works(ledger.literature, place, prefix), staged, prefix)
        for place, row in enumerate(table.to_dict("records"))
    )
    heads = "".join(
        f'<th scope="col">{h}</th>' for h in ("Claim", "Results it rests on", "Cell", "Class", "Literature", "Checked")
    )
    ok = int((table["status"] == "ok").sum())
    said = f"{ok} of {len(table)} claims agree with their results; {len(ledger.unlinked)} numbers trace to no result."
    return (
        f"{said}\n\n```{{=html}}\n"
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Claims of the paper">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></div>\n```\n"
    )


def claim_problems(staged: Stage) -> Iterator[CompendiumError]:
    """Claims that their results do not bear, and typed numbers that trace to no result."""
    ledger = staged.ledger
    for row in ledger.claims[ledger.claims["status"] == "failed"].to_dict("records"):
        name = row["claim_id"] or row["text"][:40]
        yield BadInput(
            f"the claim {name!r} fails: {'; '.join(row['reasons'])}", file=PAPER, place=f"claim {name}",
            fix="mend the words, or the result they name",
        )  # fmt: skip
    for sentence in ledger.unlinked:
        yield BadInput(
            f"a number without a claim: {sentence[:90]!r}", file=PAPER,
            fix="take it from a result, or mark a constant of the method as [.05]{.constant}",
        )  # fmt: skip


def notice_problems(staged: Stage) -> Iterator[CompendiumError]:
    """Works that were retracted and are still cited without a note that says why; needs the study's list of notices."""
    from ..citations import check_bibliography
    from ..citations.references import STILL_CITED

    spec, paper = staged.study.citations, staged.folder / PAPER
    if spec is None or not spec.retractions or not paper.is_file():
        return
    table = check_bibliography(staged.study, paper, staged.own_contexts)
    for row in table.to_dict("records"):
        if STILL_CITED in row["problems"]:
            yield BadInput(
                f"cites @{row['key']}, which was retracted ({row['notice']})", file=PAPER, place=f"@{row['key']}",
                fix="take the citation out, or add a note to the entry that says why it stays",
            )  # fmt: skip


def model_card(staged: Stage, prefix: str) -> str:
    """Scores of the stance model and of the rules on sentences they were not trained on, with intervals."""
    from ..citations import card
    from ..citations.model import released_scores

    scores = released_scores()
    return f"{card.figures(scores)}\nModel `{scores['model_id']}`.\n"


def comparison(staged: Stage, prefix: str) -> str:
    """What the stance model is worth beside a plain model and beside the rules."""
    from ..citations import card
    from ..citations.model import released_scores

    return f"{card.comparisons(released_scores())}\n"


def agreement(staged: Stage, prefix: str) -> str:
    """How far people and machine agree on this study's citations, where people labeled any."""
    from ..citations import agreed, quality
    from ..tables import Table

    try:
        right, among = quality(staged.contexts), agreed(staged.study, staged.contexts)
    except NotCollected as nothing:
        reason = nothing.reason.removeprefix("not checked: ")
        return f"Not checked: {reason}. {nothing.what_would_help.capitalize()}.".replace("..", ".")
    shares = {column: "whole_percent" for column in right.columns if column.startswith(("precision", "recall"))}
    tables = (Table(right, formats=shares), Table(among, formats={"percent": "whole_percent", "alpha": "number"}))
    return "\n\n".join(table.markdown() for table in tables) + "\n"


def with_badges(html: str, staged: Stage) -> str:
    """The paper's page with a badge after each reference that has a DOI.

    Works that no article was read for say "not checked"; a count is never invented.
    """
    from ..citations import tally

    try:
        counts = {row["doi"]: row for row in tally(staged.contexts).to_dict("records") if row["doi"]}
        read = staged.contexts["source_id"].nunique()
    except NotCollected:
        counts, read = {}, 0

    def entry(match: re.Match[str]) -> str:
        doi = re.search(r"https?://doi\.org/(10\.[^\s\"<]+)", match.group(0))
        if not doi:
            return match.group(0)
        return f"{match.group(1)} {badge(counts.get(doi.group(1).lower()), read)}</div>"

    return re.sub(r'(<div id="ref-[^"]+"[^>]*class="csl-entry"[^>]*>.*?)</div>', entry, html, flags=re.DOTALL)


def _counts(table: pd.DataFrame) -> str:
    statements = table.drop_duplicates("statement_id")
    people = int(statements["label_source"].isin(["human", "author"]).sum())
    certain = int(statements["counted"].sum())
    more = f" The first {MOST_ROWS} rows are shown." if len(table) > MOST_ROWS else ""
    return (
        f"{len(statements)} statements in {table['source_id'].nunique()} citing works; {people} decided by people, "
        f"{certain - people} automatic labels certain enough to be counted.{more}"
    )


def _in_reading_order(table: pd.DataFrame) -> pd.DataFrame:
    """Stance before mention, the certain first."""
    rank = table["label"].map({"contrasting": 0, "supporting": 0, "mentioning": 1}).fillna(2)
    order = table.assign(rank=rank, sure=~table["counted"])
    return order.sort_values(["rank", "sure", "source_id", "position"], kind="stable")


def _context_row(row: Mapping[Any, Any]) -> str:
    around = " ".join(part for part in (row["before"], row["after"]) if part)
    more = f"<details><summary>Around it</summary>{escape(around[:EXCERPT])}</details>" if around else ""
    label = row["label"] or "not classed"
    standing = _STANDING.get(row["label_source"], "not classed")
    if label == "contrasting" and standing == "automatic":
        standing = "automatic, to review"
    chance = row.get(f"p_{row['label']}") if row["label"] else None
    sure = f" (p = {chance:.2f})" if isinstance(chance, float) and chance == chance else ""
    sheet = f"{row['context_id']},{row['label'] or ''},,,"
    copy = f'<details><summary>Decide</summary><code class="label-row">{escape(sheet)}</code></details>'
    work = escape(str(row["title"] or row["cited_id"]))
    year = "" if pd.isna(row["source_year"]) else str(int(row["source_year"]))
    attributes = {
        "label": label, "standing": standing, "section": row["section"], "year": year, "work": row["title"] or "",
        "source": row["source_title"] or "",
    }  # fmt: skip
    data = " ".join(f'data-{name}="{escape(str(value), quote=True)}"' for name, value in attributes.items())
    return (
        f"<tr {data}><td>{highlighted(row, EXCERPT // 2)}{more}</td>"
        f"<td>{escape(label)}{sure}<br><small>{standing}</small>{copy}</td>"
        f"<td>{work}</td><td>{escape(str(row['source_title']))} {year}</td><td>{escape(str(row['section']))}</td></tr>"
    )


def _works(literature: pd.DataFrame, place: int, prefix: str) -> str:
    """The works for and against a claim, as links into the paper's reference list."""
    here = literature[literature["claim"] == place]
    if here.empty:
        return "none beside it"
    parts = []
    for work in here.to_dict("records"):
        name = escape(str(work["title"] or work["key"])) + ("" if pd.isna(work["year"]) else f" ({int(work['year'])})")
        said = {"supporting": "supports it: ", "contrasting": "contrasts with it: "}.get(work["stance"], "")
        note = " (illustration: the result is synthetic)" if said and work["illustration"] else ""
        parts.append(f'{said}<a href="{prefix}paper/index.html#ref-{escape(work["key"], quote=True)}">{name}</a>{note}')
    return "<br>".join(parts)


def _claim_row(row: Mapping[Any, Any], works: str, staged: Stage, prefix: str) -> str:
    """A claim with links to the results and the notebook that this run has."""
    page = f"{prefix}pages/results.html"
    results = "<br>".join(
        f'<a href="{page}#{escape(key, quote=True)}">{key_code(key)}</a>' if key in staged.results else key_code(key)
        for key in row["keys"]
    )
    cell = escape(str(row["cell"] or row["notebook"] or ""))
    if row["notebook"] in staged.notebooks:
        place = f"{row['notebook']}.html" + (f"#{row['cell']}" if row["cell"] else "")
        cell = f'<a href="{prefix}notebooks/{place}">{cell}</a>'
    known = {"ok": "agrees", "not_checkable": "refused, so not checkable"}
    verdict = known.get(row["status"], "; ".join(row["reasons"]))
    place = f'<a href="{prefix}paper/index.html#{row["claim_id"]}">' if row["claim_id"] else ""
    return (
        f"<tr><td>{place}{escape(row['text'])}{'</a>' if place else ''}</td><td>{results}</td><td>{cell}</td>"
        f"<td>{escape(str(row['provenance'] or '').replace('_', ' ').lower())}</td>"
        f"<td>{works}</td><td>{escape(verdict)}</td></tr>"
    )


CONTENTS: dict[str, Callable[[Stage, str], str]] = {
    "citations": browser,
    "tallies": tallies,
    "claims": claims,
    "stance-card": model_card,
    "stance-comparison": comparison,
    "label-agreement": agreement,
}
