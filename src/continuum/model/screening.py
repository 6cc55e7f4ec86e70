"""What a positive screening result means at a given base rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from ..errors import BadInput
from ..provenance import Provenance
from ..published import Fact

#: Base rates printed when a study names none: rare, uncommon, common.
BASE_RATES = (0.01, 0.05, 0.20)


def published_screening(fact: Callable[[str], Fact]) -> pd.DataFrame:
    """Predictive values of the Quick Youth Indicators for Trafficking from its published counts.

    Parameters
    ----------
    fact : callable
        :func:`continuum.published.fact`.

    Returns
    -------
    DataFrame
        setting (``as published``, ``base rate 1 %`` ...), the columns of :func:`predictive_values`, and n.
    """
    true_positive, positive = (fact(k).value or 0.0 for k in ("REL-069", "REL-066"))
    true_negative, false_positive = (fact(k).value or 0.0 for k in ("REL-071", "REL-072"))
    n = positive + true_negative + false_positive
    rates = (positive / n, *BASE_RATES)
    table = predictive_values(true_positive / positive, true_negative / (true_negative + false_positive), rates)
    table.insert(0, "setting", ["as published", *[f"base rate {100 * rate:.0f} %" for rate in BASE_RATES]])
    table = table.assign(n=int(n))
    table.attrs["provenance"] = Provenance.PUBLISHED
    return table


def predictive_values(sensitivity: float, specificity: float, base_rates: Sequence[float] = BASE_RATES) -> pd.DataFrame:
    """Positive and negative predictive values of a screening tool.

    Parameters
    ----------
    sensitivity, specificity : float
        From 0 to 1.
    base_rates : sequence of float
        Shares of people screened to whom the outcome applies; at least three, because one value would mislead.

    Returns
    -------
    DataFrame
        base_rate, ppv = se p / (se p + (1 - sp)(1 - p)), npv, flagged (share of all who screen positive),
        false_alarms_per_hit. NaN where nobody screens positive (or negative).

    Raises
    ------
    BadInput
        If a share is outside 0 to 1 or there are fewer than three base rates.
    """
    shares = [sensitivity, specificity, *base_rates]
    if any(not 0 <= share <= 1 for share in shares):
        raise BadInput("sensitivity, specificity and base rates lie from 0 to 1", fix="divide percentages by 100")
    if len(base_rates) < 3:
        raise BadInput("a predictive value is printed at three base rates or more", fix="name at least three")
    p = pd.Series(base_rates, dtype=float)
    true_positive, false_positive = sensitivity * p, (1 - specificity) * (1 - p)
    true_negative, false_negative = specificity * (1 - p), (1 - sensitivity) * p
    flagged = true_positive + false_positive
    return pd.DataFrame({
        "base_rate": p,
        "ppv": true_positive / flagged.where(flagged > 0),
        "npv": true_negative / (1 - flagged).where(flagged < 1),
        "flagged": flagged,
        "false_alarms_per_hit": false_positive / true_positive.where(true_positive > 0),
        "missed_share": false_negative / p.where(p > 0),
    })  # fmt: skip
