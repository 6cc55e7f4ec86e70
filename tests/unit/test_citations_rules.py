"""Cues, and the errors they invite: negation, direction, other people's quarrels, other clauses, methods, wishes."""

from __future__ import annotations

import pytest

from continuum.citations.rules import read, verdict

SENTENCES = {
    "Our results are consistent with TREF.": "supporting",
    "Our findings are in line with those of TREF.": "supporting",
    "This agrees with previous findings TREF.": "supporting",
    "We found similar results to TREF.": "supporting",
    "Our results are not consistent with TREF.": "contrasting",
    "Our results are inconsistent with those reported by TREF.": "contrasting",
    "Our results are not inconsistent with earlier findings TREF.": "supporting",
    "In contrast to TREF, our study found no such difference.": "contrasting",
    "Contrary to previous reports TREF, our data show a decline.": "contrasting",
    "We could not replicate the finding of TREF in our study.": "contrasting",
    "Our results differ from those of TREF.": "contrasting",
    "Our results agree with OREF, but differ from those of TREF.": "contrasting",
    "We used the method of TREF.": "mentioning",
    "Rates were calculated in accordance with the protocol of TREF.": "mentioning",
    "TREF studied housing.": "mentioning",
    "It remains to be seen whether future work will confirm TREF.": "mentioning",
    "OREF was not reproduced by TREF.": "mentioning",
    "Future studies should test whether these associations agree with TREF.": "mentioning",
    # wording of social science and the humanities
    "Our participants' accounts resonate with TREF's description of housing.": "supporting",
    "These findings echo those of TREF, who interviewed shelter staff.": "supporting",
    "Our interviews bear out TREF's argument that rules deter disclosure.": "supporting",
    "Our findings challenge TREF's claim that screening helps.": "contrasting",
    "These accounts complicate the picture drawn by TREF.": "contrasting",
    "Our results call into question the conclusion of TREF.": "contrasting",
    "The evidence presented here undermines the argument of TREF.": "contrasting",
    "We depart from TREF in finding that peers matter more.": "contrasting",
    "Our data do not bear out TREF's prediction.": "contrasting",
    "Our results, unlike those of TREF, suggest that housing precedes contact.": "contrasting",
    # who disagrees with whom
    "Our findings accord with TREF and contradict OREF.": "supporting",
    "Our findings accord with OREF and contradict TREF.": "contrasting",
    "TREF contradicted the findings of OREF.": "mentioning",
    "The findings of TREF are consistent with those of OREF.": "mentioning",
    "If our results agreed with TREF, the policy would be confirmed.": "mentioning",
    "We did not find any contradiction with the results of TREF.": "supporting",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_rule_reads(sentence: str):
    assert verdict(read(sentence)) == SENTENCES[sentence]


def test_the_two_sides_of_one_sentence_get_two_labels():
    first = "Our findings are consistent with TREF but contrary to OREF."
    second = "Our findings are consistent with OREF but contrary to TREF."
    assert verdict(read(first)) == "supporting"
    assert verdict(read(second)) == "contrasting"


def test_a_quarrel_of_others_is_marked():
    assert read("In OREF, the effect was inconsistent with TREF.").third_party


def test_an_empty_sentence_has_no_cue():
    assert verdict(read("")) == "mentioning"
