"""The case-by-code matrix counts what was coded, under a stated rule, and refuses what does not fit together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from interview_data import small_study

from continuum.errors import AnalysisFailed, BadInput, ManyProblems
from continuum.interviews import any_code, code_matrix, segment_matrix


def rows(frame: pd.DataFrame) -> list[str]:
    return ["".join(map(str, row)) for row in frame.to_numpy()]


@pytest.mark.parametrize(
    ("rule", "primary", "expected"),
    [
        ("union", None, ["0110", "0011", "0001", "0000"]),
        ("intersection", None, ["0100", "0000", "0001", "0000"]),
        ("primary", "A", ["0110", "0010", "0001", "0000"]),
        ("primary", "B", ["0100", "0001", "0001", "0000"]),
        ("primary", None, ["0110", "0010", "0001", "0000"]),  # A coded most interviews
    ],
)
def test_presence_follows_the_rule_for_several_coders(rule, primary, expected):
    matrix = code_matrix(small_study(), rule=rule, primary=primary)
    assert rows(matrix) == expected
    assert matrix.attrs["rule"] == rule
    assert list(matrix.columns) == ["money", "wages", "debt", "rent"]


def test_an_interview_without_codings_stays_as_a_row_of_zeros():
    assert code_matrix(small_study()).loc["I4"].sum() == 0


def test_parents_count_where_their_children_do_when_rolled_up():
    assert rows(code_matrix(small_study(), roll_up=True)) == ["1110", "1011", "0001", "0000"]


def test_headings_are_columns_only_when_rolled_up():
    study = small_study()
    study = replace(study, codebook=study.codebook.assign(is_codable=[False, True, True, True]))
    assert list(code_matrix(study).columns) == ["wages", "debt", "rent"]
    assert "money" in code_matrix(study, roll_up=True)


def test_segments_are_counted_once_however_many_coders_marked_them():
    study = small_study()
    doubled = replace(study, codings=pd.concat([study.codings, study.codings.assign(coder_id="C")]))
    assert rows(segment_matrix(study)) == rows(segment_matrix(doubled)) == ["0210", "0011", "0002", "0000"]


def test_neither_row_order_nor_repeated_rows_change_the_matrix():
    study = small_study()
    shuffled = study.codings.sample(frac=1, random_state=3)
    changed = replace(study, codings=pd.concat([shuffled, shuffled], ignore_index=True))
    for rule in ("union", "intersection", "primary"):
        pd.testing.assert_frame_equal(code_matrix(study, rule=rule), code_matrix(changed, rule=rule))


def test_the_adjudicated_coding_counts_and_the_others_do_not():
    study = small_study()
    agreed = pd.DataFrame([("I1", "t1", 0, 5, "words", "rent", "adjudicated"), ("I2", "t2", 0, 5, "words", "wages", "adjudicated")],
                          columns=study.codings.columns)  # fmt: skip
    changed = replace(study, codings=pd.concat([study.codings, agreed], ignore_index=True))
    assert rows(code_matrix(changed, rule="adjudicated")) == ["0001", "0100", "0001", "0000"]


def test_an_interview_coded_twice_and_never_adjudicated_is_named():
    study = small_study()
    extra = pd.DataFrame([("I1", "t1", 0, 5, "words", "rent", "adjudicated")], columns=study.codings.columns)
    changed = replace(study, codings=pd.concat([study.codings, extra], ignore_index=True))
    with pytest.raises(BadInput, match="'I2' has several coders"):
        code_matrix(changed, rule="adjudicated")


def test_unknown_codes_and_interviews_are_listed_with_their_rows():
    study = small_study()
    codings = study.codings.copy()
    codings.loc[1, "code_id"] = "wagse"
    codings.loc[4, "interview_id"] = "I9"
    with pytest.raises(ManyProblems) as caught:
        code_matrix(replace(study, codings=codings))
    assert "codings, row 2: code_id 'wagse' is not in codebook" in caught.value.message
    assert "codings, row 5: interview_id 'I9' is not in interviews" in caught.value.message


def test_a_code_without_definition_is_an_error_that_names_it_unless_allowed():
    study = small_study()
    study = replace(study, codebook=study.codebook.assign(definition=["x", " ", "x", None]))
    with pytest.raises(ManyProblems, match="codebook, row 2: code 'Unpaid wages' has no definition") as caught:
        code_matrix(study)
    assert "row 4: code 'High rents'" in caught.value.message
    assert code_matrix(study, definitions="optional").shape == (4, 4)


def test_an_interview_listed_twice_is_an_error():
    study = small_study()
    twice = pd.concat([study.interviews, study.interviews.iloc[[0]]], ignore_index=True)
    with pytest.raises(ManyProblems, match="interviews, row 5: interview_id 'I1' stands here a second time"):
        code_matrix(replace(study, interviews=twice))


def test_an_unknown_rule_or_coder_is_answered_with_those_that_exist():
    with pytest.raises(BadInput, match="use one of: adjudicated, union"):
        code_matrix(small_study(), rule="majority")
    with pytest.raises(BadInput, match="coders are: 'A', 'B'"):
        code_matrix(small_study(), rule="primary", primary="Z")


def test_a_bare_table_of_codings_is_enough():
    table = pd.DataFrame({"interview_id": ["x", "x", "y"], "code_id": ["b", "a", "a"]})
    assert code_matrix(table).to_dict("list") == {"a": [1, 1], "b": [1, 0]}
    with pytest.raises(BadInput, match="'code_id'"):
        code_matrix(table.drop(columns="code_id"))


def test_any_code_of_a_group_counts_once_for_the_group():
    groups = pd.Series({"money": "m", "wages": "m", "debt": "m", "rent": None})
    assert any_code(code_matrix(small_study()), groups).to_dict("list") == {"m": [1, 1, 0, 0]}


def test_a_code_below_itself_is_an_error():
    study = small_study()
    circle = study.codebook.assign(parent_id=["wages", "money", None, None])
    with pytest.raises(AnalysisFailed, match="stands below itself"):
        code_matrix(replace(study, codebook=circle), roll_up=True)


def test_codings_without_a_coder_count_as_one_coder():
    study = small_study()
    matrix = code_matrix(replace(study, codings=study.codings.assign(coder_id=None)), rule="intersection")
    assert np.array_equal(matrix, code_matrix(study))
