"""A reader with every published table and an integer solver cannot compute a hidden count back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attack
import numpy as np
import pandas as pd
import pytest
from survey_cases import scale, survey

import continuum.interviews as iv
import continuum.survey as sv
from continuum.disclosure import SUPPRESSED, Rule, protect
from continuum.entries import slug, to_json
from continuum.ingest.tables import (
    ANSWER_STATUS,
    CODEBOOK_COLUMNS,
    CODING_COLUMNS,
    INTERVIEW_COLUMNS,
    CodedInterviews,
    ImportReport,
    SurveyData,
    complete,
    empty,
)
from continuum.interviews import presentation as show
from continuum.survey import presentation as answers
from continuum.tables import Table

RULE = Rule(5)
CODES = {
    "wages": "work",
    "debt": "work",
    "hours": "work",
    "rent": "housing",
    "eviction": "housing",
    "shelter": "housing",
}
NEEDS = ["Shelter", "Food", "Legal advice"]


def interviews(rng: np.random.Generator) -> CodedInterviews:
    """Between 15 and 60 interviews in a few sectors of uneven size and two sites; some state no sector."""
    n, sectors = int(rng.integers(15, 60)), ["legal", "medical", "social", "education"][: rng.integers(2, 5)]
    people = pd.DataFrame({
        "interview_id": [f"I{k}" for k in range(n)],
        "sector": rng.choice([*sectors, None], n, p=[*rng.dirichlet([3] * len(sectors)) * 0.94, 0.06]),
        "site": rng.choice(["north", "south"], n, p=[0.3, 0.7]), "consent_quote": False,
    })  # fmt: skip
    often = dict(zip(CODES, rng.beta(0.8, 1.5, len(CODES)), strict=True))
    rows = [
        (person, f"{person}-{code}", 0, 5, "words", code, "A")
        for person in people["interview_id"]
        for code in CODES
        if rng.random() < often[code]
    ]
    codebook = pd.DataFrame({"code_id": list(CODES), "name": list(CODES), "area": list(CODES.values())})
    return CodedInterviews(
        complete(people, INTERVIEW_COLUMNS), pd.DataFrame(rows, columns=list(CODING_COLUMNS)),
        complete(codebook, CODEBOOK_COLUMNS), empty(("interview_id", "coder_id", "from_code", "to_code")), ImportReport(),
    )  # fmt: skip


def publish_interviews(data: CodedInterviews, folder: Path) -> None:
    """What the interview notebook publishes of counts."""
    names = {code: code for code in CODES}
    by_sector = protect(iv.code_summary(data, by="sector", definitions="optional"), RULE, **show.SUMMARY_CELLS)
    by_site = protect(iv.code_summary(data, by="site", definitions="optional"), RULE, **show.SUMMARY_CELLS)
    matrix = iv.code_matrix(data, definitions="optional")
    contrasts = iv.sector_contrasts(matrix, iv.group_of(data, "sector"), permutations=20)
    found = iv.cooccurrence(matrix, draws=200)
    for label, table in {
        "tables/tbl-interviews-areas": show.sector_table(by_sector, "area"),
        "tables/tbl-interviews-sites": show.sector_table(by_site, "area"),
        "tables/tbl-interviews-codes": show.code_table(by_sector),
        "tables/tbl-interviews-contrasts": show.contrast_table(protect(contrasts, RULE, **show.CONTRAST_CELLS), names, 99),
        "figures/fig-interviews-sectors": show.sector_cells(by_sector, "code", list(CODES)),
        "figures/fig-interviews-codes": show.of_everyone(by_sector, "code")[["name", "interviews", "base"]],
        "figures/fig-interviews-cooccurrence": show.pair_cells(
            protect(found.pairs, RULE, **show.PAIR_CELLS), names, list(CODES)
        ),
    }.items():  # fmt: skip
        Table(table).write(folder / label, "x")


@pytest.mark.parametrize("seed", range(12))
def test_no_code_of_a_random_study_can_be_computed_back(seed: int, tmp_path: Path):
    data = interviews(np.random.default_rng(seed))
    publish_interviews(data, tmp_path)
    found, tried = attack.recovered(tmp_path, 5, len(data.interviews))
    assert found == []
    assert tried > 0


def answered(rng: np.random.Generator, n: int, few: bool) -> list[str]:
    """What became of one item: most answered it; each other way is taken by nobody, by a few or by many."""
    rare = [0.0, 0.01, 0.02] if few else [0.0, 0.03, 0.1]
    shares = [rare[0], *rng.choice(rare, 3)]
    return list(rng.choice(ANSWER_STATUS[:4], n, p=[1 - sum(shares), *shares[1:]]))


def a_survey(rng: np.random.Generator, *, few: bool) -> SurveyData:
    """A survey of 60 to 300 providers; with ``few``, some of them and some groups are very few, and levels are rare.

    One to four state no sector, as many no state, a sector has one to four respondents, and nobody chose some levels.
    """
    n = int(rng.integers(60, 300))
    sector = list(rng.choice(["legal", "medical", "social"], n, p=rng.dirichlet([2, 2, 2])))
    state = list(rng.choice(["A", "B"], n))
    if few:
        left = iter(rng.permutation(n))
        for column, value in ((sector, None), (sector, "foster care"), (state, None)):
            for _ in range(rng.integers(0, 5)):
                column[next(left)] = value
    ways = ["Not able", "Partly", "Able"]
    status: dict[str, list[str]] = {}

    def scaled(name: str, size: int, **more: Any) -> dict[str, Any]:
        weights = rng.dirichlet([0.4 if few else 2.0] * size)
        status[name] = answered(rng, n, few)
        codes = np.where(np.array(status[name]) == "answered", rng.choice(size, n, p=weights), -1)
        return scale(name, codes, **more)

    asked = [
        scaled(f"meet_{k}", 3, levels=ways, block="capacity", text=need, top=1) for k, need in enumerate(NEEDS)
    ] + [scaled(f"need_{k}", 5, block="need", text=need) for k, need in enumerate(NEEDS)]
    training = {"item_id": "training", "kind": "single", "levels": ["Yes", "No"],
                "values": rng.choice(["Yes", "No", None], n, p=rng.dirichlet([4, 3, 1]))}  # fmt: skip
    services = [
        {"item_id": f"service_{k}", "kind": "multiple", "set_id": "services", "text": name,
         "values": (other := np.random.default_rng([n, k])).random(n) < other.beta(0.6, 2)}
        for k, name in enumerate(["Legal help", "Counseling", "Shelter"])
    ]  # fmt: skip
    return survey({"sector": sector, "state": state}, [*asked, training, *services], status)


def publish_survey(data: SurveyData, rng: np.random.Generator, folder: Path) -> None:
    """What the survey notebook publishes of counts, in the words of its cells."""
    by, shown = ["sector", "state"], [f"need_{k}" for k in range(len(NEEDS))]
    able, gaps = sv.ability_table(data), sv.need_gaps(data)
    ability = answers.protected_groups(sv.ability_table(data, by), able, data, by, guarded, answers.ABILITY_CELLS)
    group_gaps = answers.protected_group_gaps(sv.need_gaps(data, by="sector"), gaps, data, "sector", guarded)
    items = sv.item_table(data, shown)
    protected = answers.protected_items(items, guarded)
    levels = sv.lay_out(answers.protected_bars(sv.likert_table(data, shown), protected, guarded))
    tests = protect(sv.group_tests(data, shown, "sector", family="needs by sector", replicates=200), RULE,
                    **answers.TEST_CELLS)  # fmt: skip
    options = sv.multiple_response(data, "services")
    contrasts = answers.protected_groups(
        sv.option_contrasts(data, "services", "sector", rng=rng, permutations=20), options, data, "sector", guarded,
        answers.CONTRAST_CELLS,
    )  # fmt: skip
    together, patterns = sv.option_combinations(data, "services"), sv.missing_patterns(data, shown)
    for label, table in {
        "tables/tbl-survey-ability": answers.ability_rows(ability, by),
        "tables/tbl-survey-gaps": answers.gap_rows(answers.protected_gaps(gaps, guarded)),
        "figures/fig-survey-gaps": answers.dots(group_gaps, "gap", "low", "high"),
        "tables/tbl-survey-respondents": respondents(data, ["state", "training"], "sector"),
        "tables/tbl-survey-respondents-other": respondents(data, ["sector", "training"], "state"),
        "tables/tbl-survey-items": answers.item_rows(protected),
        "tables/tbl-survey-tests": answers.test_rows(tests),
        "tables/tbl-survey-missing": answers.missing_rows(
            answers.protected_blanks(sv.missing_by_item(data, shown), protected)
        ),
        "tables/tbl-survey-missing-patterns": answers.pattern_rows(
            answers.protected_sets(patterns, guarded, answers.PATTERN_CELLS)
        ),
        "tables/tbl-survey-options": answers.option_rows(answers.protected_options(options, guarded)),
        "tables/tbl-survey-option-contrasts": answers.contrast_rows(contrasts),
        "figures/fig-survey-combinations": answers.combination_rows(
            answers.protected_sets(together, guarded, answers.COMBINATION_CELLS)
        ),
        "figures/fig-survey-likert": answers.likert_rows(levels),
        "figures/fig-survey-by-group": dots_by(data, shown, "sector"),
        "figures/fig-survey-by-other-group": dots_by(data, shown, "state"),
    }.items():
        Table(table).write(folder / label, "x")
    rows = {row.pop("key"): row for row in sv.item_results(protected, slug)}
    (folder / "results.json").write_text(to_json({"results": rows}), encoding="utf-8")


def guarded(frame: pd.DataFrame, **how: Any) -> pd.DataFrame:
    return protect(frame, RULE, **how)


def respondents(data: SurveyData, characteristics: list[str], by: str) -> pd.DataFrame:
    return sv.table_one_wide(answers.protected_table_one(sv.table_one(data, characteristics, by=by), guarded))


def dots_by(data: SurveyData, shown: list[str], by: str) -> pd.DataFrame:
    everyone = sv.item_table(data, shown)
    table = answers.protected_groups(
        sv.item_table(data, shown, by=by), everyone, data, by, guarded, answers.ITEM_CELLS
    )  # fmt: skip
    return answers.dots(table, "share", "low", "high")


@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_no_answer_of_a_random_survey_can_be_computed_back(seed: int, few: bool, tmp_path: Path):
    rng = np.random.default_rng(seed)
    publish_survey(a_survey(rng, few=few), rng, tmp_path)
    found, tried = attack.recovered(tmp_path, 5)
    assert found == []
    assert tried > 0


def write_ability(folder: Path, met: list[object], capacity: int, stated: str) -> None:
    """Ability in two sectors, what the gaps say of everyone, and how many stated no sector."""
    for label, table in {
        "tbl-survey-ability": pd.DataFrame({
            "need_": ["Shelter"] * 2, "sector": ["legal", "social"], "n": [20, 30], "not met": [11, 15],
            "partly": [SUPPRESSED if met[0] == SUPPRESSED else 5, 5], "met": met,
        }),
        "tbl-survey-gaps": pd.DataFrame({
            "need_": ["Shelter"], "n_capacity": [capacity], "in_house": [14 / capacity],
            "with_referral": [SUPPRESSED], "n_need": [50], "need": [0.5], "gap": [SUPPRESSED],
        }),
        "tbl-survey-respondents-other": pd.DataFrame({
            "characteristic": ["sector"] * 2, "level": ["stated", "missing"], f"overall (n = {capacity})": ["50", stated],
            f"A (n = {capacity})": ["50", stated],
        }),
    }.items():  # fmt: skip
        Table(table).write(folder / "tables" / label, "x")


def test_the_attacker_finds_what_one_total_gives_away(tmp_path: Path):
    write_ability(tmp_path, [SUPPRESSED, 10], 50, "0 (0.0%)")
    assert any("'met', 'legal'" in text for text in attack.recovered(tmp_path, 5)[0])


def test_the_attacker_finds_the_few_who_are_in_no_group(tmp_path: Path):
    write_ability(tmp_path, [4, 10], 53, SUPPRESSED)
    assert any("'*', 'in no group'" in text and "from 3 to 3" in text for text in attack.recovered(tmp_path, 5)[0])


def test_tables_linked_through_a_margin_hide_more_than_each_alone():
    table = pd.DataFrame({
        "item": ["Shelter"] * 4, "way": ["met", "not"] * 2, "state": ["A", "A", "B", "B"], "n": [3, 9, 12, 8],
    })  # fmt: skip
    alone = protect(table, RULE, counts=["n"], within=["item", "state"])
    linked = protect(table, RULE, counts=["n"], within=[["item", "state"], ["item", "way"]])
    assert alone["n"].tolist() == [SUPPRESSED, SUPPRESSED, 12, 8]
    assert linked["n"].tolist() == [SUPPRESSED] * 4


def test_a_group_too_small_for_a_share_hides_another_group_as_well():
    data = survey({"sector": ["legal"] * 40 + ["medical"] * 8 + ["social"] * 50}, [scale("need_0", [4, 1] * 49)])
    table = dots_by(data, ["need_0"], "sector")
    assert table["sector"].tolist() == ["social"]
