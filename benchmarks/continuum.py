"""Time the continuum model beside its peers, in one run on one machine: medians, ratios, and the bars of the project.

    python benchmarks/continuum.py [interviews] [cases] [million]

Keeps what it measured in ``benchmarks/results/continuum.json``, part by part. Peers that are not installed are skipped
with a line that says so. Set OMP_NUM_THREADS=1 for numbers of one core.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from record import Bar, Row, save

# This folder holds a file with the name of the package, which must not be imported in its place.
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from continuum.model import (  # noqa: E402
    bradley_terry,
    correspondence_order,
    latent_trait,
    life_course,
    mokken,
    response_mechanism,
    specification_curve,
)
from continuum.model.correspondence import decompose  # noqa: E402
from continuum.model.cumulative import fit_cumulative  # noqa: E402
from continuum.model.worlds import code_world  # noqa: E402
from continuum.nullmodels import curveball  # noqa: E402


def seconds(work: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """Median wall-clock and processor time."""
    wall, processor = [], []
    for _ in range(repeats):
        started, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - busy)
    return statistics.median(wall), statistics.median(processor)


ROWS: list[Row] = []
BARS: list[Bar] = []


def line(
    name: str, ours: tuple[float, float], peer: str = "", theirs: float | None = None, bar: float | None = None
) -> None:
    """Keep one measurement, with a peer's beside it and the bar it has to meet."""
    wall, processor = ours
    ROWS.append(Row(name, [round(wall, 4)], [round(processor, 4)]))
    if theirs is not None:
        ROWS.append(Row(f"the same by {peer}", [round(theirs, 4)], note=f"{theirs / wall:.1f} times as long"))
    if bar is not None:
        BARS.append(Bar(name, bar, round(wall, 3), "s"))


def have(module: str) -> bool:
    found = importlib.util.find_spec(module) is not None
    if not found:
        print(f"{'':58s} peer {module} is not installed: skipped")
    return found


def r_seconds(package: str, setup: str, work: str, times: int) -> float | None:
    """Time of one ``work`` in R, or None where R or the package is missing."""
    if shutil.which("Rscript") is None:
        print(f"{'':58s} peer R is not installed: skipped")
        return None
    code = (
        f"suppressWarnings(suppressMessages(library({package}))); {setup}; "
        f"cat(system.time(for (i in 1:{times}) {{ {work} }})[['elapsed']] / {times})"
    )
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{'':58s} peer R {package} is not installed: skipped")
        return None
    return float(done.stdout)


def people(n: int, exposures: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray]:
    """Outcomes and exposures with ages of ``n`` people: a chain whose exposures add up."""
    rng = np.random.default_rng(seed)
    met = np.zeros((n, exposures), dtype=int)
    met[:, 0] = rng.random(n) < 0.5
    for k in range(1, exposures):
        met[:, k] = rng.random(n) < np.where(met[:, k - 1] == 1, 0.7, 0.3)
    latent = 0.4 * met.sum(axis=1) + rng.logistic(size=n)
    level = np.digitize(latent, np.quantile(latent, [0.4, 0.7, 0.9]))
    names = np.char.add("P", np.arange(n).astype(str))
    person, exposure = np.nonzero(met)
    long = pd.DataFrame({"person_id": names[person], "exposure": exposure.astype(str), "age": 10 + 2 * exposure})
    return pd.DataFrame({"person_id": names, "level": level}), long, met, level


def interviews() -> None:
    matrix, _ = code_world("cumulative-equal", 42, 24, np.random.default_rng(1))
    line(
        "Loevinger's H, items and 10,000 bootstraps, 42 x 24", seconds(lambda: mokken(matrix, replicates=10_000)), bar=2
    )
    line("gate, 2,000 bootstraps and 499 null matrices, 42 x 24", seconds(lambda: response_mechanism(matrix)))
    unfolding, _ = code_world("unfolding", 42, 24, np.random.default_rng(2))
    line(
        "correspondence order, 10,000 bootstraps, 42 x 24",
        seconds(lambda: correspondence_order(unfolding, replicates=10_000)), bar=5,
    )  # fmt: skip
    one = seconds(lambda: decompose(unfolding), 20)
    if have("prince"):
        import prince

        frame = pd.DataFrame(unfolding)
        theirs = seconds(lambda: prince.CA(n_components=2, random_state=1).fit(frame), 10)[0]
        line("correspondence analysis, one fit", one, "prince", theirs)
    theirs_r = r_seconds("ca", f"X <- matrix(rbinom({42 * 24}, 1, .4), 42)", "ca(X)", 50)
    if theirs_r is not None:
        line("correspondence analysis, one fit", one, "R ca", theirs_r)
    null = seconds(lambda: curveball(matrix, 1000, np.random.default_rng(3)))
    theirs_r = r_seconds(
        "vegan", f"X <- matrix(rbinom({42 * 24}, 1, .4), 42); m <- nullmodel(X, 'curveball')",
        "simulate(m, nsim = 1000, thin = 210)", 1,
    )  # fmt: skip
    line("1,000 matrices with fixed margins, 42 x 24", null, "R vegan" if theirs_r else "", theirs_r)
    statements = pd.DataFrame(
        {"interview_id": np.arange(400) % 42, "from_code": np.arange(400) % 11, "to_code": np.arange(400) * 7 % 13}
    ).astype(str)
    line("Bradley-Terry, 1,000 bootstraps, 999 random directions", seconds(lambda: bradley_terry(statements)))
    response_models()


def response_models() -> None:
    items = code_world("cumulative", 1000, 8, np.random.default_rng(4))[0]
    ours = seconds(lambda: latent_trait(items))
    theirs = None
    if have("mirt"):
        from mirt import fit_mirt

        # With as many nodes; at its default tolerance it stops before the maximum.
        theirs = seconds(lambda: fit_mirt(items, n_quadpts=61, tol=1e-8, compute_standard_errors=False), 1)[0]
    line("two-parameter model, 1000 x 8", ours, "mirt" if theirs else "", theirs)
    rasch = seconds(lambda: latent_trait(items, slopes="common"))
    theirs_r = r_seconds("eRm", f"X <- matrix(rbinom({1000 * 8}, 1, .4), 1000)", "RM(X, se = FALSE)", 3)
    line("Rasch model, 1000 x 8", rasch, "R eRm" if theirs_r else "", theirs_r)


def cases() -> None:
    outcome, exposures, met, level = people(667, 5, 1)
    weights = np.zeros((1, 667, 4))
    weights[0, np.arange(667), level] = 1
    ours = seconds(lambda: fit_cumulative(met.astype(float), weights), 20)
    if have("statsmodels"):
        from statsmodels.miscmodels.ordinal_model import OrderedModel

        model = OrderedModel(level, met.astype(float), distr="logit")
        line("cumulative logit, n = 667, one fit", ours, "statsmodels",
             seconds(lambda: model.fit(method="bfgs", gtol=1e-8, disp=0), 3)[0])  # fmt: skip
    theirs = r_seconds(
        "ordinal", "set.seed(1); X <- matrix(rbinom(667 * 5, 1, .5), 667); y <- factor(sample(4, 667, TRUE))",
        "clm(y ~ X)", 10,
    )  # fmt: skip
    if theirs is not None:
        line("cumulative logit, n = 667, one fit", ours, "R ordinal", theirs)
    line(
        "life course, n = 667, 1,000 simulated samples per truth",
        seconds(lambda: life_course(outcome, exposures, replicates=1000), 1), bar=60,
    )  # fmt: skip
    outcome, exposures, _, _ = people(667, 7, 2)
    rng = np.random.default_rng(5)
    covariates = pd.DataFrame(rng.standard_normal((667, 6)), index=outcome["person_id"])
    covariates.columns = [f"covariate {k}" for k in range(6)]
    found = []
    ours = seconds(lambda: found.append(specification_curve(outcome, exposures, covariates, permutations=0)), 1)
    line(f"specification curve, n = 667, {len(found[0].specifications):,} fits", ours, bar=10)


def million() -> None:
    outcome, exposures, _, _ = people(1_000_000, 8, 3)
    line(
        "life course, n = 1,000,000, eight exposures",
        seconds(lambda: life_course(outcome, exposures, replicates=20), 1), bar=60,
    )  # fmt: skip


PARTS = {
    "interviews": (interviews, "Orders of codes, 42 interviews and 24 codes"),
    "cases": (cases, "Life-course hypotheses and the specification curve, 667 people"),
    "million": (million, "Life-course hypotheses, a million people"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all if none is named")
    for part in parser.parse_args().parts or PARTS:
        measure, title = PARTS[part]
        ROWS.clear()
        BARS.clear()
        measure()
        save("continuum", part, title, ROWS, BARS, ["numpy", "statsmodels", "prince", "mirt", "numba"])


if __name__ == "__main__":
    main()
