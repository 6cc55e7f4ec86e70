"""Small surveys for tests: items by kind in, a :class:`SurveyData` as the importers make it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from continuum.ingest.tables import ITEM_COLUMNS, STATUS_TYPE, ImportReport, SurveyData, complete

AGREE = ["strongly disagree", "disagree", "neither", "agree", "strongly agree"]
SECTORS = ["legal", "medical", "non-profit", "social", "foster care"]


def survey(
    respondents: Mapping[str, Sequence[Any]], items: Sequence[dict[str, Any]], status: Mapping[str, Any] | None = None
) -> SurveyData:
    """A survey from respondent columns and items, each a dict with ``item_id``, ``kind``, ``values`` and codebook keys."""
    columns: dict[str, Any] = {}
    for name, values in respondents.items():
        text = name in {"sector", "state", "site", "organisation", "stratum", "cluster"}
        columns[name] = pd.Series(pd.Categorical(values)) if text else pd.Series(values)
    rows = []
    for given in items:
        item = dict(given)
        columns[item["item_id"]] = _column(item, item.pop("values"))
        rows.append({"text": item["item_id"].replace("_", " "), "levels": [], "top": 2, **item})
    answers = pd.DataFrame(columns)
    if "respondent_id" not in answers:
        answers.insert(0, "respondent_id", [f"r{i:06d}" for i in range(len(answers))])
    table = complete(pd.DataFrame(rows), ITEM_COLUMNS)
    data = SurveyData(answers, table, ImportReport(source="survey.csv", format="test"))
    for name, values in (status or {}).items():
        data.status[name] = pd.Series(pd.Categorical(values, dtype=STATUS_TYPE))
    return data


def _column(item: dict[str, Any], values: Any) -> pd.Series:
    if item["kind"] in {"scale", "single"}:
        return pd.Series(pd.Categorical(values, categories=item["levels"], ordered=item["kind"] == "scale"))
    if item["kind"] == "multiple":
        return pd.Series(values, dtype="boolean")
    return pd.Series(values, dtype="float64" if item["kind"] == "number" else "string")


def scale(item_id: str, codes: Sequence[float], levels: Sequence[str] = AGREE, **more: Any) -> dict[str, Any]:
    """A scale item from level positions counted from 0; None or NaN is missing."""
    values = [None if c is None or c != c or c < 0 else levels[int(c)] for c in codes]
    return {"item_id": item_id, "kind": "scale", "levels": list(levels), "values": values, **more}


def simulated(n: int = 400, items: int = 4, seed: int = 1, shift: float = 0.0) -> SurveyData:
    """``n`` respondents in five sectors and two states answering scale items; ``shift`` moves medical upward."""
    rng = np.random.default_rng(seed)
    sector = rng.integers(0, 5, n)
    latent = rng.normal(size=(n, 1)) * 0.7 + rng.normal(size=(n, items)) + shift * (sector == 1)[:, None]
    codes = np.digitize(latent, [-1.2, -0.4, 0.4, 1.2])
    return survey(
        {"sector": [SECTORS[s] for s in sector], "state": [f"State {'AB'[s]}" for s in rng.integers(0, 2, n)]},
        [
            scale(f"item_{j}", codes[:, j], set_id="signs", scale_id="signs", neutral="neither", block="micro")
            for j in range(items)
        ],
    )
