"""Which interview mentions which code: the case-by-code matrix that every summary is computed from."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import AnalysisFailed, BadInput
from ..ingest.tables import CodedInterviews
from .coded import Definitions, as_coded, check, headings, places

Rule = Literal["adjudicated", "union", "intersection", "primary"]
RULES: tuple[str, ...] = get_args(Rule)

#: Coder whose codings count as adjudicated unless another name is given.
ADJUDICATOR = "adjudicated"


def code_matrix(
    data: CodedInterviews | pd.DataFrame,
    *,
    rule: Rule = "union",
    primary: str | None = None,
    roll_up: bool = False,
    definitions: Definitions = "required",
) -> pd.DataFrame:
    """Whether each interview mentions each code.

    Parameters
    ----------
    data : CodedInterviews or DataFrame of codings
    rule : {"adjudicated", "union", "intersection", "primary"}
        What counts where several coders coded one interview: the adjudicated coding, any coder's, all coders', or
        the primary coder's. An interview that only one coder coded counts as that coder coded it.
    primary : str, optional
        The primary coder (by default the one who coded most interviews), or for ``adjudicated`` the coder under whose
        name the adjudicated coding stands (by default "adjudicated").
    roll_up : bool
        Whether a code also counts where one of its descendants does. Headings, which are not codable, are then
        columns too.
    definitions : {"required", "optional"}
        Whether a code without a definition is an error.

    Returns
    -------
    DataFrame of 0 and 1, shape (interviews, codes)
        Interviews and codes in the order of their tables; an interview without codings is a row of zeros.
        ``attrs["rule"]`` holds the rule.

    Raises
    ------
    ManyProblems
        Codings of unknown codes or interviews, and codes without definition, each with its row.
    BadInput
        If the rule or the named coder does not exist.
    """
    coded = as_coded(data)
    check(coded, definitions)
    present = _segments(coded, rule, primary) > 0
    return _frame(present.astype(np.int8), coded, rule, roll_up, any_of=True)


def segment_matrix(
    data: CodedInterviews | pd.DataFrame,
    *,
    rule: Rule = "union",
    primary: str | None = None,
    roll_up: bool = False,
    definitions: Definitions = "required",
) -> pd.DataFrame:
    """How many distinct segments of each interview hold each code; see :func:`code_matrix` for the parameters.

    Secondary to presence: the number of segments measures how long somebody spoke. With ``roll_up``, the sum over a
    code and the codes below it.
    """
    coded = as_coded(data)
    check(coded, definitions)
    return _frame(_segments(coded, rule, primary), coded, rule, roll_up, any_of=False)


def presence(data: CodedInterviews | pd.DataFrame) -> pd.DataFrame:
    """A case-by-code matrix, made from coded interviews or codings if ``data`` is not one already.

    Raises
    ------
    BadInput
        If a given matrix holds anything but 0 and 1.
    """
    if isinstance(data, CodedInterviews) or {"interview_id", "code_id"} <= set(data.columns):
        return code_matrix(data)
    if not np.isin(data.to_numpy(), (0, 1)).all():
        raise BadInput("a case-by-code matrix holds only 0 and 1", fix="pass code_matrix(...) or a table of codings")
    return data.astype(np.int8)


def any_code(matrix: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Whether each interview mentions any code of each group, such as an area of risk.

    Parameters
    ----------
    matrix : DataFrame of 0 and 1, shape (interviews, codes)
    groups : Series indexed by code
        Group of each code; codes without one are left out.

    Returns
    -------
    DataFrame of 0 and 1, shape (interviews, groups), groups in order of first appearance.
    """
    groups = groups.reindex(matrix.columns).dropna()
    names = list(dict.fromkeys(groups))
    columns = {name: matrix[groups.index[groups == name]].max(axis=1) for name in names}
    return pd.DataFrame(columns, index=matrix.index, columns=names).astype(np.int8)


def descendants(codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Each code with all codes below it, itself first.

    Raises
    ------
    AnalysisFailed
        If the hierarchy has a cycle.
    """
    children: dict[str, list[str]] = {code: [] for code in codebook["code_id"]}
    for code, parent in zip(codebook["code_id"], codebook["parent_id"], strict=True):
        if isinstance(parent, str) and parent in children:
            children[parent].append(code)
    found: dict[str, list[str]] = {}
    for code in children:
        below: list[str] = []
        waiting = [code]
        while waiting:
            here = waiting.pop()
            if len(below) > len(children):
                raise AnalysisFailed(f"the code {code!r} stands below itself", fix="correct parent_id in the codebook")
            below.append(here)
            waiting += reversed(children[here])
        found[code] = below
    return found


def _segments(coded: CodedInterviews, rule: Rule, primary: str | None) -> NDArray[np.int64]:
    """Distinct segments per interview and code under the rule."""
    if rule not in RULES:
        raise BadInput(f"there is no rule {rule!r}", fix=f"use one of: {', '.join(RULES)}")
    shape = (len(coded.interviews), len(coded.codebook))
    codings = coded.codings.assign(coder_id=coded.codings["coder_id"].astype("object").fillna(""))
    if rule in ("primary", "adjudicated"):
        codings = _of_one_coder(codings, rule, primary)
    interview = places(codings["interview_id"], coded.interviews["interview_id"])
    code = places(codings["code_id"], coded.codebook["code_id"])
    cell = interview * shape[1] + code
    segment = pd.factorize(codings["segment_id"])[0]
    per_cell = pd.DataFrame({"cell": cell, "segment": segment}).drop_duplicates()["cell"]
    counts = np.bincount(per_cell, minlength=shape[0] * shape[1]).reshape(shape)
    if rule == "intersection":
        coder = pd.factorize(codings["coder_id"])[0]
        by_coder = pd.DataFrame({"cell": cell, "coder": coder}).drop_duplicates()["cell"]
        agreeing = np.bincount(by_coder, minlength=shape[0] * shape[1]).reshape(shape)
        coders = pd.DataFrame({"interview": interview, "coder": coder}).drop_duplicates()["interview"]
        counts = np.where(agreeing == np.bincount(coders, minlength=shape[0])[:, None], counts, 0)
    return counts


def _of_one_coder(codings: pd.DataFrame, rule: Rule, name: str | None) -> pd.DataFrame:
    """Codings of the primary or adjudicating coder, and of others only where that coder did not code."""
    coded_by = codings.groupby("coder_id")["interview_id"].nunique().sort_index()
    if name is None:
        name = ADJUDICATOR if rule == "adjudicated" else str(coded_by.idxmax()) if len(coded_by) else ""
    if len(codings) and name not in coded_by.index:
        raise BadInput(f"no coding by {name!r}", fix=f"coders are: {', '.join(map(repr, coded_by.index))}")
    own = codings["coder_id"] == name
    elsewhere = ~codings["interview_id"].isin(codings.loc[own, "interview_id"])
    if rule == "adjudicated":
        coders = codings[elsewhere].groupby("interview_id")["coder_id"].nunique()
        if (coders > 1).any():
            raise BadInput(
                f"interview {coders.index[coders > 1][0]!r} has several coders and no adjudicated coding",
                fix=f"add codings by {name!r}, or choose the rule union, intersection or primary",
            )
    return codings[own | elsewhere]


def _frame(
    values: NDArray[np.int64], coded: CodedInterviews, rule: Rule, roll_up: bool, *, any_of: bool
) -> pd.DataFrame:
    """Values as a table; with ``roll_up`` each code with the codes below it, otherwise without headings."""
    codes = pd.Index(coded.codebook["code_id"], name="code_id")
    frame = pd.DataFrame(values, index=pd.Index(coded.interviews["interview_id"], name="interview_id"), columns=codes)
    if roll_up:
        below = descendants(coded.codebook)
        rolled = [frame[below[code]] for code in codes]
        combined = [part.max(axis=1) if any_of else part.sum(axis=1) for part in rolled]
        frame = pd.DataFrame(np.column_stack(combined), index=frame.index, columns=codes)
    else:
        frame = frame.drop(columns=headings(coded))
    frame.attrs["rule"] = rule
    return frame
