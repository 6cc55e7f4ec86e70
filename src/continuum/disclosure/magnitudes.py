"""Tables of sums, such as costs or hours by group: a cell is unsafe as well if a few contributors make most of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..errors import BadInput
from .suppress import Rule, protect


def sum_table(
    records: pd.DataFrame, by: Sequence[str], value: str, rule: Rule, *, within: Sequence[Sequence[str]] = ()
) -> pd.DataFrame:
    """Sums by group under the disclosure rule: threshold, dominance and p-ratio.

    Parameters
    ----------
    records : DataFrame
        One row per contributor.
    by : sequence of str
        Grouping columns.
    value : str
        Column to add up; no negative values, for which dominance is not defined.
    rule : Rule
    within : sequence of sequences of str
        Ways in which cells add up to totals that a reader knows, see :func:`protect`; over each grouping column if not
        given.

    Returns
    -------
    DataFrame
        One row per group with contributors: ``by``, n, sum, and why a cell was hidden for its own sake (``unsafe``:
        threshold, dominance, p-ratio). Hidden cells hold :data:`SUPPRESSED`, those that would reveal another among
        them.

    Raises
    ------
    BadInput
        If there are negative values.
    """
    if (records[value] < 0).any():
        raise BadInput(f"negative values in {value!r}", fix="dominance is not defined for them; add up amounts")
    cells = records.groupby(list(by), sort=False, observed=True)[value]
    table = pd.DataFrame({"n": cells.size(), "sum": cells.sum()})
    reasons = {
        "threshold": rule.small(table["n"]),
        "dominance": cells.apply(rule.dominates),
        "p-ratio": cells.apply(rule.estimable),
    }
    table["unsafe"] = [", ".join(name for name, cell in reasons.items() if cell[group]) for group in table.index]
    table["is_unsafe"] = table["unsafe"] != ""
    ways = list(within) or [[c for c in by if c != over] for over in by]
    safe = protect(
        table.reset_index(), rule, counts=["n"], derived={"n": ["sum"]}, also={"is_unsafe": True}, within=ways
    )
    return safe.drop(columns="is_unsafe")
