"""Forms that come back as data, and reports that hold one organization only."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pypdfium2
import pytest
from lxml import html

from continuum.assessments import organization_report, printable_page, write_reports, write_xlsform
from continuum.assessments.report import report_source
from continuum.errors import BadInput
from continuum.ingest.assessments import load_assessments, read_assessments
from continuum.study import load_study


@pytest.fixture(scope="module")
def assessed():
    return load_assessments(load_study("demo"))


@pytest.fixture
def form(assessed, tmp_path) -> Path:
    return write_xlsform(assessed.items, tmp_path / "form.xlsx")


def rows(form: Path, sheet: str) -> list[dict]:
    header, *body = openpyxl.load_workbook(form)[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in body]


def test_the_form_asks_every_item_with_its_own_scale(assessed, form):
    survey, choices = rows(form, "survey"), rows(form, "choices")
    lists = {row["list_name"] for row in choices}
    asked = {row["name"]: row for row in survey if str(row["type"]).startswith("select_one scale")}
    assert list(asked) == assessed.items["item_id"].tolist()
    assert all(row["type"].split()[1] in lists for row in asked.values())
    first = [row["name"] for row in choices if row["list_name"] == asked["ip1"]["type"].split()[1]]
    assert first == ["0", "1", "2", "3", "dk", "na"]


def test_the_form_is_well_formed(form):
    survey = rows(form, "survey")
    kinds = [row["type"] for row in survey]
    assert kinds.count("begin_group") == kinds.count("end_group")
    names = [row["name"] for row in survey if row["name"]]
    assert len(names) == len(set(names))


def test_the_same_instrument_gives_the_same_bytes(assessed, form, tmp_path):
    assert write_xlsform(assessed.items, tmp_path / "again.xlsx").read_bytes() == form.read_bytes()


def test_a_filled_form_comes_back_as_the_scores_that_were_given(assessed, tmp_path):
    # What a form server exports: one row per form, the group before the name of each item.
    long = assessed.scores.query("org_id == 'SYN-O01' and wave == 1")
    marks = {"dont_know": "dk", "not_applicable": "na", "not_answered": ""}
    given = long["status"].map(marks).fillna(long["score"].map(lambda v: f"{v:g}"))
    wide = long.assign(given=given).pivot(index="respondent_id", columns="item_id", values="given")
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["start", "org_id", "respondent_id", "role", "wave", *[f"domain_1/{item}" for item in wide]])
    writer.writerows(
        ["2019", "SYN-O01", who, "intake", "1", *answers]
        for who, answers in zip(wide.index, wide.to_numpy(), strict=True)
    )
    (tmp_path / "export.csv").write_text(stream.getvalue(), encoding="utf-8")
    back = read_assessments([tmp_path / "export.csv"], Path(load_study("demo").path("instrument.csv"))).scores
    keys = ["respondent_id", "item_id"]
    there, here = (table.sort_values(keys).reset_index(drop=True) for table in (long, back))
    assert here["status"].tolist() == there["status"].tolist()
    pd.testing.assert_series_equal(here["score"], there["score"])


def test_a_wrong_answer_in_a_filled_form_names_row_and_item(assessed, tmp_path):
    (tmp_path / "export.csv").write_text("org_id,respondent_id,ip1,ip2\nSYN-O01,a,2,9\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"export\.csv: row 2, item ip2: score '9' is outside the scale 0 to 3"):
        read_assessments([tmp_path / "export.csv"], Path(load_study("demo").path("instrument.csv")))


def test_the_printable_page_needs_nothing_else_and_reads_in_order(assessed):
    page = html.fromstring(printable_page(assessed.items))
    assert not page.xpath("//script | //link | //img")
    assert page.xpath("//h2")[0].text == "Identification protocol"
    assert len(page.xpath("//tbody/tr")) == len(assessed.items)
    assert all(th.get("scope") for th in page.xpath("//th"))


def test_markup_in_an_item_is_shown_as_written(assessed):
    items = assessed.items.head(1).assign(text="Ask <b>first</b> & listen")
    assert "Ask &lt;b&gt;first&lt;/b&gt; &amp; listen" in printable_page(items)


def pdf_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1, "a report is one page"
    return document[0].get_textpage().get_text_range()


def test_a_report_holds_only_its_own_organization(assessed):
    text = pdf_text(organization_report(assessed, "SYN-O03", synthetic=True))
    others = [f"SYN-O{k:02d}" for k in range(1, 13) if k != 3]
    assert "SYN-O03" in text
    assert "Synthetic data, not a finding" in text
    assert not any(other in text for other in others)


def test_a_report_does_not_change_when_others_answer_differently(assessed):
    own = organization_report(assessed, "SYN-O03")
    others = assessed.scores["org_id"] != "SYN-O03"
    changed = SimpleNamespace(
        scores=assessed.scores.assign(score=assessed.scores["score"].mask(others, 0)), items=assessed.items,
        targets=assessed.targets[assessed.targets["org_id"] == "SYN-O03"],
    )  # fmt: skip
    assert organization_report(changed, "SYN-O03") == own


def test_roles_of_a_single_assessor_are_not_in_the_report(assessed):
    assert "roles: not shown" in report_source(assessed, "SYN-O05", title="T", synthetic=True)


def test_every_organization_gets_its_own_file(assessed, tmp_path):
    two = SimpleNamespace(
        scores=assessed.scores[assessed.scores["org_id"].isin(["SYN-O01", "SYN-O05"])], items=assessed.items,
        targets=assessed.targets,
    )  # fmt: skip
    written = write_reports(two, tmp_path)
    assert {path.name for path in written.values()} == {"SYN-O01.pdf", "SYN-O05.pdf"}


def test_text_that_means_something_to_the_typesetter_is_printed_as_written(assessed):
    items = assessed.items.assign(domain=assessed.items["domain"].replace("training", "training #1 [new] *a*"))
    renamed = SimpleNamespace(scores=assessed.scores, items=items, targets=assessed.targets)
    assert "training #1 [new] *a*" in pdf_text(organization_report(renamed, "SYN-O01"))


def test_an_unknown_organization_is_refused(assessed):
    with pytest.raises(BadInput, match="has no self-assessment"):
        organization_report(assessed, "SYN-O99")
