"""Charts of citation statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .base import PALETTE

if TYPE_CHECKING:
    import altair as alt

_ORDER = ("supporting", "contrasting", "mentioning", "unclassified")
#: Told apart by lightness as well as by color; the uncertain is pale.
_COLORS = (PALETTE[0], PALETTE[5], "#B8B8B8", "#EFEFEF")


def statements_by_section(table: pd.DataFrame) -> alt.Chart:
    """Stacked bars: statements of each class in each section.

    Parameters
    ----------
    table : DataFrame
        section, label, statements.
    """
    import altair as alt

    sections = list(dict.fromkeys(table["section"]))
    drawn = table.assign(order=table["label"].map(_ORDER.index))
    return (
        alt.Chart(drawn)
        .mark_bar(stroke="#444444", strokeWidth=0.5)
        .encode(
            y=alt.Y("section:N", sort=sections, title="Section of the citing article"),
            x=alt.X("statements:Q", title="Citation statements (number)", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "label:N",
                scale=alt.Scale(domain=list(_ORDER), range=list(_COLORS)),
                legend=alt.Legend(title="Class", orient="bottom"),
            ),
            order=alt.Order("order:Q"),
            tooltip=["section:N", "label:N", "statements:Q"],
        )
        .properties(width=520, height=alt.Step(34))
    )
