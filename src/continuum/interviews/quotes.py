"""Short excerpts that anchor a code: with consent only, after a screen for identifiers, chosen by a stated rule."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..ingest.tables import CodedInterviews
from .coded import check, headings
from .identifying import identifying, ordinary_words

PER_CODE = 3
MIN_WORDS = 13
NONE_QUOTABLE = "no quotable excerpt"
RULE = (
    "At most three different excerpts for each code, one per sector: coded by both coders before coded by one, then "
    "the shortest above twelve words. Only interviews with consent to be quoted, and no excerpt that may name a person "
    "or a place."
)

_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def anchor_quotes(
    coded: CodedInterviews,
    *,
    synthetic: bool,
    seed: int | np.random.Generator = 0,
    per_code: int = PER_CODE,
    min_words: int = MIN_WORDS,
) -> pd.DataFrame:
    """Excerpts for each code and area by :data:`RULE`.

    Parameters
    ----------
    coded : CodedInterviews
    synthetic : bool
        Whether the interviews are synthetic; each excerpt then says so.
    seed : int or numpy Generator
        Of the pseudonyms: numbers in random order, so that they do not follow the order of the interviews.
    per_code, min_words : int

    Returns
    -------
    DataFrame
        kind (code or area), id, name, excerpt, interview (pseudonym), sector, withheld (excerpts with consent that the
        screen for identifiers held back). A code without any has one row whose excerpt is "no quotable excerpt".
    """
    check(coded, "optional")
    candidates = _candidates(coded, min_words)
    candidates["interview"] = candidates["interview_id"].map(pseudonyms(coded.interviews["interview_id"], seed))
    names = dict(zip(coded.codebook["code_id"], coded.codebook["name"], strict=True))
    areas = dict(zip(coded.codebook["code_id"], coded.codebook["area"], strict=True))
    rows = []
    for code in coded.codebook.loc[~coded.codebook["code_id"].isin(headings(coded)), "code_id"]:
        rows += _chosen("code", code, names[code], candidates[candidates["code_id"] == code], per_code)
    own = candidates["code_id"].map(areas)
    for area in coded.codebook["area"].dropna().unique():
        rows += _chosen("area", area, area, candidates[own == area], per_code)
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


def quotes_review(coded: CodedInterviews) -> pd.DataFrame:
    """Every excerpt with consent that the screen withholds, and why: the team decides, and edits text or consent.

    Parameters
    ----------
    coded : CodedInterviews

    Returns
    -------
    DataFrame
        interview_id, sector, codes (names, joined), excerpt, reasons, decision (empty, for people to fill in). For the
        team only: it names interviews, and what it quotes may name people.
    """
    table = _candidates(coded, 1)
    table = table[table["withheld"].astype(bool)]
    names = dict(zip(coded.codebook["code_id"], coded.codebook["name"], strict=True))
    rows = []
    for (interview, text), group in table.groupby(["interview_id", "text"], sort=True):
        codes = "; ".join(sorted({str(names.get(code, code)) for code in group["code_id"]}))
        reasons = "; ".join(group["reasons"].iloc[0])
        rows.append((interview, group["sector"].iloc[0], codes, text, reasons, ""))
    return pd.DataFrame(rows, columns=["interview_id", "sector", "codes", "excerpt", "reasons", "decision"])


def _candidates(coded: CodedInterviews, min_words: int) -> pd.DataFrame:
    """One row per code and excerpt with consent: whether both coders gave it, its length, why it is withheld."""
    cases = coded.interviews.set_index("interview_id")
    consent = cases["consent_quote"].astype("boolean").fillna(False)
    allowed = coded.codings["interview_id"].map(consent).astype(bool) & coded.codings["text"].notna()
    table = coded.codings[allowed].copy()
    table["text"] = [" ".join(str(text).split()) for text in table["text"]]
    table["words"] = [len(text.split()) for text in table["text"]]
    table["sector"] = table["interview_id"].map(cases["sector"])
    table = table[table["words"] >= min_words]
    table["both"] = _coded_twice(table, coded.codings)
    table = table.sort_values(["both", "words", "text"], ascending=[False, True, True], kind="stable")
    table = table.drop_duplicates(["interview_id", "code_id", "text"])
    known = _known_names(coded)
    ordinary = ordinary_words([*coded.codings["text"].dropna().unique(), *coded.codebook["definition"].dropna()])
    reasons = {text: identifying(text, known, ordinary) for text in table["text"].unique()}
    table["reasons"] = table["text"].map(reasons)
    return table.assign(withheld=[bool(why) for why in table["reasons"]]).reset_index(drop=True)


def _coded_twice(table: pd.DataFrame, codings: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether another coder gave the same code to an overlapping stretch of the same interview."""
    columns = ["interview_id", "code_id", "coder_id", "start", "end"]
    own = table[columns].assign(row=np.arange(len(table)))
    pairs = own.merge(codings[columns], on=["interview_id", "code_id"], suffixes=("", "_other"))
    overlap = (pairs["start"] < pairs["end_other"]) & (pairs["end"] > pairs["start_other"])
    other = pairs["coder_id"] != pairs["coder_id_other"]
    return np.isin(np.arange(len(table)), pairs.loc[overlap & other, "row"])


def _chosen(kind: str, key: str, name: str, candidates: pd.DataFrame, per_code: int) -> list[dict[str, object]]:
    """The first candidates of different sectors."""
    free = candidates[~candidates["withheld"].astype(bool)]
    plain = pd.Series([" ".join(_WORD.findall(text.lower())) for text in free["text"]], index=free.index, dtype=object)
    free = free[~plain.duplicated()]
    first = free[~free["sector"].fillna("").duplicated()].head(per_code)
    shared = {"kind": kind, "id": key, "name": name, "withheld": int(candidates["withheld"].sum())}
    if first.empty:
        return [{**shared, "excerpt": NONE_QUOTABLE, "interview": "", "sector": ""}]
    columns = zip(first["text"], first["interview"], first["sector"].fillna(""), strict=True)
    return [{**shared, "excerpt": text, "interview": who, "sector": sector} for text, who, sector in columns]


def _known_names(coded: CodedInterviews) -> list[str]:
    columns = [c for c in ("interview_id", "interviewer", "organisation_id", "site", "case") if c in coded.interviews]
    values = {str(v) for c in columns for v in coded.interviews[c].dropna()}
    return sorted(values | {str(c) for c in coded.codings["coder_id"].dropna()})
