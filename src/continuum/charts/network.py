"""Networks of codes: only pairs that passed their test are drawn, never the unthresholded network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .base import DIVERGING, INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

#: Steps and seed of the layout: the same edges always give the same picture.
_ITERATIONS, _SEED = 200, 1


def layout(nodes: list[str], edges: pd.DataFrame) -> pd.DataFrame:
    """Positions of the nodes, connected ones close together.

    Parameters
    ----------
    nodes : list of str
    edges : DataFrame
        source, target, weight (positive draws together).

    Returns
    -------
    DataFrame with node, x and y between -1 and 1.
    """
    import networkx as nx

    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(nodes)
    positive = edges[edges["weight"] > 0]
    graph.add_weighted_edges_from(positive[["source", "target", "weight"]].itertuples(index=False, name=None))
    place = nx.spring_layout(graph, seed=_SEED, iterations=_ITERATIONS, k=2.2 / max(1.0, np.sqrt(len(nodes))))
    frame = pd.DataFrame([(node, *place[node]) for node in nodes], columns=["node", "x", "y"])
    # Rounded: the last bits differ between processors and would change the stored figure.
    return frame.round({"x": 4, "y": 4})


def network(
    nodes: pd.DataFrame, edges: pd.DataFrame, *, size: str, group: str, legend: str
) -> alt.LayerChart | alt.FacetChart:
    """Nodes and the edges that passed.

    Parameters
    ----------
    nodes : DataFrame
        node (label), the column ``size`` (interviews) and the column ``group`` (color and shape).
    edges : DataFrame
        source, target, weight (standardized effect; negative ones are drawn dashed).
    size, group : str
    legend : str
        Title of the legend of the groups.
    """
    import altair as alt

    edges = edges[edges["source"].isin(nodes["node"]) & edges["target"].isin(nodes["node"])]
    linked = nodes[nodes["node"].isin([*edges["source"], *edges["target"]])]
    place = layout(list(linked["node"]), edges).merge(linked, on="node")
    at = place.set_index("node")[["x", "y"]]
    lines = edges.assign(
        x=at.loc[edges["source"], "x"].to_numpy(), y=at.loc[edges["source"], "y"].to_numpy(),
        x2=at.loc[edges["target"], "x"].to_numpy(), y2=at.loc[edges["target"], "y"].to_numpy(),
        kind=np.where(edges["weight"] > 0, "more often than chance", "less often than chance"),
    )  # fmt: skip
    kinds = ["more often than chance", "less often than chance"]
    groups = list(dict.fromkeys(nodes[group]))
    hide = alt.Axis(labels=False, ticks=False, domain=False, grid=False)
    span = alt.Scale(domain=[-1.25, 1.25], nice=False)
    drawn = alt.Chart(lines).mark_rule(opacity=0.75).encode(
        x=alt.X("x:Q", axis=hide, title=None, scale=span), x2="x2:Q",
        y=alt.Y("y:Q", axis=hide, title=None, scale=span), y2="y2:Q",
        strokeDash=alt.StrokeDash("kind:N", title="mentioned together",
                                  scale=alt.Scale(domain=kinds, range=[[1, 0], [5, 3]])),
        stroke=alt.Stroke("kind:N", title="mentioned together",
                          scale=alt.Scale(domain=kinds, range=[DIVERGING[-1], DIVERGING[0]])),
        strokeWidth=alt.StrokeWidth("strength:Q", legend=None, scale=alt.Scale(range=[1, 4])),
        tooltip=["source:N", "target:N", alt.Tooltip("weight:Q", title="standardized effect", format=".1f")],
    ).transform_calculate(strength="abs(datum.weight)")  # fmt: skip
    colors = [PALETTE[i % len(PALETTE)] for i in range(len(groups))]
    dots = alt.Chart(place).mark_point(filled=True, opacity=1).encode(
        x=alt.X("x:Q", scale=span), y=alt.Y("y:Q", scale=span),
        color=alt.Color(f"{group}:N", title=legend, scale=alt.Scale(domain=groups, range=colors)),
        shape=alt.Shape(f"{group}:N", title=legend, scale=alt.Scale(domain=groups)),
        size=alt.Size(f"{size}:Q", title="interviews", scale=alt.Scale(range=[60, 500])),
        tooltip=["node:N", f"{group}:N", f"{size}:Q"],
    )  # fmt: skip
    names = alt.Chart(place).mark_text(dy=-14, fontSize=11, color=INK).encode(
        x=alt.X("x:Q", scale=span), y=alt.Y("y:Q", scale=span), text="node:N")  # fmt: skip
    return alt.layer(drawn, dots, names).properties(width=640, height=480)
