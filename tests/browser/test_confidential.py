"""The published demonstration study withstands a reader with a solver."""

from __future__ import annotations

from pathlib import Path

import attack
import pytest

pytestmark = pytest.mark.slow


def test_no_hidden_count_of_the_demonstration_can_be_computed_back(demo: Path):
    results = demo / "results" / "demo"
    found, tried = attack.recovered(results, 5, 42)
    assert found == []
    assert tried > 20
    assert attack.hidden_in_one_form_only(results) == []
    assert attack.small_in_results(results, 5) == []
    assert attack.small_in_charts(demo / "_site", 5) == []
