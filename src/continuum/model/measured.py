"""Rates measured in simulated worlds by ``benchmarks/gate_tables.py``, with the number of runs behind each.

No study's data are in them: they say what the methods can do.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd


def measured(name: str) -> pd.DataFrame:
    """One table: ``gate_verdicts``, ``gate_orders``, ``life_rates`` or ``selection_rates``."""
    return pd.read_csv(str(files(__package__) / f"{name}.csv"))


def nearest(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Rows of the sample size closest to ``n`` in ratio."""
    size = min(table["n"].unique(), key=lambda other: abs(np.log(other / n)))
    return table[table["n"] == size].reset_index(drop=True)
