"""Contacts and reports are read whole or refused, each problem with its own message."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from support import shared_data

from continuum.errors import BadInput, NotCollected
from continuum.ingest.pathway_tables import HTCDS_NAMES, load_panel, load_surveillance, read_panel
from continuum.study import Study, load_study


def panel(tmp_path: Path, text: str, **more):
    path = tmp_path / "panel.csv"
    path.write_text(text, encoding="utf-8")
    return read_panel(path, synthetic=False, **more)


VISITS = "person_id,time,level,engaged\np,0,1,0\np,1,2,1\nq,0,0,0\n"


def test_visits_are_read_as_states_at_a_time(tmp_path):
    table = panel(tmp_path, VISITS)
    assert table["obs_type"].tolist() == ["panel"] * 3
    assert table["level"].tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("p,1,2,1", "p,0,2,1"), "row 3: time is not after that of the person's row before"),
        (("p,1,2,1", "p,-1,2,1"), "row 3: time is not after"),
        (("p,1,2,1", "p,1,4,1"), "row 3, column level: 4 lies outside 0 to 3"),
        (("p,1,2,1", "p,1,2,2"), "column engaged: 2 lies outside 0 to 1"),
        (("p,1,2,1", "p,soon,2,1"), "column time: 'soon' is not a number"),
        (("level", "stage"), "has no column 'level'"),
    ],
)
def test_wrong_visits_are_one_clear_error(tmp_path, change, message):
    with pytest.raises(BadInput) as caught:
        panel(tmp_path, VISITS.replace(*change))
    assert message in str(caught.value)


SPELLS = (
    "person_id,start,end,level,engaged\np,2019-01-01,2019-03-01,1,0\np,2019-03-01,2019-04-01,1,1\np,2019-06-01,,0,0\n"
)


def test_spells_become_exact_times_where_one_follows_the_other(tmp_path):
    table = panel(tmp_path, SPELLS)
    assert table["obs_type"].tolist() == ["panel", "exact", "panel"]
    assert table["time"].diff().iloc[1] == pytest.approx(59 / 30.4375)


CONTACTS = """prs_IdentityNumber,cas_Status,cas_IncomingReferralDate,cas_OutgoingReferralDate,vic_TraffickingStatus
p,Closed,2019-01-01,2019-03-01,Possible victim of trafficking
p,Active,2019-06-01,,Actual victim of trafficking
q,Closed,2019-02-01,2019-02-15,Not a victim of trafficking
"""
STATUS = {"not a victim of trafficking": 1, "possible victim of trafficking": 2, "actual victim of trafficking": 3}


def test_contacts_with_field_names_of_the_case_data_standard_become_entries_and_exits(tmp_path):
    table = panel(tmp_path, CONTACTS, words=STATUS)
    assert table["engaged"].tolist() == [1, 0, 1, 1, 0]
    assert table["level"].tolist() == [2, 2, 3, 1, 1]
    assert table["obs_type"].tolist() == ["panel", "exact", "panel", "panel", "exact"]


def test_the_field_names_are_those_of_the_standard():
    # Sheets of field_standards_2.0.ods, IOM.
    sheets = (
        zipfile.ZipFile(shared_data() / "survey" / "htcds" / "field_standards_2.0.ods").read("content.xml").decode()
    )
    assert all(f">{name}<" in sheets for name in HTCDS_NAMES.values())


def test_a_word_that_is_no_level_is_named_with_its_row(tmp_path):
    with pytest.raises(BadInput, match=r"row 3, column level: 'Actual victim of trafficking' is no level.*levels: of"):
        panel(tmp_path, CONTACTS, words={word: level for word, level in STATUS.items() if level < 3})


def test_levels_may_be_written_by_name_and_a_workbook_is_read_like_a_csv_file(tmp_path):
    book = openpyxl.Workbook()
    for row in (["person_id", "time", "level", "engaged"], ["p", 0, "Vulnerable", 1], ["p", 1, "stable", 0]):
        book.active.append(row)
    book.save(tmp_path / "panel.xlsx")
    table = read_panel(tmp_path / "panel.xlsx", words={"stable": 0, "vulnerable": 1}, synthetic=False)
    assert table["level"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("2019-03-01,2019-04-01", "2019-02-01,2019-04-01"), "row 3: the spell overlaps"),
        (("2019-06-01,", "2019-06-01,2019-05-01"), "row 4: the spell ends before it begins"),
        (("2019-06-01", "1/6/2019"), "row 4: a date is not written as year-month-day"),
        (("2019-01-01,2019-03-01", "2019-01-01,"), "row 3: the spell overlaps"),
    ],
)
def test_wrong_spells_are_one_clear_error(tmp_path, change, message):
    with pytest.raises(BadInput) as caught:
        panel(tmp_path, SPELLS.replace(*change))
    assert message in str(caught.value)


def test_the_demo_has_contacts_and_reports():
    study = load_study("demo")
    table = load_panel(study)
    assert (table["person_id"].nunique(), len(table)) == (120, 1200)
    surveillance = load_surveillance(study)
    assert set(surveillance.reports["status"]) == {"suspected", "confirmed"}
    assert len(surveillance.denominators) == 15


def test_a_study_without_them_refuses_the_question():
    for load in (load_panel, load_surveillance):
        with pytest.raises(NotCollected):
            load(Study(study="x", title="X"))
