"""Coded interviews for tests: a hand-made study whose every number can be counted by eye, and synthetic worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from continuum.ingest.tables import (
    CODEBOOK_COLUMNS,
    CODING_COLUMNS,
    INTERVIEW_COLUMNS,
    CodedInterviews,
    ImportReport,
    complete,
    empty,
)
from continuum.synthetic.interviews import make_interviews
from continuum.synthetic.vocabulary import CODES

CODEBOOK = [
    ("money", "Money", None, "economic insecurity", None, "Anything about money."),
    ("wages", "Unpaid wages", "money", "economic insecurity", "micro", "Wages that were not paid."),
    ("debt", "Debt", "money", "economic insecurity", "micro", "Money owed."),
    ("rent", "High rents", None, "housing insecurity", "macro", "Rents above wages."),
]
#: interview, segment, start, end, text, code, coder
CODINGS = [
    ("I1", "s1", 0, 10, "first words here and then some more so that there are plenty of them", "wages", "A"),
    ("I1", "s2", 5, 15, "second words", "wages", "B"),
    ("I1", "s3", 20, 30, "third words", "debt", "A"),
    ("I2", "s4", 0, 10, "fourth words", "debt", "A"),
    ("I2", "s5", 40, 50, "fifth words", "rent", "B"),
    ("I3", "s6", 0, 10, "sixth words", "rent", "A"),
    ("I3", "s7", 30, 40, "seventh words", "rent", "A"),
]


def small_study() -> CodedInterviews:
    """Four interviews, four codes, two coders; I3 was coded once and I4 holds no coding."""
    interviews = pd.DataFrame({
        "interview_id": ["I1", "I2", "I3", "I4"], "sector": ["legal", "legal", "medical", None],
        "consent_quote": [True, False, True, True],
    })  # fmt: skip
    return CodedInterviews(
        complete(interviews, INTERVIEW_COLUMNS),
        pd.DataFrame(CODINGS, columns=list(CODING_COLUMNS)),
        pd.DataFrame(CODEBOOK, columns=list(CODEBOOK_COLUMNS)),
        empty(("interview_id", "coder_id", "from_code", "to_code")),
        ImportReport(),
    )


def world(mechanism: str = "cumulative", n: int = 42, seed: int = 1) -> CodedInterviews:
    """Synthetic interviews of known structure, as an importer would return them."""
    made = make_interviews(n, mechanism, np.random.default_rng(seed))
    codebook = pd.DataFrame({
        "code_id": [code.name for code in CODES], "name": [code.name for code in CODES],
        "area": [code.area for code in CODES], "level": [code.level for code in CODES],
        "definition": [code.definition for code in CODES],
    })  # fmt: skip
    cases = made.cases.drop(columns="text").assign(consent_quote=made.cases["consent_quote"] == "yes")
    return CodedInterviews(
        complete(cases, INTERVIEW_COLUMNS), made.codings, complete(codebook, CODEBOOK_COLUMNS), made.assertions,
        ImportReport(),
    )  # fmt: skip


def matrix_of(rows: list[str], columns: str = "") -> pd.DataFrame:
    """A case-by-code matrix from strings of 0 and 1."""
    values = np.array([[int(cell) for cell in row] for row in rows], dtype=np.int8)
    names = list(columns) or [f"c{k + 1}" for k in range(values.shape[1])]
    return pd.DataFrame(values, index=[f"I{k + 1}" for k in range(len(rows))], columns=names)
