"""Optional look-ups at citation services: off unless asked for, recorded, rate-limited, never needed by a build.

Every service answers through :func:`fetch` in one of four modes: ``off`` (nothing is asked), ``fixture`` (recorded
answers only), ``record`` (asks and keeps the answer) and ``live`` (asks). Keys come from environment variables and are
never stored. What a service does not know is unknown, not zero.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from ..atomic import write_text
from ..errors import BadInput
from .records import clean_doi

Mode = Literal["off", "fixture", "record", "live"]
TIMEOUT = 20.0
TRIES = 3
_RETRY = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Service:
    """A citation service: how to ask it about one DOI, and what its answer means.

    Attributes
    ----------
    name : str
    address : str
        With ``{doi}`` where the DOI goes.
    parse : callable
        Answer and DOI -> records.
    pause : float
        Seconds between two requests.
    key : str
        Environment variable of an access key; may be unset.
    header : str
        Header that carries the key.
    """

    name: str
    address: str
    parse: Callable[[Any, str], Iterator[dict[str, Any]]]
    pause: float = 1.0
    key: str = ""
    header: str = "Authorization"


@dataclass
class Answers:
    """What a service said.

    Attributes
    ----------
    records : list of dict
        One per fact; fields depend on the service.
    source : str
    unchecked : list of str
        DOIs that could not be looked up, or that the service does not know.
    dates : list of str
        When the answers were given.
    warnings : list of str
    """

    source: str
    records: list[dict[str, Any]] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def fetch(service: str, dois: Sequence[str], *, mode: Mode = "off", fixtures: Path | None = None) -> Answers:
    """Ask one service about works.

    Parameters
    ----------
    service : str
        One of :data:`SERVICES`.
    dois : sequence of str
    mode : {"off", "fixture", "record", "live"}
    fixtures : path, optional
        Folder of recorded answers; needed by ``fixture`` and ``record``.

    Raises
    ------
    BadInput
        If the service or mode is unknown, or a folder of recorded answers is needed and not given.
    """
    if service not in SERVICES:
        raise BadInput(f"unknown citation service {service!r}", fix=f"use one of {', '.join(SERVICES)}")
    if mode not in ("off", "fixture", "record", "live"):
        raise BadInput(f"unknown mode {mode!r}", fix="use off, fixture, record or live")
    if mode in ("fixture", "record") and fixtures is None:
        raise BadInput(
            f"mode {mode!r} needs a folder of recorded answers", fix="set citations: fixtures: in study.yaml"
        )
    answers = Answers(service)
    spec = SERVICES[service]
    for given in dois:
        doi = clean_doi(given)
        if doi is None or mode == "off":
            answers.unchecked.append(str(given))
            continue
        recorded = _answer(spec, doi, mode, fixtures, answers)
        records = list(spec.parse(recorded["body"], doi)) if recorded and recorded["status"] == 200 else []
        if not records:
            answers.unchecked.append(doi)
            continue
        answers.dates.append(recorded["date"] if recorded else "")
        answers.records += records
    return answers


def _answer(spec: Service, doi: str, mode: Mode, fixtures: Path | None, answers: Answers) -> dict[str, Any] | None:
    """A recorded or fresh answer; None, with a warning, if there is none to be had."""
    address = spec.address.format(doi=quote(doi, safe="/"))
    file = None
    if fixtures is not None:
        file = fixtures / spec.name / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"
    if mode == "fixture":
        if file is None or not file.is_file():
            answers.warnings.append(f"{spec.name}: no recorded answer for {doi}")
            return None
        return json.loads(file.read_text(encoding="utf-8"))
    try:
        status, body = _request(spec, address)
    except OSError as error:
        answers.warnings.append(f"{spec.name}: {doi} could not be looked up ({error})")
        return None
    recorded = {"request": address, "status": status, "date": datetime.now(UTC).date().isoformat(), "body": body}
    if mode == "record" and file is not None:
        write_text(file, json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    return recorded


def _request(spec: Service, address: str) -> tuple[int, Any]:
    """One polite request: a pause before each try, longer after each refusal."""
    headers = {"Accept": "application/json", "User-Agent": "continuum-compendium"}
    if spec.key and os.environ.get(spec.key):
        prefix = "Bearer " if spec.header == "Authorization" else ""
        headers[spec.header] = f"{prefix}{os.environ[spec.key]}"
    if not address.startswith("https://"):
        raise BadInput(f"{spec.name} is only asked over https", fix="mend the address")
    for attempt in range(1, TRIES + 1):
        time.sleep(spec.pause * attempt)
        try:
            request = urllib.request.Request(address, headers=headers)  # noqa: S310 - https only, checked above
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
                return int(reply.status), json.loads(reply.read().decode("utf-8"))
        except urllib.error.HTTPError as error:
            if error.code not in _RETRY or attempt == TRIES:
                return error.code, None
        except ValueError:
            return 200, None
    return 0, None


def _scite(body: Any, doi: str) -> Iterator[dict[str, Any]]:
    """Tallies; the service calls contrasting *contradicting*."""
    if isinstance(body, dict) and "total" in body:
        yield {
            "doi": clean_doi(body.get("doi")) or doi, "supporting": body.get("supporting"),
            "contrasting": body.get("contradicting", body.get("disputing")), "mentioning": body.get("mentioning"),
            "unclassified": body.get("unclassified"), "total": body.get("total"),
            "citing_works": body.get("citingPublications"),
        }  # fmt: skip


def _crossref(body: Any, doi: str) -> Iterator[dict[str, Any]]:
    """Notices about the work. ``updated-by`` stands on the work; ``update-to`` stands on the notice itself."""
    message = body.get("message", {}) if isinstance(body, dict) else {}
    if not message:
        return
    notices = message.get("updated-by") or []
    if not notices:
        yield {"doi": doi, "status": "no notice", "notice": None}
    for notice in notices:
        yield {"doi": doi, "status": str(notice.get("type") or "notice"), "notice": clean_doi(notice.get("DOI"))}


def _openalex(body: Any, doi: str) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict) and "is_retracted" in body:
        yield {"doi": doi, "retracted": bool(body["is_retracted"]), "citing_works": body.get("cited_by_count")}


def _semantic_scholar(body: Any, doi: str) -> Iterator[dict[str, Any]]:
    """Sentences of citing works, to be classed by our own classifier: the service's intents are not stance."""
    for row in (body or {}).get("data", []) if isinstance(body, dict) else []:
        paper = row.get("citingPaper") or {}
        for sentence in row.get("contexts") or []:
            yield {
                "doi": doi, "sentence": sentence, "source_title": paper.get("title"), "source_year": paper.get("year"),
                "source_doi": clean_doi((paper.get("externalIds") or {}).get("DOI")),
            }  # fmt: skip


def _europe_pmc(body: Any, doi: str) -> Iterator[dict[str, Any]]:
    found = (body or {}).get("resultList", {}).get("result", []) if isinstance(body, dict) else []
    for row in found:
        yield {
            "doi": doi, "source_title": row.get("title"), "source_year": row.get("pubYear"),
            "source_doi": clean_doi(row.get("doi")), "open_access": row.get("isOpenAccess") == "Y",
        }  # fmt: skip


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service("scite", "https://api.scite.ai/tallies/{doi}", _scite, 1.5, "SCITE_TOKEN"),
        Service("crossref", "https://api.crossref.org/works/{doi}", _crossref, 0.5),
        Service("openalex", "https://api.openalex.org/works/doi:{doi}", _openalex, 0.5, "OPENALEX_KEY", "X-Api-Key"),
        Service(
            "semantic-scholar",
            "https://api.semanticscholar.org/graph/v1/paper/DOI:{doi}/citations?fields=contexts,title,year,externalIds",
            _semantic_scholar, 1.5, "SEMANTIC_SCHOLAR_KEY", "x-api-key",
        ),
        Service(
            "europe-pmc",
            "https://www.ebi.ac.uk/europepmc/webservices/rest/search?format=json&query=cites:%22{doi}%22",
            _europe_pmc, 0.5,
        ),
    )
}  # fmt: skip
