"""Dot plots with intervals: what was estimated, how sure it is, and for whom, one line per thing compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

#: Shapes that go with the palette, so that groups differ in print and for people who do not see the colors.
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")


def dot_interval(
    frame: pd.DataFrame,
    *,
    label: str,
    estimate: str,
    low: str,
    high: str,
    axis: str,
    group: str | None = None,
    group_title: str | None = None,
    panel: str | None = None,
    order: Sequence[str] | None = None,
    group_order: Sequence[str] | None = None,
    panel_order: Sequence[str] | None = None,
    percent: bool = False,
    reference: float | None = None,
    domain: tuple[float, float] | None = None,
    width: int = 420,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart | alt.FacetChart:
    """Estimates as dots on a line for each label, with their intervals.

    Parameters
    ----------
    frame : DataFrame
        One row per dot, already protected; rows with a missing estimate are left out.
    label, estimate, low, high : str
        Columns: what stands at the left, the point, and both ends of its interval.
    axis : str
        Title of the horizontal axis, with the unit.
    group : str, optional
        Column whose values are drawn beside each other in color and shape.
    panel : str, optional
        Column whose values get a panel each, side by side.
    order, group_order, panel_order : sequence of str, optional
        Order from top to bottom, and of groups and panels; otherwise as in ``frame``.
    percent : bool
        Whether the estimates are shares from 0 to 1, shown as percentages.
    reference : float, optional
        Where to draw a dashed vertical line, such as 0 for differences.
    domain : (float, float), optional
        Ends of the horizontal axis; shares default to 0..1.
    width : int
        Width of one panel in pixels.
    tooltip : sequence of str
        Further columns to show on hovering.
    """
    import altair as alt

    drawn = frame.dropna(subset=[estimate]).copy()
    names = list(order) if order is not None else list(dict.fromkeys(drawn[label]))
    groups = _values(drawn, group, group_order)
    row = 20 if group is None else max(22, 11 * len(groups) + 8)
    scale = alt.Scale(domain=list(domain) if domain else ([0, 1] if percent else alt.Undefined), zero=False, nice=False)
    x_axis = alt.Axis(title=axis, format="%" if percent else alt.Undefined, tickCount=6)
    y: dict[str, Any] = {
        "y": alt.Y(f"{label}:N", sort=names, title=None, axis=alt.Axis(labelLimit=320, domain=False, ticks=False))
    }
    color: Any = alt.value(PALETTE[0])
    shape: Any = alt.value("circle")
    if group is not None:
        y["yOffset"] = alt.YOffset(f"{group}:N", sort=groups)
        legend = alt.Legend(title=group_title or group, orient="top", columns=4)
        color = alt.Color(f"{group}:N", legend=legend, scale=alt.Scale(domain=groups, range=_cycle(PALETTE, groups)))
        shape = alt.Shape(f"{group}:N", legend=legend, scale=alt.Scale(domain=groups, range=_cycle(SHAPES, groups)))
    hover = [alt.Tooltip(f"{column}:N") for column in (label, group, panel) if column is not None] + [
        alt.Tooltip(f"{column}:Q", format=".1%" if percent else ".3f") for column in (estimate, low, high)
    ]
    hover += [alt.Tooltip(column) for column in tooltip]
    base = alt.Chart(drawn)
    bars = base.mark_rule(strokeWidth=1.8).encode(
        x=alt.X(f"{low}:Q", scale=scale, axis=x_axis), x2=f"{high}:Q", color=color, **y
    )
    dots = base.mark_point(filled=True, size=58, opacity=1).encode(
        x=alt.X(f"{estimate}:Q", scale=scale, axis=x_axis), color=color, shape=shape, tooltip=hover, **y
    )
    layers = [bars, dots]
    if reference is not None:
        rule = base.mark_rule(strokeDash=[4, 3], color=INK, strokeOpacity=0.6).encode(x=alt.datum(reference))
        layers.insert(0, rule)
    chart = alt.layer(*layers).properties(width=width, height=row * len(names))
    if panel is None:
        return chart
    panels = _values(drawn, panel, panel_order)
    return chart.facet(column=alt.Column(f"{panel}:N", sort=panels, title=None), spacing=18)


def _values(frame: pd.DataFrame, column: str | None, order: Sequence[str] | None) -> list[str]:
    if column is None:
        return []
    return list(order) if order is not None else list(dict.fromkeys(frame[column]))


def _cycle(values: Sequence[str], groups: Sequence[str]) -> list[str]:
    return [values[i % len(values)] for i in range(len(groups))]
