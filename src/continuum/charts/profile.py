"""Profiles of organizations by domain: each against its own target, none against another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt


def profile_dots(
    frame: pd.DataFrame, *, domains: list[str] | None = None, columns: int = 3, width: int = 170
) -> alt.FacetChart:
    """Small multiples, one per organization: a dot per domain, how far raters lie from it, the own target.

    Parameters
    ----------
    frame : DataFrame
        organization, domain, score, low, high, basis, target, and optionally sector_median; from 0 to 100. Rows without
        a score are left out; a hidden score stands as its mark, ``[c]``. A consensus form gives a hollow dot.
    domains : list of str, optional
        Order from top to bottom; as in ``frame`` if not given.
    columns : int
        Small multiples side by side.
    width : int
        Width of each in pixels.
    """
    import altair as alt

    drawn = frame.dropna(subset=["score"]).copy()
    order = domains or list(dict.fromkeys(drawn["domain"]))
    drawn["mark"] = drawn["score"].where(drawn["score"].map(lambda score: isinstance(score, str)))
    numbers = ["score", "low", "high", "gap"]
    drawn[numbers] = drawn[numbers].apply(pd.to_numeric, errors="coerce")
    kinds = sorted(drawn.loc[drawn["score"].notna(), "basis"].unique())
    fills = ["white" if kind == "consensus" else PALETTE[0] for kind in kinds]
    x_axis = alt.Axis(title="Score (0 to 100)", values=[0, 50, 100])
    scale = alt.Scale(domain=[0, 100])
    base = alt.Chart(drawn).encode(
        y=alt.Y("domain:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False))
    )
    ranges = base.mark_rule(strokeWidth=2, color=PALETTE[0], strokeOpacity=0.5).encode(
        x=alt.X("low:Q", scale=scale, axis=x_axis), x2="high:Q"
    )
    targets = base.mark_tick(color=INK, thickness=2, size=14).encode(
        x=alt.X("target:Q", scale=scale, axis=x_axis), tooltip=[alt.Tooltip("target:Q", title="own target")]
    )
    hidden = (
        base.transform_filter("isValid(datum.mark)")
        .mark_text(color=INK, fontSize=11)
        .encode(x=alt.datum(50, scale=scale), text="mark:N", tooltip=[alt.Tooltip("domain:N"), alt.Tooltip("basis:N")])
    )
    dots = (
        base.transform_filter("isValid(datum.score)")
        .mark_point(size=60, color=PALETTE[0], opacity=1)
        .encode(
            x=alt.X("score:Q", scale=scale, axis=x_axis),
            fill=alt.Fill(
                "basis:N",
                scale=alt.Scale(domain=kinds, range=fills),
                legend=alt.Legend(title="Assessed by", orient="top", symbolStrokeColor=PALETTE[0], symbolStrokeWidth=2),
            ),
            tooltip=[
                alt.Tooltip("domain:N"),
                alt.Tooltip("score:Q", format=".0f"),
                alt.Tooltip("basis:N"),
                alt.Tooltip("target:Q", format=".0f", title="own target"),
            ],
        )
    )
    marks = [ranges, targets, hidden, dots]
    if "sector_median" in drawn and drawn["sector_median"].notna().any():
        medians = base.mark_point(shape="diamond", size=70, color=PALETTE[1], strokeWidth=2).encode(
            x=alt.X("sector_median:Q", scale=scale, axis=x_axis),
            tooltip=[alt.Tooltip("sector_median:Q", format=".0f", title="median of the sector")],
        )
        marks.insert(2, medians)
    layers = alt.layer(*marks).properties(width=width, height=22 * len(order))
    return layers.facet(facet=alt.Facet("organization:N", title=None), columns=columns, spacing=24)
