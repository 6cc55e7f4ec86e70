"""A sentence gets its numbers from results, says how strong they are, and may not say more than they carry."""

from __future__ import annotations

import json

import nbformat
import pytest
from support import ROOT

from continuum.claims import RULES, check_wording, claim, unlinked_numbers
from continuum.entries import FIELD
from continuum.errors import ClaimNotAllowed, UnlinkedNumber
from continuum.publish.linking import templates

RESULTS = {
    "interviews.n": {"value": 42, "unit": "interviews", "provenance": "USER_DATA"},
    "interviews.codes.debt.count": {"value": 17, "unit": "interviews", "provenance": "USER_DATA"},
    "continuum.life.verdict": {"value": "chain of risk, trigger form", "unit": "verdict", "provenance": "SYNTHETIC"},
}


def test_a_claim_begins_with_the_words_its_weakest_result_allows():
    own = claim(RESULTS, "{interviews.codes.debt.count} of {interviews.n} interviews mention debt.")
    assert own.text == "In this data set, 17 of 42 interviews mention debt."
    mixed = claim(RESULTS, "the verdict on {interviews.n} interviews is {continuum.life.verdict}.")
    assert mixed.text.startswith("In synthetic data, ")
    assert mixed.results == ("interviews.n", "continuum.life.verdict")


def test_every_number_of_a_claim_names_its_result_and_provenance():
    html = claim(RESULTS, "{interviews.codes.debt.count} of {interviews.n} mention debt & <rent>.").html
    assert '<data data-result-id="interviews.n" data-provenance="USER_DATA">42</data>' in html
    assert "debt &amp; &lt;rent&gt;" in html
    assert unlinked_numbers(html) == []


def test_a_number_typed_into_a_claim_is_found_before_and_after_rendering():
    with pytest.raises(UnlinkedNumber, match="'17'"):
        claim(RESULTS, "17 of {interviews.n} mention debt.")
    page = claim(RESULTS, "{interviews.n} interviews.").html.replace("interviews.<", "interviews, 17 mention debt.<")
    assert unlinked_numbers(page) == ["17"]


def test_a_claim_without_a_result_or_with_an_unknown_one_is_refused():
    with pytest.raises(UnlinkedNumber, match="quotes no result"):
        claim(RESULTS, "Debt matters.")
    with pytest.raises(UnlinkedNumber, match=r"no result 'survey\.n'"):
        claim(RESULTS, "{survey.n} answered.")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("interviews.codes.debt.count", "Debt is more severe: {}."),
        ("interviews.pairs.debt_rent.lift", "Debt leads to eviction ({})."),
        ("continuum.asserted.debt.position", "Debt comes first in survivors' lives ({})."),
        ("continuum.items.debt.item_h", "Debt is worse ({})."),
        ("survey.tests.sign.p", "All providers differ ({})."),
        ("survey.similarity.w", "There is no difference ({})."),
        ("continuum.life.verdict", "This confirms the chain of risk: {}."),
        ("pathways.rates.out", "{} dropped out of services."),
        ("pathways.break_even.share", "Prevention is cheaper ({})."),
        ("self_assessment.training.median", "The best organization has {}."),
        ("pathways.reports.n", "The prevalence is {}."),
    ],
)
def test_each_kind_of_result_refuses_what_it_cannot_carry(key, sentence):
    with pytest.raises(ClaimNotAllowed, match="say: "):
        check_wording(sentence.replace("{}", "{" + key + "}"), [key])


def test_every_kind_of_the_table_is_tried_above():
    assert len(RULES) == 11


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_committed_notebook_claims_too_much(notebook):
    for cell in nbformat.read(notebook, as_version=4).cells:
        for template in templates(cell.source) if cell.cell_type == "code" else ():
            check_wording(template, [match.group(1) for match in FIELD.finditer(template)])


def test_a_sentence_types_levels_of_convention_and_no_other_number():
    check_wording("{survey.n} pairs pass at 5% (95% intervals, H of at least .30).", ["survey.n"])
    with pytest.raises(UnlinkedNumber, match="'8%'"):
        check_wording("{survey.n} pairs pass at 8%.", ["survey.n"])


def test_claims_read_what_results_json_holds(tmp_path):
    entries = json.loads(json.dumps(RESULTS))
    assert claim(entries, "{interviews.n} interviews.").text == "In this data set, 42 interviews."
