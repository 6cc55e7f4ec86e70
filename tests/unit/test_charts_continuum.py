"""Figures of the continuum model draw what they are given, in the order they say, from aggregates only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from life_cases import chain, levels, long_table, people

from continuum.charts import continuum as draw
from continuum.charts.base import figure
from continuum.charts.heatmap import heatmap
from continuum.charts.specification import specification_curve as runs_curve
from continuum.errors import NoOrderSupported
from continuum.ingest.tables import CODEBOOK_COLUMNS, CodedInterviews, ImportReport, complete, empty
from continuum.model import (
    evidence,
    life_course,
    mokken,
    order_evidence,
    response_mechanism,
    select_ordinal,
    specification_curve,
)
from continuum.model.pairs import GateSettings
from continuum.model.worlds import code_world
from continuum.publish.explore_pairs import pairs_chart


@pytest.fixture(scope="module")
def interviews() -> CodedInterviews:
    codes = [f"c{k:02d}" for k in range(12)]
    book = pd.DataFrame({"code_id": codes, "name": [f"Code {k}" for k in range(12)]})
    book = book.assign(area=["work", "home", "school"] * 4, level=["micro", "macro"] * 6)
    nothing = empty(("interview_id",))
    return CodedInterviews(nothing, nothing, complete(book, CODEBOOK_COLUMNS), nothing, ImportReport())


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    values, _ = code_world("cumulative-equal", 80, 12, np.random.default_rng(1))
    return pd.DataFrame(values, columns=[f"c{k:02d}" for k in range(12)])


@pytest.fixture(scope="module")
def life():
    rng = np.random.default_rng(2)
    met = chain(200, 3, rng)
    return people(levels(met.sum(axis=1), rng)), long_table(met)


def rendered(chart) -> str:
    return figure(chart, title="Title", alt="What it shows", synthetic=True).svg


def test_the_gate_is_drawn_with_its_limits(matrix):
    gate = response_mechanism(matrix, replicates=200, draws=199)
    found = evidence.gate_evidence(gate)
    assert found.set_index("quantity").loc["verdict", "value"] == "cumulative"
    assert "cumulative" in rendered(draw.mechanism_chart(found, order_limit=0.3))
    assert set(evidence.gate_characteristics(gate)["n"]) == {100}


def test_an_order_is_drawn_in_rows_by_area_and_told_in_words(matrix, interviews):
    gate = response_mechanism(matrix, replicates=200, draws=199)
    order = evidence.mention_order(gate, mokken(matrix, replicates=300), 0.95)
    names = evidence.code_names(interviews)
    nodes, edges = evidence.order_nodes(order, interviews), evidence.order_edges(order, names, 80)
    some = evidence.order_edges(order, names, 80, nodes[nodes["area"] == "work"].assign(n=60))
    assert 0 < len(some) < len(edges)
    assert set(some["n"]) == {60}
    assert set(edges["n"]) == {80}
    chart = draw.order_chart(nodes, edges, place="place", axis="Layer")
    spec = chart.to_dict()
    rows = spec["layer"][-1]["encoding"]["y"]["scale"]["domain"]
    areas = nodes.set_index("code")["area"].loc[rows].tolist()
    assert areas == sorted(areas)
    assert "Code 1" in rendered(chart)
    first = nodes[nodes["place"] == 1].iloc[0]
    assert "Code" in first["next"]
    assert "(1.00)" in " ".join(nodes["next"])
    keyed = draw.order_chart(nodes.assign(result="continuum.items.x"), edges, place="place", axis="Layer")
    assert "result" in str(keyed.to_dict()["layer"][-1]["encoding"]["tooltip"])


def test_no_order_is_drawn_where_none_is_supported():
    values, _ = code_world("independent", 60, 12, np.random.default_rng(3))
    gate = response_mechanism(values, replicates=200, draws=199)
    with pytest.raises(NoOrderSupported):
        evidence.mention_order(gate, mokken(values, replicates=50), 0.95)


def test_an_order_without_any_supported_pair_is_drawn_without_lines():
    nodes = pd.DataFrame({"code": ["a", "b"], "area": "x", "level": "micro", "place": [1, 1]})
    edges = pd.DataFrame({"first": [], "second": [], "support": []})
    assert "a" in rendered(draw.order_chart(nodes, edges, place="place", axis="Layer"))


def test_life_course_figures_show_every_hypothesis(life):
    verdict = life_course(*life, replicates=20)
    table = evidence.life_hypotheses(verdict)
    svg = rendered(draw.hypothesis_chart(table))
    assert "common cause" in svg
    assert "saturated" in svg
    shares = rendered(draw.power_chart(evidence.life_power(verdict)))
    assert "clearly misled" in shares
    assert evidence.life_summary(verdict).set_index("quantity").loc["verdict", "value"] == verdict.verdict
    assert len(evidence.life_order(verdict)) == 3


def test_the_curve_has_a_row_for_every_choice(life):
    curve = specification_curve(*life, permutations=9)
    points = evidence.curve_points(curve)
    assert points["effect"].is_monotonic_increasing
    assert "link: cloglog" in rendered(draw.curve_chart(points))
    assert evidence.curve_summary(curve)["n"].tolist() == [len(points)] * 4


def test_of_thousands_of_specifications_a_readable_number_is_drawn_and_said():
    ranks = np.arange(1, 4001)
    points = pd.DataFrame({"rank": ranks, "effect": ranks / 1000, "low": 0.0, "high": 9.0, "p": 0.01})
    points = points.assign(outcome="all levels", exposure="debt", covariates="none", link="logit")
    chart = draw.curve_chart(points).to_dict()
    drawn = next(rows for rows in chart["datasets"].values() if len(rows) == draw.MOST_SPECIFICATIONS)
    assert {1, 4000} <= {row["rank"] for row in drawn}
    assert "1,000 of 4,000 drawn" in str(chart)


def test_pairs_are_drawn_by_area_level_and_sector_or_say_why_not(matrix, interviews):
    sectors = pd.Series(["medical"] * 70 + ["legal"] * 10, index=matrix.index, name="sector")
    listed = sectors.rename_axis("interview_id").reset_index()
    own = replace(interviews, interviews=listed)
    names = evidence.code_names(interviews)
    pairs = order_evidence.readiness_pairs(matrix, own, names, gate=GateSettings(replicates=200, draws=199))
    assert {"area", "other_area", "level", "other_level"} <= set(pairs)
    chart = pairs_chart(pairs)
    assert " more readily than Code " in rendered(chart)
    menus = {menu["name"]: menu["bind"]["options"] for menu in chart.to_dict()["params"]}
    assert menus["pair_sector"] == ["all sectors", "legal", "medical"]
    assert menus["pair_area"] == ["home", "school", "work", "all areas"]
    assert menus["pair_level"] == ["all levels", "macro", "micro"]
    reasons = [
        row["reason"] for rows in chart.to_dict()["datasets"].values() for row in rows if row["sector"] == "legal"
    ]
    assert "there are 10" in reasons[0].replace("\n", " ")
    cells = order_evidence.support_matrix(pairs)
    inside = int(mokken(matrix, replicates=2).items["in_scale"].sum())
    assert len(cells) == inside * (inside - 1) / 2
    assert "Code 3" in rendered(heatmap(cells, row="first", column="second", value="support", legend="Share"))


def test_the_selection_table_begins_with_the_selected_hypothesis(life):
    selected = select_ordinal(*life, draws=500)
    assert evidence.selection_path(selected)["hypothesis"].iloc[0] == selected.selected
    assert evidence.selection_summary(selected).set_index("quantity").loc["selected", "value"] == selected.selected


def test_item_tables_hold_every_code_with_its_scale(matrix, interviews):
    scale = mokken(matrix, replicates=100)
    items = evidence.scale_items(scale, matrix, evidence.code_names(interviews))
    assert items["interviews"].is_monotonic_decreasing
    assert set(items["code"]) == {f"Code {k}" for k in range(12)}
    summary = evidence.scale_summary(scale, matrix).set_index("quantity")["value"]
    assert summary["codes in the largest scale found"] >= 5
    assert 0 < summary["invariant ordering HT"] <= 1


def test_a_setting_left_empty_is_said_to_be():
    runs = pd.DataFrame(
        {"run": ["a", "b"], "value": [1.0, 2.0], "low": np.nan, "high": np.nan, "sector": ["", "legal"]}
    )
    text = str(runs_curve(runs, ["sector"], value_title="Median z").to_dict())
    assert "sector = (not set)" in text
    assert "sector = legal" in text
