"""What every analysis of interviews starts from: checked tables, and which interviews belong to one organization."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, CompendiumError, ManyProblems
from ..ingest.tables import (
    ASSERTION_COLUMNS,
    CODEBOOK_COLUMNS,
    CODING_COLUMNS,
    INTERVIEW_COLUMNS,
    CodedInterviews,
    ImportReport,
    complete,
    empty,
)

Definitions = Literal["required", "optional"]


def as_coded(data: CodedInterviews | pd.DataFrame) -> CodedInterviews:
    """Coded interviews from themselves, or from a bare table of codings.

    Parameters
    ----------
    data : CodedInterviews or DataFrame
        A table needs the columns interview_id and code_id; segment_id and coder_id are used where present. Its
        interviews and codes are those that occur, each code defined by its own name.

    Raises
    ------
    BadInput
        If a table lacks one of the two columns.
    """
    if isinstance(data, CodedInterviews):
        return data
    missing = [column for column in ("interview_id", "code_id") if column not in data.columns]
    if missing:
        raise BadInput(
            f"a table of codings needs the column {missing[0]!r}",
            fix=f"columns given: {', '.join(map(str, data.columns))}",
        )
    codings = data.reset_index(drop=True)
    if "segment_id" not in codings:
        codings = codings.assign(segment_id=[f"row {i + 1}" for i in range(len(codings))])
    codes = sorted(codings["code_id"].dropna().unique(), key=str)
    codebook = pd.DataFrame({"code_id": codes, "name": codes, "definition": [f"code {code}" for code in codes]})
    interviews = pd.DataFrame({"interview_id": codings["interview_id"].dropna().unique()})
    return CodedInterviews(
        interviews=complete(interviews, INTERVIEW_COLUMNS, consent_quote=False),
        codings=complete(codings, CODING_COLUMNS),
        codebook=complete(codebook, CODEBOOK_COLUMNS),
        assertions=empty(ASSERTION_COLUMNS),
        report=ImportReport(),
    )


def check(coded: CodedInterviews, definitions: Definitions = "required") -> None:
    """Whether codings, codebook and interviews fit together.

    Parameters
    ----------
    coded : CodedInterviews
    definitions : {"required", "optional"}
        Whether a code may stay without a definition.

    Raises
    ------
    ManyProblems
        Unknown codes or interviews, repeated ids, and empty definitions, each with its row.
    """
    problems: list[CompendiumError] = []
    for name, table, column in (
        ("interviews", coded.interviews, "interview_id"),
        ("codebook", coded.codebook, "code_id"),
    ):
        twice = table[column].duplicated().to_numpy()
        problems += _problems(name, table[column], twice, f"{column} {{!r}} stands here a second time", "keep one row")
        unknown = ~coded.codings[column].isin(table[column]).to_numpy()
        fix = f"add it to {name} or correct the coding"
        problems += _problems("codings", coded.codings[column], unknown, f"{column} {{!r}} is not in {name}", fix)
    if definitions == "required":
        blank = (coded.codebook["definition"].fillna("").astype(str).str.strip() == "").to_numpy()
        fix = "define it in the coding tool, or set interviews.definitions: optional"
        problems += _problems("codebook", coded.codebook["name"], blank, "code {!r} has no definition", fix)
    if problems:
        raise ManyProblems(problems)


def code_names(coded: CodedInterviews) -> dict[str, str]:
    """Name of each code by its id."""
    return dict(zip(coded.codebook["code_id"], coded.codebook["name"], strict=True))


def resampling_units(coded: CodedInterviews) -> pd.Series:
    """The organization of each interview, or the interview itself where no organization is known.

    Interviews of one organization are not independent, so whatever resamples interviews resamples these.

    Returns
    -------
    Series indexed by interview_id
    """
    interviews = coded.interviews
    own = interviews["interview_id"].astype("object")
    if "organisation_id" not in interviews:
        return pd.Series(own.to_numpy(), index=own.to_numpy())
    organisation = interviews["organisation_id"].astype("object")
    known = organisation.notna() & (organisation.astype(str).str.strip() != "")
    return pd.Series(organisation.where(known, own).to_numpy(), index=own.to_numpy())


def headings(coded: CodedInterviews) -> list[str]:
    """Codes that only group others: marked as not codable, and not used in any coding."""
    if "is_codable" not in coded.codebook:
        return []
    grouping = coded.codebook.loc[coded.codebook["is_codable"].eq(False), "code_id"]
    used = set(coded.codings["code_id"].unique()) if len(grouping) else set()
    return [code for code in grouping if code not in used]


def places(values: pd.Series, known: Iterable[object]) -> NDArray[np.intp]:
    """Position of each value among ``known``; -1 where it is not there."""
    return pd.Index(list(known)).get_indexer(pd.Index(values))


def _problems(table: str, values: pd.Series, wrong: NDArray[np.bool_], what: str, fix: str) -> list[BadInput]:
    rows = np.flatnonzero(wrong)
    return [BadInput(what.format(values.iat[int(row)]), place=f"{table}, row {row + 1}", fix=fix) for row in rows]
