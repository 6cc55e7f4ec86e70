"""Warm kernels: as isolated and as correct as fresh ones, and gone when the run is."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline.project import Project, notebook

from continuum.pipeline.kernels import ProjectKernelManager
from continuum.pipeline.warm import NotAvailable, WarmServer

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="warm kernels need Linux")

POLLUTE = """
import os, random, sys, warnings
import numpy as np, pandas as pd
pd.set_option("display.max_columns", 3)
os.environ["LEFT_BEHIND"] = "yes"
os.chdir("/")
warnings.simplefilter("error")
sys.modules["json"] = None
sys.path.insert(0, "/nowhere")
np.random.seed(1); random.seed(1)
import threading; threading.Thread(target=lambda: __import__("time").sleep(60), daemon=True).start()
"""
LOOK = """
import os, random, sys, threading, warnings
import json
import numpy as np, pandas as pd
{"columns": pd.get_option("display.max_columns"), "left": os.environ.get("LEFT_BEHIND"),
 "folder": os.path.basename(os.getcwd()), "strict": any(f[0] == "error" and f[2] is Warning for f in warnings.filters),
 "path": "/nowhere" in sys.path, "json": json.dumps([1]), "threads": sorted(t.name for t in threading.enumerate()),
 "session": os.getsid(0) == os.getpid(), "argv": os.path.basename(sys.argv[0])}
"""
DRAW = "import random\nimport numpy as np\n[random.random(), float(np.random.random())]"


def shown(project: Project, name: str) -> str:
    outputs = project.executed(name)["cells"][-1]["outputs"]
    return "".join(outputs[0]["data"]["text/plain"])


def test_nothing_a_notebook_does_to_its_process_reaches_the_next(project: Project):
    project.write("10-scores", notebook(("look", LOOK)))
    project.write("20-draws", notebook(("pollute", POLLUTE)))
    project.write("50-citing", notebook(("look", LOOK)))
    project.command("run", "-n", "1")
    before = {name: shown(project, name) for name in ("10-scores", "50-citing")}
    assert before["10-scores"] == before["50-citing"]
    found = eval(before["10-scores"])
    assert found["left"] is None
    assert found["columns"] == 20
    assert found["folder"] == "notebooks"
    assert not found["strict"]
    assert not found["path"]
    assert found["session"]
    assert found["argv"] == "ipykernel_launcher.py"


def test_every_kernel_draws_its_own_numbers_from_the_legacy_generators(project: Project):
    for name in ("10-scores", "20-draws", "50-citing"):
        project.write(name, notebook(("draw", DRAW)))
    project.command("run")
    assert len({shown(project, name) for name in ("10-scores", "20-draws", "50-citing")}) == 3


def test_outputs_equal_those_of_fresh_kernels(project: Project, built: Project):
    variables = project.environment() | {"COMPENDIUM_KERNELS": "ordinary"}
    done = subprocess.run(
        [sys.executable, "-m", "continuum", "run"], env=variables, capture_output=True, text=True, check=True
    )
    assert "kernels start from scratch" in done.stdout
    kinds = {r: json.loads((r.results / "run.json").read_text())["notebooks"] for r in (project, built)}
    assert {entry["kernel"] for entry in kinds[project].values()} == {"ordinary"}
    assert {entry["kernel"] for entry in kinds[built].values()} == {"warm"}
    for name in ("10-scores", "20-draws", "50-citing"):
        assert project.executed(name) == built.executed(name)
    assert (project.results / "results.json").read_bytes() == (built.results / "results.json").read_bytes()


def test_a_notebook_that_kills_its_kernel_fails_alone(project: Project):
    project.write("20-draws", notebook(("die", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")))
    text = project.command("run", expect=3)
    assert "20-draws" in text
    assert "DeadKernelError" in text
    assert set(project.values()) == {"scores.mean", "citing.n"}


def test_kernels_end_when_the_run_is_killed(project: Project, tmp_path: Path):
    mark = tmp_path / "pid"
    code = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(300)"
    project.write("10-scores", notebook(("wait", code)))
    process = subprocess.Popen(
        [sys.executable, "-m", "continuum", "run", "--only", "10"], env=project.environment(), stdout=subprocess.DEVNULL
    )
    _until(lambda: mark.exists() and mark.read_text())
    kernel = int(mark.read_text())
    process.kill()
    process.wait()
    _until(lambda: not Path(f"/proc/{kernel}").exists())


def kill_ancestor(generation: int) -> str:
    """Code that kills a process above the kernel: 1 forks kernels, 2 executes the notebook, 3 has the imports."""
    above = 'pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])\n'
    return (
        f"import os, signal, time\npid = os.getpid()\n{above * generation}os.kill(pid, signal.SIGKILL)\ntime.sleep(60)"
    )


THREE = ("--only", "10", "--only", "20", "--only", "50")


@pytest.mark.parametrize(
    ("generation", "words"),
    [(1, "DeadKernelError"),
     (2, "10-scores: its process was killed. Fix: where memory is short, use fewer workers")],
)  # fmt: skip
def test_a_notebook_that_loses_a_process_above_it_fails_alone(project: Project, generation: int, words: str):
    project.write("10-scores", notebook(("kill", kill_ancestor(generation))))
    text = project.command("run", "-n", "1", *THREE, expect=3)
    assert words in text
    assert "from scratch" not in text
    assert {"draws.first", "citing.n"} <= set(project.values())


def test_an_interrupted_run_ends_its_kernels_and_leaves_no_folders(project: Project, tmp_path: Path):
    mark, scratch = tmp_path / "pid", tmp_path / "scratch"
    scratch.mkdir()
    code = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(300)"
    project.write("10-scores", notebook(("wait", code)))
    process = subprocess.Popen(
        [sys.executable, "-m", "continuum", "run", "--only", "10"], stdout=subprocess.DEVNULL,
        env=project.environment() | {"TMPDIR": str(scratch)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    _until(lambda: (mark.exists() and mark.read_text()) or process.poll() is not None)
    assert process.poll() is None
    assert list(scratch.iterdir())
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    _until(lambda: not Path(f"/proc/{mark.read_text()}").exists())
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(("kernels", "kind"), [("", "warm"), ("ordinary", "ordinary")])
def test_sockets_find_a_place_where_the_path_of_temporary_files_is_too_long_for_them(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernels: str, kind: str
):
    scratch = tmp_path / ("long" * 30)
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("COMPENDIUM_KERNELS", kernels)
    project.command("run", "--only", "10")
    record = json.loads((project.results / "run.json").read_text())
    assert record["notebooks"]["10-scores"]["kernel"] == kind
    assert "scores.mean" in project.values()
    assert not list(scratch.iterdir())


def test_a_kernel_without_a_place_for_sockets_uses_ports(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("continuum.pipeline.kernels.socket_folder", lambda: None)
    manager = ProjectKernelManager()
    assert manager.transport == "tcp"


def test_a_server_that_dies_means_ordinary_kernels_and_one_message(project: Project):
    project.write("10-scores", notebook(("kill", kill_ancestor(3))))
    text = project.command("run", "-n", "1", *THREE, expect=3)
    assert text.count("kernels start from scratch") == 1
    assert {"draws.first", "citing.n"} <= set(project.values())


def test_a_module_that_starts_threads_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    server = WarmServer(["threaded"])
    try:
        with pytest.raises(NotAvailable, match="importing threaded starts threads"):
            server.call("continuum.pipeline.local", "ingest", "survey", "demo")
    finally:
        server.close()


def _modules(folder: Path, monkeypatch: pytest.MonkeyPatch, **sources: str) -> None:
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_call_waits_for_the_modules_it_needs_and_for_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Project
):
    go = tmp_path / "go"
    _modules(
        tmp_path, monkeypatch,
        quick="import time\ntime.sleep(1)",  # so long that the calls are there before the next module begins
        never="import time, pathlib\ndeadline = time.monotonic() + 30\n"
        f"while not pathlib.Path({str(go)!r}).exists() and time.monotonic() < deadline: time.sleep(0.01)",
        look="import sys\ndef loaded(**_): return [name for name in ('quick', 'never') if name in sys.modules]",
    )  # fmt: skip
    monkeypatch.setenv("CONTINUUM_ROOT", str(built.folder))
    server = WarmServer(["json"])
    server.load(["quick", "never"])
    try:
        assert server.call_with_kernel("look", "loaded", after=["quick"])[0] == ["quick"]
        assert not go.exists()
        assert not server._idle  # a child without all modules is not kept for others
        go.touch()
        assert server.call_with_kernel("look", "loaded")[0] == ["quick", "never"]
        assert len(server._idle) == 1
    finally:
        server.close()


def test_a_call_that_was_begun_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Project):
    log = tmp_path / "log"
    _modules(tmp_path, monkeypatch, note=f"def down(text):\n    open({str(log)!r}, 'a').write(text)\n    return text")
    monkeypatch.setenv("CONTINUUM_ROOT", str(built.folder))
    server = WarmServer([])
    try:
        server.begin("note", "down", "a")
        assert [server.call("note", "down", text) for text in ("a", "b", "a")] == ["a", "b", "a"]
        assert sorted(log.read_text()) == ["a", "a", "b"]
        server.begin("continuum.study", "load_study", "nowhere")
        with pytest.raises(Exception, match="there is no study 'nowhere'"):
            server.call("continuum.study", "load_study", "nowhere")
    finally:
        server.close()


def test_an_error_in_a_call_comes_back_as_a_sentence(built: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CONTINUUM_ROOT", str(built.folder))
    server = WarmServer([])
    try:
        with pytest.raises(Exception, match="there is no study 'nowhere'") as caught:
            server.call("continuum.study", "load_study", "nowhere")
        assert caught.value.exit_code == 2
    finally:
        server.close()


def test_closing_ends_the_process_without_having_to_kill_it(monkeypatch: pytest.MonkeyPatch, built: Project):
    monkeypatch.setenv("CONTINUUM_ROOT", str(built.folder))
    server = WarmServer([])
    with pytest.raises(Exception, match="no study"):
        server.call("continuum.study", "load_study", "nowhere")
    server.close()
    assert server._process.poll() == 0  # waiting in vain and killing it costs five seconds at the end of every run


def _until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_polars_and_statsmodels_work_in_forks_of_a_process_that_has_loaded_them(project: Project, source: Path):
    (source / "continuum" / "heavy_for_test.py").write_text("import polars\nimport statsmodels.stats.proportion\n")
    code = (
        "import continuum.heavy_for_test, sys\nimport polars as pl, pyarrow as pa\n"
        "t = pl.DataFrame({'g': [1, 2] * 50_000, 'x': range(100_000)}).group_by('g').agg(pl.col('x').sum()).sort('g')\n"
        "(t['x'].to_list(), pa.array(range(9)).to_pandas().sum())"
    )
    for number in range(10, 16):
        project.write(f"{number}-polars", notebook(("sum", code)))
    text = project.command("run", "-n", "3")
    (source / "continuum" / "heavy_for_test.py").unlink()
    assert "from scratch" not in text
    assert {shown(project, f"{n}-polars") for n in range(10, 16)} == {"([2499950000, 2500000000], np.int64(36))"}
    record = json.loads((project.results / ".state" / "10-polars.json").read_text())
    assert "polars" in record["imports"]


def test_what_libraries_do_at_first_use_is_done_before_kernels_are_forked():
    code = """
import altair, pandas, PIL.Image, typst
import numba, pandera.pandas
from continuum.pipeline import warm_up
steps = dict(warm_up._PENDING)
warm_up.what_is_loaded()
assert list(warm_up._PENDING) == ["continuum.pipeline.execute"], warm_up._PENDING
assert pandas.get_option("display.max_columns") == 20 and PIL.Image._initialized
for step in steps.values():
    step()  # a library that changes must not make one of them fail in silence
"""
    subprocess.run([sys.executable, "-c", code], check=True)
