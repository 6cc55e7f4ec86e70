"""Which answers go together: combinations of options as columns, their frequency above, their members below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

_EMPTY = "#DDDDDD"


def upset(
    combinations: pd.DataFrame,
    options: Sequence[str] | None = None,
    *,
    largest: int = 20,
    unit: str = "Respondents",
    column: int = 26,
) -> alt.VConcatChart:
    """An UpSet plot of the most frequent combinations.

    Parameters
    ----------
    combinations : DataFrame
        ``combination``, ``count`` and a boolean column per option, protected; rows whose count is hidden are left out.
    options : sequence of str, optional
        Rows of the lower part, from top to bottom; all boolean columns in their order if not given.
    largest : int
        How many combinations to draw.
    unit : str
        What is counted: title of the upper axis.
    column : int
        Width of one combination in pixels.

    Source: Lex, Gehlenborg, Strobelt, Vuillemot, Pfister 2014 (10.1109/TVCG.2014.2346248).
    """
    import altair as alt

    options = options or [str(c) for c in combinations if pd.api.types.is_bool_dtype(combinations[c])]
    shown = combinations.assign(count=pd.to_numeric(combinations["count"], errors="coerce")).dropna(subset=["count"])
    shown = shown.head(largest).reset_index(drop=True)
    order = list(shown["combination"])
    width = column * max(len(order), 1)
    x = alt.X("combination:N", sort=order, axis=None)
    bars = alt.Chart(shown[["combination", "count"]]).encode(x=x)
    above = alt.layer(
        bars.mark_bar(color=PALETTE[0], size=column - 10).encode(
            y=alt.Y("count:Q", title=unit), tooltip=[alt.Tooltip("combination:N"), alt.Tooltip("count:Q")]
        ),
        bars.mark_text(dy=-7, fontSize=11, color=INK).encode(y=alt.Y("count:Q"), text=alt.Text("count:Q", format=",d")),
    ).properties(width=width, height=190)
    dots = _dots(shown, options)
    # A domain, not a sort: layers with different data would fall back to the alphabet.
    rows = alt.Scale(domain=list(options))
    y = alt.Y("option:N", scale=rows, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=260))
    grid = alt.Chart(dots).encode(x=x, y=y)
    lines = (
        alt.Chart(_lines(dots))
        .mark_rule(strokeWidth=2.5, color=INK)
        .encode(x=x, y=alt.Y("first:N", scale=rows, title=None), y2="last:N")
    )
    below = alt.layer(
        grid.mark_circle(size=110, opacity=1, color=_EMPTY),
        lines,
        grid.transform_filter("datum.member").mark_circle(size=110, opacity=1, color=INK),
    ).properties(width=width, height=24 * len(options))
    return alt.vconcat(above, below, spacing=4).resolve_scale(x="shared")


def _dots(shown: pd.DataFrame, options: Sequence[str]) -> pd.DataFrame:
    """One row per combination and option."""
    long = shown.melt(id_vars="combination", value_vars=list(options), var_name="option", value_name="member")
    long["member"] = long["member"].astype(bool)
    return long


def _lines(dots: pd.DataFrame) -> pd.DataFrame:
    """First and last member of every combination of two or more."""
    members = dots[dots["member"]].groupby("combination", sort=False)["option"].agg(["first", "last", "size"])
    return members[members["size"] > 1].reset_index()[["combination", "first", "last"]]
