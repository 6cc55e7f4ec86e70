"""Pictures of pathways and scenarios: rates between states, control charts, break-even sets, acceptability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from .base import INK, PALETTE
from .intervals import SHAPES

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
    """One strip for each simulated person: color is the level, a dot marks a month in services.

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
    order = list(dict.fromkeys(drawn["person"]))
    y = alt.Y("person:N", sort=order, title=None, axis=alt.Axis(labels=False, ticks=False, domain=False))
    scale = alt.Scale(domain=[0, int(drawn["until"].max())], nice=False)
    shades = ["#EFF3FF", "#BDD7E7", "#6BAED6", "#08519C", "#08306B"][: len(levels)]
    strips = alt.Chart(drawn).mark_rect(stroke="white", strokeWidth=0.5).encode(
        x=alt.X("month:Q", scale=scale, title="Month"), x2="until:Q", y=y,
        color=alt.Color("name:N", title="Level", sort=list(levels), legend=alt.Legend(orient="top"),
                        scale=alt.Scale(domain=list(levels), range=shades)),
        tooltip=["person:N", "month:Q", "name:N", "engaged:N"],
    )  # fmt: skip
    served = drawn[drawn["engaged"] == 1].assign(at=lambda rows: rows["month"] + 0.5)
    dots = alt.Chart(served).mark_point(filled=True, size=26, color=PALETTE[1], stroke=INK, strokeWidth=0.6,
                                        opacity=1).encode(x=alt.X("at:Q", scale=scale, title="Month"), y=y)  # fmt: skip
    return alt.layer(strips, dots).properties(width=width, height=13 * len(order))


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
    band = base.mark_area(opacity=0.15, color=PALETTE[0]).encode(x=x, y=alt.Y("lower:Q", title=y_title), y2="upper:Q")
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


class Costs(Protocol):
    """A break-even set: two costs and their currency."""

    prevention_cost: float
    downstream_cost: float
    currency: str


def break_even_explorer(found: Costs, *, width: int = 460) -> alt.LayerChart | alt.FacetChart:
    """Base rate against relative reduction, with the region where prevention costs less; costs move by sliders.

    Parameters
    ----------
    found : BreakEven
        Where the sliders stand at first; a printed picture shows these costs.
    width : int
        Pixels.
    """
    import altair as alt

    cost, burden = float(found.prevention_cost), float(found.downstream_cost)
    prevention = alt.param(
        name="prevention_cost", value=cost,
        bind=alt.binding_range(min=0, max=4 * cost, step=cost / 50,
                               name=f"Prevention cost per person reached, {found.currency} "),
    )  # fmt: skip
    downstream = alt.param(
        name="downstream_cost", value=burden,
        bind=alt.binding_range(min=burden / 50, max=4 * burden, step=burden / 50,
                               name=f"Downstream cost per outcome, {found.currency} "),
    )  # fmt: skip
    grid = pd.DataFrame({"base_rate": np.geomspace(0.001, 0.5, 120).round(6)})
    base = alt.Chart(grid).transform_calculate(
        equal="min(1, prevention_cost / downstream_cost / datum.base_rate)", top="1"
    )
    x = alt.X("base_rate:Q", title="Base rate in the group reached", axis=alt.Axis(format="%"),
              scale=alt.Scale(type="log", domain=[0.001, 0.5], nice=False))  # fmt: skip
    scale = alt.Scale(domain=[0, 1], nice=False)
    y_axis = alt.Axis(format="%", title="Relative reduction by prevention")
    less = base.mark_area(color=PALETTE[0], opacity=0.35).encode(
        x=x, y=alt.Y("equal:Q", scale=scale, axis=y_axis), y2="top:Q"
    )
    line = base.mark_line(color=INK, strokeWidth=2).encode(x=x, y=alt.Y("equal:Q", scale=scale, axis=y_axis))
    words = pd.DataFrame({"base_rate": [0.2, 0.0013], "reduction": [0.93, 0.06],
                          "text": ["prevention costs less", "prevention costs more"]})  # fmt: skip
    notes = alt.Chart(words).encode(x=x, y=alt.Y("reduction:Q", scale=scale, axis=y_axis), text="text:N")
    right = notes.transform_filter("datum.reduction > 0.5").mark_text(align="center", fontSize=12)
    left = notes.transform_filter("datum.reduction < 0.5").mark_text(align="left", fontSize=12)
    return alt.layer(less, line, right, left).add_params(prevention, downstream).properties(width=width, height=300)


def acceptability_lines(
    curve: pd.DataFrame, *, axis: str, bounds: tuple[float, float] = (0.2, 0.8), width: int = 460
) -> alt.LayerChart | alt.FacetChart:
    """Probability of each strategy to be best, with the band in which nothing is determined.

    Parameters
    ----------
    curve : DataFrame
        willingness, strategy, probability.
    axis : str
        Title of the horizontal axis, with the currency.
    bounds : (float, float)
        Between these the answer is "not determined".
    width : int
        Pixels.
    """
    import altair as alt

    names = list(dict.fromkeys(curve["strategy"]))
    y = alt.Y("probability:Q", title="Probability to be best, given the ledger", scale=alt.Scale(domain=[0, 1]))
    band = alt.Chart(pd.DataFrame({"low": [bounds[0]], "high": [bounds[1]]})).mark_rect(color="#EDEDED").encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1])), y2="high:Q"
    )  # fmt: skip
    color = alt.Color("strategy:N", title="Strategy", scale=alt.Scale(domain=names, range=list(PALETTE[: len(names)])),
                      legend=alt.Legend(orient="top"))  # fmt: skip
    shape = alt.Shape("strategy:N", scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])), legend=None)
    base = alt.Chart(curve).encode(x=alt.X("willingness:Q", title=axis), y=y, color=color)
    tips = ["strategy:N", "willingness:Q", alt.Tooltip("probability:Q", format=".2f")]
    lines, marks = (
        base.mark_line(strokeWidth=2),
        base.mark_point(size=40, filled=True).encode(shape=shape, tooltip=tips),
    )
    return alt.layer(band, lines, marks).properties(width=width, height=280)


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
