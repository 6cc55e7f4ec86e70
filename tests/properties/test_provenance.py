"""Origins form a join-semilattice, and nothing computed from inputs is stronger than its weakest input."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from continuum.provenance import Origin, Provenance, combined

origins = st.builds(
    Origin, st.sampled_from(list(Provenance)), st.frozensets(st.sampled_from(["a@1", "b@2", "c@3", "d@4"]))
)


@given(origins, origins, origins)
def test_joining_is_associative_commutative_and_idempotent(a, b, c):
    assert (a | b) | c == a | (b | c)
    assert a | b == b | a
    assert a | a == a


@given(origins)
def test_the_empty_origin_is_the_identity(a):
    assert a | Origin() == a


@given(st.lists(origins, min_size=1), st.permutations(range(6)), st.integers(1, 4))
def test_no_use_of_inputs_raises_the_class_or_loses_one(found, order, repeat):
    shuffled = [found[k % len(found)] for k in order] + found * repeat
    result = combined(shuffled)
    assert result == combined(found)
    assert all(result.provenance.value <= one.provenance.value for one in found)
    assert all(one.inputs <= result.inputs for one in found)


@given(st.lists(origins))
def test_one_synthetic_input_makes_every_result_synthetic(found):
    row = Origin(Provenance.SYNTHETIC, frozenset({"SYN@0"}))
    assert combined([*found, row]).provenance is Provenance.SYNTHETIC


def test_a_file_is_known_by_its_content(tmp_path):
    file = tmp_path / "survey.csv"
    file.write_text("a\n1\n")
    before = Origin.of_file(file, Provenance.USER_DATA)
    file.write_text("a\n2\n")
    assert before != Origin.of_file(file, Provenance.USER_DATA)
    assert next(iter(before.inputs)).startswith("survey.csv@")
