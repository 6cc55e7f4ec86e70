"""Diverging stacked bars: how answers on an ordered scale lean, level by level, with the bases beside the bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .base import DIVERGING, INK

if TYPE_CHECKING:
    import altair as alt

#: A segment narrower than this (percent) has no room for its number.
_LABEL_FROM = 7


def likert(
    table: pd.DataFrame,
    *,
    panel: str | None = None,
    label: str = "item",
    axis: str = "Percent of those who answered on the scale",
    width: int = 520,
) -> alt.LayerChart | alt.FacetChart:
    """Diverging bars from a :func:`continuum.survey.likert_table`, protected or not.

    Parameters
    ----------
    table : DataFrame
        Columns ``level``, ``position``, ``side``, ``percent``, ``label``, ``start``, ``end``, ``n`` and ``rank`` beside
        the label column. Rows with a hidden percentage are left out; their level stays in the legend.
    panel : str, optional
        Column whose values get a panel each, below one another.
    label : str
        Column with the text at the left of each bar, sorted by ``rank``.
    axis : str
        Title of the horizontal axis.
    width : int
        Width of the bars in pixels.
    """
    import altair as alt

    levels = list(table.drop_duplicates("position").sort_values("position")["level"])
    drawn = _numeric(table)
    drawn["middle"] = (drawn["start"] + drawn["end"]) / 2
    drawn["text"] = drawn["label"].map(lambda v: f"{v:.0f}").where(drawn["percent"] >= _LABEL_FROM, "")
    drawn["dark"] = drawn["position"].isin([1, len(levels)]) & (len(levels) > 2)
    order = list(table.drop_duplicates(label).sort_values("rank")[label])
    ends = [min(-10.0, drawn["start"].min()), max(10.0, drawn["end"].max())] if len(drawn) else [-100.0, 100.0]
    # A neutral level that was set aside stands past the bars, and the axis does not measure it from zero.
    longest = drawn.loc[drawn["side"] != "neutral", "end"].max()
    aside = drawn.loc[(drawn["side"] == "neutral") & (drawn["start"] > longest), "start"]
    last = aside.min() - 1 if len(aside) else 100
    x = alt.X(
        "start:Q",
        title=axis,
        scale=alt.Scale(domain=ends, nice=True),
        axis=alt.Axis(
            labelExpr=f"datum.value > {last:.0f} ? '' : abs(datum.value) + '%'", tickCount=6, labelFlush=False
        ),
    )
    y = alt.Y(f"{label}:N", sort=order, title=None, axis=alt.Axis(labelLimit=300, domain=False, ticks=False))
    color = alt.Color(
        "level:N",
        sort=levels,
        scale=alt.Scale(domain=levels, range=diverging(len(levels))),
        legend=alt.Legend(title=None, orient="top", columns=min(len(levels), 5), labelLimit=180),
    )
    tooltip: list[Any] = [alt.Tooltip(f"{label}:N"), alt.Tooltip("level:N"), alt.Tooltip("percent:Q", format=".1f")]
    tooltip += [alt.Tooltip("count:Q"), alt.Tooltip("n:Q", title="answered")]
    base = alt.Chart(drawn)
    bars = base.mark_bar(size=20, stroke="white", strokeWidth=0.6).encode(
        x=x, x2="end:Q", y=y, color=color, tooltip=tooltip
    )
    numbers = base.mark_text(fontSize=11).encode(
        x=alt.X("middle:Q"),
        y=y,
        text="text:N",
        color=alt.condition(alt.datum.dark, alt.value("white"), alt.value(INK)),
    )
    zero = base.mark_rule(color=INK, strokeWidth=1).encode(x=alt.datum(0))
    bases = (
        base.transform_filter(alt.datum.position == 1)
        .mark_text(align="left", dx=6, fontSize=11, color=INK)
        .encode(x=alt.value(width), y=y, text=alt.Text("base:N"))
    )
    chart = alt.layer(zero, bars, numbers, bases).properties(width=width, height=28 * len(order))
    if panel is None:
        return chart
    panels = list(dict.fromkeys(table[panel]))
    header = alt.Header(labelAnchor="start", labelOrient="top", labelFontWeight="bold", labelPadding=2)
    return chart.facet(row=alt.Row(f"{panel}:N", sort=panels, title=None, header=header), spacing=10)


def diverging(size: int) -> list[str]:
    """Colors for ``size`` ordered levels from one end through a light middle to the other."""
    low, _, middle, _, high = DIVERGING
    if size == 5:
        return list(DIVERGING)
    ramp = []
    for i in range(size):
        place = i / (size - 1) * 2 - 1
        if size % 2 == 0:
            # Without a middle level no segment has the neutral color.
            place += 0.12 if place > 0 else -0.12
            place /= 1.12
        end, share = (high, place) if place > 0 else (low, -place)
        mixed = [round(a + (b - a) * share) for a, b in zip(_rgb(middle), _rgb(end), strict=True)]
        ramp.append("#{:02X}{:02X}{:02X}".format(*mixed))
    return ramp


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _numeric(table: pd.DataFrame) -> pd.DataFrame:
    drawn = table.copy()
    for column in ("percent", "start", "end", "label", "n", "count"):
        drawn[column] = pd.to_numeric(drawn[column], errors="coerce")
    drawn = drawn.dropna(subset=["percent", "count"]).reset_index(drop=True)
    drawn["base"] = drawn["n"].map(lambda n: f"n = {n:,.0f}")
    return drawn
