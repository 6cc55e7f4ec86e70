"""Measure, in worlds of known truth, how often the methods of the continuum model are right.

Writes tables beside the model, which shows them with the number of runs behind each rate: ``gate_verdicts.csv`` (is
the gate right), ``gate_orders.csv`` (which method recovers an order), ``life_rates.csv`` (which life-course verdicts
samples of a size can find) and ``selection_rates.csv`` (does picking hold its level).

    python benchmarks/gate_tables.py verdicts --runs 1000
    python benchmarks/gate_tables.py orders --runs 200
    python benchmarks/gate_tables.py life --runs 1000
    python benchmarks/gate_tables.py selection --runs 1000
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

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


def two_parameter(matrix: np.ndarray, prior_sd: float | None) -> np.ndarray:
    """First thresholds; flagged items keep no place and are left out of the correlation."""
    try:
        return latent_trait(matrix, prior_sd=prior_sd).items["threshold1"].to_numpy()
    except CompendiumError:
        return np.full(matrix.shape[1], np.nan)


ESTIMATORS = {
    "mention": lambda matrix: -matrix.mean(axis=0),
    "two_parameter": lambda matrix: two_parameter(matrix, None),
    "two_parameter_prior": lambda matrix: two_parameter(matrix, 0.5),
    "axis": lambda matrix: decompose(matrix).columns[:, 0],
}
ORDERED = ("cumulative", "unfolding")


def life_rates(runs: int) -> pd.DataFrame:
    """Operating characteristics of the two-part verdict in the reference world, at four sizes."""
    tables = [design_analysis(n, replicates=runs, seed=SEED).table.assign(n=n, seed=SEED) for n in (42, 200, 667, 2000)]
    return pd.concat(tables).round(4)


def selection_rates(runs: int) -> pd.DataFrame:
    """Rejections under the null by selective and by naive testing of the best of 14 hypotheses, at the 5% level."""
    rows = []
    for n in (42, 200, 667):
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
        rows.append({"n": n, "hypotheses": 14, "runs": runs, "selective": selective / runs, "low": round(low, 4),
                     "high": round(high, 4), "naive": naive / runs, "seed": SEED})  # fmt: skip
    return pd.DataFrame(rows)


def hand_out(rng: np.random.Generator, n: int) -> np.ndarray:
    """Four levels of nearly equal size in random order."""
    return rng.permutation(np.arange(n) % 4)


SINGLE = {"life": life_rates, "selection": selection_rates}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=["verdicts", "orders", "life", "selection"])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--worlds", nargs="+", help="only these worlds")
    options = parser.parse_args()
    if options.table in SINGLE:
        SINGLE[options.table](options.runs).to_csv(TARGET / f"{options.table}_rates.csv", index=False)
        return
    target = TARGET / f"gate_{options.table}.csv"
    measure, worlds = (verdict_cell, TRUTH) if options.table == "verdicts" else (order_cell, ORDERED)
    rows = []
    for n in options.sizes:
        for world in options.worlds or worlds:
            started = time.perf_counter()
            rows.append(measure(world, n, options.runs))
            print(f"{world} n={n} ({time.perf_counter() - started:.0f} s): {rows[-1]}", file=sys.stderr)
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
