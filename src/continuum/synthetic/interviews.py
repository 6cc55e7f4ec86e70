"""Synthetic provider interviews: short accounts, coded by two coders, with asserted orders."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..ingest.tables import ASSERTION_COLUMNS, CODING_COLUMNS
from . import worlds
from .margins import hand_out, joint_counts, largest_remainder
from .vocabulary import CODES, LINK, NEUTRAL, SECTORS, SITES, Code

CODERS = ("Coder A", "Coder B")
HEADER = "SYNTHETIC provider account {id}. Written by a generator; no person said or lived any of this."

#: Assumptions (nothing here is published); they stand in the sidecar.
SECTOR_SHARES = (0.22, 0.21, 0.21, 0.36)
SITE_SHARES = (0.6, 0.4)
YEAR_SHARES = (0.10, 0.35, 0.35, 0.20)
CONSENT_SHARE = 0.6
MISS = 0.10
FALSE_ALARM = 0.02
SPAN_DIFFERS = 0.2
ASSERTIONS_PER_INTERVIEW = 3.0
ASSERTION_ERROR = 0.12
DOUBLE_CODED_SHARE = 0.5
#: Prevalence of the 24 codes, spread so that every area holds common and rare ones.
PREVALENCE = tuple(round(float(p), 3) for p in np.linspace(0.85, 0.15, len(CODES)).reshape(6, 4).T.ravel())


@dataclass
class Interviews:
    """Synthetic interviews before they are written in a coding tool's format.

    Attributes
    ----------
    cases : DataFrame
        One row per interview: interview_id, sector, site, year, interviewer, organisation_id, consent_quote, text.
    codings : DataFrame
        As in the import contract; ``code_id`` is the code's name, ``coder_id`` the coder's name.
    assertions : DataFrame
        interview_id, coder_id, from_code, to_code (code names).
    latent_order : list of str
        Codes from upstream to downstream, as the assertions were generated.
    """

    cases: pd.DataFrame
    codings: pd.DataFrame
    assertions: pd.DataFrame
    latent_order: list[str]


@dataclass
class _Account:
    """Text of one interview while it is written, and what each sentence is about."""

    interview: str
    text: str = ""
    spans: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)

    def add(self, sentence: str, codes: tuple[str, ...] = (), end: str = " ") -> None:
        start = len(self.text)
        self.text += sentence + end
        self.spans.append((start, start + len(sentence), codes))


def make_interviews(n: int, mechanism: str, rng: np.random.Generator) -> Interviews:
    """Interviews whose code counts are exact and whose structure follows ``mechanism``.

    Parameters
    ----------
    n : int
        Interviews, at least 8.
    mechanism : str
        One of :data:`continuum.synthetic.worlds.MECHANISMS`.
    rng : Generator
    """
    cases = _cases(n, rng)
    totals = np.array([max(1, round(p * n)) for p in PREVALENCE])
    present = worlds.mentions(mechanism, totals, n, rng)
    order = [str(name) for name in rng.permutation([code.name for code in CODES])]
    accounts, asserted = [], []
    for i, interview in enumerate(cases["interview_id"]):
        codes = [code for j, code in enumerate(CODES) if present[i, j]]
        links = _links(codes, order, rng)
        accounts.append(_write(interview, cases.iloc[i], codes, links, rng))
        asserted += [(interview, CODERS[0], first, second) for first, second in links]
    cases["text"] = [account.text for account in accounts]
    second = set(rng.permutation(n)[: min(n, max(15, round(n * DOUBLE_CODED_SHARE)))].tolist())
    rows = []
    for i, account in enumerate(accounts):
        rows += _code(account, CODERS[0], None)
        if i in second:
            rows += _code(account, CODERS[1], rng)
    codings = pd.DataFrame(rows, columns=list(CODING_COLUMNS))
    assertions = pd.DataFrame(asserted, columns=list(ASSERTION_COLUMNS))
    return Interviews(cases, codings, assertions, order)


def _cases(n: int, rng: np.random.Generator) -> pd.DataFrame:
    sectors, sites = largest_remainder(SECTOR_SHARES, n), largest_remainder(SITE_SHARES, n)
    cells = joint_counts(sectors, sites)
    pairs = [(sector, site) for i, sector in enumerate(SECTORS) for j, site in enumerate(SITES)
             for _ in range(cells[i, j])]  # fmt: skip
    pairs = [pairs[i] for i in rng.permutation(n)]
    years = np.sort(hand_out(rng.random(n), largest_remainder(YEAR_SHARES, n))) + 2013
    consent = hand_out(rng.random(n), largest_remainder((1 - CONSENT_SHARE, CONSENT_SHARE), n))
    organisations = rng.integers(1, max(2, round(0.75 * n)) + 1, n)
    return pd.DataFrame({
        "interview_id": [f"SYN-I{i + 1:03d}" for i in range(n)],
        "sector": [pair[0] for pair in pairs],
        "site": [pair[1] for pair in pairs],
        "year": years,
        "interviewer": [f"Interviewer {k + 1}" for k in rng.integers(0, 3, n)],
        "organisation_id": [f"SYN-O{k:02d}" for k in organisations],
        "consent_quote": ["yes" if value else "no" for value in consent],
    })  # fmt: skip


def _links(codes: list[Code], order: list[str], rng: np.random.Generator) -> list[tuple[str, str]]:
    """Statements "X led to Y" among the codes of one interview, sometimes against the latent order."""
    links: list[tuple[str, str]] = []
    if len(codes) < 2:
        return links
    for _ in range(int(rng.poisson(ASSERTIONS_PER_INTERVIEW))):
        pair = [codes[k].name for k in rng.choice(len(codes), 2, replace=False)]
        pair.sort(key=order.index)
        if rng.random() < ASSERTION_ERROR:
            pair.reverse()
        links.append((pair[0], pair[1]))
    return list(dict.fromkeys(links))


def _write(
    interview: str, case: pd.Series, codes: list[Code], links: list[tuple[str, str]], rng: np.random.Generator
) -> _Account:
    account = _Account(interview)
    account.add(HEADER.format(id=interview), end="\n\n")
    place = SECTORS[case["sector"]][int(rng.integers(0, 2))]
    account.add(f"A provider at a {place} in {case['site']}, {case['year']}.", end="\n\n")
    for area in dict.fromkeys(code.area for code in CODES):
        here = [code for code in codes if code.area == area]
        account.add(NEUTRAL[int(rng.integers(0, len(NEUTRAL)))])
        for k in rng.permutation(len(here)):
            code = here[k]
            for s in rng.permutation(2)[: 1 + int(rng.random() < 0.4)]:
                account.add(code.sentences[s], (code.name,))
        account.add("That is what I can say about this.", end="\n\n")
    for first, second in links:
        account.add(LINK.format(first=first.lower(), second=second.lower()), (first, second))
    account.add(NEUTRAL[int(rng.integers(0, len(NEUTRAL)))], end="\n")
    return account


def _code(account: _Account, coder: str, rng: np.random.Generator | None) -> list[tuple[object, ...]]:
    """What one coder marks: everything, or (given random numbers) with misses, false alarms and shorter spans."""
    rows: list[tuple[object, ...]] = []
    names = [code.name for code in CODES]
    body = account.spans[2:]
    for start, end, true in body:
        seen = list(true)
        if rng is not None:
            seen = [name for name in true if rng.random() >= MISS]
            if rng.random() < SPAN_DIFFERS:
                end -= 1
        rows += [_row(account, start, end, name, coder) for name in seen]
    if rng is not None:
        mentioned = {name for _, _, true in body for name in true}
        for name in names:
            if name not in mentioned and rng.random() < FALSE_ALARM:
                start, end, _ = body[int(rng.integers(0, len(body)))]
                rows.append(_row(account, start, end, name, coder))
    return rows


def _row(account: _Account, start: int, end: int, code: str, coder: str) -> tuple[object, ...]:
    segment = f"{account.interview}-{start}-{end}"
    return (account.interview, segment, start, end, account.text[start:end], code, coder)
