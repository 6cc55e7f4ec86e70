"""Sentences end where a reader ends them, and marks stay with the sentence they document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.citations.sentences import split

CASES = {
    "superscript after the stop": ("It rose.12 The rest fell.", ["It rose.12 ", "The rest fell."]),
    "bracket after the stop": ("It rose. [12] The rest fell.", ["It rose. [12] ", "The rest fell."]),
    "several brackets after the stop": ("It rose. [1], [2] The rest fell.", None),
    "et al. inside": ("As Lee et al. found, it rose. Then not.", ["As Lee et al. found, it rose. ", "Then not."]),
    "et al. with mark inside": ("Lee et al. [4] found this.", ["Lee et al. [4] found this."]),
    "figure": ("See Fig. 2 for this. Then go.", ["See Fig. 2 for this. ", "Then go."]),
    "e.g.": ("Some (e.g. Housing) matter. Then go.", ["Some (e.g. Housing) matter. ", "Then go."]),
    "i.e.": ("Some, i.e. Housing, matter.", ["Some, i.e. Housing, matter."]),
    "cf. and vs.": ("It is cf. Smith vs. Jones here.", ["It is cf. Smith vs. Jones here."]),
    "U.S.": ("In the U.S. Congress met. Then go.", ["In the U.S. Congress met. ", "Then go."]),
    "No. 5": ("Order No. 5 came. Then go.", ["Order No. 5 came. ", "Then go."]),
    "title": ("Dr. Lee spoke. Then go.", ["Dr. Lee spoke. ", "Then go."]),
    "initials": ("Work by J. K. Lee helped. Then go.", ["Work by J. K. Lee helped. ", "Then go."]),
    "page": ("On p. 4 it says so.", ["On p. 4 it says so."]),
    "species": ("Culex sp. Larvae were few. Then go.", ["Culex sp. Larvae were few. ", "Then go."]),
    "decimal": ("It was 3.5 Percent. Then go.", ["It was 3.5 Percent. ", "Then go."]),
    "DOI and URL": ("At doi.org/10.1/AB.C and http://a.B/c.D it is. Then go.", None),
    "version": ("We used R 4.2.2 Here. Then go.", ["We used R 4.2.2 Here. ", "Then go."]),
    "closing quote": ("They said “it rose.” Then it fell.", ["They said “it rose.” ", "Then it fell."]),
    "closing bracket": ("It rose (so we saw.) Then it fell.", ["It rose (so we saw.) ", "Then it fell."]),
    "opening quote": ("It rose. “Then it fell.”", ["It rose. ", "“Then it fell.”"]),
    "opening bracket": ("It rose. (Then it fell.)", ["It rose. ", "(Then it fell.)"]),
    "opening digit": ("It rose. 12 people left.", ["It rose. ", "12 people left."]),
    "opening Greek letter": ("It rose. Α rose too.", ["It rose. ", "Α rose too."]),
    "question": ("Did it rise? It did! And… Then it fell.", ["Did it rise? ", "It did! ", "And… ", "Then it fell."]),
    "mark opens": ("It rose. [5] showed that it fell.", ["It rose. ", "[5] showed that it fell."]),
}  # fmt: skip


@pytest.mark.parametrize("name", [k for k, v in CASES.items() if v[1]])
def test_a_sentence_ends_rightly_with(name: str):
    text, expected = CASES[name]
    assert [text[a:b] for a, b in split(text)] == expected


def test_a_known_mark_after_the_stop_stays_with_its_sentence():
    text = "It rose.a,b The rest fell."
    spans = split(text, [(8, 9), (10, 11)])
    assert text[slice(*spans[-1])].endswith("The rest fell.")


@given(st.text(alphabet="aB .?!…[]()\"'12é中", max_size=80))
def test_no_text_is_lost(text: str):
    spans = split(text)
    assert "".join(text[a:b] for a, b in spans) == text
