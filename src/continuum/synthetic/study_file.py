"""The commented ``study.yaml`` of a synthetic study: the example every team copies from."""

from __future__ import annotations

import textwrap

import yaml

from . import questionnaire as q
from .survey import BLOCKS
from .vocabulary import CODES

_SETS: dict[str, tuple[str, str, dict[str, object]]] = {
    "ws_labor": ("warning", "frequency", {"formative": True, "exploitation": "labor"}),
    "ws_sex": ("warning", "frequency", {"formative": True, "exploitation": "sex"}),
    "micro": ("micro", "extent", {}),
    "macro": ("macro", "extent", {}),
    "need": ("need", "frequency", {"formative": True}),
    "meet": ("capacity", "capacity", {"formative": True}),
}


def study_yaml(study: str, seed: int, world: str, n_interviews: int, n_respondents: int) -> str:
    """Text of ``study.yaml``; reading it gives a valid :class:`continuum.study.Study`."""
    parts = [
        _HEAD.format(
            study=study,
            title=study.capitalize(),
            seed=seed,
            world=world,
            n_interviews=n_interviews,
            n_respondents=n_respondents,
        ),
        _INTERVIEWS,
        _block({"areas": _areas(), "levels": _levels()}, flow=False),
        _SURVEY,
        _block({"scales": _scales()}),
        "  # Columns that belong together and are shown as one table.\n",
        _block({"items": _item_sets()}),
        "  # Families of tests, declared before the run; correction applies within a family.\n",
        _block({"families": _families()}),
        _REST,
    ]
    return "".join(parts)


def _areas() -> dict[str, list[str]]:
    areas: dict[str, list[str]] = {}
    for code in CODES:
        areas.setdefault(code.area, []).append(code.name)
    return areas


def _levels() -> dict[str, list[str]]:
    return {level: [code.name for code in CODES if code.level == level] for level in ("micro", "macro")}


def _scales() -> dict[str, object]:
    unsure, not_mine = [q.DONT_KNOW], [q.NOT_APPLICABLE]
    return {
        "frequency": {"levels": list(q.FREQUENCY), "dont_know": unsure, "neutral": "Sometimes", "top": 2},
        "extent": {
            "levels": list(q.EXTENT), "dont_know": unsure, "not_applicable": not_mine, "neutral": "Somewhat", "top": 2,
        },
        "capacity": {"levels": list(q.CAPACITY), "not_applicable": not_mine, "top": 1},
        "yes_no": {"levels": list(q.YES_NO), "dont_know": [q.UNSURE]},
    }  # fmt: skip


def _item_sets() -> dict[str, object]:
    sets: dict[str, object] = {
        "background": {"kind": "single", "columns": ["training", "protocol"], "scale": "yes_no"},
        "experience": {"kind": "number", "columns": ["years"]},
    }
    for block in BLOCKS:
        name, scale, more = _SETS[block.name]
        sets[block.name] = {
            "kind": "scale", "block": name, "scale": scale, "question": block.stem, **more, "columns": block.columns,
            "labels": dict(zip(block.columns, block.texts, strict=True)),
        }  # fmt: skip
    services = [f"services_{k + 1}" for k in range(len(q.SERVICES) + 1)]
    sets["services"] = {
        "kind": "multiple",
        "question": "Which services does your organization offer?",
        "columns": services,
        "none_option": services[-1],
        "labels": dict(zip(services, [*q.SERVICES, q.NONE_OPTION], strict=True)),
    }
    sets["open"] = {"kind": "open", "block": "open", "columns": list(q.OPEN),
                    "labels": {name: text for name, (text, _) in q.OPEN.items()}}  # fmt: skip
    return sets


def _families() -> dict[str, object]:
    columns = {block.name: block.columns for block in BLOCKS}
    return {
        "capacity_by_sector": {"items": columns["meet"], "by": "sector", "correction": "holm"},
        "risk_factors_by_sector": {"items": columns["micro"] + columns["macro"], "by": "sector", "correction": "bh"},
        "warning_signs_by_sector": {
            "items": columns["ws_labor"] + columns["ws_sex"], "by": "sector", "correction": "bh",
        },
    }  # fmt: skip


def _block(value: dict[str, object], *, flow: bool = True) -> str:
    style = None if flow else False
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110, default_flow_style=style)
    return textwrap.indent(text, "  ")


_HEAD = """\
# A SYNTHETIC study in real file formats: {n_interviews} interviews, {n_respondents} respondents, world "{world}".
# Made by continuum.synthetic.make_study; SYNTHETIC.json says how, and what is true in it. Nothing here is a finding.
# Copy this file as a pattern for your own study, or let `compendium new` write one from your exports.
study: {study}
title: "{title} study (synthetic data)"
synthetic: true          # every figure, table and sentence says so
seed: {seed}           # every random number of an analysis follows from it

disclosure:
  threshold: 5           # counts from 1 to 4 are hidden, with a second cell where a total would reveal them
  rounding: 1
"""

_INTERVIEWS = """
# Coded interviews, exported from a coding tool.
interviews:
  files: [interviews.qdpx]
  format: refi-qda
  assertions: assertions.csv       # statements "X led to Y", one row each
  # Both coders coded a part of the interviews; counts use the first coder, agreement uses both.
  rule: primary
  primary_coder: Coder A
  attributes:                      # meaning -> name of the case variable in the export
    sector: Sector
    site: Site
    year: Year
    interviewer: Interviewer
    organisation_id: Organization
    consent_quote: Consent to quote
  consent_values: ["yes"]
  sectors:                         # value in the export -> sector
    Medical: medical
    Education: education
    Legal: legal
    Social services: social
  # Which area of risk each code belongs to, and whether it describes people (micro) or conditions (macro).
"""

_SURVEY = """
# Provider survey, exported from Qualtrics as CSV.
survey:
  files: [survey.csv]
  format: qualtrics
  columns:                         # meaning -> column of the export
    respondent_id: respondent
    sector: sector
    state: state
    organisation: agency
    cluster: agency                # respondents of one agency are not independent
  sectors:                         # value in the export -> sector
    Legal or law enforcement: legal
    Medical: medical
    Non-profit: non-profit
    Social service: social
    Foster care: foster care
  characteristics: [sector, state, years, training, protocol]
  predictors: [sector, state, years, training, protocol]
  similarity: {margin: 0.15, kendall_w: 0.7}     # what this team calls similar, set before looking
  open_codes: open-codes.csv
  # Response scales, lowest level first. "Don't know" and "not applicable" are never levels.
"""

_REST = """
# Organizations' assessments of themselves. The instrument is data: edit instrument.csv to change it.
self_assessment:
  files: [assessments.csv]
  instrument: instrument.csv
  organisations: organisations.csv
  targets: targets.csv

# Case-level data for the continuum model: exposures with ages, and each person's position.
continuum:
  order_limit: 0.30                # H a cumulative scale must reach (Mokken's convention)
  exposures: exposures.csv
  outcomes: outcomes.csv

# Service contacts over time, reports received by quarter, and scenario ledgers (there are no default numbers).
pathways:
  panel: panel.csv
  reports: reports.csv
  denominators: denominators.csv
  lists: lists.csv                 # who is named by which lists, for an estimate of people on none
  ledgers: [example_SYNTHETIC.yml]

# Articles that cite the study (here synthetic ones), and what people decided about their citations.
citations:
  own: {doi: 10.5555/continuum.demo, title: "Demo study (synthetic data): risk as providers see it"}
  articles: citations/articles
  mode: model
  threshold: 0.8
"""
