"""A small project of its own for each test: a synthetic study and three notebooks that take no time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat

STUDY = """\
study: demo
title: A study for tests
synthetic: true
seed: 7
self_assessment:
  files: [scores.csv]
  instrument: short
citations:
  articles: articles
"""

PARAMETERS = 'study: str = "demo"  # study folder under data/\nrun: str = ""  # name of a parameter run; empty for the main results'
SCORES = "inputs = load_study(study)\nscores = pd.read_csv(inputs.path(inputs.self_assessment.files[0]))"


def notebook(*cells: tuple[str, str], parameters: str = "", markdown: str = "A question.") -> nbformat.NotebookNode:
    """A notebook with a parameters cell and these (id, source) code cells."""
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}}
    )
    made.cells.append(nbformat.v4.new_markdown_cell(markdown, id="question"))
    first = nbformat.v4.new_code_cell(f"{PARAMETERS}\n{parameters}".strip(), id="parameters")
    first.metadata["tags"] = ["parameters"]
    made.cells.append(first)
    made.cells += [nbformat.v4.new_code_cell(source, id=name) for name, source in cells]
    return made


class Project:
    """A project folder and the command line run in it."""

    def __init__(self, folder: Path, source: Path | None = None) -> None:
        self.folder = folder
        self.source = source
        (folder / "notebooks").mkdir(parents=True)
        (folder / "data" / "demo" / "articles").mkdir(parents=True)
        (folder / "data" / "demo" / "study.yaml").write_text(STUDY)
        (folder / "data" / "demo" / "scores.csv").write_text("org,score\n" + "".join(f"o{i},{i}\n" for i in range(20)))
        (folder / "data" / "demo" / "articles" / "a.xml").write_text("<a/>")

    @property
    def results(self) -> Path:
        """Results of the study."""
        return self.folder / "results" / "demo"

    def write(self, name: str, made: nbformat.NotebookNode) -> None:
        """Add or replace a notebook."""
        nbformat.write(made, self.folder / "notebooks" / f"{name}.ipynb")

    def environment(self) -> dict[str, str]:
        """Variables under which the command works on this project."""
        variables = os.environ | {"CONTINUUM_ROOT": str(self.folder)}
        if self.source is not None:
            variables["PYTHONPATH"] = str(self.source)
        return variables

    def command(self, *arguments: str, expect: int = 0) -> str:
        """Run ``compendium`` and return what it printed; fails if the exit code is another."""
        done = subprocess.run(
            [sys.executable, "-m", "continuum", *arguments], env=self.environment(), cwd=self.folder,
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        text = done.stdout + done.stderr
        assert done.returncode == expect, f"exit {done.returncode}\n{text}"
        return text

    def values(self) -> dict[str, object]:
        """Stored results, key -> value."""
        stored = json.loads((self.results / "results.json").read_text())["results"]
        return {key: entry["value"] for key, entry in stored.items()}

    def executed(self, name: str) -> dict:
        """An executed notebook."""
        return json.loads((self.results / "notebooks" / f"{name}.ipynb").read_text())


def three_notebooks(project: Project) -> None:
    """One notebook with parameters on the scores, one with a figure, one that reads citations only."""
    project.write(
        "10-scores",
        notebook(
            ("load", f"import pandas as pd\nfrom continuum.results import Results\nfrom continuum.study import load_study\n{SCORES}"),
            ("mean", '#| label: val-mean\nr = Results(study, "10-scores", run=run)\nr.value("scores.mean", scores.score.mean() * factor, unit="points", n=len(scores), estimator="mean")'),
            ("table", '#| label: tbl-scores\n#| tbl-cap: "Scores by group."\nr.table(pd.DataFrame({"group": ["a", "b"], "n": [10, 10]}))'),
            ("save", "r.save()"),
            parameters="factor: float = 1.0  # multiplies the mean [0..10]\nmethod: str = \"a\"  # how {a|b}\nreplicates: int = 5  # number of draws [1..100]",
        ),
    )  # fmt: skip
    project.write(
        "20-draws",
        notebook(
            ("load", f"import pandas as pd\nfrom continuum.results import Results\nfrom continuum.study import load_study\n{SCORES}"),
            ("draw", '#| label: val-draw\nr = Results(study, "20-draws", run=run)\nr.value("draws.first", float(inputs.rng("draws").normal()), unit="points", n=1, estimator="draw", seed=inputs.seed)'),
            ("save", "r.save()"),
        ),
    )  # fmt: skip
    project.write(
        "50-citing",
        notebook(
            ("load", "from continuum.results import Results, slug\nfrom continuum.study import load_study\ninputs = load_study(study)\narticles = inputs.path(inputs.citations.articles)"),
            ("count", '#| label: val-count\nr = Results(study, "50-citing", run=run)\nr.value("citing.n", len(list(articles.iterdir())), unit="articles", n=None, estimator="count")'),
            ("save", "r.save()"),
        ),
    )  # fmt: skip
