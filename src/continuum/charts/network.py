"""Networks of codes: only pairs that passed their test are drawn, never the unthresholded network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .base import DIVERGING, INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

#: Room between two communities on the circle, in places of one node.
_GAP = 0.8
KINDS = ("more often than chance", "less often than chance")


def layout(nodes: pd.DataFrame) -> pd.DataFrame:
    """Places on a circle, the nodes of one community side by side, so that every label can be read.

    Parameters
    ----------
    nodes : DataFrame
        node and community; communities stand in order of their number.

    Returns
    -------
    DataFrame
        The same rows with x and y on a circle of radius 1, and whether the label stands at the right.
    """
    placed = nodes.sort_values(["community", "node"], kind="stable", ignore_index=True)
    community = placed["community"].to_numpy()
    steps = np.r_[0.0, 1.0 + _GAP * (community[1:] != community[:-1])].cumsum()
    around = steps[-1] + 1.0 + _GAP * (len(np.unique(community)) > 1)
    angle = np.pi / 2 - 2 * np.pi * (steps + 0.5) / around
    placed["x"], placed["y"] = np.round(np.cos(angle), 4), np.round(np.sin(angle), 4)
    placed["right"] = placed["x"] >= -1e-9
    return placed


def network(
    nodes: pd.DataFrame, edges: pd.DataFrame, *, size: str, group: str, legend: str
) -> alt.LayerChart | alt.FacetChart:
    """Nodes on a circle and the edges that passed.

    Parameters
    ----------
    nodes : DataFrame
        node (label), community, the column ``size`` (interviews) and the column ``group`` (color and shape).
    edges : DataFrame
        source, target, weight (standardized effect; negative ones are drawn dashed).
    size, group : str
    legend : str
        Title of the legend of the groups.
    """
    import altair as alt

    edges = edges[edges["source"].isin(nodes["node"]) & edges["target"].isin(nodes["node"])]
    place = layout(nodes[nodes["node"].isin([*edges["source"], *edges["target"]])])
    at = place.set_index("node")[["x", "y"]]
    lines = edges.assign(
        x=at.loc[edges["source"], "x"].to_numpy(),
        y=at.loc[edges["source"], "y"].to_numpy(),
        x2=at.loc[edges["target"], "x"].to_numpy(),
        y2=at.loc[edges["target"], "y"].to_numpy(),
        kind=np.where(edges["weight"] > 0, *KINDS),
        strength=edges["weight"].abs(),
    )
    hidden = alt.Axis(labels=False, ticks=False, domain=False, grid=False)
    x = alt.X("x:Q", axis=hidden, title=None, scale=alt.Scale(domain=[-2.1, 2.1], nice=False))
    y = alt.Y("y:Q", axis=hidden, title=None, scale=alt.Scale(domain=[-1.15, 1.15], nice=False))
    dash = alt.Scale(domain=list(KINDS), range=[[1, 0], [5, 3]])
    color = alt.Scale(domain=list(KINDS), range=[DIVERGING[-1], DIVERGING[0]])
    drawn = (
        alt.Chart(lines)
        .mark_rule(strokeOpacity=0.8)
        .encode(
            x=x, x2="x2:Q", y=y, y2="y2:Q",
            strokeDash=alt.StrokeDash("kind:N", title="Mentioned together", scale=dash),
            stroke=alt.Stroke("kind:N", title="Mentioned together", scale=color),
            strokeWidth=alt.StrokeWidth("strength:Q", legend=None, scale=alt.Scale(range=[1, 4])),
            tooltip=["source:N", "target:N", alt.Tooltip("weight:Q", title="standardized effect", format=".1f")],
        )
    )  # fmt: skip
    groups = list(dict.fromkeys(nodes[group]))
    colors = [PALETTE[i % len(PALETTE)] for i in range(len(groups))]
    dots = (
        alt.Chart(place)
        .mark_point(filled=True, opacity=1)
        .encode(
            x=x, y=y,
            color=alt.Color(f"{group}:N", title=legend, scale=alt.Scale(domain=groups, range=colors)),
            shape=alt.Shape(f"{group}:N", title=legend, scale=alt.Scale(domain=groups)),
            size=alt.Size(f"{size}:Q", title="Interviews", scale=alt.Scale(range=[60, 400])),
            tooltip=["node:N", f"{group}:N", f"{size}:Q"],
        )
    )  # fmt: skip
    labels = [
        alt.Chart(place[place["right"] == right])
        .mark_text(fontSize=12, color=INK, align="left" if right else "right", dx=14 if right else -14)
        .encode(x=x, y=y, text="node:N")
        for right in (True, False)
    ]
    return alt.layer(drawn, dots, *labels).properties(width=760, height=480)
