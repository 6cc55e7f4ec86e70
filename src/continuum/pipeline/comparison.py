"""Runs of a sweep side by side: one table of every result in every run, and the specification curve of one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import paths
from ..atomic import write_text
from ..disclosure import SUPPRESSED
from ..errors import BadInput
from ..study import load_study
from ..tables import safe_for_spreadsheets
from . import places
from .grid import Grid, settings

_HIDDEN_WITH_N = ["value", "low", "high", "n"]
_FEWEST_FOR_A_FIGURE = 2
#: Units of results that count cases.
COUNTED = frozenset({"count", "interviews", "respondents", "people", "persons", "organizations", "answers", "cases"})


def compare(study: str, grid: Grid) -> None:
    """Write ``runs/comparison.csv`` and ``runs/specification.{json,svg,png}`` for the runs of a grid.

    The table has one row per run and result, with the run's settings.

    Parameters
    ----------
    study : str
    grid : Grid

    Raises
    ------
    BadInput
        If the result that the grid shows is not a number in two or more runs.
    """
    table = protect_across(results_of(study, grid), load_study(study).disclosure.threshold)
    names = sorted({name for run in grid.runs.values() for name in settings(run)})
    target = places.comparison(study)
    write_text(target, safe_for_spreadsheets(table).to_csv(index=False, lineterminator="\n"))
    _draw(table, names, grid.show, study, target.with_name("specification"))


def results_of(study: str, grid: Grid) -> pd.DataFrame:
    """Every stored result of every run that has any.

    Returns
    -------
    DataFrame
        run, one column per setting, key, value, low, high, n, unit, provenance; sorted by key and run.
    """
    rows: list[dict[str, Any]] = []
    for run, chosen in grid.runs.items():
        file = paths.results(study, run) / "results.json"
        stored = json.loads(file.read_text(encoding="utf-8"))["results"] if file.exists() else {}
        for key, entry in stored.items():
            bounds = entry.get("interval") or {}
            rows.append(
                {"run": run, **settings(chosen), "key": key, "value": entry["value"], "low": bounds.get("low"),
                 "high": bounds.get("high"), "n": entry["n"], "unit": entry["unit"], "provenance": entry["provenance"]}
            )  # fmt: skip
    return pd.DataFrame(rows).sort_values(["key", "run"], ignore_index=True) if rows else pd.DataFrame(columns=["key"])


def protect_across(table: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Hide results of runs on fewer cases whose difference from runs on more would reveal a few cases.

    Bases are compared, and so are the counts behind results: counts of people, and shares times their base. Where the
    smaller runs can be parts of the largest one (one run for each sector), what all of them leave over is held to the
    threshold as well.

    Parameters
    ----------
    table : DataFrame
        As from :func:`results_of`.
    threshold : int
        Of the study's disclosure rule.

    Returns
    -------
    DataFrame
        A copy; hidden cells hold :data:`continuum.disclosure.SUPPRESSED`. The larger base is kept.
    """
    if table.empty:
        return table
    hidden = pd.Series(False, index=table.index)
    bases = pd.to_numeric(table["n"], errors="coerce")
    counts = _counts(table, bases)
    for _, found in bases.groupby(table["key"]).groups.items():
        rows = found[bases[found].notna()]
        kept: list[tuple[float, float]] = []  # base and count of each kind of run that stays, from the largest on
        runs = pd.DataFrame({"base": bases[rows], "count": counts[rows]})
        parts = _are_parts(runs)
        for base, same in sorted(runs.groupby("base"), key=lambda group: -float(group[0])):  # type: ignore[arg-type]
            told = [(float(base), float(c)) for c in same["count"].unique()]  # type: ignore[arg-type]
            if any(_close(few, many, threshold) for few in told for many in (kept[:1] if parts else kept)):
                hidden[same.index] = True
            else:
                kept += told
        if parts:
            hidden[_that_leave_few(runs[~hidden[rows]], threshold)] = True
    protected = table.copy()
    protected[_HIDDEN_WITH_N] = protected[_HIDDEN_WITH_N].astype("object").mask(hidden, SUPPRESSED)
    return protected


def _counts(table: pd.DataFrame, bases: pd.Series) -> pd.Series:
    """Cases behind each result: of a count itself, of a share its part of the base; missing for other results."""
    values = pd.to_numeric(table["value"], errors="coerce")
    units = table["unit"] if "unit" in table else pd.Series("", index=table.index)
    shares = (values * bases).round().where(units.eq("share"))
    return shares.fillna(values.where(units.isin(COUNTED) & (values == values.round())))


def _close(few: tuple[float, float], many: tuple[float, float], threshold: int) -> bool:
    """Whether the difference of two runs is a small group, or says what only a few of a group answered."""
    cases, answers = many[0] - few[0], many[1] - few[1]
    parts = [cases, answers, cases - answers]
    return any(0 < part < threshold for part in parts) and cases > 0


def _are_parts(runs: pd.DataFrame) -> bool:
    """Whether several smaller runs can be on different cases of the largest one."""
    smaller = runs[runs["base"] < runs["base"].max()].drop_duplicates()
    return len(smaller) > 1 and smaller["base"].sum() <= runs["base"].max()


def _that_leave_few(runs: pd.DataFrame, threshold: int) -> list:
    """The smallest of runs that together leave a small rest of the largest run: the rest is unknown without it."""
    largest = runs["base"].max()
    smaller, whole = runs[runs["base"] < largest].drop_duplicates(), runs.loc[runs["base"] == largest, "count"]
    cases = largest - smaller["base"].sum()
    answers = whole.iloc[0] - smaller["count"].sum(skipna=False)
    if not any(0 < rest < threshold for rest in (cases, answers, cases - answers)):
        return []
    return list(runs.index[runs["base"] == smaller["base"].min()])


def _draw(table: pd.DataFrame, names: list[str], show: str, study: str, stem: Path) -> None:
    from ..charts import figure
    from ..charts.specification import specification_curve

    numbers = table[["run", *names, "key", "unit"]].assign(
        **{column: pd.to_numeric(table[column], errors="coerce") for column in ("value", "low", "high")}
    ) if not table.empty else table  # fmt: skip
    key = _key_to_show(numbers, show)
    if key is None:
        for old in stem.parent.glob(f"{stem.name}.*"):
            old.unlink()
        return
    rows = numbers[(numbers["key"] == key) & numbers["value"].notna()]
    varying = [name for name in names if rows[name].nunique() > 1] or names
    short = {name: name[3:].replace(".", " ") for name in varying}
    chart = specification_curve(
        rows.rename(columns=short), list(short.values()), value_title=f"{key} ({rows['unit'].iloc[0]})"
    )
    low, high = rows["value"].min(), rows["value"].max()
    alt = f"{key} in {len(rows)} runs, from {low:.3g} to {high:.3g}, above a grid of the settings of each run."
    drawn = figure(
        chart, title=f"{key} under {len(rows)} specifications", alt=alt, synthetic=load_study(study).synthetic
    )
    drawn.write(stem)


def _key_to_show(numbers: pd.DataFrame, show: str) -> str | None:
    """The result asked for; else the one the settings change most for its size, one with intervals if there is any."""
    if numbers.empty:
        return None
    usable = numbers[numbers["value"].notna()]
    counts = usable.groupby("key")["run"].nunique()
    keys = list(counts[counts >= _FEWEST_FOR_A_FIGURE].index)
    if show:
        if show not in keys:
            raise BadInput(f"the grid shows {show!r}, which is not a number in two or more runs", fix=_some(keys))
        return show
    if not keys:
        return None
    spread = usable[usable["key"].isin(keys)].groupby("key").agg(
        interval=("low", "count"), low=("value", "min"), high=("value", "max"), middle=("value", "median")
    )  # fmt: skip
    spread["relative"] = (spread["high"] - spread["low"]) / np.maximum(spread["middle"].abs(), 1e-12)
    spread["has_interval"] = spread["interval"] > 0
    ordered = spread.sort_values(["has_interval", "relative"], ascending=False, kind="stable")
    return str(ordered.index[0])


def _some(keys: list[str]) -> str:
    return f"use one of: {', '.join(keys[:12])}{' ...' if len(keys) > 12 else ''}"
