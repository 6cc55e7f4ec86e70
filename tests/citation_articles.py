"""Small citing articles for tests, in JATS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WORKS = {"r1": "10.5555/one", "r2": "10.5555/two"}


def mark(rid: str, text: str = "") -> str:
    return f'<xref ref-type="bibr" rid="{rid}">{text or rid[1:]}</xref>'


def article(doi: str, paragraphs: Sequence[str], works: Mapping[str, str] = WORKS, *, title: str = "Discussion") -> str:
    """An article with one section, whose paragraphs may use ``{r1}`` for a mark."""
    marks = {rid: f"[{mark(rid)}]" for rid in works}
    body = "".join(f"<p>{text.format(**marks)}</p>" for text in paragraphs)
    references = "".join(
        f'<ref id="{rid}"><element-citation><article-title>The work called {rid} of this test</article-title>'
        f'<year>2001</year><pub-id pub-id-type="doi">{cited}</pub-id></element-citation></ref>'
        for rid, cited in works.items()
    )
    return (
        f'<article><front><article-meta><article-id pub-id-type="doi">{doi}</article-id><title-group><article-title>'
        f"Article {doi}</article-title></title-group></article-meta></front><body><sec><title>{title}</title>{body}"
        f"</sec></body><back><ref-list>{references}</ref-list></back></article>"
    )
