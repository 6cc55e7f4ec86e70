"""``compendium cite`` as people use it: articles, own sources, broken files among good ones, labels, many files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from citation_articles import article

from continuum.citations import command, read_labels
from continuum.cli import main

AGREES = "Our results are consistent with the findings of {r1}."
DIFFERS = "In contrast to {r2}, our study found no such difference."


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.xml"
    file.write_text(article("10.5555/citing", [AGREES, DIFFERS, "Housing matters {r1}."]), encoding="utf-8")
    return file


def cite(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main(["cite", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_an_article_becomes_contexts_tallies_and_a_sheet_for_people(good: Path, tmp_path: Path, capsys):
    code, out, err = cite(capsys, good, "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert "1 of 1 documents: 3 contexts of 2 works" in out
    contexts = pd.read_csv(tmp_path / "out" / "contexts.csv")
    assert contexts["label"].tolist() == ["supporting", "contrasting", "mentioning"]
    assert json.loads((tmp_path / "out" / "contexts.json").read_text())[0]["section_path"] == ["Discussion"]
    shape = json.loads((tmp_path / "out" / "tallies.json").read_text())["service_shape"]
    assert [work["doi"] for work in shape] == ["10.5555/one", "10.5555/two"]
    assert len(pd.read_csv(tmp_path / "out" / "review.csv")) == 2


def test_a_sheet_that_people_filled_in_wins(good: Path, tmp_path: Path, capsys):
    cite(capsys, good, "--out", tmp_path / "out")
    sheet = pd.read_csv(tmp_path / "out" / "review.csv", dtype=str, keep_default_na=False)
    sheet.loc[0, ["label", "labeler"]] = ["mentioning", "AB"]
    sheet.to_csv(tmp_path / "review.csv", index=False)
    decided = sheet.loc[0, "context_id"]
    assert read_labels(tmp_path / "review.csv")["context_id"].tolist() == [decided]
    code, _, _ = cite(capsys, good, "--out", tmp_path / "out", "--labels", tmp_path / "review.csv")
    row = pd.read_csv(tmp_path / "out" / "contexts.csv").set_index("context_id").loc[decided]
    assert (code, row["label"], row["label_source"], row["status"]) == (0, "mentioning", "human", "overridden")
    tallies = json.loads((tmp_path / "out" / "tallies.json").read_text())["works"]
    assert sum(work["confirmed_mentioning"] for work in tallies) == 1


def test_a_label_without_its_context_is_an_error_unless_allowed(good: Path, tmp_path: Path, capsys):
    labels = tmp_path / "labels.csv"
    labels.write_text("context_id,label,labeler\ngone,supporting,AB\n")
    code, _, err = cite(capsys, good, "--out", tmp_path / "out", "--labels", labels)
    assert code == 2
    assert "labels.csv: column context_id: the context gone does not exist" in err
    assert not (tmp_path / "out").exists()
    assert cite(capsys, good, "--out", tmp_path / "out", "--labels", labels, "--allow-orphans")[0] == 0


def test_a_broken_article_among_good_ones_is_named_and_the_others_are_done(good: Path, tmp_path: Path, capsys):
    (tmp_path / "broken.xml").write_text("<article><body>")
    code, out, err = cite(capsys, tmp_path / "broken.xml", good, "--out", tmp_path / "out")
    assert code == 2
    assert "broken.xml: line 1, column" in err
    assert "JATS or NLM article, a TEI document from GROBID, or a .qmd" in err
    assert "1 of 2 documents: 3 contexts" in out
    assert len(pd.read_csv(tmp_path / "out" / "contexts.csv")) == 3


def test_where_nothing_can_be_read_earlier_outputs_stay(good: Path, tmp_path: Path, capsys):
    cite(capsys, good, "--out", tmp_path / "out")
    before = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    good.write_text("")
    code, _, err = cite(capsys, good, "--out", tmp_path / "out")
    assert (code, "good.xml: the file is empty" in err) == (2, True)
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == before


def test_an_own_source_with_its_bibliography_is_read(tmp_path: Path, capsys):
    (tmp_path / "references.bib").write_text(
        "@article{lee, title={A study}, author={Lee, A}, year={2001}, doi={10.5555/lee}}"
    )
    (tmp_path / "paper.qmd").write_text(
        "---\ntitle: Ours\nbibliography: references.bib\n---\n\n# Results\n\nWe find the same [[@lee]]{.supports}.\n"
    )
    code, _, _ = cite(capsys, tmp_path / "paper.qmd", "--out", tmp_path / "out")
    row = pd.read_csv(tmp_path / "out" / "contexts.csv").iloc[0]
    assert (code, row["doi"], row["label"], row["label_source"]) == (0, "10.5555/lee", "supporting", "author")


def test_marks_that_point_to_nothing_and_twins_are_told(good: Path, tmp_path: Path, capsys):
    text = good.read_text().replace('rid="r2"', 'rid="r9"')
    good.write_text(text)
    (tmp_path / "twin.xml").write_text(text + "\n")
    _, out, _ = cite(capsys, good, tmp_path / "twin.xml", "--out", tmp_path / "out")
    assert "good.xml: 1 marks point to nothing: line 1: r9" in out
    assert "twin.xml: the same work as good.xml: read once" in out


def test_unclassed_sentences_are_counted(tmp_path: Path, capsys):
    french = "Nos résultats sont tout à fait conformes aux travaux antérieurs publiés partout {r1}."
    (tmp_path / "a.xml").write_text(article("10.5555/fr", [french]), encoding="utf-8")
    _, out, _ = cite(capsys, tmp_path / "a.xml", "--out", tmp_path / "out")
    assert "1 not classed (empty, too long, or not English)" in out


def test_many_files_give_the_same_bytes_with_any_number_of_workers(tmp_path: Path, monkeypatch):
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.xml").write_text(article(f"10.5555/{number}", [AGREES, DIFFERS]), encoding="utf-8")
    (folder / "broken.xml").write_text("<article>")
    outputs = []
    for workers in (1, 2):
        monkeypatch.setattr(command, "_workers", lambda paths, workers=workers: workers)
        command.cite([folder], tmp_path / str(workers))
        outputs.append({f.name: f.read_bytes() for f in (tmp_path / str(workers)).iterdir()})
    assert outputs[0] == outputs[1]


def test_the_help_says_what_can_be_given(capsys):
    with pytest.raises(SystemExit):
        main(["cite", "--help"])
    told = capsys.readouterr().out
    for word in ("--out", "--labels", "--mode", "--pdf", "--allow-orphans", "folders of them"):
        assert word in told
