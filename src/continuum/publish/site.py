"""Builds the site of a study: staged beside the old one, checked, gated, swapped in whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .. import paths
from ..atomic import staged_folder, write_text
from ..errors import BadInput, DisclosureRefused, ManyProblems
from ..memory import trim
from ..study import Study, load_study
from . import portable, quarto
from .contract import check
from .finish import check_links, finish
from .linking import check_numbers, linked
from .stage import Stage, stage

ENGINES = ("auto", "quarto", "portable")
#: Changing how pages are made or what may be published makes the site anew.
_CODE = Path(__file__).parents[1]
#: What decides, beside the files themselves, whether the scan finds something in them.
_SCANNED_BY = ("disclosure", "ingest", "study.py")


def build_site(study: str | Study, *, engine: str = "auto", out: Path | None = None) -> Path:
    """Paper and website of one study.

    Parameters
    ----------
    study : str or Study
    engine : {"auto", "quarto", "portable"}
        ``auto`` takes Quarto if it is on PATH.
    out : Path, optional
        Folder to replace; ``_site/`` if not given.

    Returns
    -------
    Path
        The folder that was replaced.

    Raises
    ------
    BadInput, ManyProblems
        If a source is wrong; the old site stays.
    UnlinkedNumber
        If a claim holds a number that traces to no result; the old site stays.
    DisclosureRefused
        If the finished site holds something that must not be published; the old site stays.
    """
    study = load_study(study) if isinstance(study, str) else study
    target = out or paths.site()
    chosen, why = choose(engine)
    print(f"Publisher: {why}", flush=True)
    work = paths.results(study.study) / "publish"
    record = work / "built.json"
    state = digest(_inputs(study), first=chosen)
    if _read_record(record) == {"state": state, "site": digest([target])}:
        print(f"Site: up to date in {paths.relative(target)}/", flush=True)
        return target
    staged = stage(study, work / "source")
    if problems := check(staged):
        raise ManyProblems(problems)
    staged = linked(staged)
    with staged_folder(target) as new:
        if chosen == "quarto":
            quarto.render(staged, new)
        else:
            portable.render(staged, new, work / "memory")
        finish(staged, new, work / "memory")
        check_links(new, work / "memory")
        check_numbers(new, staged, work / "memory")
        gate(new, staged, work / "memory")
    trim(work / "memory")
    write_text(record, json.dumps({"state": state, "site": digest([target])}) + "\n")
    print(f"Site: {len(list(target.rglob('*.html')))} pages in {paths.relative(target)}/", flush=True)
    return target


def _inputs(study: Study) -> list[Path]:
    """Everything a site is made from: sources, executed notebooks, results, the study's folder and our own code."""
    root, results = paths.root(), paths.results(study.study)
    sources = [root / name for name in ("_quarto.yml", "index.qmd", "404.qmd", "pages", "notebooks", "CITATION.cff")]
    made = [results / name for name in ("notebooks", "figures", "tables", "results.json", "run.json")]
    return [*sources, root / "benchmarks" / "results", paths.paper(), paths.published(), *made, study.folder, _CODE]


def digest(places: list[Path], *, first: str = "") -> str:
    """One hash of the names and contents of files and of everything below folders, bytecode left out."""
    whole = hashlib.sha256(first.encode())
    for place in places:
        files = [place] if place.is_file() else sorted(f for f in place.rglob("*") if f.is_file())
        for file in files:
            if file.suffix != ".pyc":
                whole.update(f"{place.name}/{file.relative_to(place).as_posix()}\0".encode())
                whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _read_record(file: Path) -> dict[str, Any]:
    """What was built or found clean last; empty if nothing was, or if the record was damaged."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def choose(engine: str) -> tuple[str, str]:
    """The publisher to use, and why, for people.

    Raises
    ------
    BadInput
        If the name is unknown, or Quarto was asked for and cannot be used.
    """
    if engine not in ENGINES:
        raise BadInput(f"there is no publisher {engine!r}", fix=f"use one of {', '.join(ENGINES)}")
    if engine == "portable":
        return "portable", f"{portable.describe()}, as asked for"
    version, problem = quarto.available()
    if problem and engine == "quarto":
        raise BadInput(problem, fix="install Quarto, or use --engine portable")
    if problem:
        return "portable", f"{portable.describe()}, because {problem}"
    return "quarto", f"Quarto {version}, found on PATH"


def gate(folder: Path, staged: Stage, memory: Path) -> None:
    """Stop unless the disclosure scan finds nothing in ``folder``.

    A file in which the same code found nothing for the same raw data is not read again.

    Raises
    ------
    DisclosureRefused
        Listing what was found and where.
    """
    from ..disclosure import scan

    record = memory / "clean.json"
    basis = digest([staged.study.folder, *(_CODE / part for part in _SCANNED_BY)])
    known = _read_record(record)
    clean = set(known["files"]) if known.get("basis") == basis else set()
    if leaks := scan(folder, staged.study.study, clean=clean):
        listed = "\n".join(str(leak) for leak in leaks[:20])
        more = f"\n... and {len(leaks) - 20} more" if len(leaks) > 20 else ""
        raise DisclosureRefused(
            f"the site holds {len(leaks)} things that must not be published; the old one stays:\n{listed}{more}",
            fix="suppress them in the notebooks, then run again",
        )
    write_text(record, json.dumps({"basis": basis, "files": sorted(clean)}) + "\n")
