"""Measure, in worlds of known truth, how often the methods of the continuum model are right.

Writes tables beside the model, which shows them with the number of runs behind each rate: ``gate_verdicts.csv`` (is
the gate right), ``gate_orders.csv`` (which method recovers an order), ``life_rates.csv`` (which life-course verdicts
samples of a size can find) and ``selection_rates.csv`` (does picking hold its level).

    python benchmarks/gate_tables.py verdicts --runs 1000
    python benchmarks/gate_tables.py orders --runs 1000
    python benchmarks/gate_tables.py life --runs 1000
    python benchmarks/gate_tables.py selection --runs 1000
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This folder holds a file with the name of the package, which must not be imported in its place.
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from statsmodels.stats.proportion import proportion_confint  # noqa: E402

from continuum.errors import CompendiumError  # noqa: E402
from continuum.model import design_analysis, gate  # noqa: E402
from continuum.model.correspondence import decompose  # noqa: E402
from continuum.model.latent import latent_trait  # noqa: E402
from continuum.model.outcomes import Outcome, compress  # noqa: E402
from continuum.model.selection import select_cells  # noqa: E402
from continuum.model.worlds import code_world  # noqa: E402

TARGET = Path(gate.__file__).parent
SEED = 20190101
CODES = 24
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


def order_cell(world: str, n: int, runs: int) -> dict[str, object]:
    """Mean and 5th percentile of the rank correlation with the true order, by estimator.

    The first axis of a correspondence analysis has no direction, so its size counts; the others point one way.
    """
    found: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
    for run in range(runs):
        _, matrix, positions = world_of(world, n, run)
        keep = matrix.min(axis=0) < matrix.max(axis=0)
        truth = pd.Series(positions[keep])
        for name, estimate in ESTIMATORS.items():
            found[name].append(float(truth.corr(pd.Series(estimate(matrix[:, keep])), method="spearman")))
    found["axis"] = list(np.abs(found["axis"]))
    row: dict[str, object] = {"world": world, "n": n, "codes": CODES, "runs": runs}
    for name, values in found.items():
        known = [value for value in values if not np.isnan(value)] or [np.nan]
        row |= {name: round(float(np.mean(known)), 4), f"{name}_p5": round(float(np.quantile(known, 0.05)), 4)}
    return row | {"seed": SEED}


def thresholds(matrix: np.ndarray, **model: Any) -> np.ndarray:
    """First thresholds; flagged items keep no place and are left out of the correlation."""
    try:
        return latent_trait(matrix, **model).items["threshold1"].to_numpy()
    except CompendiumError:
        return np.full(matrix.shape[1], np.nan)


ESTIMATORS = {
    "mention": lambda matrix: -matrix.mean(axis=0),
    "rasch": lambda matrix: thresholds(matrix, slopes="common"),
    "two_parameter": thresholds,
    "two_parameter_prior": lambda matrix: thresholds(matrix, prior_sd=0.5),
    "axis": lambda matrix: decompose(matrix).columns[:, 0],
}


def life_cells(n: int, runs: int) -> list[dict[str, Any]]:
    """Operating characteristics of the two-part verdict in the reference world."""
    table = design_analysis(n, replicates=runs, seed=SEED).table.assign(n=n, seed=SEED).round(4)
    return table.to_dict("records")


def selection_cells(n: int, runs: int) -> list[dict[str, Any]]:
    """Rejections under the null by selective and by naive testing of the best of 14 hypotheses, at the 5% level."""
    selective = naive = 0
    for run in range(runs):
        rng = np.random.default_rng([SEED, n, run])
        met = (rng.random((n, 5)) < 0.5).astype(int)
        for k in range(1, 5):
            met[:, k] = rng.random(n) < np.where(met[:, k - 1] == 1, 0.73, 0.27)
        outcome = Outcome([str(k) for k in range(n)], hand_out(rng, n), list("0123"))
        found = select_cells(compress(met, outcome), list("abcde"), draws=999, seed=rng)
        selective += found.p <= 0.05
        naive += bool(found.hypotheses["p_naive"].min() <= 0.05)
    low, high = proportion_confint(selective, runs, method="wilson")
    return [{"n": n, "hypotheses": 14, "runs": runs, "selective": selective / runs, "low": round(low, 4),
             "high": round(high, 4), "naive": naive / runs, "seed": SEED}]  # fmt: skip


def hand_out(rng: np.random.Generator, n: int) -> np.ndarray:
    """Four levels of nearly equal size in random order."""
    return rng.permutation(np.arange(n) % 4)


@dataclass(frozen=True)
class Measured:
    """One table: its file, sizes, what names a cell beside the size, and how one cell is measured."""

    file: str
    sizes: tuple[int, ...]
    keys: tuple[str, ...]
    worlds: tuple[str, ...]
    measure: Callable[[str, int, int], list[dict[str, Any]]]


TABLES = {
    "verdicts": Measured("gate_verdicts", (42, 100, 200, 667), ("world",), tuple(TRUTH),
                         lambda world, n, runs: [verdict_cell(world, n, runs)]),
    "orders": Measured("gate_orders", (42, 200, 667), ("world",), ("cumulative", "unfolding"),
                       lambda world, n, runs: [order_cell(world, n, runs)]),
    "life": Measured("life_rates", (42, 200, 667, 2000), ("part", "truth"), ("",),
                     lambda _, n, runs: life_cells(n, runs)),
    "selection": Measured("selection_rates", (42, 200, 667, 2000), (), ("",),
                          lambda _, n, runs: selection_cells(n, runs)),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", help="only these sizes")
    parser.add_argument("--worlds", nargs="+", help="only these worlds")
    options = parser.parse_args()
    table = TABLES[options.table]
    for n in options.sizes or table.sizes:
        for world in options.worlds or table.worlds:
            started = time.perf_counter()
            rows = table.measure(world, n, options.runs)
            print(f"{world} n={n} ({time.perf_counter() - started:.0f} s): {rows}", file=sys.stderr)
            keep_measured(TARGET / f"{table.file}.csv", rows, ["n", *table.keys])


def keep_measured(target: Path, rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Replace the measured cells in the file and keep the others."""
    fresh = pd.DataFrame(rows)
    if target.exists():
        old = pd.read_csv(target)
        measured = pd.MultiIndex.from_frame(fresh[keys])
        others = old[~pd.MultiIndex.from_frame(old[keys]).isin(measured)]
        fresh = pd.concat([others, fresh]).reindex(columns=fresh.columns)
    order = ["n", "world"] if "world" in keys else ["n"]
    fresh.sort_values(order, kind="stable").to_csv(target, index=False)


if __name__ == "__main__":
    main()
