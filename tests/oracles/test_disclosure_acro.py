"""Unsafe cells are those that ACRO 1.0.2 finds: threshold, (n, k) dominance and p-percent rule, cell by cell.

``acro.json`` holds the tables and ACRO's answers. Where an environment with ACRO exists (``ACRO_PYTHON`` names its
Python), it is asked again. ACRO calls an empty cell unsafe; here zero is shown, and cells without anybody are no rows.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from continuum.disclosure import SUPPRESSED, Rule, sum_table

HERE = Path(__file__).parent
RECORD = json.loads((HERE / "acro.json").read_text(encoding="utf-8"))
REASONS = {"threshold": "threshold", "nk": "dominance", "p_ratio": "p-ratio"}


def ours(case: dict[str, Any]) -> dict[str, list[list[str]]]:
    settings = case["settings"]
    rule = Rule(
        settings["safe_threshold"], dominance=settings["safe_nk_k"], dominant=settings["safe_nk_n"],
        p_ratio=settings["safe_pratio_p"],
    )  # fmt: skip
    table = sum_table(pd.DataFrame(case["records"]), case["by"], case["value"], rule)
    assert (table.loc[table["unsafe"] != "", "sum"] == SUPPRESSED).all()
    cells = table[case["by"]].to_numpy().tolist()
    unsafe = [why.split(", ") for why in table["unsafe"]]
    return {name: sorted(cell for cell, why in zip(cells, unsafe, strict=True) if reason in why)
            for name, reason in REASONS.items()}  # fmt: skip


@pytest.mark.parametrize("place", range(len(RECORD["cases"])))
def test_unsafe_cells_are_those_of_acro(place: int):
    case = RECORD["cases"][place]
    filled = pd.DataFrame(case["records"]).groupby(case["by"]).size()
    theirs = {name: [cell for cell in cells if tuple(cell) in filled.index]
              for name, cells in RECORD["answers"][place].items()}  # fmt: skip
    assert ours(case) == theirs


def test_the_record_holds_cells_of_every_kind():
    for name in REASONS:
        flagged = sum(len(answer[name]) for answer in RECORD["answers"])
        assert (
            5 < flagged < 0.9 * sum(len({tuple(r[b] for b in c["by"]) for r in c["records"]}) for c in RECORD["cases"])
        )


def test_acro_still_answers_as_recorded():
    python = os.environ.get("ACRO_PYTHON", "")
    if not Path(python).is_file():
        pytest.skip("needs ACRO in an environment of its own: set ACRO_PYTHON to its Python")
    asked = subprocess.run(
        [python, str(HERE / "acro_tables.py")], input=json.dumps(RECORD["cases"]), capture_output=True, text=True,
        check=True, timeout=300,
    )  # fmt: skip
    answer = json.loads(asked.stdout)
    assert answer["answers"] == RECORD["answers"]
