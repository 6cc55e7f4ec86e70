"""Scalability coefficients equal those of the R package mokken 3.1.2 (see continuum.R and mokken.json)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import ROOT, shared, shared_data

from continuum.model.scaling import invariant_ordering, mokken, select_items

HERE = ROOT / "tests" / "oracles"
VALUES = json.loads((HERE / "mokken.json").read_text(encoding="utf-8"))["values"]


def data(name: str) -> pd.DataFrame:
    if name == "codes42":
        return pd.read_csv(HERE / "codes42.csv")
    table = pd.read_csv(shared_data(f"reference/mokken/{name}.csv"), index_col=0)
    return table.iloc[:, :10] if name == "acl" else table.iloc[:, 1:]


@pytest.mark.parametrize("name", ["acl", "transreas", "codes42"])
def test_coefficients_and_item_selection_equal_mokken(name):
    result = mokken(data(name), replicates=50)
    assert pytest.approx(VALUES[name]["H"][0], abs=1e-12) == result.H
    np.testing.assert_allclose(result.items["H"], VALUES[name]["Hi"], atol=1e-12, rtol=0)
    assert select_items(data(name)).tolist() == VALUES[name]["aisp"]


def test_standard_errors_equal_mokken_where_no_two_steps_have_the_same_share():
    result = mokken(data("transreas"), replicates=50)
    assert result.se == pytest.approx(VALUES["transreas"]["se.H"][0], abs=1e-12)
    np.testing.assert_allclose(result.items["se"], VALUES["transreas"]["se.Hi"], atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", ["acl", "codes42"])
def test_ties_between_steps_move_the_standard_error_by_less_than_half_a_percent(name):
    assert mokken(data(name), replicates=50).se == pytest.approx(VALUES[name]["se.H"][0], rel=5e-3)


@pytest.mark.parametrize("name", ["transreas", "codes42"])
def test_invariant_ordering_equals_mokken(name):
    assert invariant_ordering(data(name)) == pytest.approx(VALUES[name]["HT"][0], abs=1e-12)


@pytest.mark.parametrize(("row", "name"), [("K080", "acl"), ("K083", "transreas"), ("K084", "transreas")])
def test_known_answers_are_met_at_their_tolerance(row, name):
    answers = pd.read_csv(shared("oracles/known_answers.csv")).set_index("id")
    expected = np.array(answers.loc[row, "expected"].split(), dtype=float)
    items = mokken(data(name), replicates=50).items
    np.testing.assert_allclose(items["mean" if row == "K084" else "H"], expected, rtol=answers.loc[row, "rel_tol"])


def test_items_that_do_not_form_a_scale_are_not_called_one():
    result = mokken(data("transreas"), replicates=200)
    assert result.high < 0.30
    assert result.items["in_scale"].tolist() == [False] * 11 + [True]
