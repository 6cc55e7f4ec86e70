"""Read any citing document, recognized by its content, into one table of citation contexts."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from html.entities import html5
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput, CompendiumError
from ..ingest.safe import looks_like, parse_xml, read_bytes
from . import jats, pandoc, pdf, tei
from .records import COLUMNS, Document, Reference, Source, records, resolve_by_title

MAX_BYTES = 50 * 1024**2
MAX_ELEMENTS = 500_000
_MANUSCRIPTS = {".qmd", ".md", ".ipynb"}
_FIX = "give a JATS or NLM article, a TEI document from GROBID, or a .qmd, .md or .ipynb source"


@dataclass
class Extraction:
    """Contexts of several documents and a report per file.

    Attributes
    ----------
    contexts : DataFrame
        One row per mark and cited reference, columns :data:`continuum.citations.records.COLUMNS`.
    references : DataFrame
        One row per document and reference: source_id, ref_id, cited_id, doi, title, year, match, contexts.
    report : list of dict
        Per file: records, marks, unresolved, by_title (references whose DOI the library gave), warnings, or the error
        that kept it from being read.
    """

    contexts: pd.DataFrame
    references: pd.DataFrame
    report: list[dict[str, Any]] = field(default_factory=list)


def extract(
    path: str | Path,
    *,
    variables: Mapping[str, Any] | None = None,
    from_pdf: bool = False,
    library: Iterable[Reference] = (),
) -> pd.DataFrame:
    """Citation contexts of one document.

    Parameters
    ----------
    path : path
        JATS or NLM XML, TEI, ``.qmd``, ``.md`` or ``.ipynb``.
    variables : mapping, optional
        Values for ``{{< var key >}}`` in own sources.
    from_pdf : bool
        Whether PDF text may be read, as a source of low quality.
    library : iterable of Reference
        Works whose DOI is known: references without one get it by title and year, see
        :func:`continuum.citations.records.resolve_by_title`.

    Returns
    -------
    DataFrame
        One row per mark and cited reference: context_id, source_id, ref_id, doi, title, year, sentence, before,
        after, section, position and the further columns of :data:`continuum.citations.records.COLUMNS`.

    Raises
    ------
    BadInput
        If the file cannot be read; with line and column where there is one.
    """
    document = read_document(Path(path), variables=variables, from_pdf=from_pdf)
    resolve_by_title(document.references, library)
    return frame(records(document))


def extract_all(
    paths: Iterable[Path],
    *,
    variables: Mapping[str, Any] | None = None,
    synthetic: bool = False,
    from_pdf: bool = False,
    workers: int = 1,
    library: Iterable[Reference] = (),
) -> Extraction:
    """Citation contexts of many documents; one that cannot be read is reported and does not stop the others.

    ``library`` as in :func:`extract`. The same work given twice (by DOI or content) is read once. The result is the
    same whatever the number of workers.
    """
    ordered = sorted(paths, key=lambda p: (p.name, str(p)))
    one_file = partial(_found, variables=variables, synthetic=synthetic, from_pdf=from_pdf, library=list(library))
    if workers > 1 and len(ordered) > 1:
        from joblib import Parallel, delayed

        read = Parallel(n_jobs=workers, batch_size=8)(delayed(one_file)(path) for path in ordered)
    else:
        read = [one_file(path) for path in ordered]
    rows: list[dict[str, Any]] = []
    references: list[dict[str, Any]] = []
    report: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for one in read:
        twin = next((seen[key] for key in one.keys if key in seen), None)
        if twin:
            report.append({"file": one.report["file"], "warnings": [f"the same work as {twin}: read once"]})
            continue
        seen |= dict.fromkeys(one.keys, one.report["file"])
        rows += one.rows
        references += one.references
        report.append(one.report)
    contexts = frame(rows).sort_values(["source_id", "position", "ref_id"], kind="stable", ignore_index=True)
    columns = ["source_id", "ref_id", "cited_id", "doi", "title", "year", "match", "contexts"]
    return Extraction(contexts, pd.DataFrame(references, columns=columns), report)


@dataclass
class _Found:
    """What one document holds; ``keys`` tell whether two documents are the same work."""

    report: dict[str, Any]
    keys: tuple[str, ...] = ()
    rows: list[dict[str, Any]] = field(default_factory=list)
    references: list[dict[str, Any]] = field(default_factory=list)


def _found(
    path: Path,
    *,
    variables: Mapping[str, Any] | None,
    synthetic: bool,
    from_pdf: bool,
    library: list[Reference],
) -> _Found:
    try:
        document = read_document(path, variables=variables, from_pdf=from_pdf)
    except CompendiumError as error:
        return _Found({"file": path.name, "error": error.message})
    source = document.source
    source.synthetic = synthetic
    by_title = resolve_by_title(document.references, library)
    rows = records(document)
    cited = Counter(row["ref_id"] for row in rows)
    references = [
        {
            "source_id": source.source_id, "ref_id": r.ref_id, "cited_id": r.cited_id, "doi": r.doi,
            "title": r.title, "year": r.year, "match": r.match, "contexts": cited[r.ref_id],
        }
        for r in document.references.values()
    ]  # fmt: skip
    report = {
        "file": path.name, "source_id": source.source_id, "records": len(rows),
        "marks": sum(len(p.marks) for p in document.paragraphs),
        "references": len(document.references), "unresolved": document.unresolved,
        "by_title": by_title,
        "ranges": sum(1 for row in rows if row["from_range"]), "warnings": document.warnings,
    }  # fmt: skip
    return _Found(report, (source.source_id, source.sha256), rows, references)


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table with every contract column, also when there are none."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("year", "source_year"):
        table[column] = table[column].astype("Int64")
    return table


def read_document(path: Path, *, variables: Mapping[str, Any] | None = None, from_pdf: bool = False) -> Document:
    """Recognize and parse one document; the suffix of XML files does not matter."""
    if not path.is_file():
        raise BadInput("there is no such file", file=path, fix="check the name")
    if not path.stat().st_size:
        raise BadInput("the file is empty", file=path.name, fix=_FIX)
    if path.stat().st_size > MAX_BYTES:
        raise BadInput("larger than 50 MB", file=path.name, fix="articles are smaller; split or check the file")
    content = read_bytes(path)
    source = Source(source_id="", file=path.name, sha256=hashlib.sha256(content).hexdigest())
    if path.suffix.lower() in _MANUSCRIPTS:
        return pandoc.parse(path, source, variables)
    if content.startswith(b"%PDF"):
        if not from_pdf:
            raise BadInput("a PDF, which loses what marks point to", file=path.name, fix=f"{_FIX}, or allow --pdf")
        return pdf.parse(path, source)
    if not content.strip():
        raise BadInput("the file is empty", file=path.name, fix=_FIX)
    kind = looks_like(content[:4096])
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BadInput(f"not XML: it looks like {kind}", file=path.name, fix=_FIX)
    try:
        root = parse_xml(_without_doctype(content, path.name), path.name)
    except BadInput as error:
        raise BadInput(error.what, file=path.name, place=error.place, fix=_FIX) from None
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise BadInput("more than 500,000 elements", file=path.name, fix="articles are smaller; check the file")
    name = str(root.tag).rsplit("}", 1)[-1]
    if name == "TEI":
        return _named(tei.parse(root, source), path)
    if name == "article" or any(str(e.tag).rsplit("}", 1)[-1] == "article" for e in root.iter() if e.tag):
        return _named(jats.parse(root, source), path)
    raise BadInput(f"the root element is <{name}>", file=path.name, place=f"line {root.sourceline}", fix=_FIX)


def _without_doctype(content: bytes, name: str) -> bytes:
    """The article without its document type, which is normal in JATS and which nothing here loads.

    Named characters (``&alpha;``) come from the HTML table. Entities that the file declares itself are refused: they
    can expand without end or read other files.
    """
    match = re.search(rb"<!DOCTYPE[^>\[]*(\[.*?\]\s*)?>", content[: 64 * 1024], re.DOTALL)
    if match:
        declared = re.search(rb"<!ENTITY", match.group(0))
        if declared:
            line = content.count(b"\n", 0, match.start() + declared.start()) + 1
            raise BadInput(
                "declares entities of its own", file=name, place=f"line {line}", fix="remove the <!ENTITY ...>"
            )
        blank = re.sub(rb"[^\n]", b" ", match.group(0))
        content = content[: match.start()] + blank + content[match.end() :]
    return re.sub(rb"&([A-Za-z][A-Za-z0-9]*);", _character, content)


def _character(match: re.Match[bytes]) -> bytes:
    name = match.group(1).decode()
    if name in {"amp", "lt", "gt", "quot", "apos"}:
        return match.group(0)
    return html5.get(f"{name};", "\ufffd").encode("ascii", "xmlcharrefreplace")


def _named(document: Document, path: Path) -> Document:
    """A document without DOI and title is known by its file's content."""
    if document.source.source_id in {"", "title:"}:
        document.source.source_id = f"sha256:{document.source.sha256[:16]}"
    if not document.references:
        document.warnings.append("no reference list")
    return document
