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
from .grid import Grid, settings

_HIDDEN_WITH_N = ["value", "low", "high", "n"]
_FEWEST_FOR_A_FIGURE = 2


def compare(study: str, grid: Grid) -> Path:
    """Write ``runs/comparison.csv`` and ``runs/specification.{json,svg,png}`` for the runs of a grid.

    Parameters
    ----------
    study : str
    grid : Grid

    Returns
    -------
    path
        The table: one row per run and result, with the run's settings.
    """
    base = paths.results(study) / "runs"
    table = protect_across(results_of(study, grid), load_study(study).disclosure.threshold)
    names = sorted({name for run in grid.runs.values() for name in settings(run)})
    target = base / "comparison.csv"
    write_text(target, safe_for_spreadsheets(table).to_csv(index=False, lineterminator="\n"))
    _draw(table, names, grid.show, study, base / "specification")
    return target


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
    """Hide results whose base differs by a few cases from that of another run: the difference would reveal these few.

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
    for _, rows in bases.groupby(table["key"]):
        kept: float | None = None
        for base in sorted(rows.dropna().unique(), reverse=True):
            if kept is not None and kept - base < threshold:
                hidden |= (table.index.isin(rows.index)) & (bases == base)
            else:
                kept = base
    protected = table.copy()
    protected[_HIDDEN_WITH_N] = protected[_HIDDEN_WITH_N].astype("object").mask(hidden, SUPPRESSED)
    return protected


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
