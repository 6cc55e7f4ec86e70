"""How many interviews mention each code, area and level, overall and by sector, site or year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..ingest.tables import CodedInterviews
from .coded import Definitions, as_coded, headings
from .matrix import Rule, any_code, code_matrix, descendants, segment_matrix

#: Label of interviews whose sector, site or year is not recorded.
NOT_STATED = "not stated"
ALL = "all"


def code_summary(
    data: CodedInterviews | pd.DataFrame,
    *,
    by: str | None = None,
    rule: Rule = "union",
    primary: str | None = None,
    definitions: Definitions = "required",
    level: float = 0.95,
) -> pd.DataFrame:
    """Interviews that mention each code, each area and each level, with intervals.

    Parameters
    ----------
    data : CodedInterviews or DataFrame of codings
    by : str, optional
        Column of the interviews to summarize by, such as ``"sector"``, ``"site"`` or ``"year"``; the groups are
        followed by a group "all".
    rule, primary, definitions
        See :func:`continuum.interviews.code_matrix`.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        One row per code, heading of codes, area and level (column ``kind``) and group: id, name, path, area, level,
        group, base (interviews in the group), interviews (that mention it), share, low, high (Wilson), segments (code
        applications, summed over the codes of a row). A code that has codes below it also counts where they do
        (hierarchy roll-up); ``path`` shows where it stands.

    Raises
    ------
    ManyProblems
        See :func:`continuum.interviews.code_matrix`.
    BadInput
        If ``by`` is not a column of the interviews.

    Source: Wilson 1927, 10.1080/01621459.1927.10502953.
    """
    coded = as_coded(data)
    matrix = code_matrix(coded, rule=rule, primary=primary, roll_up=True, definitions=definitions)
    segments = segment_matrix(coded, rule=rule, primary=primary, roll_up=True, definitions=definitions)
    groups = group_of(coded, by)
    codebook = coded.codebook.set_index("code_id")
    titles = headings(coded)
    codes = matrix.columns.difference(titles, sort=False)
    blocks = [_block("code", matrix[codes], segments[codes], groups)]
    if titles:
        blocks.append(_block("heading", matrix[titles], segments[titles], groups))
    for kind in ("area", "level"):
        if codebook[kind].notna().any():
            blocks.append(_block(kind, *_grouped(matrix[codes], segments[codes], codebook[kind]), groups))
    table = pd.concat(blocks, ignore_index=True)
    described = codebook.reindex(table["id"])
    is_code = table["kind"].isin(["code", "heading"]).to_numpy()
    table.insert(2, "name", np.where(is_code, described["name"], table["id"]))
    table.insert(3, "path", np.where(is_code, table["id"].map(code_paths(coded.codebook)), table["id"]))
    for place, column in ((4, "area"), (5, "level")):
        table.insert(place, column, described[column].astype("object").where(is_code, None).to_numpy())
    return _with_intervals(table, level)


def group_of(coded: CodedInterviews, by: str | None) -> pd.Series:
    """Group of each interview, as text; "all" for everyone if ``by`` is None."""
    interviews = coded.interviews
    index = pd.Index(interviews["interview_id"], name="interview_id")
    if by is None:
        return pd.Series(ALL, index=index)
    if by not in interviews:
        raise BadInput(f"interviews have no column {by!r}", fix=f"columns are: {', '.join(interviews.columns)}")
    values = interviews[by].astype("object")
    text = values.where(values.notna(), NOT_STATED).map(
        lambda v: str(int(v)) if isinstance(v, float) and v.is_integer() else str(v)
    )
    return pd.Series(text.to_numpy(), index=index)


def code_paths(codebook: pd.DataFrame) -> dict[str, str]:
    """``Parent > child`` for each code."""
    names = dict(zip(codebook["code_id"], codebook["name"], strict=True))
    paths: dict[str, list[tuple[int, str]]] = {code: [] for code in names}
    for code, below in descendants(codebook).items():
        for descendant in below[1:]:
            paths[descendant].append((len(below), names[code]))
    return {code: " > ".join([n for _, n in sorted(above, key=lambda a: -a[0])] + [str(names[code])])
            for code, above in paths.items()}  # fmt: skip


def _grouped(matrix: pd.DataFrame, segments: pd.DataFrame, groups: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Presence and segments of any code in each group of codes."""
    present = any_code(matrix, groups)
    own = groups.reindex(segments.columns)
    totals = pd.DataFrame({name: segments.loc[:, (own == name).to_numpy()].sum(axis=1) for name in present.columns})
    return present, totals


def _block(kind: str, present: pd.DataFrame, segments: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Counts of one kind of row in every group and in all interviews."""
    names = sorted(set(groups) - {ALL, NOT_STATED}) + [g for g in (NOT_STATED,) if (groups == g).any()]
    rows = []
    for group in [*names, ALL]:
        inside = np.ones(len(groups), bool) if group == ALL else (groups == group).to_numpy()
        rows.append(pd.DataFrame({
            "kind": kind,
            "id": list(present.columns),
            "group": group,
            "base": int(inside.sum()),
            "interviews": present.to_numpy()[inside].sum(axis=0, dtype=np.int64),
            "segments": segments.to_numpy()[inside].sum(axis=0, dtype=np.int64),
        }))  # fmt: skip
    block = pd.concat(rows, ignore_index=True)
    order = {code: k for k, code in enumerate(present.columns)}
    return block.sort_values("id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)


def _with_intervals(table: pd.DataFrame, level: float) -> pd.DataFrame:
    from statsmodels.stats.proportion import proportion_confint

    known = table["base"] > 0
    table["share"] = (table["interviews"] / table["base"].where(known)).astype(float)
    low, high = proportion_confint(table["interviews"], table["base"].where(known), alpha=1 - level, method="wilson")
    table["low"], table["high"] = np.clip(low, 0, 1), np.clip(high, 0, 1)
    columns = ["kind", "id", "name", "path", "area", "level", "group", "base", "interviews", "share", "low", "high",
               "segments"]  # fmt: skip
    return table[columns]
