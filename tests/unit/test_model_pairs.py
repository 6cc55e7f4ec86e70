"""Pairs of codes by mention, for all interviews and by sector: only where a sector's own gate supports an order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.errors import NoOrderSupported
from continuum.model import mention_pairs, mokken, response_mechanism
from continuum.model.order_evidence import response_agreement, response_codes, response_model, support_matrix
from continuum.model.pairs import ALL, GateSettings
from continuum.model.worlds import code_world

QUICK = GateSettings(replicates=400, draws=199)


@pytest.fixture(scope="module")
def matrix():
    values, _ = code_world("cumulative-equal", 120, 12, np.random.default_rng(5))
    return pd.DataFrame(values, index=[f"I{k}" for k in range(120)], columns=[f"c{k:02d}" for k in range(12)])


@pytest.fixture(scope="module")
def pairs(matrix):
    sectors = pd.Series(["medical"] * 60 + ["legal"] * 45 + ["social"] * 15, index=matrix.index)
    return mention_pairs(matrix, sectors, gate=QUICK, seed=1)


def test_support_is_the_share_of_resamples_in_the_partial_order(matrix, pairs):
    own = pairs[pairs["sector"] == ALL]
    before = mokken(matrix, replicates=4000, seed=2).before
    expected = [before.loc[row.first, row.second] for row in own.itertuples()]
    assert own["support"].to_numpy() == pytest.approx(np.array(expected, dtype=float), abs=0.08)
    assert (own["supported"] == (own["support"] > 0.95)).all()


def test_differences_are_those_of_the_shares_and_lie_in_their_intervals(matrix, pairs):
    own = pairs[pairs["sector"] == ALL]
    share = matrix.mean()
    assert own["difference"].to_numpy() == pytest.approx(
        share[own["first"]].to_numpy() - share[own["second"]].to_numpy()
    )
    assert (own["difference"] >= 0).all()
    assert ((own["low"] <= own["difference"]) & (own["difference"] <= own["high"])).mean() == 1
    assert len(own) == 12 * 11 / 2


def test_most_supported_pairs_run_the_true_way(pairs):
    own = pairs[pairs["supported"].eq(True)]
    assert (own["first"] < own["second"]).mean() > 0.97


def test_a_sector_with_too_few_interviews_has_a_reason_and_no_pairs(pairs):
    social = pairs[pairs["sector"] == "social"]
    assert len(social) == 1
    assert "there are 15" in social["reason"].iloc[0]
    assert social["first"].isna().all()
    assert set(pairs["sector"]) == {ALL, "medical", "legal", "social"}
    assert len(pairs[pairs["sector"] == "medical"]) > 20


def test_without_a_cumulative_mechanism_no_pair_is_shown():
    values, _ = code_world("independent", 60, 12, np.random.default_rng(6))
    found = mention_pairs(pd.DataFrame(values), gate=QUICK)
    assert len(found) == 1
    assert "Neither a cumulative nor an unfolding mechanism" in found["reason"].iloc[0]
    with pytest.raises(NoOrderSupported):
        support_matrix(found)


def test_codes_of_few_interviews_are_left_out_of_every_sector(matrix):
    rare = matrix.copy()
    rare["c11"] = 0
    rare.iloc[:3, 11] = 1
    rare.iloc[60:70, 11] = 1
    sectors = pd.Series(["medical"] * 60 + ["legal"] * 60, index=matrix.index)
    found = mention_pairs(rare, sectors, gate=QUICK, least=5)
    of_sectors = found[found["sector"] != ALL]
    assert "c11" not in set(of_sectors["first"]) | set(of_sectors["second"])
    rare.iloc[60:70, 11] = 0
    assert "c11" not in set(mention_pairs(rare, gate=QUICK, least=5)[["first", "second"]].to_numpy().ravel())


def test_the_same_seed_gives_the_same_pairs(matrix):
    one, other = (mention_pairs(matrix, gate=QUICK, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_the_response_model_agrees_with_mokken_where_the_order_is_cumulative(matrix):
    gate, scale = response_mechanism(matrix, seed=1), mokken(matrix, seed=1)
    model = response_model(gate, matrix, 0.5)
    codes = response_codes(model, scale, pd.Series({"c00": "first code"}))
    assert "first code" in set(codes["code"])
    agreement = response_agreement(codes, model).set_index("quantity")["value"]
    assert agreement["rank correlation"] > 0.97
    assert agreement["codes without a place"] == 0


def test_the_response_model_is_refused_where_the_gate_finds_no_cumulative_order():
    values, _ = code_world("unfolding", 60, 12, np.random.default_rng(7))
    gate = response_mechanism(values, seed=1)
    with pytest.raises(NoOrderSupported):
        response_model(gate, pd.DataFrame(values), 0.5)
