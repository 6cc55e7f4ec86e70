"""Response models equal ltm, mirt and the published values; see the tolerances of known_answers.csv."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import ROOT, shared, shared_data

from continuum.errors import TooFewInterviews
from continuum.model.latent import latent_trait
from continuum.model.worlds import code_world

CONCERN = ["very concerned", "slightly concerned", "not very concerned"]
AGREE = ["strongly disagree", "disagree", "agree", "strongly agree"]


def expected(row: str) -> tuple[np.ndarray, float]:
    answer = pd.read_csv(shared("oracles/known_answers.csv")).set_index("id").loc[row]
    return np.array(answer["expected"].split(), dtype=float), float(answer["abs_tol"])


def lsat() -> pd.DataFrame:
    return pd.read_csv(shared_data("reference/ltm/LSAT.csv"), index_col=0)


def graded(name: str, levels: list[str], columns: list[str] | None = None) -> pd.DataFrame:
    table = pd.read_csv(shared_data(f"reference/ltm/{name}.csv"), index_col=0)
    return table[columns or list(table.columns)].apply(lambda c: c.map({v: k for k, v in enumerate(levels)}))


def test_two_parameter_likelihood_of_lsat():
    # ltm 1.2-0 and mirt on a common 61-node grid: -2466.6533774.
    assert latent_trait(lsat()).loglik == pytest.approx(-2466.6533774, abs=1e-5)


def test_rasch_models_of_lsat():
    difficulty, tolerance = expected("K067")
    fixed = latent_trait(lsat(), slopes="one").items["threshold1"]
    np.testing.assert_allclose(fixed, difficulty, atol=tolerance)
    common = latent_trait(lsat(), slopes="common")
    slope, tolerance = expected("K070")
    assert common.items["slope"].iloc[0] == pytest.approx(slope[0], abs=tolerance)
    assert common.loglik == pytest.approx(expected("K071")[0][0], abs=1e-4)


def test_graded_response_likelihood_of_simulated_items():
    # grm667 of continuum.R; mirt at tolerance 1e-10 and girth agree on -6182.553871.
    table = pd.read_csv(ROOT / "tests" / "oracles" / "grm667.csv") - 1
    assert latent_trait(table).loglik == pytest.approx(-6182.553871, abs=1e-5)


def test_graded_response_of_environment_with_one_slope():
    value, tolerance = expected("K075")
    assert latent_trait(graded("Environment", CONCERN), slopes="common").loglik == pytest.approx(
        value[0], abs=tolerance
    )


@pytest.mark.parametrize(
    ("row", "item"), [("K085", "LeadPetrol"), ("K086", "RiverSea"), ("K089", "Chemicals"), ("K090", "Nuclear")]
)
def test_graded_response_of_environment(row, item):
    values, tolerance = expected(row)
    fit = latent_trait(graded("Environment", CONCERN)).items.set_index("item").loc[item]
    np.testing.assert_allclose([fit["threshold1"], fit["threshold2"], fit["slope"]], values, atol=tolerance)


@pytest.mark.parametrize(("row", "item"), [("K093", "Future"), ("K094", "Benefit")])
def test_graded_response_of_science(row, item):
    values, tolerance = expected(row)
    table = graded("Science", AGREE, ["Comfort", "Work", "Future", "Benefit"])
    fit = latent_trait(table).items.set_index("item").loc[item]
    found = [fit["threshold1"], fit["threshold2"], fit["threshold3"], fit["slope"]]
    np.testing.assert_allclose(found, values, atol=tolerance)


def test_the_order_of_a_cumulative_world_is_found_and_a_prior_keeps_slopes_in_bounds():
    matrix, truth = code_world("cumulative-equal", 42, 24, np.random.default_rng(1))
    fit = latent_trait(matrix, prior_sd=0.5)
    place = fit.items["threshold1"].rank()
    assert np.corrcoef(place, truth)[0, 1] > 0.9
    assert fit.items["slope"].between(0.3, 5).all()
    assert fit.order[0] in {"0", "1", "2"}


def test_an_item_whose_curve_is_a_step_is_flagged_and_not_printed():
    matrix, _ = code_world("cumulative-equal", 60, 8, np.random.default_rng(2))
    scale = np.sort(matrix.sum(axis=1))[::-1]
    matrix = np.column_stack([matrix, matrix.sum(axis=1) > scale[20]])
    items = latent_trait(matrix).items
    assert items.loc[items["flagged"], "slope"].isna().all()


def test_fewer_than_twenty_interviews_are_refused():
    with pytest.raises(TooFewInterviews):
        latent_trait(code_world("cumulative", 15, 8, np.random.default_rng(2))[0])
