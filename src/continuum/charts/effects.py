"""Published effects side by side: each with its own population, study and design, none pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt


def effect_dots(effects: pd.DataFrame, *, width: int = 360) -> alt.LayerChart | alt.FacetChart:
    """Ratios on a log axis with their intervals; a ratio without a published interval is a hollow dot.

    Parameters
    ----------
    effects : DataFrame
        factor, measure (OR or RR), estimate, ci_low, ci_high, has_interval, population, study; never provider ratings.
    width : int
        Width in pixels.
    """
    import altair as alt

    drawn = effects.copy()
    drawn["row"] = drawn["factor"] + ", " + drawn["study"].str.split(r"[(,]", n=1).str[0].str.strip()
    repeated = drawn.duplicated(["row", "measure"], keep=False)
    of = drawn["population"].str.split(",", n=1).str[0]
    drawn["row"] = drawn["row"].where(~repeated, drawn["row"] + ": " + of)
    drawn["interval"] = drawn["has_interval"].map({True: "published", False: "not published"})
    names = list(dict.fromkeys(drawn["row"]))
    scale = alt.Scale(type="log", domain=[0.5, 64], clamp=True, nice=False)
    axis = alt.Axis(title="Ratio (log scale); 1 = no difference", values=[0.5, 1, 2, 4, 8, 16, 32, 64])
    base = alt.Chart(drawn).encode(
        y=alt.Y("row:N", sort=names, title=None, axis=alt.Axis(labelLimit=460, domain=False, ticks=False))
    )
    none = (
        alt.Chart(drawn)
        .mark_rule(strokeDash=[4, 3], color=INK, strokeOpacity=0.6)
        .encode(x=alt.X(datum=1, scale=scale, axis=axis))
    )
    rules = base.transform_filter("datum.has_interval").mark_rule(strokeWidth=1.8, color=PALETTE[0]).encode(
        x=alt.X("ci_low:Q", scale=scale, axis=axis), x2="ci_high:Q"
    )  # fmt: skip
    dots = base.mark_point(size=58, opacity=1, stroke=PALETTE[0]).encode(
        x=alt.X("estimate:Q", scale=scale, axis=axis),
        shape=alt.Shape(
            "measure:N",
            scale=alt.Scale(domain=["OR", "RR"], range=["circle", "square"]),
            legend=alt.Legend(title="Measure", orient="top", symbolFillColor="white"),
        ),
        fill=alt.Fill(
            "interval:N",
            scale=alt.Scale(domain=["published", "not published"], range=[PALETTE[0], "white"]),
            legend=alt.Legend(title="Interval", orient="top", symbolStrokeColor=PALETTE[0], symbolStrokeWidth=2),
        ),
        tooltip=[
            alt.Tooltip("factor:N"),
            alt.Tooltip("population:N"),
            alt.Tooltip("study:N"),
            alt.Tooltip("measure:N"),
            alt.Tooltip("estimate:Q"),
            alt.Tooltip("ci_low:Q", title="low"),
            alt.Tooltip("ci_high:Q", title="high"),
        ],
    )
    return alt.layer(none, rules, dots).properties(width=width, height=24 * len(names))
