"""Picking the best hypothesis is judged as picking; picking naively is shown to fail beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from life_cases import chain, levels, long_table, mishra, people

from continuum.errors import OrderNotIdentified
from continuum.model.outcomes import Outcome, compress
from continuum.model.selection import select_cells, select_continuous, select_ordinal


def test_the_published_continuous_case_is_reproduced():
    # Mishra et al. 2009 cells, eight hypotheses; R 4.2.2, lars 1.3 and mvtnorm 1.1-3.
    result = select_continuous(*mishra(), ["x1", "x2", "x3"])
    path = result.hypotheses.dropna(subset="enters").sort_values("enters")
    assert path["hypothesis"].tolist()[:3] == ["number of exposures", "only x1", "x2 without x3"]
    np.testing.assert_allclose(path["r2"].iloc[:3], [0.022972, 0.028225, 0.039569], atol=1e-6)
    assert result.statistic == pytest.approx(6.2446287, abs=1e-6)
    assert (result.df, result.bound) == (1082, True)
    assert result.sigma == pytest.approx(5.14228216, abs=1e-7)
    assert result.p == pytest.approx(4.874e-9, rel=1e-3)
    assert 3.03e-9 < result.p < 1.7 * 3.03e-9  # the bound is conservative


@pytest.mark.parametrize("people_count", [42, 300])
def test_selection_holds_its_level_where_naive_picking_does_not(people_count):
    selective = naive = 0
    for run in range(200):
        rng = np.random.default_rng(run)
        outcome = Outcome(
            [str(k) for k in range(people_count)], rng.permutation(np.arange(people_count) % 4), list("0123")
        )
        result = select_cells(compress(chain(people_count, 5, rng), outcome), list("abcde"), draws=999, seed=rng)
        selective += result.p <= 0.05
        naive += result.hypotheses["p_naive"].min() <= 0.05
    assert selective <= 21  # 99.9 % point of Binomial(200, .05)
    assert naive >= 50


def test_the_true_hypothesis_is_selected():
    rng = np.random.default_rng(3)
    met = chain(667, 4, rng)
    result = select_ordinal(people(levels(1.2 * met[:, 1], rng)), long_table(met), draws=5000)
    assert result.selected == "only b"
    assert result.p < 0.001
    assert result.bound


def test_score_statistics_equal_wald_statistics_in_large_samples():
    rng = np.random.default_rng(4)
    met = chain(20_000, 3, rng)
    from continuum.model.cumulative import fit_cumulative
    from continuum.model.selection import life_course_columns

    outcome = Outcome([str(k) for k in range(20_000)], levels(0.05 * met[:, 0], rng), list("0123"))
    cells = compress(met, outcome)
    labels, columns = life_course_columns(cells.patterns, ["a", "b", "c"])
    found = select_cells(cells, ["a", "b", "c"], draws=100).hypotheses.set_index("hypothesis")["statistic"]
    for k, label in enumerate(labels):
        fit = fit_cumulative(columns[:, [k]], cells.weights[None])
        wald = fit.coef[0, 0] / np.sqrt(fit.covariance[0, -1, -1])
        assert found[label] == pytest.approx(wald, abs=0.03)


def test_covariates_are_taken_out_first():
    rng = np.random.default_rng(5)
    site = rng.integers(0, 2, 600)
    met = (rng.random((600, 3)) < np.where(site == 1, 0.7, 0.3)[:, None]).astype(int)
    outcome = people(levels(1.5 * site, rng))
    frame = pd.DataFrame({"person_id": outcome["person_id"], "site": site.astype(str)})
    assert select_ordinal(outcome, long_table(met), draws=2000).p < 0.01
    assert select_ordinal(outcome, long_table(met), frame, draws=2000).p > 0.05


def test_data_without_ages_are_refused():
    rng = np.random.default_rng(6)
    met = chain(100, 3, rng)
    with pytest.raises(OrderNotIdentified):
        select_ordinal(people(levels(met[:, 0], rng)), long_table(met).drop(columns="age"))
