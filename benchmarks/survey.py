"""Speed of the survey room: the notebook on a million respondents, the ordinal model, and its bootstrap beside R.

    python benchmarks/survey.py [--respondents 1000000] [--only notebook|fit|bootstrap]

Prints medians and ratios. R's clm is timed in the same run where Rscript and the package ordinal are installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
# Python puts a script's own folder first; a benchmark beside this one has the name of the package.
sys.path[:] = [part for part in sys.path if Path(part).resolve() != ROOT / "benchmarks"]
SECTORS = ["legal", "medical", "nonprofit", "social", "foster"]
HEADER_ROWS = 3

CLM = """
suppressMessages(library(ordinal)); d <- read.csv("{data}"); d$y <- ordered(d$y)
d$sector <- factor(d$sector, c("legal", "medical", "nonprofit", "social", "foster"))
set.seed(1); W <- rmultinom({fits}, nrow(d), rep(1, nrow(d)))
t <- system.time(for (i in 1:{fits}) clm(y ~ sector + state + yrs + acc, data = d, weights = W[, i]))
cat((t["user.self"] + t["sys.self"]) / {fits}, t["elapsed"] / {fits})
"""


def enlarge(folder: Path, respondents: int) -> Path:
    """A study of ``respondents`` rows drawn from those of the demo, with identifiers of their own."""
    study = folder / "large"
    shutil.copytree(ROOT / "data/demo", study, ignore=shutil.ignore_patterns("survey.csv", "open-codes.csv"))
    table = pd.read_csv(ROOT / "data/demo/survey.csv", header=None, dtype="str", keep_default_na=False)
    names = table.iloc[0].tolist()
    rows = table.iloc[HEADER_ROWS:].sample(respondents, replace=True, random_state=1)
    rows[names.index("respondent")] = [f"SYN-R{i:07d}" for i in range(respondents)]
    pd.concat([table.iloc[:HEADER_ROWS], rows]).to_csv(study / "survey.csv", header=False, index=False)
    lines = (study / "study.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.strip().startswith("open_codes:")]
    (study / "study.yaml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    sidecar = study / "SYNTHETIC.json"  # it vouches for every file
    described = json.loads(sidecar.read_text(encoding="utf-8"))
    there = [name for name in described["sha256"] if (study / name).exists()]
    described["sha256"] = {name: hashlib.sha256((study / name).read_bytes()).hexdigest() for name in there}
    sidecar.write_text(json.dumps(described), encoding="utf-8")
    return study


def notebook(respondents: int) -> None:
    """Execute 20-survey on a large study; wall time by cell and peak memory of the kernel."""
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = enlarge(folder, respondents)
        os.environ["CONTINUUM_STAGE"] = str(folder / "stage")
        book = nbformat.read(ROOT / "notebooks/20-survey.ipynb", as_version=4)
        parameters = next(cell for cell in book.cells if cell.cell_type == "code")
        parameters.source = parameters.source.replace('study: str = "demo"', f'study: str = "{study}"')
        peak = "import resource, time; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time())"
        book.cells.append(nbformat.v4.new_code_cell(peak, id="peak"))
        spent: dict[str, float] = {}
        began: dict[str, float] = {}

        def start_clock(cell: object, cell_index: int) -> None:
            began[cell.id] = time.perf_counter()

        def stop_clock(cell: object, cell_index: int, execute_reply: object) -> None:
            spent[cell.id] = time.perf_counter() - began[cell.id]

        client = NotebookClient(
            book, timeout=1200, resources={"metadata": {"path": str(ROOT / "notebooks")}},
            on_cell_start=start_clock, on_cell_executed=stop_clock,
        )  # fmt: skip
        start = time.perf_counter()
        client.execute()
        total = time.perf_counter() - start
        memory, cpu = (float(part) for part in book.cells[-1].outputs[0].text.split())
    slowest = sorted(spent.items(), key=lambda item: -item[1])[:8]
    print(
        f"notebook 20-survey, {respondents:,} respondents: {total:.1f} s ({cpu:.1f} s CPU), "
        f"peak {memory / 2**20:.2f} GiB"
    )
    print("  slowest cells: " + ", ".join(f"{cell} {seconds:.1f} s" for cell, seconds in slowest))


def covariates(n: int, seed: int = 1) -> tuple[np.ndarray, pd.DataFrame]:
    """Answers made as those of ord667 (methods page, section H)."""
    rng = np.random.default_rng(seed)
    sector, state = rng.integers(0, 5, n), rng.integers(0, 2, n)
    X = pd.DataFrame({
        "sector": pd.Categorical.from_codes(sector, SECTORS), "state": pd.Categorical.from_codes(state, ["A", "B"]),
        "yrs": rng.gamma(2, 5, n).round(1), "acc": rng.binomial(8, 0.35, n),
    })  # fmt: skip
    eta = 0.5 * (sector == 1) - 0.4 * (sector == 4) + 0.3 * state + 0.02 * X["yrs"] + 0.25 * X["acc"]
    return np.digitize(eta + rng.logistic(size=n), [-0.5, 0.8, 2, 3.2]), X


def fit(respondents: int) -> None:
    """One cumulative-link fit of a large survey."""
    from continuum.survey import cumulative_link

    y, X = covariates(respondents)
    cumulative_link(y[:1000], X[:1000])
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        cumulative_link(y, X)
        seconds.append(time.perf_counter() - start)
    print(f"cumulative_link, {respondents:,} answers, 11 parameters: median {np.median(seconds):.2f} s of 3")


def bootstrap(fits: int = 10_000) -> None:
    """Weighted bootstraps of ord667 beside clm, in CPU seconds and wall time."""
    from continuum.survey import bootstrap_fits, cumulative_link

    path = ROOT / "tests/oracles/ord667.csv"
    data = pd.read_csv(path)
    X = data[["sector", "state", "yrs", "acc"]].assign(sector=pd.Categorical(data["sector"], SECTORS))
    model = cumulative_link(data["y"], X)
    weights = np.random.default_rng(1).multinomial(len(data), np.full(len(data), 1 / len(data)), size=fits)
    bootstrap_fits(model, weights[:200])
    wall, cpu = time.perf_counter(), time.process_time()
    bootstrap_fits(model, weights)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{fits:,} weighted bootstraps, n = 667: {wall:.2f} s ({1000 * cpu / fits:.3f} ms CPU a fit)")
    if shutil.which("Rscript") is None:
        print("  clm: skipped, R is not installed")
        return
    script = CLM.format(data=path, fits=300)
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    if done.returncode:
        print("  clm: skipped, the R package ordinal is not installed")
        return
    r_cpu, r_wall = (float(part) for part in done.stdout.split())
    print(f"  clm: {1000 * r_cpu:.2f} ms CPU a fit; ratio {r_cpu / (cpu / fits):.0f} by CPU, "
          f"{r_wall / (wall / fits):.0f} by wall time")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--respondents", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["notebook", "fit", "bootstrap"])
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    if given.only in {None, "fit"}:
        fit(given.respondents)
    if given.only in {None, "bootstrap"}:
        bootstrap()
    if given.only in {None, "notebook"}:
        notebook(given.respondents)


if __name__ == "__main__":
    sys.exit(main())
