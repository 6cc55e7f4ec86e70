"""What of a study's raw data must never be published: identifiers, and words people wrote or said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .. import paths
from ..study import Study

#: Words of a confidential text that have to stand together before a passage counts as quoted from it.
SHINGLE = 6
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass
class Secrets:
    """Confidential material of one study in a form that can be looked up quickly.

    Attributes
    ----------
    identifiers : set of str
        Identifiers of respondents, interviews, organizations and coders, lower case.
    shingles : set of int
        Hashes of every run of six words in confidential texts.
    findings : dict
        What was found in texts that were looked through; only valid while nothing is added.
    """

    identifiers: set[str] = field(default_factory=set)
    shingles: set[int] = field(default_factory=set)
    findings: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, repr=False)

    def add_texts(self, texts: Iterable[object]) -> None:
        """Remember confidential texts."""
        for text in texts:
            self.shingles.update(shingles(str(text)))

    def allow_texts(self, texts: Iterable[object]) -> None:
        """Forget what also stands in public wording: questions, code definitions, quotations with consent."""
        for text in texts:
            self.shingles.difference_update(shingles(str(text)))

    def add_identifiers(self, values: Iterable[object]) -> None:
        """Remember identifiers; bare short numbers and words are too common to look for."""
        for value in values:
            name = str(value).strip().lower()
            if len(name) >= 5 and re.search(r"\d", name) and re.search(r"[a-z]", name):
                self.identifiers.add(name)


def shingles(text: str) -> list[int]:
    """Hashes of every run of six words."""
    words = _WORD.findall(text.lower())
    return [hash(tuple(words[i : i + SHINGLE])) for i in range(len(words) - SHINGLE + 1)]


def of_study(study: Study) -> Secrets:
    """Read a study's raw data and collect what must not leave it."""
    secrets = Secrets()
    if study.interviews is not None:
        _from_interviews(study, secrets)
    if study.survey is not None:
        _from_survey(study, secrets)
    if study.self_assessment is not None and study.self_assessment.files:
        _from_assessments(study, secrets)
    _from_cases(study, secrets)
    _forget_tutorial(secrets)
    return secrets


def _forget_tutorial(secrets: Secrets) -> None:
    """The tutorial prints its invented notes, and is a page of the very site that is made of them."""
    page = paths.root() / "pages" / "tutorial.qmd"
    if page.is_file():
        text = page.read_text(encoding="utf-8")
        secrets.allow_texts([text])
        secrets.identifiers.difference_update(re.findall(r"[\w][\w.:-]{3,}[\w]", text.lower()))


def _from_interviews(study: Study, secrets: Secrets) -> None:
    from ..ingest import load_interviews
    from ..ingest.quote_decisions import load_quote_decisions

    data = load_interviews(study)
    secrets.add_identifiers(data.interviews["interview_id"])
    for column in ("organisation_id", "interviewer"):
        secrets.add_identifiers(data.interviews[column].dropna())
    secrets.add_identifiers(data.codings["coder_id"].dropna().unique())
    consented = set(data.interviews.loc[data.interviews["consent_quote"].fillna(False).astype(bool), "interview_id"])
    allowed = data.segments["interview_id"].isin(consented)
    secrets.add_texts(data.segments.loc[~allowed, "text"].dropna().unique())
    secrets.allow_texts(data.segments.loc[allowed, "text"].dropna().unique())
    decided = load_quote_decisions(study)
    secrets.add_texts(decided.loc[decided["decision"] != "approve", "excerpt"])
    secrets.allow_texts(decided.loc[(decided["void"] == "") & (decided["decision"] == "redact"), "shown_as"])
    secrets.allow_texts(data.codebook["definition"].dropna())
    secrets.allow_texts(data.codebook["name"].dropna())
    secrets.add_texts(memo for memo in data.codings["memo"].unique() if memo)  # after what may be quoted: never memos


def _from_survey(study: Study, secrets: Secrets) -> None:
    from ..ingest import load_survey

    data = load_survey(study)
    for column in ("respondent_id", "organisation", "cluster"):
        if column in data.answers:
            secrets.add_identifiers(data.answers[column].dropna().unique())
    for item in data.items.loc[data.items["kind"] == "open", "item_id"]:
        if item in data.answers:
            secrets.add_texts(data.answers[item].dropna().unique())
    secrets.allow_texts(data.items["text"].dropna())


def _from_assessments(study: Study, secrets: Secrets) -> None:
    from ..ingest.assessments import load_assessments

    data = load_assessments(study)
    secrets.add_identifiers(data.scores["org_id"].dropna().unique())
    if "respondent_id" in data.scores:
        secrets.add_identifiers(data.scores["respondent_id"].dropna().unique())


def _from_cases(study: Study, secrets: Secrets) -> None:
    """Identifiers of people in case-level tables and service panels."""
    import pandas as pd

    named = [study.continuum.exposures, study.continuum.outcomes]
    if study.pathways is not None:
        named.append(study.pathways.panel)
    for name in named:
        if name is not None:
            table = pd.read_csv(study.path(name), dtype=str)
            for column in table.columns:
                if column.endswith("_id"):
                    secrets.add_identifiers(table[column].dropna().unique())
