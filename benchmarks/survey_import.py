"""Time the import of a large Qualtrics export beside plain ``pandas.read_csv`` of the same file, in one run.

    python -P benchmarks/survey_import.py --respondents 1000000

The peer only splits the file into cells; the import also finds the dialect, drops identifying columns, types every
item by its scale, sets "don't know" apart, replaces ids and validates the tables.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import yaml

from continuum.ingest import survey_study
from continuum.paths import ROOT_VARIABLE
from continuum.study import load_study

FREQUENCY = ["Never", "Rarely", "Sometimes", "Often", "Very often"]
EXTENT = ["Not at all", "A little", "Somewhat", "Quite a bit", "A great deal"]
SPEC = {
    "files": ["survey.csv"],
    "columns": {"sector": "sector", "organisation": "agency", "cluster": "agency", "weight": "weight"},
    "scales": {
        "frequency": {"levels": FREQUENCY, "dont_know": ["Don't know"]},
        "extent": {"levels": EXTENT, "dont_know": ["Don't know"], "not_applicable": ["Not applicable"]},
    },
    "items": {
        "signs": {"kind": "scale", "scale": "frequency", "columns": ["sign_*"]},
        "factors": {"kind": "scale", "scale": "extent", "columns": ["factor_*"]},
        "services": {"kind": "multiple", "columns": ["service_*"]},
        "open": {"kind": "open", "columns": ["barrier"]},
    },
}


def write_study(folder: Path, respondents: int) -> None:
    """Write a study of random answers to 61 items, in the modern Qualtrics dialect."""
    rng = np.random.default_rng(20190101)
    table: dict[str, np.ndarray | list[str]] = {
        "ResponseId": [f"SYN-R-{number:08d}" for number in range(respondents)],
        "IPAddress": np.full(respondents, "192.0.2.1"),
        "Status": np.full(respondents, "0"),
        "sector": rng.choice(["Legal", "Medical", "Social"], respondents),
        "agency": rng.integers(0, 5000, respondents).astype(str),
        "weight": rng.uniform(0.5, 2, respondents).round(4).astype(str),
    }
    answers = {"sign": [*FREQUENCY, "Don't know", ""], "factor": [*EXTENT, "Don't know", "Not applicable", ""]}
    for name, count in (("sign", 28), ("factor", 24)):
        table |= {f"{name}_{i}": rng.choice(answers[name], respondents) for i in range(count)}
    table |= {f"service_{i}": rng.choice(["1", "", ""], respondents) for i in range(8)}
    texts = np.array(["", *(f"made-up answer {number}" for number in range(1000))])
    table["barrier"] = texts[rng.integers(0, 1001, respondents) * (rng.random(respondents) < 0.05)]
    own = {"ResponseId": "_recordId", "IPAddress": "ipAddress", "Status": "status"}
    ids = ['"{""ImportId"":""' + own.get(name, f"QID{place}") + '""}"' for place, name in enumerate(table)]
    names = ",".join(table)
    (folder / "survey.csv").write_text(f"{names}\n{names}\n{','.join(ids)}\n", encoding="utf-8")
    pd.DataFrame(table).to_csv(folder / "survey.csv", mode="a", header=False, index=False)
    content = {"study": "benchmark", "title": "Benchmark", "synthetic": True, "survey": SPEC}
    (folder / "study.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def timed(action: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median wall and processor seconds."""
    wall, cpu = [], []
    for _ in range(runs):
        start, start_cpu = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return median(wall), median(cpu)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--respondents", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ[ROOT_VARIABLE] = name
        folder = Path(name) / "data" / "benchmark"
        folder.mkdir(parents=True)
        # In a process of its own: the tables written would otherwise count as memory of the import.
        writer = multiprocessing.get_context("spawn").Process(target=write_study, args=(folder, options.respondents))
        writer.start()
        writer.join()
        study = load_study(folder)
        file = folder / "survey.csv"
        print(f"{options.respondents:,} respondents, {file.stat().st_size / 1e6:,.0f} MB, {options.runs} runs, medians")
        ours = timed(lambda: survey_study.build_survey(study), options.runs)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        peer = timed(lambda: pd.read_csv(file, dtype="str", keep_default_na=False), options.runs)
    print(f"import        {ours[0]:7.1f} s wall  {ours[1]:7.1f} s processor   peak {peak:.1f} GiB")
    print(f"pandas cells  {peer[0]:7.1f} s wall  {peer[1]:7.1f} s processor   ratio {ours[1] / peer[1]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
