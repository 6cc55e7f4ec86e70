"""Charts a reader can question on the site: drawn in the browser from published aggregates, with a table beside each.

An explorer shows only what a notebook has published already, so it can reveal nothing that the figures do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import paths
from ..disclosure import shown
from ..tables import Table
from . import explore_pairs

if TYPE_CHECKING:
    import altair as alt

    from .stage import Stage

#: Base rates from one in a thousand to one in two, evenly spaced on a logarithmic axis.
_RATES = [round(0.001 * 500 ** (i / 60), 6) for i in range(61)]
_TICKS = [0.001, 0.01, 0.05, 0.2, 0.5]
_WIDTH = 420
#: Vega expression: what the reader's own settings amount to.
_VERDICT = "rate * reduction * downstream > prevention ? 'costs less than it saves' : 'costs more than it saves'"


def explorer(name: str) -> Callable[[Stage, str], str]:
    """Content of a page for one explorer: ``interviews``, ``survey``, ``continuum`` or ``break-even``."""

    def content(staged: Stage, prefix: str) -> str:
        return "\n".join(_one(part, staged, prefix) for part in _TOGETHER.get(name, (name,)))

    return content


def _one(name: str, staged: Stage, prefix: str) -> str:
    source, draw, caption, alt_text, formats = _EXPLORERS[name]
    data = _published(staged, source) if source else _break_even_table()
    if data is None:
        return "This study has no such data, so there is nothing to explore.\n"
    return _show(name, draw(data), data, caption, alt_text, formats, staged, prefix)


def _published(staged: Stage, label: str) -> pd.DataFrame | None:
    file = paths.results(staged.study.study) / "figures" / f"{label}.csv"
    return pd.read_csv(file) if label in staged.outputs() and file.is_file() else None


def _interviews(data: pd.DataFrame) -> alt.TopLevelMixin:
    import altair as alt

    rows = shown(data, ["share"])
    areas, columns = list(dict.fromkeys(rows["area"])), list(dict.fromkeys(rows["column"]))
    area = _menu("area", "Area of risk", ["all areas", *areas])
    group = _menu("group", "Interviews", columns[::-1] if columns[-1].lower().startswith("all") else columns)
    base = (
        alt.Chart(rows)
        .transform_filter("(area == 'all areas' || datum.area == area) && datum.column == group")
        .encode(
            y=alt.Y("name:N", title=None, sort=list(dict.fromkeys(rows["name"]))),
            x=alt.X("share:Q", title="Share of interviews that mention it", axis=alt.Axis(format="%"), scale=_unit()),
            tooltip=["name:N", "area:N", "interviews:N", "base:Q", alt.Tooltip("share:Q", format=".0%")],
        )
    )
    marks = base.mark_bar(color="#0072B2"), base.mark_text(align="left", dx=4).encode(text="text:N")
    return alt.layer(*marks).add_params(area, group).properties(width=_WIDTH, height=alt.Step(17))


def _survey(data: pd.DataFrame) -> alt.TopLevelMixin:
    import altair as alt

    rows = shown(data, ["percent"])
    levels = list(dict.fromkeys(data["level"]))
    rows["place"] = rows["level"].map(levels.index)
    least = alt.param(
        name="least", value=len(levels) - 2,
        bind=alt.binding_select(options=list(range(1, len(levels))), labels=levels[1:], name="Answered at least "),
    )  # fmt: skip
    base = (
        alt.Chart(rows)
        .transform_filter("datum.place >= least")
        .transform_aggregate(share="sum(percent)", answered="max(n)", groupby=["item"])
        .encode(
            y=alt.Y("item:N", title=None, sort=list(dict.fromkeys(rows["item"]))),
            x=alt.X("share:Q", title="Percent of those who answered", scale=alt.Scale(domain=[0, 100], nice=False)),
            tooltip=["item:N", alt.Tooltip("share:Q", format=".1f", title="percent"), "answered:Q"],
        )
    )
    text = base.mark_text(align="left", dx=4).encode(text=alt.Text("share:Q", format=".0f"))
    bars = base.mark_bar(color="#0072B2")
    return alt.layer(bars, text).add_params(least).properties(width=_WIDTH, height=alt.Step(19))


def _continuum(data: pd.DataFrame) -> alt.TopLevelMixin:
    import altair as alt

    rows = shown(data, ["item_h", "share"])
    limit = alt.param(
        name="limit", value=0.3, bind=alt.binding_range(min=0, max=0.8, step=0.05, name="Lowest item H in the scale ")
    )
    color = alt.condition("datum.item_h >= limit", alt.value("#0072B2"), alt.value("#8a8a8a"))
    shape = alt.condition("datum.item_h >= limit", alt.value("circle"), alt.value("cross"))
    base = alt.Chart(rows).encode(
        x=alt.X("share:Q", title="Share of interviews", axis=alt.Axis(format="%"), scale=_unit())
    )
    lines = base.mark_rule().encode(y=alt.Y("low:Q", title="Item H"), y2="high:Q", color=color)
    dots = base.mark_point(filled=True, size=70).encode(
        y="item_h:Q", color=color, shape=shape,
        tooltip=["code:N", alt.Tooltip("item_h:Q", format=".2f"), alt.Tooltip("share:Q", format=".0%")],
    )  # fmt: skip
    border = (
        alt.Chart(pd.DataFrame({"x": [0]}))
        .transform_calculate(at="limit")
        .mark_rule(strokeDash=[5, 4])
        .encode(y="at:Q")
    )
    counted = (
        alt.Chart(rows)
        .transform_filter("datum.item_h >= limit")
        .transform_aggregate(n="count()")
        .transform_calculate(words=f"datum.n + ' of {len(rows)} codes stay in the scale'")
        .mark_text(align="left", fontWeight="bold", color="#222222")
        .encode(text="words:N", x=alt.value(4), y=alt.value(10))
    )
    return alt.layer(lines, dots, border, counted).add_params(limit).properties(width=_WIDTH + 120, height=340)


def _break_even(data: pd.DataFrame) -> alt.TopLevelMixin:
    import altair as alt

    prevention = _slider("prevention", "Prevention, cost per person ", 300, 0, 5000, 50)
    downstream = _slider("downstream", "Later costs per outcome ", 42000, 1000, 400000, 1000)
    rate = _slider("rate", "Base rate of the outcome ", 0.02, 0.001, 0.5, 0.001)
    reduction = _slider("reduction", "Share of outcomes prevented ", 0.3, 0.01, 1, 0.01)
    axis = alt.X(
        "base_rate:Q", title="Base rate of the outcome", axis=alt.Axis(format=".1%", values=_TICKS),
        scale=alt.Scale(type="log", domain=[0.001, 0.5], nice=False),
    )  # fmt: skip
    needed = (
        alt.Chart(data[["base_rate"]])
        .transform_calculate(needed="min(1, prevention / (downstream * datum.base_rate))", top="1")
        .encode(
            x=axis, y=alt.Y("needed:Q", title="Share of outcomes prevented", axis=alt.Axis(format="%"), scale=_unit())
        )
    )
    area = needed.mark_area(opacity=0.25, color="#009E73").encode(y2="top:Q")
    line = needed.mark_line(color="#00664b")
    here = (
        alt.Chart(pd.DataFrame({"point": [0]}))
        .transform_calculate(
            base_rate="rate",
            needed="reduction",
            words=_VERDICT,
        )
        .encode(x=axis, y="needed:Q")
    )
    point = here.mark_point(filled=True, size=120, color="#222222")
    words = here.mark_text(align="left", dx=9, dy=-9, fontWeight="bold", color="#222222").encode(text="words:N")
    chart = alt.layer(area, line, point, words).add_params(prevention, downstream, rate, reduction)
    return chart.properties(width=_WIDTH + 120, height=320)


def _break_even_table() -> pd.DataFrame:
    """Share of outcomes that has to be prevented at the first setting of the sliders, by base rate."""
    needed = [min(1.0, 300 / (42_000 * rate)) for rate in _RATES]
    return pd.DataFrame({"base_rate": _RATES, "share_that_must_be_prevented": needed})


def _menu(name: str, title: str, options: list[str]) -> Any:
    import altair as alt

    return alt.param(name=name, value=options[0], bind=alt.binding_select(options=options, name=f"{title} "))


def _slider(name: str, title: str, value: float, low: float, high: float, step: float) -> Any:
    import altair as alt

    return alt.param(name=name, value=value, bind=alt.binding_range(min=low, max=high, step=step, name=title))


def _unit() -> Any:
    import altair as alt

    return alt.Scale(domain=[0, 1], nice=False)


def _show(
    name: str,
    chart: Any,
    data: pd.DataFrame,
    caption: str,
    alt_text: str,
    formats: dict[str, str],
    staged: Stage,
    prefix: str,
) -> str:
    from ..charts import figure
    from .notebook import attribute, png_size

    synthetic = staged.study.synthetic and name != "break-even"
    memory = staged.folder.parent / "memory"
    drawn = figure(chart, title=caption.rstrip("."), alt=alt_text, synthetic=synthetic, memory=memory)
    label = f"fig-explore-{name}"
    drawn.write(staged.folder / "figures" / label)
    width, height = (size / 2 for size in png_size(drawn.png))
    note = " Synthetic data, not a finding." if synthetic else ""
    table = Table(data, formats).html(f"{caption}{note}")
    return (
        f'::: {{#{label} .chart width={width:.0f} height={height:.0f} alt="{attribute(alt_text)}"}}\n'
        f'![]({prefix}figures/{label}.svg){{fig-alt="{attribute(alt_text)}"}}\n\n{caption}{note}\n:::\n\n'
        f'```{{=html}}\n<details class="data-table"><summary>The same as a table</summary>\n'
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="Data of the {name} explorer">{table}</div>\n'
        f"</details>\n```\n"
    )


#: Explorers that stand on one page one after the other.
_TOGETHER = {"continuum": ("pairs", "continuum")}

#: Per explorer: label of the published figure whose data it uses, drawing, caption, text alternative, column formats.
_EXPLORERS: dict[str, tuple[str, Callable[[pd.DataFrame], Any], str, str, dict[str, str]]] = {
    "interviews": (
        "fig-interviews-sectors", _interviews, "Codes mentioned in interviews, by area and sector.",
        "Bars of the share of interviews that mention each code, for the area and the sector chosen in two menus.",
        {"share": "whole_percent"},
    ),
    "survey": (
        "fig-survey-likert", _survey, "Respondents who answered at least the chosen level.",
        "Bars of the percent of respondents who chose at least the level set in a menu, one bar for each item.",
        {"percent": "number"},
    ),
    "pairs": (
        "fig-mention-pairs", explore_pairs.pairs_chart,
        "Which code of a pair is mentioned more readily, by area, sector and level.",
        "For each pair of codes of the area, sector and level chosen in menus, a dot for the difference in the share "
        "of interviews that mention them, a line for its interval and the percent of resamples that agree on it. "
        "A sector whose interviews support no order has the reason in their place.",
        explore_pairs.FORMATS,
    ),
    "continuum": (
        "fig-code-scalability", _continuum, "Codes that stay in a cumulative scale at the chosen limit.",
        "A dot for each code: how often it is mentioned against how well it scales, with intervals. Codes below the "
        "limit set by a slider are gray crosses.",
        {"share": "whole_percent", "item_h": "number", "low": "number", "high": "number", "se": "number"},
    ),
    "break-even": (
        "", _break_even, "Where prevention costs less than it saves, for costs of your choice.",
        "A curve of the share of outcomes that must be prevented, falling with the base rate; above it prevention "
        "costs less than it saves. A dot stands at the rate and share set by two of four sliders.",
        {"base_rate": "percent", "share_that_must_be_prevented": "percent"},
    ),
}  # fmt: skip
