"""Whatever a tool counts, a passage ends up at the same place of the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.ingest.offsets import UNITS, Passage, Positions, decide, normalize, pool, same_text, score

TEXT = "Int: Hello, José.\r\nR: I was 👍👍 afraid — very.\r\nYes 👍 yes, the rent and the food came late.\r\n"


def counted(text: str, unit: str) -> int:
    return {"codepoints": len(text), "utf16": len(text.encode("utf-16-le")) // 2, "bytes": len(text.encode())}[unit]


def passages(words: list[str], unit: str, line_ends: str) -> list[Passage]:
    text = TEXT if line_ends == "kept" else normalize(TEXT)
    found = []
    for word in words:
        start = counted(text[: text.index(word)], unit)
        found.append(Passage(start, start + counted(word, unit)))
    return found


@pytest.mark.parametrize("line_ends", ["kept", "one"])
@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_is_found_from_word_boundaries(unit, line_ends):
    words = ["José", "afraid", "very", "yes", "rent", "food", "late", "came"]
    coded = passages(words, unit, line_ends)
    best = decide(score(TEXT, coded), coded).best
    assert best is not None
    assert (best.unit, best.line_ends) == (unit, line_ends)
    assert [normalize(TEXT)[slice(*span)] for span in best.spans] == words


def test_a_text_in_which_all_units_agree_takes_the_specifications():
    coded = [Passage(0, 5)]
    finding = decide(score("plain words\n", coded), coded)
    assert finding.best is not None
    assert finding.best.name == "codepoints"
    assert "every unit gives the same result" in finding.evidence


def test_stored_text_decides_even_where_some_of_it_is_stale():
    text = "👍👍 abc def ghi"
    coded = [Passage(5, 8, "abc"), Passage(9, 12, "def"), Passage(13, 16, "an older text")]
    best = decide(score(text, coded), coded).best
    assert best is not None
    assert best.unit == "utf16"


def test_a_text_without_word_boundaries_does_not_decide():
    coded = [Passage(3, 5), Passage(4, 6)]
    assert decide(score("👍" + "x" * 20, coded), coded).best is None


def test_documents_of_one_file_decide_together():
    first = passages(["José"], "utf16", "kept")
    second = passages(["afraid", "very", "food", "late"], "utf16", "kept")
    pooled = pool([score(TEXT, first), score(TEXT, second)])
    best = decide(pooled, [*first, *second]).best
    assert best is not None
    assert best.name == "utf16"


def test_a_position_inside_a_character_moves_outward():
    assert Positions("a👍b", "utf16", "kept").convert(2, 4) == (1, 3, True)
    assert Positions("é", "bytes", "kept").convert(0, 1) == (0, 1, True)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 2), (-1, 2), (0, 100)])
def test_positions_outside_of_the_text_are_none(start, end):
    assert Positions("abc", "codepoints", "kept").convert(start, end) is None


def test_a_stored_text_may_be_cut_short():
    assert same_text("I was afraid of the land...", "I was  afraid of the landlord and of debt")
    assert not same_text("I was...", "I was afraid")


@given(
    st.text(alphabet=st.sampled_from("a é👍\n\r—"), max_size=40),
    st.sampled_from(UNITS),
    st.sampled_from(["kept", "one"]),
    st.data(),
)
def test_converted_positions_cut_out_the_same_characters(raw, unit, line_ends, data):
    """Known truth: choose characters, count in the tool's unit, convert back."""
    characters = list(raw) if line_ends == "kept" else re.findall(r"\r\n|[\s\S]", raw)
    stored = "".join(characters) if line_ends == "kept" else raw.replace("\r\n", "\n")
    first = data.draw(st.integers(0, len(stored)))
    last = data.draw(st.integers(first, len(stored)))
    start, end = counted(stored[:first], unit), counted(stored[:last], unit)
    converted = Positions(raw, unit, line_ends).convert(start, end)
    if start == end:
        assert converted is None
    else:
        assert converted is not None
        cut = normalize(raw)[converted[0] : converted[1]]
        whole = "".join(characters[first:last])  # CR before CR LF is a line end of its own
        # CR LF cut in its middle belongs to the side that holds LF.
        assert cut in {normalize(whole), normalize(whole.removesuffix("\r")), normalize("\r\n" + whole[1:])}
