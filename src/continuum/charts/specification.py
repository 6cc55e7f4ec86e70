"""Specification curve: one result under every combination of settings, sorted, with the settings below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

_ROW = 18


def specification_curve(
    runs: pd.DataFrame, settings: Sequence[str], *, value_title: str, width: int = 620
) -> alt.VConcatChart:
    """Estimates of all runs in ascending order, above a grid that marks the settings of each.

    Parameters
    ----------
    runs : DataFrame
        One row per run: run, value, low, high (NaN without an interval) and the columns of ``settings``.
    settings : sequence of str
        Columns whose values differ between runs; names without dots and colons, which Vega-Lite would interpret.
    value_title : str
        What the value is, with its unit.
    width : int
        Width in pixels.
    """
    import altair as alt

    ordered = runs.sort_values(["value", "run"]).reset_index(drop=True)
    ordered["place"] = ordered.index + 1
    x = alt.X("place:Q", title=None, axis=None, scale=alt.Scale(domain=[0.5, len(ordered) + 0.5], nice=False))
    shown = alt.Chart(ordered).encode(x=x)
    value = alt.Y("value:Q", title=value_title, scale=alt.Scale(zero=False))
    intervals = shown.mark_rule(color=PALETTE[0], strokeOpacity=0.5).encode(
        y=alt.Y("low:Q", title=value_title), y2="high:Q"
    )
    dots = shown.mark_circle(color=PALETTE[0], size=36, opacity=1).encode(
        y=value,
        tooltip=[alt.Tooltip("run:N"), alt.Tooltip("value:Q"), *[alt.Tooltip(f"{s}:N") for s in settings]],
    )
    layers = [intervals, dots] if ordered["low"].notna().any() else [dots]
    above = alt.layer(*layers).properties(width=width, height=220)
    marks = pd.concat(
        [ordered[["place"]].assign(choice=f"{setting} = " + _said(ordered[setting])) for setting in settings]
    )
    below = (
        alt.Chart(marks)
        .mark_square(color=INK, size=30, opacity=1)
        .encode(
            x=alt.X(
                "place:Q",
                title="Runs, in the order of their value",
                axis=alt.Axis(tickMinStep=1, format="d", grid=False),
                scale=alt.Scale(domain=[0.5, len(ordered) + 0.5], nice=False),
            ),
            y=alt.Y("choice:N", title=None, axis=alt.Axis(grid=True)),
        )
        .properties(width=width, height=_ROW * marks["choice"].nunique())
    )
    return alt.vconcat(above, below, spacing=8)


def _said(values: pd.Series) -> pd.Series:
    """Settings in words; an empty one, such as no single sector, is said to be."""
    return values.fillna("").astype(str).replace("", "(not set)")
