"""What must hold of Loevinger's H whatever the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from continuum.model.matrix import read_matrix
from continuum.model.partial_order import partial_order
from continuum.model.scaling import mokken, scalability

scores = arrays(np.int8, (24, 7), elements=st.integers(0, 3))


@given(scores, st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_order_of_interviews_and_codes_does_not_matter(matrix, seed):
    assume((matrix.min(axis=0) < matrix.max(axis=0)).sum() >= 5)
    rng = np.random.default_rng(seed)
    shuffled = matrix[rng.permutation(24)][:, rng.permutation(7)]
    assert scalability(read_matrix(shuffled))[0] == pytest.approx(scalability(read_matrix(matrix))[0], abs=1e-12)


@given(scores)
@settings(max_examples=40, deadline=None)
def test_h_is_one_for_a_perfect_scale_and_never_more(matrix):
    assume((matrix.min(axis=0) < matrix.max(axis=0)).sum() >= 5)
    assert scalability(read_matrix(matrix))[0] <= 1 + 1e-12
    # Sorting every code alike makes all accounts nested.
    assert scalability(read_matrix(np.sort(matrix, axis=0)))[0] == pytest.approx(1, abs=1e-12)


@given(scores)
@settings(max_examples=15, deadline=None)
def test_the_order_by_mention_is_a_partial_order_without_implied_lines(matrix):
    assume((matrix.min(axis=0) < matrix.max(axis=0)).sum() >= 5)
    order = partial_order(mokken(matrix, replicates=100).before)
    pairs = set(zip(order.pairs["first"], order.pairs["second"], strict=True))
    layer = dict(zip(order.layers["code"], order.layers["layer"], strict=True))
    assert all(layer[a] < layer[b] for a, b in pairs)
    edges = set(zip(order.edges["first"], order.edges["second"], strict=True))
    assert all((a, c) not in edges for a, b in edges for b2, c in edges if b == b2)
