"""The life-course engine equals R and published results: cumulative links, structures, partial F tests, likelihoods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from life_cases import mishra
from support import shared_data

from continuum.model.cumulative import fit_cumulative
from continuum.model.linear import compare_means
from continuum.model.structure import fit_common_cause, fit_structures, pattern_counts

#: life_course.R: log-likelihood, thresholds, effects, then standard errors; R 4.2.2, ordinal 2022.11-16.
HOUSING = {
    "logit": """-1.73957464952947e+03 -4.96135138197093e-01 6.90708259263148e-01 5.66393737905927e-01
        1.28881911037226e+00 -5.72350002041979e-01 -3.66186370688950e-01 -1.09101465896960e+00 3.60284004569130e-01
        1.24847242877451e-01 1.25471937849649e-01 1.04652781364007e-01 1.27156144567739e-01 1.19238008596592e-01
        1.55173332018792e-01 1.51486018560960e-01 9.55357950023712e-02""",
    "probit": """-1.73984442128207e+03 -2.99827919547547e-01 4.26720836216200e-01 3.46422760645764e-01
        7.82914641873771e-01 -3.47536745223985e-01 -2.17887532891855e-01 -6.64173494083668e-01 2.22385828475714e-01
        7.61537322367848e-02 7.64043361374474e-02 6.41370592917628e-02 7.64262027699847e-02 7.22909292723460e-02
        9.47660672350142e-02 9.18000388835956e-02 5.81226680995408e-02""",
    "cloglog": """-1.74202658518026e+03 -7.96208217822446e-01 5.53758145145997e-02 3.82046981567849e-01
        9.15374790645177e-01 -4.07197035462168e-01 -2.80527684209296e-01 -7.42454743053788e-01 2.09225284496603e-01
        8.96492972002629e-02 8.55965082551308e-02 7.02598306205117e-02 9.25604209744063e-02 8.60710911289114e-02
        1.11149275291180e-01 1.01330451716343e-01 6.51055807445754e-02""",
}


@pytest.mark.parametrize("link", list(HOUSING))
def test_cumulative_links_equal_clm_on_the_housing_data(link):
    table = pd.read_csv(shared_data("reference/rdatasets/MASS_housing.csv"))
    levels = {
        "Infl": ["Low", "Medium", "High"],
        "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
        "Cont": ["Low", "High"],
    }
    wide = table.pivot_table(index=["Infl", "Type", "Cont"], columns="Sat", values="Freq")[["Low", "Medium", "High"]]
    design = np.column_stack(
        [wide.index.get_level_values(name) == value for name, values in levels.items() for value in values[1:]]
    ).astype(float)
    fit = fit_cumulative(design, wide.to_numpy(dtype=float)[None], link=link).require()
    expected = np.array(HOUSING[link].split(), dtype=float)
    found = np.concatenate([fit.loglik, fit.thresholds[0], fit.coef[0], np.sqrt(np.diag(fit.covariance[0]))])
    # ordinal's cloglog standard errors come from the expected information near the optimum: 1e-6 there.
    np.testing.assert_allclose(found, expected, rtol=1e-8 if link == "logit" else 1e-6, atol=1e-8)


def test_structures_equal_log_linear_models():
    # life_course.R, stats::loglin; R fills arrays with the first dimension changing fastest, we with the last.
    cells = [31, 4, 7, 9, 5, 6, 3, 14, 8, 2, 5, 9, 6, 10, 8, 40]
    counts = np.array(cells, dtype=float).reshape((2, 2, 2, 2), order="F").reshape(1, 16)
    loglik = fit_structures(counts).loglik
    deviance = {name: 2 * (loglik["saturated"] - loglik[name])[0] for name in ("independence", "chain")}
    assert deviance["independence"] == pytest.approx(105.083845933622, abs=1e-8)
    assert deviance["chain"] == pytest.approx(30.0711628783927, abs=1e-8)


def test_the_common_cause_equals_the_two_parameter_logistic_model_of_lsat():
    # R 4.2.2, ltm 1.2-0 and mirt on a 61-node grid: -2466.6533774 (K074).
    scores = pd.read_csv(shared_data("reference/ltm/LSAT.csv"), index_col=0).to_numpy()
    loglik, _, _ = fit_common_cause(pattern_counts(scores)[None])
    assert loglik[0] == pytest.approx(-2466.6533774, abs=1e-5)


def test_forward_and_backward_chains_have_the_same_likelihood():
    rng = np.random.default_rng(1)
    met = (rng.random((667, 5)) < 0.4).astype(int)
    met[:, 1:] |= met[:, :-1] & (rng.random((667, 4)) < 0.5)
    forward = fit_structures(pattern_counts(met)[None]).loglik
    backward = fit_structures(pattern_counts(met[:, ::-1])[None]).loglik
    for name in forward:
        assert forward[name][0] == pytest.approx(backward[name][0], abs=1e-6 if name == "common cause" else 1e-9)


def test_the_trajectories_of_mishra_2009_are_reproduced():
    outcome, met = mishra()
    table = compare_means(outcome, met, ["x1", "x2", "x3"]).set_index("hypothesis")
    partial_f = {
        "no effect": 6.853025743,
        "critical: only x1": 2.947647810,
        "critical: only x2": 6.495631708,
        "trigger: only the last, x3": 3.568804507,
        "accumulation: each exposure adds the same": 1.503963906,
        "mobility: changes between neighbors": 9.634206848,
    }
    for name, value in partial_f.items():
        assert table.loc[name, "f"] == pytest.approx(value, abs=1e-8), name
    accumulation = table.loc["accumulation: each exposure adds the same"]
    assert accumulation["effect"] == pytest.approx(-0.9641574893, abs=1e-8)
    assert table["weight"].idxmax() == accumulation.name
