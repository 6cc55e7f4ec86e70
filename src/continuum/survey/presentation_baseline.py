"""Table 1 under the disclosure rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..disclosure import SUPPRESSED
from .baseline import OVERALL
from .items import SHOWN_BASE

_DERIVED = ["share", "mean", "sd", "median", "q1", "q3", "weighted"]


def protected_table_one(table: pd.DataFrame, protect: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Table 1 under the disclosure rule: within a group the levels add up to its size, across groups to the overall.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.survey.table_one`.
    protect : callable
        :meth:`continuum.results.Results.protect`.

    Returns
    -------
    DataFrame
        A group too small to be counted is hidden with its size and every cell, and so is the group that would give
        it away: whoever is in no group that is shown can be worked out from the overall column.
    """
    sizes = table.drop_duplicates("group").set_index("group")["group_n"].astype(int)
    gone = hidden_groups(sizes, protect)
    parts = []
    for _, part in table.groupby("variable", sort=False):
        shown = part.astype(dict.fromkeys(["group_n", "count", *_DERIVED], "object"))
        # Mean and median of a number share one count.
        rows = part[part["level"] != "median [IQR]"]
        wide = rows.pivot(index="level", columns="group", values="count").astype(int)
        wide = wide.loc[list(dict.fromkeys(rows["level"])), list(dict.fromkeys(rows["group"]))]
        wide.loc["total"] = sizes[wide.columns]
        hidden = protect(wide.drop(columns=gone).reset_index())
        for i, (level, group) in enumerate(zip(part["level"], part["group"], strict=True)):
            if group in gone:
                shown.loc[part.index[i], ["group_n", "count", *_DERIVED]] = SUPPRESSED
                continue
            of_numbers = level in ("mean (SD)", "median [IQR]")
            cell = hidden.loc[hidden["level"] == ("mean (SD)" if of_numbers else level), group].iloc[0]
            # mean, spread and quartiles of a few numbers tell the numbers
            if isinstance(cell, str) or (of_numbers and 0 < part["n"].iloc[i] < SHOWN_BASE):
                shown.loc[part.index[i], ["count", *_DERIVED]] = SUPPRESSED
        if shown["count"].map(lambda value: isinstance(value, str)).any():
            shown["smd"] = np.nan  # it is a function of all counts, so it would tell the hidden one
        parts.append(shown)
    return pd.concat(parts)


def hidden_groups(sizes: pd.Series, protect: Callable[..., pd.DataFrame]) -> list[str]:
    """Groups whose size is too small to be shown, or would give such a size away.

    Parameters
    ----------
    sizes : Series of int
        Respondents by name of the group, :data:`continuum.survey.baseline.OVERALL` among them.
    protect : callable
        :meth:`continuum.results.Results.protect`.
    """
    if OVERALL not in sizes or len(sizes) == 1:
        return []
    row = protect(sizes.to_frame().T)
    return [str(group) for group in sizes.index if isinstance(row[group].iloc[0], str)]
