"""Verdicts follow the data and not the published facts: same margins, opposite structure, different verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from continuum.errors import OrderNotIdentified, SyntheticAsUserData, TooFewCases
from continuum.ingest import load_interviews, load_survey
from continuum.ingest.assessments import load_assessments
from continuum.ingest.cases import load_exposures, load_outcomes
from continuum.interviews import code_matrix
from continuum.model import life_course, response_mechanism
from continuum.study import Study, load_study
from continuum.synthetic import make_study


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> dict[str, Study]:
    """Two complete studies with the published sizes, in real formats, that differ in structure only."""
    folder = tmp_path_factory.mktemp("worlds")
    return {
        "one": load_study(make_study("chain_trigger", folder=folder / "one", mechanism="cumulative")),
        "other": load_study(make_study("common_cause", folder=folder / "other", mechanism="unfolding")),
    }


def gate(study: Study, keep: int | None = None):
    matrix = code_matrix(load_interviews(study), **study.coding_rule)
    return response_mechanism(matrix.iloc[:keep] if keep else matrix, replicates=300, draws=199, seed=1)


def test_both_worlds_have_the_published_sizes_and_the_same_margins(worlds):
    counts = {}
    for name, study in worlds.items():
        interviews = load_interviews(study)
        first = interviews.codings[interviews.codings["coder_id"] == study.interviews.primary_coder]
        names = interviews.codebook.set_index("code_id")["name"]
        per_code = first.groupby("code_id")["interview_id"].nunique().rename(index=names).sort_index()
        exposures, outcomes = load_exposures(study), load_outcomes(study)
        counts[name] = (
            len(interviews.interviews), per_code.to_dict(), exposures["exposure"].value_counts().to_dict(),
            outcomes["level"].value_counts().to_dict(),
        )  # fmt: skip
    assert counts["one"] == counts["other"]
    assert counts["one"][0] == 42
    assert sum(counts["one"][3].values()) == 667


def test_the_gate_never_gives_both_worlds_the_same_mechanism(worlds):
    verdicts = {name: gate(study).verdict for name, study in worlds.items()}
    assert verdicts["one"] != "unfolding"
    assert verdicts["other"] == "unfolding"


def test_the_chain_verdict_differs_between_the_worlds(worlds):
    found = {
        name: life_course(load_outcomes(study)[["person_id", "level"]], load_exposures(study), replicates=20)
        for name, study in worlds.items()
    }
    assert (found["one"].structure, found["one"].outcome) == ("chain", "trigger")
    assert found["other"].structure == "common cause"
    assert "chain of risk" in found["one"].verdict
    assert "chain of risk" not in found["other"].verdict


def test_deleting_ages_is_refused(worlds):
    study = worlds["one"]
    with pytest.raises(OrderNotIdentified):
        life_course(load_outcomes(study)[["person_id", "level"]], load_exposures(study).drop(columns="age"))


def test_fifteen_interviews_are_too_few_for_an_order(worlds):
    with pytest.raises(TooFewCases):
        gate(worlds["one"], keep=15)


def test_declaring_a_synthetic_study_as_ones_own_is_refused_by_every_importer(worlds):
    study = worlds["one"]
    own = study.model_copy(update={"synthetic": False})
    own._folder, own._lines = study._folder, study._lines
    for load in (load_interviews, load_survey, load_assessments, load_exposures, load_outcomes):
        with pytest.raises(SyntheticAsUserData):
            load(own)


def test_ones_own_identifiers_are_not_mistaken_for_synthetic_ones():
    table = pd.DataFrame({"person_id": ["SYNAGOGUE-1", "P2"], "value": np.arange(2)})
    from continuum.ingest.guard import refuse_synthetic

    refuse_synthetic(table, file="own.csv", synthetic=False)
