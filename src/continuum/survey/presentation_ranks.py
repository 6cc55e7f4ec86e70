"""Places of items, signs side by side, and claims of similarity in the form in which they are read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..disclosure import shown as drawable
from ..tables import interval, number, percent

_SIGN = ["difference", "low", "high"]
#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.survey.labor_and_sex`.
PAIR_CELLS: dict[str, Any] = {
    "counts": ["n_labor", "n_sex", "fewest_labor", "fewest_sex", "fewest_together"],
    "derived": {
        "fewest_labor": ["count_labor", "labor", "labor_low", "labor_high", *_SIGN],
        "fewest_sex": ["count_sex", "sex", "sex_low", "sex_high", *_SIGN],
        # The interval of a difference tells how many answered alike on both.
        "fewest_together": ["low", "high"],
    },
}
#: The same for :func:`continuum.survey.rank_intervals`: places would put hidden counts in order.
RANK_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "rank", "rank_low", "rank_high", "overlaps"]},
    "within": ["item_id"],
    "size": "n",
}
#: The same for :func:`continuum.survey.claims_by`: the largest difference may be one of few people.
CLAIM_CELLS: dict[str, Any] = {"counts": ["fewest"], "derived": {"fewest": ["value", "low", "high"]}}


def labor_and_sex_dots(table: pd.DataFrame) -> pd.DataFrame:
    """One row per sign and kind of exploitation: ``item``, ``kind``, ``share``, ``low``, ``high``, ``n``."""
    parts = [
        pd.DataFrame({
            "item": table["item"], "kind": name, "share": table[key], "low": table[f"{key}_low"],
            "high": table[f"{key}_high"], "n": table[f"n_{key}"],
        })
        for key, name in (("labor", "labor exploitation"), ("sex", "sex trafficking"))
    ]  # fmt: skip
    return drawable(pd.concat(parts, ignore_index=True), ["share", "low", "high"])


def labor_and_sex_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The signs side by side: both shares, difference and interval."""
    return pd.DataFrame({
        "sign": table["item"], "n_labor": table["n_labor"], "labor": table["labor"], "n_sex": table["n_sex"],
        "sex": table["sex"], "difference": table["difference"],
        "interval": [interval(lo, hi, percent) for lo, hi in zip(table["low"], table["high"], strict=True)],
    })  # fmt: skip


def rank_rows(table: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Places with their intervals; items without one come last, in the order of the questionnaire."""
    shown = pd.DataFrame({"item": table["item"]})
    if by is not None:
        shown[by] = table[by]
    shown["n"], shown["share"] = table["n"], table["share"]
    shown["place"] = [place if isinstance(place, str) else f"{place:g}" for place in table["rank"]]
    shown["places"] = [
        lo if isinstance(lo, str) else f"{lo:.0f} to {hi:.0f}"
        for lo, hi in zip(table["rank_low"], table["rank_high"], strict=True)
    ]
    shown["overlaps"] = table["overlaps"]
    shown["order"] = pd.to_numeric(table["share"], errors="coerce")
    ordered = shown.sort_values([by, "order"] if by else ["order"], ascending=[True, False] if by else [False],
                                kind="stable")  # fmt: skip
    return ordered.drop(columns="order").reset_index(drop=True)


def claim_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Claims of similarity with what they rest on."""
    return pd.DataFrame({
        "across": table["across"], "claim": table["claim"], "value": table["value"],
        "interval": [interval(lo, hi, number) for lo, hi in zip(table["low"], table["high"], strict=True)],
        "threshold": table["threshold"], "verdict": table["sentence"],
    })  # fmt: skip
