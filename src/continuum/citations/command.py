"""``compendium cite``: from files to contexts.csv and tallies.json."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..atomic import write_text
from ..errors import BadInput
from ..results import plain, to_json
from ..tables import safe_for_spreadsheets
from .classes import classify
from .documents import extract_all
from .labels import apply_labels, read_labels
from .tallies import as_service_shape, counted, tally


def cite(
    files: Sequence[str | Path],
    out: str | Path = "citations",
    *,
    mode: str = "model",
    labels: str | Path | None = None,
    allow_orphans: bool = False,
    from_pdf: bool = False,
) -> list[str]:
    """Extract, classify, apply people's labels, tally, and write the results.

    Parameters
    ----------
    files : sequence of path
        Articles (JATS, TEI) and own sources, or folders of them.
    out : path
        Folder for contexts.csv, contexts.json, tallies.json and report.json.
    mode : {"model", "rules"}
    labels : path, optional
        ``labels.csv`` with people's labels.
    allow_orphans : bool
        Accept labels whose context is gone.
    from_pdf : bool
        Read PDF text too; its contexts are marked as of low quality and enter no tally.

    Returns
    -------
    list of str
        What was done, in sentences.

    Raises
    ------
    BadInput
        If nothing could be read; earlier outputs stay as they are.
    """
    found = extract_all(_expand(files), from_pdf=from_pdf)
    errors = [entry["error"] for entry in found.report if "error" in entry]
    if found.contexts.empty and errors:
        raise BadInput("\n".join(errors))
    classified = classify(found.contexts, mode=mode)  # type: ignore[arg-type]
    if labels is not None:
        given = read_labels(Path(labels))
        classified = apply_labels(classified, given, file=Path(labels).name, allow_orphans=allow_orphans)
    classified["counted"] = counted(classified)
    tallies = tally(classified)
    folder = Path(out)
    write_text(folder / "contexts.csv", contexts_csv(classified))
    write_text(folder / "contexts.json", to_json(plain(classified.to_dict("records"))))
    write_text(folder / "tallies.json", to_json(plain(_tallies_json(tallies, len(found.report) - len(errors)))))
    write_text(folder / "report.json", to_json(plain(found.report)))
    works = len(found.report) - len(errors)
    lines = [f"Read {works} of {len(found.report)} documents: {len(classified)} contexts of {len(tallies)} works."]
    lines += [f"not read: {error}" for error in errors]
    by_label = classified.drop_duplicates("statement_id")["label"].value_counts()
    lines.append("Statements: " + ", ".join(f"{count} {name}" for name, count in by_label.items()) + ".")
    lines.append(
        f"{int(classified['counted'].sum())} labels are certain enough to be counted; the rest is unclassified."
    )
    lines.append(f"Written: {folder}/contexts.csv, contexts.json, tallies.json, report.json")
    return lines


def contexts_csv(classified: pd.DataFrame) -> str:
    """Contexts as CSV: lists joined with "; ", text that a spreadsheet would run made harmless."""
    flat = classified.copy()
    for column in flat.columns:
        if flat[column].map(lambda v: isinstance(v, list)).any():
            flat[column] = flat[column].map(lambda v: "; ".join(map(str, v)) if isinstance(v, list) else v)
    return safe_for_spreadsheets(flat).to_csv(index=False, lineterminator="\r\n")


def _tallies_json(tallies: pd.DataFrame, documents: int) -> dict[str, Any]:
    return {
        "documents_read": documents, "works": tallies.to_dict("records"), "service_shape": as_service_shape(tallies)
    }  # fmt: skip


def _expand(files: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for name in files:
        path = Path(name)
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in {".xml", ".nxml", ".qmd", ".md", ".ipynb"})
        else:
            found.append(path)
    if not found:
        raise BadInput("no documents to read", file=", ".join(map(str, files)), fix="name articles or a folder of them")
    return found
