"""Any study we write as REFI-QDA is read back as it was, whatever its texts, names and passages."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from continuum.ingest import read_interviews
from continuum.ingest.refi_export import write_qdpx

CHARACTERS = st.sampled_from("ab é👍—\n\t<&>\"'日")
TEXTS = st.text(alphabet=CHARACTERS, min_size=1, max_size=60)
NAMES = st.text(alphabet=st.sampled_from("ab é👍<&>\"'./"), min_size=1, max_size=12).filter(lambda name: name.strip())


@st.composite
def studies(draw: Any) -> dict[str, Any]:
    sources = draw(st.dictionaries(st.sampled_from(["I 1", "I 2", "I 10"]), TEXTS, min_size=1))
    codes = [{"code_id": 0, "name": draw(NAMES)}]
    for number in range(1, draw(st.integers(1, 5))):
        parent = draw(st.one_of(st.none(), st.integers(0, number - 1)))
        codes.append({"code_id": number, "name": draw(NAMES), "parent_id": parent})
    codings = []
    for _ in range(draw(st.integers(0, 8))):
        source = draw(st.sampled_from(sorted(sources)))
        start = draw(st.integers(0, len(sources[source]) - 1))
        end = draw(st.integers(start + 1, len(sources[source])))
        code = draw(st.sampled_from([code["code_id"] for code in codes]))
        coder = draw(st.sampled_from(["", "A", "B"]))
        codings.append({"source": source, "start": start, "end": end, "code_id": code, "coder": coder})
    return {"users": ["A", "B"], "codes": codes, "sources": sources, "codings": codings}


@settings(max_examples=40, deadline=None)
@given(studies())
def test_codings_and_texts_survive_export_and_import(study):
    with tempfile.TemporaryDirectory() as folder:
        data = read_interviews(write_qdpx(Path(folder) / "a.qdpx", project="p", **study))
    assert sorted(data.interviews["interview_id"]) == sorted(study["sources"])
    assert len(data.codebook) == len(study["codes"])
    assert data.codebook["code_id"].is_unique
    found = {(row.interview_id, row.text, row.coder_id) for row in data.codings.itertuples()}
    assert found == {
        (c["source"], study["sources"][c["source"]][c["start"] : c["end"]], c["coder"]) for c in study["codings"]
    }
    assert all(study["sources"][r.interview_id][r.start : r.end] == r.text for r in data.codings.itertuples())


@settings(max_examples=20, deadline=None)
@given(studies())
def test_export_of_what_was_read_is_read_as_the_same_tables(study):
    with tempfile.TemporaryDirectory() as folder:
        first = read_interviews(write_qdpx(Path(folder) / "a.qdpx", project="p", **study))
        again = read_interviews(
            write_qdpx(
                Path(folder) / "b.qdpx", project="p", users=["A", "B"], codes=first.codebook, sources=study["sources"],
                codings=first.codings.rename(columns={"interview_id": "source", "coder_id": "coder"}),
            )
        )  # fmt: skip
    assert first.codings.equals(again.codings)
    assert first.codebook.equals(again.codebook)
