"""Own sources, TEI and damaged articles: what is read, and the one clear error for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from citation_articles import article

from continuum.citations import extract, extract_all
from continuum.citations.bibliography import read_bibliography
from continuum.citations.pandoc import parse
from continuum.citations.records import Source, records
from continuum.errors import BadInput

BIB = """@article{a, title={First work on things}, author={Doe, Jane}, year={2010}, doi={https://doi.org/10.1234/ABC}}
@book{b, title={Second}, author={{World Health Organization}}, date={2012-03}}
@book{x, title={Third}, author={M\\"uller, Anna}, year={2001}}
"""
PAPER = """---
title: A paper
bibliography: references.bib
nocite: "@x"
---
# Introduction {#sec-intro}

We find the same [[@a]]{.supports result="k.n"}. As @a [p. 3] and others [see @a, p. 4; @b] say.^[A note on @b.]
See @fig-one, @tbl-two and @sec-intro. There are {{< var study.n >}} people [@a].

::: {.callout-note}
In a callout [@b].
:::

- In a list [@b].

> In a quotation [@b].

```{python}
text = "[@nobody]"
```

# Methods

[we differ from @b]{.contrasts} here.

| a | b |
|---|---|
| In a table [@a] | x |
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    (tmp_path / "references.bib").write_text(BIB, encoding="utf-8")
    (tmp_path / "index.qmd").write_text(PAPER, encoding="utf-8")
    return tmp_path / "index.qmd"


def test_citations_are_found_in_every_kind_of_block(paper: Path):
    contexts = extract(paper, variables={"study": {"n": 7}})
    places = contexts.groupby("where").size().to_dict()
    assert places == {"body": 8, "footnote": 1, "quote": 1, "table": 1}
    assert not contexts["sentence"].str.contains("nobody").any()
    assert contexts["sentence"].str.contains("There are 7 people").any()


def test_modes_prefixes_and_locators_are_kept(paper: Path):
    contexts = extract(paper)
    row = contexts[contexts["prefix"].notna()].iloc[0]
    assert (row["prefix"], row["locator"], row["mode"], row["ref_id"]) == ("see", "p. 4", "parenthetical", "a")
    assert "narrative" in set(contexts["mode"])


def test_the_author_declares_a_stance_in_the_source(paper: Path):
    declared = extract(paper).dropna(subset=["label_author"]).set_index("ref_id")
    assert declared.loc["a", "label_author"] == "supporting"
    assert declared.loc["a", "stance_result"] == "k.n"
    assert declared.loc["b", "label_author"] == "contrasting"


def test_sections_and_unused_entries_are_reported(paper: Path):
    document = parse(paper, Source("x"))
    assert {row["section"] for row in records(document)} == {"introduction", "methods"}
    assert any("nocite: @x" in warning for warning in document.warnings)


def test_an_undefined_key_names_line_and_nearest_key(paper: Path):
    paper.write_text(PAPER.replace("[see @a, p. 4; @b]", "[@bb]"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"index\.qmd: line 8: the citation @bb is not defined.*did you mean @b"):
        extract(paper)


def test_names_and_dois_of_a_bibliography_come_out_right(paper: Path):
    references = read_bibliography(paper.parent / "references.bib")
    assert references["a"].doi == "10.1234/abc"
    assert references["b"].authors == ["world health organization"]
    assert references["x"].year == 2001


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BIB + BIB.splitlines()[0], r"line 4: the key 'a' stands twice \(first on line 1\)"),
        ("@article{a, title={First}\n\n@book{b, title={S}}\n", "line 1: the entry 'a' is not closed"),
    ],
)
def test_a_broken_bibliography_is_placed(tmp_path: Path, text: str, message: str):
    (tmp_path / "r.bib").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        read_bibliography(tmp_path / "r.bib")


def test_csl_json_with_an_items_object_and_number_ids(tmp_path: Path):
    text = '{"items": [{"id": 7, "title": "T", "DOI": "10.1234/X", "issued": {"date-parts": [["2004"]]}}]}'
    (tmp_path / "r.json").write_text(text)
    found = read_bibliography(tmp_path / "r.json")["7"]
    assert (found.doi, found.year) == ("10.1234/x", 2004)


TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><titleStmt><title>A work</title></titleStmt></teiHeader>
<text><body><div><head>Results</head><p>It rose <ref type="bibr" target="#b0">[1]</ref>. It fell
<ref type="bibr">(Lee)</ref>.</p></div></body><back><listBibl><biblStruct xml:id="b0"><title>Cited</title>
<idno type="DOI">10.1/X1</idno><date when="2011-02"/></biblStruct></listBibl></back></text></TEI>"""


def test_tei_marks_without_target_are_counted_not_guessed(tmp_path: Path):
    (tmp_path / "a.xml").write_text(TEI.replace("10.1/X1", "10.1234/X1"), encoding="utf-8")
    found = extract_all([tmp_path / "a.xml"])
    assert found.contexts.loc[0, ["ref_id", "doi", "section", "year"]].tolist() == ["b0", "10.1234/x1", "results", 2011]
    assert len(found.report[0]["unresolved"]) == 1


ARTICLE = "<article><body><p>x</p></body></article>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.xml"),
        (b"%PDF-1.7 ...", "allow --pdf"),
        (b"just words", "not XML: it looks like"),
        (b"<article><body>", "line"),
        (b"<html><body/></html>", "the root element is <html>"),
        (b'<!DOCTYPE article [<!ENTITY a "b">]>' + ARTICLE.encode(), "declares entities of its own"),
        (b'<!DOCTYPE article [\n<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ARTICLE.encode(), "line 2"),
    ],
)
def test_what_is_no_article_gets_one_clear_error(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "a.xml").write_bytes(content)
    with pytest.raises(BadInput, match=message):
        extract(tmp_path / "a.xml")


def test_a_normal_doctype_loads_nothing_and_named_characters_are_known(tmp_path: Path):
    text = (
        '<!DOCTYPE article PUBLIC "-//NLM//DTD" "http://dtd.invalid/x.dtd"><article><body><p>an &alpha; '
        '<xref ref-type="bibr" rid="r1">1</xref>.</p></body><back><ref-list><ref id="r1"><citation>Lee</citation>'
        "</ref></ref-list></back></article>"
    )
    (tmp_path / "a.xml").write_text(text)
    assert extract(tmp_path / "a.xml").loc[0, "sentence"] == "an α 1."


def test_a_broken_article_never_stops_the_others(tmp_path: Path):
    (tmp_path / "a.xml").write_text("<broken")
    (tmp_path / "b.xml").write_text(TEI.replace("10.1/X1", "10.1234/X1"))
    found = extract_all(tmp_path.iterdir())
    assert len(found.contexts) == 1
    assert "error" in found.report[0]


def test_a_context_keeps_its_id_when_the_article_is_set_anew_renamed_or_read_in_another_order(tmp_path: Path):
    paragraphs = ["Our results agree with {r1}. A second sentence cites {r2} and {r1}.", "Once more {r1}."]
    text = article("10.5555/a", paragraphs)
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "first" / "a.xml").write_text(text, encoding="utf-8")
    (tmp_path / "first" / "b.xml").write_text(article("10.5555/b", paragraphs), encoding="utf-8")
    reflowed = text.replace(". ", ".\n   ").replace("<p>", "<p>\n ")
    (tmp_path / "second" / "z.xml").write_text(reflowed, encoding="utf-8")
    (tmp_path / "second" / "y.xml").write_text(article("10.5555/b", paragraphs), encoding="utf-8")
    first, second = (extract_all((tmp_path / name).iterdir()).contexts for name in ("first", "second"))
    assert first["context_id"].is_unique
    assert first["context_id"].tolist() == second["context_id"].tolist()
    assert set(first["statement_id"]) == set(second["statement_id"])


def pdf_of(tmp_path: Path, text: str) -> Path:
    """A PDF with this text, made by typst."""
    import typst

    (tmp_path / "a.typ").write_text(text, encoding="utf-8")
    typst.compile(str(tmp_path / "a.typ"), output=str(tmp_path / "a.pdf"))
    return tmp_path / "a.pdf"


BODY = "#set text(hyphenate: false)\nSome words on risks and providers that nobody needs. " * 4


def test_numbered_brackets_of_a_pdf_are_read_as_low_quality_and_never_counted(tmp_path: Path):
    from continuum.citations import classify, tally

    text = (
        BODY + "\n\nOur results agree with earlier findings [1]. Others differ [2-4]. A method is reused [3].\n\n"
        "References\n\n[1] Lee. One. 2001. doi:10.5555/one\n\n[2] Park. Two. 2002.\n\n[3] Kim. Three. 2003.\n\n"
        "[4] Cho. Four. 2004.\n"
    )
    contexts = extract(pdf_of(tmp_path, text.replace("[", "\\[").replace("]", "\\]")), from_pdf=True)
    assert set(contexts["parse_quality"]) == {"low"}
    assert set(contexts["ref_id"]) == {"1", "2", "3", "4"}
    assert contexts.set_index("ref_id").loc["1", "doi"] == "10.5555/one"
    counts = tally(classify(contexts))
    assert counts[["supporting", "contrasting", "mentioning"]].to_numpy().sum() == 0
    assert counts["unclassified"].sum() == counts["total"].sum()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BODY + "\n\nAs (Lee et al., 2001) say (Park, 2002).\n\nReferences\n\nLee 2001.\n", "author and year"),
        (BODY, "no reference list"),
    ],
)
def test_other_styles_of_a_pdf_are_refused_with_advice(tmp_path: Path, text: str, message: str):
    with pytest.raises(BadInput, match=f"{message}.*GROBID"):
        extract(pdf_of(tmp_path, text), from_pdf=True)
