"""Pictures of scenarios: break-even sets, planes, acceptability, and what moves the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from .base import INK, PALETTE
from .intervals import SHAPES

if TYPE_CHECKING:
    import altair as alt

#: Most draws of each strategy that a plane shows; its means use all.
SHOWN_DRAWS = 120


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
    less = base.mark_area(color=PALETTE[0], fillOpacity=0.35).encode(
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


def cost_effectiveness_plane(
    points: pd.DataFrame, *, currency: str, width: int = 460
) -> alt.LayerChart | alt.FacetChart:
    """Extra cost against extra months for every strategy: a dot a draw, a large mark at the means.

    Parameters
    ----------
    points : DataFrame
        strategy, draw, extra_cost, extra_effect.
    currency : str
        Of the costs, with the price year.
    width : int
        Pixels.
    """
    import altair as alt

    drawn = points[points["draw"] < SHOWN_DRAWS].round({"extra_cost": 0, "extra_effect": 2}).drop(columns="draw")
    means = points.groupby("strategy", sort=False)[["extra_cost", "extra_effect"]].mean().reset_index()
    color, shape = _by_strategy(list(dict.fromkeys(points["strategy"])))
    x = alt.X("extra_effect:Q", title="Extra months without violence or exploitation, per person")
    y = alt.Y("extra_cost:Q", title=f"Extra cost per person, {currency}", axis=alt.Axis(format=",.0f"))
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color=INK, strokeDash=[4, 3], strokeOpacity=0.6)
    rules = [zero.encode(**place)
             for place in ({"x": alt.X("at:Q")}, {"y": alt.Y("at:Q")})]  # fmt: skip
    cloud = (
        alt.Chart(drawn)
        .mark_point(filled=True, size=18, fillOpacity=0.45, opacity=1)
        .encode(x=x, y=y, color=color, shape=shape)
    )
    center = alt.Chart(means).mark_point(filled=True, size=170, opacity=1, stroke=INK, strokeWidth=1.5).encode(
        x=x, y=y, color=color, shape=shape,
        tooltip=["strategy:N", alt.Tooltip("extra_cost:Q", format=",.0f"), alt.Tooltip("extra_effect:Q", format=".2f")],
    )  # fmt: skip
    return alt.layer(*rules, cloud, center).properties(width=width, height=320)


def tornado_bars(swings: pd.DataFrame, *, axis: str, width: int = 420) -> alt.LayerChart | alt.FacetChart:
    """What moving one line of the ledger at a time does to the answer, widest at the top.

    Parameters
    ----------
    swings : DataFrame
        line, at_low, at_high, central.
    axis : str
        Title of the horizontal axis, with the currency.
    width : int
        Pixels.
    """
    import altair as alt

    order = swings["line"].tolist()
    ends = swings.melt(["line", "central"], ["at_low", "at_high"], "end", "value")
    names = {"at_low": "low value of the line", "at_high": "high value of the line"}
    ends["end"] = ends["end"].map(names)
    y = alt.Y("line:N", sort=order, title=None, axis=alt.Axis(labelLimit=240))
    x = alt.X("value:Q", title=axis, axis=alt.Axis(format=",.0f"))
    color = alt.Color("end:N", title="At the", legend=alt.Legend(orient="top"),
                      scale=alt.Scale(domain=list(names.values()), range=[PALETTE[0], PALETTE[1]]))  # fmt: skip
    bars = alt.Chart(ends).mark_bar(size=13).encode(
        x=x, x2="central:Q", y=y, color=color,
        tooltip=["line:N", "end:N", alt.Tooltip("value:Q", format=",.0f")],
    )  # fmt: skip
    rules = alt.Chart(pd.DataFrame({"at": [0], "kind": ["equal"]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(
        x=alt.X("at:Q", title=axis)
    )  # fmt: skip
    return alt.layer(bars, rules).properties(width=width, height=24 * len(order))


def _by_strategy(names: list[str]) -> tuple[alt.Color, alt.Shape]:
    """Color and shape of each strategy, so that they differ in print and for every reader."""
    import altair as alt

    legend = alt.Legend(orient="top", symbolOpacity=1)
    color = alt.Color("strategy:N", title="Strategy", legend=legend,
                      scale=alt.Scale(domain=names, range=list(PALETTE[: len(names)])))  # fmt: skip
    shape = alt.Shape("strategy:N", title="Strategy", legend=legend,
                      scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])))  # fmt: skip
    return color, shape
