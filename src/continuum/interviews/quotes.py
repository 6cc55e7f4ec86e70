"""Short excerpts that anchor a code: with consent only, after a screen for identifiers, chosen by a stated rule."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..ingest.quote_decisions import one_line
from ..ingest.tables import CodedInterviews
from .coded import check, code_names, headings
from .identifying import identifying, ordinary_words
from .name_model import found_by_model, model_in_words

#: Decisions of the team: interview and excerpt -> what it decided, and the text to show.
Decided = dict[tuple[str, str], tuple[str, str]]
_Row = dict[Any, Any]

PER_CODE = 3
MIN_WORDS = 13
NONE_QUOTABLE = "no quotable excerpt"
REVIEW_COLUMNS = ("interview_id", "sector", "codes", "excerpt", "reasons", "status", "decision", "shown_as")
RULE = (
    "At most three different excerpts for each code, one per sector: coded by both coders before coded by one, then "
    "the shortest above twelve words. Only interviews with consent to be quoted, and no excerpt that may name a person "
    "or a place, unless people read it and approved or redacted it."
)

_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def anchor_quotes(
    coded: CodedInterviews,
    *,
    synthetic: bool,
    seed: int | np.random.Generator = 0,
    per_code: int = PER_CODE,
    min_words: int = MIN_WORDS,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Excerpts for each code and area by :data:`RULE`.

    Parameters
    ----------
    coded : CodedInterviews
    synthetic : bool
        Whether the interviews are synthetic; each excerpt then says so, and rules alone screen it: no model of names
        that happens to be installed changes what a synthetic study shows.
    seed : int or numpy Generator
        Of the pseudonyms: numbers in random order, so that they do not follow the order of the interviews.
    per_code, min_words : int
    decisions : DataFrame, optional
        From :func:`continuum.ingest.quote_decisions.load_quote_decisions`: approved excerpts pass the screen, redacted
        ones are shown as the team wrote them, dropped ones are not shown.

    Returns
    -------
    DataFrame
        kind (code or area), id, name, excerpt, interview (pseudonym), sector, withheld (excerpts with consent that the
        screen for identifiers or the team held back). A code without any has one row whose excerpt is "no quotable
        excerpt".
    """
    check(coded, "optional")
    candidates = _candidates(coded, min_words, _decided(decisions), synthetic=synthetic)
    candidates["interview"] = candidates["interview_id"].map(pseudonyms(coded.interviews["interview_id"], seed))
    names = code_names(coded)
    by_code, by_area = _by_code_and_area(coded, candidates)
    rows = []
    for code in coded.codebook.loc[~coded.codebook["code_id"].isin(headings(coded)), "code_id"]:
        rows += _chosen("code", code, names[code], by_code.get(code, []), per_code)
    for area in coded.codebook["area"].dropna().unique():
        rows += _chosen("area", area, area, by_area.get(area, []), per_code)
    table = pd.DataFrame(rows, columns=["kind", "id", "name", "excerpt", "interview", "sector", "withheld"])
    if synthetic:
        quoted = table["excerpt"] != NONE_QUOTABLE
        table.loc[quoted, "excerpt"] = "[synthetic] " + table.loc[quoted, "excerpt"]
    return table


def pseudonyms(interviews: Iterable[str], seed: int | np.random.Generator = 0) -> dict[str, str]:
    """A number for each interview, in random order."""
    names = list(interviews)
    order = np.random.default_rng(seed).permutation(len(names))
    width = len(str(len(names)))
    return {name: f"Provider {place + 1:0{width}d}" for name, place in zip(names, order, strict=True)}


def quotes_review(
    coded: CodedInterviews, decisions: pd.DataFrame | None = None, *, synthetic: bool = False
) -> pd.DataFrame:
    """Every excerpt with consent that the screen withholds or that readers see, for the team to decide on.

    Parameters
    ----------
    coded : CodedInterviews
    decisions : DataFrame, optional
        What the team has decided so far.
    synthetic : bool
        See :func:`anchor_quotes`.

    Returns
    -------
    DataFrame
        interview_id, sector, codes (names, joined), excerpt, reasons (why the screen withholds it), status (withheld,
        quoted, may be quoted, or why a decision counts for nothing), decision and shown_as (as decided so far, for
        people to fill in); withheld ones first. For the team only: it names interviews, and what it quotes may name
        people.
    """
    decided = _decided(decisions)
    table = _candidates(coded, 1, decided, synthetic=synthetic)
    quoted = _shown_excerpts(coded, table[table["words"] >= MIN_WORDS])
    names = code_names(coded)
    rows = []
    for (interview, text), group in table.groupby(["interview_id", "excerpt"], sort=True):
        key = (str(interview), str(text))
        if not (group["reasons"].iloc[0] or key in quoted or key in decided):
            continue
        codes = "; ".join(sorted({str(names.get(code, code)) for code in group["code_id"]}))
        status = "quoted" if key in quoted else "withheld" if group["withheld"].iloc[0] else "may be quoted"
        rows.append((interview, group["sector"].iloc[0], codes, text, "; ".join(group["reasons"].iloc[0]), status,
                     *decided.get(key, ("", ""))))  # fmt: skip
    for row in [] if decisions is None else decisions[decisions["void"] != ""].to_dict("records"):
        rows.append((row["interview_id"], None, "", row["excerpt"], "", row["void"], row["decision"], row["shown_as"]))
    found = pd.DataFrame(rows, columns=list(REVIEW_COLUMNS))
    return found.sort_values("status", key=lambda words: words != "withheld", kind="stable", ignore_index=True)


def quote_note(decisions: pd.DataFrame | object, *, synthetic: bool) -> str:
    """How excerpts were chosen and screened, and what the team decided; ``decisions`` may be a refusal."""
    model = "" if synthetic else model_in_words()
    screen = f"Screened by rules and by {model}." if model else ""
    return " ".join(part for part in (RULE, screen, _decision_note(decisions)) if part)


def _decision_note(decisions: pd.DataFrame | object) -> str:
    if not isinstance(decisions, pd.DataFrame) or decisions.empty:
        return ""
    counts = decisions.loc[decisions["void"] == "", "decision"].value_counts()
    words = {"approve": "approved", "redact": "redacted", "drop": "dropped"}
    parts = [f"{counts[name]} {word}" for name, word in words.items() if name in counts]
    if void := int((decisions["void"] != "").sum()):
        parts.append(f"{void} void, because the text is no longer coded or may not be quoted")
    return f"Excerpts that the team decided on: {', '.join(parts)}."


def _decided(decisions: pd.DataFrame | None) -> Decided:
    """Decisions that count."""
    if decisions is None:
        return {}
    rows = decisions[decisions["void"] == ""].to_dict("records")
    return {(row["interview_id"], row["excerpt"]): (row["decision"], row["shown_as"]) for row in rows}


def _shown_excerpts(coded: CodedInterviews, candidates: pd.DataFrame) -> set[tuple[str, str]]:
    """Interview and excerpt of everything that :func:`anchor_quotes` shows."""
    by_code, by_area = _by_code_and_area(coded, candidates)
    titles = set(headings(coded))
    own = [rows for code, rows in by_code.items() if code not in titles]
    found = [_first(rows, PER_CODE) for rows in (*own, *by_area.values())]
    return {(row["interview_id"], row["excerpt"]) for part in found for row in part}


def _by_code_and_area(coded: CodedInterviews, candidates: pd.DataFrame) -> tuple[dict[str, list[_Row]], ...]:
    """Candidates of each code, and of each area, in their order."""
    listed = coded.codebook.dropna(subset="area")
    areas = dict(zip(listed["code_id"], listed["area"], strict=True))
    by_code: dict[str, list[_Row]] = {}
    by_area: dict[str, list[_Row]] = {}
    for row in candidates.assign(sector=candidates["sector"].fillna("")).to_dict("records"):
        by_code.setdefault(row["code_id"], []).append(row)
        if row["code_id"] in areas:
            by_area.setdefault(areas[row["code_id"]], []).append(row)
    return by_code, by_area


def _candidates(coded: CodedInterviews, min_words: int, decided: Decided, *, synthetic: bool) -> pd.DataFrame:
    """One row per code and excerpt with consent: whether both coders gave it, its length, why it is withheld.

    ``excerpt`` is what was coded, ``text`` what would be shown of it.
    """
    cases = coded.interviews.set_index("interview_id")
    consent = cases["consent_quote"].astype("boolean").fillna(False)
    allowed = coded.codings["interview_id"].map(consent).astype(bool) & coded.codings["text"].notna()
    table = coded.codings[allowed].copy()
    table["excerpt"] = [one_line(text) for text in table["text"]]
    keys = list(zip(table["interview_id"], table["excerpt"], strict=True))
    table["decision"] = [decided.get(key, ("", ""))[0] for key in keys]
    table["text"] = [decided.get(key, ("", ""))[1] or key[1] for key in keys]
    table["words"] = [len(text.split()) for text in table["text"]]
    table["sector"] = table["interview_id"].map(cases["sector"])
    table = table[table["words"] >= min_words]
    table["both"] = _coded_twice(table, coded.codings)
    table = table.sort_values(["both", "words", "text"], ascending=[False, True, True], kind="stable")
    table = table.drop_duplicates(["interview_id", "code_id", "excerpt"])
    known = _known_names(coded)
    ordinary = ordinary_words([*coded.codings["text"].dropna().unique(), *coded.codebook["definition"].dropna()])
    distinct = list(table["excerpt"].unique())
    modeled = {} if synthetic else found_by_model(distinct)
    reasons = {text: [*identifying(text, known, ordinary), *modeled.get(text, [])] for text in distinct}
    table["reasons"] = table["excerpt"].map(reasons)
    pairs = zip(table["decision"], table["reasons"], strict=True)
    withheld = [decision == "drop" or (bool(why) and not decision) for decision, why in pairs]
    return table.assign(withheld=withheld).reset_index(drop=True)


def _coded_twice(table: pd.DataFrame, codings: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether another coder gave the same code to an overlapping stretch of the same interview."""
    columns = ["interview_id", "code_id", "coder_id", "start", "end"]
    own = table[columns].assign(row=np.arange(len(table)))
    pairs = own.merge(codings[columns], on=["interview_id", "code_id"], suffixes=("", "_other"))
    overlap = (pairs["start"] < pairs["end_other"]) & (pairs["end"] > pairs["start_other"])
    other = pairs["coder_id"] != pairs["coder_id_other"]
    return np.isin(np.arange(len(table)), pairs.loc[overlap & other, "row"])


def _chosen(kind: str, key: str, name: str, candidates: list[_Row], per_code: int) -> list[_Row]:
    """Rows of the first candidates, or one that says there is none."""
    shared = {"kind": kind, "id": key, "name": name, "withheld": sum(bool(row["withheld"]) for row in candidates)}
    first = _first(candidates, per_code)
    if not first:
        return [{**shared, "excerpt": NONE_QUOTABLE, "interview": "", "sector": ""}]
    return [{**shared, "excerpt": row["text"], "interview": row["interview"], "sector": row["sector"]} for row in first]


def _first(candidates: Iterable[_Row], per_code: int) -> list[_Row]:
    """The first candidates of different sectors that say different things."""
    found: dict[str, _Row] = {}
    said = set()
    for row in candidates:
        if row["withheld"]:
            continue
        plain = " ".join(_WORD.findall(row["text"].lower()))
        if plain not in said:
            said.add(plain)
            found.setdefault(row["sector"], row)
        if len(found) >= per_code:
            break
    return list(found.values())[:per_code]


def _known_names(coded: CodedInterviews) -> list[str]:
    columns = [c for c in ("interview_id", "interviewer", "organisation_id", "site", "case") if c in coded.interviews]
    values = {str(v) for c in columns for v in coded.interviews[c].dropna()}
    return sorted(values | {str(c) for c in coded.codings["coder_id"].dropna()})
