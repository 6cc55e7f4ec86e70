"""The codebook page: what each code means, by area, from published tables only."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from continuum import paths
from continuum.publish import codebook_block

CODES = pd.DataFrame({
    "code": ["Housing insecurity > Rent <b>", "Money > Debt"], "definition": ["Rents above wages.", "Money owed."],
    "area": ["housing insecurity", "–"], "level": ["macro", "–"], "interviews": ["[c]", "12"],
    "excerpts": ["no quotable excerpt", '"It (the car) was owed." (Provider 01, legal) / "We pay." (Provider 02)'],
})  # fmt: skip


def staged(tables: dict[str, pd.DataFrame], *, synthetic: bool = True) -> Any:
    folder = paths.results("small") / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    for label, table in tables.items():
        table.to_csv(folder / f"{label}.csv", index=False)
    return SimpleNamespace(
        study=SimpleNamespace(study="small", synthetic=synthetic), outputs=lambda: dict.fromkeys(tables)
    )


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))


def test_codes_stand_under_their_area_with_definition_level_and_count():
    page = codebook_block.codebook(staged({codebook_block.CODES: CODES}), "../")
    assert page.index("### Housing insecurity") < page.index("Rent &lt;b&gt;") < page.index("### Codes of no area")
    assert "Rents above wages." in page
    assert '<span class="badge">macro</span>' in page
    assert "interviews: [c]" in page
    assert "Synthetic data" in page
    assert "Synthetic" not in codebook_block.codebook(staged({codebook_block.CODES: CODES}, synthetic=False), "")


def test_each_excerpt_is_a_quotation_of_its_own_and_none_is_said_in_words():
    page = codebook_block.codebook(staged({codebook_block.CODES: CODES}), "")
    assert page.count("<blockquote>") == 2
    assert "<blockquote>&quot;It (the car) was owed.&quot; (Provider 01, legal)</blockquote>" in page
    assert '<p class="muted">no quotable excerpt</p>' in page


def test_versions_are_compared_where_a_study_keeps_several():
    table = pd.DataFrame(
        {"version": ["current"], "code": ["Debt"], "change": ["renamed"], "before": [""], "after": ["D"]}
    )
    assert "renamed" in codebook_block.changes(staged({codebook_block.CHANGES: table}), "")
    assert "one version" in codebook_block.changes(staged({codebook_block.CHANGES: table.iloc[:0]}), "")


def test_a_study_without_interviews_has_no_codebook():
    assert codebook_block.codebook(staged({}), "") == "This study has no coded interviews."
