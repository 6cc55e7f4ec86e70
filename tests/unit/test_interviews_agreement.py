"""Agreement: what is compared, four coefficients side by side, intervals over interviews, and honest notes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from interview_data import small_study, world

from continuum.errors import BadInput, TooFewCases, TooFewInterviews
from continuum.interviews import agreement, disagreements, kappa, krippendorff_alpha, lowest, percent_agreement
from continuum.interviews import presentation as show
from continuum.interviews.units import rated_units


def codings_of(first: dict[str, list[int]], second: dict[str, list[int]]) -> pd.DataFrame:
    """Codings of two coders from 0/1 per interview and code; both code 'always' everywhere, so both read everything."""
    rows = []
    for coder, given in (("A", first), ("B", second)):
        n = len(next(iter(given.values())))
        rows += [(f"I{i:02d}", "always", coder) for i in range(n)]
        rows += [(f"I{i:02d}", code, coder) for code, values in given.items() for i, yes in enumerate(values) if yes]
    return pd.DataFrame(rows, columns=["interview_id", "code_id", "coder_id"])


def test_only_interviews_that_two_coders_coded_are_units():
    found = rated_units(small_study())
    assert list(found.units["interview_id"]) == ["I1", "I2"]
    assert found.coders == ["A", "B"]


def test_an_interview_read_without_finding_anything_counts_where_the_assignment_says_so():
    assigned = pd.DataFrame([("I1", "A"), ("I1", "B"), ("I3", "A"), ("I3", "B")], columns=["interview_id", "coder_id"])
    found = rated_units(small_study(), assigned=assigned)
    assert list(found.units["interview_id"]) == ["I1", "I3"]


def test_segments_that_overlap_are_one_unit_and_uncoded_text_is_none():
    found = rated_units(small_study(), "segment")
    assert found.units[["interview_id", "start", "end"]].to_numpy().tolist() == [
        ["I1", 0, 15], ["I1", 20, 30], ["I2", 0, 10], ["I2", 40, 50],
    ]  # fmt: skip
    wages, debt, rent = (found.codes.index(code) for code in ("wages", "debt", "rent"))
    unit, code, by = found.cells()
    assert list(zip(unit, code, strict=True)) == [(0, wages), (1, debt), (2, debt), (3, rent)]
    assert by.tolist() == [[True, True], [True, False], [True, False], [False, True]]


def test_segments_that_only_touch_stay_two_units():
    study = small_study()
    touching = study.codings.assign(end=[5, 15, 30, 10, 50, 10, 40])
    assert len(rated_units(replace(study, codings=touching), "segment").units) == 5


def test_segments_without_positions_are_refused_with_the_way_out():
    study = small_study()
    with pytest.raises(BadInput, match="units='interview'"):
        agreement(replace(study, codings=study.codings.assign(start=np.nan)), "segment")


def test_one_coder_is_refused():
    study = small_study()
    with pytest.raises(TooFewCases, match="two coders; these codings name 1"):
        agreement(replace(study, codings=study.codings.assign(coder_id="A")))


def test_two_coders_without_a_common_interview_are_refused():
    codings = pd.DataFrame({"interview_id": ["x", "y"], "code_id": ["a", "a"], "coder_id": ["A", "B"]})
    with pytest.raises(TooFewInterviews, match="No interview was coded by two coders"):
        agreement(codings)


def test_fewer_than_ten_double_coded_interviews_give_values_without_intervals():
    rng = np.random.default_rng(1)
    values = (rng.random(9) < 0.5).astype(int).tolist()
    nine = agreement(codings_of({"a": values}, {"a": values})).set_index("id")
    assert nine.at["a", "alpha"] == 1.0
    assert np.isnan(nine.at["a", "alpha_low"])
    assert nine.at["a", "note"] == "too few double-coded interviews"
    ten = agreement(codings_of({"a": [*values, 1]}, {"a": [*values, 1]}), replicates=200).set_index("id")
    assert not np.isnan(ten.at["a", "alpha_low"])
    assert ten.at["a", "note"] == ""


def test_a_code_that_nobody_used_has_no_alpha():
    study = world()
    extra = pd.DataFrame([{"code_id": "never", "name": "Never", "definition": "Not used."}])
    study = replace(study, codebook=pd.concat([study.codebook, extra], ignore_index=True))
    row = agreement(study, replicates=100).set_index("id").loc["never"]
    assert np.isnan(row["alpha"])
    assert np.isnan(row["kappa"])
    assert row["note"] == "not used by any coder"


def test_a_rare_code_with_high_raw_agreement_and_low_alpha_says_so():
    first = {"rare": [1] + [0] * 23}
    second = {"rare": [0, 1] + [0] * 22}
    row = agreement(codings_of(first, second), replicates=100).set_index("id").loc["rare"]
    assert row["percent"] > 0.9
    assert row["alpha"] < 0.5
    assert row["ac1"] > 0.9
    assert row["note"] == "rare or near-universal code"


def test_a_code_in_every_interview_has_no_alpha_either():
    assert np.isnan(krippendorff_alpha([[1, 1, 1], [1, 1, 1]]))


def test_the_table_names_codes_areas_and_all_codes_and_its_lowest_code():
    table = agreement(world(), replicates=200, seed=3)
    assert table["kind"].value_counts().to_dict() == {"code": 24, "area": 4, "all": 1}
    codes = table[table["kind"] == "code"]
    assert lowest(table)["alpha"] == codes["alpha"].min()
    assert table.attrs == {"kappa": "Cohen", "replicates": 200}


def test_intervals_hold_their_values_and_the_monte_carlo_error_shrinks_with_replicates():
    few, many = agreement(world(), replicates=500, seed=1), agreement(world(), replicates=20_000, seed=1)
    for name in ("alpha", "kappa", "ac1", "percent"):
        assert (many[f"{name}_low"] <= many[name] + 1e-12).all()
        assert (many[f"{name}_high"] >= many[name] - 1e-12).all()
    assert many["mc_error"].iloc[-1] < few["mc_error"].iloc[-1]


def test_the_same_seed_gives_the_same_table():
    pd.testing.assert_frame_equal(
        agreement(world(), replicates=300, seed=4), agreement(world(), replicates=300, seed=4)
    )


def test_three_coders_get_fleiss_kappa_over_units_with_the_usual_number_of_coders():
    rng = np.random.default_rng(2)
    truth = rng.random((12, 3)) < 0.5
    rows = [(f"I{i}", f"c{j}", coder) for coder in "ABC" for i in range(12) for j in range(3)
            if truth[i, j] ^ (rng.random() < 0.1)]  # fmt: skip
    rows += [(f"I{i}", "always", coder) for coder in "ABC" for i in range(12)]
    table = agreement(pd.DataFrame(rows, columns=["interview_id", "code_id", "coder_id"]), replicates=100)
    given = {(i, j, k) for i, j, k in rows}
    ratings = [[int((f"I{i}", "c1", coder) in given) for i in range(12)] for coder in "ABC"]
    row = table.set_index("id").loc["c1"]
    assert table.attrs["kappa"] == "Fleiss"
    assert row["kappa"] == pytest.approx(kappa(ratings).kappa, abs=1e-12)
    assert row["percent"] == pytest.approx(percent_agreement(ratings), abs=1e-12)


def test_interviews_of_one_organization_are_resampled_together():
    study = world(seed=2)
    alone = replace(study, interviews=study.interviews.assign(organisation_id=None))
    pairs = study.interviews.assign(organisation_id=[f"o{i // 6}" for i in range(42)])
    wide = agreement(replace(study, interviews=pairs), replicates=4000, seed=1).iloc[-1]
    narrow = agreement(alone, replicates=4000, seed=1).iloc[-1]
    assert wide["alpha"] == narrow["alpha"]
    assert wide["alpha_low"] != narrow["alpha_low"]


@pytest.mark.slow
def test_intervals_cover_the_agreement_that_was_planted():
    # Each coder errs in 10 % of units with prevalence one half: P(agree) = .82, alpha = 1 - .18/.5 = .64.
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(200):
        truth = rng.random((24, 10)) < 0.5
        coders = [truth ^ (rng.random(truth.shape) < 0.1) for _ in range(2)]
        one, two = ({f"c{j}": c[:, j].astype(int).tolist() for j in range(10)} for c in coders)
        table = agreement(codings_of(one, two), replicates=400, seed=rng)
        pooled = table[(table["kind"] == "code") & (table["id"] != "always")]
        assert len(pooled) == 10
        row = table.set_index("id").loc["c3"]
        covered += row["percent_low"] - 1e-9 <= 0.82 <= row["percent_high"] + 1e-9
    assert covered >= 184  # 2.5 % point of Binomial(200, .95); measured 186


def test_the_list_of_disagreements_says_who_coded_what_where():
    table = disagreements(small_study())
    assert len(table) == 3
    row = table.set_index("code_id").loc["rent"]
    assert (row["interview_id"], row["start"], row["end"]) == ("I2", 40, 50)
    assert (row["coded_by"], row["not_coded_by"], row["text"]) == ("B", "A", "fifth words")
    assert set(disagreements(small_study(), "interview")["code_id"]) == {"debt", "rent"}


def test_more_replicates_than_memory_allows_are_an_error_with_the_limit():
    with pytest.raises(BadInput, match="ask for at most"):
        agreement(world(), replicates=10_000_000)


def test_labels_can_be_compared_but_not_measured():
    labels = [["yes", "no", None, "yes"], ["yes", "yes", "no", "yes"]]
    assert krippendorff_alpha(labels) == pytest.approx(0.0, abs=0.5)
    with pytest.raises(BadInput, match="must be numbers"):
        krippendorff_alpha(labels, "interval")
    with pytest.raises(BadInput, match="level of measurement 'metric'"):
        krippendorff_alpha([[1, 2], [1, 2]], "metric")


def test_kappa_needs_two_coders_and_a_common_unit():
    with pytest.raises(TooFewCases, match="there is one"):
        kappa([[1, 0, 1]])
    with pytest.raises(TooFewCases, match="No unit"):
        kappa([[1, None], [None, 0]])


def test_tables_for_readers_show_intervals_and_dashes():
    shown = show.agreement_table(agreement(world(), replicates=200))
    assert shown["alpha"].str.contains(r"\[").all()
    assert shown["of"].iloc[0] == "all codes"
    assert len(shown) == 29
