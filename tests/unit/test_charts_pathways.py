"""Pictures of pathways: what they draw, what they say without color, and what they never hold."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import vl_convert

from continuum.charts.base import figure
from continuum.charts.effects import effect_dots
from continuum.charts.pathways import _boxes_and_bands, _stays, control_lines, state_diagram, timelines
from continuum.charts.profile import profile_dots
from continuum.charts.scenarios import (
    acceptability_lines,
    break_even_explorer,
    cost_effectiveness_plane,
    tornado_bars,
)
from continuum.disclosure import Rule
from continuum.ingest.assessments import load_assessments
from continuum.ingest.pathway_tables import load_panel, load_surveillance
from continuum.model import Pathways, break_even
from continuum.model import self_assessment as sa
from continuum.model.case_effects import published_effects
from continuum.model.pathway_summary import HISTORY, service_flows, simulated_people, transition_rates
from continuum.model.self_assessment_groups import publishable
from continuum.model.surveillance import chart_of
from continuum.provenance import Provenance
from continuum.published import effects
from continuum.study import load_study

LEVELS = ["stable", "vulnerable", "violence or exploitation", "trafficking"]


@pytest.fixture(scope="module")
def fit():
    return Pathways.fit(load_panel(load_study("demo")))


def spec(chart) -> dict:
    drawn = figure(chart, title="T", alt="A", synthetic=True)
    assert "SYN-" not in json.dumps(drawn.spec)
    assert len(drawn.png) > 1000
    return drawn.spec


def test_the_state_diagram_has_an_arrow_for_every_rate(fit):
    rates = transition_rates(fit)
    drawn = json.dumps(spec(state_diagram(rates, LEVELS)))
    assert len(rates) == 20
    assert drawn.count('"head": "triangle-up"') == 4
    assert drawn.count('"head": "triangle-down"') == 4


def test_simulated_people_are_labeled_whatever_the_study_is(fit):
    people = simulated_people(fit, np.random.default_rng(0), people=5, months=6)
    assert people.attrs["provenance"] is Provenance.SYNTHETIC
    assert people["person"].tolist()[:7] == ["person 1"] * 7
    assert spec(timelines(people, LEVELS))


def test_a_stay_lasts_until_the_level_the_person_or_the_record_changes():
    months = pd.DataFrame(
        {"person": ["a"] * 5 + ["b"] * 2, "month": [0, 1, 2, 3, 6, 7, 8], "level": [1, 1, 2, 2, 2, 2, 2]}
    )
    months = months.assign(name=months["level"].astype(str), until=months["month"] + 1)
    assert _stays(months).values.tolist() == [
        ["a", "1", 0, 2], ["a", "2", 2, 4], ["a", "2", 6, 7], ["b", "2", 7, 9],
    ]  # fmt: skip


def test_the_break_even_explorer_moves_in_the_readers_browser():
    drawn = spec(break_even_explorer(break_even(prevention_cost=300, downstream_cost=42_000)))
    sliders = {p["name"]: p for p in drawn["params"] if "bind" in p}
    assert set(sliders) == {"prevention_cost", "downstream_cost"}
    assert sliders["prevention_cost"]["value"] == 300
    moved = json.loads(json.dumps(drawn).replace('"value": 300.0', '"value": 600.0'))
    assert vl_convert.vegalite_to_svg(json.dumps(moved)) != vl_convert.vegalite_to_svg(json.dumps(drawn))


def test_hidden_rates_leave_gaps_and_no_numbers():
    chart = chart_of(load_surveillance(load_study("demo")))
    chart["rate"] = chart["rate"].astype(object)
    chart.loc[0, "rate"] = "[c]"
    values = [row for data in spec(control_lines(chart))["datasets"].values() for row in data]
    assert any(row["rate"] is None for row in values)


def test_effects_without_an_interval_are_hollow():
    table = published_effects(effects())
    values = next(iter(spec(effect_dots(table))["datasets"].values()))
    hollow = {row["factor"] for row in values if row["interval"] == "not published"}
    assert "sexual abuse" in hollow
    assert "posttraumatic stress disorder" not in hollow


def test_profiles_name_no_organization():
    assessed = load_assessments(load_study("demo"))
    shown = sa.pseudonymous(publishable(sa.latest(sa.profiles(assessed)), Rule(5)), np.random.default_rng(0))
    drawn = spec(profile_dots(shown))
    rows = [row for rows in drawn["datasets"].values() for row in rows]
    assert {row["basis"] for row in rows} == {"fewer than 5 raters", "5 or more raters"}
    few = [row for row in rows if row["basis"] == "fewer than 5 raters"]
    assert all(row["score"] is row["low"] is row["gap"] is None and row["mark"] == "[c]" for row in few)
    assert not any("raters" in row for row in rows)


def test_strategies_differ_in_shape_and_color():
    curve = pd.DataFrame(
        {"willingness": [0, 1, 0, 1], "strategy": ["a", "a", "b", "b"], "probability": [0.6, 0.4, 0.4, 0.6]}
    )
    drawn = json.dumps(spec(acceptability_lines(curve, axis="Worth")))
    assert '"shape"' in drawn
    assert '"range": ["circle", "square"]' in drawn


def test_flows_keep_everyone_and_begin_without_a_past(fit):
    flows = service_flows(fit, horizon=12.0)
    assert flows.groupby("from_month")["share"].sum().to_numpy() == pytest.approx(1, abs=0.01)
    first = flows[flows["from_month"] == 0]
    assert set(first["from_state"]) == {"not yet in services"}
    left = flows.loc[flows["from_state"].isin(["left services", "back in services"]), "to_state"]
    assert set(left) == {"left services", "back in services"}


def test_bands_of_entries_and_exits_begin_and_end_in_their_boxes(fit):
    boxes, bands = _boxes_and_bands(service_flows(fit, horizon=12.0), list(HISTORY))
    ends = bands.groupby("flow").agg(low=("low", "first"), high=("high", "first"), month=("month", "first"))
    for row in ends.itertuples():
        at = boxes[(boxes["month"] == row.month)]
        assert ((at["low"] <= row.low + 1e-3) & (row.high <= at["high"] + 1e-3)).any()


def test_pictures_of_scenarios_name_their_currency_and_mark_equality():
    points = pd.DataFrame({"strategy": ["a", "b"] * 3, "draw": [0, 0, 1, 1, 2, 2], "extra_cost": [1.0, -2, 3, 4, 5, 6],
                           "extra_effect": [0.1, 0.2, 0.3, -0.4, 0.5, 0.6]})  # fmt: skip
    shown = cost_effectiveness_plane(points, currency="USD (2019)").to_json()
    assert "Extra cost per person, USD (2019)" in shown
    swings = pd.DataFrame({"line": ["x", "y"], "at_low": [-2.0, 1], "at_high": [3.0, 0], "central": [0.5, 0.5]})
    bars = tornado_bars(swings, axis="Extra net benefit (USD)").to_dict()
    assert bars["layer"][0]["encoding"]["y"]["sort"] == ["x", "y"]
