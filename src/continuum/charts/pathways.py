"""Pictures of pathways: rates between states, entries and exits, simulated people, control charts of reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

_GAP = 0.16


def state_diagram(
    rates: pd.DataFrame, levels: Sequence[str], *, unit: str = "month"
) -> alt.LayerChart | alt.FacetChart:
    """States as boxes, levels from left to right, services above; arrows with their rates.

    Parameters
    ----------
    rates : DataFrame
        from_level, from_engaged, to_level, to_engaged, rate.
    levels : sequence of str
        Names of the levels, lowest first.
    unit : str
        Unit of time of the rates.
    """
    import altair as alt

    boxes = pd.DataFrame([
        {"x": float(level), "y": float(engaged), "name": name, "where": ("out of services", "in services")[engaged]}
        for level, name in enumerate(levels)
        for engaged in (0, 1)
    ])  # fmt: skip
    arrows = pd.DataFrame([_arrow(*row) for row in rates.itertuples(index=False, name=None)])
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.5, len(levels) - 0.5], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.45, 1.45], nice=False))
    lines = alt.Chart(arrows).mark_rule(color=PALETTE[0]).encode(
        x=alt.X("x1:Q", axis=None), y=alt.Y("y1:Q", axis=None), x2="x2:Q", y2="y2:Q",
        strokeWidth=alt.StrokeWidth("rate:Q", scale=alt.Scale(range=[0.8, 5]), legend=alt.Legend(
            title=f"Rate per {unit}", orient="bottom")),
    )  # fmt: skip
    heads = alt.Chart(arrows).mark_point(filled=True, size=90, color=PALETTE[0], opacity=1).encode(
        x=alt.X("x2:Q", axis=None), y=alt.Y("y2:Q", axis=None), shape=alt.Shape("head:N", scale=None),
        tooltip=[alt.Tooltip("move:N"), alt.Tooltip("rate:Q", format=".3f")],
    )  # fmt: skip
    labels = alt.Chart(arrows).mark_text(fontSize=11, color=INK, dy=-9).encode(
        x=alt.X("xm:Q", axis=None), y=alt.Y("ym:Q", axis=None), text=alt.Text("rate:Q", format=".2f"))  # fmt: skip
    nodes = alt.Chart(boxes).mark_rect(
        width=146, height=40, fill="white", stroke=INK, cornerRadius=6
    ).encode(x=x, y=y)  # fmt: skip
    names = alt.Chart(boxes).mark_text(fontSize=11, dy=-7, color=INK, limit=142).encode(x=x, y=y, text="name:N")
    places = alt.Chart(boxes).mark_text(fontSize=10, dy=8, color="#5E5E5E").encode(x=x, y=y, text="where:N")
    return alt.layer(lines, heads, labels, nodes, names, places).properties(width=205 * len(levels), height=300)


def timelines(people: pd.DataFrame, levels: Sequence[str], *, width: int = 560) -> alt.LayerChart | alt.FacetChart:
    """One strip for each simulated person: color is the level of each stay, a dot marks a month in services.

    Parameters
    ----------
    people : DataFrame
        person, month, level, engaged; simulated, never records.
    levels : sequence of str
        Names of the levels, lowest first.
    width : int
        Pixels.
    """
    import altair as alt

    drawn = people.assign(name=people["level"].map(dict(enumerate(levels))), until=people["month"] + 1)
    stays = _stays(drawn)
    order = list(dict.fromkeys(drawn["person"]))
    y = alt.Y("person:N", sort=order, title=None, axis=alt.Axis(labels=False, ticks=False, domain=False))
    scale = alt.Scale(domain=[0, int(drawn["until"].max())], nice=False)
    shades = ["#EFF3FF", "#BDD7E7", "#6BAED6", "#08519C", "#08306B"][: len(levels)]
    strips = alt.Chart(stays).mark_rect(stroke="white", strokeWidth=0.5).encode(
        x=alt.X("month:Q", scale=scale, title="Month"), x2="until:Q", y=y,
        color=alt.Color("name:N", title="Level", sort=list(levels), legend=alt.Legend(orient="top"),
                        scale=alt.Scale(domain=list(levels), range=shades)),
        tooltip=["person:N", "name:N", alt.Tooltip("month:Q", title="from"), alt.Tooltip("until:Q", title="until")],
    )  # fmt: skip
    served = drawn.loc[drawn["engaged"] == 1, ["person", "month"]].assign(at=lambda rows: rows["month"] + 0.5)
    dots = alt.Chart(served).mark_point(filled=True, size=26, color=PALETTE[1], stroke=INK, strokeWidth=0.6,
                                        opacity=1).encode(x=alt.X("at:Q", scale=scale, title="Month"), y=y)  # fmt: skip
    return alt.layer(strips, dots).properties(width=width, height=13 * len(order))


def _stays(months: pd.DataFrame) -> pd.DataFrame:
    """Months in a row at one level as one stay: person, name, month (the first), until."""
    new = (months["person"] != months["person"].shift()) | (months["level"] != months["level"].shift())
    gap = months["month"] != months["until"].shift()
    stays = months.groupby((new | gap).cumsum(), sort=False)
    return stays.agg(
        person=("person", "first"), name=("name", "first"), month=("month", "first"), until=("until", "last")
    )


def control_lines(chart: pd.DataFrame, *, width: int = 280) -> alt.FacetChart:
    """Rates by period with their limits, a panel for each site and status; hidden counts leave gaps.

    Parameters
    ----------
    chart : DataFrame
        site, status, period, rate, center, lower, upper, already protected: a hidden rate is no number.
    width : int
        Pixels of a panel.
    """
    import altair as alt

    drawn = chart.copy()
    for column in ("rate", "center", "lower", "upper"):
        drawn[column] = pd.to_numeric(drawn[column], errors="coerce")
    drawn["panel"] = drawn["site"] + ", " + drawn["status"]
    x = alt.X("period:N", title="Period", axis=alt.Axis(labelAngle=-40))
    y_title = "Reports per 1,000 people served"
    base = alt.Chart(drawn)
    band = base.mark_area(fillOpacity=0.15, color=PALETTE[0]).encode(
        x=x, y=alt.Y("lower:Q", title=y_title), y2="upper:Q"
    )
    center = base.mark_line(strokeDash=[4, 3], color=INK).encode(x=x, y=alt.Y("center:Q", title=y_title))
    dots = base.transform_filter("isValid(datum.rate)").mark_point(filled=True, size=60, opacity=1).encode(
        x=x, y=alt.Y("rate:Q", title=y_title), color=alt.value(PALETTE[0]),
        tooltip=["site:N", "status:N", "period:N", alt.Tooltip("rate:Q", format=".2f")],
    )  # fmt: skip
    return (
        alt.layer(band, center, dots)
        .properties(width=width, height=150)
        .facet(facet=alt.Facet("panel:N", title=None), columns=2, spacing=26)
        .resolve_scale(y="independent")
    )


def alluvial(
    flows: pd.DataFrame, states: Sequence[str], *, width: int = 600, height: int = 320
) -> alt.LayerChart | alt.FacetChart:
    """Bands of people between a few months: who enters, leaves, and comes back.

    Parameters
    ----------
    flows : DataFrame
        from_month, to_month, from_state, to_state, share.
    states : sequence of str
        From bottom to top.
    width, height : int
        Pixels.
    """
    import altair as alt

    boxes, bands = _boxes_and_bands(flows, list(states))
    color = alt.Scale(domain=list(states), range=[PALETTE[k] for k in (5, 0, 1, 2)][: len(states)])
    x_axis = alt.Axis(title="Months", values=sorted({*boxes["month"]}), format=".2~f", grid=False)
    x_scale = alt.Scale(nice=False, padding=34)
    y = alt.Y("low:Q", axis=None, scale=alt.Scale(nice=False))
    flow = alt.Chart(bands).mark_area(fillOpacity=0.45, interpolate="linear").encode(
        x=alt.X("month:Q", axis=x_axis, scale=x_scale), y=y, y2="high:Q", detail="flow:N",
        color=alt.Color("state:N", scale=color, title="Coming from", sort=list(states),
                        legend=alt.Legend(orient="top", labelLimit=200)),
        tooltip=["flow:N", alt.Tooltip("share:Q", format=".0%")],
    )  # fmt: skip
    cover = (
        alt.Chart(boxes)
        .mark_bar(size=34, color="white")
        .encode(x=alt.X("month:Q", axis=x_axis, scale=x_scale), y=y, y2="high:Q")
    )  # so that bands end at the boxes
    box = alt.Chart(boxes).mark_bar(size=34, stroke=INK, strokeWidth=0.8, fillOpacity=0.65).encode(
        x=alt.X("month:Q", axis=x_axis, scale=x_scale), y=y, y2="high:Q",
        fill=alt.Fill("state:N", scale=color, legend=None),
        tooltip=["month:Q", "state:N", alt.Tooltip("share:Q", format=".0%")],
    )  # fmt: skip
    boxes = boxes.assign(middle=(boxes["low"] + boxes["high"]) / 2)
    counts = alt.Chart(boxes[boxes["share"] >= 0.04]).mark_text(fontSize=11, color=INK).encode(
        x=alt.X("month:Q", axis=x_axis, scale=x_scale), y=alt.Y("middle:Q", axis=None),
        text=alt.Text("share:Q", format=".0%"),
    )  # fmt: skip
    return alt.layer(flow, cover, box, counts).properties(width=width, height=height)


def _boxes_and_bands(flows: pd.DataFrame, states: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stacked boxes of shares by month and state, and smooth bands between them."""
    order = {state: k for k, state in enumerate(states)}
    flows = flows.assign(a=flows["from_state"].map(order), b=flows["to_state"].map(order))
    months = sorted({*flows["from_month"], *flows["to_month"]})
    out = flows.groupby(["from_month", "a"])["share"].sum()
    into = flows.groupby(["to_month", "b"])["share"].sum()
    gap, rows, base = 0.04, [], {}
    for month in months:
        height = 0.0
        for k, state in enumerate(states):
            share = max(float(out.get((month, k), 0.0)), float(into.get((month, k), 0.0)))
            base[month, k] = height
            if share:
                rows.append({"month": month, "state": state, "share": share, "low": height, "high": height + share})
                height += share + gap
    bands, smooth = [], np.linspace(0, 1, 17)
    step = (1 - np.cos(np.pi * smooth)) / 2
    for _, part in flows.groupby("from_month"):
        leaving = {k: base[part["from_month"].iloc[0], k] for k in range(len(states))}
        entering = {k: base[part["to_month"].iloc[0], k] for k in range(len(states))}
        for row in part.sort_values(["a", "b"]).to_dict("records"):
            start, end = leaving[row["a"]], entering[row["b"]]
            leaving[row["a"]], entering[row["b"]] = start + row["share"], end + row["share"]
            low = start + (end - start) * step
            bands.append(pd.DataFrame({
                "month": row["from_month"] + (row["to_month"] - row["from_month"]) * smooth, "low": low.round(4),
                "high": (low + row["share"]).round(4), "share": row["share"], "state": row["from_state"],
                "flow": f"{row['from_state']} to {row['to_state']}, month {row['from_month']:g} to {row['to_month']:g}",
            }))  # fmt: skip
    return pd.DataFrame(rows), pd.concat(bands, ignore_index=True)


def _arrow(
    from_level: int, from_engaged: int, to_level: int, to_engaged: int, rate: float, *_: object
) -> dict[str, object]:
    """One arrow beside its opposite, so that both are seen."""
    ends = {"rate": rate, "move": f"{from_level}, {'in' if from_engaged else 'out'} to {to_level}, "
                                  f"{'in' if to_engaged else 'out'}"}  # fmt: skip
    if from_level == to_level:
        shift, head = (-_GAP, "triangle-up") if to_engaged else (_GAP, "triangle-down")
        low, high = (0.2, 0.8) if to_engaged else (0.8, 0.2)
        x = from_level + shift
        return ends | {"x1": x, "y1": low, "x2": x, "y2": high, "xm": x - 0.1 if to_engaged else x + 0.1, "ym": 0.47,
                       "head": head}  # fmt: skip
    up = to_level > from_level
    y = from_engaged + (0.09 if up else -0.09)
    start, end = (from_level + 0.36, to_level - 0.38) if up else (from_level - 0.36, to_level + 0.38)
    return ends | {"x1": start, "y1": y, "x2": end, "y2": y, "xm": (start + end) / 2, "ym": y if up else y - 0.16,
                   "head": "triangle-right" if up else "triangle-left"}  # fmt: skip
