"""A real coding project goes through every summary: one interview, one coder, sixty codes in three levels."""

from __future__ import annotations

import pytest
from support import shared_data

from continuum.errors import ManyProblems, TooFewInterviews
from continuum.ingest import read_interviews
from continuum.interviews import (
    agreement,
    anchor_quotes,
    code_matrix,
    code_summary,
    cooccurrence,
    saturation,
    saturation_summary,
    segment_matrix,
)
from continuum.interviews.quotes import NONE_QUOTABLE

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def project():
    return read_interviews(shared_data("interviews/refi_qda/oltas.qdpx"))


def test_thirty_of_sixty_codes_are_used(project):
    matrix = code_matrix(project, definitions="optional")
    assert matrix.shape == (1, 60)
    assert matrix.to_numpy().sum() == 30


def test_ninetyseven_codings_on_twenty_spans_are_counted_as_segments_per_code(project):
    segments = segment_matrix(project, definitions="optional")
    assert segments.to_numpy().sum() == len(project.codings.drop_duplicates(["segment_id", "code_id"]))


def test_codes_without_definition_are_reported_with_their_names_and_the_setting_that_allows_them(project):
    with pytest.raises(ManyProblems, match=r"interviews\.definitions: optional") as caught:
        code_matrix(project)
    assert "alacsony fogékonyság" in caught.value.message


def test_parents_count_where_their_children_do(project):
    table = code_summary(project, definitions="optional").set_index("id")
    parent = project.codebook.loc[project.codebook["parent_id"].isna(), "code_id"]
    used = set(project.codings["code_id"])
    children = project.codebook.set_index("code_id")["parent_id"]
    for code in parent:
        below = {c for c, p in children.items() if p == code} & used
        if below:
            assert table.at[code, "interviews"] == 1


def test_one_interview_by_one_coder_is_counted_and_everything_else_refused(project):
    matrix = code_matrix(project, definitions="optional")
    assert cooccurrence(matrix).draws == 0
    assert saturation_summary(matrix)["verdict"].tolist() == ["too few interviews"]
    for question in (lambda: saturation(matrix), lambda: agreement(project)):
        with pytest.raises(TooFewInterviews):
            question()


def test_nothing_is_quoted_without_recorded_consent(project):
    assert set(anchor_quotes(project, synthetic=False)["excerpt"]) == {NONE_QUOTABLE}
