"""The bibliography check never says "ok" of what was not looked up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from continuum.citations.records import Reference
from continuum.citations.references import check_references, read_notices
from continuum.errors import BadInput

HEADER = "Record ID,Title,RetractionDate,RetractionDOI,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature"
REFERENCES = {
    "a": Reference("a", doi="10.5555/a", title="On one thing of many", year=2001),
    "b": Reference("b", title="On another thing of many", year=2002),
    "c": Reference("c", doi="10.5555/c", title="A third", year=2003),
}
CONTEXTS = pd.DataFrame({"ref_id": ["a", "a", "c"]})


def notices(folder: Path, *rows: str, name: str = "notices-2026-05-01.csv") -> Path:
    file = folder / name
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return file


def status(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["key"], table["status"], strict=True))


def test_without_a_list_everything_is_unchecked():
    assert set(check_references(REFERENCES, CONTEXTS)["status"]) == {"unchecked"}


def test_an_undated_list_checks_nothing(tmp_path: Path):
    file = notices(tmp_path, "1,X,1/2/2020,,10.5555/zzz,0,Retraction", name="notices.csv")
    assert set(check_references(REFERENCES, CONTEXTS, read_notices(file))["status"]) == {"unchecked"}


def test_the_latest_notice_decides(tmp_path: Path):
    file = notices(
        tmp_path, "1,X,1/2/2020,,10.5555/A,0,Retraction", "2,X,1/2/2021,,10.5555/a,0,Reinstatement",
        "3,Y,1/2/2021,,10.5555/c,0,Expression of concern",
    )  # fmt: skip
    assert status(check_references(REFERENCES, CONTEXTS, read_notices(file))) == {
        "a": "reinstated", "b": "unchecked", "c": "concern",
    }  # fmt: skip


def test_a_title_alone_is_only_possible(tmp_path: Path):
    file = notices(tmp_path, "1,On another thing of many,1/2/2020,,unavailable,0,Retraction")
    assert status(check_references(REFERENCES, CONTEXTS, read_notices(file)))["b"] == "possible"


def test_ok_names_the_list_and_its_date(tmp_path: Path):
    found = read_notices(notices(tmp_path, "1,X,1/2/2020,,10.5555/other,0,Retraction"))
    table = check_references(REFERENCES, CONTEXTS, found).set_index("key")
    assert table.loc["a", "status"] == "ok"
    assert "no notice in notices-2026-05-01.csv of 2026-05-01" in table.loc["a", "notice"]
    assert found.stale(date(2026, 12, 1))
    assert not found.stale(date(2026, 6, 1))


def test_citing_the_notice_itself_is_not_citing_a_retracted_work(tmp_path: Path):
    found = read_notices(notices(tmp_path, "1,X,1/2/2020,10.5555/a,10.5555/other,0,Retraction"))
    assert status(check_references(REFERENCES, CONTEXTS, found))["a"] == "ok"


def test_uncited_and_incomplete_entries_are_listed():
    table = check_references(REFERENCES, CONTEXTS).set_index("key")
    assert table.loc["b", "problems"] == ["not cited", "no DOI or PMID"]
    assert table.loc["a", "contexts"] == 2


@pytest.mark.parametrize(("text", "message"), [("Title\nx\n", "no column"), (HEADER + "\n", "no notices in it")])
def test_an_unusable_list_is_an_error_never_all_ok(tmp_path: Path, text: str, message: str):
    (tmp_path / "n.csv").write_text(text)
    with pytest.raises(BadInput, match=message):
        read_notices(tmp_path / "n.csv")
