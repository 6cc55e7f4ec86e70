"""A reader with every published table and an integer solver cannot compute a hidden count back."""

from __future__ import annotations

from pathlib import Path

import attack
import numpy as np
import pandas as pd
import pytest
from survey_cases import scale, survey

import continuum.interviews as iv
import continuum.survey as sv
from continuum.disclosure import SUPPRESSED, Rule, protect
from continuum.ingest.tables import (
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


def publish_survey(rng: np.random.Generator, folder: Path) -> None:
    """What the survey notebook publishes of counts, for a survey of 60 to 300 providers."""
    n = int(rng.integers(60, 300))
    sizes = rng.dirichlet([2, 2, 2])
    ways = ["Not able", "Partly", "Able"]
    asked = [
        scale(f"meet_{k}", rng.choice([-1, 0, 1, 2], n, p=rng.dirichlet([1, 2, 2, 2])), ways, block="capacity", text=need, top=1)
        for k, need in enumerate(NEEDS)
    ] + [
        scale(f"need_{k}", rng.choice([-1, 0, 1, 2, 3, 4], n), block="need", text=need) for k, need in enumerate(NEEDS)
    ]  # fmt: skip
    training = {"item_id": "training", "kind": "single", "levels": ["Yes", "No"],
                "values": rng.choice(["Yes", "No", None], n, p=rng.dirichlet([4, 3, 1]))}  # fmt: skip
    services = [
        {"item_id": f"service_{k}", "kind": "multiple", "set_id": "services", "text": name,
         "values": (other := np.random.default_rng([n, k])).random(n) < other.beta(0.6, 2)}
        for k, name in enumerate(["Legal help", "Counseling", "Shelter"])
    ]  # fmt: skip
    data = survey(
        {
            "sector": list(rng.choice(["legal", "medical", "social"], n, p=sizes)),
            "state": list(rng.choice(["A", "B"], n)),
        },
        [*asked, training, *services],
    )

    def guarded(frame: pd.DataFrame, **how: object) -> pd.DataFrame:
        return protect(frame, RULE, **how)

    by = ["sector", "state"]
    ability = guarded(sv.ability_table(data, by=by), **answers.ABILITY_CELLS)
    table = answers.protected_table_one(sv.table_one(data, ["state", "training"], by="sector"), guarded)
    Table(answers.ability_rows(ability, by)).write(folder / "tables/tbl-survey-ability", "x")
    Table(answers.gap_rows(sv.need_gaps(data))).write(folder / "tables/tbl-survey-gaps", "x")
    publish_answers(data, [f"need_{k}" for k in range(len(NEEDS))], guarded, rng, folder)
    Table(sv.table_one_wide(table)).write(folder / "tables/tbl-survey-respondents", "x")


def publish_answers(
    data: SurveyData, shown: list[str], guarded: answers.Protect, rng: np.random.Generator, folder: Path
) -> None:
    """Items, bars, dots by both groupings, blanks, options and their contrasts."""
    levels = sv.lay_out(guarded(sv.likert_table(data, shown), **answers.LIKERT_CELLS))
    contrasts = sv.option_contrasts(data, "services", "sector", rng=rng, permutations=20)
    other = answers.protected_table_one(sv.table_one(data, ["training"], by="state"), guarded)
    for label, table in {
        "tables/tbl-survey-respondents-other": sv.table_one_wide(other),
        "tables/tbl-survey-items": answers.item_rows(answers.protected_items(sv.item_table(data, shown), guarded)),
        "tables/tbl-survey-missing": answers.missing_rows(
            guarded(sv.missing_by_item(data, shown), **answers.MISSING_CELLS)
        ),
        "tables/tbl-survey-options": answers.option_rows(
            guarded(sv.multiple_response(data, "services"), **answers.OPTION_CELLS)
        ),
        "tables/tbl-survey-option-contrasts": answers.contrast_rows(guarded(contrasts, **answers.CONTRAST_CELLS)),
        "figures/fig-survey-likert": answers.likert_rows(levels),
        "figures/fig-survey-by-group": dots_by(data, shown, "sector", guarded),
        "figures/fig-survey-by-other-group": dots_by(data, shown, "state", guarded),
    }.items():
        Table(table).write(folder / label, "x")


def dots_by(data: SurveyData, shown: list[str], by: str, guarded: answers.Protect) -> pd.DataFrame:
    table = guarded(sv.item_table(data, shown, by=by), **answers.ITEM_CELLS)
    return answers.dots(table, "share", "low", "high")


@pytest.mark.parametrize("seed", range(12))
def test_no_answer_of_a_random_survey_can_be_computed_back(seed: int, tmp_path: Path):
    publish_survey(np.random.default_rng(seed), tmp_path)
    found, tried = attack.recovered(tmp_path, 5)
    assert found == []
    assert tried > 0


def test_the_attacker_finds_what_one_total_gives_away(tmp_path: Path):
    (tmp_path / "tables").mkdir()
    Table(pd.DataFrame({
        "need_": ["Shelter"] * 2, "sector": ["legal", "social"], "n": [20, 30], "not met": [11, 15],
        "partly": [SUPPRESSED, 5], "met": [SUPPRESSED, 10],
    })).write(tmp_path / "tables/tbl-survey-ability", "x")  # fmt: skip
    assert attack.recovered(tmp_path, 5)[0] == []
    Table(pd.DataFrame({"need_": ["Shelter"], "n_capacity": [50], "in_house": [14 / 50]})).write(
        tmp_path / "tables/tbl-survey-gaps", "x"
    )
    assert any("'met', 'legal'" in text for text in attack.recovered(tmp_path, 5)[0])


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
    table = dots_by(data, ["need_0"], "sector", lambda frame, **how: protect(frame, RULE, **how))
    assert table["sector"].tolist() == ["social"]
