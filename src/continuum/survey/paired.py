"""Two questions about the same thing, answered by the same people: needs and capacity, labor and sex trafficking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import NotCollected
from ..ingest.tables import SurveyData
from .answers import Groups, Item, groups_of, items_of
from .items import PERCENT_BASE, SHOWN_BASE
from .shares import wilson


def pairs_by_text(first: Sequence[Item], second: Sequence[Item]) -> list[tuple[Item, Item]]:
    """Items of two sets that have the same text, in the order of the first."""
    named = {" ".join(item.text.split()).casefold(): item for item in second}
    texts = [" ".join(item.text.split()).casefold() for item in first]
    return [(item, named[text]) for item, text in zip(first, texts, strict=True) if text in named]


def paired_difference(
    first: np.ndarray, first_known: np.ndarray, second: np.ndarray, second_known: np.ndarray, level: float = 0.95
) -> dict[str, float]:
    """Difference of two shares of the same respondents, with Newcombe's interval for correlated shares.

    Parameters
    ----------
    first, second : ndarray of bool, shape (n,)
    first_known, second_known : ndarray of bool, shape (n,)
        Who answered; the shares have their own bases.

    Returns
    -------
    dict
        ``n_first``, ``n_second``, ``first``, ``second``, ``difference``, ``low``, ``high``.
    Source: Newcombe 1998 (10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C), method 10 without
    continuity correction; the correlation is that of the two estimates, which allows for missing answers.
    """
    n1, n2 = int(first_known.sum()), int(second_known.sum())
    if not n1 or not n2:
        nothing = dict.fromkeys(["first", "second", "difference", "low", "high"], np.nan)
        return {"n_first": n1, "n_second": n2, **nothing}
    p, q = (first & first_known).sum() / n1, (second & second_known).sum() / n2
    influence1 = np.where(first_known, first - p, 0.0) / n1
    influence2 = np.where(second_known, second - q, 0.0) / n2
    spread = np.sqrt((influence1**2).sum() * (influence2**2).sum())
    r = float(influence1 @ influence2 / spread) if spread > 0 else 0.0
    (low1, high1), (low2, high2) = wilson(p * n1, n1, level), wilson(q * n2, n2, level)
    down, up = (p - low1, high2 - q), (high1 - p, q - low2)
    low = p - q - np.sqrt(max(down[0] ** 2 - 2 * r * down[0] * down[1] + down[1] ** 2, 0))
    high = p - q + np.sqrt(max(up[0] ** 2 - 2 * r * up[0] * up[1] + up[1] ** 2, 0))
    return {"n_first": n1, "n_second": n2, "first": float(p), "second": float(q), "difference": float(p - q),
            "low": float(low), "high": float(high)}  # fmt: skip


def fewest(*counts: int) -> int:
    """The smallest count above zero; 0 if there is none."""
    return min((n for n in counts if n), default=0)


def fewest_together(first: np.ndarray, first_known: np.ndarray, second: np.ndarray, second_known: np.ndarray) -> int:
    """The smallest count above zero among the four ways of answering both questions.

    The interval of :func:`paired_difference` holds their correlation, so these counts follow from its digits.

    Parameters
    ----------
    first, first_known, second, second_known : ndarray of bool, shape (n,)
        As in :func:`paired_difference`.
    """
    both = first_known & second_known
    ways = (first & second, first & ~second, ~first & second, ~first & ~second)
    return fewest(*(int((way & both).sum()) for way in ways))


def labor_and_sex(survey: SurveyData, by: str | None = None, *, level: float = 0.95) -> pd.DataFrame:
    """Warning signs of labor and of sex trafficking side by side: shares in the top levels and their difference.

    Returns
    -------
    DataFrame
        One row per sign and group: ``item``, the grouping column, ``n_labor``, ``n_sex``, ``count_labor``,
        ``count_sex``, ``labor``, ``labor_low``, ``labor_high``, ``sex``, ``sex_low``, ``sex_high``, ``difference``
        (labor - sex), ``low``, ``high``. Shares on fewer than 30 answers are missing, counts on fewer than 10 too.
        What is hidden follows from ``fewest_labor`` and ``fewest_sex`` (the smallest count above zero of those who
        chose and did not) and ``fewest_together``, see :func:`fewest_together`.

    Raises
    ------
    NotCollected
        If the survey does not ask the same signs about both.
    """
    from .ranks import top_matrix

    kinds = {
        kind: items_of(survey, list(survey.items.loc[survey.items["exploitation"] == kind, "item_id"]))
        for kind in ("labor", "sex")
    }
    pairs = pairs_by_text(kinds["labor"], kinds["sex"])
    if not pairs:
        raise NotCollected(
            "This survey does not ask the same signs about labor and about sex trafficking.",
            "set exploitation: labor and exploitation: sex on two item sets with the same labels",
        )
    groups = groups_of(survey, by)
    rows = []
    for labor, sex in pairs:
        top, known = top_matrix(survey, [labor, sex])
        for position in range(len(groups)):
            rows.append({"item": labor.text, **_group(groups, position),
                         **_side_by_side(top, known, groups.codes == position, level)})  # fmt: skip
    return pd.DataFrame(rows)


def _side_by_side(top: np.ndarray, known: np.ndarray, member: np.ndarray, level: float) -> dict[str, object]:
    answered = known[member]
    chosen = top[member]
    found = paired_difference(chosen[:, 0], answered[:, 0], chosen[:, 1], answered[:, 1], level)
    row: dict[str, object] = {"n_labor": found["n_first"], "n_sex": found["n_second"]}
    smallest = min(found["n_first"], found["n_second"])
    for i, (kind, source) in enumerate((("labor", "first"), ("sex", "second"))):
        chose, base = int(chosen[:, i].sum()), int(answered[:, i].sum())
        row[f"count_{kind}"] = chose if smallest >= SHOWN_BASE else pd.NA
        row[kind] = found[source]
        row[f"{kind}_low"], row[f"{kind}_high"] = wilson(chose, base, level)
        row[f"fewest_{kind}"] = fewest(chose, base - chose)
    row |= {name: found[name] for name in ("difference", "low", "high")}
    row["fewest_together"] = fewest_together(chosen[:, 0], answered[:, 0], chosen[:, 1], answered[:, 1])
    if smallest < PERCENT_BASE:
        row |= dict.fromkeys(
            ["labor", "labor_low", "labor_high", "sex", "sex_low", "sex_high", "difference", "low", "high"], np.nan
        )
    return row


def _group(groups: Groups, position: int) -> dict[str, str]:
    return {column: str(groups.names[column].iloc[position]) for column in groups.names.columns}
