"""Read everything that is about to be published and list what must not be in it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..ingest.personal import EMAIL, IP_ADDRESS, PHONE
from ..study import Study, load_study
from .extract import Passage, passages
from .secrets import Secrets, of_study, shingles

#: Identifiers of the synthetic study; real studies' identifiers come from their own data.
SYNTHETIC_ID = re.compile(r"\bSYN-[A-Z]{0,3}\d{2,}", re.IGNORECASE)
HOME_PATH = re.compile(r"(/home/|/Users/|[A-Z]:\\Users\\)[\w.-]+", re.IGNORECASE)
GPS = re.compile(r"GPS(Latitude|Longitude|Info)", re.IGNORECASE)

#: Column names under which a published table or chart may hold counts of people, interviews or organizations.
COUNT_NAME = re.compile(r"(^|_)(n|count|counts|interviews|respondents|people|persons|organi[sz]ations)$", re.IGNORECASE)
#: A column of one of these names means one row per person: such data are never published.
ROW_NAME = re.compile(r"^(respondent|interview|person|participant|organi[sz]ation|org|coder)_?id$", re.IGNORECASE)
#: What every page of the team's own edition says; nothing that says it is ever published.
PRIVATE_MARK = "Team only. Not for publication."
#: Addresses that belong to nobody: of examples, and those that every local network uses.
NOBODY_S = re.compile(
    r"@(example\.(com|org|net)|users\.noreply\.)|^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$", re.IGNORECASE
)

#: Nothing that is looked for is shorter: an address a@b.c, an identifier of five characters.
_SHORTEST = 5
#: The same menu, label or value stands on many pages; what was found in it is remembered up to this length.
_REMEMBERED = 500


@dataclass(frozen=True)
class Leak:
    """Something that must not be published.

    Attributes
    ----------
    file : str
    place : str
        Line, cell, page, member or metadata field.
    kind : str
        ``identifier``, ``quotation``, ``small cell``, ``row-level data``, ``e-mail address`` ...
    shown : str
        Enough to find it, masked.
    """

    file: str
    place: str
    kind: str
    shown: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.kind} ({self.shown})"


def scan(path: str | Path, study: str | Study | None = None, *, clean: set[str] | None = None) -> list[Leak]:
    """Look through a file or folder for anything that must not be published.

    Parameters
    ----------
    path : path
        A file, or a folder read to any depth: HTML, notebooks, JSON, CSV, DOCX, XLSX, PDF, SVG, images and text.
    study : str or Study, optional
        The study whose identifiers and texts to look for. Without it only the general patterns are checked.
    clean : set of str, optional
        Names and digests of files in which nothing was found before, by the same code and for the same study: they
        are not read again. Afterwards it names all clean files of this scan and no others.

    Returns
    -------
    list of Leak
        Empty if nothing was found, in order of file and place.

    Raises
    ------
    BadInput
        If ``path`` does not exist or the study cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput("there is nothing to scan", file=path, fix="give a file or folder that exists")
    known = load_study(study) if isinstance(study, str) else study
    secrets = of_study(known) if known is not None else Secrets()
    threshold = known.disclosure.threshold if known is not None else 1
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    leaks: list[Leak] = []
    known_clean, now_clean = frozenset(clean or ()), set()
    for file in files:
        name = file.name if file == path else file.relative_to(path).as_posix()
        key = f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}" if clean is not None else ""
        found = [] if key in known_clean else list(_scan_file(file, name, secrets, threshold))
        leaks += found
        if not found:
            now_clean.add(key)
    if clean is not None:
        clean.clear()
        clean.update(now_clean)
    return list(dict.fromkeys(leaks))


def report(leaks: Iterable[Leak]) -> list[str]:
    """Leaks as lines: at most five of one kind and file, the rest counted."""
    grouped: dict[tuple[str, str], list[Leak]] = {}
    for leak in leaks:
        grouped.setdefault((leak.file, leak.kind), []).append(leak)
    lines = []
    for (file, kind), found in grouped.items():
        lines += [str(leak) for leak in found[:5]]
        if len(found) > 5:
            lines.append(f"{file}: and {len(found) - 5} more of kind {kind}")
    return lines


def _scan_file(file: Path, name: str, secrets: Secrets, threshold: int) -> Iterator[Leak]:
    yield from _scan_text([Passage("file name", name)], name, secrets)
    try:
        yield from _scan_text(passages(file), name, secrets)
    except Exception as error:  # an unreadable file is not a safe file
        yield Leak(name, "whole file", "unreadable", f"{type(error).__name__}: cannot be checked")
    suffix = file.suffix.lower()
    if suffix == ".csv":
        yield from _scan_rows(_csv_rows(file), name, "row", threshold)
    elif suffix in {".json", ".ipynb"}:
        for place, rows in _datasets(_parsed(file), ""):
            yield from _scan_rows(rows, name, place, threshold)


def _scan_text(found: Iterable[Passage], name: str, secrets: Secrets) -> Iterator[Leak]:
    for passage in found:
        if len(passage.text) < _SHORTEST:
            continue
        findings = secrets.findings.get(passage.text)
        if findings is None:
            findings = tuple(_findings(passage.text, secrets))
            if len(passage.text) <= _REMEMBERED:
                secrets.findings[passage.text] = findings
        for kind, shown in findings:
            yield Leak(name, passage.place, kind, shown)


def _findings(text: str, secrets: Secrets) -> Iterator[tuple[str, str]]:
    """Kind and masked form of everything in one text that must not be published."""
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if not (kind in {"e-mail address", "IP address"} and NOBODY_S.search(match.group(0))):
                yield kind, masked(match.group(0))
    if secrets.identifiers:
        for token in re.findall(r"[\w][\w.:-]{3,}[\w]", text.lower()):
            if token in secrets.identifiers:
                yield "identifier", masked(token)
    if secrets.shingles:
        hits = [h for h in shingles(text) if h in secrets.shingles]
        if hits:
            yield "quotation without consent", f"{len(hits)} runs of six words"


_PATTERNS = (
    ("identifier", SYNTHETIC_ID),
    ("e-mail address", EMAIL),
    ("phone number", PHONE),
    ("IP address", IP_ADDRESS),
    ("path of a personal folder", HOME_PATH),
    ("coordinates", GPS),
    ("page of the team's own", re.compile(re.escape(PRIVATE_MARK), re.IGNORECASE)),
)


def _scan_rows(rows: list[dict[str, Any]], name: str, place: str, threshold: int) -> Iterator[Leak]:
    """Small counts and one-row-per-person data in a published table or chart."""
    if not rows:
        return
    for column in rows[0]:
        if ROW_NAME.match(str(column)):
            yield Leak(name, f"{place}, column {column}", "row-level data", f"{len(rows)} rows")
        if COUNT_NAME.search(str(column)):
            for index, row in enumerate(rows, start=1):
                value = _number(row.get(column))
                if value is not None and 0 < value < threshold and value == int(value):
                    yield Leak(name, f"{place} {index}, column {column}", "small cell", "a count under the threshold")


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _csv_rows(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    return list(csv.DictReader(io.StringIO(text)))


def _parsed(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig", errors="replace"))
    except ValueError:
        return None


def _datasets(value: Any, place: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every list of records in a chart specification or notebook."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _datasets(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        if value and all(isinstance(row, dict) for row in value) and place.rsplit(".", 1)[0].endswith(_DATA_PLACES):
            yield place, value
        for index, inner in enumerate(value):
            yield from _datasets(inner, f"{place}[{index}]")


_DATA_PLACES = ("datasets", "data")


def masked(text: str) -> str:
    """First and last two characters of a finding: enough to look for it, not enough to publish it in a log."""
    return f"{text[:2]}…{text[-2:]}" if len(text) > 5 else "…"
