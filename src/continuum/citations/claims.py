"""The claims ledger: what the manuscript says of its results, checked word by number against ``results.json``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..provenance import Provenance
from .pandoc import CROSS_REFERENCES, block_lists, document_tree, resolve_shortcodes
from .sentences import split

ASSERTIONS = ("ci_excludes_null", "ci_includes_null", "increase", "decrease", "equals")
_MINUS = str.maketrans({"−": "-", "–": "-", "\u00a0": " "})
_NUMBER = re.compile(r"(?<![\w.])[-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<![\w.])[-]?\.\d+")
#: Numbers that are no results: a confidence level, a year, the order of something.
_NOT_RESULTS = re.compile(r"\b(?:95|90|99)\s?%\s(?:CI|interval|confidence)|\b(?:1[89]|20)\d\d\b|\b\d+(?:st|nd|rd|th)\b")
_UP = re.compile(r"\b(?:increas\w+|rise[sn]?|rose|grow\w*|grew|higher|more often|greater|above)\b", re.IGNORECASE)
_DOWN = re.compile(
    r"\b(?:decreas\w+|fall(?:s|en)?|fell|declin\w+|lower|less often|smaller|below|fewer)\b", re.IGNORECASE
)
_ABSENCE = re.compile(r"\b(?:no|without an?) (?:effect|difference|association|relation)\b", re.IGNORECASE)


@dataclass
class Claim:
    """One marked statement of the manuscript.

    Attributes
    ----------
    claim_id, text : str
    keys : list of str
        Results it rests on.
    assertion, null, ignore : str
        What it asserts of the interval, the value of no effect, and numbers that are not results.
    sentence : str
        The sentence around it.
    citations : list of str
        Works cited in the same paragraph.
    """

    claim_id: str
    text: str
    keys: list[str]
    assertion: str = ""
    null: str = "0"
    ignore: str = ""
    sentence: str = ""
    citations: list[str] = field(default_factory=list)


@dataclass
class _Paragraph:
    text: str = ""
    claims: list[tuple[int, int, Claim]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    cited: list[tuple[int, int]] = field(default_factory=list)


def read_claims(path: Path, variables: Mapping[str, Any] | None = None) -> tuple[list[Claim], list[str]]:
    """Claims of a manuscript, and sentences that hold a typed number but no claim.

    Parameters
    ----------
    path : path
        ``.qmd`` or ``.md``.
    variables : mapping, optional
        Contents of ``_variables.yml``. Numbers that come from a variable are linked by it and need no claim.

    Returns
    -------
    claims, unlinked : list of Claim, list of str
    """
    source = path.read_text(encoding="utf-8")
    claims: list[Claim] = []
    for paragraph in _paragraphs(resolve_shortcodes(source, path, variables or {}, set()), path):
        for start, _, claim in paragraph.claims:
            claim.citations = list(dict.fromkeys(paragraph.keys))
            claim.sentence = next(
                (paragraph.text[a:b].strip() for a, b in split(paragraph.text) if a <= start < b), claim.text
            )
            claims.append(claim)
    unlinked = [
        sentence
        for paragraph in _paragraphs(resolve_shortcodes(source, path, {}, set()), path)
        for sentence in _typed_numbers(paragraph)
    ]
    return claims, unlinked


def check_claims(claims: list[Claim], results: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Hold each claim against the results it names.

    Parameters
    ----------
    claims : list of Claim
    results : mapping
        The ``results`` of ``results.json``.

    Returns
    -------
    DataFrame
        claim_id, text, keys, values, interval, notebook, cell, provenance, status (``ok``, ``failed`` or
        ``not_checkable``), reasons (list of str), citations.
    """
    rows = []
    seen: set[str] = set()
    for claim in claims:
        reasons = list(_reasons(claim, results))
        if claim.claim_id and claim.claim_id in seen:
            reasons.append(f"the id {claim.claim_id!r} stands twice")
        seen.add(claim.claim_id)
        entries = [results[key] for key in claim.keys if key in results]
        bounds = next((e["interval"] for e in entries if e.get("interval")), None)
        refused = bool(entries) and all(e["value"] is None for e in entries)
        rows.append(
            {
                "claim_id": claim.claim_id, "text": claim.text, "keys": claim.keys,
                "values": [e["value"] for e in entries], "interval": bounds,
                "notebook": entries[0]["notebook"] if entries else None,
                "cell": entries[0]["cell"] if entries else None,
                "provenance": _weakest(entries),
                "status": "failed" if reasons else "not_checkable" if refused else "ok",
                "reasons": reasons, "citations": claim.citations,
            }
        )  # fmt: skip
    columns = ["claim_id", "text", "keys", "values", "interval", "notebook", "cell", "provenance", "status", "reasons",
               "citations"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def literature(claims: pd.DataFrame, contexts: pd.DataFrame) -> pd.DataFrame:
    """The works that stand with or against each claim, as the manuscript itself declares.

    Parameters
    ----------
    claims : DataFrame
        What :func:`check_claims` returns.
    contexts : DataFrame
        Citation contexts of the manuscript, with ``label_author`` and ``stance_result``.

    Returns
    -------
    DataFrame
        One row per claim (its position in ``claims``) and work: claim, key, title, year, stance (``supporting``,
        ``contrasting``, ``mentioning``; empty where the work is only cited beside the claim), illustration (whether
        the stance rests on a synthetic result). A stance belongs to a claim if it names one of the claim's results,
        or names none and stands beside the claim.
    """
    works = contexts.drop_duplicates("ref_id").set_index("ref_id")
    declared = contexts[contexts["label_author"].notna()]
    rows = []
    for place, claim in enumerate(claims.to_dict("records")):
        tied = declared["stance_result"].isin(claim["keys"])
        beside = declared["stance_result"].isna() & declared["ref_id"].isin(claim["citations"])
        stances = declared[tied | beside].drop_duplicates(["ref_id", "label_author"])
        pairs = list(zip(stances["ref_id"], stances["label_author"], strict=True))
        pairs += [(key, "") for key in claim["citations"] if key not in set(stances["ref_id"])]
        rows += [
            {
                "claim": place, "key": key, "stance": stance,
                "title": works["title"].get(key), "year": works["year"].get(key),
                "illustration": bool(stance) and claim["provenance"] == Provenance.SYNTHETIC.name,
            }
            for key, stance in pairs
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=["claim", "key", "title", "year", "stance", "illustration"])


def _reasons(claim: Claim, results: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Everything that is wrong with one claim."""
    missing = [key for key in claim.keys if key not in results]
    if missing or not claim.keys:
        near = difflib.get_close_matches(missing[0], results, n=3) if missing else []
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        yield f"no result {missing[0]!r}{hint}" if missing else "names no result"
        return
    entries = [results[key] for key in claim.keys]
    yield from _wrong_numbers(claim, entries)
    yield from _wrong_direction(claim, entries)
    if claim.assertion and claim.assertion not in ASSERTIONS:
        yield f"asserts {claim.assertion!r}; use one of {', '.join(ASSERTIONS)}"
    elif claim.assertion:
        told = next((entry for entry in entries if entry.get("interval")), entries[0])
        yield from _wrong_assertion(claim, told)
    if _ABSENCE.search(claim.text) and claim.assertion != "ci_includes_null":
        yield "says that there is none; an interval that includes the null shows only that none was found"
    if _weakest(entries) == Provenance.SYNTHETIC.name and "synthetic" not in claim.sentence.lower():
        yield "rests on a synthetic result, and the sentence does not say so"


def _wrong_numbers(claim: Claim, entries: list[Mapping[str, Any]]) -> Iterator[str]:
    """Numbers in the words that are neither a value nor a bound, rounded as printed."""
    text = _NOT_RESULTS.sub(" ", claim.text.translate(_MINUS))
    for ignored in claim.ignore.split():
        text = re.sub(rf"(?<![\d.]){re.escape(ignored)}(?![\d.]*\d)", " ", text)
    allowed = [number for entry in entries for number in _numbers_of(entry)]
    for match in _NUMBER.finditer(text):
        printed = match.group(0).replace(",", "")
        decimals = len(printed.partition(".")[2])
        percent = text[match.end() : match.end() + 9].lstrip().startswith(("%", "percent"))
        shown = float(printed)
        if not any(_equal(number * (100 if percent else 1), shown, decimals) for number in allowed):
            yield f"the number {match.group(0)} is not a value or bound of {', '.join(claim.keys)}"


def _equal(value: float, shown: float, decimals: int) -> bool:
    return abs(value - shown) <= 0.5 * 10**-decimals * (1 + 1e-9)


def _numbers_of(entry: Mapping[str, Any]) -> Iterator[float]:
    values = entry["value"] if isinstance(entry["value"], list) else [entry["value"]]
    bounds = entry.get("interval") or {}
    for number in (*values, entry.get("n"), bounds.get("low"), bounds.get("high")):
        if isinstance(number, int | float) and not isinstance(number, bool):
            yield float(number)


def _wrong_direction(claim: Claim, entries: list[Mapping[str, Any]]) -> Iterator[str]:
    """Words of direction against the sign of a difference or the side of a ratio."""
    if claim.assertion not in {"increase", "decrease", "ci_excludes_null"}:
        return
    value = entries[0]["value"]
    if not isinstance(value, int | float):
        return
    above = value > float(claim.null)
    if above and _DOWN.search(claim.text) and not _UP.search(claim.text):
        yield f"says less, but the value {value:g} is above {claim.null}"
    if not above and _UP.search(claim.text) and not _DOWN.search(claim.text):
        yield f"says more, but the value {value:g} is not above {claim.null}"


def _wrong_assertion(claim: Claim, entry: Mapping[str, Any]) -> Iterator[str]:
    null, value, bounds = float(claim.null), entry["value"], entry.get("interval")
    if claim.assertion.startswith("ci_"):
        if not bounds or bounds["low"] is None:
            yield "asserts something of an interval, but the result has none"
            return
        includes = bounds["low"] <= null <= bounds["high"]
        if includes == (claim.assertion == "ci_excludes_null"):
            verb = "includes" if includes else "excludes"
            yield f"the interval {bounds['low']:g} to {bounds['high']:g} {verb} {null:g}"
    elif isinstance(value, int | float):
        holds = {"increase": value > null, "decrease": value < null, "equals": value == null}[claim.assertion]
        if not holds:
            yield f"asserts {claim.assertion} against {null:g}, but the value is {value:g}"


def _weakest(entries: list[Mapping[str, Any]]) -> str | None:
    classes = [Provenance[entry["provenance"]] for entry in entries]
    return min(classes, key=lambda c: c.value).name if classes else None


def _typed_numbers(paragraph: _Paragraph) -> Iterator[str]:
    """Sentences with a typed number outside claims, citations, code, years and marked constants of a method."""
    for start, end in split(paragraph.text):
        covered = [(a, b) for a, b, _ in paragraph.claims] + paragraph.cited
        characters = list(paragraph.text[start:end])
        for a, b in covered:
            for place in range(max(a, start), min(b, end)):
                characters[place - start] = " "
        rest = _NOT_RESULTS.sub(" ", "".join(characters).translate(_MINUS))
        if _NUMBER.search(rest):
            yield paragraph.text[start:end].strip()


def _paragraphs(text: str, path: Path) -> Iterator[_Paragraph]:
    """Prose paragraphs of a source with the claims in them; headings, tables and code are not prose."""
    for inlines in _prose(document_tree(text, path)["blocks"]):
        paragraph = _Paragraph()
        _collect(inlines, paragraph)
        if paragraph.text.strip():
            yield paragraph


def _prose(blocks: list[Any]) -> Iterator[list[Any]]:
    for block in blocks:
        kind, content = block["t"], block.get("c")
        if kind in {"Para", "Plain"}:
            yield content
        elif kind in {"Div", "BlockQuote", "BulletList", "OrderedList", "DefinitionList", "Figure"}:
            for inner in block_lists(content):
                yield from _prose(inner)


def _collect(inlines: list[Any], paragraph: _Paragraph) -> None:
    for inline in inlines:
        kind, content = inline["t"], inline.get("c")
        start = len(paragraph.text)
        if kind in {"Str", "Math"}:
            paragraph.text += content if kind == "Str" else "FORMULA"
        elif kind in {"Space", "SoftBreak", "LineBreak"}:
            paragraph.text += " "
        elif kind == "Code":
            paragraph.text += content[1]
            paragraph.cited.append((start, len(paragraph.text)))
        elif kind == "Cite":
            _collect(content[1], paragraph)
            keys = [c["citationId"] for c in content[0]]
            paragraph.keys += [key for key in keys if key.split("-")[0] not in CROSS_REFERENCES]
            paragraph.cited.append((start, len(paragraph.text)))
        elif kind == "Span":
            (identifier, classes, pairs), inner = content
            _collect(inner, paragraph)
            if "constant" in classes:  # a number of the method, not a result
                paragraph.cited.append((start, len(paragraph.text)))
            if "claim" in classes:
                paragraph.claims.append((start, len(paragraph.text), _claim(identifier, dict(pairs), paragraph, start)))
        elif kind in {"Link", "Image", "Quoted"}:
            _collect(content[1], paragraph)
        elif kind != "Note" and isinstance(content, list):
            _collect(content, paragraph)


def _claim(identifier: str, given: Mapping[str, str], paragraph: _Paragraph, start: int) -> Claim:
    return Claim(
        identifier, paragraph.text[start:], given.get("result", "").split(), given.get("assert", ""),
        given.get("null", "0"), given.get("ignore", ""),
    )  # fmt: skip
