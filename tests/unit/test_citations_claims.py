"""A planted false claim fails; a true one passes; a number without a claim is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuum.citations.claims import check_claims, read_claims

RESULTS = {
    "survey.share": {
        "value": 0.256, "n": 400, "interval": {"low": 0.21, "high": 0.30, "level": 0.95}, "provenance": "USER_DATA",
        "notebook": "20-survey", "cell": "tbl-x", "unit": "share",
    },
    "survey.difference": {
        "value": -0.12, "n": 400, "interval": {"low": -0.2, "high": 0.04, "level": 0.95}, "provenance": "USER_DATA",
        "notebook": "20-survey", "cell": "tbl-y", "unit": "share",
    },
    "demo.n": {"value": 1234, "n": 1234, "provenance": "SYNTHETIC", "notebook": "20-survey", "cell": "", "unit": ""},
    "order": {"value": None, "n": None, "provenance": "USER_DATA", "notebook": "30-continuum", "cell": "", "unit": ""},
}  # fmt: skip


def status(tmp_path: Path, text: str) -> tuple[str, list[str]]:
    file = tmp_path / "p.qmd"
    file.write_text(f"# Results\n\n{text}\n", encoding="utf-8")
    claims, _ = read_claims(file)
    row = check_claims(claims, RESULTS).iloc[0]
    return row["status"], row["reasons"]


GOOD = [
    '[A share of 25.6% met it (95% CI 21% to 30%)]{.claim #c result="survey.share"}.',
    '[about .26 of 400]{.claim #c result="survey.share"} met it.',
    '[the difference was −0.12]{.claim #c result="survey.difference"}.',
    '[the share fell]{.claim #c result="survey.difference" assert="decrease"}.',
    '[the interval includes zero]{.claim #c result="survey.difference" assert="ci_includes_null"}.',
    '[25.6% in 2019]{.claim #c result="survey.share"} met it.',
    'In synthetic data [there were 1,234 people]{.claim #c result="demo.n"}.',
    '[5 of the 25.6%]{.claim #c result="survey.share" ignore="5"} met it.',
]
BAD = {
    '[A share of 26.6% met it]{.claim #c result="survey.share"}.': "26.6 is not a value",
    '[It is 25.6%]{.claim #c result="survey.shares"}.': "no result 'survey.shares'",
    "[It is 25.6%]{.claim #c}.": "names no result",
    '[the difference is clear]{.claim #c result="survey.difference" assert="ci_excludes_null"}.': "includes 0",
    '[the share rose]{.claim #c result="survey.difference" assert="decrease"}.': "says more",
    '[it grew]{.claim #c result="survey.difference" assert="increase"}.': "asserts increase",
    '[it is so]{.claim #c result="survey.share" assert="proves"}.': "use one of",
    '[there is no effect]{.claim #c result="survey.difference"}.': "shows only that none was found",
    '[There were 1,234 people]{.claim #c result="demo.n"}.': "does not say so",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_true_claim_passes(tmp_path: Path, text: str):
    assert status(tmp_path, text) == ("ok", [])


@pytest.mark.parametrize("text", BAD)
def test_a_false_claim_fails(tmp_path: Path, text: str):
    found, reasons = status(tmp_path, text)
    assert found == "failed"
    assert BAD[text] in " ".join(reasons)


def test_a_refused_result_cannot_be_checked(tmp_path: Path):
    assert status(tmp_path, '[no order was drawn]{.claim #c result="order"}.')[0] == "not_checkable"


def test_sentences_with_typed_numbers_and_no_claim_are_listed(tmp_path: Path):
    file = tmp_path / "p.qmd"
    file.write_text(
        "Here 17 people spoke. There {{< var demo.n >}} did. In 2019 it began. Limit [.05]{.constant} held. "
        "`x = 3` ran. Lee [@lee, p. 4] said so.\n\n| 5 | 6 |\n|---|---|\n| 7 | 8 |\n",
        encoding="utf-8",
    )
    assert read_claims(file)[1] == ["Here 17 people spoke."]


def test_one_id_for_two_claims_fails(tmp_path: Path):
    file = tmp_path / "p.qmd"
    claim = '[25.6%]{.claim #c result="survey.share"} here.'
    file.write_text(f"{claim}\n\n{claim}\n", encoding="utf-8")
    assert "twice" in check_claims(read_claims(file)[0], RESULTS)["reasons"].iloc[1][0]


def test_a_claim_knows_the_works_cited_beside_it(tmp_path: Path):
    file = tmp_path / "p.qmd"
    file.write_text('[25.6% did]{.claim #c result="survey.share"}, as @lee says [@park].\n', encoding="utf-8")
    assert read_claims(file)[0][0].citations == ["lee", "park"]
