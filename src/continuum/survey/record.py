"""The survey's tables as rows for :meth:`continuum.results.Results.record`: prose takes its numbers from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ..ingest.tables import SurveyData
from .design import Design
from .families import family_summary
from .missing import LittleTest
from .needs_model import AbilityModel

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
        about = {"n": _base(row["n"])}
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
    """Effect and adjusted p of every test, and size, findings and detectable difference of every family.

    To three digits: with all of them, the counts behind a test can be worked out one from the others.
    """
    rows: Rows = []
    for row in tests.to_dict("records"):
        key = f"survey.tests.{slug(row['family'])}.{slug(row['item_id'])}"
        rows.append({
            "key": f"{key}.effect", "value": round(row["effect"], 3), "unit": row["effect_name"], "n": _base(row["n"]),
            "estimator": row["test"], "low": round(row["effect_low"], 3), "high": round(row["effect_high"], 3),
            "method": "bias-corrected bootstrap of respondents",
        })  # fmt: skip
        rows.append({
            "key": f"{key}.p_adjusted", "value": float(f"{row['p_adjusted']:.3g}"), "unit": "p", "n": _base(row["n"]),
            "estimator": f"{row['test']}, {row['correction']}",
        })  # fmt: skip
    for row in family_summary(tests).to_dict("records"):
        key = f"survey.tests.{slug(row['family'])}"
        parts = {"size": "tests", "below_05": "tests", "detectable": "Cohen h"}
        # more digits of what could be detected would tell the sizes of the two smallest groups
        values = {"size": row["family_size"], "below_05": row["below_05"], "detectable": round(row["detectable"], 2)}
        rows += [
            {"key": f"{key}.{part}", "value": values[part], "unit": unit, "n": None, "estimator": row["correction"]}
            for part, unit in parts.items()
        ]
    return rows


def rank_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.ranks.<item>``: place with its interval; of a protected table."""
    return [
        {"key": f"survey.ranks.{slug(row['item_id'])}", "value": row["rank"], "unit": "place", "n": row["n"],
         "estimator": "rank of the share", **_interval(row, "rank_low", "rank_high", "bootstrap")}
        for row in table.to_dict("records")
    ]  # fmt: skip


def claim_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.similarity.<column>.<claim>``: value with interval, and the sentence it allows."""
    rows: Rows = []
    for row in table.to_dict("records"):
        key = f"survey.similarity.{slug(row['across'])}.{row['claim']}"
        unit, estimator = ("share", "largest difference") if row["claim"] == "shares" else ("Kendall W", "concordance")
        rows.append({"key": key, "value": row["value"], "unit": unit, "n": None, "estimator": estimator,
                     **_interval(row, "low", "high", "bootstrap")})  # fmt: skip
        rows.append({"key": f"{key}.sentence", "value": row["sentence"], "unit": "text", "n": None,
                     "estimator": f"threshold {row['threshold']:g}"})  # fmt: skip
    return rows


def gap_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.gaps.<need>``: need minus ability in house, with interval; of a protected table."""
    return [
        {"key": f"survey.gaps.{slug(row['item'])}", "value": row["gap"], "unit": "share", "n": _base(row["n_need"]),
         "estimator": "difference of shares", **_interval(row, "low", "high", "Newcombe, paired")}
        for row in table.to_dict("records")
    ]  # fmt: skip


def model_results(model: AbilityModel, slug: Slug) -> Rows:
    """``survey.model.*``: odds ratios with intervals, respondents, clusters, and which effects differ by threshold."""
    freed = ", ".join(model.tests.loc[model.tests["freed"].astype(bool), "term"]) or "none"
    facts = [
        ("respondents", model.respondents, "respondents", "count"),
        ("clusters", model.clusters, "clusters", "count"),
        ("unit", model.unit, "text", model.fit.variance),
        ("freed", freed, "text", "likelihood ratio, Holm"),
        ("loglik", model.fit.loglik, "log-likelihood", "cumulative logit"),
    ]
    rows: Rows = [
        {"key": f"survey.model.{name}", "value": value, "unit": unit, "n": model.respondents, "estimator": estimator}
        for name, value, unit, estimator in facts
    ]
    for row in model.coefficients().to_dict("records"):
        rows.append({
            "key": f"survey.model.{slug(row['term'])}", "value": row["odds_ratio"], "unit": "odds ratio",
            "n": model.respondents, "estimator": "cumulative logit", "low": row["low"], "high": row["high"],
            "method": model.fit.variance,
        })  # fmt: skip
    return rows


def scale_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.scales.<scale>.alpha`` and ``.omega`` with their intervals."""
    methods = {"alpha": "Feldt", "omega": "bootstrap"}
    return [
        {"key": f"survey.scales.{slug(row['scale'])}.{name}", "value": row[name], "unit": name, "n": int(row["n"]),
         "estimator": name, "low": row[f"{name}_low"], "high": row[f"{name}_high"], "method": method}
        for row in table.to_dict("records")
        for name, method in methods.items()
        if _known(row.get(name, float("nan")))
    ]  # fmt: skip


def invariance_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.invariance.<scale>.<step>``: the verdict, and CFI and p of the difference from the step before."""
    rows: Rows = []
    for row in table[table["step"] != ""].to_dict("records"):
        key = f"survey.invariance.{slug(row['scale'])}.{row['step']}"
        about = {"n": _base(row["respondents"]), "estimator": "ordinal factor model, DWLS"}
        rows.append({"key": f"{key}.verdict", "value": row["verdict"], "unit": "text", **about})
        rows.append({"key": f"{key}.cfi", "value": row["cfi"], "unit": "CFI", **about})
        if _known(row["difference_p"]):
            rows.append({"key": f"{key}.p_difference", "value": row["difference_p"], "unit": "p", **about})
    return rows


def little_results(test: LittleTest) -> Rows:
    """``survey.little.statistic``, ``.df`` and ``.p``; its base would tell how few left every item blank."""
    about: dict[str, Any] = {"n": None, "estimator": "Little's test"}
    return [
        {"key": "survey.little.statistic", "value": test.statistic, "unit": "chi-square", **about},
        {"key": "survey.little.df", "value": test.df, "unit": "degrees of freedom", **about},
        {"key": "survey.little.p", "value": test.p, "unit": "p", **about},
    ]


def agreement_results(table: pd.DataFrame, slug: Slug) -> Rows:
    """``survey.open_agreement.<question>.alpha``."""
    return [
        {"key": f"survey.open_agreement.{slug(row['question'])}.alpha", "value": row["alpha"], "unit": "alpha",
         "n": _base(row["answers"]), "estimator": "Krippendorff alpha"}
        for row in table.to_dict("records")
    ]  # fmt: skip


def _interval(row: dict[Any, Any], low: str, high: str, method: str) -> dict[str, Any]:
    """The ends of an interval, and how it was made; nothing where they are hidden or missing."""
    return {"low": row[low], "high": row[high], "method": method} if _known(row[low]) else {}


def _base(n: Any) -> int | None:
    """A base, unless it is hidden."""
    return int(n) if _known(n) else None


def _known(value: Any) -> bool:
    return not isinstance(value, str) and pd.notna(value)
