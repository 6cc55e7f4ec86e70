"""Curves of codes over interviews: how the number of codes grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .base import PALETTE

if TYPE_CHECKING:
    import altair as alt

RANDOM, REAL = "any order (expected, 95% band)", "real order"


def growth(
    curve: pd.DataFrame, *, limit: float | None = None, stop: float | None = None, width: int = 520
) -> alt.LayerChart | alt.FacetChart:
    """Codes seen after each interview.

    Parameters
    ----------
    curve : DataFrame
        m (number of interviews), expected, low, high, and observed (NaN where the order is unknown).
    limit : float, optional
        Estimated number of codes with unlimited interviews: a dashed horizontal line.
    stop : float, optional
        Interview at which a stopping rule was met: a dotted vertical line.
    width : int
        Pixels.
    """
    import altair as alt

    top = max(float(curve["high"].max()), limit or 0)
    x = alt.X("m:Q", title="Interviews", scale=alt.Scale(domain=[0, int(curve["m"].max())], nice=False))
    scale = alt.Scale(domain=[0, top * 1.05], nice=False)
    names = [RANDOM] if curve["observed"].isna().all() else [RANDOM, REAL]
    key = alt.Color(
        "line:N", title=None, scale=alt.Scale(domain=names, range=list(PALETTE[: len(names)])),
        legend=alt.Legend(orient="top", labelLimit=400),
    )  # fmt: skip
    dash = alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]][: len(names)]), legend=None)
    lines = curve.melt("m", ["expected", "observed"], "line", "codes").dropna()
    lines["line"] = lines["line"].map({"expected": RANDOM, "observed": REAL})
    band = alt.Chart(curve).mark_area(fillOpacity=0.18, color=PALETTE[0]).encode(
        x=x, y=alt.Y("low:Q", scale=scale, title="Codes seen"), y2="high:Q")  # fmt: skip
    drawn = alt.Chart(lines).mark_line(strokeWidth=2).encode(
        x=x, y=alt.Y("codes:Q", scale=scale, title="Codes seen"), color=key, strokeDash=dash,
        tooltip=["line:N", alt.Tooltip("m:Q", title="interviews"), alt.Tooltip("codes:Q", format=".1f")],
    )  # fmt: skip
    layers = [band, drawn]
    if limit is not None:
        layers.append(alt.Chart().mark_rule(strokeDash=[5, 4]).encode(y=alt.datum(limit, type="quantitative")))
    if stop is not None and stop == stop:
        layers.append(alt.Chart().mark_rule(strokeDash=[2, 3]).encode(x=alt.datum(stop, type="quantitative")))
    return alt.layer(*layers).properties(width=width, height=300)
