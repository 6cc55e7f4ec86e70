"""Synthetic articles that cite a synthetic study: they exercise the citation reader and describe no real work.

All DOIs carry the test prefix 10.5555, no person is named as author, and every title and sentence says "synthetic".
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

#: The synthetic study as a citable work, and a second synthetic work for comparison.
OWN_DOI = "10.5555/continuum.demo"
OWN_TITLE = "Demo study (synthetic data): risk as providers see it"
OTHER_DOI = "10.5555/continuum.other"
OTHER_TITLE = "Another synthetic study of providers in a neighboring region"
ARTICLES = 8

_INTRODUCTION = (
    "Synthetic studies of providers have described several areas of risk {own}.",
    "Work on synthetic data distinguishes conditions from circumstances {own}, {other}.",
    "This synthetic article builds on an earlier codebook {own}.",
)
_METHODS = (
    "In this synthetic article, codes were assigned following the procedure described before {own}.",
    "Synthetic interviews were sampled as in an earlier study {other}.",
)
_SUPPORTING = (
    "In our synthetic data, housing codes were the most frequent, which is consistent with previous findings {own}.",
    "Our synthetic results agree with those of the earlier study {own} on the order of the four areas.",
    "These synthetic findings confirm the earlier observation {own} that education codes vary between sectors.",
)
_CONTRASTING = (
    "In contrast to the earlier study {own}, our synthetic data show no difference between the sectors.",
    "Our synthetic results are inconsistent with earlier ones {own} but in line with the second study {other}.",
)
_DISCUSSION = (
    "Further synthetic studies should test whether these patterns hold {own}.",
    "How synthetic accounts relate to each other has been discussed elsewhere {other}.",
)


def citing_articles(rng: np.random.Generator) -> dict[str, str]:
    """File name -> JATS article, each citing the synthetic study in several sections.

    Parameters
    ----------
    rng : Generator
        Chooses the sentences; the same seed gives the same articles.
    """
    return {f"synthetic-{number:02d}.xml": _article(number, rng) for number in range(1, ARTICLES + 1)}


def truth(articles: dict[str, str]) -> dict[str, int]:
    """How many sentences of each planted kind the articles hold."""
    kinds = {"supporting": _SUPPORTING, "contrasting": _CONTRASTING}
    return {
        kind: sum(text.count(escape(sentence.split("{")[0])) for text in articles.values() for sentence in sentences)
        for kind, sentences in kinds.items()
    }


def _article(number: int, rng: np.random.Generator) -> str:
    parts: list[tuple[str, str, Iterable[str]]] = [
        ("intro", "Introduction", rng.choice(_INTRODUCTION, 2, replace=False)),
        ("methods", "Methods", rng.choice(_METHODS, 1)),
        ("discussion", "Discussion", [*_stance(rng), *rng.choice(_DISCUSSION, 1)]),
    ]
    sections = "".join(
        f'<sec sec-type="{kind}"><title>{title}</title><p>{" ".join(_marked(str(s)) for s in sentences)}</p></sec>'
        for kind, title, sentences in parts
    )
    references = "".join(
        f'<ref id="r{index}"><mixed-citation><article-title>{escape(title)}</article-title> <year>2024</year> '
        f'<pub-id pub-id-type="doi">{doi}</pub-id></mixed-citation></ref>'
        for index, (doi, title) in enumerate(((OWN_DOI, OWN_TITLE), (OTHER_DOI, OTHER_TITLE)), start=1)
    )
    year = 2024 + number % 2
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<article><front><article-meta>'
        f'<article-id pub-id-type="doi">10.5555/continuum.citing.{number:02d}</article-id><title-group><article-title>'
        f"Synthetic citing article {number}</article-title></title-group><pub-date><year>{year}</year></pub-date>"
        f"</article-meta></front><body>{sections}</body><back><ref-list>{references}</ref-list></back></article>\n"
    )


def _stance(rng: np.random.Generator) -> list[str]:
    """Supporting in about half of the articles, contrasting in about a quarter."""
    draw = rng.random()
    if draw < 0.5:
        return [str(s) for s in rng.choice(_SUPPORTING, 1)]
    return [str(s) for s in rng.choice(_CONTRASTING, 1)] if draw < 0.75 else []


def _marked(sentence: str) -> str:
    marks = {
        "own": '[<xref ref-type="bibr" rid="r1">1</xref>]', "other": '[<xref ref-type="bibr" rid="r2">2</xref>]'
    }  # fmt: skip
    return escape(sentence).format(**marks)
