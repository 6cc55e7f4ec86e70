"""``compendium cite``: from files to contexts.csv and tallies.json."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..atomic import write_text
from ..entries import plain, to_json
from ..errors import BadInput
from ..tables import safe_for_spreadsheets
from .bibliography import read_bibliography
from .classes import classify
from .documents import extract_all
from .labels import COLUMNS, apply_labels, read_labels, review_sheet
from .tallies import as_service_shape, counted, tally

#: Documents from which reading and classing is spread over the processors.
MANY = 24
_SUFFIXES = {".xml", ".nxml", ".tei", ".qmd", ".md", ".ipynb"}


def cite(
    files: Sequence[str | Path],
    out: str | Path = "citations",
    *,
    mode: str = "model",
    labels: str | Path | None = None,
    allow_orphans: bool = False,
    from_pdf: bool = False,
    library: str | Path | None = None,
) -> tuple[list[str], list[str]]:
    """Extract, classify, apply people's labels, tally, and write the results.

    Parameters
    ----------
    files : sequence of path
        Articles (JATS, TEI) and own sources, or folders of them.
    out : path
        Folder for contexts.csv, contexts.json, tallies.json, report.json, and review.csv, the sheet for people.
    mode : {"model", "rules"}
    labels : path, optional
        ``labels.csv`` with people's labels, or a filled-in ``review.csv``.
    allow_orphans : bool
        Accept labels whose context is gone.
    from_pdf : bool
        Read PDF text too; its contexts are marked as of low quality and enter no tally.
    library : path, optional
        ``.bib`` or CSL-JSON: references without a DOI get that of the work with the same title and year.

    Returns
    -------
    (said, not_read)
        What was done, in sentences, and what could not be read; the readable documents are done all the same.

    Raises
    ------
    BadInput
        If nothing could be read; earlier outputs stay as they are.
    """
    workers = _workers(paths := _expand(files))
    works = [] if library is None else list(read_bibliography(Path(library)).values())
    found = extract_all(paths, from_pdf=from_pdf, workers=workers, library=works)
    errors = [entry["error"] for entry in found.report if "error" in entry]
    if len(errors) == len(found.report):
        raise BadInput("\n".join(errors))
    classified = _classified(found.contexts, mode, workers)
    given = pd.DataFrame(columns=list(COLUMNS)) if labels is None else read_labels(Path(labels))
    file = "labels.csv" if labels is None else Path(labels).name
    classified = apply_labels(classified, given, file=file, allow_orphans=allow_orphans)
    classified["counted"] = counted(classified)
    tallies = tally(classified)
    documents = len(found.report) - len(errors)
    folder = Path(out)
    as_csv, as_json = _both(classified, workers)
    outputs = {
        "contexts.csv": as_csv,
        "contexts.json": as_json,
        "tallies.json": to_json(plain(_tallies_json(tallies, documents))),
        "report.json": to_json(plain(found.report)),
        "review.csv": contexts_csv(review_sheet(classified)),
    }
    for name, text in outputs.items():
        write_text(folder / name, text)
    lines = [f"Read {documents} of {len(found.report)} documents: {len(classified)} contexts of {len(tallies)} works."]
    lines += [f"{entry['file']}: {note}" for entry in found.report for note in _notes(entry)]
    lines += _said(classified)
    lines.append(f"Written to {folder}/: {', '.join(outputs)}")
    return lines, [f"not read: {error}" for error in errors]


def _notes(entry: Mapping[str, Any]) -> list[str]:
    """What a reader should know of a document that was read."""
    unresolved = entry.get("unresolved") or []
    lost = [f"{len(unresolved)} marks point to nothing: {', '.join(unresolved[:3])}"] if unresolved else []
    by_title = [f"{number} references found by title and year"] if (number := entry.get("by_title")) else []
    return [*entry.get("warnings", []), *lost, *by_title]


def _said(classified: pd.DataFrame) -> list[str]:
    statements = classified.drop_duplicates("statement_id")
    by_label = statements["label"].value_counts()
    unlabeled = int((statements["status"] == "unlabeled").sum())
    said = [f"{count} {name}" for name, count in by_label.items()]
    said += [f"{unlabeled} not classed (empty, too long, or not English)"] if unlabeled else []
    certain = int(statements["counted"].sum())
    return [
        f"Statements: {', '.join(said) or 'none'}.",
        f"{certain} of {len(statements)} labels are certain enough to be counted; the rest is unclassified.",
    ]


def _workers(paths: Sequence[Path]) -> int:
    """One process for few documents, else one a processor: starting them takes a second."""
    return 1 if len(paths) < MANY else os.cpu_count() or 1


def _classified(contexts: pd.DataFrame, mode: str, workers: int) -> pd.DataFrame:
    """Classes of all contexts; each row is classed by itself, so that the pieces need not know of each other."""
    if workers == 1:
        return classify(contexts, mode=mode)  # type: ignore[arg-type]
    from joblib import Parallel, delayed

    size = -(-len(contexts) // (4 * workers)) or 1
    pieces = [contexts.iloc[start : start + size] for start in range(0, len(contexts), size)] or [contexts]
    return pd.concat(Parallel(n_jobs=workers)(delayed(classify)(piece, mode) for piece in pieces))


def _both(classified: pd.DataFrame, workers: int) -> list[str]:
    """The contexts as CSV and as JSON, side by side if there is more than one processor to use."""
    if workers == 1:
        return [contexts_csv(classified), contexts_json(classified)]
    from joblib import Parallel, delayed

    return Parallel(n_jobs=2)(delayed(form)(classified) for form in (contexts_csv, contexts_json))


def contexts_json(classified: pd.DataFrame) -> str:
    """Contexts as a JSON array, one object a line; missing values are null."""
    lines = classified.to_json(orient="records", lines=True, force_ascii=False, double_precision=12)
    return "[\n" + ",\n".join((lines or "").strip("\n").split("\n")) + "\n]\n"


def contexts_csv(classified: pd.DataFrame) -> str:
    """Contexts as CSV: lists joined with "; ", text that a spreadsheet would run made harmless."""
    flat = classified.copy()
    for column in flat.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in flat.dtypes]]:
        flat[column] = flat[column].map(lambda v: "; ".join(map(str, v)) if isinstance(v, list) else v)
        flat[column] = safe_for_spreadsheets(flat[[column]])[column]
    return flat.to_csv(index=False, lineterminator="\r\n")


def _tallies_json(tallies: pd.DataFrame, documents: int) -> dict[str, Any]:
    return {
        "documents_read": documents, "works": tallies.to_dict("records"), "service_shape": as_service_shape(tallies)
    }  # fmt: skip


def _expand(files: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for name in files:
        path = Path(name)
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES)
        else:
            found.append(path)
    if not found:
        raise BadInput("no documents to read", file=", ".join(map(str, files)), fix="name articles or a folder of them")
    return found
