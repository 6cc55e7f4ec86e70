"""Ranges reach the references between their ends, and each reference sees its own mark in the sentence."""

from __future__ import annotations

import pytest

from continuum.citations.marks import Mark, expand_ranges, masked

ORDER = [f"b{i}" for i in range(1, 30)]


def marks_in(text: str) -> list[Mark]:
    import re

    return [Mark(m.start(), m.end(), (f"b{m.group(0)}",)) for m in re.finditer(r"\d+", text)]


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("so [5]–[7] says", ["b5", "b7", "b6"]),
        ("so [5]-[7] says", ["b5", "b7", "b6"]),
        ("so 5−7 says", ["b5", "b7", "b6"]),
        ("so [5], [7] says", ["b5", "b7"]),
        ("so [14]—a set of tools [16]", ["b14", "b16"]),
        ("so [5]–[6] says", ["b5", "b6"]),
    ],
)
def test_a_range_is_expanded(text: str, reached: list[str]):
    expanded, warnings = expand_ranges(text, marks_in(text), ORDER)
    assert [r for m in expanded for r in m.refs] == reached
    assert warnings == []


def test_a_range_printed_in_one_mark_is_expanded():
    expanded, _ = expand_ranges("as [1–3] show", [Mark(4, 7, ("b1",))], ORDER)
    assert expanded[0].refs == ("b1", "b2", "b3")
    assert expanded[0].ranged == {"b2", "b3"}


def test_a_descending_or_endless_range_keeps_its_ends_with_a_warning():
    text = "so [7]–[5] says"
    expanded, warnings = expand_ranges(text, marks_in(text), ORDER)
    assert [r for m in expanded for r in m.refs] == ["b7", "b5"]
    assert "range_unresolved" in warnings[0]
    long = [f"b{i}" for i in range(1, 200)]
    assert expand_ranges("so [1]–[99]", marks_in("so [1]–[99]"), long)[1]


def test_author_year_marks_are_never_a_range():
    text = "so Lee 2001 – Park 2005 says"
    two = [Mark(3, 11, ("b1",)), Mark(14, 23, ("b9",))]
    assert [m.refs for m in expand_ranges(text, two, ORDER)[0]] == [("b1",), ("b9",)]


@pytest.mark.parametrize(
    ("text", "ref", "expected"),
    [
        ("This agrees with [1] but not with [2].", "b1", "This agrees with TREF but not with OREF."),
        ("This agrees with [1] but not with [2].", "b2", "This agrees with OREF but not with TREF."),
        ("Seen before [1], [2], [3].", "b2", "Seen before TREF."),
        ("Lee et al. (2) found it.", "b2", "TREF found it."),
        ("Lee and Park 2 found it.", "b2", "TREF found it."),
        ("It rose.12", "b12", "It rose. TREF"),
    ],
)
def test_each_reference_sees_its_own_mark(text: str, ref: str, expected: str):
    assert masked(text, marks_in(text), ref)[0] == expected
