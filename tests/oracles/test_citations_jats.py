"""Ten real articles: every mark, every record, every reference (counts of the data's own README)."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from support import ROOT, shared_data

from continuum.citations import extract, extract_all, read_document
from continuum.citations.bibliography import read_bibliography
from continuum.citations.sentences import split


@pytest.fixture(scope="module")
def articles():
    return extract_all(sorted(shared_data("citations/jats").glob("*.xml")))


def expected_counts() -> pd.DataFrame:
    rows = []
    for line in (shared_data() / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 8 and cells[1].startswith("journal."):
            rows.append([f"{cells[1]}.xml", *(int(cells[i]) for i in (2, 3, 6, 7, 8))])
    return pd.DataFrame(rows, columns=["file", "references", "marks", "records", "reached", "with_doi"]).set_index(
        "file"
    )


def test_each_article_gives_the_published_counts(articles):
    reached = articles.references[articles.references["contexts"] > 0].groupby("source_id").size()
    doi = articles.references.groupby("source_id")["doi"].count()
    found = pd.DataFrame(
        [
            [r["file"], r["references"], r["marks"], r["records"], reached[r["source_id"]], doi[r["source_id"]]]
            for r in articles.report
        ],
        columns=["file", "references", "marks", "records", "reached", "with_doi"],
    ).set_index("file")
    pd.testing.assert_frame_equal(found, expected_counts(), check_dtype=False, check_like=True)


def test_the_totals_of_the_specification(articles):
    assert sum(r["marks"] for r in articles.report) == 809
    assert len(articles.contexts) == 912
    assert (articles.references["contexts"] > 0).sum() == 582
    assert sum(len(r["unresolved"]) for r in articles.report) == 0
    assert articles.references["doi"].notna().sum() == 44


def test_statements_and_ranges_are_within_one_percent_of_the_prototype(articles):
    assert articles.contexts["statement_id"].nunique() == pytest.approx(898, rel=0.01)
    assert articles.contexts.drop_duplicates("statement_id")["from_range"].sum() == pytest.approx(102, abs=2)
    assert (articles.contexts["n_refs"] > 1).sum() == pytest.approx(616, rel=0.01)


def test_every_record_shows_its_target(articles):
    contexts = articles.contexts
    assert contexts["masked"].str.contains("TREF").all()
    inside = contexts["target_end"] <= contexts["sentence"].str.len()
    assert inside.all()
    assert contexts["context_id"].is_unique


def test_the_same_article_twice_is_read_once(tmp_path):
    original = sorted(shared_data("citations/jats").glob("*.xml"))[0]
    for name in ("a.xml", "b.nxml"):
        (tmp_path / name).write_bytes(original.read_bytes())
    found = extract_all(tmp_path.iterdir())
    assert len(found.contexts) == 46
    assert "read once" in found.report[1]["warnings"][0]


def test_context_ids_do_not_depend_on_file_name_or_layout(tmp_path):
    original = sorted(shared_data("citations/jats").glob("*.xml"))[0]
    text = original.read_text(encoding="utf-8").replace("</sentence>", "</sentence>\n").replace("<p>", "<p>\n   ")
    (tmp_path / "renamed.xml").write_text(text, encoding="utf-8")
    assert set(extract(tmp_path / "renamed.xml")["context_id"]) == set(extract(original)["context_id"])


def test_sentence_boundaries_agree_with_those_marked_by_hand():
    marked = json.loads((ROOT / "tests" / "oracles" / "sentence_boundaries.json").read_text(encoding="utf-8"))["starts"]
    found = right = expected = 0
    for article, paragraphs in marked.items():
        document = read_document(shared_data(f"citations/jats/{article}.xml"))
        for number, starts in paragraphs.items():
            paragraph = document.paragraphs[int(number)]
            spans = split(paragraph.text, [(m.start, m.end) for m in paragraph.marks])
            mine = {start for start, _ in spans} - {0}
            found, right, expected = found + len(mine), right + len(mine & set(starts)), expected + len(starts)
    assert expected >= 300
    precision, recall = right / found, right / expected
    assert 2 * precision * recall / (precision + recall) >= 0.98


#: Two works that both articles cite without a DOI, with the DOIs their publishers registered (Nat Genet 29:306-309 and
#: JAMA 291:2457-2465), titled as a reference manager exports them.
LIBRARY = """\
@article{ioannidis2001, title = {Replication Validity of Genetic Association Studies}, year = {2001},
  doi = {10.1038/ng749}}
@article{chan2004, title = {{Empirical evidence for selective reporting of outcomes in randomized trials}: comparison of
  protocols to published articles}, year = {2004}, doi = {https://doi.org/10.1001/JAMA.291.20.2457}}
"""


def test_works_that_two_articles_cite_without_a_doi_are_one_work_by_title_and_year(tmp_path):
    (tmp_path / "library.bib").write_text(LIBRARY, encoding="utf-8")
    library = read_bibliography(tmp_path / "library.bib").values()
    files = [shared_data(f"citations/jats/journal.pmed.{number}.xml") for number in ("0020124", "1000097")]
    before, after = extract_all(files), extract_all(files, library=library)
    known = {"10.1038/ng749", "10.1001/jama.291.20.2457"}
    assert not known & set(before.references["doi"].dropna())
    found = after.references[after.references["match"] == "title_year"]
    assert found.groupby("doi")["source_id"].nunique().to_dict() == dict.fromkeys(known, 2)
    assert [entry["by_title"] for entry in after.report] == [2, 2]
    contexts = after.contexts[after.contexts["doi"].isin(known)]
    assert contexts.groupby("doi")["source_id"].nunique().tolist() == [2, 2]
    same = after.contexts["doi"].fillna("").map(lambda doi: doi not in known)
    rest = before.contexts[before.contexts["context_id"].isin(after.contexts.loc[same, "context_id"])]
    assert len(rest) == same.sum()  # what was not matched keeps its identifiers, and so people's labels
