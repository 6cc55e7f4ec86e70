"""Asserted directions: found where they are, refused where statements point nowhere, apart where nothing connects."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from continuum.errors import BadInput, NoOrderSupported, TooFewInterviews
from continuum.model import bradley_terry
from continuum.model.feedback import fewest_feedback


def statements(interviews: int, codes: int, error: float, seed: int, per_interview: int = 5) -> pd.DataFrame:
    """Statements that follow the alphabet, except for a share of errors."""
    rng = np.random.default_rng(seed)
    rows = []
    for interview in range(interviews):
        for _ in range(per_interview):
            first, second = np.sort(rng.choice(codes, 2, replace=False))
            if rng.random() < error:
                first, second = second, first
            rows.append((f"I{interview:02d}", "abcdefghij"[first], "abcdefghij"[second]))
    return pd.DataFrame(rows, columns=["interview_id", "from_code", "to_code"])


def test_a_true_order_is_found_and_its_reverse_is_not_claimed():
    result = bradley_terry(statements(40, 7, 0.15, seed=1), replicates=300, draws=199)
    assert result.connected
    assert result.p_chain <= 0.01
    assert result.positions["code"].tolist()[0] == "a"
    assert result.positions["code"].tolist()[-1] == "g"
    pairs = result.order().pairs
    assert len(pairs) > 5
    assert (pairs["first"] < pairs["second"]).all()
    assert 0.05 < result.against < 0.25


def test_random_directions_are_refused():
    result = bradley_terry(statements(40, 7, 0.5, seed=2), replicates=100, draws=199)
    assert result.p_chain > 0.05
    with pytest.raises(NoOrderSupported, match="no more than random"):
        result.order()


def test_random_directions_are_refused_in_nineteen_of_twenty_worlds():
    refused = [bradley_terry(statements(20, 6, 0.5, seed), replicates=2, draws=99).p_chain > 0.05 for seed in range(60)]
    assert sum(refused) >= 51  # 0.1 % point of Binomial(60, .95)


def test_codes_that_no_statement_connects_are_not_compared():
    left = statements(20, 4, 0.3, seed=3)
    right = statements(20, 4, 0.3, seed=4).replace({"a": "p", "b": "q", "c": "r", "d": "s"})
    result = bradley_terry(pd.concat([left, right]), replicates=100, draws=99)
    assert result.components == [["a", "b", "c", "d"], ["p", "q", "r", "s"]]
    assert not result.connected
    assert np.isnan(result.after.loc["a", "p"])
    assert result.positions.groupby("component")["position"].sum().abs().max() < 1e-9


def test_a_code_that_only_starts_or_ends_arrows_has_no_position():
    table = pd.concat(
        [statements(20, 4, 0.3, seed=3), pd.DataFrame({"interview_id": ["I00"], "from_code": ["z"], "to_code": ["a"]})]
    )
    row = bradley_terry(table, replicates=50, draws=49).positions.set_index("code").loc["z"]
    assert np.isnan(row["position"])
    assert np.isnan(row["low"])


def test_fewer_than_ten_interviews_with_statements_are_refused():
    with pytest.raises(TooFewInterviews, match="there are 9"):
        bradley_terry(statements(9, 5, 0.1, seed=5))


def test_a_repeated_statement_counts_once_and_one_about_itself_not_at_all():
    table = statements(20, 5, 0.2, seed=6)
    own = pd.DataFrame({"interview_id": ["I00"], "from_code": ["a"], "to_code": ["a"]})
    once, twice = (
        bradley_terry(table, replicates=50, draws=49),
        bradley_terry(pd.concat([table, table, own]), replicates=50, draws=49),
    )
    assert once.statements == twice.statements
    assert twice.dropped == 1
    assert once.chainness == twice.chainness


def test_an_incomplete_statement_is_an_error_that_names_the_row():
    table = statements(20, 5, 0.2, seed=6)
    table.loc[3, "to_code"] = " "
    with pytest.raises(BadInput, match="row 4"):
        bradley_terry(table)
    with pytest.raises(BadInput, match="no column to_code"):
        bradley_terry(table.drop(columns="to_code"))


def test_the_fewest_feedback_statements_are_found_in_small_graphs():
    counts = np.random.default_rng(7).poisson(2, (40, 5, 5)) * (1 - np.eye(5))
    ranks = np.array([np.argsort(order) for order in itertools.permutations(range(5))])
    backward = ranks[:, :, None] > ranks[:, None, :]
    exact = np.einsum("gij,pij->gp", counts, backward).min(axis=1)
    found = fewest_feedback(counts)
    assert (found >= exact).all()
    assert (found == exact).mean() > 0.9
