"""Step 1 of the public-health approach: reports received per people served. Never prevalence, never persons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

PER = 1000


class Monitored(Protocol):
    """What the importer returns: reports received and people served."""

    reports: pd.DataFrame
    denominators: pd.DataFrame


def rates_of(monitored: Monitored) -> pd.DataFrame:
    """Rates by site, kind of exploitation (``not stated`` where it is unknown) and status."""
    reports = monitored.reports.assign(exploitation=monitored.reports["exploitation"].fillna("not stated"))
    return report_rates(reports, monitored.denominators, by=("site", "exploitation"))


def chart_of(monitored: Monitored) -> pd.DataFrame:
    """Control chart of the reports; see :func:`control_chart`."""
    return control_chart(monitored.reports, monitored.denominators)


def report_rates(
    reports: pd.DataFrame,
    denominators: pd.DataFrame,
    *,
    by: Sequence[str] = ("site",),
    level: float = 0.95,
    per: int = PER,
) -> pd.DataFrame:
    """Reports per people served, with the exact Poisson interval; suspected and confirmed are never added.

    Parameters
    ----------
    reports : DataFrame
        site, period, status, n, and optionally exploitation and source_sector. Zero reports are rows with n = 0.
    denominators : DataFrame
        site, period, persons_served.
    by : sequence of str
        Columns of ``reports`` that define a rate, beside ``status``.
    level : float
        Confidence level.
    per : int
        People the rate refers to.

    Returns
    -------
    DataFrame
        by, status, reports, persons_served, rate, low, high. ``reports`` are those from sites and periods whose people
        served are known; where none are, all reports are counted and the rate is missing.

    Notes
    -----
    Source: Garwood 1936 (Biometrika 28:437-442).
    """
    keys = [*by, "status"]
    based = reports.merge(denominators, on=["site", "period"], how="left")
    known = based[based["persons_served"].notna()]
    table = reports.groupby(keys, sort=True)["n"].sum().rename("all").to_frame()
    counted = known.groupby(keys)["n"].sum().reindex(table.index)
    cells = known[list(dict.fromkeys([*keys, "site", "period", "persons_served"]))].drop_duplicates()
    table["persons_served"] = cells.groupby(keys)["persons_served"].sum()
    table["reports"] = counted.fillna(table.pop("all")).astype(int)
    table = table.reset_index()[[*keys, "reports", "persons_served"]]
    low, high = garwood(table["reports"].to_numpy(), level)
    scale = per / table["persons_served"]
    return table.assign(rate=table["reports"] * scale, low=low * scale, high=high * scale)


def garwood(counts: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval for the mean of Poisson counts, by chi-square quantiles."""
    counts = np.asarray(counts, dtype=float)
    tail = (1 - level) / 2
    low = np.where(counts > 0, stats.chi2.ppf(tail, 2 * np.maximum(counts, 1)) / 2, 0.0)
    return low, stats.chi2.ppf(1 - tail, 2 * (counts + 1)) / 2


def control_chart(reports: pd.DataFrame, denominators: pd.DataFrame, *, per: int = PER) -> pd.DataFrame:
    """u-chart by site and status: which periods lie outside what chance allows around the site's own mean.

    Returns
    -------
    DataFrame
        site, status, period, reports, persons_served, rate, center, lower, upper, outside (bool); limits are
        center -+ 3 sqrt(center / people served). Periods without people served are left out.
    """
    table = report_rates(reports, denominators, by=("site", "period"), per=per).dropna(subset=["persons_served"])
    grouped = table.groupby(["site", "status"])
    center = grouped["reports"].transform("sum") / grouped["persons_served"].transform("sum")
    width = 3 * np.sqrt(center / table["persons_served"])
    table = table.assign(center=center * per, lower=(center - width).clip(lower=0) * per, upper=(center + width) * per)
    table["outside"] = (table["rate"] < table["lower"]) | (table["rate"] > table["upper"])
    columns = ["site", "status", "period", "reports", "persons_served", "rate", "center", "lower", "upper", "outside"]
    return table[columns].reset_index(drop=True)
