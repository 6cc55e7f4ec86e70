"""Time the interview summaries beside their peers, in one run on one machine: medians, ratios, and the project's bars.

    python benchmarks/interviews.py [--quick]

Peers that are not installed are skipped with a line that says so. Times are processor seconds, so that other work on
the machine does not count. Set OMP_NUM_THREADS=1 for numbers of one core.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
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
import pandas as pd  # noqa: E402

import continuum.interviews as iv  # noqa: E402
from continuum import nullmodels  # noqa: E402
from continuum.ingest.tables import (  # noqa: E402
    ASSERTION_COLUMNS,
    CODEBOOK_COLUMNS,
    CODING_COLUMNS,
    INTERVIEW_COLUMNS,
    CodedInterviews,
    ImportReport,
    complete,
    empty,
)
from continuum.nullmodels import curveball_batches  # noqa: E402

REPLICATES = 100_000
DRAWS = 10_000
R_CURVEBALL = """
suppressMessages(library(vegan)); x <- as.matrix(read.csv("codes.csv")); nm <- nullmodel(x, "curveball")
invisible(simulate(nm, nsim = 100, thin = 5 * nrow(x)))
cat(replicate(3, sum(system.time(simulate(nm, nsim = {draws}, burnin = 10 * nrow(x), thin = 5 * nrow(x)))[1:2])))
"""


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Median processor time."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def line(name: str, ours: float, peer: str = "", theirs: float | None = None, bar: str = "", met: bool = True) -> None:
    text = f"{name:60s} {ours:9.3f} s"
    if theirs is not None:
        text += f"   {peer} {theirs:9.3f} s   {theirs / ours:7.1f} x"
    if bar:
        text += f"   bar {bar}: {'met' if met else 'MISSED'}"
    print(text, flush=True)


def three_coders() -> tuple[np.ndarray, np.ndarray]:
    """Ratings of three coders, 1,260 units in 42 interviews, 5 percent missing: the size of a real study."""
    rng = np.random.default_rng(7)
    truth = rng.random(1260) < 0.3
    ratings = np.stack([truth ^ (rng.random(1260) < 0.12) for _ in range(3)]).astype(float)
    ratings[rng.random(ratings.shape) < 0.05] = np.nan
    return ratings, np.arange(1260) % 42


def bootstrap(quick: bool) -> None:
    ratings, interviews = three_coders()
    ours = seconds(lambda: iv.bootstrap_alpha(ratings, interviews, replicates=REPLICATES))
    if importlib.util.find_spec("krippendorff") is None:
        line("alpha, 100,000 bootstrap replicates", ours)
        print("  krippendorff is not installed: no peer")
        return
    import krippendorff

    loops = 100 if quick else 1000
    rng = np.random.default_rng(1)
    by_interview = [ratings[:, interviews == i] for i in range(42)]

    def loop() -> None:
        for drawn in rng.integers(0, 42, (loops, 42)):
            sample = np.concatenate([by_interview[i] for i in drawn], axis=1)
            krippendorff.alpha(sample, level_of_measurement="nominal")

    theirs = seconds(loop) * REPLICATES / loops
    name = f"alpha, 100,000 replicates (peer: {loops} in a loop, scaled)"
    line(name, ours, "krippendorff", theirs, "50 x", theirs / ours >= 50)


def null_model() -> None:
    rng = np.random.default_rng(2)
    matrix = (rng.random((42, 24)) < np.linspace(0.15, 0.85, 24)).astype(np.uint8)

    def ours() -> None:
        for _ in curveball_batches(matrix, DRAWS, np.random.default_rng(3)):
            pass

    ours()  # compiled once
    taken = seconds(ours)
    compile_from, nullmodels.COMPILE_FROM = nullmodels.COMPILE_FROM, sys.maxsize
    without = seconds(ours, repeats=1)
    nullmodels.COMPILE_FROM = compile_from
    if shutil.which("Rscript") is None:
        line("curveball, 10,000 draws of 42 x 24, 5 trades a row each", taken)
        print("  R is not installed: no peer")
        return
    with tempfile.TemporaryDirectory() as folder:
        pd.DataFrame(matrix).to_csv(Path(folder) / "codes.csv", index=False)
        script = R_CURVEBALL.replace("{draws}", str(DRAWS))
        done = subprocess.run(["Rscript", "-e", script], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        line("curveball, 10,000 draws of 42 x 24, 5 trades a row each", taken)
        print("  the R package vegan is not installed: no peer")
        return
    theirs = statistics.median(float(value) for value in done.stdout.split())
    line("curveball, 10,000 draws of 42 x 24, 5 trades a row each", taken, "vegan", theirs, "1 x", theirs >= taken)
    line("  the same without numba", without, "vegan", theirs)


def large_study(n: int = 2000, codes: int = 300, codings: int = 200_000) -> CodedInterviews:
    """Random codings of the size of the project's upper bar; every second interview was coded by two coders."""
    rng = np.random.default_rng(1)
    names, code = np.array([f"I{i:04d}" for i in range(n)]), np.array([f"c{j:03d}" for j in range(codes)])
    interview, start = rng.integers(0, n, codings), rng.integers(0, 50_000, codings)
    popularity = rng.dirichlet(np.full(codes, 0.6))
    table = pd.DataFrame({
        "interview_id": names[interview], "segment_id": [f"s{k}" for k in range(codings)], "start": start,
        "end": start + 80, "text": "words", "code_id": code[rng.choice(codes, codings, p=popularity)],
        "coder_id": np.where((interview % 2 == 0) & (rng.random(codings) < 0.5), "B", "A"),
    })  # fmt: skip
    cases = pd.DataFrame({
        "interview_id": names, "sector": rng.choice(["medical", "legal", "social", "education"], n),
        "site": rng.choice(["east", "west"], n), "consent_quote": True,
    })  # fmt: skip
    book = pd.DataFrame({"code_id": code, "name": code, "definition": "a code", "level": "micro",
                         "area": [f"area {j % 4}" for j in range(codes)]})  # fmt: skip
    return CodedInterviews(complete(cases, INTERVIEW_COLUMNS), complete(table, CODING_COLUMNS),
                           complete(book, CODEBOOK_COLUMNS), empty(ASSERTION_COLUMNS), ImportReport())  # fmt: skip


def scale() -> None:
    study = large_study()
    total = 0.0
    matrix = iv.code_matrix(study)
    sectors = iv.group_of(study, "sector")
    for name, work in (
        ("matrix", lambda: iv.code_matrix(study)),
        ("summaries by sector and site", lambda: [iv.code_summary(study, by=b) for b in ("sector", "site")]),
        ("contrasts, 2,000 permutations", lambda: iv.sector_contrasts(matrix, sectors, permutations=2000)),
        ("co-occurrence, 500 draws", lambda: iv.cooccurrence(matrix, draws=500)),
        ("agreement by interview, 2,000 replicates", lambda: iv.agreement(study, replicates=2000)),
        ("agreement by segment, 2,000 replicates", lambda: iv.agreement(study, "segment", replicates=2000)),
        ("saturation by sector", lambda: iv.saturation_summary(matrix, sectors)),
        ("anchor quotes and disagreements", lambda: (iv.anchor_quotes(study, synthetic=True), iv.disagreements(study))),
    ):
        taken = seconds(work, repeats=1)
        total += taken
        line(f"  {name}", taken)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line("2,000 interviews x 300 codes x 200,000 codings", total, bar="60 s", met=total <= 60)
    print(f"  peak memory of the whole benchmark {peak:.2f} GiB   bar 2 GiB: {'met' if peak <= 2 else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions of the slow peers")
    quick = parser.parse_args().quick
    scale()  # first, so that its peak memory is its own
    bootstrap(quick)
    null_model()


if __name__ == "__main__":
    main()
