"""The codebook as a page: what each code means, how many interviews mention it, and excerpts that may be quoted.

Everything here comes from two tables that the interview notebook has published already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import paths
from ..provenance import SYNTHETIC_NOTE
from ..tables import MISSING, Table

if TYPE_CHECKING:
    from .stage import Stage

CODES, CHANGES = "tbl-interviews-codebook", "tbl-interviews-codebook-changes"
_NOWHERE = "Codes of no area"


def codebook(staged: Stage, prefix: str) -> str:
    """One section per area with its codes: definition, level, interviews, excerpts."""
    codes = _published(staged, CODES)
    if codes is None or codes.empty:
        return "This study has no coded interviews."
    parts = [
        f"Numbers and excerpts as in [the table of the notebook]({prefix}notebooks/10-interviews.html#{CODES})."
        + (f" {SYNTHETIC_NOTE}" if staged.study.synthetic else "")
    ]
    for area in dict.fromkeys(str(name) for name in codes["area"]):
        rows = codes[codes["area"] == area]
        heading = _NOWHERE if area == MISSING else f"{area[:1].upper()}{area[1:]}"
        entries = "\n".join(_entry(row) for row in rows.to_dict("records"))
        parts.append(f'### {heading}\n\n```{{=html}}\n<dl class="codebook">\n{entries}\n</dl>\n```')
    return "\n\n".join(parts)


def changes(staged: Stage, prefix: str) -> str:
    """What changed from version to version of the codebook, where a study keeps several."""
    table = _published(staged, CHANGES)
    if table is None or table.empty:
        return "This study gives one version of its codebook (`interviews.codebook_versions` in `study.yaml`)."
    shown = Table(table.fillna("").astype(str)).html("Changes of the codebook")
    return f'```{{=html}}\n<div id="tbl-codebook-versions" class="table-block">\n{shown}</div>\n```'


CONTENTS: dict[str, Callable[[Stage, str], str]] = {"codebook": codebook, "codebook-changes": changes}


def _published(staged: Stage, label: str) -> pd.DataFrame | None:
    file = paths.results(staged.study.study) / "tables" / f"{label}.csv"
    return pd.read_csv(file, dtype=str) if label in staged.outputs() and file.is_file() else None


def _entry(row: dict[Any, Any]) -> str:
    """A code with its path as its name; an excerpt begins with a quotation mark, the words for none do not."""
    above, _, name = row["code"].rpartition(" > ")
    below = "" if above.casefold() == row["area"].casefold() else above
    path = f' <span class="muted">{escape(below)}</span>' if below else ""
    level = "" if row["level"] == MISSING else f' <span class="badge">{escape(row["level"])}</span>'
    counted = f'<span class="badge">interviews: {escape(row["interviews"])}</span>'
    excerpts = re.split(r'(?<=\)) / (?=")', row["excerpts"])
    quoted = "".join(
        f"<blockquote>{escape(text)}</blockquote>" if text.startswith('"') else f'<p class="muted">{escape(text)}</p>'
        for text in excerpts
    )
    return f"<dt>{escape(name)}{path}{level} {counted}</dt>\n<dd><p>{escape(row['definition'])}</p>{quoted}</dd>"
