"""Figures of the continuum model: how far codes scale, what comes before what, and which hypotheses fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .base import INK, PALETTE

if TYPE_CHECKING:
    import altair as alt

#: Specifications a curve can show side by side.
MOST_SPECIFICATIONS = 1000


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
    return (bands + line + dot).properties(width=width, height=70)


def order_chart(
    nodes: pd.DataFrame, edges: pd.DataFrame, *, place: str, axis: str, low: str = "", high: str = "", width: int = 460
) -> alt.LayerChart:
    """A partial order of codes: one row for each code, grouped by area; lines are the supported pairs.

    A line says that the code at its left end comes before the one at its right end; pairs that follow from others have
    no line of their own. Codes without a line between them, direct or by way of others, are in no supported order.

    Parameters
    ----------
    nodes : DataFrame
        code, area, level, result (key of the result that backs the mark) and the columns ``place``, ``low``, ``high``;
        codes without a place are left out.
    edges : DataFrame
        first, second, support, result.
    place, axis : str
        Column and title of the horizontal axis.
    low, high : str
        Columns with the interval of the place, if it has one.
    width : int
    """
    import altair as alt

    drawn = nodes.dropna(subset=[place]).sort_values(["area", place, "code"], ignore_index=True)
    order = drawn["code"].tolist()
    at = drawn.set_index("code")[place]
    lines = edges[edges["first"].isin(at.index) & edges["second"].isin(at.index)]
    lines = lines.assign(start=lines["first"].map(at), end=lines["second"].map(at))
    areas, levels = list(dict.fromkeys(drawn["area"])), sorted(set(drawn["level"]))
    picked = alt.selection_point(name="area_picked", fields=["area"], bind="legend")
    rows = alt.Axis(title=None, domain=False, ticks=False)
    # An explicit domain: layers that sort for themselves end up in alphabetical order.
    y_scale = alt.Scale(domain=order)
    base = alt.Chart(drawn).encode(y=alt.Y("code:N", scale=y_scale, axis=rows))
    whole = bool((drawn[place] % 1 == 0).all())
    x = alt.X(
        f"{place}:Q",
        scale=alt.Scale(zero=False, nice=not whole, padding=14),
        axis=alt.Axis(title=axis, tickMinStep=1, format="d" if whole else ".1f"),
    )
    layers = []
    if len(lines):
        layers.append(
            alt.Chart(lines)
            .mark_rule(color="#8A8A8A", strokeWidth=1, strokeOpacity=0.45)
            .encode(
                x=alt.X("start:Q"),
                x2="end:Q",
                y=alt.Y("first:N", scale=y_scale),
                y2="second:N",
                tooltip=[
                    alt.Tooltip("first:N", title="first"),
                    alt.Tooltip("second:N", title="second"),
                    alt.Tooltip("support:Q", format=".2f", title="support"),
                    *_backed(lines),
                ],
            )
        )
    if low:
        layers.append(
            base.mark_rule(strokeWidth=2, strokeOpacity=0.5).encode(x=f"{low}:Q", x2=f"{high}:Q", color="area:N")
        )
    tips = [
        alt.Tooltip("code:N"),
        alt.Tooltip("area:N"),
        alt.Tooltip("level:N"),
        alt.Tooltip(f"{place}:Q", format=".2f"),
        *_backed(drawn),
    ]
    layers.append(
        base.mark_point(filled=True, size=95, opacity=1)
        .encode(
            x=x,
            color=alt.Color(
                "area:N",
                scale=alt.Scale(domain=areas, range=list(PALETTE[: len(areas)])),
                legend=alt.Legend(title="Area of risk", orient="top", columns=4, symbolOpacity=1),
            ),
            shape=alt.Shape(
                "level:N",
                scale=alt.Scale(domain=levels, range=["square", "circle", "triangle-up"][: len(levels)]),
                legend=alt.Legend(title="Level", orient="top"),
            ),
            opacity=alt.condition(picked, alt.value(1), alt.value(0.2)),
            tooltip=tips,
        )
        .add_params(picked)
    )
    return alt.LayerChart(layer=layers, width=width, height=21 * len(drawn))


def _backed(rows: pd.DataFrame) -> list[alt.Tooltip]:
    """The key of the result behind each mark, where the table has it."""
    import altair as alt

    return [alt.Tooltip("result:N")] if "result" in rows else []


def hypothesis_chart(table: pd.DataFrame, *, width: int = 330) -> alt.VConcatChart:
    """How much weight every hypothesis gets: structures of the exposures above, models of the outcome below.

    Parameters
    ----------
    table : DataFrame
        part, hypothesis, weight, stacking.
    width : int
    """
    import altair as alt

    long = table.melt(["part", "hypothesis"], ["weight", "stacking"], "kind", "share").dropna(subset=["share"])
    long["kind"] = long["kind"].map({"weight": "BIC", "stacking": "stacking (prediction)"})
    kinds = ["BIC", "stacking (prediction)"]
    panels = []
    for part, title in (("exposures", "Structure of the exposures"), ("outcome", "Effect on the outcome")):
        rows = long[long["part"] == part]
        order = table.loc[table["part"] == part, "hypothesis"].tolist()
        x = alt.X(
            "share:Q",
            scale=alt.Scale(domain=[-0.03, 1.03], nice=False),
            axis=alt.Axis(title="Weight (0 to 1)", format=".1f", values=[0, 0.2, 0.4, 0.6, 0.8, 1]),
        )
        y = alt.Y("hypothesis:N", sort=order, axis=alt.Axis(title=None, domain=False, ticks=False))
        panels.append(
            alt.Chart(rows)
            .mark_point(size=80, opacity=1, filled=True)
            .encode(
                x=x,
                y=y,
                color=alt.Color(
                    "kind:N", scale=alt.Scale(domain=kinds, range=[PALETTE[0], PALETTE[1]]), title="Weight by"
                ),
                shape=alt.Shape(
                    "kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), title="Weight by"
                ),
                tooltip=["hypothesis:N", "kind:N", alt.Tooltip("share:Q", format=".3f")],
            )
            .properties(width=width, height=22 * len(order), title=alt.Title(title, fontSize=12, anchor="start"))
        )
    return alt.vconcat(*panels)


def power_chart(table: pd.DataFrame, *, width: int = 360) -> alt.FacetChart:
    """How often samples of the study's size find each truth, and how often they mislead.

    Parameters
    ----------
    table : DataFrame
        part, truth, found, determined, misled: shares of simulated samples.
    width : int
    """
    import altair as alt

    parts = {"determined": "found, clearly", "close": "found, not clearly", "missed": "missed, not clearly",
             "misled": "clearly misled"}  # fmt: skip
    shares = table.assign(
        close=(table["found"] - table["determined"]).clip(lower=0),
        missed=(1 - table["found"] - table["misled"]).clip(lower=0),
    )
    long = shares.melt(["part", "truth"], list(parts), "result", "share")
    long["result"] = long["result"].map(parts)
    long["place"] = long["result"].map({name: k for k, name in enumerate(parts.values())})
    return (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=alt.X(
                "share:Q",
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(title="Share of samples", format=".0%"),
            ),
            y=alt.Y("truth:N", sort=table["truth"].tolist(), axis=alt.Axis(title=None, domain=False, ticks=False)),
            color=alt.Color(
                "result:N",
                scale=alt.Scale(domain=list(parts.values()), range=["#0072B2", "#9CC9E8", "#E3E3E3", "#D55E00"]),
                legend=alt.Legend(title="The sample's verdict", orient="top"),
            ),
            order=alt.Order("place:Q"),
            tooltip=["truth:N", "result:N", alt.Tooltip("share:Q", format=".0%")],
        )
        .properties(width=width, height=alt.Step(24))
        .facet(row=alt.Row("part:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left", labelOrient="top")))
        .resolve_scale(y="independent")
    )


def curve_chart(points: pd.DataFrame, *, width: int = 560) -> alt.VConcatChart:
    """Specification curve: effects in order of size, and below which choices each one made.

    Parameters
    ----------
    points : DataFrame
        rank, effect, low, high, p, outcome, exposure, covariates, link. Of more than 1,000, as many are drawn, evenly
        spaced in rank, and the axis says so.
    width : int
    """
    import altair as alt

    title = "Specifications, smallest effect first"
    if len(points) > MOST_SPECIFICATIONS:
        title += f" ({MOST_SPECIFICATIONS:,} of {len(points):,} drawn)"
        at = [round(k * (len(points) - 1) / (MOST_SPECIFICATIONS - 1)) for k in range(MOST_SPECIFICATIONS)]
        points = points.sort_values("rank").iloc[at]
    drawn = points.assign(clear=(points["p"] < 0.05).map({True: "p < .05", False: "p of .05 or more"}))
    x = alt.X("rank:Q", axis=alt.Axis(title=None, labels=False, ticks=False, grid=False), scale=alt.Scale(nice=False))
    base = alt.Chart(drawn).encode(x=x)
    zero = alt.Chart(pd.DataFrame({"effect": [0.0]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(y="effect:Q")
    bars = base.mark_rule(color="#BBBBBB", strokeWidth=1).encode(
        y=alt.Y("low:Q", axis=alt.Axis(title="Effect (latent standard deviations)")), y2="high:Q"
    )
    dots = base.mark_point(filled=True, size=12, opacity=1).encode(
        y="effect:Q",
        color=alt.Color(
            "clear:N",
            scale=alt.Scale(domain=["p < .05", "p of .05 or more"], range=[PALETTE[0], PALETTE[1]]),
            legend=alt.Legend(title="Single test", orient="top"),
        ),
    )
    choices = drawn.melt(["rank"], ["outcome", "exposure", "covariates", "link"], "choice", "option")
    choices["line"] = choices["choice"] + ": " + choices["option"].astype(str)
    order = list(dict.fromkeys(choices.sort_values("choice", kind="stable")["line"]))
    ticks = (
        alt.Chart(choices)
        .mark_tick(thickness=1, height=9, color=INK)
        .encode(
            x=alt.X(
                "rank:Q",
                axis=alt.Axis(title=title, grid=False),
                scale=alt.Scale(nice=False),
            ),
            y=alt.Y("line:N", sort=order, axis=alt.Axis(title=None, domain=False, ticks=False)),
        )
        .properties(width=width, height=alt.Step(14))
    )
    return alt.vconcat((zero + bars + dots).properties(width=width, height=220), ticks, spacing=8)
