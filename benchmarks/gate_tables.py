"""Measure, in worlds of known truth, how often the gate is right and how well each method recovers an order.

Writes ``gate_verdicts.csv`` or ``gate_orders.csv`` beside the gate, which prints the row nearest to a study's size.

    python benchmarks/gate_tables.py verdicts --runs 1000
    python benchmarks/gate_tables.py orders --runs 200
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from continuum.errors import CompendiumError
from continuum.model import gate
from continuum.model.worlds import code_world

TARGET = Path(gate.__file__).parent
SEED = 20190101
CODES = 24
SIZES = (42, 100, 200, 667)
#: The verdict that is right in each world.
TRUTH = {
    "cumulative": "cumulative",
    "cumulative-equal": "cumulative",
    "unfolding": "unfolding",
    "independent": "NoOrderSupported",
    "clusters": "NoOrderSupported",
    "groups": "NoOrderSupported",
}


def world_of(name: str, n: int, run: int) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    """The same world and random numbers for a cell and run, whatever else is measured."""
    rng = np.random.default_rng([SEED, list(TRUTH).index(name), n, run])
    matrix, positions = code_world(name, n, CODES, rng)
    return rng, matrix, positions


def verdict_cell(world: str, n: int, runs: int) -> dict[str, object]:
    """Verdicts of both rules in one cell; a matrix the gate refuses to read counts as a refusal."""
    verdicts, strict = [], []
    for run in range(runs):
        rng, matrix, _ = world_of(world, n, run)
        try:
            found = gate.response_mechanism(matrix, replicates=500, draws=199, seed=rng)
            verdicts.append(found.verdict)
            strict.append(found.strict)
        except CompendiumError:
            verdicts.append("NoOrderSupported")
            strict.append("NoOrderSupported")
    right = verdicts.count(TRUTH[world])
    low, high = proportion_confint(right, runs, method="wilson")
    wrong = [v for v in strict if v not in (TRUTH[world], "NoOrderSupported")]
    return {
        "world": world, "n": n, "codes": CODES, "runs": runs,
        "cumulative": verdicts.count("cumulative") / runs,
        "unfolding": verdicts.count("unfolding") / runs,
        "refused": verdicts.count("NoOrderSupported") / runs,
        "right": right / runs, "low": round(low, 4), "high": round(high, 4),
        "strict_right": strict.count(TRUTH[world]) / runs, "strict_wrong": len(wrong) / runs, "seed": SEED,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=["verdicts"])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args()
    target = TARGET / f"gate_{options.table}.csv"
    rows = []
    for n in options.sizes:
        for world in TRUTH:
            started = time.perf_counter()
            rows.append(verdict_cell(world, n, options.runs))
            print(
                f"{world:17s} n={n:4d} right {rows[-1]['right']:.3f} ({time.perf_counter() - started:.0f} s)",
                file=sys.stderr,
            )
            keep_measured(target, rows)


def keep_measured(target: Path, rows: list[dict[str, object]]) -> None:
    """Replace the measured cells in the file and keep the others."""
    fresh = pd.DataFrame(rows)
    if target.exists():
        old = pd.read_csv(target)
        keys = set(zip(fresh["world"], fresh["n"], strict=True))
        fresh = pd.concat([old[[key not in keys for key in zip(old["world"], old["n"], strict=True)]], fresh])
    fresh.sort_values(["n", "world"]).to_csv(target, index=False)


if __name__ == "__main__":
    main()
