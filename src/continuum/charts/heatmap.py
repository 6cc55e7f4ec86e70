"""Heat maps: shares of codes by group, and pairs of codes, with hidden cells shown as hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from .base import DIVERGING, INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

#: Fill of cells that the disclosure rule hides.
HIDDEN_FILL = "#EDEDED"
#: Light to dark; readable in grayscale by its lightness.
RAMP = ("#F3F7FB", "#08519C")


def heatmap(
    frame: pd.DataFrame,
    *,
    row: str,
    column: str,
    value: str,
    legend: str,
    text: str | None = None,
    percent: bool = False,
    diverging: bool = False,
    domain: tuple[float, float] | None = None,
    row_order: Sequence[str] | None = None,
    column_order: Sequence[str] | None = None,
    cell: tuple[int, int] = (92, 22),
    column_angle: int = 0,
    tooltip: Sequence[str] = (),
    orders: Mapping[str, Sequence[str]] | None = None,
) -> alt.LayerChart | alt.FacetChart:
    """A grid of colored cells with their text.

    Parameters
    ----------
    frame : DataFrame
        One row per cell, already protected. A cell whose ``value`` is no number is drawn gray, with its text.
    row, column, value : str
        Columns: what stands at the left, what stands on top, and what the color shows.
    legend : str
        Title of the color legend, with the unit.
    text : str, optional
        Column printed inside the cells.
    percent : bool
        Whether values are shares from 0 to 1, shown as percentages.
    diverging : bool
        Whether zero is a middle, with a color on each side.
    domain : (float, float), optional
        Ends of the color scale; 0..1 for shares, symmetric about zero if diverging.
    row_order, column_order : sequence of str, optional
        Otherwise as in ``frame``.
    cell : (int, int)
        Width and height of a cell in pixels.
    column_angle : int
        Angle of the column labels in degrees.
    tooltip : sequence of str
        Further columns to show on hovering.
    orders : mapping of name to sequence of str, optional
        Orders of the rows among which a reader chooses where the chart is live; the first is the one of the picture,
        and takes the place of ``row_order``.
    """
    import altair as alt

    if orders:
        row_order = next(iter(orders.values()))
    rows = list(row_order) if row_order is not None else list(dict.fromkeys(frame[row]))
    columns = list(column_order) if column_order is not None else list(dict.fromkeys(frame[column]))
    drawn = frame.assign(_value=pd.to_numeric(frame[value], errors="coerce"))
    low, high = domain or _domain(drawn["_value"], percent, diverging)
    drawn["_light"] = drawn["_value"].isna() | ~_is_dark(drawn["_value"], low, high, diverging)
    place: dict[str, Any] = {
        "x": alt.X(
            f"{column}:N",
            sort=columns,
            scale=alt.Scale(domain=columns),
            title=None,
            axis=alt.Axis(
                orient="top",
                labelAngle=column_angle,
                labelLimit=200,
                domain=False,
                ticks=False,
                labelAlign="left" if column_angle else "center",
            ),
        ),
        "y": alt.Y(
            f"{row}:N",
            sort=alt.EncodingSortField(field="_place", op="min") if orders else rows,
            scale=alt.Undefined if orders else alt.Scale(domain=rows),
            title=None,
            axis=alt.Axis(labelLimit=320, domain=False, ticks=False),
        ),
    }
    scale = (
        alt.Scale(domain=[low, 0, high], range=[DIVERGING[0], "#FFFFFF", DIVERGING[-1]], interpolate="rgb")
        if diverging
        else alt.Scale(domain=[low, high], range=list(RAMP))
    )
    shade = alt.Color(
        "_value:Q",
        scale=scale,
        legend=alt.Legend(title=legend, format="%" if percent else alt.Undefined, orient="right"),
    )
    hover = [alt.Tooltip(f"{name}:N") for name in (row, column)]
    hover.append(alt.Tooltip("_value:Q", title=legend, format=".0%" if percent else ".2f"))
    hover += [alt.Tooltip(f"{name}:N") for name in tooltip]
    base = alt.Chart(drawn)
    layers = [
        base.transform_filter("!isValid(datum._value)")
        .mark_rect(fill=HIDDEN_FILL, stroke="white", strokeWidth=1)
        .encode(**place),
        base.transform_filter("isValid(datum._value)")
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(color=shade, tooltip=hover, **place),
    ]
    if text is not None:
        ink = alt.condition("datum._light", alt.value(INK), alt.value("#FFFFFF"))
        size = 11 if cell[0] >= 40 else 8
        layers.append(base.mark_text(fontSize=size, baseline="middle").encode(text=f"{text}:N", color=ink, **place))
    if orders:
        layers = _ordered_by_choice(layers, drawn, row, orders)
    return alt.layer(*layers).properties(width=cell[0] * len(columns), height=cell[1] * len(rows))


def _ordered_by_choice(
    layers: list[alt.Chart], drawn: pd.DataFrame, row: str, orders: Mapping[str, Sequence[str]]
) -> list[alt.Chart]:
    """The layers with the place of each row in the order that a menu names."""
    import altair as alt

    menu = alt.binding_select(options=list(orders), name="Order of rows ")
    choice = alt.param(name="row_order", value=next(iter(orders)), bind=menu)
    places = {name: {key: place for place, key in enumerate(order)} for name, order in orders.items()}
    for number, known in enumerate(places.values()):
        drawn[f"_place{number}"] = drawn[row].map(known)
    chosen = "".join(f"row_order === {name!r} ? datum._place{number} : " for number, name in enumerate(orders))
    first, *others = (layer.transform_calculate(_place=f"{chosen}0") for layer in layers)
    return [first.add_params(choice), *others]


def case_grid(matrix: pd.DataFrame, groups: pd.Series, *, sort: str = "group") -> alt.Chart:
    """Which case mentions which code: one row per case, one column per code. Never for publication.

    Parameters
    ----------
    matrix : DataFrame of 0 and 1, shape (cases, codes)
    groups : Series indexed by case
        Such as the sector; sets the color.
    sort : {"group", "total", "given"}
        Cases by group and then by how many codes they mention, by how many codes alone, or as given. Codes run from
        the most to the least often mentioned, unless cases stay as given.
    """
    import altair as alt

    group = groups.reindex(matrix.index).fillna("not stated").astype(str)
    ordered = pd.DataFrame({"group": group, "total": -matrix.sum(axis=1)}, index=matrix.index)
    by = {"group": ["group", "total"], "total": ["total"], "given": []}[sort]
    cases = list(ordered.sort_values(by, kind="stable").index if by else matrix.index)
    codes = list(matrix.sum().sort_values(ascending=False, kind="stable").index if by else matrix.columns)
    long = matrix.rename_axis(index="case").reset_index().melt("case", var_name="code", value_name="mentioned")
    long = long[long["mentioned"] == 1].assign(group=lambda t: t["case"].map(group))
    names = sorted(group.unique())
    colors = [PALETTE[k % len(PALETTE)] for k in range(len(names))]
    top = alt.Axis(orient="top", labelAngle=-60, labelLimit=200, labelAlign="left")
    return (
        alt.Chart(long)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X("code:N", sort=codes, scale=alt.Scale(domain=codes), title=None, axis=top),
            y=alt.Y("case:N", sort=cases, scale=alt.Scale(domain=cases), title=None),
            color=alt.Color("group:N", title=None, scale=alt.Scale(domain=names, range=colors)),
            tooltip=["case:N", "code:N", "group:N"],
        )
        .properties(width=20 * len(codes), height=14 * len(cases))
    )


def _domain(values: pd.Series, percent: bool, diverging: bool) -> tuple[float, float]:
    if percent:
        return 0.0, 1.0
    if diverging:
        reach = float(values.abs().max()) if values.notna().any() else 1.0
        return -reach, reach
    return (0.0, float(values.max())) if values.notna().any() else (0.0, 1.0)


def _is_dark(values: pd.Series, low: float, high: float, diverging: bool) -> pd.Series:
    """Whether a cell needs white text."""
    if diverging:
        return values.abs() > 0.6 * max(abs(low), abs(high))
    return (values - low) > 0.62 * (high - low)
