"""The codebook as a page for readers, and what changed between its versions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from ..ingest.tables import CodedInterviews
from ..tables import MISSING
from .quotes import NONE_QUOTABLE
from .summary import ALL, code_paths

#: What may change of a code that stays the same code.
_COMPARED = {
    "name": "renamed",
    "parent": "moved",
    "definition": "redefined",
    "area": "area changed",
    "level": "level changed",
}


def codebook_page(summary: pd.DataFrame, coded: CodedInterviews, quotes: pd.DataFrame) -> pd.DataFrame:
    """One row per code: definition, area, level, interviews, and its anchor quotes.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    coded : CodedInterviews
    quotes : DataFrame
        From :func:`continuum.interviews.anchor_quotes`.

    Returns
    -------
    DataFrame
        code (with its path), definition, area, level, interviews, excerpts (text with pseudonym and sector).
    """
    counted = summary[(summary["kind"] == "code") & (summary["group"] == ALL)].set_index("id")
    definitions = coded.codebook.set_index("code_id")["definition"].fillna("")
    excerpts = quotes[quotes["kind"] == "code"].groupby("id").apply(_joined)
    return pd.DataFrame({
        "code": counted["path"],
        "definition": [definitions[code] or MISSING for code in counted.index],
        "area": counted["area"].fillna(MISSING),
        "level": counted["level"].fillna(MISSING),
        "interviews": counted["interviews"],
        "excerpts": excerpts.reindex(counted.index).fillna(NONE_QUOTABLE),
    }).reset_index(drop=True)  # fmt: skip


def compare_codebooks(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What changed from one version of a codebook to the next.

    Parameters
    ----------
    before, after : DataFrame
        code_id, name, parent_id, area, level, definition. Codes are matched by id, then by name, then by an equal
        definition.

    Returns
    -------
    DataFrame
        code (name in the later version, or the earlier if removed), change (added, removed, renamed, moved, redefined,
        area changed, level changed), before, after.
    """
    old, new = _described(before), _described(after)
    pairs = _matched(old, new)
    rows = []
    for a, b in pairs.items():
        for column, word in _COMPARED.items():
            was, became = str(old.at[a, column]), str(new.at[b, column])
            if was != became:
                rows.append({"code": new.at[b, "name"], "change": word, "before": was, "after": became})
    rows += [{"code": new.at[code, "name"], "change": "added", "before": "", "after": new.at[code, "definition"]}
             for code in new.index if code not in set(pairs.values())]  # fmt: skip
    rows += [{"code": old.at[code, "name"], "change": "removed", "before": old.at[code, "definition"], "after": ""}
             for code in old.index if code not in pairs]  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "change", "before", "after"])


def codebook_history(versions: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Changes over all versions, each against the one before it.

    Parameters
    ----------
    versions : sequence of (name, codebook)
        From the first to the last.

    Returns
    -------
    DataFrame
        As :func:`compare_codebooks`, with the version in which each change appeared.
    """
    steps = [compare_codebooks(before, after).assign(version=name) for (_, before), (name, after) in pairwise(versions)]
    columns = ["version", "code", "change", "before", "after"]
    return pd.concat(steps, ignore_index=True)[columns] if steps else pd.DataFrame(columns=columns)


def _joined(rows: pd.DataFrame) -> str:
    quoted = rows[rows["excerpt"] != NONE_QUOTABLE]
    if quoted.empty:
        return NONE_QUOTABLE
    columns = zip(quoted["excerpt"], quoted["interview"], quoted["sector"], strict=True)
    return " / ".join(f'"{text}" ({", ".join(filter(None, (who, sector)))})' for text, who, sector in columns)


def _described(codebook: pd.DataFrame) -> pd.DataFrame:
    """Comparable text by code id; the parent by its path, so that renaming a parent moves its children."""
    text = codebook.reindex(columns=["code_id", "name", "parent_id", "area", "level", "definition"])
    names = dict(zip(text["code_id"], text["name"], strict=True))
    paths = code_paths(text)
    text = text.assign(
        parent=[
            " > ".join(paths[code].split(" > ")[:-1]) if paths[code] != names[code] else "" for code in text["code_id"]
        ]
    )
    return text.set_index("code_id")[list(_COMPARED)].fillna("").astype(str)


def _matched(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, str]:
    """Earlier code id to later code id."""
    pairs = {code: code for code in old.index if code in new.index}
    for column in ("name", "definition"):
        free = new[~new.index.isin(list(pairs.values())) & (new[column] != "")]
        waiting = free.loc[~free[column].duplicated(keep=False), column]
        by_text = {value: code for code, value in waiting.items()}
        for code, value in old.loc[~old.index.isin(list(pairs)), column].items():
            if value in by_text and value:
                pairs[str(code)] = str(by_text.pop(value))
    return pairs
