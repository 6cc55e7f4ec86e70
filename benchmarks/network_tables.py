"""Measure, in worlds of known truth, how many pairs of codes the network keeps: what an empty or a full one means.

Writes ``network_power.csv`` beside the network, which the interview notebook prints.

    python benchmarks/network_tables.py --runs 25
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
from scipy.stats import hypergeom  # noqa: E402

from continuum.errors import NoNetworkSupported  # noqa: E402
from continuum.interviews import cooccurrence, network  # noqa: E402
from continuum.interviews.cooccurrence import CoOccurrence, Q  # noqa: E402
from continuum.interviews.network import POWER_FILE  # noqa: E402
from continuum.interviews.testing import benjamini_hochberg  # noqa: E402
from continuum.synthetic.interviews import PREVALENCE  # noqa: E402
from continuum.synthetic.worlds import mentions  # noqa: E402

SEED = 20190101
DRAWS = 11_100  # 276 pairs at q = .05 need more than 11,040
WORLDS = {
    "independent": "independent codes",
    "cumulative": "one general factor",
    "clustered": "four clusters of six codes",
    "unfolding": "unfolding along a line",
}
SIZES = (42, 200)


def kept_with_fixed_margins(found: CoOccurrence, matrix: pd.DataFrame, rng: np.random.Generator) -> int:
    """Pairs that pass false-discovery control and bootstrap inclusion."""
    try:
        return len(network(found, matrix, replicates=300, seed=rng, measures=False).edges)
    except NoNetworkSupported:
        return 0


def kept_with_column_margins(found: CoOccurrence) -> int:
    """Pairs that would pass if only the frequency of each code were kept: exact hypergeometric tails."""
    pairs, n = found.pairs, found.interviews
    low = hypergeom.cdf(pairs["both"], n, pairs["n_a"], pairs["n_b"])
    high = hypergeom.sf(pairs["both"] - 1, n, pairs["n_a"], pairs["n_b"])
    return int((benjamini_hochberg(np.minimum(1, 2 * np.minimum(low, high))) < Q).sum())


def measure(world: str, n: int, runs: int) -> dict[str, object]:
    """Mean number of pairs kept in one world at one size."""
    fixed, columns = [], []
    totals = np.array([max(1, round(p * n)) for p in PREVALENCE])
    for run in range(runs):
        rng = np.random.default_rng([SEED, list(WORLDS).index(world), n, run])
        matrix = pd.DataFrame(mentions(world, totals, n, rng).astype(int))
        found = cooccurrence(matrix, draws=DRAWS, seed=rng)
        fixed.append(kept_with_fixed_margins(found, matrix, rng))
        columns.append(kept_with_column_margins(found))
    return {"world": WORLDS[world], "interviews": n, "runs": runs, "kept_fixed_margins": float(np.mean(fixed)),
            "kept_column_margins": float(np.mean(columns))}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=25)
    runs = parser.parse_args().runs
    rows = []
    for world in WORLDS:
        for n in SIZES:
            started = time.perf_counter()
            rows.append(measure(world, n, runs))
            print(rows[-1], f"{time.perf_counter() - started:.0f} s", flush=True)
    pd.DataFrame(rows).round(2).to_csv(POWER_FILE, index=False, lineterminator="\n")
    print(f"wrote {POWER_FILE.name}")


if __name__ == "__main__":
    main()
