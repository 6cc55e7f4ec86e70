"""What executing notebooks costs: plain papermill, nbclient, Snakemake with papermill, and the compendium.

Every way runs the same notebooks on the same copy of the project, in turn, as often as asked; medians, spreads, and
ratios to plain papermill are printed. CPU seconds include all child processes.

    python benchmarks/pipeline.py demo trivial          the five notebooks of the demo study; twelve trivial ones
    python benchmarks/pipeline.py sweep overhead        100 runs with 1 and 2 workers; time to the first cell
    python benchmarks/pipeline.py soak                  500 executions at 8 workers
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = (
    'study: str = "demo"  # study folder\nrun: str = ""  # name of a run\nfactor: float = 1.0  # a factor [0..1000]'
)
TRIVIAL = (
    "import altair, pandas as pd, pingouin\n"
    "float(pd.DataFrame({'a': [1, 2, 3]}).a.mean())"
)  # fmt: skip
NBCLIENT = """
import sys, nbformat
from nbclient import NotebookClient
for path in sys.argv[1:]:
    NotebookClient(nbformat.read(path, as_version=4), kernel_name="python3").execute()
"""
SNAKEFILE = """
NAMES = glob_wildcards("notebooks/{name}.ipynb").name
rule all:
    input: expand("out/{name}.ipynb", name=NAMES)
rule notebook:
    input: "notebooks/{name}.ipynb"
    output: "out/{name}.ipynb"
    shell: "cd notebooks && papermill -k python3 --no-progress-bar {wildcards.name}.ipynb ../{output}"
"""

Measured = tuple[float, float]


class Bench:
    """A copy of the project and the sources, in which commands are timed."""

    def __init__(self, folder: Path, *, trivial: int = 0) -> None:
        self.folder = folder
        copy = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / "src", folder / "src", ignore=copy)
        shutil.copytree(ROOT / "data" / "demo", folder / "data" / "demo", ignore=copy)
        shutil.copytree(ROOT / "data" / "published", folder / "data" / "published", ignore=copy)
        if trivial:
            (folder / "notebooks").mkdir()
            for number in range(trivial):
                self._trivial(number)
        else:
            shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=copy)
            shutil.copytree(ROOT / "paper", folder / "paper", ignore=copy)
        self.environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
            "CONTINUUM_ROOT": str(folder), "PYTHONPATH": str(folder / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip

    @property
    def names(self) -> list[str]:
        """Names of the notebooks."""
        return sorted(path.stem for path in (self.folder / "notebooks").glob("*.ipynb"))

    def time(self, *command: str, folder: str = "") -> Measured:
        """Wall and CPU seconds of one command."""
        used, began = _cpu(), time.perf_counter()
        done = subprocess.run(
            command, cwd=self.folder / folder, env=self.environment, capture_output=True, text=True, check=False
        )
        wall, cpu = time.perf_counter() - began, _cpu() - used
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return wall, cpu

    def compendium(self, *arguments: str) -> Measured:
        """Seconds of one compendium command."""
        return self.time(sys.executable, "-m", "continuum", *arguments)

    def papermill(self) -> Measured:
        """The papermill command on each notebook in turn; outputs of the notebooks go to a folder of their own."""
        (self.folder / "out").mkdir(exist_ok=True)
        self.environment["CONTINUUM_STAGE"] = str(self.folder / "out" / "results")
        command = ("papermill", "-k", "python3", "--no-progress-bar")
        parts = [
            self.time(*command, f"{name}.ipynb", f"../out/{name}.ipynb", folder="notebooks") for name in self.names
        ]
        del self.environment["CONTINUUM_STAGE"]
        return sum(wall for wall, _ in parts), sum(cpu for _, cpu in parts)

    def nbclient(self) -> Measured:
        """One driver process that executes the notebooks in turn."""
        self.environment["CONTINUUM_STAGE"] = str(self.folder / "out" / "results")
        spent = self.time(sys.executable, "-c", NBCLIENT, *[f"{name}.ipynb" for name in self.names], folder="notebooks")
        del self.environment["CONTINUUM_STAGE"]
        return spent

    def snakemake(self, workers: int) -> Measured | None:
        """Snakemake with papermill, if it is installed."""
        program = shutil.which("snakemake", path=os.environ.get("SNAKEMAKE_PATH", self.environment["PATH"]))
        if program is None:
            return None
        (self.folder / "Snakefile").write_text(SNAKEFILE)
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        return self.time(program, "--cores", str(workers), "--quiet", "all")

    def cold(self) -> Measured:
        """Everything from raw files, nothing kept from before."""
        shutil.rmtree(self.folder / "results", ignore_errors=True)
        return self.compendium("run", "demo")

    def one_change(self) -> Measured:
        """A source module that one notebook reaches has changed."""
        module = self.folder / "src" / "continuum" / "model" / "scaling.py"
        module = module if module.exists() else next((self.folder / "src" / "continuum" / "citations").glob("m*.py"))
        with module.open("a") as stream:
            stream.write("# changed\n")
        return self.compendium("run", "demo")

    def _trivial(self, number: int) -> None:
        notebook = nbformat.v4.new_notebook(
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        )
        first = nbformat.v4.new_code_cell(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]})
        notebook.cells = [first, nbformat.v4.new_code_cell(TRIVIAL, id="work")]
        name = f"{number + 10}-trivial-{chr(97 + number % 26)}{chr(97 + number // 26)}"
        nbformat.write(notebook, self.folder / "notebooks" / f"{name}.ipynb")


def compare(title: str, bench: Bench, repeats: int, *, change: bool) -> None:
    """Print the ways side by side."""
    ways: dict[str, Callable[[], Measured | None]] = {
        "papermill, one after another": bench.papermill,
        "nbclient, one after another": bench.nbclient,
        "Snakemake with papermill, 2 cores": lambda: bench.snakemake(2),
        "compendium, cold": bench.cold,
        "compendium, all again": lambda: bench.compendium("run", "demo", "--force"),
        "compendium, nothing to do": lambda: bench.compendium("run", "demo"),
    }
    if change:
        ways["compendium, one module changed"] = bench.one_change
    times: dict[str, list[Measured]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, measure in ways.items():
            spent = measure()
            if spent is not None:
                times[way].append(spent)
    print(f"\n{title}, medians of {repeats} (lowest to highest)\n")
    base = [statistics.median(spent[i] for spent in times["papermill, one after another"]) for i in (0, 1)]
    for way, spent in times.items():
        if not spent:
            print(f"{way:36} not installed, skipped")
            continue
        wall, cpu = ([s[i] for s in spent] for i in (0, 1))
        middle, used = statistics.median(wall), statistics.median(cpu)
        print(f"{way:36} wall {middle:6.2f} s ({min(wall):.2f} to {max(wall):.2f})  x{middle / base[0]:.3f}"
              f"   CPU {used:6.2f} s  x{used / base[1]:.3f}")  # fmt: skip


def sweep(bench: Bench, repeats: int) -> None:
    """100 runs of one trivial notebook with one and two workers."""
    grid = bench.folder / "grid.yaml"
    name = bench.names[0]
    grid.write_text(f"{name}.factor: {list(range(2, 102))}\n")
    medians = {}
    for workers in (1, 2):
        spent = []
        for _ in range(repeats):
            shutil.rmtree(bench.folder / "results", ignore_errors=True)
            spent.append(bench.compendium("sweep", "demo", "--grid", str(grid), "-n", str(workers))[0])
        medians[workers] = statistics.median(spent)
    one, two = medians[1], medians[2]
    print(f"\nsweep of 100 runs: 1 worker {one:.1f} s, 2 workers {two:.1f} s, x{one / two:.2f}")


def overhead(bench: Bench) -> None:
    """Seconds from the start of a notebook to its first cell, once the imports are loaded."""
    bench.compendium("run", "demo", "--force", "-n", "1")
    record = json.loads((bench.folder / "results" / "demo" / "run.json").read_text())
    spent = sorted(entry["seconds"]["total"] - entry["seconds"]["cells"] for entry in record["notebooks"].values())
    print(
        f"\noverhead of a notebook with a warm kernel: median {statistics.median(spent):.2f} s (lowest {spent[0]:.2f})"
    )


def soak(bench: Bench) -> None:
    """500 executions at 8 workers; the command fails if one of them does."""
    grid = bench.folder / "grid.yaml"
    grid.write_text(f"{bench.names[0]}.factor: {list(range(1, 501))}\n")
    wall, _ = bench.compendium("sweep", "demo", "--grid", str(grid), "-n", "8")
    print(f"\n500 executions at 8 workers: no failure, {wall:.0f} s")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the benchmarks asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", nargs="+", choices=["demo", "trivial", "sweep", "overhead", "soak"])
    arguments.add_argument("--repeats", type=int, default=5)
    given = arguments.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("papermill", "nbclient", "ipykernel", "pandas", "doit"))
    machine = f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}"
    print(f"{datetime.date.today()}, {machine}, {versions}")
    for what in given.what:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder) / "project", trivial=0 if what == "demo" else 12)
            if what == "demo":
                compare("The notebooks of the demo study", bench, given.repeats, change=True)
            elif what == "trivial":
                compare("Twelve copies of a trivial notebook", bench, given.repeats, change=False)
            elif what == "sweep":
                sweep(bench, given.repeats)
            elif what == "overhead":
                overhead(bench)
            else:
                soak(bench)


if __name__ == "__main__":
    main()
