"""Is our own bibliography sound: entries cited and complete, and no notice of retraction or correction overlooked?"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from ..errors import BadInput
from ..ingest.safe import read_csv_rows
from .records import Reference, clean_doi, normalized

#: Columns of a notices file that are needed (names of the Retraction Watch table).
NEEDED = ("RetractionNature", "RetractionDate", "OriginalPaperDOI", "OriginalPaperPubMedID")
_STATUS = {
    "retraction": "retracted", "correction": "corrected", "expression of concern": "concern",
    "reinstatement": "reinstated",
}  # fmt: skip
_PLACEHOLDERS = {"", "0", "unavailable", "none", "na", "n/a"}
STALE_AFTER_DAYS = 180
STILL_CITED = "retracted and still cited without a note that says why"


@dataclass(frozen=True)
class Notices:
    """A dated list of retractions, corrections and concerns.

    Attributes
    ----------
    name : str
        File the list came from.
    dated : date or None
        When the list was made; without it no reference can be called checked.
    rows : DataFrame
        doi, pmid, title, status, date.
    sha256 : str
    """

    name: str
    dated: date | None
    rows: pd.DataFrame
    sha256: str

    def stale(self, today: date) -> bool:
        """Whether the list is older than 180 days."""
        return self.dated is not None and (today - self.dated).days > STALE_AFTER_DAYS


def read_notices(path: Path) -> Notices:
    """Read notices in the layout of the Retraction Watch table.

    The list's own date stands in its file name (``retractions-2026-05-01.csv``).

    Raises
    ------
    BadInput
        If a needed column is missing or the file has no rows: an empty list must not read as "all well".
    """
    table = read_csv_rows(path)
    missing = [c for c in NEEDED if c not in table.header]
    if missing:
        raise BadInput(
            f"no column {missing[0]!r}", file=path.name, place="row 1", fix=f"needed are {', '.join(NEEDED)}"
        )
    if not table.rows:
        raise BadInput("no notices in it", file=path.name, fix="download the list again; an empty one checks nothing")
    frame = pd.DataFrame(table.rows, columns=table.header)
    nature = frame["RetractionNature"].str.strip().str.lower().map(_STATUS)
    rows = pd.DataFrame(
        {
            "doi": frame["OriginalPaperDOI"].map(lambda v: None if _empty(v) else clean_doi(v)),
            "pmid": frame["OriginalPaperPubMedID"].map(lambda v: None if _empty(v) else v.strip()),
            "title": frame["Title"].map(normalized) if "Title" in frame else "",
            "status": nature,
            "date": frame["RetractionDate"].map(_day),
        }
    ).dropna(subset=["status"])
    stamp = re.search(r"(20\d\d)-(\d\d)-(\d\d)", path.name)
    dated = date(*(int(part) for part in stamp.groups())) if stamp else None
    return Notices(path.name, dated, rows, hashlib.sha256(path.read_bytes()).hexdigest())


def check_references(
    references: Mapping[str, Reference],
    contexts: pd.DataFrame,
    notices: Notices | None = None,
    *,
    nocite: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """One row per entry of the bibliography: is it cited, complete, unique, and under a notice?

    Parameters
    ----------
    references : mapping of key to Reference
    contexts : DataFrame
        Contexts of the paper, with ref_id.
    notices : Notices, optional
        Without a dated list every status is ``unchecked``.
    nocite : frozenset of str
        Keys listed without being discussed.

    Returns
    -------
    DataFrame
        key, title, year, doi, contexts, cited, problems (list of str), status (``ok``, ``corrected``, ``concern``,
        ``retracted``, ``reinstated``, ``possible``, ``unchecked``), notice (text).
    """
    cited = Counter(contexts["ref_id"]) if len(contexts) else Counter()
    dois = Counter(r.doi for r in references.values() if r.doi)
    titles = Counter(normalized(r.title) for r in references.values() if r.title)
    rows = []
    for key, reference in sorted(references.items()):
        problems = []
        if not cited[key] and key not in nocite:
            problems.append("not cited")
        if not reference.doi and not reference.pmid:
            problems.append("no DOI or PMID")
        if reference.doi and dois[reference.doi] > 1:
            problems.append("DOI stands twice")
        if reference.title and titles[normalized(reference.title)] > 1:
            problems.append("title stands twice")
        if reference.year is None:
            problems.append("no year")
        status, notice = _status(reference, notices)
        if status == "retracted" and cited[key] and not reference.note:
            problems.append(STILL_CITED)
        rows.append(
            {
                "key": key, "title": reference.title, "year": reference.year, "doi": reference.doi,
                "contexts": cited[key], "cited": cited[key] > 0 or key in nocite, "problems": problems,
                "status": status, "notice": notice,
            }
        )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["key", "title", "year", "doi", "contexts", "cited", "problems", "status", "notice"]
    )


def _status(reference: Reference, notices: Notices | None) -> tuple[str, str]:
    """``ok`` needs an identifier and a dated list; anything less is ``unchecked``."""
    if notices is None or notices.dated is None:
        return "unchecked", "no dated list of notices"
    listed = f"{notices.name} of {notices.dated.isoformat()}"
    if not reference.doi and not reference.pmid:
        by_title = notices.rows[notices.rows["title"] == normalized(reference.title or "")]
        if reference.title and len(by_title):
            return "possible", f"a work of this title is in {listed}; check by hand"
        return "unchecked", "no identifier to look up"
    rows = notices.rows
    same = (rows["doi"] == reference.doi) if reference.doi else pd.Series(False, index=rows.index)
    if reference.pmid:
        same |= rows["pmid"] == reference.pmid
    found = rows[same].sort_values("date", na_position="first")
    if found.empty:
        return "ok", f"no notice in {listed}"
    return str(found.iloc[-1]["status"]), f"{len(found)} notices in {listed}; the latest decides"


def _empty(value: str) -> bool:
    return str(value).strip().lower() in _PLACEHOLDERS


def _day(text: str) -> date | None:
    for form in ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    return None
