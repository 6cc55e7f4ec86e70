"""The survey's tables as rows for :meth:`continuum.results.Results.record`: prose takes its numbers from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ..ingest.tables import SurveyData
from .design import Design
from .families import family_summary

Rows = list[dict[str, Any]]
#: Makes a part of a result key of a text: :func:`continuum.results.slug`.
Slug = Callable[[Any], str]


def respondent_results(survey: SurveyData, design: Design) -> Rows:
    """``survey.n``, what the estimates are about, and the design effect of weighting."""
    sampled = design.on(survey.answers)
    base: dict[str, Any] = {"n": sampled.n}
    return [
        {"key": "survey.n", "value": sampled.n, "unit": "respondents", "estimator": "count", **base},
        {"key": "survey.wording", "value": sampled.wording, "unit": "text", "estimator": "design", **base},
        {"key": "survey.design_effect", "value": sampled.kish, "unit": "ratio", "estimator": "Kish", **base},
    ]


def item_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.<set>.<item>.share`` and ``.mean`` of a protected item table without groups; hidden cells are left out.

    ``<set>`` is the block, or ``items`` for an item without one.
    """
    rows: Rows = []
    for row in table.to_dict("records"):
        key = f"survey.{slug(row['block'] or 'items')}.{slug(row['item_id'])}"
        about = {"n": int(row["n"])}
        if _known(row["share"]):
            rows.append({
                "key": f"{key}.share", "value": row["share"], "unit": "share", "estimator": f"share of {row['level']}",
                "low": row["low"], "high": row["high"], "method": "Wilson" if pd.isna(row["deff"]) else "logit t",
                **about,
            })  # fmt: skip
        if _known(row["mean"]):
            estimator = "mean of level codes, treated as equally spaced"
            rows.append({"key": f"{key}.mean", "value": row["mean"], "unit": "level", "estimator": estimator, **about})
    return rows


def test_results(tests: pd.DataFrame, slug: Slug) -> Rows:
    """Effect and adjusted p of every test, and size, findings and detectable difference of every family."""
    rows: Rows = []
    for row in tests.to_dict("records"):
        key = f"survey.tests.{slug(row['family'])}.{slug(row['item_id'])}"
        rows.append({
            "key": f"{key}.effect", "value": row["effect"], "unit": row["effect_name"], "n": row["n"],
            "estimator": row["test"], "low": row["effect_low"], "high": row["effect_high"],
            "method": "bias-corrected bootstrap of respondents",
        })  # fmt: skip
        rows.append({
            "key": f"{key}.p_adjusted", "value": row["p_adjusted"], "unit": "p", "n": row["n"],
            "estimator": f"{row['test']}, {row['correction']}",
        })  # fmt: skip
    for row in family_summary(tests).to_dict("records"):
        key = f"survey.tests.{slug(row['family'])}"
        parts = {"size": "tests", "below_05": "tests", "detectable": "Cohen h"}
        values = {"size": row["family_size"], "below_05": row["below_05"], "detectable": row["detectable"]}
        rows += [
            {"key": f"{key}.{part}", "value": values[part], "unit": unit, "n": None, "estimator": row["correction"]}
            for part, unit in parts.items()
        ]
    return rows


def _known(value: Any) -> bool:
    return not isinstance(value, str) and pd.notna(value)
