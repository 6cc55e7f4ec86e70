"""Every known answer of the interview room, at the tolerance that its row gives."""

from __future__ import annotations

import pytest
from known_answers import known
from oracles.interviews_checks import CHECKS


@pytest.mark.shared
@pytest.mark.parametrize("row_id", sorted(CHECKS))
def test_known_answer_is_met_at_its_tolerance(row_id):
    assert not known(row_id).failures(CHECKS[row_id]())
