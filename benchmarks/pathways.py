"""Pathways and scenarios: speed of the cohort, of simulated people and of the panel fit, beside R's msm.

Run: python benchmarks/pathways.py [--full] [--coverage RUNS]
--full simulates 100,000 people x 120 months x 1,000 draws instead of a fiftieth of the draws.
--coverage repeats the recovery study instead: share of 95 % intervals that hold the truth.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# This folder holds a file with the name of the package, which must not be imported in its place.
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402

from continuum.model import Pathways  # noqa: E402
from continuum.model.cohort import exponentials, generators, run_cohort, start_shares  # noqa: E402
from continuum.model.ledger import load_ledgers  # noqa: E402
from continuum.model.microsimulation import occupancy_counts  # noqa: E402
from continuum.study import load_study  # noqa: E402

TRUE = Pathways(
    (0.10, 0.07, 0.04), (0.14, 0.09, 0.06), (0.05, 0.10, 0.16, 0.20), (0.20, 0.12, 0.08, 0.06), -0.3, 0.4,
    {"x": {"up": 0.3}},
)  # fmt: skip
TRUTH = [*TRUE.up, *TRUE.down, *TRUE.opt_in, *TRUE.opt_out, np.exp(-0.3), np.exp(0.4), np.exp(0.3)]
START = np.full(8, 1 / 8)

R_SCRIPT = """
suppressMessages(library(msm)); d <- read.csv("{csv}"); d$state <- 2 * d$level + d$engaged + 1
q <- matrix(0, 8, 8); for (l in 0:3) {{ o <- 2 * l + 1; q[o, o + 1] <- .1; q[o + 1, o] <- .1
  if (l < 3) {{ q[o, o + 2] <- .1; q[o + 1, o + 3] <- .1; q[o + 2, o] <- .1; q[o + 3, o + 1] <- .1 }} }}
t <- system.time(f <- msm(state ~ time, subject = person_id, data = d, qmatrix = q,
  control = list(fnscale = 5000, maxit = 5000, reltol = 1e-12)))[["elapsed"]]
cat(t, f$minus2loglik)
"""


def timed(task: Callable[[], object], repeats: int) -> float:
    """Median wall time in seconds."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def panel(people: int, visits: int, step: float, seed: int):
    rng = np.random.default_rng(seed)
    times = step * np.arange(visits)
    return TRUE.simulate(people, times, rng, start=START, covariates={"x": rng.integers(0, 2, people).astype(float)})


def cohort() -> None:
    ledger = load_ledgers(load_study("demo"))[0]
    draws = ledger.draw(1000, 1)
    steps = exponentials(generators(draws, {}))
    begin = start_shares(draws)

    def loop() -> None:
        share = begin
        for _ in range(240):
            share = np.einsum("ni,nij->nj", share, steps)

    ours = timed(lambda: run_cohort(ledger, draws, months=240), 7)
    peer = 4 * timed(loop, 3)
    print(f"cohort, 1,000 draws x 240 cycles x 4 strategies: {ours:.3f} s "
          f"(month by month in numpy: {peer:.3f} s, ratio {peer / ours:.0f})")  # fmt: skip


def people(full: bool) -> None:
    ledger = load_ledgers(load_study("demo"))[0]
    count = 1000 if full else 20
    draws = ledger.draw(count, 1)
    steps = np.stack([exponentials(generators(draws, {}))] * 2, axis=1)
    begin = start_shares(draws)
    occupancy_counts(begin, steps, 2, 10, 1)  # compile
    cpu = time.process_time()
    wall = timed(lambda: occupancy_counts(begin, steps, 120, 100_000, 1), 1)
    cpu = time.process_time() - cpu
    note = "" if full else f"; 1,000 draws would take {50 * cpu / 2:.0f} s on 2 free processors"
    print(f"people, 100,000 x 120 months x {count} draws: {wall:.1f} s wall, {cpu:.1f} s of processor time{note}")


def fits() -> None:
    data = panel(300, 24, 1.0, 1)
    ours = timed(lambda: Pathways.fit(data, covariates={"x": ("up",)}), 5)
    print(f"panel fit, 300 people x 24 visits, 17 parameters: {ours:.2f} s")
    if shutil.which("Rscript") is None:
        print("msm: skipped, R is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "panel.csv"
        data.to_csv(csv, index=False)
        done = subprocess.run(
            ["Rscript", "-e", R_SCRIPT.format(csv=csv.as_posix())], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        print("msm: skipped, the R package is not installed")
        return
    seconds, minus2 = (float(part) for part in done.stdout.split()[-2:])
    same = timed(lambda: Pathways.fit(data), 3)
    print(f"msm, 20 free intensities of the same panel: {seconds:.2f} s (-2 log-likelihood {minus2:.3f}); "
          f"ours without covariate {same:.2f} s, ratio {seconds / same:.0f}")  # fmt: skip


def coverage(runs: int) -> None:
    for size, visits, step in ((300, 24, 1.0), (300, 8, 3.0), (100, 8, 3.0)):
        hits, weak = [], 0
        for seed in range(runs):
            fit = Pathways.fit(panel(size, visits, step, 1000 + seed), covariates={"x": ("up",)})
            table = fit.table()
            weak += fit.weak_prior
            hits.append((table["low"] <= TRUTH) & (table["high"] >= TRUTH))
        share = np.mean(hits, axis=0)
        print(f"coverage, {size} people x {visits} visits: mean {share.mean():.3f}, lowest {share.min():.3f} "
              f"({runs} runs, {weak} of them needed the weak prior)")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--coverage", type=int, default=0)
    chosen = parser.parse_args()
    if not chosen.coverage:
        cohort()
        people(chosen.full)
        fits()
    else:
        coverage(chosen.coverage)
