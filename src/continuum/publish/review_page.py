"""A page on which a team decides what its citations say: for the private build, never for the public one.

It holds whole sentences of other people's articles. It needs no server: decisions stay in the reader's browser until
they are downloaded as a ``labels.csv`` that ``study.yaml`` and ``compendium cite --labels`` take as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from ..citations.features import LABELS
from ..citations.labels import WORTH_REVIEW
from ..citations.reviewing import highlighted, machine_says
from .pandoc import ASSETS

_CHOICES = (*LABELS, "")


def review_page(contexts: pd.DataFrame, title: str, *, home: str = "") -> str:
    """A complete HTML document, with style and script inside it.

    Parameters
    ----------
    contexts : DataFrame
        Classed contexts with people's labels applied, as :meth:`Stage.contexts` gives them.
    title : str
        The study's title.
    home : str
        Address of the page to go back to; none if empty.

    Returns
    -------
    str
        One form row per statement: sentence with the target highlighted, neighbors, the machine's class and
        probabilities, and the choice of a class; filters by class, probability, standing, citing and cited work.
    """
    statements = contexts.drop_duplicates("statement_id")
    chance = (statements["p_supporting"] + statements["p_contrasting"]).fillna(0)
    ordered = statements.assign(chance=chance).sort_values(["chance", "context_id"], ascending=[False, True])
    rows = "\n".join(_statement(number, row) for number, row in enumerate(ordered.to_dict("records"), start=1))
    template = (ASSETS / "review.html").read_text(encoding="utf-8")
    filled = {
        "TITLE": escape(title),
        "HOME": f'<p><a href="{escape(home, quote=True)}">Back to the site</a></p>' if home else "",
        "COUNT": f"{len(ordered):,}", "WORTH": f"{WORTH_REVIEW:.2f}", "ROWS": rows,
        "SOURCES": _options(ordered["source_title"]), "WORKS": _options(ordered["title"]),
    }  # fmt: skip
    for name, value in filled.items():
        template = template.replace(f"<!--{name}-->", value)
    return template


def _statement(number: int, row: Mapping[Any, Any]) -> str:
    machine = row["label_auto"] if isinstance(row["label_auto"], str) else "not classed"
    standing = {"confirmed": "decided", "overridden": "decided", "disputed": "disputed"}.get(row["status"], "open")
    data = {
        "id": row["context_id"], "class": machine, "standing": standing, "chance": f"{row['chance']:.3f}",
        "source": _text(row["source_title"]), "work": _text(row["title"]),
    }  # fmt: skip
    attributes = " ".join(f'data-{name}="{escape(str(value), quote=True)}"' for name, value in data.items())
    by = f" Decided: {escape(str(row['label'] or 'disputed'))}, by {escape(', '.join(row['labelers']))}."
    choices = "".join(
        f'<label><input type="radio" name="c{number}" value="{name}"{"" if name else " checked"}>'
        f"{name or 'no decision'}</label>"
        for name in _CHOICES
    )
    before, after = _text(row["before"]), _text(row["after"])
    year = "" if pd.isna(row["source_year"]) else f", {int(row['source_year'])}"
    return (
        f'<li {attributes}><p class="around">{escape(before)}</p><blockquote>{highlighted(row)}</blockquote>'
        f'<p class="around">{escape(after)}</p>'
        f"<p><cite>{escape(_text(row['source_title']))}</cite>{year}, {escape(str(row['section']))}, on "
        f"<cite>{escape(_text(row['title']) or str(row['cited_id']))}</cite></p>"
        f"<p>Machine: {machine_says(row)}.{by if row['labelers'] else ''}</p>"
        f"<fieldset><legend>Statement {number}: this citation is</legend>{choices}"
        '<label>Note <input type="text" class="note" maxlength="300"></label></fieldset></li>'
    )


def _options(values: pd.Series) -> str:
    names = sorted({_text(value) for value in values} - {""})
    return "".join(f"<option>{escape(name)}</option>" for name in names)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
