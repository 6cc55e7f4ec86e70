"""A figure in every stored form: drawn offline, named for a screen reader, the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from continuum.charts import figure
from continuum.charts.base import LAB_MIME
from continuum.provenance import SYNTHETIC_NOTE

DATA = pd.DataFrame({"group": ["a", "b"], "value": [1.0, float("nan")]})


def chart() -> alt.Chart:
    choice = alt.selection_point(fields=["group"])
    return alt.Chart(DATA).mark_bar().encode(x="value:Q", y="group:N").add_params(choice)


def drawn(*, synthetic: bool = True):
    return figure(chart(), title="Value by group", alt="Two bars", synthetic=synthetic, note="n = 2")


def test_a_figure_is_stored_as_chart_picture_and_text():
    data, metadata = drawn()._repr_mimebundle_()
    assert set(data) == {LAB_MIME, "image/svg+xml", "image/png", "text/plain"}
    assert metadata["image/png"]["alt"] == "Two bars"
    assert "text/html" not in data


def test_the_picture_names_itself_and_says_synthetic():
    figure_ = drawn()
    assert 'aria-label="Two bars"' in figure_.svg
    assert "<title>Two bars</title>" in figure_.svg
    assert SYNTHETIC_NOTE in figure_.svg
    assert SYNTHETIC_NOTE not in drawn(synthetic=False).svg


def test_missing_values_are_null_in_the_specification():
    text = json.dumps(drawn().spec, allow_nan=False)
    assert "null" in text


def test_names_do_not_depend_on_how_many_charts_were_made_before():
    first = json.dumps(drawn().spec)
    chart()
    assert json.dumps(drawn().spec) == first


def test_a_figure_needs_a_title_and_a_text_alternative():
    with pytest.raises(ValueError, match="text alternative"):
        figure(chart(), title="T", alt="", synthetic=False)


def test_the_files_of_a_figure(tmp_path: Path):
    drawn().write(tmp_path / "fig-x")
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".svg", ".png"}
