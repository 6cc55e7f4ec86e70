"""What may be said about which result: the only way a sentence gets its numbers (methods.md, section E).

A claim quotes results by key, begins with the words its evidence allows, and carries each number's key and provenance
into the page, where the build finds any number that has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Any

from .entries import FIELD, RefusalBox, say_value, slug
from .errors import ClaimNotAllowed, UnlinkedNumber
from .provenance import Provenance, weakest

#: Levels and limits of convention, which a sentence may type: they are no results.
CONVENTIONS = frozenset({"5%", "95%", ".05", ".30"})
_NUMBER = re.compile(r"(?<![\w-])\.?\d(?:[\d.,]*\d)?%?")


@dataclass(frozen=True)
class Rule:
    """What results of one kind can carry.

    Attributes
    ----------
    kind : str
    keys : str
        Pattern of the result keys it applies to.
    may, may_not : str
        In words, for the reader who is refused.
    forbidden : str
        Pattern of wording that says more.
    """

    kind: str
    keys: str
    may: str
    may_not: str
    forbidden: str


RULES: tuple[Rule, ...] = (
    Rule("code prevalence", r"interviews\.(codes?|areas?|levels?)\b", "how many interviews mention it",
         "how common or severe it is",
         r"\b(common(er)? than|sever(e|er|ity)|prevalence of (trafficking|exploitation))\b"),
    Rule("co-occurrence", r"interviews\.(pairs?|cooccurrence|network)\b", "mentioned together more than chance",
         "one causes the other, or an order", r"\b(cause[sd]?|leads? to|led to|comes? before|because of)\b"),
    Rule("asserted order", r"continuum\.assert", "order as asserted by providers", "order in lives",
         r"\b(in (survivors|people|persons|victims)'? li(fe|ves)|survivors first)\b"),
    Rule("order by mention", r"continuum\.(items?|order|scale|gate)", "how readily something is mentioned",
         "severity, or an order in lives", r"\b(sever(e|er|ity)|wors(e|t)|dangerous)\b"),
    Rule("survey contrast", r"survey\.(tests?|families|contrasts?)\b", "difference among respondents",
         "difference among all providers, unless a design is supplied",
         r"\b(all|every) (providers?|workers?|sectors?)\b"),
    Rule("similarity", r"survey\.similarity\b", "inside the declared margin", "'no difference' from a large p",
         r"\b(no (significant )?differences?|identical|the same)\b"),
    Rule("chain verdict", r"continuum\.life", "the two-part label with its selection rate",
         "confirmation of the published interpretation", r"\b(confirm(s|ed|ation)?|pro(ves?|ven|ved)|demonstrates?)\b"),
    Rule("pathway", r"pathways\.(panel|rates?|fit|model)\b", "rates in this panel", "success or failure of persons",
         r"\b(fail(s|ed|ure)?|drop(ped)?[- ]?out|success(ful)?|relapse[sd]?)\b"),
    Rule("scenario", r"pathways\.(scenario|ledger|break_even|breakeven)\b",
         "region of assumptions, probability given a ledger", "'prevention is cheaper' as a finding",
         r"\bprevention is (cheaper|more (cost-)?effective)\b"),
    Rule("self-assessment", r"self_assessment\.", "profile of one organization", "ranking of organizations",
         r"\b(best|worst|rank(s|ed|ing)?|league)\b"),
    Rule("surveillance", r"(pathways|surveillance)\.(reports?|surveillance)\b", "reports received", "prevalence",
         r"\b(prevalence|number of (victims|survivors))\b"),
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """A sentence about results.

    Attributes
    ----------
    text : str
    html : str
        The sentence with every number in an element that names its result and provenance.
    provenance : Provenance
        The weakest class among the results.
    results : tuple of str
        Keys quoted, in the order of the sentence.
    """

    text: str
    html: str
    provenance: Provenance
    results: tuple[str, ...]


def claim(results: Mapping[str, Mapping[str, Any]], template: str) -> Claim:
    """Word a finding: fill in its numbers, and refuse what they cannot carry.

    Parameters
    ----------
    results : mapping
        Key to entry, as in ``results.json``.
    template : str
        A sentence with fields such as ``{survey.n}`` or ``{interviews.alpha:interval}``; numbers may come from fields
        only.

    Returns
    -------
    Claim

    Raises
    ------
    UnlinkedNumber
        If the sentence types a number, names a result that does not exist, or quotes none.
    ClaimNotAllowed
        If its wording says more than its results allow.
    """
    keys = tuple(match.group(1) for match in FIELD.finditer(template))
    check_wording(template, keys)
    missing = [key for key in keys if key not in results]
    if missing or not keys:
        raise UnlinkedNumber(
            f"no result {missing[0]!r}" if missing else "the sentence quotes no result", fix="see results.json for keys"
        )
    provenance = weakest(*(Provenance[results[key]["provenance"]] for key in keys))
    text = FIELD.sub(lambda m: say_value(results[m.group(1)], m.group(2)), template)
    parts, end = [], 0
    for match in FIELD.finditer(template):
        key, entry = match.group(1), results[match.group(1)]
        parts.append(escape(template[end : match.start()]))
        parts.append(
            f'<data data-result-id="{escape(key)}" data-provenance="{escape(entry["provenance"])}">'
            f"{escape(say_value(entry, match.group(2)))}</data>"
        )
        end = match.end()
    parts.append(escape(template[end:]))
    opening = provenance.wording
    return Claim(
        f"{opening[0].upper()}{opening[1:]} {text}",
        f'<span class="claim" data-provenance="{provenance.name}">{escape(opening[0].upper() + opening[1:])} '
        f"{''.join(parts)}</span>",
        provenance,
        keys,
    )


def check_wording(template: str, keys: Sequence[str]) -> None:
    """Raise if a sentence says more than the results it quotes can carry, or types a number.

    Raises
    ------
    UnlinkedNumber
        Naming the number that comes from no result.
    ClaimNotAllowed
        With what may be said instead.
    """
    words = FIELD.sub("", template)
    if typed := typed_numbers(words):
        raise UnlinkedNumber(
            f"the sentence types the number {typed[0]!r}",
            place=f"sentence {template!r}",
            fix="quote a result by its key",
        )
    for rule in RULES:
        if any(re.match(rule.keys, key) for key in keys):
            found = re.search(rule.forbidden, words, re.IGNORECASE)
            if found:
                raise ClaimNotAllowed(
                    f"{found.group()!r} claims {rule.may_not}, which a result of kind {rule.kind!r} cannot carry",
                    place=f"sentence {template!r}",
                    fix=f"say: {rule.may}",
                )


def marked(results: Mapping[str, Mapping[str, Any]], template: str) -> str:
    """A sentence as Markdown in which every number carries its key and provenance into any page.

    Raises
    ------
    UnlinkedNumber
        If a field names no result.
    """

    def number(match: re.Match[str]) -> str:
        key, form = match.group(1), match.group(2)
        if key not in results:
            raise UnlinkedNumber(f"no result {key!r}", fix="see results.json for keys")
        return mark(say_value(results[key], form), key, results[key]["provenance"])

    return f"[{FIELD.sub(number, template)}]{{.claim}}"


def mark(text: str, key: str, provenance: str) -> str:
    """A number as Markdown that names its result; nothing but the number is seen."""
    return f'[{text}]{{data-result-id="{key}" data-provenance="{provenance}"}}'


def keyed(frame: Any, prefix: str, *, name: str | Sequence[str], value: str) -> Any:
    """A table with a column ``result``, by which marks of a chart name the results that back them.

    Parameters
    ----------
    frame : DataFrame
        A refusal in its place is passed on.
    prefix, name, value
        As given to :meth:`continuum.results.Results.values`, which stores the rows.
    """
    if isinstance(frame, RefusalBox):
        return frame
    return frame.assign(result=[row_key(prefix, row, name, value) for row in frame.to_dict("records")])


def row_key(prefix: str, row: Mapping[Any, Any], name: str | Sequence[str], value: str) -> str:
    """Key of one column of one row of a table."""
    parts = [name] if isinstance(name, str) else list(name)
    return f"{prefix}.{slug(' '.join(str(row[part]) for part in parts))}.{value}"


def typed_numbers(text: str) -> list[str]:
    """Numbers in words that come from no result; levels and limits of convention are none."""
    return [found for found in _NUMBER.findall(text) if found not in CONVENTIONS]


def unlinked_numbers(html: str, known: Mapping[str, Any] | None = None) -> list[str]:
    """Numbers of claims in a page that name no result, and results named that do not exist: what fails the build.

    Parameters
    ----------
    html : str
    known : mapping, optional
        Results by key; every key is taken for granted if not given.
    """
    numbers, keys = claimed(html)
    return numbers if known is None else numbers + [key for key in keys if key not in known]


def claimed(html: str) -> tuple[list[str], list[str]]:
    """Numbers of claims in a page that name no result, and the results that numbers name."""
    page = _ClaimedText()
    page.feed(html)
    page.close()
    return [number for text in page.bare for number in typed_numbers(text)], page.keys


class _ClaimedText(HTMLParser):
    """Collects the text of claims outside elements that name their result, and the keys that are named."""

    def __init__(self) -> None:
        super().__init__()
        self.bare: list[str] = []
        self.keys: list[str] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"br", "img", "hr", "input", "meta", "link", "wbr"}:
            return
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        key = given.get("data-result-id")
        if key:
            self.keys.append(key)
        kind = "linked" if key or "constant" in classes else "claim" if "claim" in classes else ""
        if kind == "claim":
            self.bare.append("")
        self._open.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(tag == name for name, _ in self._open):
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        kinds = [kind for _, kind in self._open]
        if "claim" in kinds and "linked" not in kinds:
            self.bare[-1] += data
