"""Published facts: readable, attributed, and arithmetically consistent (methods.md F2.11)."""

from __future__ import annotations

import pytest

from continuum.errors import BadInput
from continuum.published import STATUSES, effects, fact, facts


def value(identifier: str) -> float:
    number = fact(identifier).value
    assert number is not None
    return number


def test_every_fact_has_an_own_identifier_a_statement_and_a_status():
    table = facts()
    assert len(table) == 259
    assert table["id"].is_unique
    assert (table["statement"] != "").all()
    assert set(table["status"]) == set(STATUSES)


def test_every_derived_fact_shows_its_working():
    table = facts()
    assert (table.loc[table["status"] == "derived", "note"] != "").all()


def test_intervals_hold_their_estimates():
    table = effects()
    with_interval = table[table["has_interval"]]
    assert len(table) == 34
    assert (with_interval["ci_low"] < with_interval["estimate"]).all()
    assert (with_interval["estimate"] < with_interval["ci_high"]).all()
    assert set(table["measure"]) == {"OR", "RR", "mean"}


def test_a_fact_is_found_by_identifier_with_doi_and_attribution():
    interviews = fact("INT-001")
    assert interviews.value == 42
    assert interviews.doi == "10.1177/0886109918803648"
    assert interviews.attribution.endswith("report")
    assert value("SUR-001") == 667


def test_an_unknown_identifier_is_one_clear_error():
    with pytest.raises(BadInput, match=r"no published fact 'INT-01'.*did you mean"):
        fact("INT-01")


def test_tvit_counts_add_up():
    assert value("REL-057") + value("REL-058") == value("REL-056") == 180
    assert value("REL-059") + value("REL-060") == value("REL-057") == 96


def test_qyit_counts_follow_from_sensitivity_and_specificity():
    assert value("REL-069") + value("REL-070") == value("REL-066") == 30
    assert value("REL-071") + value("REL-072") == value("REL-065") - value("REL-066") == 310
    assert round(100 * 26 / 30, 1) == value("REL-067")
    assert round(100 * 237 / 310, 1) == value("REL-068")
    assert round(100 * value("REL-069") / (value("REL-069") + value("REL-072")), 1) == value("REL-073") == 26.3
    assert round(100 * value("REL-071") / (value("REL-071") + value("REL-070")), 1) == value("REL-074") == 98.3


def test_labeled_statements_add_up():
    assert value("CIT-013") + value("CIT-014") == value("CIT-015") == 48_633


def test_example_tallies_add_up():
    assert 21 + 1 + 1878 + 9 == value("CIT-041") == 1909
    assert 24 + 4 + 290 + 0 == value("CIT-042") == 318


def test_retracted_citation_test_adds_up():
    machine = [value(f"CIT-0{k}") for k in (31, 32, 33)]
    human = [value(f"CIT-0{k}") for k in (34, 35, 36)]
    assert sum(machine) == sum(human) == value("CIT-030") == 98
    assert round(100 * 41 / 98, 1) == value("CIT-038")


def test_implied_recall_follows_from_f_and_precision():
    precision, f = 23 / 27, 2 * 23 / (27 + 51)
    assert round(100 * precision, 2) == 85.19
    assert round(100 * f, 2) == 58.97
    assert round(100 * 23 / 51, 1) == value("CIT-025") == 45.1


def test_share_of_prevention_studies_is_printed_right():
    assert f"{100 * value('REL-122') / value('REL-118'):.1f} %" in fact("REL-122").statement
