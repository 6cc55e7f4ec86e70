"""The start page says in four answers what a study asks and finds, what of it is synthetic, and how to use it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from continuum.publish.glance import at_a_glance

FAMILIES = {
    "survey.tests.warning_signs_by_sector.size": 20, "survey.tests.warning_signs_by_sector.below_05": 0,
    "survey.tests.capacity_by_sector.size": 8, "survey.tests.capacity_by_sector.below_05": 8,
    "survey.tests.characteristics_by_sector.size": 4, "survey.tests.characteristics_by_sector.below_05": 0,
}  # fmt: skip


def answers(results: dict[str, Any], *, synthetic: bool = False) -> dict[str, str]:
    stored = {key: value if isinstance(value, dict) else {"value": value} for key, value in results.items()}
    study = SimpleNamespace(results=stored, study=SimpleNamespace(synthetic=synthetic))
    lines = at_a_glance(study, "").splitlines()[1:-1]  # type: ignore[arg-type]
    return {line[4:].partition("** ")[0]: line.partition("** ")[2] for line in lines}


def test_what_was_found_counts_the_tests_of_each_declared_family():
    found = answers(FAMILIES | {"continuum.gate.verdict.value": "cumulative"})["Found"]
    assert "differ in 8 of 8 tests on capacity and 0 of 20 tests on warning signs" in found
    assert "form a scale that is cumulative" in found
    assert "characteristics" not in found


@pytest.mark.parametrize("verdict", ["refused", "unrelated"])
def test_no_order_is_claimed_where_the_gate_allows_none(verdict: str):
    assert "no order of risks may be read" in answers({"continuum.gate.verdict.value": verdict})["Found"]


def test_synthetic_numbers_say_so_in_their_own_sentence():
    assert answers(FAMILIES, synthetic=True)["Found"].startswith("Synthetic data, not a finding: ")
    assert "Synthetic" not in answers(FAMILIES)["Found"]
    assert "stay with the team" in answers(FAMILIES)["Synthetic"]


def test_an_empty_study_and_its_refusals_are_said():
    given = answers({"a": {"value": None, "refusal": {"code": "NotCollected"}}})
    assert given["Found"].startswith("nothing has been answered yet.")
    assert "1 question is refused" in given["Found"]
