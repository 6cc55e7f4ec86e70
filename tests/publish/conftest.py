"""A complete small project in a temporary folder: one executed notebook, a paper, two pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from support import ROOT

from continuum import paths
from continuum.results import Interval, Results

STUDY = "study: demo\ntitle: A small study\nsynthetic: true\n"
QUARTO = """\
project:
  type: website
  render: [index.qmd, paper/index.qmd, /notebooks/*.ipynb, /pages/*.qmd, 404.qmd]
lang: en
bibliography: paper/references.bib
csl: paper/apa-like.csl
results-page: /pages/results.qmd
website:
  title: A small site
  description: A site of the tests.
  navbar:
    left:
      - {text: Paper, href: paper/index.qmd}
      - text: Analyses
        menu:
          - {text: Survey, href: notebooks/20-survey.ipynb}
          - {text: Continuum, href: notebooks/30-continuum.ipynb}
  page-footer: {left: "See the [paper](paper/index.qmd)."}
"""
BIBLIOGRAPHY = """\
@article{benshlomo2002,
  author = {Ben-Shlomo, Yoav and Kuh, Diana},
  title = {A life course approach to chronic disease epidemiology},
  journal = {International Journal of Epidemiology}, year = {2002}, volume = {31}, number = {2}, pages = {285--293},
  doi = {10.1093/ije/31.2.285}
}
"""
PAPER = """\
---
title: "A small paper: with a colon"
author: "The compendium's contributors"
format:
  html: default
  typst: default
  docx: default
---

## Introduction

Risks may form chains [@benshlomo2002, p. 286]. [This agrees with @benshlomo2002]{.contrasts} in words.[^note]

[^note]: A note with `code`.

## Results {#sec-results}

[In synthetic data, {{< var survey.n >}} people answered]{.claim #clm-n result="survey.n"}; @fig-who and @tbl-who show them.

{{< embed ../notebooks/20-survey.ipynb#fig-who >}}

{{< embed ../notebooks/20-survey.ipynb#tbl-who >}}

::: {.callout-note title="Read this"}
A callout.
:::

::: {.panel-tabset}

### First

One.

### Second

Two.

:::

$$ x = y^2 $$ {#eq-x}

@eq-x holds.
"""
CODE = {
    "parameters": 'study: str = "demo"  # study folder under data/\nreplicates: int = 500  # resamples [200..20000]',
    "tbl-who": '#| label: tbl-who\n#| tbl-cap: "Respondents by *sector*."\nresults.table(frame)',
    "fig-who": '#| label: fig-who\n#| fig-cap: "Respondents by sector."\n#| fig-alt: "Bars; \\"social\\" is longest."\nx',
    "say": "#| label: val-say\nresults.say('In all {survey.n:count} answered.')",
}


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pandoc, typst and the chart bundle made before, shared by all tests of a process."""
    return tmp_path_factory.mktemp("memory")


@pytest.fixture
def project(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a project that can be published."""
    work = tmp_path / "results" / "demo" / "publish"
    work.mkdir(parents=True)
    (work / "memory").symlink_to(memory)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    for name, text in {
        "data/demo/study.yaml": STUDY, "_quarto.yml": QUARTO, "paper/references.bib": BIBLIOGRAPHY,
        "paper/index.qmd": PAPER, "404.qmd": "---\ntitle: Not here\n---\n\nGo to the [start](index.qmd).\n",
        "index.qmd": '---\ntitle: Start\n---\n\n::: {.generated content="first-figure"}\n:::\n',
        "pages/results.qmd": '---\ntitle: All results\n---\n\n::: {.generated content="results"}\n:::\n',
        "paper/apa-like.csl": (ROOT / "paper" / "apa-like.csl").read_text(encoding="utf-8"),
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    write_notebook(tmp_path)
    return tmp_path


def write_notebook(root: Path, change: Callable[[Any], None] | None = None) -> Path:
    """An executed notebook with the outputs a real one has, and the results it stores."""
    results = Results("demo", "20-survey")
    frame = pd.DataFrame({"sector": ["medical", "legal", "social"], "n": [200, 217, 250]})
    results.value("survey.n", 667, unit="respondents", n=667, estimator="count")
    results.value("survey.share", 0.41234, unit="share", n=600, estimator="share", interval=Interval(0.37, 0.45))
    table = results.table(frame, label="tbl-who", caption="Respondents by *sector*.", note="A note.")
    bars = alt.Chart(frame).mark_bar().encode(x="n:Q", y="sector:N").properties(width=300, height=90)
    figure = results.figure(
        bars, frame, label="fig-who", title="Respondents by sector.", alt='Bars; "social" is longest.'
    )
    sentence = results.say("In all {survey.n:count} answered.")
    results.save()
    bundles = {
        "tbl-who": table._repr_mimebundle_(), "fig-who": figure._repr_mimebundle_()[0], "say": sentence._repr_mimebundle_(),
    }  # fmt: skip
    cells = [new_markdown_cell("# Who answered?\n\nA question; @tbl-who answers it.", id="title")]
    for number, (name, code) in enumerate(CODE.items(), 1):
        outputs = [new_output("execute_result", bundles[name], execution_count=number)] if name in bundles else []
        tags = {"tags": ["parameters"]} if name == "parameters" else {}
        cells.append(new_code_cell(code, execution_count=number, outputs=outputs, id=name, metadata=tags))
    notebook = new_notebook(cells=cells, metadata={"papermill": {"input_path": "/somewhere/else"}})
    if change:
        change(notebook)
    file = root / "results" / "demo" / "notebooks" / "20-survey.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)
    return file


@pytest.fixture
def run_record(project: Path) -> dict[str, Any]:
    """A ``run.json`` as the pipeline writes it."""
    record = {"commit": "0123456789abcdef", "packages": {"pandas": "3.1.1"}, "inputs": {"survey.csv": "ab12"}}
    (project / "results" / "demo" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return record
