"""Draws with fixed margins keep the margins exactly and reach every matrix equally often."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from continuum import nullmodels
from continuum.errors import BadInput
from continuum.nullmodels import curveball, curveball_batches


@given(arrays(np.int8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9), elements=st.integers(0, 1)))
@settings(max_examples=60, deadline=None)
def test_every_draw_has_the_margins_of_the_data(matrix):
    draws = curveball(matrix, 7, np.random.default_rng(1))
    assert draws.shape == (7, *matrix.shape)
    assert (draws.sum(axis=1) == matrix.sum(axis=0)).all()
    assert (draws.sum(axis=2) == matrix.sum(axis=1)).all()


def test_all_ninety_matrices_with_two_per_row_and_column_are_equally_likely():
    start = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    counts = Counter(draw.tobytes() for draw in curveball(start, 18_000, np.random.default_rng(2)))
    assert len(counts) == 90
    chi_square = sum((count - 200) ** 2 / 200 for count in counts.values())
    assert chi_square < 135  # 99.9 % point of chi-square with 89 degrees of freedom: 134.0 plus rounding


def test_the_same_seed_gives_the_same_draws():
    matrix = np.random.default_rng(3).random((12, 6)) < 0.4
    one = curveball(matrix, 300, np.random.default_rng(4))
    other = np.concatenate(list(curveball_batches(matrix, 300, np.random.default_rng(4))))
    assert (one == other).all()


def test_what_is_not_presence_or_absence_is_refused():
    with pytest.raises(BadInput, match="0 and 1"):
        curveball(np.array([[0, 2], [1, 0]]), 5, np.random.default_rng(1))


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8), elements=st.integers(0, 1)))
@settings(max_examples=25, deadline=None)
def test_compiled_trades_equal_the_numpy_ones(matrix):
    pytest.importorskip("numba", reason="compiled trades need numba")
    rng = np.random.default_rng(5)
    state = np.repeat(matrix[None], 3, axis=0)
    order = rng.permuted(np.tile(np.arange(len(matrix)), (3, 1)), axis=1)
    luck = rng.random((matrix.shape[1], 3, len(matrix) // 2), dtype=np.float32)
    other = state.copy()
    nullmodels._trade(state, order, luck)
    nullmodels._compiled_trade()(other, order, luck)
    assert (state == other).all()


def test_draws_do_not_depend_on_whether_numba_is_installed(monkeypatch):
    matrix = np.random.default_rng(6).random((41, 24)) < 0.4
    one = curveball(matrix, 300, np.random.default_rng(7))
    monkeypatch.setattr(nullmodels, "_compiled_trade", lambda: None)
    assert (one == curveball(matrix, 300, np.random.default_rng(7))).all()
