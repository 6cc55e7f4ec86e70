"""Known answers that the compendium's statistics were compared with: the value here, the value there, the source.

Every room that computes statistics keeps its comparisons in a file ``oracle_checks.csv`` beside its modules; a test
recomputes them and fails if the file is not what it finds.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FILE = "oracle_checks.csv"
COLUMNS = ("id", "statistic", "value", "here", "there", "difference", "tolerance", "source")


def oracle_checks() -> pd.DataFrame:
    """All comparisons of all rooms, one row per value.

    Returns
    -------
    DataFrame
        ``room``, ``id`` of the known answer, ``statistic``, ``value`` (which of its values), ``here``, ``there``,
        ``difference`` (here - there), ``tolerance`` (largest absolute difference that passes) and ``source`` (software
        with version, or publication).
    """
    parts = [
        pd.read_csv(file, dtype={"id": "str", "value": "str"}).assign(room=file.parent.name)
        for file in sorted(Path(__file__).parent.glob(f"*/{FILE}"))
    ]
    if not parts:
        return pd.DataFrame(columns=["room", *COLUMNS])
    return pd.concat(parts, ignore_index=True)[["room", *COLUMNS]]


def worst(checks: pd.DataFrame) -> pd.DataFrame:
    """One row per known answer: how many values, and the largest difference as a share of its tolerance.

    Returns
    -------
    DataFrame
        ``room``, ``id``, ``statistic``, ``values``, ``difference`` (largest absolute), ``of_tolerance``, ``source``.
    """
    size = checks["difference"].abs()
    grouped = checks.assign(size=size, share=size / checks["tolerance"]).groupby(["room", "id"], sort=False)
    return grouped.agg(
        statistic=("statistic", "first"), values=("value", "size"), difference=("size", "max"),
        of_tolerance=("share", "max"), source=("source", "first"),
    ).reset_index()  # fmt: skip
