"""Figures of the continuum model: how far codes scale, what comes before what, and which hypotheses fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt


def mechanism_chart(
    evidence: pd.DataFrame, *, order_limit: float, ceiling: float = 0.15, width: int = 560
) -> alt.LayerChart:
    """H of the codes on the scale that decides: no order, in between, cumulative.

    Parameters
    ----------
    evidence : DataFrame
        quantity, value, low, high; the row ``H`` is drawn.
    order_limit, ceiling : float
        H from which codes scale, and the H that unrelated codes do not reach.
    width : int
    """
    import altair as alt

    here = evidence[evidence["quantity"] == "H"].assign(value=lambda t: t["value"].astype(float))
    zones = pd.DataFrame(
        {
            "from": [-0.1, ceiling, order_limit],
            "to": [ceiling, order_limit, 1.0],
            "zone": ["unfolding or unrelated", "too weak to order", "cumulative"],
        }
    )
    x_scale = alt.Scale(domain=[-0.1, 1.0], nice=False)
    shades = alt.Scale(domain=zones["zone"].tolist(), range=["#F2F2F2", "#E3ECF4", "#C6DCEE"])
    axis = alt.Axis(title="Loevinger's H (1: every account is nested in the next)", grid=False)
    bands = (
        alt.Chart(zones)
        .mark_rect()
        .encode(
            x=alt.X("from:Q", scale=x_scale, axis=axis),
            x2="to:Q",
            color=alt.Color("zone:N", scale=shades, legend=alt.Legend(title="What H means", orient="top")),
        )
    )
    line = alt.Chart(here).mark_rule(color=INK, strokeWidth=3).encode(x=alt.X("low:Q", scale=x_scale), x2="high:Q")
    dot = (
        alt.Chart(here)
        .mark_point(filled=True, color=PALETTE[0], size=130, opacity=1)
        .encode(
            x=alt.X("value:Q", scale=x_scale),
            tooltip=[alt.Tooltip(f"{c}:Q", format=".2f") for c in ("value", "low", "high")],
        )
    )
    return alt.layer(bands, line, dot).properties(width=width, height=70)
