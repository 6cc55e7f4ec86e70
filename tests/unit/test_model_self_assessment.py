"""Self-assessment: scaling identities, the missing rule, agreement of raters, change, and nothing like a ranking."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuum.disclosure import Rule
from continuum.errors import BadInput, TooFewCases
from continuum.model import self_assessment as sa
from continuum.model import self_assessment_groups as groups

ITEMS = pd.DataFrame({
    "item_id": ["a1", "a2", "a3", "b1", "b2"],
    "domain": ["A", "A", "A", "B", "B"],
    "scale_min": [0, 0, 0, 1, 1],
    "scale_max": [3, 3, 3, 5, 5],
    "reverse": [False, False, True, False, True],
})  # fmt: skip


NO_TARGETS = pd.DataFrame({"org_id": [], "domain": [], "target": []}).astype({"org_id": str, "domain": str})


def profiles(scores: pd.DataFrame, items: pd.DataFrame, targets: pd.DataFrame = NO_TARGETS) -> pd.DataFrame:
    return sa.profiles(SimpleNamespace(scores=scores, items=items, targets=targets))


def forms(answers: dict[tuple[str, str], list[object]], *, wave: int = 1, source: str = "individual") -> pd.DataFrame:
    """Scores of raters: (org, rater) -> one answer per item; text is a status, a number a score."""
    rows = [
        {
            "org_id": org, "wave": wave, "respondent_id": rater, "role": "direct service", "item_id": item,
            "score": answer if not isinstance(answer, str) else np.nan,
            "status": answer if isinstance(answer, str) else "answered", "source": source,
        }
        for (org, rater), values in answers.items()
        for item, answer in zip(ITEMS["item_id"], values, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"score": float})


def test_all_at_the_lowest_anchor_is_zero_and_all_at_the_highest_is_one_hundred():
    low = profiles(forms({("O", "r"): [0, 0, 3, 1, 5]}), ITEMS)
    high = profiles(forms({("O", "r"): [3, 3, 0, 5, 1]}), ITEMS)
    assert low["score"].tolist() == [0.0, 0.0]
    assert high["score"].tolist() == [100.0, 100.0]


@given(st.integers(0, 3), st.booleans())
def test_reversing_an_item_mirrors_its_points(score, reverse):
    items = ITEMS.iloc[:1].assign(reverse=reverse)
    mirrored = items.assign(reverse=not reverse)
    form = forms({("O", "r"): [score] * 5}).iloc[:1]
    here, there = (sa.item_points(form, which)["points"].iloc[0] for which in (items, mirrored))
    assert here + there == pytest.approx(100)


def test_dont_know_is_never_zero_points():
    table = sa.rater_scores(forms({("O", "r"): [3, 3, "dont_know", 5, 1]}), ITEMS).set_index("domain")
    assert table.loc["A", "score"] == 100  # two of three applicable items answered
    assert table.loc["A", "dont_know"] == 1


def test_a_domain_with_under_sixty_percent_answered_has_no_score():
    table = sa.rater_scores(forms({("O", "r"): [3, "not_answered", "dont_know", 5, "dont_know"]}), ITEMS)
    assert table["score"].isna().all()


def test_not_applicable_items_do_not_count_against_the_rule():
    table = sa.rater_scores(forms({("O", "r"): [3, "not_applicable", "not_applicable", 5, 1]}), ITEMS)
    assert table.loc[table["domain"] == "A", "score"].item() == 100


def test_the_organization_is_the_mean_over_raters_not_over_items():
    answers = {("O", "r1"): [0, 0, 3, 1, 5], ("O", "r2"): [3, 3, "not_answered", 5, 1], ("O", "r3"): [3, 3, 0, 5, 1]}
    profile = profiles(forms(answers), ITEMS).set_index("domain")
    assert profile.loc["A", "score"] == pytest.approx(200 / 3)
    assert profile.loc["A", ["low", "high"]].tolist() == [0, 100]
    assert profile.loc["A", "basis"] == "three or more raters"


def test_a_range_is_shown_only_for_three_or_more_raters():
    profile = profiles(forms({("O", "r1"): [0, 0, 3, 1, 5], ("O", "r2"): [3, 3, 0, 5, 1]}), ITEMS)
    assert profile[["low", "high"]].isna().all(axis=None)
    assert set(profile["basis"]) == {"two raters"}
    single = profiles(forms({("O", "r1"): [0, 0, 3, 1, 5]}), ITEMS)
    assert set(single["basis"]) == {"single assessor"}


def test_a_consensus_form_stays_apart_from_individual_raters():
    both = pd.concat([
        forms({("O", "r1"): [0, 0, 3, 1, 5]}), forms({("O", "team"): [3, 3, 0, 5, 1]}, source="consensus"),
    ])  # fmt: skip
    profile = profiles(both, ITEMS)
    assert profile.set_index(["source", "domain"])["score"].to_dict() == {
        ("consensus", "A"): 100, ("consensus", "B"): 100, ("individual", "A"): 0, ("individual", "B"): 0,
    }  # fmt: skip
    assert set(sa.latest(profile)["source"]) == {"individual"}


def test_the_gap_is_to_the_organizations_own_target():
    targets = pd.DataFrame({"org_id": ["O"], "domain": ["A"], "target": [80.0]})
    profile = profiles(forms({("O", "r1"): [0, 0, 3, 1, 5]}), ITEMS, targets).set_index("domain")
    assert profile.loc["A", "gap"] == 80
    assert np.isnan(profile.loc["B", "gap"])


def test_a_score_outside_the_scale_is_an_error():
    with pytest.raises(BadInput, match="score 4 of item 'a1' is outside 0 to 3"):
        profiles(forms({("O", "r"): [4, 0, 0, 1, 1]}), ITEMS)


def test_roles_are_not_shown_where_they_would_identify_a_person():
    answers = {("O", f"r{k}"): [0, 0, 0, 1, 1] for k in range(3)} | {("P", "p1"): [0, 0, 0, 1, 1]}
    roles = sa.raters_by_role(forms(answers)).set_index("org_id")["roles"]
    assert roles["O"] == "direct service"
    assert roles["P"] == "not shown"


def test_balanced_icc1_matches_pingouin_0_7():
    import pingouin

    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        [(g, r, rng.normal(g, 1.5)) for g in range(8) for r in range(4)], columns=["org", "rater", "score"]
    )
    expected = pingouin.intraclass_corr(table, targets="org", raters="rater", ratings="score").set_index("Type")
    row = "ICC1" if "ICC1" in expected.index else "ICC(1,1)"
    assert sa.icc1(table["score"], table["org"]) == pytest.approx(expected.loc[row, "ICC"], abs=1e-8)


def test_icc1_matches_shrout_and_fleiss_1979_table_2():
    # Six targets, four judges; ICC(1,1) = .17 in their table 4.
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    table = pd.DataFrame(ratings).stack()
    assert sa.icc1(table, table.index.get_level_values(0).to_series(index=table.index)) == pytest.approx(
        0.17, abs=0.005
    )


def test_unbalanced_icc1_recovers_the_share_of_variance_between_organizations():
    rng = np.random.default_rng(11)
    orgs = np.repeat(np.arange(4000), rng.integers(1, 6, 4000))
    values = rng.normal(0, 1, 4000)[orgs] + rng.normal(0, 2, len(orgs))
    assert sa.icc1(pd.Series(values), pd.Series(orgs)) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("values", "groups"),
    [([1.0, 2.0], [1, 2]), ([1.0, 2.0], [1, 1]), ([1.0, 1.0, 1.0, 1.0], [1, 1, 2, 2]), ([], [])],
)
def test_icc1_is_undefined_without_two_groups_or_repeated_ratings_or_variance(values, groups):
    assert np.isnan(sa.icc1(pd.Series(values, dtype=float), pd.Series(groups, dtype=int)))


def test_average_deviation_by_hand():
    # a1: 0, 3 -> points 0, 100, mean 50, deviation 50; a2 equal: 0; a3 one answer only: not counted.
    answers = {("O", "r1"): [0, 2, 3, 1, 5], ("O", "r2"): [3, 2, "dont_know", 1, 5]}
    table = sa.average_deviation(forms(answers), ITEMS).set_index("domain")
    assert table["average_deviation"].to_dict() == {"A": 25.0, "B": 0.0}


def test_a_coalition_view_summarizes_only_with_enough_organizations():
    answers = {(f"O{k}", "r"): [0, 0, 3, 1, 5] for k in range(5)}
    assert sa.coalition(profiles(forms(answers), ITEMS))["median"].isna().all()
    answers[("O5", "r")] = [3, 3, 0, 5, 1]
    table = sa.coalition(profiles(forms(answers), ITEMS))
    assert table["median"].tolist() == [0, 0]
    assert "org_id" not in table


def test_pseudonyms_carry_no_identifier_and_no_order():
    answers = {(f"O{k:02d}", "r"): [k % 4, 0, 3, 1, 5] for k in range(30)}
    profile = profiles(forms(answers), ITEMS)
    table = sa.pseudonymous(profile, np.random.default_rng(0))
    assert table["organization"].nunique() == 30
    assert not table.astype(str).apply(lambda column: column.str.contains(r"^O\d\d$")).any(axis=None)
    assert sorted(table["score"]) == sorted(profile["score"])


def waves(n: int, gain: float) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    first = {(f"O{k}", "r"): [1, 1, 2, 2, 4] for k in range(n)}
    second = {(f"O{k}", "r"): [min(3, 1 + round(gain + rng.normal(0, 0.3))), 1, 2, 2, 4] for k in range(n)}
    return profiles(pd.concat([forms(first), forms(second, wave=2)]), ITEMS)


def test_change_is_paired_and_its_interval_holds_the_mean():
    table = sa.change(waves(12, 1), np.random.default_rng(0)).set_index("domain")
    assert table.loc["A", "organizations"] == 12
    assert table.loc["A", "low"] <= table.loc["A", "change"] <= table.loc["A", "high"]
    assert table.loc["B", ["change", "low", "high"]].tolist() == [0, 0, 0]


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_change_does_not_depend_on_the_order_of_rows(seed):
    profile = waves(8, 1)
    shuffled = profile.sample(frac=1, random_state=seed)
    here, there = (sa.change(p, np.random.default_rng(1)).sort_values("domain") for p in (profile, shuffled))
    assert here["change"].tolist() == there["change"].tolist()
    assert here["low"].tolist() == there["low"].tolist()


def test_a_total_needs_a_weight_for_every_domain():
    profile = profiles(forms({("O", "r"): [3, 3, 0, 1, 5]}), ITEMS)
    assert groups.totals(profile, {"A": 3, "B": 1})["O"] == pytest.approx(75)
    with pytest.raises(BadInput, match="missing: B"):
        groups.totals(profile, {"A": 1})


def test_a_total_comes_with_the_places_it_would_take_under_other_weights():
    answers = {("O", "r"): [3, 3, 0, 1, 5], ("P", "r"): [0, 0, 3, 5, 1], ("Q", "r"): [3, 3, 0, 5, 1]}
    table = groups.total_with_doubt(
        profiles(forms(answers), ITEMS), {"A": 3, "B": 1}, np.random.default_rng(1), Rule(1)
    )
    assert sorted(table["total"]) == pytest.approx([25.0, 75.0, 100.0])
    # Q is highest in both domains, so no weights move it; O and P change places with the weights.
    assert table.sort_values("total")[["best", "worst"]].to_numpy().tolist() == [[2, 3], [2, 3], [1, 1]]
    assert not table["organization"].isin(["O", "P", "Q"]).any()


def test_a_sector_has_a_median_only_where_six_organizations_answered():
    profile = profiles(forms({(f"O{k}", "r"): [k % 4, 3, 0, 1, 5] for k in range(9)}), ITEMS)
    sectors = pd.DataFrame({"org_id": [f"O{k}" for k in range(9)], "sector": ["legal"] * 6 + ["medical"] * 3})
    table = groups.with_sector_median(profile, sectors, Rule(1)).set_index("org_id").query("domain == 'A'")
    own = table.loc[[f"O{k}" for k in range(6)]]
    assert own["sector_median"].unique() == pytest.approx(own["score"].median())
    assert table.loc[["O6", "O7", "O8"], "sector_median"].isna().all()


def test_five_organizations_change_as_dots_and_four_not_at_all():
    five = sa.change(waves(5, 1), np.random.default_rng(1), raters=1)
    assert (five.groupby("domain").size() == 5).all()
    assert five["low"].isna().all()
    with pytest.raises(TooFewCases, match="here 4 did"):
        sa.change(waves(4, 1), np.random.default_rng(1), raters=1)
    with pytest.raises(TooFewCases):
        sa.change(waves(5, 1), np.random.default_rng(1))  # each dot would be what one person said


@pytest.mark.parametrize("raters", [1, 2, 3, 4])
def test_no_single_rater_of_few_can_be_heard_in_what_is_published(raters: int):
    answers = {("O", f"r{k}"): [k % 4, 3, 0, 1, 5] for k in range(raters)} | {
        ("P", f"r{k}"): [k % 4, 3, 0, 1, 5] for k in range(5)
    }
    table = groups.publishable(sa.latest(profiles(forms(answers), ITEMS)), Rule(5)).query("domain == 'A'")
    few, many = table.to_dict("records")
    assert [few[c] for c in ("score", "low", "high", "gap")] == ["[c]"] * 4
    assert (few["basis"], many["basis"]) == ("fewer than 5 raters", "5 or more raters")
    assert (many["score"], many["low"], many["high"]) == (80, 68, 92)  # raters: 67, 78, 89, 100, 67
    assert not {"raters", "not_applicable", "dont_know"} & set(table.columns)
    assert many["score"] == round(many["score"])  # its decimals would tell the number of raters
    assert groups.hidden_note(table, Rule(5)) == "[c]: fewer than 5 raters, 2 scores hidden"
    assert groups.hidden_note(groups.publishable(sa.latest(profiles(forms(answers), ITEMS)), Rule(1)), Rule(1)) == ""


def mixed(few: int, many: int) -> pd.DataFrame:
    """Organizations with one rater each, of unlike scores, beside some with five."""
    answers = {(f"F{k}", "r"): [k % 4, k % 3, 0, 1 + k % 5, 5] for k in range(few)}
    answers |= {(f"M{k}", f"r{j}"): [(k + j) % 4, 3, 0, 1, 5] for k in range(many) for j in range(5)}
    return profiles(forms(answers), ITEMS)


@pytest.mark.parametrize(("few", "many"), [(1, 6), (4, 6), (1, 7)])
def test_no_quartile_or_sector_median_beside_the_profiles_tells_the_score_of_a_single_rater(few: int, many: int):
    profile = mixed(few, many)
    others = {name: profile.assign(score=profile["score"].where(profile["raters"] > 1, value))
              for name, value in (("low", 0.0), ("high", 100.0))}  # fmt: skip
    sectors = pd.DataFrame({"org_id": profile["org_id"].unique(), "sector": "legal"})
    rng = [np.random.default_rng(1) for _ in range(3)]
    published = [
        (sa.coalition(groups.summarizable(p, Rule(5))), groups.with_sector_median(p, sectors, Rule(5))["sector_median"],
         groups.publishable(groups.with_sector_median(p, sectors, Rule(5)), Rule(5)),
         groups.total_with_doubt(p, {"A": 1, "B": 1}, r, Rule(5)))
        for p, r in zip((profile, others["low"], others["high"]), rng, strict=True)
    ]  # fmt: skip
    for made in zip(*published, strict=True):  # whatever the one person said, the same is published
        assert all(table.equals(made[0]) for table in made)


def test_where_many_organizations_have_few_raters_their_quartiles_tell_none_of_them_apart():
    assert sa.coalition(groups.summarizable(mixed(6, 2), Rule(5)))["organizations"].tolist() == [8, 8]


def test_without_an_organization_of_enough_raters_there_is_no_total():
    with pytest.raises(TooFewCases, match="5 raters in every domain"):
        groups.total_with_doubt(mixed(3, 0), {"A": 1, "B": 1}, np.random.default_rng(1), Rule(5))


def test_a_consensus_form_has_no_raters_to_protect():
    agreed = profiles(forms({("O", "team"): [3, 3, 0, 5, 1]}, source="consensus"), ITEMS)
    assert set(groups.publishable(agreed, Rule(5))["basis"]) == {"consensus"}
