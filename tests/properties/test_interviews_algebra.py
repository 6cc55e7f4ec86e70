"""What must hold for every coding: order does not matter, more coders add, and curves end where counting ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from continuum.interviews import chao2, code_matrix, krippendorff_alpha, percent_agreement
from continuum.interviews.coefficients import LEVELS
from continuum.interviews.contrasts import standardized_statistics
from continuum.interviews.network import adjusted_rand
from continuum.interviews.saturation import rarefaction
from continuum.interviews.testing import benjamini_hochberg, max_t

SETTINGS = settings(max_examples=60, deadline=None)
ratings = arrays(np.float64, (3, 8), elements=st.sampled_from([1.0, 2.0, 3.0, 5.0, np.nan]))
presence = arrays(np.int64, st.tuples(st.integers(6, 12), st.integers(1, 8)), elements=st.integers(0, 1))
codings = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from("abcd"), st.sampled_from("AB")), min_size=1, max_size=25
).map(lambda rows: pd.DataFrame(rows, columns=["interview_id", "code_id", "coder_id"]))


@given(ratings, st.permutations(range(3)), st.permutations(range(8)), st.sampled_from(LEVELS))
@SETTINGS
def test_alpha_ignores_the_order_of_coders_and_units(table, coders, units, level):
    same = table[coders][:, units]
    assert krippendorff_alpha(same, level) == pytest.approx(krippendorff_alpha(table, level), nan_ok=True, abs=1e-12)


@given(ratings, st.floats(0.1, 10), st.floats(-5, 5))
@SETTINGS
def test_interval_alpha_ignores_unit_and_origin_and_ratio_alpha_the_unit(table, factor, shift):
    one = krippendorff_alpha(table, "interval")
    assert krippendorff_alpha(factor * table + shift, "interval") == pytest.approx(one, nan_ok=True, abs=1e-6)
    assert krippendorff_alpha(factor * table, "ratio") == pytest.approx(
        krippendorff_alpha(table, "ratio"), nan_ok=True, abs=1e-6
    )


@given(ratings)
@SETTINGS
def test_nominal_alpha_ignores_what_the_labels_are_called(table):
    names = {1.0: "d", 2.0: "b", 3.0: "a", 5.0: "c"}
    labels = [[names.get(value) for value in row] for row in table.tolist()]
    assert krippendorff_alpha(labels) == pytest.approx(krippendorff_alpha(table), nan_ok=True, abs=1e-12)


@given(ratings)
@SETTINGS
def test_perfect_agreement_is_one_wherever_ratings_vary(table):
    same = np.where(np.isnan(table), np.nan, np.nan_to_num(table[0], nan=1.0))
    alpha = krippendorff_alpha(same)
    assert np.isnan(alpha) or alpha == pytest.approx(1.0)
    share = percent_agreement(same)
    assert np.isnan(share) or share == 1.0


@given(codings)
@SETTINGS
def test_what_all_coders_gave_is_within_the_primary_and_that_within_any_coder(table):
    any_coder = code_matrix(table, rule="union")
    primary = code_matrix(table, rule="primary")
    all_coders = code_matrix(table, rule="intersection")
    assert (all_coders <= primary).all(axis=None)
    assert (primary <= any_coder).all(axis=None)


@given(codings, st.randoms(use_true_random=False))
@SETTINGS
def test_the_matrix_ignores_the_order_of_rows_and_repeats(table, random):
    rows = list(range(len(table))) * 2
    random.shuffle(rows)
    other = code_matrix(table.iloc[rows].reset_index(drop=True))
    one = code_matrix(table)
    pd.testing.assert_frame_equal(one, other.loc[one.index, one.columns])


@given(presence)
@SETTINGS
def test_rarefaction_starts_at_the_mean_interview_and_ends_at_the_codes_seen(values):
    expected, sd = rarefaction(values)
    seen = (values.sum(axis=0) > 0).sum()
    assert expected[0] == pytest.approx(values.sum(axis=1).mean())
    assert sd[0] == pytest.approx(values.sum(axis=1).std(), abs=1e-6)
    assert expected[-1] == pytest.approx(seen)
    assert sd[-1] == pytest.approx(0, abs=1e-6)
    assert (np.diff(expected) >= -1e-9).all()
    assert (np.diff(expected, 2) <= 1e-9).all()  # each interview brings less than the one before


@given(presence)
@SETTINGS
def test_chao2_is_never_below_the_codes_seen(values):
    assert chao2(pd.DataFrame(values)) >= (values.sum(axis=0) > 0).sum()


@given(presence, st.integers(0, 2**32 - 1))
@SETTINGS
def test_contrasts_of_all_groups_cancel(values, seed):
    group = np.random.default_rng(seed).integers(0, 3, len(values))
    member = (group[:, None] == np.arange(3)).astype(float)
    z = standardized_statistics(values.astype(float), member)
    size = member.sum(axis=0)
    scale = np.sqrt(size * (len(values) - size))[:, None]
    total = np.nansum(np.where(scale > 0, z * scale, 0), axis=0)
    np.testing.assert_allclose(total, 0, atol=1e-9)


@given(arrays(np.float64, st.integers(1, 12), elements=st.floats(0.001, 1)))
@SETTINGS
def test_q_values_keep_the_order_of_p_and_are_at_least_as_large(p):
    q = benjamini_hochberg(p)
    assert (q >= p - 1e-12).all()
    assert (q <= 1).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= -1e-12).all()


@given(arrays(np.float64, 6, elements=st.floats(-4, 4)), arrays(np.float64, 30, elements=st.floats(0, 4)))
@SETTINGS
def test_family_wise_p_falls_with_the_statistic_and_is_never_zero(statistics, largest):
    p = max_t(statistics, largest)
    assert (p >= 1 / 31).all()
    assert (np.diff(p[np.argsort(-np.abs(statistics), kind="stable")]) >= 0).all()


@given(st.lists(st.integers(0, 3), min_size=2, max_size=15), st.permutations(range(4)))
@SETTINGS
def test_a_partition_agrees_with_itself_under_other_names(labels, names):
    assert adjusted_rand(labels, [names[label] for label in labels]) == pytest.approx(1.0)
