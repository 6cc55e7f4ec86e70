"""Measure, in worlds of known truth, what the network of codes and the saturation curve return of it.

Writes ``network_power.csv`` and ``saturation_recovery.csv`` beside their functions; the interview notebook prints both.

    python benchmarks/network_tables.py --runs 25
    python benchmarks/network_tables.py --only saturation
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
from continuum.interviews import chao2, cooccurrence, network, rarefaction  # noqa: E402
from continuum.interviews.cooccurrence import CoOccurrence, Q  # noqa: E402
from continuum.interviews.network import POWER_FILE  # noqa: E402
from continuum.interviews.saturation import RECOVERY_FILE  # noqa: E402
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
    "chain": "a chain of codes",
}
SIZES = (42, 200)
#: Interviews from which codes are to be seen: sectors of the size of the demonstration study, and all of it.
SAMPLES = (9, 15, 42)
#: Interviews of the world they are drawn from.
POPULATION = 2000


def kept_with_fixed_margins(found: CoOccurrence, matrix: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Pairs that pass false-discovery control and bootstrap inclusion."""
    try:
        return network(found, matrix, replicates=300, seed=rng, measures=False).edges
    except NoNetworkSupported:
        return found.pairs.iloc[:0]


def related(world: str, pairs: pd.DataFrame) -> pd.Series:
    """Which pairs of codes a world relates directly, by the places of the codes."""
    first, second = pairs["code_a"], pairs["code_b"]
    if world == "clustered":
        return first // 6 == second // 6
    return (second - first == 1) & (world == "chain")


def kept_with_column_margins(found: CoOccurrence) -> int:
    """Pairs that would pass if only the frequency of each code were kept: exact hypergeometric tails."""
    pairs, n = found.pairs, found.interviews
    low = hypergeom.cdf(pairs["both"], n, pairs["n_a"], pairs["n_b"])
    high = hypergeom.sf(pairs["both"] - 1, n, pairs["n_a"], pairs["n_b"])
    return int((benjamini_hochberg(np.minimum(1, 2 * np.minimum(low, high))) < Q).sum())


def measure(world: str, n: int, runs: int) -> dict[str, object]:
    """Means over simulated samples of one world at one size."""
    rows = []
    totals = np.array([max(1, round(p * n)) for p in PREVALENCE])
    for run in range(runs):
        rng = np.random.default_rng([SEED, list(WORLDS).index(world), n, run])
        matrix = pd.DataFrame(mentions(world, totals, n, rng).astype(int))
        found = cooccurrence(matrix, draws=DRAWS, seed=rng)
        kept = kept_with_fixed_margins(found, matrix, rng)
        right = int((related(world, kept) & (kept["effect"] > 0)).sum())
        rows.append((right, len(kept), len(kept) - right, len(kept) > 0, kept_with_column_margins(found)))
    right, kept_all, other, some, columns = np.mean(rows, axis=0)
    planted = int(related(world, found.pairs).sum())
    return {"world": WORLDS[world], "interviews": n, "runs": runs, "related": planted,
            "found": right / planted if planted else np.nan, "kept": kept_all, "other": other, "any": some,
            "kept_column_margins": columns}  # fmt: skip


def recover(world: str, n: int, runs: int) -> dict[str, object]:
    """What samples of ``n`` interviews tell of a world that holds all codes: means over samples."""
    rows = []
    totals = np.array([round(p * POPULATION) for p in PREVALENCE])
    half = n // 2
    for run in range(runs):
        rng = np.random.default_rng([SEED, 100 + list(WORLDS).index(world), n, run])
        sample = mentions(world, totals, POPULATION, rng)[rng.permutation(POPULATION)[:n]].astype(int)
        estimate = chao2(pd.DataFrame(sample))
        close = abs(estimate - len(totals)) <= 1
        rows.append(((sample.sum(axis=0) > 0).sum(), rarefaction(sample)[0][half - 1], estimate, close))
    seen, curve, estimate, close = np.mean(rows, axis=0)
    true = (1 - hypergeom.pmf(0, POPULATION, totals, half)).sum()
    return {"world": WORLDS[world], "interviews": n, "runs": runs, "codes": len(totals), "seen": seen,
            "curve_at_half": curve, "true_at_half": true, "chao2": estimate, "within_one": close}  # fmt: skip


def write(file: Path, rows: list[dict[str, object]]) -> None:
    pd.DataFrame(rows).round(2).to_csv(file, index=False, lineterminator="\n")
    print(f"wrote {file.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25, help="simulated samples of each network")
    parser.add_argument("--samples", type=int, default=1000, help="simulated samples of each saturation curve")
    parser.add_argument("--only", choices=("network", "saturation"))
    given = parser.parse_args()
    if given.only != "network":
        write(RECOVERY_FILE, [recover(world, n, given.samples) for world in WORLDS for n in SAMPLES])
    if given.only != "saturation":
        rows = []
        for world in WORLDS:
            for n in SIZES:
                started = time.perf_counter()
                rows.append(measure(world, n, given.runs))
                print(rows[-1], f"{time.perf_counter() - started:.0f} s", flush=True)
        write(POWER_FILE, rows)


if __name__ == "__main__":
    main()
