"""Summaries count interviews before shares, by group, with Wilson intervals."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest
import vl_convert
from interview_data import small_study, world

from continuum.charts.heatmap import heatmap
from continuum.disclosure import Rule, protect
from continuum.errors import BadInput
from continuum.interviews import code_summary
from continuum.interviews import presentation as show


def cell(table, kind, name, group="all"):
    return table[(table["kind"] == kind) & (table["id"] == name) & (table["group"] == group)].iloc[0]


def test_counts_shares_and_segments_are_those_counted_by_hand():
    table = code_summary(small_study(), by="sector")
    assert list(table["group"].unique()) == ["legal", "medical", "not stated", "all"]
    rent = cell(table, "code", "rent")
    assert (rent["interviews"], rent["base"], rent["share"], rent["segments"]) == (2, 4, 0.5, 3)
    assert cell(table, "code", "rent", "legal")["interviews"] == 1
    assert cell(table, "code", "rent", "not stated")["base"] == 1


def test_an_area_counts_an_interview_that_mentions_any_of_its_codes():
    table = code_summary(small_study())
    assert cell(table, "area", "economic insecurity")["interviews"] == 2
    assert cell(table, "level", "micro")["interviews"] == 2
    assert cell(table, "level", "macro")["interviews"] == 2


def test_a_parent_counts_where_its_children_do_and_shows_its_path():
    table = code_summary(small_study())
    assert cell(table, "code", "money")["interviews"] == 2
    assert cell(table, "code", "wages")["path"] == "Money > Unpaid wages"


def test_headings_are_summarized_apart_from_codes():
    study = small_study()
    study = replace(study, codebook=study.codebook.assign(is_codable=[False, True, True, True]))
    table = code_summary(study)
    assert cell(table, "heading", "money")["interviews"] == 2
    assert "money" not in set(table.loc[table["kind"] == "code", "id"])


def test_intervals_are_wilsons():
    rent = cell(code_summary(small_study()), "code", "rent")
    z = 1.959963984540054
    half = z * (0.5 * 0.5 / 4 + z**2 / 64) ** 0.5 / (1 + z**2 / 4)
    assert (rent["low"], rent["high"]) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-12)


def test_summing_over_sectors_gives_all_interviews():
    table = code_summary(world(), by="sector")
    codes = table[table["kind"] == "code"]
    inner = codes[codes["group"] != "all"].groupby("id")[["interviews", "base", "segments"]].sum()
    whole = codes[codes["group"] == "all"].set_index("id")[["interviews", "base", "segments"]]
    assert inner.sort_index().equals(whole.sort_index())


def test_an_unknown_column_is_answered_with_those_that_exist():
    with pytest.raises(BadInput, match="no column 'sektor'"):
        code_summary(small_study(), by="sektor")


def test_protected_tables_hide_small_counts_with_their_shares():
    table = protect(code_summary(world(), by="sector"), Rule(), **show.SUMMARY_CELLS)
    hidden = table[table["interviews"] == "[c]"]
    assert len(hidden) > 0
    assert (hidden[["share", "low", "high", "segments"]] == "[c]").all(axis=None)
    wide = show.sector_table(table, "code")
    assert (wide == "[c]").any(axis=None)
    assert wide.columns[-1] == "all (n = 42)"


def test_shares_of_small_bases_have_no_decimals():
    table = protect(code_summary(world(n=42)), Rule(), **show.SUMMARY_CELLS)
    assert "." not in "".join(show.code_table(table)["share"])
    assert "." in "".join(show.code_table(protect(code_summary(world(n=120)), Rule(), **show.SUMMARY_CELLS))["share"])


def test_codes_are_listed_from_the_most_to_the_least_often_mentioned():
    table = protect(code_summary(world()), Rule(), **show.SUMMARY_CELLS)
    counts = show.code_table(table)["interviews"].tolist()
    assert counts == sorted(counts, reverse=True)


def test_codes_can_be_put_in_every_order_that_is_named():
    summary = protect(code_summary(world(), by="sector"), Rule(), **show.SUMMARY_CELLS)
    codes = show.of_everyone(summary, "code")
    share = pd.to_numeric(codes.set_index("name")["share"], errors="coerce").fillna(-1)
    by_share, by_area, by_name = (show.in_order(summary, "code", by) for by in ("share", "area", "name"))
    assert share[by_share].is_monotonic_decreasing
    areas = codes.set_index("name")["area"][by_area]
    assert areas.is_monotonic_increasing
    assert all(share[part.index].is_monotonic_decreasing for _, part in areas.groupby(areas))
    assert by_name == sorted(by_name, key=str.casefold)
    assert show.in_order(summary, "code", "codebook") == codes["name"].tolist()
    assert show.code_table(summary, "name")["code"].str.split(" > ").str[-1].tolist() == by_name
    assert show.sector_table(summary, "area", "name")["area"].is_monotonic_increasing
    with pytest.raises(BadInput, match="share, area, name, codebook"):
        show.in_order(summary, "code", "size")


def test_a_reader_of_the_heat_map_chooses_among_orders_of_rows_and_the_first_is_drawn():
    summary = protect(code_summary(world(), by="sector"), Rule(), **show.SUMMARY_CELLS)
    drawn = show.in_order(summary, "code", "share")[:6]
    orders = show.row_orders(summary, drawn, "name")
    assert next(iter(orders)) == show.ORDERS["name"]
    assert all(sorted(order) == sorted(drawn) for order in orders.values())
    assert [name for name in orders if name.startswith("most often in")]
    cells = show.sector_cells(summary, "code", drawn)
    chart = heatmap(cells, row="name", column="column", value="share", text="text", legend="Share", orders=orders)
    spec = chart.to_dict()
    (menu,) = [param for param in spec["params"] if param["name"] == "row_order"]
    assert menu["bind"]["options"] == list(orders)
    assert labels_down(spec, orders) == sorted(drawn, key=str.casefold)
    menu["value"] = other = list(orders)[1]
    assert labels_down(spec, orders) == orders[other]


def labels_down(spec: dict, orders: dict) -> list[str]:
    """Row labels of a drawn chart from top to bottom."""
    svg = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))
    words = {name for order in orders.values() for name in order}
    found = [
        (float(re.search(r"translate\([^,]+,([-\d.]+)\)", text.get("transform", ""))[1]), text.text)
        for text in svg.iter("{http://www.w3.org/2000/svg}text") if text.text in words
    ]  # fmt: skip
    return [text for _, text in sorted(found)]
