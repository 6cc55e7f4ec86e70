"""A study's exports in the study's own words: attributes, areas, levels, order, assertions; and the tidy cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from continuum import paths
from continuum.errors import CompendiumError, SyntheticAsUserData, some
from continuum.ingest import load_codebooks, load_interviews, propose_interviews
from continuum.ingest.refi_export import write_qdc, write_qdpx
from continuum.study import Study, load_study

CODES = [
    {"code_id": 1, "name": "Housing", "definition": "Where people stay"},
    {"code_id": 2, "name": "Evicted", "parent_id": 1, "definition": "Lost a home"},
    {"code_id": 3, "name": "Other", "parent_id": 1, "definition": "Anything else"},
    {"code_id": 4, "name": "Money", "definition": "Wages and debt"},
    {"code_id": 5, "name": "Other", "parent_id": 4, "definition": "Anything else"},
    {"code_id": 6, "name": "Hope", "definition": "Not a risk"},
]
TEXT = "They were evicted, then owed money, and there was other trouble and other worry and hope."
CODED = [(2, "evicted"), (4, "money"), (3, "other trouble"), (5, "other worry"), (6, "hope")]


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    return tmp_path


def study(root: Path, **interviews: Any) -> Study:
    folder = root / "data" / "small"
    folder.mkdir(parents=True, exist_ok=True)
    sectors = {"I 1": "Legal aid", "I 2": "Clinic", "I 10": "Clinic"}
    write_qdpx(
        folder / "a.qdpx",
        project="small",
        users=["A", "B"],
        codes=CODES,
        sources=dict.fromkeys(sectors, TEXT),
        codings=[
            {
                "source": source,
                "start": (at := TEXT.index(word)),
                "end": at + len(word),
                "code_id": code,
                "coder": coder,
            }
            for source, coder in (("I 1", "A"), ("I 1", "B"), ("I 2", "A"))
            for code, word in CODED
        ],
        cases=[
            {
                "name": f"case {source}",
                "sources": [source],
                "variables": {"Field": sector, "When": "2014-05-06", "May quote": "Yes", "Email": "a@b.org"},
            }
            for source, sector in sectors.items()
        ],
    )
    section = {
        "files": ["a.qdpx"],
        "attributes": {"sector": "field", "year": "When", "consent_quote": "May quote"},
        "sectors": {"Clinic": "medical", "Legal aid": "legal"},
        "areas": {"housing insecurity": ["Housing"], "economic insecurity": ["money", "Housing > Other"]},
        "levels": {"micro": ["Evicted"], "macro": ["Money"]},
    } | interviews
    content = {"study": "small", "title": "Small", "interviews": {k: v for k, v in section.items() if v is not None}}
    (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return load_study("small")


def problem(root: Path, **interviews: Any) -> str:
    with pytest.raises(CompendiumError) as error:
        load_interviews(study(root, **interviews))
    assert error.value.exit_code == 2
    assert not (root / "results").exists()
    return str(error.value)


def test_attributes_of_cases_become_sector_year_and_consent(root):
    data = load_interviews(study(root))
    assert data.interviews["interview_id"].tolist() == ["I 1", "I 2", "I 10"]
    assert data.interviews["sector"].tolist() == ["legal", "medical", "medical"]
    assert data.interviews["year"].tolist() == [2014] * 3
    assert data.interviews["consent_quote"].tolist() == [True] * 3


def test_attributes_that_identify_a_person_are_dropped_and_counted(root):
    data = load_interviews(study(root))
    assert "Email" not in data.interviews
    assert any("identifying attributes" in line for line in data.report.warnings)


def test_consent_is_only_what_the_study_calls_consent(root):
    data = load_interviews(study(root, consent_values=["in writing"]))
    assert not data.interviews["consent_quote"].any()


def test_a_code_stands_for_everything_below_it_and_the_nearest_mapping_wins(root):
    codebook = load_interviews(study(root)).codebook.set_index("path")
    area = codebook["area"].to_dict()
    assert area["Housing > Evicted"] == "housing insecurity"
    assert area["Housing > Other"] == "economic insecurity"
    assert area["Money > Other"] == "economic insecurity"
    assert codebook["level"].dropna().to_dict() == {
        "Housing > Evicted": "micro", "Money": "macro", "Money > Other": "macro",
    }  # fmt: skip


def test_codes_with_one_name_get_identifiers_with_the_name_above(root):
    ids = load_interviews(study(root)).codebook["code_id"].tolist()
    assert ids == ["housing", "evicted", "housing_other", "money", "money_other", "hope"]


def test_codes_in_use_that_nothing_maps_are_listed(root):
    warnings = load_interviews(study(root)).report.warnings
    assert "1 code in use without area: Hope" in warnings
    assert "2 codes in use without level: Housing > Other; Hope" in warnings


def test_of_many_unmapped_codes_a_few_are_named(root):
    assert some([f"c{k}" for k in range(436)], by="; ") == "c0; c1; c2; c3; c4 and 431 more"
    assert some(["c0", "c1"]) == "c0, c1"


def test_ignored_codes_leave_with_their_codings_and_the_report_counts_them(root):
    data = load_interviews(study(root, ignore_codes=["Hope", "Housing"], areas=None, levels=None))
    assert data.codebook["name"].tolist() == ["Money", "Other"]
    assert len(data.codings) == 6
    assert "4 codes that study.yaml ignores, with 9 codings" in data.report.skipped


def test_levels_of_the_continuum_are_a_column_of_the_codebook(root):
    data = load_interviews(study(root, continuum={"stable": ["Hope"], "vulnerable": ["Housing", "Money"]}))
    assert data.codebook["continuum"].tolist() == ["vulnerable"] * 5 + ["stable"]


def test_interviews_stand_in_the_order_given(root):
    data = load_interviews(study(root, order=["I 10", "I 1", "I 2"]))
    assert data.interviews["interview_id"].tolist() == ["I 10", "I 1", "I 2"]


def test_assertions_are_read_with_codes_by_name_path_or_identifier(root):
    s = study(root, assertions="led.csv", ignore_codes=["Hope"])
    s.folder.joinpath("led.csv").write_text(
        "interview_id,coder_id,from_code,to_code\nI 1,A,Evicted,Money\nI 1,A,housing/other,money_other\nI 2,A,Hope,Money\n"
    )
    data = load_interviews(s)
    assert data.assertions.values.tolist() == [
        ["I 1", "A", "evicted", "money"], ["I 1", "A", "housing_other", "money_other"],
    ]  # fmt: skip
    assert "led.csv: 1 statements about codes that study.yaml ignores" in data.report.skipped


def test_a_csv_gives_attributes_and_interviews_without_codes(root):
    s = study(root, cases="cases.csv", attributes=None, sectors=None)
    s.folder.joinpath("cases.csv").write_text(
        "Interview,sector,year,phone\nI 1.docx,legal,2013,1\nI 2,medical,2014,2\nI 11,social,2015,3\n"
    )
    data = load_interviews(s)
    assert data.interviews["interview_id"].tolist() == ["I 1", "I 2", "I 10", "I 11"]
    assert data.interviews["sector"].fillna("").tolist() == ["legal", "medical", "", "social"]
    assert data.interviews["year"].tolist()[:2] == [2013, 2014]
    assert data.report.personal_columns_dropped == 1
    assert any("no row for 1 interviews: I 10" in line for line in data.report.warnings)


def test_a_codebook_in_its_own_file_adds_definitions_and_codes(root):
    s = study(root, codebook="codes.csv")
    s.folder.joinpath("codes.csv").write_text(
        "code,definition,area\nHope,Something good,\nFear,Being afraid,migration\n"
    )
    codebook = load_interviews(s).codebook.set_index("code_id")
    assert codebook.loc["hope", "definition"] == "Not a risk"
    assert codebook.loc["fear", ["definition", "area"]].tolist() == ["Being afraid", "migration"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"areas": {"education": ["Evictd"]}}, "'Evictd' is not a code. Fix: did you mean 'Housing > Evicted'?"),
        ({"areas": {"education": ["Other"]}}, "'Other' is the name of 2 codes: Housing > Other; Money > Other"),
        ({"areas": {"education": ["Money"], "migration": ["Money"]}}, "stands under both 'education' and 'migration'"),
        ({"attributes": {"sector": "Fild"}}, "interviews have no variable 'Fild'"),
        ({"attributes": {"colour": "Field"}}, "'colour' is not an attribute of interviews"),
        ({"attributes": {"year": "Field"}}, "'Legal aid' is not a year"),
        ({"order": ["I 7"]}, "'I 7' in order: is not an interview"),
        ({"order": ["I 1", "I 1"]}, "'I 1' stands twice in order:"),
        ({"options": {"codr": "A"}}, "unknown option 'codr'. Fix: did you mean 'coder'?"),
        ({"options": {"allow_new_codes": "perhaps"}}, "option 'allow_new_codes' is 'perhaps'. Fix: give a bool"),
        ({"format": "atlas"}, "unknown format 'atlas'"),
        ({"files": ["b.qdpx"]}, "no such file: b.qdpx. Fix: did you mean 'a.qdpx'?"),
    ],
)
def test_a_mapping_that_does_not_fit_is_named_and_nothing_is_written(root, change, expected):
    assert expected in problem(root, **change)


def test_unknown_codes_and_interviews_of_assertions_name_their_row(root):
    s = study(root, assertions="led.csv")
    s.folder.joinpath("led.csv").write_text(
        "interview_id,coder_id,from_code,to_code\nI 9,A,Evicted,Money\nI 1,A,Evictd,Money\n"
    )
    with pytest.raises(CompendiumError) as error:
        load_interviews(s)
    assert "led.csv: row 2, column interview_id: there is no interview 'I 9'" in str(error.value)
    assert "led.csv: row 3, column from_code: 'Evictd' is not a code" in str(error.value)


def test_synthetic_interviews_do_not_pass_as_a_teams_own(root):
    s = study(root, cases="cases.csv", attributes=None, sectors=None)
    s.folder.joinpath("cases.csv").write_text("interview,Synthetic\nI 1,true\n")
    with pytest.raises(SyntheticAsUserData, match="1 interviews are synthetic"):
        load_interviews(s)


def equal(left: Any, right: Any) -> None:
    for table in ("interviews", "codings", "codebook", "assertions"):
        pd.testing.assert_frame_equal(getattr(left, table), getattr(right, table))
    assert left.report == right.report


def test_tidy_tables_are_read_again_until_file_or_mapping_change(root, monkeypatch):
    from continuum.ingest import interview_study

    calls = []
    build = interview_study._build
    monkeypatch.setattr(interview_study, "_build", lambda *a: calls.append(1) or build(*a))
    first = load_interviews(study(root))
    equal(first, load_interviews(study(root)))
    assert len(calls) == 1
    load_interviews(study(root, levels=None))
    assert len(calls) == 2
    file = root / "data" / "small" / "a.qdpx"
    s = study(root)
    write_qdpx(file, project="small", users=[], codes=CODES, sources={"I 1": TEXT}, codings=[])
    with pytest.raises(CompendiumError):
        load_interviews(s)
    assert len(calls) == 3


def test_a_half_written_or_foreign_tidy_table_is_made_again(root):
    first = load_interviews(study(root))
    folder = root / "results" / "small" / "tidy"
    (folder / "interviews.codings.parquet").write_bytes(b"PAR1")
    equal(first, load_interviews(study(root)))
    note = json.loads((folder / "interviews.json").read_text())
    (folder / "interviews.json").write_text(json.dumps({"key": note["key"]}))
    equal(first, load_interviews(study(root)))


def test_a_failed_import_leaves_the_tidy_tables_as_they_were(root):
    load_interviews(study(root))
    folder = root / "results" / "small" / "tidy"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(CompendiumError):
        load_interviews(study(root, order=["nobody"]))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_new_exports_are_proposed_as_a_section_that_loads(root):
    folder = study(root).folder
    proposed = propose_interviews(folder / "a.qdpx")
    assert proposed == {
        "files": ["a.qdpx"],
        "attributes": {"sector": "Field"},
        "sectors": {"Clinic": "Clinic", "Legal aid": "legal"},
        "areas": {"unassigned": ["Housing", "Money", "Hope"]},
    }
    content = {"study": "small", "title": "Small", "interviews": proposed}
    (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    assert load_interviews(load_study("small")).codebook["area"].eq("unassigned").all()


def test_versions_of_the_codebook_are_read_in_order(root):
    s = study(root, codebook_versions=["v1.csv", "v2.qdc"])
    s.folder.joinpath("v1.csv").write_text("code,parent,definition\nHousing,,Homes\nEvicted,Housing,\n")
    write_qdc(s.folder / "v2.qdc", CODES[:2])
    versions = load_codebooks(s)
    assert [name for name, _ in versions] == ["v1.csv", "v2.qdc", "current"]
    assert [codebook["code_id"].tolist()[:2] for _, codebook in versions] == [["housing", "evicted"]] * 3


def test_a_codebook_export_with_the_studys_codes_is_valid_input_again(root):
    data = load_interviews(study(root))
    write_qdc(root / "data" / "small" / "codes.qdc", data.codebook)
    again = load_interviews(study(root, codebook="codes.qdc"))
    pd.testing.assert_frame_equal(data.codebook, again.codebook)
