"""What executing notebooks costs: plain papermill, nbclient, Snakemake with papermill, and the compendium.

Every way runs the same notebooks on the same copy of the project, in turn, as often as asked. Medians, spreads, and
ratios to plain papermill are printed and kept in results/pipeline.json. CPU seconds include all child processes.

    python benchmarks/pipeline.py demo trivial          the five notebooks of the demo study; twelve trivial ones
    python benchmarks/pipeline.py change                one changed module: run and site, against a build from nothing
    python benchmarks/pipeline.py grid                  100 runs of the citation notebook with 1 and 2 workers
    python benchmarks/pipeline.py sweep overhead        100 runs of a trivial one; time to the first cell
    python benchmarks/pipeline.py dask soak             two dask workers against threads; 500 executions at 8 workers
    python benchmarks/pipeline.py million               a survey of a million respondents from raw file to site

Snakemake is looked for on PATH and in SNAKEMAKE_PATH, and left out with a line that says so where it is missing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from record import Bar, Row, rows, save

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
PACKAGES = ("papermill", "nbclient", "ipykernel", "jupyter-client", "pandas", "altair", "doit", "distributed")
PLAIN = "papermill, one after another"
NBCLIENT_WAY, SNAKEMAKE_WAY = "nbclient, one after another", "Snakemake with papermill, 2 cores"
#: Measured in every second repeat only.
SLOW_PEERS = (NBCLIENT_WAY, SNAKEMAKE_WAY)
COLD = "compendium, from nothing"
#: One module behind the shortest notebook, one behind a long one.
CHANGED = ("citations/tallies.py", "model/scaling.py")
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
            for name in ("paper", "pages"):
                shutil.copytree(ROOT / name, folder / name, ignore=copy)
            for name in ("_quarto.yml", "index.qmd", "404.qmd", "CITATION.cff"):
                shutil.copyfile(ROOT / name, folder / name)
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
        self._forget()
        self.environment["CONTINUUM_STAGE"] = str(self.folder / "out" / "results")
        command = ("papermill", "-k", "python3", "--no-progress-bar")
        parts = [
            self.time(*command, f"{name}.ipynb", f"../out/{name}.ipynb", folder="notebooks") for name in self.names
        ]
        del self.environment["CONTINUUM_STAGE"]
        return sum(wall for wall, _ in parts), sum(cpu for _, cpu in parts)

    def nbclient(self) -> Measured:
        """One driver process that executes the notebooks in turn."""
        self._forget()
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
        self._forget()
        return self.time(program, "--cores", str(workers), "--quiet", "all")

    def cold(self) -> Measured:
        """Everything from raw files, nothing kept from before."""
        shutil.rmtree(self.folder / "results", ignore_errors=True)
        return self.compendium("run", "demo")

    def site(self, *, cold: bool = False) -> Measured:
        """The portable edition of the demo study's site."""
        if cold:
            shutil.rmtree(self.folder / "_site", ignore_errors=True)
        return self.compendium("site", "demo", "--engine", "portable")

    def change(self, module: str) -> None:
        """Change a source module."""
        with (self.folder / "src" / "continuum" / module).open("a") as stream:
            stream.write("# changed\n")

    def digest(self) -> str:
        """Of results.json, which has to be the same whatever made it."""
        return hashlib.sha256((self.folder / "results" / "demo" / "results.json").read_bytes()).hexdigest()

    def grid(self, runs: int) -> str:
        """A grid file with so many runs of the first notebook."""
        file = self.folder / "grid.yaml"
        file.write_text(f"{self.names[0]}.factor: {list(range(2, runs + 2))}\n")
        return str(file)

    def sweep(self, runs: int, *where: str) -> Measured:
        """So many runs of one trivial notebook, from nothing."""
        return self.sweep_of(self.grid(runs), *where)

    def sweep_of(self, grid: str, *where: str) -> Measured:
        """The runs of a grid file, from nothing."""
        shutil.rmtree(self.folder / "results", ignore_errors=True)
        return self.compendium("sweep", "demo", "--grid", grid, *where)

    def _forget(self) -> None:
        """No peer finds the drawings that another one has left."""
        shutil.rmtree(self.folder / "results" / ".cache", ignore_errors=True)

    def _trivial(self, number: int) -> None:
        notebook = nbformat.v4.new_notebook(
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        )
        first = nbformat.v4.new_code_cell(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]})
        notebook.cells = [first, nbformat.v4.new_code_cell(TRIVIAL, id="work")]
        name = f"{number + 10}-trivial-{chr(97 + number % 26)}{chr(97 + number // 26)}"
        nbformat.write(notebook, self.folder / "notebooks" / f"{name}.ipynb")


def compare(part: str, title: str, bench: Bench, repeats: int, bars: Callable[[list[Row]], list[Bar]]) -> None:
    """Print and keep the ways side by side; results.json has to be the same in all of ours."""
    digests = set()

    def ours(measure: Callable[[], Measured]) -> Measured:
        spent = measure()
        digests.add(bench.digest())
        return spent

    ways: dict[str, Callable[[], Measured | None]] = {
        PLAIN: bench.papermill,
        NBCLIENT_WAY: bench.nbclient,
        SNAKEMAKE_WAY: lambda: bench.snakemake(2),
        COLD: lambda: ours(bench.cold),
        "compendium, all again": lambda: ours(lambda: bench.compendium("run", "demo", "--force")),
        "compendium, nothing to do": lambda: ours(lambda: bench.compendium("run", "demo")),
    }
    bench.cold()  # byte-compiled sources and numba's files are there for everyone
    ours(lambda: bench.compendium("run", "demo", "--force", "-n", "1"))
    times: dict[str, list[Measured]] = {way: [] for way in ways}
    for repeat in range(repeats):
        for way, measure in ways.items():
            if way in SLOW_PEERS and repeat % 2:
                continue
            spent = measure()
            if spent is not None:
                times[way].append(spent)
    measured = rows(times, {way: "not installed, left out" for way, spent in times.items() if not spent})
    same = Bar("Different results.json among these runs", 1, len(digests), "version")
    save(
        "pipeline",
        part,
        f"{title}, medians of {repeats} (lowest to highest)",
        measured,
        [*bars(measured), same],
        PACKAGES,
    )


def demo(bench: Bench, repeats: int) -> None:
    """The five notebooks of the demo study."""

    def bars(measured: list[Row]) -> list[Bar]:
        found = {row.what: row for row in measured}
        cold, nothing = found[COLD], found["compendium, nothing to do"]
        return [
            Bar("From nothing, share of papermill's wall time", 0.30, cold.ratio_wall or 0),
            Bar("From nothing, share of papermill's CPU time", 0.60, cold.ratio_cpu or 0),
            Bar("Nothing to do", 1.5, statistics.median(nothing.wall), "s"),
        ]

    compare("demo", "The five notebooks of the demo study", bench, repeats, bars)


def trivial(bench: Bench, repeats: int) -> None:
    """Twelve copies of a trivial notebook."""

    def bars(measured: list[Row]) -> list[Bar]:
        cold = next(row for row in measured if row.what == COLD)
        return [Bar("From nothing, share of papermill's wall time", 0.18, cold.ratio_wall or 0)]

    compare("trivial", "Twelve copies of a trivial notebook", bench, repeats, bars)


def change(bench: Bench, repeats: int) -> None:
    """One changed source module: the notebooks that reach it run again and the site is made again."""
    nothing = "run and site, from nothing"
    ways = {f"run and site, {module} changed": module for module in CHANGED}
    times: dict[str, list[Measured]] = {nothing: [], **{way: [] for way in ways}}

    def add(way: str, *spent: Measured) -> None:
        times[way].append((sum(s[0] for s in spent), sum(s[1] for s in spent)))

    for _ in range(repeats):
        add(nothing, bench.cold(), bench.site(cold=True))
        for way, module in ways.items():
            bench.change(module)
            add(way, bench.compendium("run", "demo"), bench.site())
    measured = rows(times, {})
    bars = [
        Bar(f"{row.what.partition(', ')[2]}, share of the build from nothing", 0.35, row.ratio_wall or 0)
        for row in measured[1:]
    ]
    save("pipeline", "change", f"One changed module, medians of {repeats}", measured, bars, PACKAGES)


def sweep(bench: Bench, repeats: int) -> None:
    """100 runs of one trivial notebook with one and two workers: most of it is what a run costs besides its work."""
    _one_and_two("sweep", "A sweep of 100 runs of a trivial notebook", bench, bench.grid(100), repeats)


def grid(bench: Bench, repeats: int) -> None:
    """100 runs of the citation notebook, two ways of classing and fifty thresholds, with one and two workers."""
    file = bench.folder / "grid.yaml"
    thresholds = [round(0.5 + step / 100, 2) for step in range(50)]
    file.write_text(f"50-citations.mode: [model, rules]\n50-citations.threshold: {thresholds}\n")
    _one_and_two("grid", "A sweep of 100 runs of the citation notebook", bench, str(file), repeats)


def _one_and_two(part: str, title: str, bench: Bench, grid_file: str, repeats: int) -> None:
    times: dict[str, list[Measured]] = {"1 worker": [], "2 workers": []}
    for _ in range(repeats):
        for way, spent in times.items():
            spent.append(bench.sweep_of(grid_file, "-n", way[0]))
    measured = rows(times, {})
    bars = [Bar("Times as fast with 2 workers as with 1", 1.7, 1 / (measured[1].ratio_wall or 1), least=True)]
    save("pipeline", part, f"{title}, medians of {repeats}", measured, bars, PACKAGES)


def dask(bench: Bench, repeats: int) -> None:
    """The same sweep on two dask workers, each a process with one thread, and on two threads of this machine."""
    local, cluster = "2 local threads", "2 dask worker processes"
    times: dict[str, list[Measured]] = {local: [], cluster: []}
    with _cluster(bench, 2) as address:
        for _ in range(repeats):
            times[local].append(bench.sweep(100, "-n", "2"))
            times[cluster].append(bench.sweep(100, "--scheduler", address))
    measured = rows({way: [(wall, wall) for wall, _ in spent] for way, spent in times.items()}, {})
    measured = [Row(row.what, row.wall, [], row.ratio_wall) for row in measured]
    bars = [Bar("Dask, share of the local threads' wall time", 1.15, measured[1].ratio_wall or 0)]
    save("pipeline", "dask", f"A sweep of 100 runs, threads and dask, medians of {repeats}", measured, bars, PACKAGES)


def overhead(bench: Bench, repeats: int) -> None:
    """Seconds of a notebook that are not its cells', one notebook at a time, with the imports loaded."""
    spent = []
    for _ in range(repeats):
        bench.compendium("run", "demo", "--force", "-n", "1")
        record = json.loads((bench.folder / "results" / "demo" / "run.json").read_text())
        parts = [entry["seconds"] for entry in record["notebooks"].values()]
        spent.append(round(statistics.median(part["total"] - part["cells"] for part in parts), 3))
    bars = [Bar("Overhead of a notebook, imports included", 0.4, statistics.median(spent), "s")]
    title = f"What a notebook costs besides its cells, {repeats} runs of twelve"
    save("pipeline", "overhead", title, [Row("median of a run", spent)], bars, PACKAGES)


def soak(bench: Bench, repeats: int) -> None:
    """500 executions at 8 workers; the command fails if one of them does."""
    wall, cpu = bench.sweep(500, "-n", "8")
    bars = [Bar("Failures among 500 executions", 0, 0)]  # a failure has ended this program
    row = Row("500 executions at 8 workers", [round(wall, 3)], [round(cpu, 3)])
    save("pipeline", "soak", "Many executions at a time", [row], bars, PACKAGES)


def million(bench: Bench, repeats: int) -> None:
    """A study with a million respondents: check, run and site, with the memory of all processes together."""
    from survey import enlarge

    shutil.rmtree(bench.folder / "data" / "demo")
    enlarge(bench.folder, 1_000_000).rename(bench.folder / "data" / "demo")
    steps = {
        "check": lambda: bench.compendium("check", "demo"),
        "run": lambda: bench.compendium("run", "demo"),
        "site": bench.site,
    }
    with _Memory() as memory:
        spent = {f"compendium {step}": measure() for step, measure in steps.items()}
    measured = [Row(step, [round(wall, 1)], [round(cpu, 1)]) for step, (wall, cpu) in spent.items()]
    bars = [
        Bar("Check, run and site together", 240, sum(wall for wall, _ in spent.values()), "s"),
        Bar("Most memory of all processes together", 8, memory.most, "GiB"),
    ]
    save("pipeline", "million", "A survey of a million respondents, from raw file to site", measured, bars, PACKAGES)


class _Memory:
    """Watches the memory of this process's descendants: the most that all of them used at a time, in GiB."""

    def __init__(self) -> None:
        self.most = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self.most = max(self.most, sum(map(_shared_fairly, _descendants(os.getpid()))) / 2**20)


def _descendants(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _shared_fairly(pid: int) -> int:
    """KiB of a process, pages that several processes share divided among them."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


@contextlib.contextmanager
def _cluster(bench: Bench, workers: int) -> Iterator[str]:
    """A real scheduler and so many worker processes with one thread each."""
    file = bench.folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": bench.environment, "cwd": bench.folder}
    common = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    scheduler = (sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", *common)
    worker = (sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", *common)
    processes = [subprocess.Popen(scheduler, **quiet)]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
    try:
        from distributed import Client

        while not file.exists():
            time.sleep(0.1)
        with Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(workers, timeout=60)
        yield str(file)
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


PARTS: dict[str, Callable[[Bench, int], None]] = {
    part.__name__: part for part in (demo, trivial, change, grid, sweep, dask, overhead, soak, million)
}


def main() -> None:
    """Run the parts asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("parts", nargs="+", choices=PARTS)
    arguments.add_argument("--repeats", type=int, default=5)
    given = arguments.parse_args()
    for part in given.parts:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder) / "project", trivial=0 if part in {"demo", "change", "grid", "million"} else 12)
            PARTS[part](bench, given.repeats)


if __name__ == "__main__":
    main()
