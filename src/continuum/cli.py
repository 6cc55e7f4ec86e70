"""The ``compendium`` command: one subcommand per thing a team does, errors as sentences, exit codes for scripts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from . import __version__
from .errors import CompendiumError
from .garbage import collect_seldom

_EXIT_CODES = "exit codes: 0 all well, 2 something given is wrong, 3 an analysis failed, 4 the disclosure gate refused"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The process's own if not given.
    """
    parsed = parser().parse_args(arguments)
    collect_seldom()
    try:
        return parsed.command(parsed) or 0
    except CompendiumError as error:
        if parsed.debug:
            raise
        sys.stdout.flush()
        print(f"compendium: {error.message}", file=sys.stderr)
        return error.exit_code
    except (BrokenPipeError, KeyboardInterrupt) as error:
        return _stopped(error)
    except Exception as error:
        if parsed.debug:
            raise
        print(f"compendium: this should not happen: {type(error).__name__}: {error}", file=sys.stderr)
        print("run the command again with --debug to see where, and report it", file=sys.stderr)
        return 1


def _stopped(error: BaseException) -> int:
    if isinstance(error, BrokenPipeError):  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    print("compendium: interrupted; run the same command again to go on", file=sys.stderr)
    return 130


def parser() -> argparse.ArgumentParser:
    """The command line of interfaces.md."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    top = argparse.ArgumentParser(
        prog="compendium",
        description="From a team's own exports to tables, figures, paper and website, reproducibly.",
        epilog=_EXIT_CODES,
    )
    top.add_argument("--version", action="version", version=f"compendium {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def add(name: str, action: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", parents=[common])
        sub.set_defaults(command=action)
        return sub

    new = add("new", _new, "scaffold data/STUDY/study.yaml from real exports")
    new.add_argument("study", metavar="STUDY", help="name of the new study: lower-case letters, digits, hyphens")
    new.add_argument(
        "--interviews", metavar="F", type=Path, nargs="+",
        help="export of the coding tool; several files belong together (quotations and their codebook)",
    )  # fmt: skip
    new.add_argument(
        "--option", dest="options", metavar="NAME=VALUE", action="append", default=[],
        help="option of the interview importer, such as allow_new_codes=true; may be repeated",
    )  # fmt: skip
    new.add_argument("--survey", metavar="F", type=Path, help="export of the survey tool")
    new.add_argument("--codebook", metavar="F", type=Path, help="questionnaire of the survey: .qsf, XLSForm, labels")
    new.add_argument(
        "--self-assessment", metavar="F", type=Path, nargs="?", const=Path(),
        help="organizations' self-assessments, or an instrument (without F: the example); writes the forms to fill in",
    )  # fmt: skip
    new.add_argument("--articles", metavar="DIR", type=Path, help="folder of citing articles (JATS or TEI)")

    check = add("check", _check, "read everything, validate, print what was understood; run nothing")
    _study_argument(check)

    run = add("run", _run, "execute the notebooks whose results are out of date")
    _study_argument(run)
    run.add_argument(
        "-p", dest="assignments", metavar="NOTEBOOK.NAME=VALUE", action="append", default=[],
        help="set a parameter of a notebook (20-survey.replicates=500, or 20.replicates=500); may be repeated",
    )  # fmt: skip
    _where_to_run(run)
    run.add_argument(
        "--only", metavar="NOTEBOOK", action="append", default=[], help="consider this notebook only; may be repeated"
    )
    run.add_argument("--explain", action="store_true", help="say in words why each notebook will run, then run")
    run.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    run.add_argument("--force", action="store_true", help="run what is up to date, too")
    run.add_argument(
        "--update-notebooks", action="store_true",
        help="write the executed notebooks of the demo study back to notebooks/, cleaned for committing",
    )  # fmt: skip

    sweep = add("sweep", _sweep, "run a grid of parameter values as named runs and compare them")
    sweep.add_argument("study", metavar="STUDY", help="folder under data/")
    sweep.add_argument(
        "--grid", metavar="FILE", type=Path, required=True,
        help="YAML or JSON (NOTEBOOK.NAME: [values]) or CSV (one column per NOTEBOOK.NAME, one row per run)",
    )  # fmt: skip
    _where_to_run(sweep)

    site = add("site", _site, "build paper and website, pass them through the gates, swap them into _site/")
    _study_argument(site)
    site.add_argument(
        "--engine", choices=["auto", "quarto", "portable"], default="auto", help="default: quarto if it is installed"
    )
    site.add_argument(
        "--private", action="store_true",
        help="build the team's own edition in results/STUDY/private-site/ instead, with quotes and disagreements",
    )  # fmt: skip

    scan = add("scan", _scan, "look for anything that must not be published; exit code 4 and a list if there is")
    scan.add_argument("path", metavar="PATH", type=Path, help="file or folder")
    scan.add_argument("--study", metavar="STUDY", default="demo", help="whose raw data and rule (default: demo)")

    cite = add("cite", _cite, "extract and classify citation contexts of JATS, TEI or Quarto/pandoc sources")
    cite.add_argument("files", metavar="FILE", nargs="+", type=Path, help="articles and sources, or folders of them")
    cite.add_argument("--out", metavar="DIR", type=Path, default=Path("citations"), help="default: citations/")
    cite.add_argument("--mode", choices=["model", "rules"], default="model", help="default: model")
    cite.add_argument("--labels", metavar="FILE", type=Path, help="labels.csv or a filled-in review.csv; people win")
    cite.add_argument(
        "--library", metavar="FILE", type=Path, help="BibTeX or CSL-JSON with DOIs for references without"
    )
    cite.add_argument("--pdf", action="store_true", help="read PDF text too: low quality, never counted")
    cite.add_argument("--allow-orphans", action="store_true", help="accept labels whose context is gone")

    lab = add("lab", _lab, "open JupyterLab with the project's kernel")
    lab.add_argument("options", nargs=argparse.REMAINDER, help="passed on to jupyter lab")
    return top


def _study_argument(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("study", metavar="STUDY", nargs="?", default="demo", help="folder under data/ (default: demo)")


def _where_to_run(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "-n", dest="workers", metavar="N", type=_positive, help="how many at a time (default: one per processor)"
    )
    sub.add_argument("--scheduler", metavar="ADDR", help="run on this dask scheduler (tcp://host:port or a JSON file)")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)


def _new(given: argparse.Namespace) -> int | None:
    from .scaffold import new_study

    new_study(
        given.study,
        interviews=given.interviews,
        survey=given.survey,
        codebook=given.codebook,
        self_assessment=given.self_assessment,
        articles=given.articles,
        options=given.options,
    )
    if given.self_assessment is not None:
        from . import paths
        from .assessments import write_forms
        from .study import load_study

        folder = paths.results(given.study) / "team" / "self-assessment"
        for name in write_forms(load_study(given.study), folder):
            print(f"  {paths.relative(folder / name)}")
    return 0


def _check(given: argparse.Namespace) -> int | None:
    from .scaffold import check_study

    return check_study(given.study)


def _run(given: argparse.Namespace) -> None:
    from .pipeline.early import warm_server

    here = not given.scheduler and not given.dry_run
    with warm_server(given.study, given.only, force=given.force) if here else nullcontext() as server:
        from .pipeline.run import Options, run

        options = Options(
            given.assignments, given.workers, given.scheduler, given.only, given.explain, given.dry_run, given.force
        )
        plan = run(given.study, options, server)
    if given.update_notebooks and not given.dry_run:
        from .pipeline.committed import update_notebooks

        update_notebooks(plan)


def _sweep(given: argparse.Namespace) -> None:
    from .pipeline.early import sure_to_sweep, warm_server

    here = not given.scheduler and sure_to_sweep(given.study)
    with warm_server(given.study, force=True) if here else nullcontext() as server:
        from .pipeline.sweep import sweep

        sweep(given.study, given.grid, workers=given.workers, scheduler=given.scheduler, server=server)


def _site(given: argparse.Namespace) -> None:
    if given.private:
        from .publish.private import build_private_site

        build_private_site(given.study)
        return
    from .publish.site import build_site

    build_site(given.study, engine=given.engine)


def _scan(given: argparse.Namespace) -> int:
    from .disclosure import scan
    from .disclosure.inspection import report

    leaks = scan(given.path, given.study)
    for line in report(leaks):
        print(line)
    if leaks:
        print(f"compendium: {len(leaks)} places must not be published as they are", file=sys.stderr)
        return 4
    print(f"{given.path}: nothing found that must not be published")
    return 0


def _cite(given: argparse.Namespace) -> int:
    from .citations.command import cite

    said, not_read = cite(
        given.files,
        given.out,
        mode=given.mode,
        labels=given.labels,
        allow_orphans=given.allow_orphans,
        from_pdf=given.pdf,
        library=given.library,
    )
    print("\n".join(said))
    for problem in not_read:
        print(f"compendium: {problem}", file=sys.stderr)
    return 2 if not_read else 0


def _lab(given: argparse.Namespace) -> int:
    from .pipeline.lab import open_lab

    return open_lab([option for option in given.options if option != "--"])
