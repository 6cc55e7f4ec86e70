"""Explorer of pairs of codes: choose area, level, sector and code; see which order is supported, and how firmly."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import altair as alt

#: Pairs drawn at once; the table beside the chart has all.
MOST = 40
_ANY_AREA, _ANY_LEVEL, _ANY_CODE = "all areas", "all levels", "any code"
#: Vega expressions: both codes belong to what was chosen; one of them is the chosen code.
_CHOSEN = (
    "datum.sector == pair_sector"
    f" && (pair_area == '{_ANY_AREA}' || (datum.area == pair_area && datum.other_area == pair_area))"
    f" && (pair_level == '{_ANY_LEVEL}' || (datum.level == pair_level && datum.other_level == pair_level))"
    f" && (pair_code == '{_ANY_CODE}' || datum.first == pair_code || datum.second == pair_code)"
)
FORMATS = {"difference": "percent", "low": "percent", "high": "percent", "support": "whole_percent"}


def pairs_chart(data: pd.DataFrame, *, width: int = 300) -> alt.TopLevelMixin:
    """Difference in mentions for every chosen pair, with interval and support, or why a sector has none.

    Parameters
    ----------
    data : DataFrame
        As :func:`continuum.model.order_evidence.readiness_pairs`.
    width : int
    """
    import altair as alt

    rows = data.assign(reason=data["reason"].fillna("").map(lambda text: "\n".join(wrap(text, 62))))
    rows["pair"] = rows["first"] + " more readily than " + rows["second"]
    rows["clear"] = rows["supported"].map({True: "supported", False: "not supported"})
    rows["words"] = rows["support"].map("{:.0%}".format).where(rows["support"].notna())
    shown = rows[rows["pair"].notna()]
    areas = sorted({*shown["area"], *shown["other_area"]} - {"no area"})
    levels = sorted({*shown["level"], *shown["other_level"]} - {"no level"})
    codes = sorted(set(shown["first"]) | set(shown["second"]))
    menus = [
        _menu("pair_sector", "Sector", list(dict.fromkeys(rows["sector"]))),
        _menu("pair_area", "Area of risk of both codes", [*areas, _ANY_AREA]),
        _menu("pair_level", "Level of both codes", [_ANY_LEVEL, *levels]),
        _menu("pair_code", "Pairs with", [_ANY_CODE, *codes]),
    ]
    by_support = alt.EncodingSortField("place", order="ascending")
    base = (
        alt.Chart(rows)
        .transform_filter(f"datum.reason == '' && {_CHOSEN}")
        .transform_window(place="row_number()", sort=[alt.SortField("support", order="descending")])
        .transform_filter(f"datum.place <= {MOST}")
        .encode(y=alt.Y("pair:N", title=None, sort=by_support, axis=alt.Axis(labelLimit=500)))
    )
    title = "How many more interviews mention the first (share)"
    x = alt.X("difference:Q", title=title, axis=alt.Axis(format="+.0%"))
    clear = ["supported", "not supported"]
    color = alt.Color(
        "clear:N", scale=alt.Scale(domain=clear, range=["#0072B2", "#8a8a8a"]), title="Order",
        legend=alt.Legend(orient="top"),
    )  # fmt: skip
    shape = alt.Shape("clear:N", scale=alt.Scale(domain=clear, range=["circle", "cross"]), title="Order")
    tips = [
        alt.Tooltip("first:N", title="mentioned more readily"), alt.Tooltip("second:N", title="than"),
        alt.Tooltip("support:Q", format=".1%"), alt.Tooltip("low:Q", format="+.0%"),
        alt.Tooltip("high:Q", format="+.0%"),
        alt.Tooltip("interviews:Q"),
    ]  # fmt: skip
    lines = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q", color=color)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, color=color, shape=shape, tooltip=tips)
    support = base.mark_text(align="left", dx=6, color="#222222").encode(x=alt.X("high:Q"), text="words:N")
    reason = (
        alt.Chart(rows[rows["reason"] != ""][["sector", "reason"]])
        .transform_filter("datum.sector == pair_sector")
        .mark_text(align="left", baseline="top", lineBreak="\n", lineHeight=17, color="#222222")
        .encode(text="reason:N", x=alt.value(0), y=alt.value(52))  # below the empty axis
    )
    layers = [lines, dots, support, *([reason] if (rows["reason"] != "").any() else [])]
    return alt.layer(*layers).add_params(*menus).properties(width=width, height=alt.Step(19))


def _menu(name: str, title: str, options: list[str]) -> Any:
    import altair as alt

    return alt.param(name=name, value=options[0], bind=alt.binding_select(options=options, name=f"{title} "))
