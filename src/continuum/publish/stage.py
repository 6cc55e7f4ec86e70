"""Gathers everything a publisher reads into one folder: pages, executed notebooks, figures, numbers, downloads.

The folder is a complete Quarto project of its own, so that both publishers render exactly the same sources.
"""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import yaml

from .. import paths
from ..atomic import write_bytes, write_text
from ..charts.base import LAB_MIME
from ..entries import to_json
from ..errors import BadInput
from ..memory import remembered
from ..study import Study
from .notebook import Cell, Notebook, caption_of, described_once, figure_files, read_notebook
from .sources import SHORTCODE, Project, Source, read_project, read_source
from .variables import read_results, read_run, to_yaml, variables

if TYPE_CHECKING:
    import pandas as pd

#: The study whose paper stands in ``paper/`` and whose executed notebooks are committed.
DEMO = "demo"
PAPER = "paper/index.qmd"
WORD_TEMPLATE = "paper/reference.docx"
_GENERATED = re.compile(r'^::: \{\.generated content="([a-z-]+)"\}\n.*?^:::$', re.M | re.S)
_NOTEBOOK_LINK = re.compile(r"\[([^\]]+)\]\((?:\.\./)*notebooks/([\w-]+)\.ipynb(?:#[\w-]+)?\)")


@dataclass(frozen=True)
class Output:
    """A figure or table of an executed notebook."""

    label: str
    caption: str
    notebook: Notebook
    cell: Cell

    @property
    def kind(self) -> str:
        """``fig`` or ``tbl``."""
        return self.label[:3]


@dataclass(frozen=True)
class Ledger:
    """What a paper claims: checked claims, sentences with numbers that no claim links, works for and against claims."""

    claims: pd.DataFrame
    unlinked: list[str]
    literature: pd.DataFrame


@dataclass(frozen=True)
class Stage:
    """Everything that is to be published about one study, ready for a publisher."""

    study: Study
    folder: Path
    project: Project
    notebooks: Mapping[str, Notebook]
    results: Mapping[str, Any]
    run: Mapping[str, Any]
    variables: Mapping[str, Any]

    def sources(self) -> Iterator[Source]:
        """The pages other than notebooks."""
        for name in self.project.pages():
            if name.endswith(".qmd"):
                yield read_source(self.folder / name, self.folder)

    @cached_property
    def contexts(self) -> pd.DataFrame:
        """Classed citation contexts of the articles that cite the study, with people's labels applied.

        Raises
        ------
        NotCollected
            If the study names no citing articles.
        """
        from ..citations import citing, classify, counted, decided

        spec = self.study.citations
        found = citing(self.study)
        classed = decided(self.study, classify(found.contexts, spec.mode if spec else "model"))
        return classed.assign(counted=counted(classed, spec.threshold if spec else 0.8))

    @cached_property
    def own_contexts(self) -> pd.DataFrame:
        """What the study's own paper cites, with the stances its authors declare; empty without a paper."""
        from ..citations.documents import frame, read_document
        from ..citations.records import records

        paper = self.folder / PAPER
        return frame(records(read_document(paper, variables=self.variables)) if paper.is_file() else [])

    @cached_property
    def ledger(self) -> Ledger:
        """Claims of the study's paper, held against its results."""
        from ..citations.claims import check_claims, literature, read_claims

        paper = self.folder / PAPER
        marked, unlinked = read_claims(paper, self.variables) if paper.is_file() else ([], [])
        claims = check_claims(marked, self.results)
        return Ledger(claims, unlinked, literature(claims, self.own_contexts))

    def outputs(self) -> dict[str, Output]:
        """Every labeled figure and table of the notebooks."""
        return {
            label: Output(label, caption_of(cell, synthetic=self.study.synthetic), notebook, cell)
            for notebook in self.notebooks.values()
            for label, cell in notebook.labels.items()
            if label.startswith(("fig-", "tbl-"))
        }

    def short_title(self, name: str) -> str:
        """What the menu calls a notebook."""
        entries = [part for item in self.project.navigation for part in (item, *item.menu)]
        named = {entry.href: entry.text for entry in entries}
        return named.get(f"notebooks/{name}.ipynb", self.notebooks[name].title)

    def results_page(self, prefix: str) -> str:
        """Where stored results are listed, from a page whose way to the root is ``prefix``; empty if nowhere."""
        name = str(self.project.config.get("results-page", "")).lstrip("/")
        return prefix + name if name in self.project.pages() else ""

    def target(self, source: Source, shortcode: str, line: int) -> tuple[Notebook, Cell]:
        """The cell that an embed names.

        Raises
        ------
        BadInput
            If the path, the notebook or the label does not exist; with file and line.
        """
        match = re.fullmatch(r"(\S+?)#([\w-]+)", shortcode)
        if not match:
            raise source.problem(f"embed of {shortcode!r}", line, "write {{< embed ../notebooks/NAME.ipynb#label >}}")
        file = (self.folder / source.name).parent / match.group(1)
        notebook = self.notebooks.get(file.stem)
        if match.group(1).startswith("/") or notebook is None or file.resolve() != notebook.file.resolve():
            known = ", ".join(f"{name}.ipynb" for name in self.notebooks) or "none has been executed"
            raise source.problem(f"embeds {match.group(1)}, which is not an executed notebook", line, f"known: {known}")
        if match.group(2) not in notebook.labels:
            known = ", ".join(notebook.labels)
            raise source.problem(
                f"embeds {match.group(2)!r}, which {notebook.name} does not have", line, f"its labels are: {known}"
            )
        return notebook, notebook.labels[match.group(2)]


def stage(study: Study, folder: Path) -> Stage:
    """Fill ``folder`` with the sources of one study's site.

    Raises
    ------
    BadInput
        If no executed notebook exists, or a source is wrong.
    """
    from . import annotate, draft, generated
    from .word import reference_document

    shutil.rmtree(folder, ignore_errors=True)
    root = paths.root()
    original = read_project(root)
    executed = executed_notebooks(study)
    results, run = read_results(paths.results(study.study)), read_run(paths.results(study.study))
    _copy_sources(original, folder)
    _copy_notebooks(executed, folder)
    tree = variables(study, results, run)
    numbers = to_yaml(tree)
    write_text(folder / "_variables.yml", numbers)
    if study.study == DEMO:  # so that `quarto preview` in the project's own folder shows the same numbers
        write_text(root / "_variables.yml", numbers)
    write_bytes(folder / WORD_TEMPLATE, reference_document(folder.parent / "memory").read_bytes())
    write_text(folder / "_quarto.yml", _adapted(original, study, [file.name for file in executed]))
    notebooks = {file.stem: read_notebook(folder / "notebooks" / file.name) for file in executed}
    staged = Stage(study, folder, read_project(folder), notebooks, results, run, tree)
    for cell in (output.cell for output in staged.outputs().values() if output.kind == "fig"):
        for suffix, content in figure_files(cell).items():
            write_bytes(folder / "figures" / f"{cell.label}.{suffix}", content)
    _copy_downloads(staged)
    if study.study != DEMO:
        own = study.folder / "paper"
        if (own / "index.qmd").is_file():
            shutil.copytree(own, folder / "paper", dirs_exist_ok=True)
        else:
            write_text(folder / "paper" / "index.qmd", draft.paper(staged))
    for source in staged.sources():
        text = source.file.read_text(encoding="utf-8")
        text = _GENERATED.sub(lambda m: generated.content(m.group(1), staged, source), text)  # noqa: B023
        write_text(source.file, annotate.with_origins(_with_living_links(text, staged), source, staged))
    return annotate.annotated(staged)


def executed_notebooks(study: Study) -> list[Path]:
    """The notebooks to publish, in order: as last run for the study; for the demo, else, as committed.

    Raises
    ------
    BadInput
        If there are none.
    """
    pattern = "[0-9][0-9]-*.ipynb"
    chosen = {file.name: file for file in paths.notebooks().glob(pattern)} if study.study == DEMO else {}
    chosen |= {file.name: file for file in (paths.results(study.study) / "notebooks").glob(pattern)}
    found = [chosen[name] for name in sorted(chosen)]
    if not found:
        raise BadInput(
            f"no notebook of {study.study!r} has been executed", file=paths.relative(paths.results(study.study)),
            fix=f"run: compendium run {study.study}",
        )  # fmt: skip
    return found


def prefix_of(name: str) -> str:
    """What leads from a page to the root of the site: ``paper/index.qmd`` gives ``../``."""
    return "../" * name.count("/")


def _with_living_links(text: str, staged: Stage) -> str:
    """A page on which the name of a notebook that this run does not have is text, not a link."""
    return _NOTEBOOK_LINK.sub(lambda m: m.group(0 if m.group(2) in staged.notebooks else 1), text)


def _copy_sources(project: Project, folder: Path) -> None:
    wanted = [project.folder / name for name in project.pages() if name.endswith(".qmd")]
    wanted += [project.folder / name for name in listed_files(project.config)]
    for file in wanted:
        if not file.is_file():
            raise BadInput("is listed but does not exist", file="_quarto.yml", place=paths.relative(file), fix="add it")
        target = folder / file.relative_to(project.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def listed_files(config: Any) -> list[str]:
    """Files that ``_quarto.yml`` names: bibliography, style, themes; not pages."""
    if isinstance(config, dict):
        return [name for value in config.values() for name in listed_files(value)]
    if isinstance(config, list):
        return [name for value in config for name in listed_files(value)]
    is_file = isinstance(config, str) and re.fullmatch(r"[\w./-]+\.(bib|csl|scss|css|html|typ|lua|svg|png|js)", config)
    return [config.lstrip("/")] if is_file else []


def _copy_notebooks(files: list[Path], folder: Path) -> None:
    for file in files:
        write_text(folder / "notebooks" / file.name, _kept(folder, file, _without_metadata))


def _without_metadata(file: Path) -> str:
    """A notebook without the paths, times and installed extensions that tools leave in the metadata."""
    node = nbformat.read(file, as_version=4)
    node.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for cell in node.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "tags"}
        for data in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "text/plain" in data:  # HTML would make Quarto load scripts from elsewhere
                data.pop("text/html", None)
    return nbformat.writes(node) + "\n"


def _kept(folder: Path, file: Path, make: Callable[[Path], str]) -> str:
    """``make(file)``, made once for each content of the file: notebooks with pictures take long to write."""
    parts: list[str | bytes] = [make.__name__, nbformat.__version__, Path(__file__).read_bytes(), file.read_bytes()]
    return remembered(folder.parent / "memory", parts, lambda: make(file).encode()).decode()


def _adapted(project: Project, study: Study, notebooks: list[str]) -> str:
    """``_quarto.yml`` for this study: its title, and no menu entry for a notebook it does not have."""
    config = copy.deepcopy(project.config)  # in its own order: of two themes, the first is shown first
    if study.study != DEMO:
        config["website"]["title"] = study.title
        config["website"]["description"] = study.title
    present = {f"notebooks/{name}" for name in notebooks}

    def keep(items: list[Any]) -> list[Any]:
        kept = []
        for item in items:
            href = item.get("href", "") if isinstance(item, dict) else item
            if href.endswith(".ipynb") and href not in present:
                continue
            if isinstance(item, dict) and "menu" in item:
                item = {**item, "menu": keep(item["menu"])}
            kept.append(item)
        return kept

    config["reference-doc"] = WORD_TEMPLATE
    navbar = config["website"]["navbar"]
    navbar["left"] = keep(navbar.get("left", []))
    config["website"].pop("announcement", None)
    if study.synthetic:
        config["synthetic-note"] = SYNTHETIC_BANNER
        config["website"]["announcement"] = {
            "content": SYNTHETIC_BANNER, "type": "warning", "position": "below-navbar", "dismissable": False,
        }  # fmt: skip
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=110)


SYNTHETIC_BANNER = (
    "**Synthetic data.** Every count, figure and table here was computed from invented records. "
    "They show how the methods work; they say nothing about trafficking."
)


def _without_pixels(file: Path) -> str:
    """A notebook whose charts are kept as specification and SVG: pixels and names of marks make up most of its size."""
    node = nbformat.read(file, as_version=4)
    for output in (output for cell in node.cells for output in cell.get("outputs", [])):
        if {"image/svg+xml", LAB_MIME} <= set(output.get("data", {})):
            output["data"].pop("image/png", None)
            output["metadata"].pop("image/png", None)
            output["data"]["image/svg+xml"] = described_once(output["data"]["image/svg+xml"])
    return nbformat.writes(node) + "\n"


def _copy_downloads(staged: Stage) -> None:
    results, target = paths.results(staged.study.study), staged.folder / "downloads"
    for kind, folder in (("tbl", "tables"), ("fig", "figures")):
        for label in (name for name, output in staged.outputs().items() if output.kind == kind):
            for suffix in (".csv", ".json", ".docx"):
                file = results / folder / f"{label}{suffix}"
                if file.is_file():
                    write_bytes(target / folder / file.name, file.read_bytes())
    for notebook in staged.notebooks.values():
        write_text(target / "notebooks" / notebook.file.name, _kept(staged.folder, notebook.file, _without_pixels))
    if staged.results:
        content = {"schema": 1, "study": staged.study.study, "results": staged.results}
        write_text(target / "results.json", to_json(content))
    if staged.run:
        write_text(target / "run.json", to_json(staged.run))


def shortcodes(text: str) -> list[tuple[str, str]]:
    """Name and argument of each shortcode of a text."""
    return [(m.group(1), m.group(2)) for m in SHORTCODE.finditer(text)]
