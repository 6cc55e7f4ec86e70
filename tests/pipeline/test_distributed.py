"""The same run on a real dask scheduler with two worker processes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline.project import Project, notebook

pytestmark = [pytest.mark.program, pytest.mark.slow]


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], workers: int) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self._environment = environment
        self._processes: list[subprocess.Popen] = []
        self._start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                    "--scheduler-file", str(self.file))  # fmt: skip
        self.workers = [self.add_worker() for _ in range(workers)]
        deadline = time.monotonic() + 60
        while len(re.findall("Registered to", self.log())) < workers:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)
        self.address = json.loads(self.file.read_text())["address"]

    def add_worker(self) -> subprocess.Popen:
        return self._start("distributed.cli.dask_worker", "--scheduler-file", str(self.file), "--nthreads", "1",
                           "--no-dashboard", "--no-nanny", "--local-directory", str(self.folder))  # fmt: skip

    def log(self) -> str:
        return "".join(file.read_text() for file in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def _start(self, module: str, *arguments: str) -> subprocess.Popen:
        with (self.folder / f"{len(self._processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], env=self._environment, stdout=log, stderr=log
            )
        self._processes.append(process)
        return process


@pytest.fixture
def cluster(project: Project, tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "dask"
    folder.mkdir()
    variables = {key: value for key, value in project.environment().items() if key != "CONTINUUM_ROOT"}
    made = Cluster(folder, variables, workers=2)
    yield made
    made.stop()


def test_results_are_the_same_bytes_as_on_this_machine(project: Project, built: Project, cluster: Cluster):
    text = project.command("run", "--scheduler", str(cluster.file))
    assert "3 executed" in text
    assert "with 2 workers" in text
    assert (project.results / "results.json").read_bytes() == (built.results / "results.json").read_bytes()
    assert project.executed("10-scores") == built.executed("10-scores")
    record = json.loads((project.results / "run.json").read_text())
    assert record["last_run"]["where"] == "dask, 2 threads on 2 workers"


def test_a_worker_killed_in_the_middle_loses_nothing(project: Project, built: Project, cluster: Cluster):
    slow = "import os, time\nfrom pathlib import Path\nmark = Path(os.environ['CONTINUUM_ROOT'], 'began')\nfirst = not mark.exists()\nmark.write_text(str(os.getpid()))\ntime.sleep(300 if first else 0)"
    project.write("30-slow", notebook(("wait", slow)))
    run = subprocess.Popen(
        [sys.executable, "-m", "continuum", "run", "--scheduler", cluster.address], env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not (project.folder / "began").exists() or len(list((project.results / "notebooks").glob("*"))) < 3:
        assert time.monotonic() < deadline, cluster.log()
        time.sleep(0.1)
    kernel = int((project.folder / "began").read_text())
    victim = next(worker for worker in cluster.workers if worker.pid in _ancestors(kernel))
    victim.kill()
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    assert "4 executed" in output
    assert (project.results / "results.json").read_bytes() == (built.results / "results.json").read_bytes()


def test_workers_that_see_another_project_are_named_before_anything_runs(project: Project, tmp_path: Path):
    folder = tmp_path / "dask"
    folder.mkdir()
    other = tmp_path / "older"
    shutil.copytree(project.source, other)
    errors = other / "continuum" / "errors.py"
    errors.write_text("# older\n" + errors.read_text())
    cluster = Cluster(folder, project.environment() | {"PYTHONPATH": str(other)}, workers=1)
    try:
        text = project.command("run", "--scheduler", cluster.address, expect=2)
        assert "its version of this package's sources differs" in text
        assert not project.results.joinpath("results.json").exists()
    finally:
        cluster.stop()


def test_heavy_work_inside_a_notebook_goes_to_the_other_workers(project: Project, cluster: Cluster):
    code = (
        "import os\nfrom joblib import Parallel, delayed\nfrom continuum.cluster import on_cluster\n"
        "with on_cluster() as lent:\n"
        "    found = Parallel(n_jobs=2)(delayed(lambda x: (x * x, os.getpid()))(x) for x in range(6))\n"
        "[lent, [square for square, _ in found], any(pid == os.getpid() for _, pid in found)]"
    )
    project.write("30-heavy", notebook(("spread", code)))
    project.command("run", "--only", "30", "--scheduler", cluster.address, "-n", "1")
    shown = "".join(project.executed("30-heavy")["cells"][-1]["outputs"][-1]["data"]["text/plain"])
    assert shown == "[True, [0, 1, 4, 9, 16, 25], False]"


def test_a_scheduler_that_is_not_there_is_one_message(project: Project):
    text = project.command("run", "--scheduler", "tcp://127.0.0.1:9", expect=2)
    assert "no dask scheduler answers at tcp://127.0.0.1:9" in text
    assert "Traceback" not in text


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        found.append(pid)
    return found
